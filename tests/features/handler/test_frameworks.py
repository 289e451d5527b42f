"""Installed frameworks: tensors of torch and TensorFlow, and the calls of the inference toolkit."""

from importlib.util import find_spec

import numpy as np
import pytest
from handlers import each

from sm_imgcheck.features.handler.guest import entry_points

INPUT_FN = "def input_fn(body, kind):\n    number, a = int(body), np.arange(12, dtype=np.float32).reshape(1, 3, 2, 2)"
TENSORS = {
    "torch": {
        "import torch\nreturn torch.from_numpy(a).requires_grad_(True)": "",
        "import torch\nreturn {'pixel_values': torch.from_numpy(a).to(memory_format=torch.channels_last)}": "",
        "import torch\nreturn torch.from_numpy(a).to(torch.bfloat16)": "bfloat16",
        "import torch\nreturn [torch.from_numpy(a)]": "",
    },
    "tensorflow": {
        "import tensorflow as tf\nreturn tf.constant(a)": "",
        "import tensorflow as tf\nreturn {'input_1': tf.Variable(a)}": "",
        "import tensorflow as tf\nreturn tf.cast(a, tf.bfloat16)": "bfloat16",
    },
}


@pytest.mark.parametrize("framework", TENSORS)
def test_framework_tensors_are_transferred_with_dtype(tmp_path, framework):
    if find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    found = each(tmp_path, INPUT_FN, TENSORS[framework], seconds=60)
    for candidate, (code, dtype) in zip(found, TENSORS[framework].items(), strict=True):
        assert candidate.problem is None, code
        assert candidate.handled.dtype == dtype
        np.testing.assert_array_equal(candidate.data, np.arange(12, dtype=np.float32).reshape(1, 3, 2, 2))


@pytest.mark.parametrize(
    "function",
    [
        lambda: "none",
        lambda body: body,
        lambda body, kind: (body, kind),
        lambda body, kind="image/png": (body, kind),
        lambda body, kind, context: (body, kind, context),
        lambda body, kind, context=None: (body, kind, context),
        lambda body, kind, context, more: (body, kind, context, more),
        lambda *both: both,
        lambda body, *rest: (body, rest),
        lambda body, kind, **named: (body, kind, named),
    ],
)
def test_functions_are_called_with_arguments_of_the_inference_toolkit(function):
    toolkit = pytest.importorskip("sagemaker_inference.transformer", exc_type=ImportError).Transformer()
    toolkit._context = "context"

    def outcome(call):
        try:
            return call()
        except TypeError:
            return "a TypeError"

    theirs = outcome(lambda: toolkit._run_handler_function(function, "body", "image/jpeg"))
    assert outcome(lambda: entry_points._with_context(function, ["body", "image/jpeg"], "context")) == theirs
