"""TensorFlow Lite models."""

import numpy as np
import pytest
from models import write_tflite

from sm_imgcheck.features.discover.model import ModelError, ModelOptions, ModelRunner


@pytest.fixture
def path(tmp_path):
    return write_tflite(tmp_path / "m.tflite", 8 * np.eye(3))


def test_tflite_model_has_info_and_predictions(path):
    with ModelRunner(ModelOptions(path=str(path))) as model:
        assert str(model.info.image) == "image float32 [?, 8, 8, 3]"
        images = np.zeros((2, 8, 8, 3), np.float32)
        images[0, ..., 1], images[1, ..., 2] = 1, 1
        assert model.run(images)["scores"].argmax(1).tolist() == [1, 2]
        assert model.run(images[:1])["scores"].shape == (1, 3)


@pytest.mark.parametrize(
    "array", [np.zeros((8, 8, 3), np.float32), np.zeros((1, 3, 8, 8), np.float32), np.zeros((1, 8, 8, 3))]
)
def test_tflite_refusal_is_one_line(path, array):
    with ModelRunner(ModelOptions(path=str(path))) as model:
        with pytest.raises(ModelError) as error:
            model.run(array)
        assert error.value.cause == "refused"
        assert "\n" not in str(error.value)
        assert model.run(np.zeros((1, 8, 8, 3), np.float32))["scores"].shape == (1, 3)
