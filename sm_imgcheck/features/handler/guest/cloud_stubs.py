"""Clients of AWS without AWS: objects of S3 are the request's image, endpoints record what is sent to them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from .model_stub import ModelStub

if TYPE_CHECKING:
    from .recorder import ModelRecorder

__all__ = ["cloud_client"]


def cloud_client(recorder: ModelRecorder, service: str = "", *_: object, **__: object) -> object:
    """Replaces ``boto3.client(service)`` and ``boto3.resource(service)``."""
    if service == "s3":
        return _S3(recorder)
    if service in ("sagemaker-runtime", "runtime.sagemaker"):
        return _Endpoint(recorder)
    return ModelStub(recorder, f"boto3.client({service!r})", "output")


class _S3:
    """S3 in which every object is the image of the request."""

    def __init__(self, recorder: ModelRecorder) -> None:
        self._recorder = recorder

    def _read(self) -> bytes:
        if not self._recorder.image:
            raise RuntimeError("no S3 access: sm-imgcheck runs handlers without AWS credentials")
        return self._recorder.image

    def get_object(self, **_: object) -> dict[str, object]:
        body = self._read()
        return {"Body": io.BytesIO(body), "ContentLength": len(body), "ContentType": "image/jpeg"}

    def download_file(self, _bucket: str, _key: str, path: str, *_: object, **__: object) -> None:
        with open(path, "wb") as file:
            file.write(self._read())

    def download_fileobj(self, _bucket: str, _key: str, file: io.BytesIO, *_: object, **__: object) -> None:
        file.write(self._read())

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return ModelStub(self._recorder, f"s3.{name}", "output")


class _Endpoint:
    """A SageMaker endpoint: the body that is sent to it is what is checked."""

    def __init__(self, recorder: ModelRecorder) -> None:
        self._recorder = recorder

    def invoke_endpoint(self, *, Body: object = b"", **_: object) -> object:  # noqa: N803 - boto3's name
        self._recorder.take(Body, text=True)
        return ModelStub(self._recorder, "endpoint", "output")

    invoke_endpoint_async = invoke_endpoint
