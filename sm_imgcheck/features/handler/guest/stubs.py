"""What stands in for the model: it takes whatever is done with a model, and keeps the first tensor that reaches it."""

from __future__ import annotations

import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, NamedTuple

from . import results

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Catcher", "Reached", "RequestContext", "StandIn", "TensorFlowContext", "rows", "stand_in"]

_NO_MODELS = ("process", "extract", "token", "transform")
"""What stands in a model's place under such a name makes the tensor; what it is given is none yet."""


class Reached(BaseException):
    """A tensor has reached the model, so that no more needs to be run. No ``except Exception`` of the user takes it."""


class StandIn:
    """``model(x)``, ``model.to(device)(x)``, ``model.predict(x)``, ``session.run(None, {"input": x})`` ..."""

    def __init__(self, caught: list[object], *, is_model: bool = True) -> None:
        self._caught = caught
        """The tensor, once it has come."""
        self._is_model = is_model

    def __call__(self, *arguments: object, **named: object) -> StandIn:
        for one in (*arguments, *named.values()):
            if self._is_model and _holds_tensor(one):
                self._caught.append(one)
                raise Reached
        return self._part("")

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):  # copy, pickle, NumPy: none of them shall take it for one of theirs
            raise AttributeError(name)
        return self._part(name)

    def __getitem__(self, key: object) -> StandIn:
        if isinstance(key, int):  # without an end, ``for one in model`` would have none either
            raise IndexError(key)
        return self._part(str(key))

    def _part(self, name: str) -> StandIn:
        return StandIn(self._caught, is_model=self._is_model and not any(word in name for word in _NO_MODELS))

    def __enter__(self) -> StandIn:  # noqa: PYI034 - Python has no Self before 3.11
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _holds_tensor(one: object, depth: int = 3) -> bool:
    """A tensor, or one in lists and dicts; no picture, which is what processors are given."""
    if results.is_tensor(one):
        return not results.is_picture(one)
    inner = one.values() if isinstance(one, dict) else one if isinstance(one, (list, tuple)) else ()
    return depth > 0 and any(_holds_tensor(member, depth - 1) for member in inner)


_MOST = 512 << 20  # bytes of one request
_ANSWER = b'{"predictions": [[0.0]]}'


class Catcher:
    """Listens while it is open; ``body`` is what was posted first, None: nothing."""

    def __init__(self) -> None:
        self.body: bytes | None = None
        catcher = self

        class Answering(BaseHTTPRequestHandler):
            timeout = 30

            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MOST))
                catcher.body = body if catcher.body is None and body else catcher.body
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(_ANSWER)))
                self.end_headers()
                self.wfile.write(_ANSWER)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Answering)
        self.uri = f"http://127.0.0.1:{self.server.server_port}/v1/models/model:predict"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Catcher:  # noqa: PYI034 - Python has no Self before 3.11
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class TensorFlowContext(NamedTuple):
    """The fields, in order, of aws/sagemaker-tensorflow-serving-container, tfs_utils.py."""

    model_name: str
    model_version: object
    method: object
    rest_uri: str
    grpc_port: str
    channel: object
    custom_attributes: object
    request_content_type: str
    accept_header: str
    content_length: int


class _Anything:
    """Takes any call and does nothing: counters and clocks of the server."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


class _Processor:
    """The headers of one request."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers

    def get_request_properties(self) -> dict[str, str]:
        return self.headers

    def get_request_property(self, key: str) -> str | None:
        return next((value for name, value in self.headers.items() if name.lower() == key.lower()), None)

    def report_status(self, *_: object, **__: object) -> None:
        pass


class RequestContext:
    """As TorchServe's and the multi-model server's ``Context``, without a server."""

    def __init__(self, model_dir: str, content_type: str) -> None:
        self.model_name = "model"
        self.model_yaml_config: dict[str, object] = {}
        self.manifest = {"model": {"modelName": "model", "serializedFile": "model.pt", "modelFile": ""}}
        self.system_properties = {
            "model_dir": model_dir,
            "gpu_id": None,
            "batch_size": 1,
            "server_name": "MMS",
            "server_version": "0.12.0",
            "limit_max_image_pixels": True,
        }
        self.request_processor = [_Processor({"Content-Type": content_type, "Accept": "*/*"})]
        self.request_ids = {0: "sm-imgcheck"}
        self.metrics = _Anything()

    def get_request_id(self, idx: int = 0) -> str | None:
        return self.request_ids.get(idx)

    def get_request_header(self, idx: int, key: str) -> str | None:
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int) -> dict[str, str]:
        return self.request_processor[idx].get_request_properties()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("set_"):  # of the response, which nobody reads
            return lambda *_, **__: None
        raise AttributeError(name)


def rows(body: bytes) -> list[dict[str, bytearray]]:
    """The request as TorchServe hands it to ``preprocess``: a batch of one."""
    return [{"body": bytearray(body)}]


class _BaseHandler:
    """Stands in for TorchServe's class of the same name, where that is not installed."""

    def __init__(self) -> None:
        self.model = self.mapping = self.context = self.manifest = self.model_pt_path = self.map_location = None
        self.device = "cpu"
        self.initialized = False
        self.explain = False
        self.target = 0


def stand_in() -> type | None:
    """Let ``ts.torch_handler.base_handler`` be imported where TorchServe is not installed."""
    from importlib.util import find_spec

    if find_spec("ts") is not None:
        return None
    for name in ("ts", "ts.torch_handler", "ts.torch_handler.base_handler"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__dict__["__path__"] = []  # so that what is below it can be imported
    _BaseHandler.__name__ = _BaseHandler.__qualname__ = "BaseHandler"
    sys.modules["ts.torch_handler.base_handler"].__dict__["BaseHandler"] = _BaseHandler
    return _BaseHandler
