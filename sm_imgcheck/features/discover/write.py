"""The spec of a discovered preprocessing, with a comment on each key: how it is known."""

from __future__ import annotations

from typing import Any

from sm_imgcheck.core.phrases import listing, percentage
from sm_imgcheck.features.discover.find import Discovery, GeometryScore
from sm_imgcheck.features.discover.recipes import written_values

__all__ = ["spec_of"]

_ENOUGH = 0.95


def spec_of(discovery: Discovery) -> tuple[dict[str, Any], dict[str, str]]:
    """The spec as a mapping, and a reason for each key. Its recipe is determined."""
    recipe, format_ = discovery.verdict.recipe, discovery.plan.format
    assert recipe is not None
    lengths = {"N": "N", "H": format_.height, "W": format_.width, "C": format_.channels}
    probability = percentage(discovery.ranking.classes[0].probability)
    evidence = f"from the model's predictions on {len(discovery.photos)} photographs: probability {probability}"
    if discovery.verdict.by_configuration and discovery.configuration is not None:
        evidence = f"from {discovery.configuration.source}; the predictions do not contradict it"
    key, value = written_values(recipe.values, recipe.order)
    spec: dict[str, Any] = {
        "shape": [lengths[axis] for axis in format_.layout],
        "layout": format_.layout,
        "dtype": format_.dtype,
        "channel_order": recipe.order,
        key: value,
        "name": discovery.plan.info.image.name,
        "description": f"Preprocessing discovered from {discovery.plan.info.format} model predictions",
    }
    reasons = dict.fromkeys(("shape", "layout", "dtype", "name"), "from the model file")
    reasons |= {name: f"assumed: {', '.join(format_.assumed)}" for name in ("layout", "dtype") if format_.assumed}
    reasons |= {"channel_order": evidence, key: f"{evidence}; {listing(recipe.members, 'or')}"}
    if format_.quantization is not None:
        spec["quantize"] = {"scale": format_.quantization[0], "zero_point": format_.quantization[1]}
        reasons["quantize"] = "from the model file"
    geometry = _geometry(discovery)
    spec["resize"] = dict(geometry.resize)
    reasons["resize"] = _geometry_reason(discovery, geometry)
    return spec, reasons


def _geometry(discovery: Discovery) -> GeometryScore:
    """The geometry, if the predictions distinguish it; else the usual one among those that remain."""
    first = discovery.geometries[0]
    if first.probability >= _ENOUGH:
        return first
    usual = [each for each in discovery.geometries if "crop" in each.name and each.probability > 0.01]
    return usual[0] if usual else first


def _geometry_reason(discovery: Discovery, geometry: GeometryScore) -> str:
    kernel = "interpolation and library are not distinguished by the predictions"
    if geometry.probability >= _ENOUGH:
        return f"from the predictions: probability {percentage(geometry.probability)}; {kernel}"
    names = [
        f"{each.name} ({percentage(each.probability)})" for each in discovery.geometries if each.probability > 0.01
    ]
    return f"not distinguished by the predictions: {listing(names, 'or')}; {kernel}"
