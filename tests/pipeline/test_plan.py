"""Derived plans: only the steps that the facts require, in the canonical order."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_images import exif_tag, jpeg, picture

from sm_imgcheck.core.errors import ImgcheckError, InternalError, PlanError
from sm_imgcheck.core.layouts import LAYOUTS
from sm_imgcheck.core.types import Candidate, Header, Options
from sm_imgcheck.ops.execute import op
from sm_imgcheck.ops.records import record
from sm_imgcheck.pipeline import apply
from sm_imgcheck.pipeline.measure import measure
from sm_imgcheck.pipeline.plan import any_image, make_plan
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.spec.parse import parse

A = {"shape": ["N", 48, 64, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
B = {**A, "channel_order": "BGR"}
C = {**A, "value_range": [-1, 1]}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "RGB"}
D = {"shape": ["N", 3, 48, 64], "dtype": "float32", "channel_order": "BGR", "normalize": IMAGENET}
Q = {**A, "dtype": "int8", "value_range": [-1, 1], "quantize": {"scale": 0.0078125, "zero_point": 0}}
P = {**A, "dtype": "uint8", "value_range": [0, 255]}
H = {**C, "dtype": "float16", "shape": [3, 48, 64]}
G = {"shape": ["N", 48, 64], "layout": "NHW", "dtype": "float32", "channel_order": "GRAY", "value_range": [0, 255]}
RGBA = {"shape": [48, 64, 4], "dtype": "float64", "channel_order": "BGRA", "value_range": [0, 1]}
ALL = {"A": A, "B": B, "C": C, "D": D, "Q": Q, "P": P, "H": H, "G": G, "RGBA": RGBA}


def tensor(array, spec, **assume):
    facts = measure(array, spec.contract, assume)
    return Candidate(path="x.npy", kind="tensor", facts=facts, data=array)


def plan_of(array, spec, *, allow_guess=False, **assume):
    options = Options(assume=assume, allow_guess=allow_guess)
    return make_plan(spec, tensor(array, spec, **assume), options)


def convert_array(array, spec, **assume):
    candidate = tensor(array, spec, **assume)
    result = apply.run(make_plan(spec, candidate, Options(assume=assume)), candidate)
    apply.verify(result, spec)
    return result


def image_plan(mapping, **header):
    header = Header(**{"format": "JPEG", "mode": "RGB", "height": 100, "width": 80, **header})
    return make_plan(parse(mapping), Candidate(path="x.jpg", kind="image", header=header), Options())


def ops(plan):
    return [step.op for step in plan.steps]


def test_ordinary_image_has_only_required_steps():
    assert ops(image_plan(A)) == ["decode", "resize_pillow", "cast", "scale", "batch"]
    assert ops(image_plan(D)) == ["decode", "resize_pillow", "reorder", "cast", "normalize", "transpose", "batch"]
    assert ops(image_plan(Q)) == ["decode", "resize_pillow", "cast", "scale", "quantize", "cast", "batch"]
    assert ops(image_plan(P)) == ["decode", "resize_pillow", "batch"]
    assert ops(image_plan(G)) == ["decode", "color", "resize_pillow", "cast", "drop_axis", "batch"]


def test_steps_depend_on_the_header():
    assert ops(image_plan(A, height=48, width=64)) == ["decode", "cast", "scale", "batch"]
    assert ops(image_plan(A, orientation=exif_tag(6)))[:2] == ["decode", "orient"]
    assert ops(image_plan({**A, "decode": {"exif": "ignore"}}, orientation=exif_tag(6)))[:2] == [
        "decode",
        "resize_pillow",
    ]
    assert ops(image_plan(A, mode="CMYK"))[:2] == ["decode", "color"]
    assert ops(image_plan(A, height=64, width=48, orientation=exif_tag(8))) == [
        "decode",
        "orient",
        "cast",
        "scale",
        "batch",
    ]


def test_gray_model_reads_the_y_plane_from_the_decoder():
    plan = image_plan({**G, "decode": {"to_gray": "y_plane"}})
    assert plan.steps[0].params["gray"] is True
    assert ops(plan) == ["decode", "resize_pillow", "cast", "drop_axis", "batch"]


def test_final_pads_come_after_the_values():
    pad = {"pad": {"size": [48, 64], "fill": [0, 0, 0], "position": "top_left", "units": "final"}}
    geometry = [{"resize": {"mode": "longest_edge", "size": 48}}, pad]
    mapping = {**D, "geometry": geometry}
    assert ops(image_plan(mapping))[1:5] == ["resize_pillow", "reorder", "cast", "normalize"]
    assert ops(image_plan(mapping))[5] == "pad"


def test_fill_of_a_final_pad_follows_channel_order():
    pad = {"pad": {"size": [60, 70], "fill": [1, 2, 3], "position": "top_left", "units": "final"}}
    spec = parse({**B, "shape": ["N", 60, 70, 3], "geometry": [pad]})
    steps = make_plan(spec, tensor(PIXELS, spec, channel_order="RGB"), Options()).steps
    assert next(step.params["fill"] for step in steps if step.op == "pad") == [3, 2, 1]


def test_uint8_resize_of_float_pixels_is_traced_as_uint8():
    plan = plan_of(smooth() * 3 - 1, parse({**C, "shape": ["N", 24, 32, 3]}), value_range="-1,2")
    known = dict(zip(ops(plan), plan.after, strict=True))
    assert known["to_pixels"].dtype == "float32"
    assert known["resize_pillow"].dtype == "uint8"


@pytest.mark.parametrize("name", ALL)
def test_every_step_binds_to_the_signature_of_its_op(name):
    import inspect

    for step in any_image(parse(ALL[name])):
        inspect.signature(op(step.op)).bind(None, **step.params)
        json.dumps(asdict(step))
        assert record(step.op).stage


def test_trace_equals_facts_of_the_arrays():
    spec = parse(D)
    array = picture(48, 64)
    plan = plan_of(array, spec)
    for step, known in zip(plan.steps, plan.after, strict=True):
        array = op(step.op)(array, **step.params)
        assert array.shape == known.shape
        assert array.dtype.name == known.dtype
        assert known.low - 1e-6 <= array.min() <= array.max() <= known.high + 1e-6
    assert plan.after[-1].layout == "NCHW"
    assert plan.after[-1].channel_order == "BGR"


PIXELS = picture(48, 64)
TO_A = (PIXELS.astype("float32") / 255)[np.newaxis]
TO_B = (PIXELS[..., ::-1].astype("float32") / 255)[np.newaxis]
TO_C = (PIXELS.astype("float32") / 127.5 - 1)[np.newaxis]


def test_standard_tensors_convert_to_each_other_bit_exactly():
    assert (convert_array(PIXELS, parse(A)) == TO_A).all()
    assert (convert_array(PIXELS, parse(C)) == TO_C).all()
    assert (convert_array(TO_A, parse(C)) == TO_C).all()
    assert (convert_array(TO_C, parse(A)) == TO_A).all()
    assert (convert_array(TO_B, parse(A), channel_order="BGR") == TO_A).all()
    assert (convert_array(TO_B, parse(C), channel_order="BGR") == TO_C).all()
    assert (convert_array(TO_A[0].transpose(2, 0, 1).astype("float64"), parse(C)) == TO_C).all()
    assert (convert_array(TO_A.astype(">f4"), parse(A)) == TO_A).all()
    assert (convert_array((TO_A / 255).astype("float32"), parse(C)) == TO_C).all()


@pytest.mark.parametrize("source", ["A", "B", "C", "D", "H", "P"])
@pytest.mark.parametrize("target", ["A", "B", "C", "D", "H", "P", "Q"])
@pytest.mark.sample(6)
def test_any_color_tensor_converts_to_any_spec(source, target):
    wanted = convert_array(PIXELS, parse(ALL[target]), channel_order="RGB")
    start = convert_array(PIXELS, parse(ALL[source]), channel_order="RGB")
    order = ALL[source]["channel_order"]
    assert (convert_array(start, parse(ALL[target]), channel_order=order) == wanted).all()


@pytest.mark.parametrize("name", ALL)
def test_plan_for_its_own_output_is_empty(name):
    spec = parse(ALL[name])
    start = picture(48, 64, 4) if name == "RGBA" else PIXELS
    finished = convert_array(start, spec, channel_order="RGBA" if name == "RGBA" else "RGB")
    assert plan_of(finished, spec).steps == ()


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(sorted(ALL)),
    st.sampled_from(["uint8", "float32", "float64", "int64", ">f4"]),
    st.sampled_from(LAYOUTS),
    st.tuples(st.integers(8, 70), st.integers(8, 70)),
    st.sampled_from([1, 3, 4]),
)
def test_plan_meets_the_contract_or_raises_plan_error(name, dtype, layout, size, channels):
    spec = parse(ALL[name])
    lengths = {"N": 1, "H": size[0], "W": size[1], "C": channels}
    array = np.resize(np.arange(251), [lengths[axis] for axis in layout]).astype(dtype)
    before = array.copy()
    try:
        finished = convert_array(array, spec, layout=layout)
    except PlanError:
        return
    assert finished.dtype == spec.contract.dtype
    assert finished.ndim == len(spec.contract.shape)
    assert (array == before).all()


@pytest.mark.parametrize(
    ("array", "mapping", "clause"),
    [
        (np.zeros((2, 48, 64, 3), np.uint8), {**A, "shape": [1, 48, 64, 3]}, "expected [1, 48, 64, 3]"),
        (np.zeros((2, 48, 64, 3), np.uint8), {**A, "shape": [48, 64, 3]}, "axis N: got length 2"),
        (np.zeros(100, np.uint8), A, "layout unknown for shape [100]"),
        (np.full((48, 64, 3), np.nan, np.float32), A, "not finite"),
        (np.array([["a"]]), A, "expected numbers"),
        (np.zeros((0, 48, 64, 3), np.float32), A, "empty array"),
        (np.linspace(-500, 900, 48 * 64 * 3, dtype=np.float32).reshape(48, 64, 3), A, "--assume value_range=0,1"),
        (np.zeros((48, 64, 3), np.uint8), {**A, "dtype": "bfloat16"}, "bfloat16: not supported by NumPy"),
        (np.zeros((48, 64, 4), np.uint8), {**A, "decode": {"alpha": "reject"}}, "decode.alpha: reject"),
        (np.zeros((48, 64), np.uint8), {**A, "decode": {"gray": "reject"}}, "decode.gray: reject"),
        (np.zeros((40, 64, 3), np.uint8), {**A, "resize": {"mode": "none"}}, "after all steps, expected"),
    ],
)  # fmt: skip
def test_impossible_plan_raises_error_with_the_reason(array, mapping, clause):
    with pytest.raises(PlanError) as raised:
        plan_of(array, parse(mapping))
    assert clause in str(raised.value)


@pytest.mark.parametrize(
    ("shape", "advice"),
    [
        ((), ""),
        ((7,), ""),
        ((1, 1, 48, 64, 3), ""),
        ((2, 5, 7, 9), "--assume layout=NHWC"),
    ],
)
def test_unknown_layout_advises_only_a_layout_of_the_rank(shape, advice):
    with pytest.raises(PlanError, match="layout unknown") as raised:
        plan_of(np.zeros(shape, np.uint8), parse(A))
    assert (str(raised.value).partition("pass ")[2]) == advice


def smooth():
    """Values between the gray levels, 0.02..0.98: what a float resize leaves."""
    image = picture(96, 128).astype(np.float64)
    halved = (image[::2, ::2] * 0.31 + image[1::2, 1::2] * 0.69) / 255
    return (0.02 + 0.96 * halved).astype(np.float32)


def test_guess_requires_allow_guess():
    with pytest.raises(PlanError, match="--allow-guess"):
        plan_of(smooth(), parse({**P, "shape": ["N", 48, 64, 3]}))
    plan = plan_of(smooth(), parse(P), allow_guess=True)
    assert [step.loss for step in plan.steps if step.op == "to_pixels"] == ["guess"]


def test_assumed_value_range_is_not_a_guess():
    plan = plan_of(smooth(), parse(C), value_range="0,1")
    finished = apply.run(plan, tensor(smooth(), parse(C), value_range="0,1"))
    assert np.abs(finished[0] - (smooth() * 2 - 1)).max() < 1e-6


def test_assumed_value_range_contradicted_by_values_is_refused():
    result = process(smooth() * 200, parse(C), Options(assume={"value_range": "0,1"}))
    assert [finding.code for finding in result.findings] == ["VAL104"]
    assert result.plan is None


@pytest.mark.parametrize("library", ["opencv", "tensorflow", "torch", "pillow"])
@pytest.mark.parametrize("interpolation", ["bicubic", "lanczos"])
@pytest.mark.sample(4)
def test_filter_overshoot_stays_within_the_allowed_range(library, interpolation):
    resize = {"size": [160, 160], "library": library, "interpolation": interpolation, "dtype": "float32"}
    spec = parse({**C, "shape": ["N", 160, 160, 3], "resize": resize})
    stripes = np.kron(np.indices((32, 32)).sum(0) % 2 * 255, np.ones((3, 3))).astype(np.uint8)
    convert_array(np.dstack([stripes] * 3), spec)
    rng = np.random.default_rng(0)
    for _ in range(5):
        convert_array(rng.choice(np.array([0, 255], np.uint8), (60, 50, 3)), spec)


def test_wrong_decoder_order_is_fixed_by_the_decode_step():
    result = process(jpeg(), parse(A), Options(decoded_by="opencv"))
    assert {finding.code: finding.fixed_by for finding in result.findings}["CHN101"] == "decode"


@pytest.mark.parametrize(
    ("stored", "order", "codes"), [("BGR", "BGR", ["CHN101"]), ("BGR", "RGB", ["CHN101", "CHN103"])]
)
def test_statistics_are_checked_in_the_assumed_channel_order(stored, order, codes):
    spec = parse({**D, "channel_order": "RGB", "shape": ["N", 48, 64, 3]})
    step = 1 if order == "RGB" else -1
    mean, std = np.array(IMAGENET["mean"][::step], "f4"), np.array(IMAGENET["std"][::step], "f4")
    array = ((PIXELS[..., ::-1].astype("f4") / np.float32(255) - mean) / std)[np.newaxis]
    result = process(array, spec, Options(assume={"channel_order": stored}, want_array=True))
    assert [finding.code for finding in result.findings] == codes
    right = convert_array(PIXELS, spec, channel_order="RGB")
    assert np.abs(result.array - right).max() < 1e-6


@pytest.mark.parametrize(
    ("assume", "clause"),
    [
        ({"value_range": "nan,1"}, "expected LOW,HIGH"),
        ({"value_range": "1,0"}, "expected LOW,HIGH"),
        ({"value_range": "0"}, "such as 0,1"),
        ({"value_range": (0, 1)}, "expected"),
        ({"layout": "nhwc"}, "one of NHWC"),
        ({"channel_order": "rgb"}, "one of RGB"),
        ({"foo": "x"}, "expected one of channel_order, layout, value_range"),
    ],
)
def test_invalid_assumption_is_refused(assume, clause):
    with pytest.raises(ImgcheckError, match=clause):
        process(PIXELS, parse(A), Options(assume=assume))


@pytest.mark.parametrize("assume", [{"layout": "NHWC"}, {"layout": "HW"}, {"channel_order": "GRAY"}])
def test_assumption_contradicted_by_the_shape_is_a_finding(assume):
    result = process(PIXELS, parse(A), Options(assume=assume, want_array=True))
    assert [finding.severity for finding in result.findings] == ["error"]
    assert result.array is None


@pytest.mark.parametrize("channels", [1, 4])
def test_scaled_tensors_of_1_and_4_channels_return_to_gray_levels(channels):
    array = (picture(48, 64, channels).astype("float32") / 255)[np.newaxis]
    same = convert_array(picture(48, 64, channels), parse(A))
    assert (convert_array(array, parse(A)) == same).all()


def test_infinite_output_values_raise_internal_error():
    with pytest.raises(InternalError, match="spans"):
        apply.verify(np.full((1, 48, 64, 3), np.inf, np.float16), parse({**A, "dtype": "float16"}))


def test_policy_refusals_leave_no_plan():
    header = Header(format="JPEG", mode="CMYK", height=10, width=10)
    candidate = Candidate(path="x.jpg", kind="image", header=header)
    with pytest.raises(PlanError, match="cmyk"):
        make_plan(parse({**A, "decode": {"cmyk": "reject"}}), candidate, Options())


def test_tensor_of_different_size_is_resized_like_an_image():
    spec = parse(C)
    large = picture(96, 128)
    from_pixels = convert_array(large, spec)
    from_scaled = convert_array((large.astype("float32") / 255)[np.newaxis], spec)
    assert (from_pixels == from_scaled).all()


def test_batch_is_converted_image_by_image():
    spec = parse(C)
    one, two = picture(96, 128, seed=1), picture(96, 128, seed=2)
    both = convert_array(np.stack([one, two]), spec, channel_order="RGB")
    assert (both[0] == convert_array(one, spec, channel_order="RGB")[0]).all()
    assert (both[1] == convert_array(two, spec, channel_order="RGB")[0]).all()


def test_make_plan_does_not_modify_facts():
    spec = parse(A)
    candidate = tensor(PIXELS, spec)
    before = replace(candidate.facts)
    make_plan(spec, candidate, Options())
    assert candidate.facts == before
