"""What a spec says of the request: the names of stacks and envelopes, and what goes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sm_imgcheck.spec.problems import Notes, at, choice_of, nearest
from sm_imgcheck.value import Value

__all__ = ["ENVELOPES", "STACKS", "Serving", "check_payload"]

ENVELOPES = (
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
)
_IMAGES = ("image/jpeg", "image/png", "image/tiff", "image/bmp", "image/gif", "image/webp", "image/x-image")
_TOOLKIT = ("application/x-npy", "application/json", "text/csv", "application/x-npz")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Serving(Value):
    """What a stack takes without code of the user's; measured, see the stack's own module."""

    types: tuple[str, ...] = ()
    """Content types, compared as the stack does it; empty: any."""
    envelopes: tuple[str, ...]
    """The best first."""


STACKS: Mapping[str, Serving] = {
    "toolkit": Serving(types=_TOOLKIT, envelopes=("npy", "array", "csv")),
    "pytorch": Serving(types=_TOOLKIT, envelopes=("npy", "array", "csv")),
    "huggingface": Serving(
        types=(*_IMAGES, "application/json", "application/x-npy", "text/csv"),
        envelopes=("image", "hf-inputs-b64", "inputs"),
    ),
    "tensorflow-serving": Serving(
        types=("application/json", "application/jsonlines", "application/jsons", "text/csv"),
        envelopes=("instances", "inputs", "array", "jsonlines", "instances-b64", "csv"),
    ),
    "triton": Serving(envelopes=("triton-binary", "kserve-v2")),
    "mlflow": Serving(
        types=("text/csv", "application/json", "application/vnd.apache.parquet"), envelopes=("instances", "inputs")
    ),
    "mlserver": Serving(types=("application/json",), envelopes=("kserve-v2",)),
    "builtin-image-classification": Serving(
        types=("application/x-image", "image/jpeg", "image/png"), envelopes=("image",)
    ),
    "custom": Serving(envelopes=ENVELOPES),
}


def check_payload(payload: Mapping[str, Any], notes: Notes) -> None:
    """Note names that are not known, and what does not go together."""
    known: Mapping[str, tuple[str, ...]] = {"stack": tuple(STACKS), "envelope": ENVELOPES}
    for key, names in known.items():
        given = payload.get(key)
        if given is not None and given not in names:
            hint = nearest(given, names) or f"; there are {choice_of(names)}"
            notes.add(at("payload", key), f"{given!r} is not known{hint}")
    serving = STACKS.get(payload.get("stack", ""))
    if serving is not None and notes.fine("payload"):
        _check_pair(payload, serving, notes)


def _check_pair(payload: Mapping[str, Any], serving: Serving, notes: Notes) -> None:
    stack, envelope, content_type = (payload.get(key) for key in ("stack", "envelope", "content_type"))
    own = "; with a handler of your own: stack: custom"
    if envelope is not None and envelope not in serving.envelopes:
        takes = choice_of(serving.envelopes)
        notes.add("payload.envelope", f"{envelope!r} is not understood by {stack}, which takes {takes}{own}")
    if content_type is not None and serving.types and not _taken(content_type, stack, serving):
        takes = choice_of(serving.types)
        notes.add("payload.content_type", f"{content_type!r} is refused by {stack}, which takes {takes}{own}")


def _taken(content_type: str, stack: Any, serving: Serving) -> bool:
    """Exactly; MLflow and MLServer read the parameters apart."""
    bare = content_type.partition(";")[0].strip() if stack in ("mlflow", "mlserver") else content_type
    return bare in serving.types
