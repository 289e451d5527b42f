"""A complete spec: all problems together, explicit defaults, one hash for equivalent specs."""

import copy
import pickle
import re

import numpy as np
import pytest

from sm_imgcheck.core.errors import Position, SpecError
from sm_imgcheck.core.types import Decode
from sm_imgcheck.spec.parse import parse
from specs import BASE, problems, spec


def test_minimal_spec_of_four_keys_gets_all_defaults():
    found = parse(BASE)
    assert found.resolved == {
        "version": 1,
        "name": "input",
        "description": "",
        "source": "",
        "shape": ["N", 224, 224, 3],
        "layout": "NHWC",
        "dtype": "float32",
        "channel_order": "RGB",
        "value_range": [0, 1],
        "decode": {
            "library": "pillow",
            "dct": "accurate",
            "exif": "apply",
            "icc": "ignore",
            "cmyk": "convert",
            "gray": "expand",
            "to_gray": "luma",
            "alpha": "drop",
            "bit_depth": "reject",
            "truncated": "reject",
            "max_pixels": 178_956_970,
        },
        "geometry": [
            {
                "resize": {
                    "mode": "stretch",
                    "size": [224, 224],
                    "interpolation": "bicubic",
                    "library": "pillow",
                    "dtype": "uint8",
                }
            }
        ],
        "payload": {},
        "golden": [],
    }
    assert (found.name, found.payload, found.golden, found.decode) == ("input", {}, (), Decode())
    assert re.fullmatch("[0-9a-f]{64}", found.sha256)


def test_every_problem_is_reported_with_key_and_line():
    wrong = {
        "shape": ["N", 224, True, 3],
        "dtype": "FP33",
        "chanel_order": "RGB",
        "value_range": "0..1",
        "decode": {"exif": "turn", "max_pixels": 1.5},
        "payload": {"endpoint": "sync", "envelope": "instancs"},
        "resize": {"mode": "shortest_edge", "sise": 3},
    }
    lines = {"shape": 1, "shape[2]": 2, "dtype": 3, "chanel_order": 4, "value_range": 5, "decode.exif": 7, "decode": 6}
    positions = {place: Position(line, 2) for place, line in {**lines, "resize.sise": 9}.items()}
    with pytest.raises(SpecError) as caught:
        parse(wrong, source="model.yaml", positions=positions)
    assert [(one.line, one.place) for one in caught.value.problems] == [
        (2, "shape[2]"),
        (3, "dtype"),
        (4, "chanel_order"),
        (5, "value_range"),
        (6, "decode.max_pixels"),
        (7, "decode.exif"),
        (9, "resize.sise"),
        (None, "payload.endpoint"),
        (None, "payload.envelope"),
    ]
    said = str(caught.value).splitlines()
    assert said[0] == (
        "model.yaml:2:2: shape[2]: got true (a boolean), expected an integer from 1, N, H, W, -1, null, or "
        'a range such as "32..1024"'
    )
    assert said[2] == "model.yaml:4:2: chanel_order: unknown key; did you mean channel_order?"
    assert said[-1].startswith("model.yaml: payload.envelope: got 'instancs', expected npy, npz, raw, ")
    assert said[-1].endswith("; did you mean instances?")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("channelorder", "did you mean channel_order?"),
        ("color", "did you mean channel_order?"),
        ("data_format", "did you mean layout?"),
        ("input_shape", "did you mean shape?"),
        ("mean", "it belongs under normalize"),
        ("interpolation", "it belongs under resize"),
        ("exif", "it belongs under decode"),
        ("zzz", "expected one of version, name"),
        ("<<", "expected one of version, name"),
    ],
)
def test_unknown_key_suggests_the_nearest(key, hint):
    (message,) = problems(**{key: 1}).values()
    assert message.startswith("unknown key")
    assert hint in message


def test_unprintable_keys_are_escaped_in_errors():
    with pytest.raises(SpecError) as caught:
        parse({**BASE, 3: 1, "\x1b[31mred\n": 1, "x" * 500: 1})
    said = str(caught.value)
    assert "key: got 3, expected text" in said
    assert said.isprintable() or set(re.findall(r"[^ -~]", said)) == {"\n"}
    assert max(map(len, said.splitlines())) < 400


@pytest.mark.parametrize("mapping", [[], "shape: [1]", None, 3])
def test_spec_of_wrong_type_is_refused(mapping):
    with pytest.raises(SpecError, match="expected a mapping with the keys version, name"):
        parse(mapping)


def test_null_value_equals_missing_key():
    assert parse({**BASE, "resize": None, "normalize": None, "decode": {"exif": None}, "name": None}) == parse(BASE)


def test_extends_in_parse_names_load_spec():
    assert "use sm_imgcheck.load_spec" in problems(extends="keras-tf")["extends"]


@pytest.mark.parametrize("version", [0, 2, "1", True, 1.5])
def test_unknown_version_is_a_problem(version):
    assert "version" in problems(version=version)


def test_equivalent_specs_have_one_hash():
    forms = [
        {},
        {"dtype": "DT_FLOAT", "channel_order": "rgb", "layout": "NHWC", "version": 1},
        {"shape": [-1, 224, 224, 3], "value_range": [0.0, 1.0], "name": "input"},
        {"shape": ("batch", 224, 224, "C"), "resize": {"mode": "stretch", "size": [224, 224]}},
        {"geometry": [{"resize": {"interpolation": "bicubic"}}], "decode": {"exif": "apply"}, "payload": {}},
        {"shape": [None, np.int64(224), 224, 3], "value_range": (np.float32(0), np.float64(1))},
    ]
    assert len({spec(**form).sha256 for form in forms}) == 1
    others = [{"dtype": "float16"}, {"value_range": [0, 255]}, {"decode": {"exif": "ignore"}}, {"name": "x"}]
    assert len({spec(**form).sha256 for form in others} | {parse(BASE).sha256}) == 5


def test_hash_of_base_spec_is_constant():
    assert parse(BASE).sha256 == "9976c81a43b7752e36aa233b60ca84342bd4cc19c80ee5ff7b20e261fdc1bfc2"


def test_parse_leaves_its_argument_unchanged():
    given = {
        **BASE,
        "shape": list(BASE["shape"]),
        "golden": [{"image": "a", "tensor": "b"}],
        "payload": {"stack": "pytorch"},
    }
    before = copy.deepcopy(given)
    found = parse(given)
    assert given == before
    given["golden"][0]["image"] = "changed"
    given["payload"]["stack"] = "changed"
    assert found.golden == ({"image": "a", "tensor": "b", "tolerance": 0.5},)
    assert found.payload == {"stack": "pytorch"}


@pytest.mark.parametrize("stack", ["triton", "mlserver"])
def test_stack_with_named_inputs_requires_name(stack):
    assert "write name: with the model's" in problems(payload={"stack": stack})["name"]
    assert problems(payload={"stack": stack}, name="input") == {}


def test_unknown_stack_version_is_a_problem():
    assert problems(payload={"stack": "tensorflow-serving", "stack_version": "2.19"}) == {}
    found = problems(payload={"stack": "tensorflow-serving", "stack_version": "2.1"})
    assert "expected 2.20 or 2.19" in found["payload.stack_version"]
    assert (
        "one version is known" in problems(payload={"stack": "pytorch", "stack_version": "2"})["payload.stack_version"]
    )
    assert "without payload.stack" in problems(payload={"stack_version": "2.20"})["payload.stack_version"]


def test_spec_is_equal_after_pickling():
    found = spec(value_range=None, normalize={"mean": 0.5}, resize={"mode": "shortest_edge", "size": 300})
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize(
    ("decode", "policy"),
    [
        ({"library": "opencv"}, {"to_gray": "y_plane", "dct": "accurate"}),
        ({"library": "tensorflow"}, {"to_gray": "y_plane", "dct": "accurate"}),
        ({"library": "tensorflow", "dct": "tensorflow", "to_gray": "luma"}, {"to_gray": "luma", "dct": "tensorflow"}),
        ({"alpha": "composite"}, {"background": (255, 255, 255)}),
        ({"alpha": "composite", "background": [0, 128, 255]}, {"background": (0, 128, 255)}),
        ({"max_pixels": 1}, {"max_pixels": 1}),
    ],
)
def test_decode_defaults_follow_the_library(decode, policy):
    found = spec(decode=decode).decode
    assert {key: getattr(found, key) for key in policy} == policy


def test_background_is_resolved_only_for_composite_alpha():
    assert "background" not in spec().resolved["decode"]
    assert spec(decode={"alpha": "composite"}).resolved["decode"]["background"] == [255, 255, 255]


@pytest.mark.parametrize(
    ("decode", "place", "message"),
    [
        ({"background": [0, 0, 0]}, "background", "has no meaning with alpha: drop"),
        ({"alpha": "composite", "background": [0, 0]}, "background", "3 integers"),
        ({"alpha": "composite", "background": [0, 0, 256]}, "background[2]", "from 0 to 255"),
        ({"alpha": "blend", "background": [0, 0, 0]}, "alpha", "drop, composite or reject"),
        ({"exif": False}, "exif", "false (a boolean), expected apply, ignore or reject"),
        ({"max_pixels": 0}, "max_pixels", "an integer from 1"),
        ({"orientation": "apply"}, "orientation", "did you mean exif?"),
    ],
)
def test_invalid_decode_policy_is_one_problem(decode, place, message):
    found = problems(decode=decode)
    assert message in found[f"decode.{place}"]
    assert len(found) == 1


def test_payload_is_stored_unchanged():
    payload = {"stack": "custom", "envelope": "npy", "endpoint": "async", "max_bytes": 5}
    assert spec(payload=payload).payload == payload


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"payload": {"stack": "pytroch"}}, "payload.stack", "did you mean pytorch?"),
        ({"payload": {"content_type": "a\r\nb"}}, "payload.content_type", "printable text"),
        ({"payload": {"max_bytes": 0}}, "payload.max_bytes", "from 1"),
        ({"payload": {"stack": ["pytorch"]}}, "payload.stack", "expected text, such as pytorch"),
        ({"golden": [{"image": "a"}]}, "golden[0].tensor", "missing: the tensor that it must become"),
        ({"golden": [{"image": "a", "tensor": "b", "tolerance": -1}]}, "golden[0].tolerance", "from 0 to 255"),
        ({"golden": {"image": "a"}}, "golden", "a list of mappings"),
        ({"golden": ["a.jpg"]}, "golden[0]", "a mapping with the keys image"),
        ({"name": "a\x1b[0m"}, "name", "printable text"),
        ({"name": "x" * 5000}, "name", "at most 4000 characters"),
        ({"description": "\ud800"}, "description", "printable text"),
        ({"source": 3}, "source", "expected text"),
    ],
)
def test_invalid_payload_or_golden_is_one_problem(changes, place, message):
    found = problems(**changes)
    assert message in found[place]
    assert len(found) == 1


def test_multiline_description_is_accepted():
    assert spec(description="one\ntwo").description == "one\ntwo"


def test_lists_of_unbounded_length_are_refused():
    assert "shape" in problems(shape=[1] * 5000)
    assert "golden" in problems(golden=[{"image": "a", "tensor": "b"}] * 5000)


def test_number_beyond_float_range_is_refused():
    from fractions import Fraction

    assert "a finite number" in problems(value_range=[0, Fraction(10**400)])["value_range[1]"]
