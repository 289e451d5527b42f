"""SageMaker PyTorch containers: ``input_fn`` of ``code/inference.py``.

Source: aws/sagemaker-pytorch-inference-toolkit, default_pytorch_inference_handler.py.
"""

from sm_imgcheck.stacks._shared import ACCEPTS

__all__ = ["HANDLER", "IMPORTS"]

IMPORTS = ("import io", "import math", "import torch")

HANDLER = (
    ACCEPTS
    + '''


def input_fn(request_body, content_type, context=None):
    """What SageMaker's PyTorch container calls with each request; ``predict_fn`` gets what it returns."""
    return torch.from_numpy(to_tensor(request_body, content_type))'''
)
