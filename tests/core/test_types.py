"""Equality and hashes of the frozen types; the tables of channels, media types and severities."""

import pickle
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

import pytest

from sm_imgcheck.core import types
from sm_imgcheck.core.channels import ALPHA, CHANNELS, COUNTS, ORDERS, blue_first, red_first
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.media_types import IMAGE_SUFFIXES, INPUT_SUFFIXES, RARE_IMAGE_SUFFIXES, suffix_of
from sm_imgcheck.core.types import Step
from sm_imgcheck.core.types.finding import SEVERITY_ORDER

FROZEN = [kind for name in types.__all__ if is_dataclass(kind := getattr(types, name))]
PLAIN = {str: "text", int: 7, float: 0.25, bool: True, bytes: b"bytes", NoneType: None}


def example(hint, depth=0):
    """A value of a type, with new containers on each call."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if origin is Literal:
        return inner[0]
    if origin in (Union, UnionType):
        return None if NoneType in inner and depth > 3 else example(inner[0], depth)
    if origin is tuple:
        return tuple(example(one, depth) for one in (inner[:1] * 2 if inner[1:] == (...,) else inner))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"a": example(inner[1], depth), "b": example(inner[1], depth)}
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{one.name: example(hints[one.name], depth + 1) for one in fields(hint)})
    return [1, {"c": [0.5, None]}]  # any JSON value


def with_reversed_mappings(value):
    """An equal value whose mappings have their keys in the opposite order."""
    if isinstance(value, dict):
        return {key: with_reversed_mappings(value[key]) for key in reversed(value)}
    if isinstance(value, tuple | list):
        return type(value)(map(with_reversed_mappings, value))
    if is_dataclass(value):
        return replace_fields(
            value, **{one.name: with_reversed_mappings(getattr(value, one.name)) for one in fields(value)}
        )
    return value


@pytest.mark.parametrize("kind", FROZEN, ids=lambda kind: kind.__name__)
def test_equal_values_of_every_frozen_type_have_equal_hashes(kind):
    value = example(kind)
    for equal in (
        example(kind),
        with_reversed_mappings(value),
        pickle.loads(pickle.dumps(value)),
        replace_fields(value),
    ):
        assert equal is not value
        assert equal == value
        assert hash(equal) == hash(value)


@pytest.mark.parametrize("kind", FROZEN, ids=lambda kind: kind.__name__)
def test_changed_compared_field_makes_a_different_value(kind):
    value = example(kind)
    for one in fields(kind):
        other = replace_fields(value, **{one.name: ("something", "else")})
        assert (other == value) is not one.compare
        if not one.compare:
            assert hash(other) == hash(value)


def test_equal_numbers_in_step_parameters_have_equal_hashes():
    whole, real = (
        Step(op="pad", params={"fill": [0, 1], "on": True}),
        Step(op="pad", params={"on": 1, "fill": [0.0, 1.0]}),
    )
    assert whole == real
    assert hash(whole) == hash(real)


def test_channel_orders_agree_with_their_letters():
    for order, channels in CHANNELS.items():
        assert channels == (1 if order == "GRAY" else len(order))
        assert order in ORDERS[channels]
        assert (order in ALPHA) == ("A" in order and channels == 4)
    assert sorted(ORDERS) == sorted(COUNTS)
    assert [red_first(order) for order in ("BGR", "BGRA", "RGB", "RGBA", "GRAY", "?")] == [
        *("RGB", "RGBA", "RGB", "RGBA", "GRAY", "?")
    ]
    assert [order for order in CHANNELS if blue_first(order)] == ["BGR", "BGRA"]


@pytest.mark.parametrize(
    ("content_type", "suffix"),
    [
        ("image/jpeg", "jpg"),
        ("image/jpg", "jpg"),
        ("image/tiff", "tif"),
        ("Application/JSON; charset=utf-8", "json"),
        ("application/jsonlines", "jsonl"),
        ("text/csv", "csv"),
        ("application/x-npy", "npy"),
        ("application/octet-stream", "bin"),
        ("", "bin"),
    ],
)
def test_suffix_follows_the_content_type(content_type, suffix):
    assert suffix_of(content_type) == suffix


def test_each_suffix_names_one_format():
    suffixes = [suffix for table in (IMAGE_SUFFIXES, RARE_IMAGE_SUFFIXES) for row in table.values() for suffix in row]
    assert len(suffixes) == len(set(suffixes))
    assert {".jpg", ".webp", ".npy", ".npz", ".json"} <= INPUT_SUFFIXES
    assert not INPUT_SUFFIXES & {".jps", ".btf", ".csv", ""}


def test_severities_are_ordered_worst_first():
    assert sorted(("notice", "error", "warning"), key=SEVERITY_ORDER.__getitem__) == ["error", "warning", "notice"]
