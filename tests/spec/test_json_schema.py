"""The published schema agrees with the parser, as far as a schema can."""

import pytest
from jsonschema import Draft202012Validator

from sm_imgcheck.spec.json_schema import schema
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.language_image import STEP_KEYS
from sm_imgcheck.spec.parse import parse
from specs import BASE, spec

VALIDATOR = Draft202012Validator(schema())


def test_schema_is_a_valid_json_schema():
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_has_description_and_valid_example():
    properties = schema()["properties"]
    assert list(properties) == [key.name for key in TOP]
    for key in TOP:
        assert properties[key.name]["description"].startswith(key.doc)
        Draft202012Validator(properties[key.name]).validate(key.example)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"resize": "none"},
        {"shape": [-1, "32..64", None, 3]},
        {"dtype": "TYPE_FP32"},
        {"value_range": None, "normalize": {"mean": 0.5, "std": [0.1, 0.2, 0.3]}},
        {
            "geometry": [
                {"crop": {"fraction": 0.5}},
                {"resize": {"size": [224, 224], "library": "torch", "antialias": True}},
            ]
        },
        {"geometry": [{"pad": {"multiple_of": 32, "fill": 3}}]},
        {"golden": [{"image": "a", "tensor": "b"}], "payload": {"endpoint": "async"}},
        {"dtype": "int8", "value_range": [-1, 1], "quantize": {"scale": 0.01}},
        {"extends": "keras-tf", "shape": None, "dtype": None, "channel_order": None},
    ],
)
def test_schema_accepts_valid_specs(changes):
    VALIDATOR.validate({key: value for key, value in {**BASE, **changes}.items() if value is not None})


@pytest.mark.parametrize(
    "changes",
    [
        {"shap": 1},
        {"shape": "x"},
        {"shape": [0, 1]},
        {"channel_order": "RBG"},
        {"value_range": [0, 1, 2]},
        {"normalize": {"mean": 0.5}},
        {"value_range": None, "normalize": {"mean": "0.5"}},
        {"value_range": None, "normalize": {"std": 0}},
        {"resize": {}, "geometry": []},
        {"resize": {"size": [1, 2, 3]}},
        {"resize": {"antialias": "yes"}},
        {"geometry": [{"crop": {}, "pad": {}}]},
        {"geometry": [{"turn": {}}]},
        {"golden": [{"image": "a"}]},
        {"decode": {"exif": True}},
        {"decode": {"max_pixels": 0}},
        {"version": 2},
        {"shape": None},
    ],
)
def test_schema_refuses_invalid_specs(changes):
    given = {key: value for key, value in {**BASE, **changes}.items() if value is not None or key == "shape"}
    assert not VALIDATOR.is_valid(given)


def test_schema_accepts_a_resolved_spec():
    VALIDATOR.validate(spec(resize={"mode": "letterbox", "library": "torch"}).resolved)


def test_schema_accepts_examples_of_geometry_steps():
    for name, keys in STEP_KEYS.items():
        for key in keys:
            Draft202012Validator(schema()["properties"]["geometry"]).validate([{name: {key.name: key.example}}])


def test_null_equals_missing_key_for_schema_and_parser():
    given = {**BASE, "normalize": None, "resize": None, "geometry": None, "decode": {"exif": None}}
    VALIDATOR.validate(given)
    assert parse(given) == parse(BASE)
