"""``pad: {square: true}`` gives the pixels of the usual code, in a plan and in generated code."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from sample_images import jpeg, picture

from sm_imgcheck import Options, process
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.placement import pad_place
from sm_imgcheck.features.codegen import to_python
from specs import problems, spec

SIZES = [(90, 160), (160, 91), (33, 32), (120, 120)]


def convert_both(body, geometry):
    """The uint8 tensor of a spec with this geometry, and that of the code generated from it."""
    contract = spec(shape=["N", 64, 64, 3], dtype="uint8", value_range=[0, 255], geometry=geometry)
    result = process(body, contract, Options(want_array=True))
    names = {"__name__": "generated"}
    exec(compile(to_python(contract), "generated", "exec"), names)
    return result.array[0], names["preprocess"](body)[0]


def geometry(library, position="center", fill=0, **resize):
    return [
        {"pad": {"square": True, "position": position, "fill": fill}},
        {"resize": {"size": [64, 64], "library": library, **resize}},
    ]


@pytest.mark.parametrize("size", SIZES)
def test_square_equals_pillow_paste_then_resize(size):
    body = jpeg(picture(*size))
    image = Image.open(io.BytesIO(body))
    edge = max(size)
    square = Image.new("RGB", (edge, edge), (10, 20, 30))
    square.paste(image, ((edge - image.width) // 2, (edge - image.height) // 2))
    expected = np.asarray(square.resize((64, 64), Image.Resampling.BICUBIC))
    for array in convert_both(body, geometry("pillow", fill=[10, 20, 30])):
        assert np.array_equal(array, expected)


@pytest.mark.parametrize("size", SIZES)
def test_square_equals_copy_make_border_then_resize(size):
    body = jpeg(picture(*size))
    image = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    down, right = max(size) - size[0], max(size) - size[1]
    image = cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    expected = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA)[..., ::-1]
    for array in convert_both(body, geometry("opencv", "top_left", 114, interpolation="area")):
        assert np.array_equal(array, expected)


def test_square_equals_pillow_pad():
    body = jpeg(picture(90, 160))
    expected = np.asarray(ImageOps.pad(Image.open(io.BytesIO(body)), (160, 160)).resize((64, 64)))
    assert np.array_equal(convert_both(body, geometry("pillow"))[0], expected)


def test_square_of_a_long_thin_image_is_refused():
    with pytest.raises(PlanError, match="aspect ratio: "):
        pad_place(square=True, position="center", height=1, width=60000)


def test_square_false_is_refused():
    found = problems(geometry=[{"pad": {"square": False}}])
    assert "has none of size, multiple_of, square" in found["geometry[0].pad"]
