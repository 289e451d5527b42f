"""Clients of AWS without AWS: objects of S3 are the request's image, endpoints record what is sent to them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from .model_stub import ModelStub

if TYPE_CHECKING:
    from .recorder import ModelRecorder

__all__ = ["cloud_client"]


_MODELS = (".onnx", ".pt", ".pth", ".h5", ".keras", ".tflite", ".pb", ".pkl", ".joblib", ".bin", ".xml", ".engine")
"""Suffixes of model files: without the file, the loader of the model gets a stub."""


def cloud_client(recorder: ModelRecorder, service: str = "", *_: object, **__: object) -> object:
    """Replaces ``boto3.client(service)`` and ``boto3.resource(service)``."""
    if service == "s3":
        return _S3(recorder)  # of client and resource
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

    def download_file(self, _bucket: str, key: str, path: str, *_: object, **__: object) -> None:
        if not self._recorder.image and str(key).endswith(_MODELS):
            self._recorder.note(f"no S3 access: {key} was not downloaded")
            return
        with open(path, "wb") as file:
            file.write(self._read())

    def download_fileobj(self, _bucket: str, _key: str, file: io.BytesIO, *_: object, **__: object) -> None:
        file.write(self._read())

    def Object(self, _bucket: object = "", key: object = "") -> _S3Object:  # noqa: N802 - boto3's name
        return _S3Object(self, key)

    def Bucket(self, *_: object) -> _S3Bucket:  # noqa: N802 - boto3's name
        return _S3Bucket(self)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return ModelStub(self._recorder, f"s3.{name}", "output")


class _S3Object:
    """``boto3.resource("s3").Object(bucket, key)``."""

    def __init__(self, s3: _S3, key: object = "") -> None:
        self._s3, self._key = s3, str(key)

    def get(self, **_: object) -> dict[str, object]:
        return self._s3.get_object()

    def download_file(self, path: str, *_: object, **__: object) -> None:
        self._s3.download_file("", self._key, path)

    def download_fileobj(self, file: io.BytesIO, *_: object, **__: object) -> None:
        self._s3.download_fileobj("", "", file)


class _S3Bucket:
    """``boto3.resource("s3").Bucket(name)``."""

    def __init__(self, s3: _S3) -> None:
        self._s3 = s3

    def Object(self, key: object = "") -> _S3Object:  # noqa: N802 - boto3's name
        return _S3Object(self._s3, key)

    def download_file(self, key: str, path: str, *_: object, **__: object) -> None:
        self._s3.download_file("", key, path)

    def download_fileobj(self, _key: str, file: io.BytesIO, *_: object, **__: object) -> None:
        self._s3.download_fileobj("", "", file)


class _Endpoint:
    """A SageMaker endpoint: the body that is sent to it is what is checked."""

    def __init__(self, recorder: ModelRecorder) -> None:
        self._recorder = recorder

    def invoke_endpoint(self, *, Body: object = b"", ContentType: object = "", **_: object) -> object:  # noqa: N803 - boto3's names
        self._recorder.take(Body, text=True, content_type=str(ContentType) or "application/octet-stream")
        return ModelStub(self._recorder, "endpoint", "output")

    invoke_endpoint_async = invoke_endpoint
