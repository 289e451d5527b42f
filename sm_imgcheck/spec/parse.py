"""From a plain mapping to a ``Spec``: keys checked, every default filled in, decode policy and payload included."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from sm_imgcheck.core.errors import SpecError
from sm_imgcheck.core.plugins import RankedPlugin, Registry
from sm_imgcheck.core.suggestions import nearest
from sm_imgcheck.core.types import Contract, Decode, Dim, PayloadKeys, Spec
from sm_imgcheck.core.value_mapping import reach
from sm_imgcheck.serving.envelopes import ENVELOPES
from sm_imgcheck.serving.stacks import STACKS, Stack
from sm_imgcheck.spec import geometry as sizing
from sm_imgcheck.spec import geometry_ops, key_values, values
from sm_imgcheck.spec import shape as axes
from sm_imgcheck.spec.language import GOLDEN, TOP
from sm_imgcheck.spec.language_image import DECODE
from sm_imgcheck.spec.problems import ProblemList, at, choice_of

if TYPE_CHECKING:
    from sm_imgcheck.spec.given import GivenSpec, WrittenStep

__all__ = ["check_payload", "parse", "read", "resolved"]

_Axes = tuple[tuple[Dim, ...], str]
"""One Dim per axis, and the layout."""


def parse(mapping: Mapping[str, object], *, source: str = "spec", lines: Mapping[str, int] | None = None) -> Spec:
    """Read a spec from a mapping of the spec language.

    ``source`` names it in messages; ``lines`` maps dotted places to lines of the file, counted from 1.
    Raises SpecError with every problem at once.
    """
    notes = ProblemList(lines)
    given = cast("GivenSpec", key_values.mapping(mapping, TOP, "", notes))
    if "extends" in given:
        notes.add("extends", "only a spec file can extend another; load it with sm_imgcheck.load_spec")
    shape = axes.read(given, notes)
    contract = _contract(given, shape, notes)
    decode = read(given.get("decode", {}), notes) if notes.fine("decode") else Decode()
    geometry = _geometry(given, shape, notes)
    if payload := given.get("payload"):
        check_payload(payload, notes, named="name" in given)
    if contract is None or notes.all():
        raise SpecError(source, notes.all())
    return _spec(given, contract, decode, geometry)


def _contract(given: GivenSpec, shape: _Axes | None, notes: ProblemList) -> Contract | None:
    """Runs every rule, so that every problem is noted, before it gives up."""
    mapped = values.read(given, notes)
    quantize = values.quantized(given, notes)
    if shape is None or mapped is None:
        return None
    contract = Contract(
        shape=shape[0],
        layout=shape[1],
        dtype=given["dtype"],
        channel_order=given["channel_order"],
        values=mapped,
        quantize=quantize,
        expect_range=values.expected(given),
    )
    if not reach(contract) <= _HOLDS.get(contract.dtype, 1e30):
        key = "quantize" if quantize else "normalize" if "normalize" in given else "value_range"
        far = reach(contract)
        said = f"as far as {far:.3g}" if isfinite(far) else "farther than any number reaches"
        notes.add(key, f"takes pixels {said}, which {contract.dtype} cannot hold")
    return contract


# float16's largest number; quantized integers and float32 arithmetic are held well below float32's, 3.4e38.
_HOLDS = {"float16": 65_504.0}


def _geometry(given: GivenSpec, shape: _Axes | None, notes: ProblemList) -> list[WrittenStep]:
    size = None if shape is None else axes.fixed_size(*shape)
    target = sizing.ResizeTarget(size=size, known=shape is not None, channel_order=given.get("channel_order"))
    written = sizing.read(given, target, notes)
    place = "geometry" if "geometry" in given else "resize"
    if shape is not None and notes.fine("resize", "geometry"):
        dims, layout = shape
        geometry_ops.check_area(written, size, place, notes)
        geometry_ops.check_size(written, dims[layout.index("H")], dims[layout.index("W")], place, notes)
    return written


def _spec(given: GivenSpec, contract: Contract, decode: Decode, geometry: list[WrittenStep]) -> Spec:
    resolved: Mapping[str, Any] = _resolved(given, contract, decode, geometry)
    return Spec(
        name=resolved["name"],
        description=resolved["description"],
        source=resolved["source"],
        contract=contract,
        decode=decode,
        geometry=geometry_ops.ops(geometry),
        payload=resolved["payload"],
        golden=tuple(resolved["golden"]),
        resolved=resolved,
        sha256=hashlib.sha256(_canonical(resolved)).hexdigest(),
    )


def _resolved(given: GivenSpec, contract: Contract, decode: Decode, geometry: list[WrittenStep]) -> dict[str, object]:
    """The spec in its own language with every default spelled out, in the order of the table."""
    full: dict[str, object] = {
        **{key.name: given.get(key.name, key.default) for key in TOP if key.default is not None},
        "shape": axes.resolved(contract.shape),
        "layout": contract.layout,
        "dtype": contract.dtype,
        "channel_order": contract.channel_order,
        **values.resolved(contract.values, contract.channel_order),
        "quantize": contract.quantize and values.quantize_resolved(contract.quantize),
        "expect_range": given.get("expect_range"),
        "decode": resolved(decode),
        "geometry": geometry,
        "payload": given.get("payload", {}),
        "golden": [{key.name: one.get(key.name, key.default) for key in GOLDEN} for one in given.get("golden", ())],
    }
    return {key.name: full[key.name] for key in TOP if full.get(key.name) is not None}


def _canonical(resolved: Mapping[str, object]) -> bytes:
    return json.dumps(resolved, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def read(given: Mapping[str, object], notes: ProblemList) -> Decode:
    """The policy with its defaults: those of the library that is named."""
    library = given.get("library", "pillow")
    theirs = {
        "dct": "accurate",
        "to_gray": "luma" if library == "pillow" else "y_plane",
    }
    alpha = given.get("alpha", "drop")
    if "background" in given and alpha != "composite" and notes.fine("decode.alpha"):
        notes.add("decode.background", f"has no meaning with alpha: {alpha}; write alpha: composite or remove it")
    policy: dict[str, Any] = {**theirs, **given}
    if "background" in policy:
        policy["background"] = tuple(policy["background"])
    return replace(Decode(), **policy)


def resolved(decode: Decode) -> dict[str, object]:
    """The policy in the spec language."""
    policy = {key.name: getattr(decode, key.name) for key in DECODE}
    policy["background"] = list(decode.background)
    if decode.alpha != "composite":
        del policy["background"]
    return policy


def check_payload(payload: PayloadKeys, notes: ProblemList, *, named: bool = True) -> None:
    """Note names that are not known, and what does not go together. named: whether the spec names the model's input."""
    registered: tuple[tuple[str, str | None, Registry[RankedPlugin]], ...] = (
        ("stack", payload.get("stack"), STACKS),
        ("envelope", payload.get("envelope"), ENVELOPES),
    )
    for key, given, registry in registered:
        if given is not None and given not in registry.names():
            names = registry.ranked()
            hint = nearest(given, names) or f"; there are {choice_of(names)}"
            notes.add(at("payload", key), f"{given!r} is not known{hint}")
    if "stack" in payload and notes.fine("payload"):
        _check_version(payload, STACKS[payload["stack"]], notes)
        if STACKS[payload["stack"]].needs_name and not named:
            why = (
                f"missing: {payload['stack']} reads the input by its name; write name: with the model's (config.pbtxt)"
            )
            notes.add("name", why)
    elif "stack_version" in payload and "stack" not in payload:
        notes.add("payload.stack_version", "has no meaning without payload.stack")
    if "stack" in payload and notes.fine("payload"):
        _check_pair(payload, STACKS[payload["stack"]], notes)


def _check_version(payload: PayloadKeys, stack: Stack, notes: ProblemList) -> None:
    version = payload.get("stack_version")
    if version is None or version in stack.versions:
        return
    known = f"expected {choice_of(stack.versions)}" if stack.versions else "one version is known; remove the key"
    notes.add("payload.stack_version", f"{version!r} of {payload['stack']}: {known}")


def _check_pair(payload: PayloadKeys, stack: Stack, notes: ProblemList) -> None:
    name, envelope, content_type = payload.get("stack"), payload.get("envelope"), payload.get("content_type")
    own = "; with a handler of your own: stack: custom"
    if envelope is not None and stack.envelopes and envelope not in stack.envelopes:
        takes = choice_of(stack.envelopes)
        notes.add("payload.envelope", f"{envelope!r} is not understood by {name}, which takes {takes}{own}")
    if content_type is not None and not stack.decodes(content_type):
        takes = choice_of(stack.content_types)
        notes.add("payload.content_type", f"{content_type!r} is refused by {name}, which takes {takes}{own}")
