"""Source mismatch only where the pixels refute the source; unknown mappings and images without detail otherwise."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps
from sample_images import encode_image, picture

import sm_imgcheck
from sm_imgcheck.features.identify.edited import as_image, describe_edited_part
from sm_imgcheck.features.identify.resemblance import has_few_details, has_same_distribution, resemblance
from sm_imgcheck.pipeline.measure import measure

PIXELS = picture(144, 192, seed=3)
SOURCE = encode_image(Image.fromarray(PIXELS), "PNG")
SPEC = {"shape": ["N", 144, 192, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
UNIT = PIXELS.astype(np.float32) / 255


def codes(array, source=SOURCE, spec=SPEC):
    report = sm_imgcheck.validate(array.astype(np.float32), spec, source=source)
    return {finding.code: finding for finding in report.findings if finding.code[:3] == "PIX"}


def test_different_image_is_reported():
    other = np.roll(picture(144, 192, seed=11), (50, 70), (0, 1)).astype(np.float32) / 255
    assert set(codes(other[np.newaxis])) == {"PIX101"}


@pytest.mark.parametrize(
    "mapped",
    [UNIT**0.2, np.log(UNIT + 0.003), UNIT**6, 1 / (1 + np.exp(12 * (0.5 - UNIT)))],
    ids=["gamma", "logarithm", "power", "sigmoid"],
)
@pytest.mark.slow
def test_unknown_value_mapping_is_reported_as_unknown(mapped):
    found = codes(mapped[np.newaxis])
    assert "PIX101" not in found
    assert "PIX102" in found


ONE = np.full((1, 144, 192, 3), 0.25)
TWO = np.where(np.indices((144, 192)).sum(0)[None, ..., None] % 40 < 20, 0.1, 0.9) * np.ones(3)


def test_constant_tensor_of_a_detailed_source_is_an_error():
    found = codes(ONE)
    assert "PIX110" not in found
    assert "PIX101" not in found


def test_tensor_of_two_colors_of_a_detailed_source_is_an_error():
    found = codes(TWO)
    assert set(found) == {"PIX101"}
    assert "got an image without details (98 % of its pixels have one of two colors)" in found["PIX101"].message


@pytest.mark.slow
def test_integer_division_of_pixels_leaves_no_details():
    pixels = PIXELS.copy()
    pixels[:12, :12] = 255
    found = codes((pixels // 255)[np.newaxis], encode_image(Image.fromarray(pixels), "PNG"))
    assert "got an image without details" in found["PIX101"].message


def test_tensor_of_two_colors_is_not_compared_without_a_spec():
    comparison = sm_imgcheck.identify(TWO.astype(np.float32), source=SOURCE).ideal
    assert "the tensor has almost no details" in comparison.uncompared


@pytest.mark.parametrize("colors", [1, 2])
@pytest.mark.sample(2)
def test_tensor_with_details_of_a_source_without_any_is_another_image(colors):
    plain = np.zeros((144, 192, 3), np.uint8)
    plain[:72] = 255 if colors == 2 else 0
    found = codes(UNIT[np.newaxis], source=encode_image(Image.fromarray(plain), "PNG"))
    assert set(found) == {"PIX101"}
    assert "got a different or edited image" in found["PIX101"].message


@pytest.mark.slow
def test_source_without_detail_is_not_compared_where_the_spec_s_result_has_some_or_is_unknown():
    plain = np.zeros((144, 192, 3), np.uint8)
    plain[72:] = 255
    halves = encode_image(Image.fromarray(plain), "PNG")
    stretched = {**SPEC, "resize": {"mode": "stretch", "interpolation": "bicubic"}, "shape": ["N", 9, 192, 3]}
    assert set(codes(UNIT[np.newaxis, :9], halves, stretched)) == {"PIX110"}
    rejected = encode_image(Image.fromarray(np.dstack([plain, plain[..., 0]])), "PNG")
    assert "PIX110" in codes(UNIT[np.newaxis], rejected, {**SPEC, "decode": {"alpha": "reject"}})


@pytest.mark.slow
def test_image_with_few_details_and_unknown_tensor_of_it_are_not_compared():
    flat = np.full((72, 96, 3), 128, np.uint8)
    flat[:5, :5] = PIXELS[:5, :5]
    small = np.asarray(Image.fromarray(flat).resize((32, 32), Image.Resampling.BILINEAR), np.float32) / 255
    tensor = np.sin(40 * small)[np.newaxis].astype(np.float32)
    found = codes(tensor, source=encode_image(Image.fromarray(flat), "PNG"))
    assert "PIX110" in found
    assert "almost no details" in found["PIX110"].message
    assert not {"PIX101", "PIX102"} & set(found)
    assert not {"PIX110"} & set(codes(tensor))  # a detailed source refutes it


def erase_rectangle(image):
    image = image.copy()
    image[100:130, 100:150] = 0.5
    return image


def draw_box(image):
    image = image.copy()
    image[20:24, 10:90] = image[20:80, 10:14] = image[20:80, 86:90] = image[76:80, 10:90] = [0, 1, 0]
    return image


@pytest.mark.parametrize(
    ("change", "rows", "columns", "layout"),
    [
        (erase_rectangle, "100 to 129", "100 to 149", "NHWC"),
        (draw_box, "20 to 79", "10 to 89", "NCHW"),
        (erase_rectangle, "100 to 129", "100 to 149", "HWC"),
    ],
)
@pytest.mark.slow
def test_edited_part_of_the_spec_s_result_is_located(change, rows, columns, layout):
    tensor, spec = change(UNIT)[np.newaxis], SPEC
    if layout == "NCHW":
        tensor, spec = tensor.transpose(0, 3, 1, 2), {**SPEC, "shape": ["N", 3, 144, 192]}
    found = codes(tensor[0] if layout == "HWC" else tensor, spec=spec)
    assert set(found) == {"PIX102"}
    message = found["PIX102"].message
    assert "got the spec's result with changed pixels, expected the spec's result" in message
    assert f"the others are within rows {rows} and columns {columns} of the tensor (largest difference" in message


LEVELS = PIXELS.astype(np.float32)


def change_corners(image):
    image[:2, :2] = image[-2:, -2:] = 300
    return image


def change_pixel(image):
    image[100, 7] += 5
    return image


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            change_pixel,
            "27,647 of 27,648 pixels are the spec's result; the other is in row 100 and column 7 of the tensor",
        ),
        (
            change_corners,
            "the others are within rows 0 to 143 and columns 0 to 191",
        ),
    ],
)
def test_few_changed_pixels_are_counted(change, words):
    assert words in describe_edited_part(change(LEVELS.copy()), LEVELS)


@pytest.mark.parametrize(("levels", "is_edited"), [(1, False), (2, False), (3, True)])
def test_pixels_that_differ_by_two_gray_levels_are_not_edited(levels, is_edited):
    noisy = LEVELS.copy()
    noisy[100:] += np.random.default_rng(1).integers(-levels, levels + 1, noisy[100:].shape)
    assert bool(describe_edited_part(noisy, LEVELS)) is is_edited


def test_largest_difference_is_in_gray_levels_of_the_spec():
    std = [64, 32, 16]
    spec = {key: value for key, value in SPEC.items() if key != "value_range"}
    spec["normalize"] = {"units": "byte", "mean": [128] * 3, "std": std}
    changed = LEVELS.copy()
    changed[:40, :40, 2] += 50
    message = codes(((changed - 128) / std)[np.newaxis], spec=spec)["PIX102"].message
    assert "(largest difference 50 gray levels)" in message


def test_other_shapes_and_batches_have_no_edited_part():
    assert describe_edited_part(LEVELS[1:], LEVELS) == ""
    assert as_image(np.zeros((2, 144, 192, 3)), "NHWC") is None


@pytest.mark.parametrize("shape", [(12, 12), (8, 192), (40, 3), (1, 1), (15, 16)])
def test_sides_shorter_than_a_block_have_no_edited_part(shape):
    image = LEVELS[: shape[0], : shape[1]]
    assert describe_edited_part(image[::-1], image) == ""


def test_side_of_one_block_has_an_edited_part():
    image = LEVELS[:16]
    changed = np.concatenate([image[:, :160], image[:, 160:] + 5], axis=1)
    assert "the others are within rows 0 to 15 and columns 160 to 191" in describe_edited_part(changed, image)


@pytest.mark.slow
def test_small_tensor_of_another_image_is_reported():
    other = picture(12, 12, seed=11)[np.newaxis] / 255
    found = codes(other, spec={**SPEC, "shape": ["N", 12, 12, 3], "resize": {"mode": "stretch"}})
    assert {"PIX101", "PIX102"} & set(found)


def test_blur_is_not_an_edited_part():
    assert (
        describe_edited_part(np.asarray(Image.fromarray(PIXELS).filter(ImageFilter.BoxBlur(1)), np.float32), LEVELS)
        == ""
    )
    assert describe_edited_part(LEVELS, LEVELS) == ""


def test_normalized_buffer_of_four_channels_is_not_called_another_image():
    four = np.dstack([UNIT, np.ones(UNIT.shape[:2])]).reshape(-1)[: UNIT.size].reshape(UNIT.shape)
    tensor = ((four - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225])[np.newaxis].astype(np.float32)
    report = sm_imgcheck.validate(tensor, SPEC, source=SOURCE)
    found = {finding.code: finding.message for finding in report.findings}
    assert "PIX101" not in found
    assert "RGBA values in an RGB shape" in found["PIX110"]
    assert "remove the fourth channel" in found["SHP108"]


def test_resize_with_the_pixels_of_the_spec_has_no_finding():
    """Pixels repeated by the first resize of the spec do not change the means of its second one."""
    half = np.asarray(Image.fromarray(PIXELS).resize((96, 72), Image.Resampling.BOX), np.float32)[np.newaxis] / 255
    sizes = (([288, 384], "nearest"), ([72, 96], "box"))
    geometry = [{"resize": {"size": size, "library": "pillow", "interpolation": name}} for size, name in sizes]
    assert codes(half, spec={**SPEC, "shape": ["N", 72, 96, 3], "geometry": geometry}) == {}


def test_tensor_of_unknown_layout_is_not_compared():
    found = codes(UNIT[np.newaxis, np.newaxis])
    assert set(found) == {"PIX110"}
    assert "layout" in found["PIX110"].message


@pytest.mark.parametrize(
    ("array", "few"),
    [
        (np.zeros((4, 5, 3)), True),
        (np.eye(6)[..., None] * [1, 2, 3], True),
        (np.arange(9.0).reshape(3, 3), False),
        (np.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4), False),
    ],
)
def test_array_of_one_or_two_colors_has_few_details(array, few):
    axis = {2: -1, 3: 2, 4: 1}[array.ndim]
    assert has_few_details(array, axis) is few


@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize(("others", "few"), [(4, True), (8, True), (9, False)])
def test_array_of_two_colors_in_98_percent_has_few_details(others, few, axis):
    array = np.zeros((20, 20, 3), np.float32)
    array[0, :others, 1] = 0.5
    array[5:, :, 0] = 1e-4  # rounding
    array[10:, :, 0], array[10:, :, 2] = -1, 1  # the other color, of the same sum
    assert has_few_details(np.moveaxis(array, 2, axis), axis) is few


def test_details_of_a_large_array_are_counted_in_a_part_of_its_pixels():
    array = np.zeros((2200, 2200, 1), np.uint8)
    array[:, :40, 0], array[:, 40:60, 0] = 2, 1
    assert has_few_details(array, 2)
    array[:, 60:100, 0] = 3
    assert not has_few_details(array, 2)


@pytest.mark.parametrize("mean", [0, np.float32([0.485, 0.456, 0.406])], ids=["one scale", "channels"])
@pytest.mark.sample(2)
def test_pixels_in_another_order_are_not_called_another_image(mean):
    shuffled = np.random.default_rng(4).permutation(UNIT.reshape(-1, 3)).reshape(UNIT.shape)
    found = codes(((shuffled - mean) / (mean + 1))[np.newaxis])
    assert "PIX101" not in found
    assert "its values are distributed as those of the image, perhaps in another order" in found["PIX102"].message


def equalize(pixels):
    return np.asarray(ImageOps.equalize(Image.fromarray(pixels)))


def noise(pixels):
    return np.random.default_rng(int(pixels[0, 0, 0])).normal(120, 30, pixels.shape).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("render", [equalize, noise])
def test_unrelated_images_of_a_common_distribution_do_not_have_the_same(render):
    pixels, other = (render(picture(144, 192, seed=seed)) for seed in (3, 11))
    array = other[np.newaxis].astype(np.float32) / 255
    assert not has_same_distribution(array, measure(array, None, {}), pixels)


def test_channels_of_a_distribution_that_is_not_common_have_the_same():
    array = np.random.default_rng(4).permutation(UNIT.reshape(-1, 3)).reshape(1, *UNIT.shape)
    assert has_same_distribution(array, measure(array, None, {}), PIXELS)


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_resemblance_does_not_depend_on_layout_and_values(layout):
    array = (UNIT if layout == "NHWC" else UNIT.transpose(2, 0, 1))[np.newaxis]
    facts = measure(array, None, {})
    assert facts.layout == layout
    assert resemblance(array**0.5, facts, PIXELS) > 0.8
    assert resemblance(array, facts, np.roll(picture(100, 90, seed=8), (35, 20), (0, 1))) < 0.3


def softmax(array):
    return np.exp(array) / np.exp(array).sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(
    "mapped",
    [
        softmax(UNIT),
        np.sin(9 * UNIT),
        UNIT[::-1] ** 3,
        np.resize(PIXELS, (64, 64, 3)) / 255,
        np.sqrt(UNIT.swapaxes(0, 1)),
    ],
    ids=["softmax", "sine", "upside down", "repeated buffer", "axes swapped"],
)
def test_resemblance_is_high_after_unknown_steps(mapped):
    facts = measure(mapped[np.newaxis].astype(np.float32), None, {})
    assert resemblance(mapped[np.newaxis], facts, PIXELS) > 0.3


def test_resemblance_of_different_gray_images_is_low():
    gray = np.repeat(picture(144, 192, 1, seed=5), 3, axis=2)
    rolled = np.roll(picture(144, 192, 1, seed=11), (50, 70), (0, 1))
    other = np.repeat(rolled, 3, axis=2)[np.newaxis].astype(np.float32)
    assert resemblance(other, measure(other, None, {}), gray) < 0.3


@pytest.mark.slow
def test_different_photographs_are_a_mismatch(shared_photos):
    paths = sorted((shared_photos / "bsds").glob("*.jpg"))[:40]
    mismatches = 0
    for path, other in zip(paths[::2], paths[1::2], strict=True):
        image = Image.open(other).convert("RGB").resize((64, 64), Image.Resampling.BILINEAR)
        tensor = np.asarray(image, np.float32)[np.newaxis] / 255
        spec = {**SPEC, "shape": ["N", 64, 64, 3]}
        mismatches += set(codes(tensor, path.read_bytes(), spec)) == {"PIX101"}
    assert mismatches >= 19


@pytest.mark.slow
def test_background_of_composited_transparency_is_compared():
    alpha = picture(144, 192, 1, seed=8)
    source = encode_image(Image.fromarray(np.dstack([PIXELS, alpha])), "PNG")
    black = Image.new("RGBA", (192, 144), (0, 0, 0, 255))
    array = np.asarray(Image.alpha_composite(black, Image.open(io.BytesIO(source))).convert("RGB"))[np.newaxis]
    spec = {**SPEC, "decode": {"alpha": "composite", "background": [255, 255, 255]}, "resize": {"mode": "none"}}
    message = codes(array / 255, source, spec)["PIX108"].message
    assert "got alpha composited onto black, expected alpha composited onto white" in message
