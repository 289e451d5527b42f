"""Steps computed together give the bytes of the ops one by one."""

from itertools import count

import numpy as np
import pytest
from sample_images import picture

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops import combined
from sm_imgcheck.ops.combined import bilinear, matrices, resize_crop, tables
from sm_imgcheck.ops.execute import apply

EDGES = {"mode": "stretch", "size": [89, 61], "max_size": None, "rounding": "floor"}
NORMALIZE = {"units": "unit", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
TO_FLOAT = Step(op="cast", params={"dtype": "float32"})
TO_PLANES = Step(op="transpose", params={"layout": "HWC", "to": "CHW"})
SIZES = [(150, 200), (210, 140), (375, 83)]
LIBRARIES = {"resize_pillow": {}, "resize_pillow12": {}, "resize_torch": {"antialias": True}}

PILLOW = ("bicubic", "bilinear", "lanczos", "box", "hamming")
FILTERS = {"resize_pillow": PILLOW, "resize_pillow12": PILLOW, "resize_torch": PILLOW[:3]}


def resize_step(op="resize_pillow", **changes):
    return Step(op=op, params={**EDGES, "interpolation": "bicubic", "dtype": "uint8", **LIBRARIES[op], **changes})


def apply_each(steps, image):
    for step in steps:
        image = apply(step, image)
    return image


@pytest.fixture(autouse=True)
def remove_threshold(monkeypatch):
    """Matrices from the first image of a size on."""
    monkeypatch.setattr(resize_crop, "_BEFORE", 0)
    monkeypatch.setattr(tables, "_BEFORE", 0)
    resize_crop._uses.clear()


def combinations():
    """Each library, filter and size; pairwise in the quick tier."""
    number = 0
    for op in LIBRARIES:
        for interpolation in FILTERS[op]:
            for size in SIZES:
                number += 1
                marks = () if number % 4 == 1 else (pytest.mark.slow,)
                yield pytest.param(op, interpolation, size, marks=marks)


@pytest.mark.parametrize(("op", "interpolation", "size"), list(combinations()))
def test_combined_resize_and_crop_equals_the_ops(op, interpolation, size, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    photo = np.sort(noise, axis=1)
    # Few equal weights: many sums end in one half, and are left to the op.
    monkeypatch.setattr(matrices, "_MOST_REPEATED", 0.5)
    steps = [
        resize_step(op, interpolation=interpolation),
        Step(op="crop", params={"size": [50, 41], "rounding": "floor"}),
    ]
    for image in (photo, noise, np.ascontiguousarray(noise[..., :1])):
        for end in (1, 2):
            result, done = resize_crop.resize_and_crop(steps[:end], image)
            assert done == end
            assert np.array_equal(result, apply_each(steps[:end], image))


def test_crop_larger_than_the_resized_image_is_a_second_step():
    image = picture(150, 200)
    steps = [resize_step(), Step(op="crop", params={"size": [120, 41], "rounding": "floor"})]
    result, done = resize_crop.resize_and_crop(steps, image)
    assert done == 1
    assert np.array_equal(result, apply(steps[0], image))


@pytest.mark.parametrize(
    ("image", "changes"),
    [
        (picture(150, 200, 4), {}),
        (picture(150, 200).astype(np.float32), {}),
        (np.broadcast_to(picture(150, 200, 1), (150, 200, 3)), {}),
        (picture(100, 100), {}),
        (picture(150, 200), {"interpolation": "nearest"}),
        (picture(150, 200), {"dtype": "float32"}),
        (picture(150, 200), {"reducing_gap": 2.0}),
        (picture(150, 200), {"size": [150, 60]}),
    ],
    ids=[
        "alpha",
        "float32",
        "gray as RGB",
        "small",
        "nearest",
        "to float32",
        "reducing gap",
        "same height",
    ],
)
def test_unsupported_resize_is_not_combined(image, changes):
    assert resize_crop.resize_and_crop([resize_step(**changes)], image) is None


def test_first_images_of_a_size_are_not_combined(monkeypatch):
    monkeypatch.setattr(resize_crop, "_BEFORE", 2)
    image = picture(150, 200)
    results = [resize_crop.resize_and_crop([resize_step()], image) for _ in range(4)]
    assert [result is None for result in results] == [True, True, False, False]


def test_sums_at_the_half_of_a_level_are_repeated_in_integers(monkeypatch):
    """Columns of 0 and 255 that a filter weighs alike: every second sum ends in exactly one half."""
    image = np.zeros((200, 300, 3), np.uint8)
    image[:, ::2] = 255
    image[::7, ::11] = 254
    repeated = []
    integer_sums = matrices._integer_sums
    monkeypatch.setattr(matrices, "_MOST_REPEATED", 1.0)
    monkeypatch.setattr(matrices, "_integer_sums", lambda *given: repeated.append(given) or integer_sums(*given))
    step = resize_step(interpolation="box", size=[100, 150])
    result, _ = resize_crop.resize_and_crop([step], image)
    assert repeated
    assert np.array_equal(result, apply(step, image))


def test_image_with_too_many_sums_to_repeat_is_not_combined():
    image = picture(150, 200)
    step = resize_step()
    assert resize_crop.resize_and_crop([step], image) is not None
    image[:] = (np.indices(image.shape).sum(axis=0) % 2) * 255
    image[:, 100:] = picture(150, 100)
    half = resize_step(interpolation="box", size=[75, 100])
    assert resize_crop.resize_and_crop([half], image) is None
    assert resize_crop.resize_and_crop([half], picture(150, 200)) is None


def test_different_sums_of_pillow_are_detected_with_noise(monkeypatch):
    sampled = resize_crop.sampled_by_pillow
    resize_crop._resizer.cache_clear()
    monkeypatch.setattr(resize_crop, "sampled_by_pillow", lambda *image, **ways: sampled(*image, **ways) ^ 1)
    assert resize_crop.resize_and_crop([resize_step()], picture(150, 200)) is None
    resize_crop._resizer.cache_clear()


def test_weights_equal_the_rounded_weights_of_pillow():
    geometry = resize_crop._Geometry(
        op="resize_pillow", old=(3, 3, 3), new=(2, 2), rows=(0, 2), columns=(0, 2), interpolation="box"
    )
    axis = resize_crop._pillow_axis(geometry, 4, 2, (0, 2))
    assert [int(line.sum()) for line in axis.weights] == [1 << 22, 1 << 22]
    assert sorted(axis.weights[0])[-2:] == [1 << 21, 1 << 21]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("grid", [None, "legacy"])
@pytest.mark.parametrize("size", [[31, 40], [90, 33], [17, 64], [200, 300]])
def test_bilinear_by_tensorflow_has_the_values_of_the_op(size, grid, channels, monkeypatch):
    monkeypatch.setattr(bilinear, "_BAND_VALUES", 2000)
    changes = {"size": size, "interpolation": "bilinear", "dtype": "float32", "antialias": False, "grid": grid}
    step = Step(op="resize_tensorflow", params={**EDGES, **changes})
    image = picture(70, 64, channels)
    result, _ = combined.apply_all([step], image)
    expected = apply(step, image)
    assert result.dtype == expected.dtype
    assert np.array_equal(result, expected)


TAILS = {
    "scale": [TO_FLOAT, Step(op="scale", params={"low": 0, "high": 1})],
    "one mean": [TO_FLOAT, Step(op="normalize", params={"units": "byte", "mean": [127.5] * 3, "std": [127.5] * 3})],
    "normalize": [TO_FLOAT, Step(op="normalize", params=NORMALIZE)],
    "planes": [TO_FLOAT, Step(op="normalize", params=NORMALIZE), TO_PLANES],
    "int8": [
        TO_FLOAT,
        Step(op="scale", params={"low": 0, "high": 1}),
        Step(op="quantize", params={"scale": 1 / 255, "zero_point": -128, "rounding": "half_even"}),
        Step(op="cast", params={"dtype": "int8"}),
    ],
}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("order", [None, "BGR", "GBR"])
def test_table_values_equal_the_ops(tail, order):
    steps = [Step(op="reorder", params={"order": "RGB", "to": order})] if order else []
    steps += [*TAILS[tail], Step(op="batch", params={})]
    image = picture(31, 40)
    result, bounds = combined.apply_all(steps, image)
    expected = apply_each(steps, image)
    assert result.dtype == expected.dtype
    assert np.array_equal(result, expected)
    if order != "GBR" or tail == "planes":
        assert bounds[0] <= expected.min()
        assert expected.max() <= bounds[1]


def test_single_channel_table_equals_the_ops():
    steps = [TO_FLOAT, Step(op="scale", params={"low": -1, "high": 1}), TO_PLANES]
    image = picture(31, 40, 1)
    assert np.array_equal(combined.apply_all(steps, image)[0], apply_each(steps, image))


@pytest.mark.parametrize(
    "steps",
    [
        [Step(op="reorder", params={"order": "RGB", "to": "BGR"})],
        [Step(op="cast", params={"dtype": "float16"})],
        [Step(op="mirror", params={})],
    ],
    ids=["no values", "float16", "pixels"],
)
def test_unsupported_steps_have_no_table(steps):
    assert tables.make_table(steps, picture(31, 40)) is None


def test_first_images_of_a_process_have_no_table(monkeypatch):
    monkeypatch.setattr(tables, "_BEFORE", 2)
    monkeypatch.setattr(tables, "_requests", count())
    results = [tables.make_table(TAILS["scale"], picture(31, 40)) for _ in range(3)]
    assert [result is None for result in results] == [True, True, False]


def test_limits_of_values_end_where_a_step_changes_them():
    steps = [*TAILS["scale"], Step(op="scale", params={"low": 0, "high": 1})]
    assert combined.apply_all(steps[:2], picture(31, 40))[1] == (0, 1)
    frame = {"size": [50, 50], "fill": [3.0] * 3, "position": "center", "units": "final"}
    assert combined.apply_all([*steps[:2], Step(op="pad", params=frame)], picture(31, 40))[1] is None


def test_apply_all_does_not_modify_its_source():
    image = picture(150, 200)
    before = image.copy()
    combined.apply_all([resize_step(), *TAILS["planes"]], image)
    combined.apply_all([Step(op="scale", params={"low": 0, "high": 1})], image.astype(np.float32))
    assert np.array_equal(image, before)
