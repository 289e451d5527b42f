"""The request as commands to be pasted: AWS CLI v2, boto3, curl.

Names that only the user knows stand in capitals. Every command is a list of words until a shell's quotes are put on.
"""

from __future__ import annotations

from json import dumps
from math import ceil

from sm_imgcheck.core.escape import argument
from sm_imgcheck.features.requests import RequestTarget

__all__ = ["PORT", "commands", "manifest"]

PORT = "http://127.0.0.1:8080/invocations"
"""Where a container of SageMaker listens when its port is published as it is."""
_BUCKET = "s3://BUCKET/PREFIX/"
_MB = 1_000_000


def commands(route: RequestTarget, path: str, content_type: str, size: int, folder: str = "") -> dict[str, str]:
    """The ways to send the body that lies in ``path``, by name. size: bytes of the largest body of a run.

    folder: where the bodies and the manifest of a batch transform job lie.
    """
    if route.endpoint == "batch":
        aws, python = _transform(folder or ".", content_type, size)
    elif route.endpoint == "async":
        aws, python = _asynchronous(path, content_type)
    else:
        aws, python = _real_time(path, content_type)
    return {"aws": aws, "boto3": python, "curl": _curl(path, content_type)}


def manifest(names: list[str]) -> bytes:
    """The list of S3 objects for a batch transform job (TransformS3DataSource, S3DataType ManifestFile)."""
    return dumps([{"prefix": _BUCKET}, *names], indent=0).encode() + b"\n"


def _real_time(path: str, content_type: str) -> tuple[str, str]:
    aws = _line(
        *("aws", "sagemaker-runtime", "invoke-endpoint", "--endpoint-name", "NAME", "--content-type", content_type),
        *("--body", f"fileb://{_plain(path)}", "out.json"),
    )
    python = f"""import boto3

with open({_text(path)}, "rb") as file:
    body = file.read()
answer = boto3.client("sagemaker-runtime").invoke_endpoint(
    EndpointName="NAME", ContentType={_text(content_type)}, Body=body
)
print(answer["Body"].read())"""
    return aws, python


def _asynchronous(path: str, content_type: str) -> tuple[str, str]:
    place = f"{_BUCKET}{path.rpartition('/')[2]}"
    upload = _line("aws", "s3", "cp", _plain(path), place)
    invoke = _line(
        *("aws", "sagemaker-runtime", "invoke-endpoint-async", "--endpoint-name", "NAME"),
        *("--content-type", content_type, "--input-location", place),
    )
    python = f"""import boto3

boto3.client("s3").upload_file({_text(path)}, "BUCKET", {_text(place.removeprefix("s3://BUCKET/"))})
answer = boto3.client("sagemaker-runtime").invoke_endpoint_async(
    EndpointName="NAME", ContentType={_text(content_type)}, InputLocation={_text(place)}
)
print(answer["OutputLocation"])"""
    return f"{upload}\n{invoke}", python


def _transform(folder: str, content_type: str, size: int) -> tuple[str, str]:
    """Each body is one request, as it stands: ``SplitType`` None."""
    source = {"S3DataType": "ManifestFile", "S3Uri": f"{_BUCKET}manifest.json"}
    given = {"DataSource": {"S3DataSource": source}, "ContentType": content_type, "SplitType": "None"}
    most = max(6, ceil(size / _MB))
    upload = _line("aws", "s3", "cp", "--recursive", _plain(folder), _BUCKET)
    create = _line(
        *("aws", "sagemaker", "create-transform-job", "--transform-job-name", "JOB", "--model-name", "MODEL"),
        *("--max-payload-in-mb", str(most), "--transform-input", dumps(given)),
        *("--transform-output", "S3OutputPath=s3://BUCKET/OUT/"),
        *("--transform-resources", "InstanceType=ml.m5.xlarge,InstanceCount=1"),
    )
    python = f"""import boto3

boto3.client("sagemaker").create_transform_job(
    TransformJobName="JOB",
    ModelName="MODEL",
    MaxPayloadInMB={most},
    TransformInput={dumps(given)},
    TransformOutput={{"S3OutputPath": "s3://BUCKET/OUT/"}},
    TransformResources={{"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}},
)"""
    return f"{upload}\n{create}", python


def _curl(path: str, content_type: str) -> str:
    return _line("curl", "--data-binary", f"@{path}", "-H", f"Content-Type: {content_type}", PORT)


def _text(text: str) -> str:
    """As a Python string, in double quotes where JSON says the same."""
    return dumps(text) if text.isascii() and text.isprintable() else repr(text)


def _line(*words: str) -> str:
    return " ".join(map(argument, words))


def _plain(path: str) -> str:
    """A path that is neither an option nor a home folder: the AWS CLI expands ``~`` also behind ``fileb://``."""
    return f"./{path}" if path.startswith(("-", "~")) else path
