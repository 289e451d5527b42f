"""The geometry ops: equal to the calls of the libraries, exact against plain loops, with the requested sizes."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from sample_images import picture

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.execute import apply, op
from sm_imgcheck.ops.kernels._exact_sums import LONGEST_LINE
from sm_imgcheck.ops.kernels.resize_pillow import PILLOW_FILTERS, resize_pillow, resize_pillow12, sampled_by_pillow
from sm_imgcheck.ops.kernels.resize_tensorflow import tensorflow_spans
from sm_imgcheck.ops.kernels.resize_torch import torch_integer_spans
from sm_imgcheck.ops.trace import output_size
from sm_imgcheck.spec.keys import LIBRARIES

SIZES = [(30, 40), (97, 61), (140, 20), (97, 30), (200, 61)]
CV2 = {"nearest": 0, "bilinear": 1, "bicubic": 2, "area": 3, "lanczos": 4, "nearest-exact": 6}
EDGES = {"mode": "stretch", "size": [30, 40], "max_size": None, "rounding": "floor"}


def library_interpolations():
    """Every library with every interpolation that it has."""
    for library in LIBRARIES.values():
        for interpolation in library.interpolations:
            yield library.op, interpolation, {} if library.antialias is None else {"antialias": library.antialias}


WAYS = sorted({(op, interpolation): switch for op, interpolation, switch in library_interpolations()}.items())


def resize_by(image, op_name, interpolation, dtype="uint8", switch=None, **edges):
    params = {**EDGES, **edges, "interpolation": interpolation, "dtype": dtype, **(switch or {})}
    return op(f"resize_{op_name}")(image, **params)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("interpolation", LIBRARIES["pillow"].interpolations)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.sample(4)
def test_pillow_resize_equals_image_resize(channels, interpolation, size):
    image = picture(97, 61, channels)
    whole = Image.fromarray(image.squeeze())
    wanted = np.asarray(whole.resize(size[::-1], Image.Resampling[interpolation.upper()]))
    found = resize_by(image, "pillow", interpolation, size=list(size))
    assert np.array_equal(found, wanted.reshape(*size, channels))


@pytest.mark.parametrize("interpolation", LIBRARIES["pillow"].interpolations)
def test_pillow_float32_equals_mode_f_per_channel(interpolation):
    image = picture(97, 61).astype(np.float32) / 3 - 20
    found = resize_by(image, "pillow", interpolation, "float32")
    for c in range(3):
        plane = Image.fromarray(np.ascontiguousarray(image[:, :, c]))
        wanted = np.asarray(plane.resize((40, 30), Image.Resampling[interpolation.upper()]))
        assert np.array_equal(found[:, :, c], wanted)


@pytest.mark.parametrize("interpolation", ["box", "bilinear", "hamming", "bicubic", "lanczos"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.sample(4)
def test_pillow12_runs_the_horizontal_pass_first(interpolation, channels, size):
    """Two resizes that each change one axis, the alpha channel weighed in once."""
    image = picture(97, 61, channels)
    whole = Image.fromarray(image.squeeze())
    if size != (97, 61) and channels == 4:
        whole = whole.convert("RGBa")
    way = Image.Resampling[interpolation.upper()]
    wanted = whole.resize((size[1], 97), way).resize(size[::-1], way)
    if wanted.mode == "RGBa":
        wanted = wanted.convert("RGBA")
    found = resize_by(image, "pillow12", interpolation, size=list(size))
    assert np.array_equal(found, np.asarray(wanted).reshape(*size, channels))


def test_pass_order_changes_pixels_of_portrait_photos():
    """A portrait photo stretched to a square: a difference that ``pillow-12`` exists for."""
    image = np.random.default_rng(0).integers(0, 256, (640, 427, 3), dtype=np.uint8)
    box = (0, 0, 427, 640)
    rows, columns = (
        sampled_by_pillow(turned, box=where, size=(224, 224), interpolation="bicubic", dtype="uint8", rows_first=True)
        for turned, where in ((image, box), (np.ascontiguousarray(image.swapaxes(0, 1)), (0, 0, 640, 427)))
    )
    assert (rows != columns.swapaxes(0, 1)).mean() > 0.01


@pytest.mark.parametrize("aspect", [(30, 40), (90, 17)])
def test_fit_equals_pillow_image_ops_fit(aspect):
    image = picture(97, 61)
    wanted = np.asarray(ImageOps.fit(Image.fromarray(image), aspect[::-1]))
    params = {"aspect": aspect, "rounding": "none", "size": aspect, "interpolation": "bicubic", "dtype": "uint8"}
    assert np.array_equal(op("fit_pillow")(image, **params), wanted)
    apart = op("fit_pillow12")(image, **params).astype(int) - wanted
    assert np.abs(apart).max() <= 6


@pytest.mark.parametrize("frame", [(64, 64), (90, 33), (31, 200), (97, 61)])
def test_pillow_letterbox_equals_image_ops_pad(frame):
    image = picture(97, 61)
    wanted = np.asarray(ImageOps.pad(Image.fromarray(image), frame[::-1], color=(9, 99, 199)))
    params = {"size": frame, "fill": [9, 99, 199], "multiple_of": None, "interpolation": "bicubic", "dtype": "uint8"}
    assert np.array_equal(op("letterbox_pillow")(image, **params), wanted)
    assert op("letterbox_pillow12")(image, **params).shape == wanted.shape


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("interpolation", list(CV2))
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.sample(7)
def test_opencv_resize_equals_cv2_resize(channels, interpolation, kind, size):
    image = picture(97, 61, channels).astype(kind)
    wanted = cv2.resize(image, size[::-1], interpolation=CV2[interpolation])
    found = resize_by(image, "opencv", interpolation, np.dtype(kind).name, size=list(size))
    assert found.dtype == kind
    assert np.array_equal(found, wanted.reshape(*size, channels))


@pytest.mark.parametrize("size", [(30, 40), (90, 17), (140, 150)])
def test_rounded_opencv_cover_equals_blob_from_image(size):
    image = picture(97, 61)
    wanted = cv2.dnn.blobFromImage(image, 1.0, size[::-1], crop=True)[0].transpose(1, 2, 0)
    found = resize_by(image, "opencv", "bilinear", mode="cover", size=size, rounding="round")
    assert np.array_equal(op("crop")(found, size=size, rounding="floor"), wanted)


def summed_one_by_one(line, starts, weights):
    """A line of pixels, by a loop over single numbers."""
    return np.array(
        [
            sum(float(w) * float(line[min(s + k, len(line) - 1)]) for k, w in enumerate(row))
            for s, row in zip(starts, weights, strict=True)
        ]
    )


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize(("old", "new"), [(47, 15), (15, 47), (5, 5), (90, 3), (2, 7)])
def test_tensorflow_antialias_equals_weighted_means_per_axis(interpolation, old, new):
    image = picture(old, old)
    found = resize_by(image, "tensorflow", interpolation, "float32", {"antialias": True}, size=[new, new])
    starts, weights = tensorflow_spans(new, old, interpolation, antialias=True)
    assert weights.sum(axis=1) == pytest.approx(np.ones(new), abs=1e-6)
    high = np.stack([[summed_one_by_one(image[:, x, c], starts, weights) for x in range(old)] for c in range(3)])
    wanted = np.stack([[summed_one_by_one(high[c, :, y], starts, weights) for y in range(new)] for c in range(3)])
    if new != old:
        assert found == pytest.approx(wanted.transpose(1, 2, 0), abs=2e-3)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize(("old", "new"), [(97, 30), (30, 97), (200, 3), (3, 8)])
def test_torch_rounds_to_integers_between_its_passes(interpolation, antialias, old, new):
    image = picture(old, old, 1)
    found = resize_by(image, "torch", interpolation, "uint8", {"antialias": antialias}, size=[new, new])
    starts, weights, precision = torch_integer_spans(new, old, interpolation, antialias=antialias)
    assert np.abs(weights).max() < 2**15

    def integer_pass(lines):
        sums = np.stack([summed_one_by_one(line, starts, weights) for line in lines])
        return np.clip(np.floor((sums + 2 ** (precision - 1)) / 2**precision), 0, 255)

    assert np.array_equal(found[:, :, 0], integer_pass(integer_pass(image[:, :, 0]).T).T)


@pytest.mark.parametrize("size", [(8, 5), (9, 700), (20, 400)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_torch_uint8_of_colors_equals_its_channels_one_by_one(size, interpolation):
    image = picture(30, 400, 3)
    switch = {"antialias": True}
    colors = resize_by(image, "torch", interpolation, switch=switch, size=list(size))
    for channel in range(3):
        plane = np.ascontiguousarray(image[..., channel : channel + 1])
        assert np.array_equal(
            resize_by(plane, "torch", interpolation, switch=switch, size=list(size)), colors[..., [channel]]
        )


@pytest.mark.parametrize("old", [3000, LONGEST_LINE + 1])
def test_torch_uint8_of_a_long_line_equals_integer_sums(old):
    image = np.random.default_rng(1).integers(0, 256, (1, old, 1), np.uint8)
    image[0, : old // 2] = 255
    starts, weights, precision = torch_integer_spans(7, old, "bicubic", antialias=True)
    sums = summed_one_by_one(image[0, :, 0], starts, weights)
    expected = np.clip(np.floor((sums + 2 ** (precision - 1)) / 2**precision), 0, 255)
    result = resize_by(image, "torch", "bicubic", switch={"antialias": True}, size=[1, 7])
    assert np.array_equal(result[0, :, 0], expected)


@pytest.mark.parametrize("library", ["tensorflow", "torch"])
def test_float_resizes_equal_opencv_and_pillow_for_the_same_kernel(library):
    """Half a gray level would be a shifted grid or a wrong kernel."""
    image = picture(97, 61)
    plain = resize_by(image, library, "bilinear", "float32", {"antialias": False})
    assert np.abs(plain - resize_by(image, "opencv", "bilinear", "float32")).max() < 0.01
    for interpolation in ("bilinear", "bicubic", "lanczos"):
        smooth = resize_by(image, library, interpolation, "float32", {"antialias": True})
        assert np.abs(smooth - resize_by(image, "pillow", interpolation, "float32")).max() < 0.01
    if library == "torch":  # a = -0.75, as OpenCV's
        sharp = resize_by(image, library, "bicubic", "float32", {"antialias": False})
        assert np.abs(sharp - resize_by(image, "opencv", "bicubic", "float32")).max() < 0.01


def test_torch_area_equals_means_of_pixel_blocks():
    image = picture(9, 12, 1).astype(np.float32)
    found = resize_by(image, "torch", "area", "float32", {"antialias": False}, size=[3, 4])
    assert found == pytest.approx(image.reshape(3, 3, 4, 3, 1).mean(axis=(1, 3)), abs=1e-4)
    assert found == pytest.approx(
        resize_by(image, "tensorflow", "area", "float32", {"antialias": False}, size=[3, 4]), abs=1e-4
    )


def test_nearest_of_torch_and_tensorflow_pick_different_pixels():
    image = np.arange(10, dtype=np.uint8).reshape(1, 10, 1)
    picks = {
        (library, way): resize_by(image, library, way, "uint8", {"antialias": False}, size=[1, 4])[0, :, 0].tolist()
        for library, way in (("torch", "nearest"), ("torch", "nearest-exact"), ("tensorflow", "nearest"))
    }
    assert picks["torch", "nearest"] == [0, 2, 5, 7]
    assert picks["torch", "nearest-exact"] == picks["tensorflow", "nearest"] == [1, 3, 6, 8]


@pytest.mark.parametrize(("way", "switch"), WAYS, ids=lambda way: "-".join(way) if isinstance(way, tuple) else "opt")
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float32-rounded"])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.sample(5)
def test_every_resize_returns_requested_size_and_dtype(way, switch, dtype, kind):
    """Its size, its dtype, its input untouched, a flat image flat; a letterbox too."""
    name, interpolation = way
    flat = [77, 78, 200, 255]  # opaque: Pillow weighs colors by alpha
    image = np.asfortranarray(np.full((33, 57, 4), flat, kind))
    before = image.copy()
    arithmetic = {"interpolation": interpolation, "dtype": dtype, **switch}
    steps = [
        Step(op=f"resize_{name}", params={**EDGES, **arithmetic, "mode": mode, "size": size, "max_size": 90})
        for mode, size in (("shortest_edge", 40), ("longest_edge", 20), ("stretch", [33, 57]), ("cover", [50, 8]))
    ]
    steps.append(Step(op=f"letterbox_{name}", params={"size": [64, 48], "fill": flat, "multiple_of": 16, **arithmetic}))
    for step in steps:
        found = apply(step, image)
        assert found.shape == (*output_size(step, height=33, width=57), 4)
        assert found.dtype == (np.float32 if dtype == "float32" else np.uint8)
        assert np.abs(found.astype(np.float64) - flat).max() < 5e-3  # the weights of tf.image area do not quite add up
        assert found.flags.c_contiguous
    assert np.array_equal(image, before)


@pytest.mark.parametrize(("way", "switch"), WAYS, ids=lambda way: "-".join(way) if isinstance(way, tuple) else "opt")
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.sample(3)
def test_resize_to_the_same_size_returns_equal_pixels(way, switch, dtype):
    image = picture(31, 20)
    assert np.array_equal(resize_by(image, *way, dtype, switch, size=[31, 20]), image)


@pytest.mark.parametrize(("way", "switch"), WAYS, ids=lambda way: "-".join(way) if isinstance(way, tuple) else "opt")
def test_single_pixel_is_enlarged_to_a_constant_image(way, switch):
    image = np.array([[[3, 5, 7]]], np.uint8)
    found = resize_by(image, *way, "float32", switch, size=[4, 2])
    assert found == pytest.approx(np.broadcast_to([3, 5, 7], (4, 2, 3)), abs=1e-5)


@given(
    cut=st.one_of(
        st.fixed_dictionaries({"fraction": st.floats(0.01, 1)}),
        st.fixed_dictionaries({"square": st.floats(0.01, 1)}),
        st.fixed_dictionaries({"size": st.tuples(st.integers(1, 40), st.integers(1, 40))}),
        st.fixed_dictionaries({"aspect": st.tuples(st.integers(1, 40), st.integers(1, 40))}),
    ),
    rounding=st.sampled_from(["round", "floor", "ceil"]),
    pad_side=st.sampled_from(["before", "after"]),
    height=st.integers(1, 30),
    width=st.integers(1, 30),
)
def test_crop_has_its_size_and_keeps_every_fitting_pixel(cut, rounding, pad_side, height, width):
    image = np.arange(1, height * width + 1, dtype=np.float32).reshape(height, width, 1)
    params = {**cut, "rounding": rounding, "pad_side": pad_side}
    found = op("crop")(image, **params)
    assert found.shape[:2] == output_size(Step(op="crop", params=params), height=height, width=width)
    assert np.count_nonzero(found) == min(found.shape[0], height) * min(found.shape[1], width)


def test_crop_pads_a_small_image_with_zeros():
    image = np.full((2, 3, 1), 9, np.uint8)
    found = op("crop")(image, size=[5, 5], rounding="floor")
    assert found[:, :, 0].tolist() == [[0] * 5, [0, 9, 9, 9, 0], [0, 9, 9, 9, 0], [0] * 5, [0] * 5]
    found = op("crop")(image, size=[5, 1], rounding="floor", pad_side="before")
    assert found[:, 0, 0].tolist() == [0, 0, 9, 9, 0]


def test_pad_fills_each_channel_with_its_value():
    image = np.zeros((2, 2, 3), np.uint8)
    found = op("pad")(image, size=[3, 4], fill=[10, 20.6, 30], position="bottom_right", units="byte")
    assert found.dtype == np.uint8
    assert found[0, 0].tolist() == found[2, 1].tolist() == [10, 21, 30]
    assert not found[1:, 2:].any()
    final = op("pad")(image.astype(np.float32), multiple_of=3, fill=[-2.5, 0, 2], position="top_left", units="final")
    assert final.shape == (3, 3, 3)
    assert final[2, 2].tolist() == [-2.5, 0, 2]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("interpolation", PILLOW_FILTERS)
@pytest.mark.parametrize("kernel", [resize_pillow, resize_pillow12])
def test_pillow_resizes_gray_as_one_channel_to_the_same_bytes(kernel, interpolation, dtype):
    gray = np.random.default_rng(1).integers(0, 256, (57, 83, 1), np.uint8)
    view = np.broadcast_to(gray, (57, 83, 3))
    given = {"mode": "stretch", "max_size": None, "rounding": "", "interpolation": interpolation, "dtype": dtype}
    for size in ([24, 31], [90, 200], [57, 20], [57, 83]):
        small = kernel(view, size=size, **given)
        assert np.array_equal(small, kernel(np.ascontiguousarray(view), size=size, **given))
        assert small.dtype == dtype
