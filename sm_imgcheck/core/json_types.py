"""The types of parsed JSON."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Json", "JsonObject"]

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""Any JSON value."""
JsonObject = Mapping[str, Json]
"""A JSON object that is only read."""
