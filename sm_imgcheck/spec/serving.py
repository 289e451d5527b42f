"""What a spec says of the request: names that are nearly one of the known ones are taken for slips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_imgcheck.spec.problems import Notes, at, nearest

__all__ = ["NAMES", "check_payload"]

NAMES = {
    "stack": (
        "toolkit",
        "pytorch",
        "huggingface",
        "tensorflow-serving",
        "triton",
        "mlflow",
        "mlserver",
        "builtin-image-classification",
        "custom",
    ),
    "envelope": (
        "npy",
        "npz",
        "raw",
        "array",
        "instances",
        "inputs",
        "instances-b64",
        "hf-inputs-b64",
        "kserve-v2",
        "triton-binary",
        "csv",
        "jsonlines",
        "image",
    ),
}


def check_payload(payload: Mapping[str, Any], notes: Notes) -> None:
    """Note stacks and envelopes that look like a misspelt one; others are left to the payload layer."""
    for key, names in NAMES.items():
        given = payload.get(key)
        if given is not None and given not in names and (hint := nearest(given, names)):
            notes.add(at("payload", key), f"{given!r} is not known{hint}")
