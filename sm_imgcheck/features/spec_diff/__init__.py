"""How two specs differ in effect, field by field, ordered by how much each difference changes the pixels."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Contract, Dim, Spec
from sm_imgcheck.core.types.spec import DEFAULT_NAME
from sm_imgcheck.core.value_mapping import canonical, reverse_channels, same
from sm_imgcheck.features.spec_diff.measure import PixelChange, measure_change
from sm_imgcheck.features.spec_diff.resolve import ComparedSpec
from sm_imgcheck.spec.yaml import flow

__all__ = ["FieldDifference", "SpecDiff", "diff_specs"]

_TOLERANCE = 0.01
"""Gray levels between two value mappings that are equal in effect."""
_DECODE_KEYS = (
    "library",
    "dct",
    "exif",
    "icc",
    "cmyk",
    "gray",
    "to_gray",
    "alpha",
    "bit_depth",
    "truncated",
    "max_pixels",
)
_SOME_FILES = {
    "exif": "images with an EXIF orientation",
    "icc": "images with a color profile",
    "cmyk": "CMYK images",
    "gray": "gray images",
    "to_gray": "color images for a gray model",
    "alpha": "images with transparency",
    "bit_depth": "images of more than 8 bits",
    "truncated": "truncated files",
    "max_pixels": "very large images",
}


@frozen
class FieldDifference:
    """One field that differs in effect."""

    field: str
    first: str
    """Value in the first spec, as YAML."""
    second: str
    change: PixelChange | None = None
    """Change of the model's input if this field alone is that of the second spec; None: the pixels stay equal."""
    note: str = ""
    """What the difference affects, where it is not the pixels of every image."""


@frozen
class SpecDiff:
    """All differences, the largest change of pixels first."""

    first: str
    second: str
    differences: tuple[FieldDifference, ...]
    unknown: tuple[str, ...]
    """Fields that one of the specs does not state, so that they are not compared."""
    total: PixelChange | None
    """Change by all differences together."""
    image: str
    """The image of the measurement."""

    @property
    def equal(self) -> bool:
        """Whether both have the same effect, as far as everything is known."""
        return not self.differences and not self.unknown


def diff_specs(first: ComparedSpec, second: ComparedSpec, image: bytes, image_name: str) -> SpecDiff:
    """Compare two specs. image: the bytes of an image file, on which changes are measured."""
    unknown = tuple(dict.fromkeys((*first.unknown, *second.unknown)))
    differences = [
        _measure_difference(difference, first.spec, second.spec, image)
        for difference in _differences(first.spec, second.spec)
        if _group(difference.field) not in unknown
    ]
    differences.sort(key=_order)
    every = tuple(difference.field for difference in differences)
    return SpecDiff(
        first=first.name,
        second=second.name,
        differences=tuple(differences),
        unknown=unknown,
        total=measure_change(first.spec, second.spec, every, image) if differences else None,
        image=image_name,
    )


def _group(field: str) -> str:
    return field.partition(".")[0]


def _measure_difference(difference: FieldDifference, first: Spec, second: Spec, image: bytes) -> FieldDifference:
    if _group(difference.field) in ("name", "payload"):
        return difference
    change = measure_change(first, second, (difference.field,), image)
    return FieldDifference(
        field=difference.field, first=difference.first, second=difference.second, change=change, note=difference.note
    )


def _order(difference: FieldDifference) -> tuple[bool, bool, float]:
    """Changes of the size first, then the largest mean change; what changes no pixels last."""
    change = difference.change
    if change is None:
        return True, True, 0.0
    return False, change.mean is not None, -(change.mean or 0.0)


def _differences(first: Spec, second: Spec) -> Iterator[FieldDifference]:
    left, right = first.contract, second.contract
    if _sides(left) != _sides(right):
        yield _difference("shape", first, second)
    for field in ("layout", "dtype", "channel_order"):
        if getattr(left, field) != getattr(right, field):
            yield FieldDifference(field=field, first=getattr(left, field), second=getattr(right, field))
    if not _same_values(left, right):
        yield FieldDifference(field="value_range", first=_values(first), second=_values(second))
    if left.quantize != right.quantize:
        yield _difference("quantize", first, second)
    if first.geometry != second.geometry:
        yield FieldDifference(field="resize", first=_geometry(first), second=_geometry(second))
    for key in _DECODE_KEYS:
        first_value, second_value = getattr(first.decode, key), getattr(second.decode, key)
        if first_value != second_value:
            note = _SOME_FILES.get(key, "")
            yield FieldDifference(field=f"decode.{key}", first=flow(first_value), second=flow(second_value), note=note)
    yield from _requests(first, second)


def _requests(first: Spec, second: Spec) -> Iterator[FieldDifference]:
    """Fields of requests: those that both specs give."""
    if DEFAULT_NAME not in (first.name, second.name) and first.name != second.name:
        yield FieldDifference(field="name", first=first.name, second=second.name, note="requests")
    first_value, second_value = dict(first.payload), dict(second.payload)
    for key in first_value.keys() & second_value.keys():
        if first_value[key] != second_value[key]:
            yield FieldDifference(
                field=f"payload.{key}", first=flow(first_value[key]), second=flow(second_value[key]), note="requests"
            )


def _sides(contract: Contract) -> dict[str, tuple[int, int | None]]:
    """Lengths by axis, independent of the layout, without the channels."""
    dims: dict[str, Dim] = dict(zip(contract.layout, contract.shape, strict=True))
    return {axis: (dim.low, dim.high) for axis, dim in dims.items() if axis != "C"}


def _same_values(left: Contract, right: Contract) -> bool:
    """Whether a gray level of each color becomes the same number."""
    first_value, second_value = canonical(left.values, left.channels), canonical(right.values, right.channels)
    if left.channels != right.channels:
        first_value, second_value = canonical(left.values, 1), canonical(right.values, 1)
    elif left.channel_order != right.channel_order and sorted(left.channel_order) == sorted(right.channel_order):
        second_value = reverse_channels(second_value)
    return same(first_value, second_value, tolerance=_TOLERANCE)


def _difference(key: str, first: Spec, second: Spec) -> FieldDifference:
    return FieldDifference(field=key, first=flow(first.resolved.get(key)), second=flow(second.resolved.get(key)))


def _values(spec: Spec) -> str:
    key = "normalize" if "normalize" in spec.resolved else "value_range"
    return f"{key}: {flow(spec.resolved[key])}"


def _geometry(spec: Spec) -> str:
    return flow(spec.resolved["geometry"]) if spec.geometry else "none"
