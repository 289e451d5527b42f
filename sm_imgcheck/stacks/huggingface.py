"""SageMaker Hugging Face containers: ``input_fn`` and ``predict_fn`` of ``code/inference.py``.

The default ``predict_fn`` hands ``inputs`` to a pipeline, which would preprocess the tensor once more, so this one
calls the pipeline's model itself. Source: aws/sagemaker-huggingface-inference-toolkit, handler_service.py.
"""

from sm_imgcheck.stacks._shared import ACCEPTS

__all__ = ["HANDLER", "IMPORTS"]

IMPORTS = ("import io", "import math", "import torch")

HANDLER = (
    ACCEPTS
    + '''


def input_fn(input_data, content_type, context=None):
    """What SageMaker's Hugging Face container calls with each request."""
    return torch.from_numpy(to_tensor(input_data, content_type))


def predict_fn(data, pipeline, context=None):
    """The pipeline's own preprocessing is passed by: the tensor is already what the model takes."""
    with torch.inference_mode():
        output = pipeline.model(data.to(pipeline.model.device))
    return {name: value.tolist() for name, value in output.items() if torch.is_tensor(value)}'''
)
