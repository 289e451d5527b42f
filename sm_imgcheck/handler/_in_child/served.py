"""What stands around a request inside the containers: the contexts that handlers are given."""

from __future__ import annotations

import sys
import types
from typing import Any, NamedTuple

__all__ = ["RequestContext", "TensorFlowContext", "rows", "stand_in"]


class TensorFlowContext(NamedTuple):
    """The fields, in order, of aws/sagemaker-tensorflow-serving-container, tfs_utils.py."""

    model_name: str
    model_version: Any
    method: Any
    rest_uri: str
    grpc_port: str
    channel: Any
    custom_attributes: Any
    request_content_type: str
    accept_header: str
    content_length: int


class _Anything:
    """Takes any call and does nothing: counters and clocks of the server."""

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: None


class _Processor:
    """The headers of one request."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers

    def get_request_properties(self) -> dict[str, str]:
        return self.headers

    def get_request_property(self, key: str) -> str | None:
        return next((value for name, value in self.headers.items() if name.lower() == key.lower()), None)

    def report_status(self, *_: Any, **__: Any) -> None:
        pass


class RequestContext:
    """As TorchServe's and the multi-model server's ``Context``, without a server."""

    def __init__(self, model_dir: str, content_type: str) -> None:
        self.model_name = "model"
        self.model_yaml_config: dict[str, Any] = {}
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

    def __getattr__(self, name: str) -> Any:
        if name.startswith("set_"):  # of the response, which nobody reads
            return lambda *_, **__: None
        raise AttributeError(name)


def rows(body: bytes) -> list[dict[str, Any]]:
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
