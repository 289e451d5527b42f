import pytest

from sm_imgcheck.core.errors import SpecError
from sm_imgcheck.core.types import Quantize, Values
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.spec.parse import parse
from specs import problems, spec

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def normalize_spec(stored="RGB", channels=3, dtype="float32", **normalize):
    changes = {"shape": ["N", 224, 224, channels], "channel_order": stored, "dtype": dtype, "value_range": None}
    return {**changes, "normalize": normalize}


def test_value_range_sets_low_and_high():
    assert spec(value_range=[-1, 1.0]).contract.values == Values(low=-1, high=1)
    assert spec(value_range=[-1, 1.0]).resolved["value_range"] == [-1, 1]


def test_uint8_value_range_defaults_to_0_255():
    assert spec(dtype="uint8", value_range=None).resolved["value_range"] == [0, 255]


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8", "int32"])
def test_other_dtypes_require_value_range(dtype):
    assert (
        "for pixel values 0..255; write value_range: [0, 1]" in problems(dtype=dtype, value_range=None)["value_range"]
    )


@pytest.mark.parametrize(
    "pair", [[0], [0, 1, 2], [1, 0], [1, 1], ["0", 1], [True, 1], [0, float("inf")], "0..1", 1, [[0], 1]]
)
def test_invalid_value_range_is_a_problem(pair):
    (place,) = problems(value_range=pair)
    assert place.startswith("value_range")


def test_normalize_with_value_range_is_a_conflict():
    assert list(problems(normalize=IMAGENET)) == ["normalize"]
    assert "conflicts with value_range" in problems(normalize=IMAGENET)["normalize"]


def test_rgb_mean_and_std_keep_their_order():
    found = spec(**normalize_spec(**IMAGENET))
    assert found.contract.values == Values(units="unit", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    assert found.resolved["normalize"] == {"units": "unit", **IMAGENET, "order": "RGB"}


def test_mean_in_rgb_order_is_reversed_for_bgr():
    """The model expects BGR and the list is RGB: the same numbers as the list in BGR."""
    found = spec(**normalize_spec("BGR", **IMAGENET, order="RGB"))
    assert found.contract.values.mean == (0.406, 0.456, 0.485)
    assert found.contract.values.std == (0.225, 0.224, 0.229)
    other = {"mean": IMAGENET["mean"][::-1], "std": IMAGENET["std"][::-1]}
    assert spec(**normalize_spec("BGR", **other, order="BGR")) == found
    assert spec(**normalize_spec("RGB", **other, order="BGR")).contract.values.mean == (0.485, 0.456, 0.406)


def test_bgr_normalize_requires_order():
    assert (
        "the order in which mean and std are listed" in problems(**normalize_spec("BGR", **IMAGENET))["normalize.order"]
    )
    assert (
        "the order in which mean and std are listed"
        in problems(**normalize_spec("BGR", mean=0.5, std=IMAGENET["std"]))["normalize.order"]
    )
    assert problems(**normalize_spec("BGR", mean=[0.5] * 3, std=0.25)) == {}


def test_scalar_mean_and_std_apply_to_every_channel():
    assert spec(**normalize_spec(mean=0.5, std=[0.25])).contract.values.mean == (0.5, 0.5, 0.5)
    assert spec(**normalize_spec(mean=0.5, std=[0.25])).contract.values.std == (0.25, 0.25, 0.25)


def test_mean_without_std_and_std_without_mean_are_accepted():
    caffe = spec(**normalize_spec("BGR", mean=[103.939, 116.779, 123.68], units="byte", order="BGR"))
    assert caffe.contract.values == Values(units="byte", mean=(103.939, 116.779, 123.68), std=None)
    assert "std" not in caffe.resolved["normalize"]
    assert spec(**normalize_spec(std=0.25)).contract.values == Values(mean=(0, 0, 0), std=(0.25, 0.25, 0.25))


def test_three_means_keep_the_alpha_channel_unchanged():
    found = spec(**normalize_spec("RGBA", 4, **IMAGENET))
    assert found.contract.values.mean == (0.485, 0.456, 0.406, 0)
    assert found.contract.values.std == (0.229, 0.224, 0.225, 1)
    turned = spec(**normalize_spec("BGRA", 4, mean=[0.1, 0.2, 0.3, 0.4], order="RGBA"))
    assert turned.contract.values.mean == (0.3, 0.2, 0.1, 0.4)


def test_ambiguous_mean_requires_units():
    assert (
        "write units: byte for pixels 0..255"
        in problems(**normalize_spec(mean=[123.675, 116.28, 103.53]))["normalize.units"]
    )
    assert "std is above 1" in problems(**normalize_spec(std=255))["normalize.units"]
    assert spec(**normalize_spec(mean=1, std=1)).contract.values.units == "unit"


@pytest.mark.parametrize(
    ("normalize", "place", "message"),
    [
        ({}, "normalize", "missing mean and std"),
        ({"order": "RGB"}, "normalize", "missing mean and std"),
        ({"mean": [0.5, 0.5]}, "normalize.mean", "one number per channel"),
        ({"mean": [0.5] * 4}, "normalize.mean", "expected 3 entries with channel_order: RGB"),
        ({"std": 0}, "normalize.std", "above 0"),
        ({"std": [0.2, -0.2, 0.2]}, "normalize.std[1]", "above 0"),
        ({"mean": True}, "normalize.mean", "true (a boolean), expected a number"),
        ({"mean": "0.5"}, "normalize.mean", "expected a number"),
        ({"mean": [0.5, float("nan"), 0.5]}, "normalize.mean[1]", "nan, expected a finite number"),
        ({"mean": [0.5, None, 0.5]}, "normalize.mean[1]", "null, expected a number"),
        ({"mean": 10**400, "units": "byte"}, "normalize.mean", "a finite number"),
        ({"mean": 0.5, "order": "GRAY"}, "normalize.order", "an order with the channels of channel_order: RGB"),
        ({"mean": 0.5, "order": "RGBA"}, "normalize.order", "an order with the channels of channel_order: RGB"),
        ({"means": 0.5}, "normalize.means", "did you mean mean?"),
        ({"image_mean": 0.5}, "normalize.image_mean", "did you mean mean?"),
        ({"bias": 0.5}, "normalize.bias", "did you mean mean?"),
    ],
)
def test_invalid_normalize_is_a_problem(normalize, place, message):
    assert message in problems(**normalize_spec(**normalize))[place]


def test_three_means_for_gray_are_a_problem():
    found = problems(**normalize_spec("GRAY", 1, **IMAGENET))
    assert found["normalize.mean"] == "got [0.485, 0.456, 0.406], expected 1 entry with channel_order: GRAY"
    assert list(found) == ["normalize.mean"]


@pytest.mark.parametrize(
    ("dtype", "values", "message"),
    [
        ("uint8", {"value_range": [0, 1]}, "maps pixels to 0 to 1, which loses gray levels with dtype: uint8"),
        ("uint8", {"value_range": [-1, 1]}, "loses gray levels"),
        ("uint8", {"value_range": [-128, 127]}, "maps pixels to -128 to 127, but dtype: uint8 holds 0 to 255"),
        ("int8", {"value_range": [0, 255]}, "maps pixels to 0 to 255, but dtype: int8 holds -128 to 127"),
        ("uint8", {"value_range": None, "normalize": IMAGENET}, "add quantize"),
        ("int64", {"value_range": [0, 254]}, "loses gray levels"),
    ],
)
def test_integer_dtype_with_fractional_mapping_is_a_problem(dtype, values, message):
    ((_, said),) = problems(dtype=dtype, **values).items()
    assert message in said


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("int8", {"value_range": [-128, 127]}),
        ("int32", {"value_range": [0, 255]}),
        ("uint16", {"value_range": [0, 65535]}),
        ("int16", {"value_range": None, "normalize": {"mean": [123, 117, 104], "units": "byte"}}),
    ],
)
def test_integer_dtype_with_exact_mapping_is_accepted(dtype, values):
    assert spec(dtype=dtype, **values).contract.dtype == dtype


def test_quantize_has_scale_zero_point_and_rounding():
    found = spec(dtype="int8", value_range=[-1, 1], quantize={"scale": 0.0078125})
    assert found.contract.quantize == Quantize(scale=0.0078125, zero_point=0, rounding="half_even")
    assert found.resolved["quantize"] == {"scale": 0.0078125, "zero_point": 0, "rounding": "half_even"}


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"dtype": "float32"}, "quantize", "conflicts with dtype: float32"),
        (
            {"quantize": {"scale": 1, "zero_point": 200}},
            "quantize.zero_point",
            "an integer of int8, -128 to 127",
        ),
        ({"quantize": {"scale": 0}}, "quantize.scale", "above 0"),
        ({"quantize": {"zero_point": 1}}, "quantize.scale", "missing"),
        ({"quantize": {"scale": 1, "zero_point": 1.5}}, "quantize.zero_point", "an integer"),
        ({"quantize": 0.5}, "quantize", "a mapping with the keys scale, zero_point, rounding"),
        ({"quantize": {"scale": 1, "rounding": "half-even"}}, "quantize.rounding", "did you mean half_even?"),
        ({"value_range": None}, "value_range", "the range of the tensor for pixel values"),
    ],
)
def test_invalid_quantize_is_one_problem(changes, place, message):
    found = problems(**{"dtype": "int8", "value_range": [-1, 1], "quantize": {"scale": 0.01}, **changes})
    assert message in found[place]
    assert len(found) == 1


def test_uint8_with_quantize_requires_value_range():
    assert "value_range" in problems(dtype="uint8", value_range=None, quantize={"scale": 0.01})


def test_expect_range_is_stored_unchanged():
    assert spec(expect_range=[-2.2, 2.7]).contract.expect_range == (-2.2, 2.7)
    assert spec().contract.expect_range is None


def test_four_spellings_of_one_mapping_have_one_canonical_form():
    """keras tf = TFLite 127.5 = timm 0.5 = Core ML scale 1/127.5, bias -1."""
    forms = (
        {"value_range": [-1, 1]},
        {"value_range": None, "normalize": {"units": "byte", "mean": 127.5, "std": 127.5}},
        {"value_range": None, "normalize": {"mean": 0.5, "std": 0.5}},
    )
    found = [canonical(spec(**form).contract.values, 3) for form in forms]
    assert all(one.scale == pytest.approx([1 / 127.5] * 3) and one.offset == pytest.approx([-1] * 3) for one in found)


@pytest.mark.parametrize(
    ("word", "mean"), [("imagenet", (0.485, 0.456, 0.406)), ("CLIP", (0.48145466, 0.4578275, 0.40821073))]
)
def test_normalize_word_is_its_mean_and_std(word, mean):
    base = {"shape": ["N", 8, 8, 3], "dtype": "float32", "channel_order": "BGR"}
    values = parse({**base, "normalize": word}).contract.values
    assert values.mean == mean[::-1]
    assert values.units == "unit"


def test_unknown_normalize_word_is_refused():
    base = {"shape": ["N", 8, 8, 3], "dtype": "float32", "channel_order": "RGB"}
    with pytest.raises(SpecError, match="normalize"):
        parse({**base, "normalize": "cifar"})
