"""A request as commands to paste: AWS CLI v2, boto3, SageMaker Python SDK v3, curl.

Placeholders, such as NAME and BUCKET, are in capitals. Each command is a list of words before it is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from json import dumps
from math import ceil

from sm_imgcheck.core.escape import argument
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.serving.open_inference import inference_headers
from sm_imgcheck.serving.stacks import STACKS

__all__ = ["HOST", "commands", "manifest", "placeholders"]

HOST = "http://127.0.0.1:8080"
"""Address of a container that runs with ``-p 8080:8080``."""
_PLACEHOLDERS = {
    "NAME": "name of the endpoint",
    "JOB": "name of the job",
    "MODEL": "name of the model",
    "BUCKET": "S3 bucket",
    "PREFIX": "folder in the bucket",
    "OUT": "folder for the results",
}
_BUCKET = "s3://BUCKET/PREFIX/"
_MB = 1_000_000


def commands(target: RequestTarget, path: str, content_type: str, size: int, folder: str = "") -> dict[str, str]:
    """Return the commands that send the body in the file ``path``, by name. size: bytes of the largest body of a run.

    folder: folder of the bodies and the manifest of a batch transform job.
    """
    if target.endpoint == "batch":
        texts = _transform(folder or ".", content_type, size)
    elif target.endpoint == "async":
        texts = _asynchronous(path, content_type)
    elif target.endpoint == "direct":
        texts = {}
    else:
        texts = _real_time(path, content_type)
    route = STACKS[target.stack].path if target.stack in STACKS else "/invocations"
    return {**texts, "curl": _curl(path, content_type, route)} if route else texts


def placeholders(texts: Mapping[str, str]) -> str:
    """Return one sentence that names the placeholders in the commands; empty: no placeholders."""
    words = set(re.findall(r"\b[A-Z]{3,6}\b", " ".join(texts.values())))
    names = [f"{name} ({meaning})" for name, meaning in _PLACEHOLDERS.items() if name in words]
    return f"Replace {', '.join(names)} in the commands." if names else ""


def manifest(names: list[str]) -> bytes:
    """Return the list of S3 objects for a batch transform job (TransformS3DataSource, S3DataType ManifestFile)."""
    return dumps([{"prefix": _BUCKET}, *names], indent=0).encode() + b"\n"


def _real_time(path: str, content_type: str) -> dict[str, str]:
    words = ("aws", "sagemaker-runtime", "invoke-endpoint", "--endpoint-name", "NAME", "--content-type", content_type)
    if "$" in path:  # the AWS CLI expands variables in the path of fileb://
        aws = f"{_line(*words, '--body', 'fileb:///dev/stdin', 'out.json')} < {_line(path)}"
    else:
        aws = _line(*words, "--body", f"fileb://{_plain(path)}", "out.json")
    python = f"""import boto3

with open({_text(path)}, "rb") as file:
    body = file.read()
response = boto3.client("sagemaker-runtime").invoke_endpoint(
    EndpointName="NAME", ContentType={_text(content_type)}, Body=body
)
print(response["Body"].read())"""
    sdk = f"""from sagemaker.core.resources import Endpoint

with open({_text(path)}, "rb") as file:
    response = Endpoint.get("NAME").invoke(body=file.read(), content_type={_text(content_type)})
print(response.body.read())"""
    return {"aws": aws, "boto3": python, "sdk": sdk}


def _asynchronous(path: str, content_type: str) -> dict[str, str]:
    place = f"{_BUCKET}{path.rpartition('/')[2]}"
    upload = _line("aws", "s3", "cp", _plain(path), place)
    invoke = _line(
        *("aws", "sagemaker-runtime", "invoke-endpoint-async", "--endpoint-name", "NAME"),
        *("--content-type", content_type, "--input-location", place),
    )
    python = f"""import boto3

boto3.client("s3").upload_file({_text(path)}, "BUCKET", {_text(place.removeprefix("s3://BUCKET/"))})
response = boto3.client("sagemaker-runtime").invoke_endpoint_async(
    EndpointName="NAME", ContentType={_text(content_type)}, InputLocation={_text(place)}
)
print(response["OutputLocation"])"""
    return {"aws": f"{upload}\n{invoke}", "boto3": python}


def _transform(folder: str, content_type: str, size: int) -> dict[str, str]:
    """Each body is one request: ``SplitType`` None."""
    source = {"S3DataType": "ManifestFile", "S3Uri": f"{_BUCKET}manifest.json"}
    source_input = {"DataSource": {"S3DataSource": source}, "ContentType": content_type, "SplitType": "None"}
    most = max(6, ceil(size / _MB))
    upload = _line("aws", "s3", "cp", "--recursive", _plain(folder), _BUCKET)
    create = _line(
        *("aws", "sagemaker", "create-transform-job", "--transform-job-name", "JOB", "--model-name", "MODEL"),
        *("--max-payload-in-mb", str(most), "--transform-input", dumps(source_input)),
        *("--transform-output", "S3OutputPath=s3://BUCKET/OUT/"),
        *("--transform-resources", "InstanceType=ml.m5.xlarge,InstanceCount=1"),
    )
    python = f"""import boto3

boto3.client("sagemaker").create_transform_job(
    TransformJobName="JOB",
    ModelName="MODEL",
    MaxPayloadInMB={most},
    TransformInput={dumps(source_input)},
    TransformOutput={{"S3OutputPath": "s3://BUCKET/OUT/"}},
    TransformResources={{"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}},
)"""
    return {"aws": f"{upload}\n{create}", "boto3": python}


def _curl(path: str, content_type: str, route: str) -> str:
    headers = inference_headers(route, {"Content-Type": content_type})
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    return _line("curl", "--data-binary", f"@{path}", *words, f"{HOST}{route}")


def _text(text: str) -> str:
    """Return a Python string literal, in double quotes where JSON is equal to it."""
    return dumps(text) if text.isascii() and text.isprintable() else repr(text)


def _line(*words: str) -> str:
    return " ".join(map(argument, words))


def _plain(path: str) -> str:
    """Return a path that is neither an option nor a home folder: the AWS CLI expands ``~``, also after ``fileb://``."""
    return f"./{path}" if path.startswith(("-", "~")) else path
