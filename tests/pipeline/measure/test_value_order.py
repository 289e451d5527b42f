"""The order of values in memory: likely from the values alone, certain with a source image, else unknown."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, picture

import sm_imgcheck
from sm_imgcheck.core.assumptions import contradicted_layout, has_hidden_alpha
from sm_imgcheck.pipeline.measure import measure
from sm_imgcheck.pipeline.measure.value_order import alpha_position, other_order

FIT = Path(__file__).parents[2] / "fit"
SHAPES = {"HWC": (72, 96, 3), "CHW": (3, 72, 96)}


def smooth(channels=3, seed=1):
    """HWC float32 in 0..1 with detail in both directions and in every channel."""
    large = picture(216, 288, channels, seed).astype(np.float32) / 255
    return large.reshape(72, 3, 96, 3, channels).mean(axis=(1, 3))


def transpose_to(image, layout):
    return np.ascontiguousarray(image.transpose(2, 0, 1)) if layout == "CHW" else image


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("batch", [0, 5])
@pytest.mark.parametrize("fortran", [False, True], ids=["C", "F"])
@pytest.mark.sample(4)
def test_order_of_values_is_measured_for_both_layouts(layout, channels, batch, fortran):
    images = [transpose_to(smooth(channels, seed), layout) for seed in range(max(1, batch))]
    array = np.stack(images) if batch else images[0]
    array = np.asfortranarray(array) if fortran else array
    name = f"N{layout}" if batch else layout
    facts = measure(array, None, {"layout": name})
    assert facts.value_order == ""  # the layout is given
    facts = measure(array, None, {})
    assert (facts.layout, facts.value_order) == (name, layout)
    assert facts.value_order_probability > 0.95
    reshaped, other = other_order(array, name)
    wrong = measure(np.asfortranarray(reshaped) if fortran else reshaped, None, {})
    assert (wrong.layout, wrong.value_order) == (other, layout)
    assert wrong.likely_order == ""


@pytest.mark.parametrize("width", [1, 2, 3])
def test_rows_shorter_than_four_pixels_have_no_position_of_alpha(width):
    assert alpha_position(np.zeros((4, width, 3))) is None


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize("normalize", [False, True])
def test_four_channels_under_a_shape_of_three_are_measured(layout, place, normalize):
    four = np.insert(smooth(), place, 1, axis=2)
    image = four.reshape(-1)[: 72 * 96 * 3].reshape(72, 96, 3)
    image = (image - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225] if normalize else image
    facts = measure(transpose_to(image, layout).astype(np.float32), None, {})
    assert (facts.value_order, facts.value_shape) == ("HWC", (54, 96, 4))
    assert contradicted_layout(facts)
    assert has_hidden_alpha(facts)
    assert facts.likely_order == ""


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("start", range(4))
def test_lines_of_every_fourth_row_or_column_are_not_four_channels(axis, start):
    image = smooth()
    image.swapaxes(0, axis)[start::4] = 1
    for layout in ("HWC", "CHW"):
        assert not has_hidden_alpha(measure(np.ascontiguousarray(transpose_to(image, layout)), None, {}))


@pytest.mark.parametrize("layout", ["HW", "NHW", "WHC", "????"])
def test_other_layouts_have_no_alternative_order(layout):
    assert other_order(np.zeros([4] * len(layout)), layout) is None


@pytest.mark.parametrize(
    "image",
    [
        np.random.default_rng(0).random((72, 96, 3)),
        np.indices((72, 96)).sum(0)[..., None] % 2 * np.ones(3),
        np.indices((72, 96))[0][..., None] % 3 * np.ones(3),
        np.indices((72, 96))[1][..., None] % 3 * np.ones(3),
        np.ones((72, 96, 1)) * [0.2, 0.5, 0.9],
        np.linspace(0, 1, 72)[:, None, None] * np.ones((72, 96, 3)),
        np.kron(np.random.default_rng(0).random((24, 32, 1)), np.ones((3, 3, 3))),
        np.where(np.indices((72, 96)).min(0)[..., None] < 4, [1, 0.2, 0.1], [1, 1, 1]),
    ],
    ids=["noise", "checkerboard", "rows", "columns", "one color", "gray gradient", "gray, enlarged", "frame"],
)
@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_correct_tensors_without_detail_are_not_reported_reshaped(image, layout):
    facts = measure(transpose_to(image.astype(np.float32), layout), None, {})
    assert facts.layout == layout
    assert facts.value_order_probability < 0.95 or facts.value_order == layout


@pytest.mark.parametrize("order", ["HWC", "CHW"])
@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_swapped_height_and_width_are_measured(order, layout):
    values = transpose_to(smooth(), order)
    array = values.reshape((96, 72, 3) if layout == "HWC" else (3, 96, 72))
    facts = measure(array, None, {})
    assert (facts.layout, facts.value_order, facts.value_shape) == (layout, order, values.shape)
    report = sm_imgcheck.validate(array, {**SPEC, "shape": list(array.shape), "layout": layout})
    assert [finding.certainty for finding in report.findings if finding.code == "SHP108"] == ["likely"]


@pytest.mark.parametrize("period", [1, 3, 8, 17])
@pytest.mark.parametrize("form", ["rows", "columns", "diagonals", "checks"])
@pytest.mark.parametrize("noise", [0, 0.03])
def test_correct_striped_tensors_are_not_reported_reshaped(period, form, noise):
    rows, columns = np.indices((72, 96)) // period
    bands = {"rows": rows, "columns": columns, "diagonals": np.indices((72, 96)).sum(0) // period}
    pattern = bands.get(form, rows + columns) % 2
    image = pattern[..., None] * [0.8, 0.5, 0.1] + np.random.default_rng(0).normal(0, noise, (72, 96, 3))
    for layout in ("HWC", "CHW"):
        facts = measure(transpose_to(image.astype(np.float32), layout), None, {})
        assert contradicted_layout(facts) == ""


SPEC = {"dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("blue_first", [False, True], ids=["RGB", "BGR"])
@pytest.mark.sample(4)
def test_source_image_makes_the_reshape_certain(layout, blue_first):
    image = picture(72, 96)
    source = encode_image(Image.fromarray(image), "PNG")
    made = image[..., ::-1] if blue_first else image
    array = (
        (made / np.float32(255))[np.newaxis] if layout == "HWC" else transpose_to(made / np.float32(255), "CHW")[None]
    )
    reshaped, other = other_order(array, f"N{layout}")
    spec = {**SPEC, "shape": ["N", *reshaped.shape[1:]]}
    report = sm_imgcheck.validate(reshaped, spec, source=source)
    errors = {finding.code: finding for finding in report.findings if finding.severity == "error"}
    assert set(errors) == ({"SHP108", "CHN101"} if blue_first else {"SHP108"})
    assert (errors["SHP108"].certainty, errors["SHP108"].probability) == ("certain", 1.0)
    assert "reshape" in [step.op for step in report.origins[0].steps]
    assert report.origins[0].facts.layout == other


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_reshape_followed_by_a_transpose_is_named_with_the_source(layout):
    image = picture(72, 96)
    values = transpose_to(image / np.float32(255), "CHW" if layout == "HWC" else "HWC")
    other = values.reshape(SHAPES[layout])  # the values of one order under the other shape
    mixed = other.transpose(2, 0, 1) if layout == "HWC" else other.transpose(1, 2, 0)
    tensor = np.ascontiguousarray(mixed)[np.newaxis]
    spec = {**SPEC, "shape": ["N", *tensor.shape[1:]]}
    report = sm_imgcheck.validate(tensor, spec, source=encode_image(Image.fromarray(image), "PNG"))
    errors = {finding.code: finding for finding in report.findings if finding.severity == "error"}
    assert set(errors) == {"SHP108"}
    assert "values reshaped, then transposed" in errors["SHP108"].message
    assert "remove the reshape and the transpose" in errors["SHP108"].message


def test_source_image_confirms_a_correct_layout():
    image = picture(72, 96)
    report = sm_imgcheck.validate(
        (image / np.float32(255))[np.newaxis],
        {**SPEC, "shape": ["N", 72, 96, 3]},
        source=encode_image(Image.fromarray(image), "PNG"),
    )
    assert report.findings == ()
    assert report.facts.value_order_probability == 1.0


@pytest.mark.slow
def test_fitted_weights_meet_their_accuracy_on_new_photographs(shared_photos, monkeypatch):
    monkeypatch.syspath_prepend(str(FIT))
    spec = importlib.util.spec_from_file_location("value_order_fit", FIT / "value_order.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    measured = module.check(shared_photos / "bsds", 1000)
    assert measured["false alarms"] == 0
    assert measured["found HWC under CHW"] >= 0.99
    assert measured["found CHW under HWC"] >= 0.99
    assert measured["calibration error"] < 0.02


def test_reshaped_tensor_has_no_value_findings():
    barn = Image.open(Path(__file__).parents[2] / "demo" / "barn.jpg").convert("RGB").resize((224, 224))
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    tensor = ((np.asarray(barn, np.float32) / np.float32(255) - mean) / std).reshape(1, 3, 224, 224)
    normalize = {"units": "unit", "mean": mean.tolist(), "std": std.tolist(), "order": "RGB"}
    contract = {"shape": ["N", 3, 224, 224], "dtype": "float32", "channel_order": "RGB", "normalize": normalize}
    assert {finding.code for finding in sm_imgcheck.validate(tensor, contract).findings} <= {"SHP108", "CHN102"}
