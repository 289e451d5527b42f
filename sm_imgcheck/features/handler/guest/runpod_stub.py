"""Functions of the package ``runpod`` that do not need its service."""

from __future__ import annotations

from typing import Any

__all__ = ["skip_start", "validate"]


def skip_start(*_: object, **__: object) -> None:
    """``runpod.serverless.start``, without a worker."""


def validate(raw_input: dict[str, Any], schema: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """``runpod.serverless.utils.rp_validator.validate``: the input with the defaults of the schema.

    Types and constraints are not checked.
    """
    errors = [f"Unexpected input. {name} is not a valid input option." for name in raw_input if name not in schema]
    errors += [
        f"{name} is a required input."
        for name, rule in schema.items()
        if rule.get("required") and name not in raw_input
    ]
    if errors:
        return {"errors": errors}
    defaults = {name: rule["default"] for name, rule in schema.items() if "default" in rule}
    return {"validated_input": {**defaults, **raw_input}}
