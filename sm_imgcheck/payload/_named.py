"""The two JSON bodies of TensorFlow Serving and MLflow: rows (``instances``) and columns (``inputs``)."""

from __future__ import annotations

from typing import Any

from sm_imgcheck.errors import PayloadError
from sm_imgcheck.model import Spec
from sm_imgcheck.payload._shared import shown
from sm_imgcheck.spec.language import TOP

__all__ = ["input_name", "member", "only"]

UNNAMED = next(key.default for key in TOP if key.name == "name")
"""The name of an input that the spec does not name."""


def input_name(spec: Spec) -> str:
    """The key under which the tensor stands; empty where it stands alone.

    TensorFlow Serving takes the one input of a signature without a name, and its key there is seldom what the tensor
    is called (``x``, not ``serving_default_x``).
    """
    alone = spec.name == UNNAMED or spec.payload.get("stack") == "tensorflow-serving"
    return "" if alone else spec.name


def member(document: Any, key: str) -> Any:
    """What stands under ``key`` of a JSON object. Raises PayloadError, which says what stands there instead."""
    if not isinstance(document, dict):
        raise PayloadError(f'the body is {shown(document)}, not an object {{"{key}": ...}}')
    if key not in document:
        raise PayloadError(f'the body has the keys {shown(list(document))}, but no "{key}"')
    return document[key]


def only(value: Any, spec: Spec) -> Any:
    """The tensor of an object ``{name: tensor}``; what is no object stands for itself. Raises PayloadError."""
    if not isinstance(value, dict):
        return value
    if len(value) != 1 and spec.name not in value:
        raise PayloadError(f'the keys are {shown(list(value))}, but the spec has one input, "{spec.name}"')
    return value[spec.name] if spec.name in value else next(iter(value.values()))
