"""Runtimes whose frameworks weigh gigabytes: ``make runtimes``.

``SM_IMGCHECK_RUNTIMES`` names an interpreter that has them; the models are made there.
"""

import os
import subprocess

import numpy as np
import pytest
from models import mean_color_model

from sm_imgcheck.features.discover.model import ModelError, ModelOptions, ModelRunner

PYTHON = os.environ.get("SM_IMGCHECK_RUNTIMES", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="SM_IMGCHECK_RUNTIMES is not set: make runtimes sets it")
IMAGES = np.zeros((2, 3, 8, 8), np.float32)
IMAGES[0, 1], IMAGES[1, 2] = 1, 1

TORCH = """
import torch
class Net(torch.nn.Module):
    def forward(self, image):
        return 8 * image.mean((2, 3))
torch.jit.script(Net()).save("m.pt")
"""
SAVED_MODEL = """
import tensorflow as tf
class Net(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 3, 8, 8], tf.float32, name="image")])
    def serve(self, image):
        return {"scores": 8 * tf.reduce_mean(image, (2, 3))}
net = Net()
tf.saved_model.save(net, "m", signatures={"serving_default": net.serve})
"""
KERAS = """
import keras
image = keras.Input((3, 8, 8), name="image")
pooled = keras.layers.GlobalAveragePooling2D(data_format="channels_first")(image)
keras.Model(image, keras.layers.Rescaling(8)(pooled)).save("m.keras")
"""
OPENVINO = """
import openvino
openvino.save_model(openvino.convert_model("m.onnx"), "m.xml", compress_to_fp16=False)
"""


def make_model(folder, source, name):
    """The path of a model that a script makes."""
    script = folder / "make_model.py"
    script.write_text(source)
    subprocess.run([PYTHON, str(script)], cwd=folder, check=True, capture_output=True)
    return folder / name


@pytest.mark.parametrize(
    ("source", "name", "shape"),
    [
        (TORCH, "m.pt", "image unknown dtype"),
        (SAVED_MODEL, "m", "image float32 [?, 3, 8, 8]"),
        (KERAS, "m.keras", "image float32 [?, 3, 8, 8]"),
        (OPENVINO, "m.xml", "image float32 [?, 3, 8, 8]"),
    ],
    ids=["torchscript", "savedmodel", "keras", "openvino"],
)
def test_model_has_info_predictions_and_refusals(tmp_path, source, name, shape):
    mean_color_model(tmp_path / "m.onnx", softmax=False)
    path = make_model(tmp_path, source, name)
    with ModelRunner(ModelOptions(path=str(path), python=PYTHON, seconds=120)) as model:
        assert str(model.info.image) == shape
        outputs = model.run(IMAGES)
        assert next(iter(outputs.values())).tolist() == [[0, 8, 0], [0, 0, 8]]
        with pytest.raises(ModelError) as error:
            model.run(IMAGES[0])
        assert error.value.cause == "refused"
        assert "\n" not in str(error.value)
        assert next(iter(model.run(IMAGES[:1]).values())).shape == (1, 3)
