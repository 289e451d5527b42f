"""The contexts that servers pass to the user's functions with a request, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RequestContext", "TensorFlowContext"]


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


class _NoOpStub:
    """Accepts any call without effect: counters and clocks of the server."""

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
        self.metrics = _NoOpStub()

    def get_request_id(self, idx: int = 0) -> str | None:
        return self.request_ids.get(idx)

    def get_request_header(self, idx: int, key: str) -> str | None:
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int) -> dict[str, str]:
        return self.request_processor[idx].get_request_properties()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("set_"):  # of the response, which is not read
            return lambda *_, **__: None
        raise AttributeError(name)
