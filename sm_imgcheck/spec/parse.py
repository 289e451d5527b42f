"""From a plain mapping to a ``Spec``: keys checked, every default filled in, decode policy and payload included."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from sm_imgcheck.core.errors import Position, SpecError
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

__all__ = ["check_payload", "format_decode", "parse", "read"]

_Axes = tuple[tuple[Dim, ...], str]
"""One Dim per axis, and the layout."""


def parse(
    mapping: Mapping[str, object],
    *,
    source: str = "spec",
    positions: Mapping[str, Position] | None = None,
    partial: bool = False,
) -> Spec:
    """Parse a spec from a mapping of the spec language.

    ``source`` is its name in messages; ``positions`` maps dotted places to positions in the file. ``partial``: the rest
    of the keys is in a parent that could not be read, so missing keys are not reported.
    Raises SpecError with all problems; always when ``partial``.
    """
    notes = ProblemList(positions)
    keys = cast("GivenSpec", key_values.mapping(mapping, TOP, "", notes))
    if "extends" in keys:
        notes.add("extends", "not supported here; use sm_imgcheck.load_spec, which joins the specs")
    shape = axes.read(keys, notes)
    contract = _contract(keys, shape, notes)
    decode = read(keys.get("decode", {}), notes)
    geometry = _geometry(keys, shape, notes)
    if payload := keys.get("payload"):
        check_payload(payload, notes, has_name="name" in keys)
    if contract is None or partial or notes.all():
        raise SpecError(source, notes.all(partial=partial))
    return _spec(keys, contract, decode, geometry)


def _contract(keys: GivenSpec, shape: _Axes | None, notes: ProblemList) -> Contract | None:
    """Return the contract; None where a part of it is invalid. Every rule runs, so that all problems are reported."""
    value_mapping = values.read(keys, notes)
    quantize = values.read_quantize(keys, notes)
    if shape is None or value_mapping is None or not notes.fine("dtype"):
        return None
    contract = Contract(
        shape=shape[0],
        layout=shape[1],
        dtype=keys["dtype"],
        channel_order=keys["channel_order"],
        values=value_mapping,
        quantize=quantize,
        expect_range=values.expected(keys),
    )
    far = reach(contract)
    key = "quantize" if quantize else "normalize" if "normalize" in keys else "value_range"
    if "float" in contract.dtype and 0 < far < _SMALLEST.get(contract.dtype, 1e-30):
        notes.add(key, f"maps pixels to values up to {far:.3g}, whose steps {contract.dtype} cannot hold")
    if not far <= _LARGEST.get(contract.dtype, 1e30):
        largest = f"up to {far:.3g}" if isfinite(far) else "beyond every number"
        notes.add(key, f"maps pixels to values {largest}, which {contract.dtype} cannot hold")
    return contract


# float16's largest number; other limits are far below the largest number of float32, 3.4e38.
_LARGEST = {"float16": 65_504.0}
# 255 of float16's smallest steps, 2**-24; the limit of other types is far above the smallest step of float32, 1.4e-45.
_SMALLEST = {"float16": 255 * 2.0**-24}


def _geometry(keys: GivenSpec, shape: _Axes | None, notes: ProblemList) -> list[WrittenStep]:
    size = None if shape is None else axes.fixed_size(*shape)
    target = sizing.ResizeTarget(size=size, known=shape is not None, channel_order=keys.get("channel_order"))
    steps = sizing.read(keys, target, notes)
    key = "geometry" if "geometry" in keys else "resize"
    if shape is not None and notes.fine("resize", "geometry"):
        dims, layout = shape
        geometry_ops.check_area(steps, size, key, notes)
        geometry_ops.check_size(steps, dims[layout.index("H")], dims[layout.index("W")], key, notes)
    return steps


def _spec(keys: GivenSpec, contract: Contract, decode: Decode, geometry: list[WrittenStep]) -> Spec:
    full_spec: Mapping[str, Any] = _resolve(keys, contract, decode, geometry)
    return Spec(
        name=full_spec["name"],
        description=full_spec["description"],
        source=full_spec["source"],
        contract=contract,
        decode=decode,
        geometry=geometry_ops.ops(geometry),
        payload=full_spec["payload"],
        golden=tuple(full_spec["golden"]),
        resolved=full_spec,
    )


def _resolve(keys: GivenSpec, contract: Contract, decode: Decode, geometry: list[WrittenStep]) -> dict[str, object]:
    """Return the spec in the spec language with every default, in the order of the table."""
    full: dict[str, object] = {
        **{key.name: keys.get(key.name, key.default) for key in TOP if key.default is not None},
        "shape": axes.format_shape(contract.shape),
        "layout": contract.layout,
        "dtype": contract.dtype,
        "channel_order": contract.channel_order,
        **values.format_mapping(contract.values, contract.channel_order),
        "quantize": contract.quantize and values.format_quantize(contract.quantize),
        "expect_range": keys.get("expect_range"),
        "decode": format_decode(decode),
        "geometry": geometry,
        "payload": keys.get("payload", {}),
        "golden": [{key.name: probe.get(key.name, key.default) for key in GOLDEN} for probe in keys.get("golden", ())],
    }
    return {key.name: full[key.name] for key in TOP if full.get(key.name) is not None}


def read(keys: Mapping[str, object], notes: ProblemList) -> Decode:
    """Return the decode policy with the defaults of its library."""
    library = keys.get("library", "pillow")
    defaults = {
        "dct": "accurate",
        "to_gray": "luma" if library == "pillow" else "y_plane",
    }
    alpha = keys.get("alpha", "drop")
    if "background" in keys and alpha != "composite" and notes.fine("decode.alpha"):
        notes.add("decode.background", f"has no meaning with alpha: {alpha}; write alpha: composite or remove it")
    policy: dict[str, Any] = {**defaults, **keys}
    if "background" in policy:
        policy["background"] = tuple(policy["background"])
    return Decode(**policy)


def format_decode(decode: Decode) -> dict[str, object]:
    """Return the decode policy in the spec language."""
    policy = {key.name: getattr(decode, key.name) for key in DECODE}
    policy["background"] = list(decode.background)
    if decode.alpha != "composite":
        del policy["background"]
    return policy


def check_payload(payload: PayloadKeys, notes: ProblemList, *, has_name: bool = True) -> None:
    """Report unknown names, and stacks, envelopes and content types that do not match.

    has_name: whether the spec names the model's input.
    """
    registries: tuple[tuple[str, str | None, Registry[RankedPlugin]], ...] = (
        ("stack", payload.get("stack"), STACKS),
        ("envelope", payload.get("envelope"), ENVELOPES),
    )
    for key, name, registry in registries:
        if name is not None and name not in registry.names():
            names = registry.by_rank()
            notes.wrong(at("payload", key), name, f"{choice_of(names)}{nearest(name, names)}")
    if "stack" in payload and notes.fine("payload.stack", "payload.stack_version"):
        _check_version(payload, STACKS[payload["stack"]], notes)
        if STACKS[payload["stack"]].needs_name and not has_name:
            reason = f"{payload['stack']} reads the input by its name; write name: with the model's (config.pbtxt)"
            notes.missing("name", reason)
    elif "stack_version" in payload and "stack" not in payload and notes.fine("payload.stack"):
        notes.add("payload.stack_version", "has no meaning without payload.stack")
    if "stack" in payload and notes.fine("payload.stack"):
        _check_pair(payload, STACKS[payload["stack"]], notes)


def _check_version(payload: PayloadKeys, stack: Stack, notes: ProblemList) -> None:
    version = payload.get("stack_version")
    if version is None or version in stack.versions:
        return
    versions = f"expected {choice_of(stack.versions)}" if stack.versions else "one version is known; remove the key"
    notes.add("payload.stack_version", f"{version!r} of {payload['stack']}: {versions}")


def _check_pair(payload: PayloadKeys, stack: Stack, notes: ProblemList) -> None:
    name, envelope, content_type = payload["stack"], payload.get("envelope"), payload.get("content_type")
    fix = "; for a handler that you write: stack: custom"
    if envelope in ENVELOPES and stack.envelopes and envelope not in stack.envelopes:
        notes.wrong("payload.envelope", envelope, f"{choice_of(stack.envelopes)} with stack: {name}{fix}")
    if content_type is not None and not stack.decodes(content_type):
        notes.wrong("payload.content_type", content_type, f"{choice_of(stack.content_types)} with stack: {name}{fix}")
