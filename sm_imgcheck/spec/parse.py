"""From a plain mapping to a ``Spec`` with every default filled in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sm_imgcheck.core.errors import SpecError
from sm_imgcheck.core.types import Contract, Decode, Spec
from sm_imgcheck.core.value_mapping import reach
from sm_imgcheck.spec import decode as decoding
from sm_imgcheck.spec import geometry as sizing
from sm_imgcheck.spec import geometry_ops, key_values, values
from sm_imgcheck.spec import shape as axes
from sm_imgcheck.spec.language import GOLDEN, TOP
from sm_imgcheck.spec.problems import Notes

__all__ = ["parse"]


def parse(mapping: Mapping[str, Any], *, source: str = "spec", lines: Mapping[str, int] | None = None) -> Spec:
    """Read a spec from a mapping of the spec language.

    ``source`` names it in messages; ``lines`` maps dotted places to lines of the file, counted from 1.
    Raises SpecError with every problem at once.
    """
    notes = Notes(lines)
    given = key_values.mapping(mapping, TOP, "", notes)
    if "extends" in given:
        notes.add("extends", "only a spec file can extend another; load it with sm_imgcheck.load_spec")
    shape = axes.read(given, notes)
    contract = _contract(given, shape, notes)
    decode = decoding.read(given.get("decode", {}), notes) if notes.fine("decode") else Decode()
    geometry = _geometry(given, shape, notes)
    if payload := given.get("payload"):
        from sm_imgcheck.spec.payload import check_payload  # loads the registries of stacks and envelopes: 2 ms

        check_payload(payload, notes)
    if contract is None or notes.all():
        raise SpecError(source, notes.all())
    return _spec(given, contract, decode, geometry)


def _contract(given: Mapping[str, Any], shape: Any, notes: Notes) -> Contract | None:
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
        notes.add(key, f"takes pixels as far as {reach(contract):.3g}, which {contract.dtype} cannot hold")
    return contract


# float16's largest number; quantized integers and float32 arithmetic are held well below float32's, 3.4e38.
_HOLDS = {"float16": 65_504.0}


def _geometry(given: Mapping[str, Any], shape: Any, notes: Notes) -> list[dict[str, Any]]:
    size = None if shape is None else axes.fixed_size(*shape)
    target = sizing.Target(size=size, known=shape is not None, channel_order=given.get("channel_order"))
    written = sizing.read(given, target, notes)
    place = "geometry" if "geometry" in given else "resize"
    if shape is not None and notes.fine("resize", "geometry"):
        dims, layout = shape
        geometry_ops.check_area(written, size, place, notes)
        geometry_ops.check_size(written, dims[layout.index("H")], dims[layout.index("W")], place, notes)
    return written


def _spec(given: Mapping[str, Any], contract: Contract, decode: Decode, geometry: list[dict[str, Any]]) -> Spec:
    resolved = _resolved(given, contract, decode, geometry)
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


def _resolved(
    given: Mapping[str, Any], contract: Contract, decode: Decode, geometry: list[dict[str, Any]]
) -> dict[str, Any]:
    """The spec in its own language with every default spelled out, in the order of the table."""
    full = {
        **{key.name: given.get(key.name, key.default) for key in TOP if key.default is not None},
        "shape": axes.resolved(contract.shape),
        "layout": contract.layout,
        "dtype": contract.dtype,
        "channel_order": contract.channel_order,
        **values.resolved(contract.values, contract.channel_order),
        "quantize": contract.quantize and values.quantize_resolved(contract.quantize),
        "expect_range": given.get("expect_range"),
        "decode": decoding.resolved(decode),
        "geometry": geometry,
        "payload": given.get("payload", {}),
        "golden": [{key.name: one.get(key.name, key.default) for key in GOLDEN} for one in given.get("golden", ())],
    }
    return {key.name: full[key.name] for key in TOP if full.get(key.name) is not None}


def _canonical(resolved: Mapping[str, Any]) -> bytes:
    return json.dumps(resolved, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
