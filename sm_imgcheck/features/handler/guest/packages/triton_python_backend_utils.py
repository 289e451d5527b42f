"""Stub of ``triton_python_backend_utils``: tensors, requests and responses without a server.

Source: triton-inference-server/python_backend, src/resources/triton_python_backend_utils.py.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import PackageStub

if TYPE_CHECKING:
    import numpy as np

    from ..recorder import ModelRecorder

__all__ = ["DTYPES", "STUB", "TritonResponse", "TritonTensor", "make_request"]

_NAME = "triton_python_backend_utils"
DTYPES = {
    "BOOL": "bool_", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8",
    "INT16": "int16", "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32", "FP64": "float64",
    "STRING": "object_", "BYTES": "object_",
}  # fmt: skip
"""By name in Triton's configuration: the type of NumPy."""


class TritonTensor:
    """``pb_utils.Tensor``."""

    def __init__(self, name: str, value: Any) -> None:
        import numpy as np

        self._name = name
        self._value = value if isinstance(value, np.ndarray) else np.asarray(value)

    def name(self) -> str:
        return self._name

    def as_numpy(self) -> np.ndarray:
        return self._value

    def is_cpu(self) -> bool:
        return True

    def triton_dtype(self) -> str:
        return self._value.dtype.name

    def shape(self) -> tuple[int, ...]:
        return tuple(self._value.shape)

    def to_dlpack(self) -> object:
        return self._value.__dlpack__()

    @staticmethod
    def from_dlpack(name: str, tensor: object) -> TritonTensor:
        from ..results import as_array

        if hasattr(tensor, "__dlpack__"):
            return TritonTensor(name, as_array(tensor))
        dlpack = import_module("torch.utils.dlpack")  # a capsule, which only PyTorch exports
        return TritonTensor(name, as_array(dlpack.from_dlpack(tensor)))


class TritonError(Exception):
    """``pb_utils.TritonError``: the error of one response."""

    def message(self) -> str:
        return str(self)


class TritonResponse:
    """``pb_utils.InferenceResponse``."""

    def __init__(self, output_tensors: list[TritonTensor] | None = None, error: object = None) -> None:
        self._tensors, self._error = list(output_tensors or []), error

    def output_tensors(self) -> list[TritonTensor]:
        return self._tensors

    def has_error(self) -> bool:
        return self._error is not None

    def error(self) -> object:
        return self._error


class _Request:
    """A request that passes one tensor under every name."""

    def __init__(self, tensor: TritonTensor) -> None:
        self.tensor = tensor

    def inputs(self) -> list[TritonTensor]:
        return [self.tensor]

    def request_id(self) -> str:
        return ""

    def correlation_id(self) -> int:
        return 0

    def parameters(self) -> str:
        return "{}"

    def requested_output_names(self) -> list[str]:
        return []

    def get_response_sender(self) -> object:
        raise NotImplementedError("decoupled models are not supported")


def make_request(array: np.ndarray) -> object:
    """A request with this array as its only input."""
    return _Request(TritonTensor("INPUT", array))


def _modules(recorder: ModelRecorder) -> dict[str, dict[str, Any]]:
    members = {
        "Tensor": TritonTensor,
        "InferenceRequest": _inference_request(recorder),
        "InferenceResponse": TritonResponse,
        "TritonError": TritonError,
        "TritonModelException": type("TritonModelException", (Exception,), {}),
        "Logger": _Logger,
        "get_input_tensor_by_name": lambda request, name: TritonTensor(name, request.tensor.as_numpy()),
        "get_output_tensor_by_name": _response_tensor,
        "get_input_config_by_name": partial(_configuration, recorder),
        "get_output_config_by_name": partial(_configuration, recorder),
        "triton_string_to_numpy": _numpy_type,
        "using_decoupled_model_transaction_policy": lambda _: False,
        "PreferredMemory": lambda *_: None,
        "TRITONSERVER_MEMORY_CPU": 0,
        "TRITONSERVER_MEMORY_GPU": 1,
    }
    return {_NAME: members}


def _inference_request(recorder: ModelRecorder) -> type:
    class InferenceRequest:
        """``pb_utils.InferenceRequest``: a call of another model of the server, whose inputs are recorded."""

        def __init__(self, *, inputs: list[TritonTensor], **_: object) -> None:
            self._inputs = inputs

        def exec(self, **_: object) -> TritonResponse:
            recorder.take({tensor.name(): tensor.as_numpy() for tensor in self._inputs})
            return TritonResponse()

        async def async_exec(self, **_: object) -> TritonResponse:
            return self.exec()

    return InferenceRequest


class _Logger:
    """``pb_utils.Logger``."""

    log_info = log_warn = log_error = log_verbose = log = staticmethod(lambda *_, **__: None)


def _response_tensor(response: TritonResponse, name: str) -> TritonTensor | None:
    return next((tensor for tensor in response.output_tensors() if tensor.name() == name), None)


def _configuration(recorder: ModelRecorder, _: object, name: str) -> dict[str, object]:
    """The configuration of an input or output of the model: that of the spec's input."""
    dtype = recorder.model_input["dtype"]
    kind = next((key for key, value in DTYPES.items() if value == dtype), "FP32")
    dims = [-1 if length is None else length for length in recorder.model_input["shape"][1:]]
    return {"name": name, "data_type": f"TYPE_{kind}", "dims": dims}


def _numpy_type(name: str) -> object:
    import numpy as np

    return getattr(np, DTYPES.get(name.replace("TYPE_", ""), "float32"))


STUB = PackageStub(_NAME, _modules, is_part_of_server=True)
