"""Azure ML's inference server: ``run(raw_data)`` of a score file gets the text of the body, or the request itself.

Source: learn.microsoft.com/azure/machine-learning, "Deploy machine learning models to online endpoints", and
microsoft/azureml-inference-server (``@rawhttp``); run with azureml-inference-server-http 1.5.1.
"""

from __future__ import annotations

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.serving.stacks import RequestRejection, Stack, wrap_rejections
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._json import BYTE_ORDER_MARK, not_json, parse
from sm_imgcheck.serving.stacks.custom import read

__all__ = ["STACK"]


@wrap_rejections(500)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the body holds: JSON for ``run(raw_data)``; any other body needs ``@rawhttp`` and is read unchanged."""
    kind = content_type.partition(";")[0].strip().lower()
    if "json" in kind:
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as problem:
            text = f'{{"message": "Input cannot be decoded as UTF-8: {problem}"}}'
            raise RequestRejection(text, not_json(body, f"not UTF-8 text: {problem}"), status=400) from None
    try:
        if "json" in kind and body.startswith(BYTE_ORDER_MARK):
            parse(body)  # raises: the score file gets text
        return read(body, content_type, spec)
    except RequestRejection as no:  # the response of the score file is unknown
        return DecodedRequest(form="object", what="no tensor", findings=(no.finding,))


_HANDLER = (
    ACCEPTS
    + '''


def init():
    """Load your model here, from the folder AZUREML_MODEL_DIR; called once."""


def predict(tensor):
    """Call your model here; what is returned is sent as JSON."""
    raise NotImplementedError(f"no model is loaded; got a tensor of shape {tensor.shape}")


@rawhttp
def run(request):
    """One request: an encoded image, or a tensor that was made beforehand."""
    try:
        tensor = to_tensor(request.get_data(False), request.headers.get("Content-Type", ""))
    except Exception as error:
        return AMLResponse(str(error), 400)
    return predict(tensor)'''
)

STACK = Stack(
    rank=14,
    summary="Azure ML's inference server",
    receive=receive,
    path="/score",
    endpoint="direct",
    envelopes=("json", "json-b64", "array", "image", "multipart", "npy"),
    handler_imports=(
        "import io",
        "import math",
        "from azureml.contrib.services.aml_request import rawhttp",
        "from azureml.contrib.services.aml_response import AMLResponse",
    ),
    handler=_HANDLER,
)
