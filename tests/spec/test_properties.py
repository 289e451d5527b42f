"""Properties of every spec, with generated specs."""

import json
import pickle

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sm_imgcheck.core.errors import ImgcheckError, SpecError
from sm_imgcheck.core.types import Spec
from sm_imgcheck.spec.json_schema import schema
from sm_imgcheck.spec.keys import LIBRARIES, Key
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.language_image import DECODE, STEP_KEYS
from sm_imgcheck.spec.lint import lint
from sm_imgcheck.spec.load import join, load
from sm_imgcheck.spec.parse import parse
from sm_imgcheck.spec.yaml import Document, document, read
from specs import BASE

VALIDATOR = Draft202012Validator(schema())
ORDERS = {"RGB": 3, "BGR": 3, "GRAY": 1, "RGBA": 4, "BGRA": 4}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
words = st.sampled_from([key.name for key in TOP] + [inner.name for key in TOP for inner in key.keys] + [*STEP_KEYS])
junk = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def values_of_key(key: Key) -> st.SearchStrategy:
    """Values that the table allows for a key, and sometimes an invalid value."""
    low, high = int(key.low or 1), int(min(key.high or 300, 300))
    kinds = {
        "choice": st.sampled_from(key.choices or ("",)),
        "dtype": st.sampled_from(key.choices or ("",)),
        "flag": st.booleans(),
        "whole": st.integers(low, high),
        "size": st.integers(1, 300) | st.lists(st.integers(1, 300), min_size=2, max_size=2),
        "number": st.floats(0.01, 1),
        "numbers": st.floats(0.01, 200) | st.lists(st.floats(0.01, 200), min_size=3, max_size=3),
        "pair": st.tuples(st.floats(-300, 0), st.floats(1, 300)),
        "wholes": st.lists(st.integers(1, 255), min_size=len(key.example or ""), max_size=len(key.example or ""))
        if key.kind == "wholes"
        else st.nothing(),
        "text": st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=20),
        "axes": st.sampled_from([["N", 224, 224, 3], [1, 3, 64, 48], ["N", "H", "W", 3], [32, 32, 3], ["N", 8, 8]]),
    }
    return kinds[key.kind] if key.kind in kinds else mappings_of_keys(key.keys)


def mappings_of_keys(keys: tuple[Key, ...]) -> st.SearchStrategy:
    return st.fixed_dictionaries({}, optional={key.name: values_of_key(key) for key in keys})


def outcome(call, *given):
    """The return value, or the error for users."""
    try:
        return call(*given)
    except ImgcheckError as error:
        return error


nearly = st.fixed_dictionaries(
    {},
    optional={
        key.name: (values_of_key(key) if key.kind not in ("entries", "steps") else st.just([])) | st.just(key.example)
        for key in TOP
        if key.name != "extends"
    },
)


@st.composite
def good(draw):
    """Specs that are valid by construction, over the complete language."""
    order = draw(st.sampled_from(sorted(ORDERS)))
    layout = draw(st.sampled_from(["NHWC", "NCHW", "HWC", "CHW"] + ["NHW", "HW"] * (order == "GRAY")))
    height, width = draw(st.integers(1, 512)), draw(st.integers(1, 512))
    axes = {"N": draw(st.sampled_from(["N", -1, None, 1, "1..8"])), "H": height, "W": width, "C": ORDERS[order]}
    spec = {"shape": [axes[axis] for axis in layout], "layout": layout, "channel_order": order}
    spec["dtype"] = draw(st.sampled_from(["float32", "FP16", "DT_DOUBLE", "bfloat16"]))
    entries = st.lists(st.floats(0.1, 200), min_size=ORDERS[order], max_size=ORDERS[order])
    if draw(st.booleans()):
        spec["value_range"] = [draw(st.floats(-300, 0)), draw(st.floats(0.1, 300))]
    else:
        listed = draw(st.sampled_from(["GRAY"] if order == "GRAY" else ["RGB", "BGR"]))
        units = draw(st.sampled_from(["unit", "byte"]))
        spec["normalize"] = {"units": units, "mean": draw(entries), "std": draw(entries), "order": listed}
    name = draw(st.sampled_from(sorted(LIBRARIES)))
    mode = draw(st.sampled_from(["stretch", "shortest_edge", "cover", "letterbox"]))
    interpolation = draw(st.sampled_from(LIBRARIES[name].interpolations))
    spec["resize"] = {"mode": mode, "library": name, "interpolation": interpolation}
    if mode == "shortest_edge":
        spec["resize"]["size"] = draw(st.integers(1, 900))
    if draw(st.booleans()):
        spec["resize"]["dtype"] = draw(st.sampled_from(["float32", "float32-rounded"]))
    spec["decode"] = draw(mappings_of_keys(DECODE))
    if spec["decode"].get("alpha") != "composite":
        spec["decode"].pop("background", None)
    return spec


@given(good())
def test_resolved_spec_parses_to_equal_spec(mapping):
    spec = parse(mapping)
    again = parse(spec.resolved)
    assert again == spec
    assert again.sha256 == spec.sha256
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert isinstance(lint(spec), tuple)


@given(good())
def test_resolved_spec_round_trips_through_yaml_and_json(mapping):
    resolved = parse(mapping).resolved
    text = document(resolved)
    assert read(text.encode(), "x").value == resolved == yaml.safe_load(text)
    assert json.loads(json.dumps(resolved)) == resolved
    VALIDATOR.validate(resolved)
    VALIDATOR.validate({**mapping, "dtype": "float32"})


@given(good(), good())
@settings(max_examples=50)
def test_complete_child_overrides_every_key_of_parent(parent, child):
    """Except for keys that are joined key by key, a complete spec overrides its parent."""
    spec = parse(child)
    assert parse(join(parse(parent).resolved, spec.resolved)).contract == spec.contract
    assert parse(join(parse(parent).resolved, spec.resolved)).geometry == spec.geometry


@given(nearly)
def test_parse_of_any_mapping_returns_spec_or_problems(mapping):
    found = outcome(parse, {**BASE, **mapping})
    if isinstance(found, SpecError):
        assert found.problems
        assert all(problem.message and str(problem).isprintable() for problem in found.problems)
    else:
        assert parse(found.resolved) == found


@given(st.dictionaries(words | st.text(max_size=4), junk, max_size=6))
def test_parse_of_arbitrary_values_raises_only_spec_errors(mapping):
    assert isinstance(outcome(parse, {**BASE, **mapping}), Spec | SpecError)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_load_of_arbitrary_bytes_raises_only_imgcheck_errors(tmp_path_factory, body):
    path = tmp_path_factory.getbasetemp() / "strange.yaml"
    path.write_bytes(body)
    assert isinstance(outcome(load, path), Spec | ImgcheckError)


@given(st.text(st.sampled_from(list("abc:-?[]{},&*!|>'\"%@#~ \n\t0.e")), max_size=60))
def test_problems_of_arbitrary_yaml_have_lines_inside_the_text(text):
    found = outcome(read, text.encode(), "x")
    if isinstance(found, SpecError):
        assert all(1 <= problem.line <= text.count("\n") + 1 for problem in found.problems)
    else:
        assert isinstance(found, Document)


writable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abN~.:# -", max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(writable)
def test_document_of_any_value_round_trips(value):
    assert read(document({"x": value}).encode(), "x").value == {"x": value}
