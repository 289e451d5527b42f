"""AWS's Ray Serve image: its adapter passes every body and content type on to your deployment.

Source: aws/deep-learning-containers, scripts/docker/ray/sagemaker_serve.py; the adapter was run with Ray 2.60 and
``application/x-npy``, JSON arrays and encoded images. The image replaces AWS's TorchServe images, which ended in June
2026.
"""

from __future__ import annotations

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.serving.stacks import RequestRejection, Stack, wrap_rejections
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks.custom import read

__all__ = ["STACK"]


@wrap_rejections(500)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the body holds; a request without a content type reaches the deployment as JSON."""
    try:
        return read(body, content_type or "application/json", spec)
    except RequestRejection as no:  # the response of the deployment is unknown
        return DecodedRequest(form="object", what="no tensor", findings=(no.finding,))


_HANDLER = (
    ACCEPTS
    + '''


@serve.deployment
class Classifier:
    """The deployment; ``app`` is the target that config.yaml or SM_RAYSERVE_APP names."""

    async def __call__(self, request):
        """One request: an encoded image, or a tensor that was made beforehand."""
        try:
            tensor = to_tensor(await request.body(), request.headers.get("content-type", ""))
        except Exception as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return self.predict(tensor)

    def predict(self, tensor):
        """Call your model here; what is returned is sent as JSON."""
        raise NotImplementedError(f"no model is loaded; got a tensor of shape {tensor.shape}")


app = Classifier.bind()'''
)

STACK = Stack(
    rank=10,
    summary="AWS's Ray Serve image",
    receive=receive,
    envelopes=("npy", "array", "image", "json", "json-b64", "multipart", "csv", "npz", "raw"),
    handler_imports=(
        "import io",
        "import math",
        "from ray import serve",
        "from starlette.responses import JSONResponse",
    ),
    handler=_HANDLER,
)
