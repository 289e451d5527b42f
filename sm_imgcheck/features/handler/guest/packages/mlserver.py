"""Stub of ``mlserver``: the base class of runtimes, types of the open inference protocol, and codecs.

Source: SeldonIO/MLServer, mlserver/model.py, mlserver/types and mlserver/codecs.
"""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from . import PackageStub

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STUB"]


class Fields:
    """An object of the protocol: its fields are attributes, None where absent."""

    def __init__(self, **keywords: Any) -> None:
        vars(self).update({name: _value_of(name, value) for name, value in keywords.items()})

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def _value_of(name: str, value: Any) -> Any:
    if name == "inputs":
        return [entry if isinstance(entry, Fields) else Fields(**entry) for entry in value]
    return Fields(**value) if name == "parameters" and isinstance(value, dict) else value


class MLModel:
    """``mlserver.MLModel``."""

    def __init__(self, settings: Any) -> None:
        self.settings, self.name, self.version, self.ready = settings, settings.name, "1", False

    async def load(self) -> bool:
        self.ready = True
        return True

    def decode(self, request_input: Any, default_codec: Any = None) -> Any:
        kind = request_input.parameters.content_type if request_input.parameters else ""
        return _CODECS.get(kind, default_codec or NumpyCodec).decode_input(request_input)

    def decode_request(self, request: Any, default_codec: Any = None) -> Any:
        return self.decode(request.inputs[0], default_codec)

    def encode_response(self, payload: object, *_: object, **__: object) -> object:
        return payload


class _Codec:
    """A codec without its encoders."""

    @classmethod
    def encode_output(cls, name: str, payload: object, **_: object) -> Fields:
        return Fields(name=name, data=payload)

    @classmethod
    def encode_response(cls, model_name: str, payload: object, *_: object, **__: object) -> Fields:
        return Fields(model_name=model_name, outputs=[payload])

    @classmethod
    def decode_request(cls, request: Any) -> Any:
        return cls.decode_input(request.inputs[0])

    @classmethod
    def decode_input(cls, request_input: Any) -> Any:
        return list(request_input.data)


class Base64Codec(_Codec):
    """``mlserver.codecs.Base64Codec``."""

    @classmethod
    def decode_input(cls, request_input: Any) -> list[bytes]:
        return [entry if isinstance(entry, bytes) else base64.b64decode(entry) for entry in request_input.data]


class StringCodec(_Codec):
    """``mlserver.codecs.StringCodec``."""

    @classmethod
    def decode_input(cls, request_input: Any) -> list[str]:
        return [entry.decode() if isinstance(entry, bytes) else str(entry) for entry in request_input.data]


class NumpyCodec(_Codec):
    """``mlserver.codecs.NumpyCodec``."""

    @classmethod
    def decode_input(cls, request_input: Any) -> Any:
        import numpy as np

        dtype = {"BYTES": "O", "FP32": "f4", "FP16": "f2", "FP64": "f8"}.get(request_input.datatype)
        return np.array(request_input.data, dtype or request_input.datatype.lower()).reshape(request_input.shape)


_CODECS: dict[str, Any] = {"base64": Base64Codec, "str": StringCodec, "np": NumpyCodec}


def _decode_args(predict: Callable[..., Any]) -> Callable[..., Any]:
    """``mlserver.codecs.decode_args``, for one input."""

    async def decoded_predict(self: Any, request: Any) -> object:
        return await predict(self, self.decode_request(request))

    return decoded_predict


def _modules(_: object) -> dict[str, dict[str, Any]]:
    """Modules of the package, and their members."""
    names = ("InferenceRequest", "InferenceResponse", "RequestInput", "ResponseOutput", "Parameters", "MetadataTensor")
    types = {name: type(name, (Fields,), {}) for name in names}
    codecs: dict[str, Any] = {
        **{f"{codec.__name__}": codec for codec in (Base64Codec, StringCodec, NumpyCodec)},
        "NumpyRequestCodec": NumpyCodec,
        "StringRequestCodec": StringCodec,
        "PandasCodec": _Codec,
        "decode_args": _decode_args,
    }
    logger = SimpleNamespace(**{name: lambda *_, **__: None for name in ("debug", "info", "warning", "error")})
    return {
        "mlserver": {"MLModel": MLModel, "ModelSettings": Fields},
        "mlserver.types": types,
        "mlserver.codecs": codecs,
        "mlserver.codecs.decorator": codecs,
        "mlserver.errors": {"InferenceError": type("InferenceError", (Exception,), {})},
        "mlserver.logging": {"logger": logger},
        "mlserver.utils": {"get_model_uri": _model_uri},
    }


async def _model_uri(settings: Any, **_: object) -> str:
    return str(settings.parameters.uri)


STUB = PackageStub("mlserver", _modules)
