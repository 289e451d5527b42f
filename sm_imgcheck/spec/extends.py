"""``extends``: the keys of one spec laid over those of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["join"]

_MERGED = ("decode", "payload")
"""Mappings of independent keys: joined key by key. Every other key is replaced as a whole."""
_CLEARS = {
    "value_range": "normalize",
    "normalize": "value_range",
    "resize": "geometry",
    "geometry": "resize",
    "shape": "layout",
}
"""A key given in the child makes the other key of the parent void. A new shape is read anew."""


def join(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """What a spec says that extends another. Both as written, unread: a parent need not be a whole spec.

    A null in the child takes the parent's key away. A ``resize`` without ``mode`` amends the parent's.
    """
    void = {_CLEARS[key] for key in child if key in _CLEARS}
    joined = {key: value for key, value in parent.items() if key not in void}
    for key, value in child.items():
        joined[key] = _over(joined.get(key), value) if _amends(key, value) else value
    return joined


def _amends(key: str, value: Any) -> bool:
    """``resize: {interpolation: bicubic}`` over a preset means its resize with another interpolation."""
    return key in _MERGED or (key == "resize" and isinstance(value, Mapping) and "mode" not in value)


def _over(parent: Any, child: Any) -> Any:
    if not isinstance(parent, Mapping) or not isinstance(child, Mapping):
        return child
    joined = {**parent, **child}
    if child.get("alpha") in ("drop", "reject") and "background" not in child:
        joined.pop("background", None)
    return joined
