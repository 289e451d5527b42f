"""SageMaker TensorFlow Serving containers: ``input_handler`` and ``output_handler`` of ``code/inference.py``.

Source: aws/sagemaker-tensorflow-serving-container, README, "Pre/Post-Processing".
"""

from sm_imgcheck.stacks._shared import ACCEPTS

__all__ = ["HANDLER", "IMPORTS"]

IMPORTS = ("import io", "import math", "import json")

HANDLER = (
    ACCEPTS
    + '''


def input_handler(data, context):
    """What SageMaker's TensorFlow Serving container calls before the model: JSON in the column format.

    ``inputs`` takes the tensor with its batch axis as it is; ``instances`` would split the batch.
    """
    tensor = to_tensor(data.read(), context.request_content_type)
    # As text NumPy gives the fewest digits that read back to the same float32; as Python's floats they have up to 17.
    numbers = json.dumps(tensor.astype(str).tolist(), separators=(",", ":")).replace('"', "")
    return f'{{"inputs": {numbers}}}'


def output_handler(response, context):
    """What the container calls with the model's answer."""
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    return response.content, context.accept_header'''
)
