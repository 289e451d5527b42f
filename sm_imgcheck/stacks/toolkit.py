"""Containers built on SageMaker's inference toolkit (scikit-learn, MXNet, your own): ``input_fn``.

Source: aws/sagemaker-inference-toolkit, default_inference_handler.py.
"""

from sm_imgcheck.stacks._shared import ACCEPTS

__all__ = ["HANDLER", "IMPORTS"]

IMPORTS = (
    "import io",
    "import math",
)

HANDLER = (
    ACCEPTS
    + '''


def input_fn(request_body, content_type, context=None):
    """What the inference toolkit calls with each request; ``predict_fn`` gets what it returns."""
    return to_tensor(request_body, content_type)'''
)
