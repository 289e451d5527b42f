"""Usual mistakes in NumPy, Pillow and OpenCV: each is named, and none is confused with another."""

import io
import re

import classic_mistakes
import cv2
import numpy as np
import pytest
from classic_mistakes import MISTAKES
from PIL import Image
from sample_images import jpeg, picture
from unnamed_steps import UNNAMED

from sm_imgcheck import validate
from sm_imgcheck.features.identify import find
from sm_imgcheck.ops.compare import said
from sm_imgcheck.ops.execute import apply
from sm_imgcheck.ops.kernels.mistakes import recompress
from sm_imgcheck.ops.traits import traits
from sm_imgcheck.rules.pixels import PIX103, PIX105, PIX109
from specs import spec

QUICK = (
    "square by OpenCV",
    "height and width swapped in the transpose",
    "crop a pixel down and right",
    "zeroed channel",
    "reduced decode",
    "padded after normalization",
    "BGRA read as BGR",
    "upside down after nearest neighbor",
    "int8 without a zero point",
    "fractions truncated",
    "TensorFlow 1",
)
SLOW = "reshaped to channels first", "np.resize", "np.resize to channels first"
SIDE, EDGE = 64, 80
PHOTOGRAPHS = 3  # each is a search of 1 to 60 s of processor time


@pytest.fixture(scope="module")
def photo():
    """A JPEG file with detail at every scale, neither square nor gray."""
    rng = np.random.default_rng(7)
    pixels = picture(200, 281, seed=11).astype(int)
    for _ in range(150):
        y, x = rng.integers(0, 190), rng.integers(0, 270)
        pixels[y : y + rng.integers(4, 30), x : x + rng.integers(4, 30)] += rng.integers(-90, 90, 3)
    return jpeg(np.clip(pixels, 0, 255).astype(np.uint8), quality=92)


def describe(origins):
    """The words for what the exact origins do; empty where none is exact."""
    return said([traits(origin.steps, origin.before) for origin in origins if origin.exact] or [traits(())])


def run(origin, body):
    """The tensor that the steps of an origin make."""
    array = body
    for step in origin.steps:
        array = apply(step, array)
    return array


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_mistake_is_named_and_its_steps_reproduce_the_tensor(name, photo, monkeypatch):
    monkeypatch.setattr(classic_mistakes, "SIDE", SIDE)
    monkeypatch.setattr(classic_mistakes, "EDGE", EDGE)
    make, pattern = MISTAKES[name]
    pattern = pattern.replace("224", str(SIDE)).replace("256", str(EDGE))
    tensor = make(photo)
    origins = find(tensor, photo)
    assert origins[0].exact
    assert re.search(pattern, describe(origins))
    again = run(origins[0], photo)
    assert (again.shape, again.dtype) == (tensor.shape, tensor.dtype)
    assert np.abs(again.astype(float) - tensor).max() <= 1e-4


def test_crop_rounding_that_differs_from_the_spec_is_found_with_the_spec(photo):
    geometry = [
        {"resize": {"mode": "shortest_edge", "size": 91, "interpolation": "bilinear"}},
        {"crop": {"size": [64, 64], "rounding": "floor"}},
    ]
    contract = spec(shape=["N", 64, 64, 3], geometry=geometry)
    image = Image.open(io.BytesIO(photo)).resize((127, 91), Image.Resampling.BILINEAR)
    tensor = np.asarray(image.crop((32, 14, 96, 78)), np.float32)[None] / np.float32(255)
    for known in (None, contract):
        best = find(tensor, photo, spec=known)[0]
        assert best.exact
        assert [step.params["rounding"] for step in best.steps if step.op == "crop"] == ["round"]


def test_nearest_neighbor_has_no_resize_dtype():
    steps = [traits(spec_steps(dtype))[4] for dtype in ("uint8", "float32")]
    assert steps[0] == steps[1]
    assert steps[0].said == "OpenCV INTER_NEAREST"


@pytest.mark.slow
@pytest.mark.parametrize("weights", [(1 / 3, 1 / 3, 1 / 3), (0.2126, 0.7152, 0.0722)])
@pytest.mark.parametrize("rounding", [np.rint, np.asarray], ids=["levels", "fractions"])
def test_gray_by_other_weights_in_three_channels_is_named(rounding, weights, photo):
    image = np.asarray(Image.open(io.BytesIO(photo)).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    gray = rounding(image @ np.array(weights)).astype(np.float32) / np.float32(255)
    text = describe(find(np.repeat(gray[None, ..., None], 3, axis=3), photo))
    assert re.search("BT.709 weights.*repeated|mean of the channels.*repeated", text)


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda x: x ** np.float32(2.2), r"gamma 2.2 \(x \*\* 2.2\) after the resize"),
        (lambda x: np.rint(np.clip(x * 1.3, 0, 1) * 255) / 255, r"brightness or contrast changed \(1.30 x"),
        (lambda x: 1 - x, r"inverted \(1 - x / 255\)"),
        (lambda x: x * (219 / 255) + 16 / 255, "limited range"),
    ],
    ids=["gamma", "brightness", "inverted", "limited range"],
)
@pytest.mark.sample(2)
def test_tone_curve_is_named(change, pattern, photo):
    image = Image.open(io.BytesIO(photo)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    tensor = change(np.asarray(image, np.float32) / np.float32(255)).astype(np.float32)
    assert re.search(pattern, describe(find(tensor[None], photo)))


@pytest.mark.slow
def test_jpeg_round_trip_of_rgb_pixels_by_opencv_is_named(photo):
    image = np.asarray(Image.open(io.BytesIO(photo)).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    file = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    tensor = cv2.imdecode(file, cv2.IMREAD_COLOR)[None] / np.float32(255)
    assert "compressed as JPEG of quality 80 with red and blue swapped after the resize" in describe(
        find(tensor, photo)
    )


def test_jpeg_round_trip_of_swapped_channels_equals_opencv():
    pixels = picture(40, 56)
    file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    expected = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert np.array_equal(recompress(pixels, quality=80, subsampling="4:2:0", order="BGR"), expected)


@pytest.mark.slow
def test_crop_after_a_resize_by_the_shorter_edge_has_that_edge(photo):
    size = 112, 80  # as the shorter edge gives it
    image = Image.open(io.BytesIO(photo)).resize(size, Image.Resampling.BILINEAR)
    tensor = np.asarray(image.crop((30, 9, 30 + SIDE, 9 + SIDE)), np.float32)[None] / np.float32(255)
    text = describe(find(tensor, photo))
    assert "shortest edge to 80" in text
    assert "stretched" not in text


@pytest.mark.slow
def test_crop_of_a_stretched_image_off_by_a_pixel_is_named(photo):
    image = Image.open(io.BytesIO(photo)).resize((EDGE, EDGE), Image.Resampling.BILINEAR)
    tensor = np.asarray(image.crop((9, 9, 9 + SIDE, 9 + SIDE)), np.float32)[None] / np.float32(255)
    assert "1 pixel below and 1 pixel right of the center" in describe(find(tensor, photo))


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((1, 1, SIDE, SIDE), "order\\)"), ((1, SIDE, SIDE, 3), "HW values under the shape HWC")],
    ids=["one channel", "three channels"],
)
@pytest.mark.sample(2)
def test_buffer_of_a_gray_image_is_named(shape, axes, photo):
    gray = np.asarray(Image.open(io.BytesIO(photo)).convert("L"))
    text = describe(find(np.resize(gray, shape).astype(np.float32) / np.float32(255), photo))
    assert re.search(f"gray by luma.*np.resize instead of a resize.*{axes}", text)


def test_buffer_of_a_color_image_in_one_channel_is_named(photo):
    tensor = np.resize(np.asarray(Image.open(io.BytesIO(photo))), (1, SIDE, SIDE)).astype(np.float32)
    assert "HWC values under the shape HW" in describe(find(tensor, photo))


RESHAPED = {
    "channels last to first": lambda x: x.reshape(1, 3, SIDE, EDGE),
    "channels last": lambda x: x.reshape(1, SIDE, EDGE, 3),
    "channels first": lambda x: x.transpose(2, 0, 1).reshape(1, 3, SIDE, EDGE),
    "channels first to last": lambda x: x.transpose(2, 0, 1).reshape(SIDE, EDGE, 3),
    "rows of planes": lambda x: x.transpose(0, 2, 1).reshape(1, 3, SIDE, EDGE),
    "Fortran order": lambda x: x.reshape(3, SIDE, EDGE, order="F"),
    "gray": lambda x: x[..., :1].reshape(1, 1, SIDE, EDGE),
    "gray without channels": lambda x: x[..., 0].reshape(SIDE, EDGE),
}


@pytest.mark.parametrize("name", RESHAPED)
@pytest.mark.sample(4)
def test_reshape_of_swapped_height_and_width_is_named(name, photo):
    mode = "L" if "gray" in name else "RGB"
    image = Image.open(io.BytesIO(photo)).convert(mode).resize((SIDE, EDGE), Image.Resampling.BILINEAR)
    tensor = RESHAPED[name](np.asarray(image).reshape(EDGE, SIDE, -1).astype(np.float32) / np.float32(255))
    origins = find(tensor, photo)
    assert re.search(r"stretched to 80x64 .* by a reshape of [HWC]{2,3} \[.*80.*\]", describe(origins))
    assert np.abs(run(origins[0], photo) - tensor).max() <= 1e-4


def test_reshape_of_swapped_height_and_width_is_one_error_with_its_fix(photo):
    image = Image.open(io.BytesIO(photo)).resize((SIDE, EDGE), Image.Resampling.BILINEAR)
    tensor = (np.asarray(image, np.float32) / np.float32(255)).reshape(1, 3, SIDE, EDGE)
    resize = {"mode": "stretch", "interpolation": "bilinear", "library": "pillow"}
    settings = {"shape": ["N", 3, SIDE, EDGE], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
    findings = validate(tensor, {**settings, "resize": resize}, source=photo).findings
    assert [finding.code for finding in findings] == ["SHP108", "PIX105"]
    assert findings[0].message == (
        "values reshaped, not transposed: got values in the order HWC with the shape [80, 64, 3], expected NCHW as in "
        "the shape [1, 3, 64, 80]; resize to the height and width of the shape, then use transpose(2, 0, 1) instead of "
        "reshape"
    )
    assert findings[1].message == "resize mode: got stretched to 80x64, expected stretched to 64x80"


@pytest.mark.slow
def test_gray_decode_at_half_the_size_is_named(photo):
    gray = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_2)
    tensor = cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)[None, None]
    text = describe(find(tensor, photo))
    assert "the Y plane alone" in text
    assert "decoded at 1/2 of its size" in text


def test_gray_tensor_of_another_image_has_no_origin(photo):
    other = np.random.default_rng(1).random((1, 1, SIDE, SIDE), np.float32)
    assert find(other, photo) == ()


def spec_steps(dtype):
    """The geometry of a spec that resizes by nearest neighbor."""
    resize = {"library": "opencv", "interpolation": "nearest", "dtype": dtype}
    return spec(shape=["N", 64, 64, 3], resize=resize).geometry


def test_rules_of_mistakes_have_a_page():
    for rule in (PIX103, PIX105, PIX109):
        assert rule.doc.strip()


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_named_on_photographs(name, shared_photos):
    make, pattern = MISTAKES[name]
    bodies = [path.read_bytes() for path in sorted((shared_photos / "large").glob("*.jpg"))[::12][:PHOTOGRAPHS]]
    texts = [describe(find(make(body), body)) for body in bodies]
    exact = [text for text in texts if text != describe(())]
    assert [text for text in exact if not re.search(pattern, text)] == []
    assert len(exact) >= len(bodies) - 1  # a photograph may be too dark or too bright to show a mistake


@pytest.mark.slow
def test_truncated_quantization_has_no_recipe_and_no_tone_curve(photo):
    """Integers of steps of 1/32 fit a table of levels with any recipe that subtracts integer levels."""
    tensor = np.trunc(classic_mistakes.imagenet(classic_mistakes.stretch(photo)) * 32).astype(np.int8)[None]
    best = find(tensor, photo)[0]
    assert best.facts.recipe == ""
    assert "tone_curve" not in [step.op for step in best.steps]


@pytest.mark.slow
@pytest.mark.parametrize("name", UNNAMED)
def test_step_without_a_name_is_not_called_exact(name, shared_photos):
    bodies = [path.read_bytes() for path in sorted((shared_photos / "bsds").glob("*.jpg"))[11::150][:PHOTOGRAPHS]]
    assert [describe(find(UNNAMED[name](body), body)) for body in bodies] == [describe(())] * PHOTOGRAPHS


@pytest.mark.slow
def test_gray_tensor_that_is_rotated_after_an_unknown_step_is_searched(photo):
    image = Image.open(io.BytesIO(photo)).convert("L").resize((SIDE, EDGE), Image.Resampling.BILINEAR)
    levels = np.asarray(image, np.float32) + np.random.default_rng(2).normal(0, 2, (EDGE, SIDE))
    tensor = np.ascontiguousarray(np.rot90(levels))[None, None].astype(np.float32)
    assert [origin.exact for origin in find(tensor, photo)] == [False]


def test_mean_and_std_of_another_data_set_are_named(photo):
    image = np.asarray(Image.open(io.BytesIO(photo)).resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float64)
    tensor = (image / 255 - [0.4914, 0.4822, 0.4465]) / [0.247, 0.2435, 0.2616]
    assert "CIFAR-10 mean and std" in describe(find(tensor.astype(np.float32)[None], photo))


def test_bits_lost_in_each_channel_are_named(photo):
    image = np.asarray(Image.open(io.BytesIO(photo)).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    tensor = (image & np.uint8([0xF8, 0xFC, 0xF8])).astype(np.float32)[None] / np.float32(255)
    assert re.search(r"posterized to \d+, \d+, \d+ levels of the channels", describe(find(tensor, photo)))


@pytest.mark.parametrize(
    ("mean", "std", "words"),
    [
        ([103.939, 116.779, 123.68], [1, 1, 1], "caffe mean, in BGR order, twice,"),
        ([127.5] * 3, [127.5] * 3, "divided by 127.5, minus 1, twice,"),
    ],
)
def test_mapping_without_a_division_by_255_is_twice_the_same(mean, std, words, photo):
    image = np.asarray(Image.open(io.BytesIO(photo)).resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float64)
    once = (image[..., ::-1] - mean) / std
    assert words in describe(find(((once - mean) / std).astype(np.float32)[None], photo))


def png_and_buffer(pixels):
    """The source as PNG, and the buffer of its RGBA pixels under an RGB shape of the same height and width."""
    four = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue(), four.reshape(-1)[: pixels.size].reshape(pixels.shape)


def test_buffer_of_four_channels_without_a_resize_is_named():
    source, tensor = png_and_buffer(picture(SIDE, EDGE, seed=3))
    text = describe(find(tensor[np.newaxis].astype(np.float32) / np.float32(255), source))
    assert "not resized, a buffer of four channels (RGBA) read as three" in text


@pytest.mark.slow
def test_crop_from_the_upper_left_corner_is_named_without_a_resize():
    pixels = picture(EDGE, 2 * SIDE, seed=3)
    tensor = pixels[np.newaxis, :60, :90].astype(np.float32) / np.float32(255)
    assert describe(find(tensor, png_and_buffer(pixels)[0])).startswith("top left crop 60x90")
