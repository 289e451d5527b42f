"""``spec init``: a commented spec to edit, from what is known or from an example tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sm_imgcheck.core.channels import CHANNELS, ORDERS
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.layouts import LAYOUTS
from sm_imgcheck.spec import dtypes
from sm_imgcheck.spec.keys import Key
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.yaml import entry, flow

__all__ = ["TEMPLATE", "commented", "guessed"]

TEMPLATE: Mapping[str, object] = {key.name: key.example for key in TOP if key.required} | {"value_range": [0, 1]}
"""The spec that is written when nothing is known: TensorFlow's habit, to be edited."""

_RANGES = ((0, 1), (-1, 1), (0, 255))
# A little wider than what pixels 0..255 become: a float resize overshoots.
_IMAGENET = {"units": "unit", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "RGB"}
_CAFFE = {"units": "byte", "mean": [103.939, 116.779, 123.68], "order": "BGR"}


def guessed(
    shape: Sequence[int], dtype: str, low: float, high: float, given: Mapping[str, Any]
) -> tuple[dict[str, object], dict[str, str]]:
    """What an example tensor says of its spec, and for each key how sure that is; ``given`` overrules it.

    ``low`` and ``high``: smallest and largest value, both finite. Raises ImgcheckError for what no image model takes.
    """
    name = dtypes.canonical(dtype)
    if name is None:
        raise ImgcheckError(f"the tensor's dtype is {dtype}, which no image model takes")
    layout = given.get("layout") or _layout(shape, CHANNELS.get(str(given.get("channel_order", "")).upper()))
    channels = dict(zip(layout, shape, strict=False)).get("C", 1)
    found: dict[str, object] = {
        "shape": ["N" if axis == "N" else length for axis, length in zip(layout, shape, strict=False)],
        "layout": layout,
        "dtype": name,
        "channel_order": ORDERS.get(channels, ("RGB",))[0],
    }
    why = {
        "shape": f"the example is {flow(list(shape))}",
        "layout": "guessed from the shape",
        "channel_order": "guessed: a tensor does not tell RGB from BGR" if channels > 1 else "one channel",
    }
    if not {"value_range", "normalize"} & set(given):
        key, value = _mapped(name, low, high, channels)
        found[key], why[key] = value, f"guessed: the example's values are {low:.6g} to {high:.6g}"
        if value is _CAFFE:
            found["channel_order"], why["channel_order"] = "BGR", "guessed: these means are used with BGR"
    return {**found, **given}, {key: text for key, text in why.items() if key not in given}


def _layout(shape: Sequence[int], wanted: int | None) -> str:
    """The reading with the fewest oddities: three channels rather than one, NHWC rather than NCHW."""
    channels = (wanted,) if wanted else (3, 1, 4)
    fits = [
        (channels.index(count), place, layout)
        for place, layout in enumerate(LAYOUTS)
        if len(layout) == len(shape)
        and (count := shape[layout.index("C")] if "C" in layout else 1) in channels
        and min(shape[layout.index("H")], shape[layout.index("W")]) > 1
    ]
    if not fits:
        raise ImgcheckError(
            f"a tensor of shape {flow(list(shape))} is not an image of {'1, 3 or 4' if wanted is None else wanted} "
            "channels in any layout; expected one such as [1, 224, 224, 3] or [3, 224, 224]"
        )
    return min(fits)[2]


def _mapped(dtype: str, low: float, high: float, channels: int) -> tuple[str, object]:
    """The narrowest usual mapping that these values can come from."""
    if dtype == "int8" or (dtype.startswith("int") and -128 <= low < 0 and high <= 127):
        return "value_range", [-128, 127]
    ranges = [[0, 255]] if "int" in dtype else [list(pair) for pair in _RANGES]
    for pair in ranges:
        if pair[0] <= low and high <= pair[1]:
            return "value_range", pair
    if "float" in dtype and channels == 3 and low >= -2.3 and high <= 2.8:
        return "normalize", _IMAGENET
    if "float" in dtype and channels == 3 and low >= -125 and high <= 153:
        return "normalize", _CAFFE
    raise ImgcheckError(
        f"the tensor's values are {low:.6g} to {high:.6g}, which no usual mapping of pixels gives; say it with "
        "--value-range, or --mean and --std"
    )


def commented(given: Mapping[str, object], why: Mapping[str, str]) -> str:
    """A spec as YAML with a line about each key; what is not given stands there as a comment, with its default."""
    lines = [
        "# What the tensor that the model takes must be.",
        "# Show it with every default: sm-imgcheck spec show FILE",
    ]
    for key in TOP:
        if key.name not in given and key.name in _SILENT:
            continue
        lines += ["", *_about(key, why.get(key.name, ""))]
        lines += entry(key.name, given[key.name]) if key.name in given else _offered(key)
    return "\n".join(lines) + "\n"


_SILENT = {"version", "geometry", "golden", "extends"}
"""Keys that are not offered to a beginner."""


def _about(key: Key, why: str) -> Iterator[str]:
    yield f"# {key.doc}"
    if why:
        yield f"# {why}"


def _offered(key: Key) -> Iterator[str]:
    if key.rule:
        yield f"# default: {key.rule}"
    if key.keys and key.name == "decode":
        yield f"# {key.name}:"
        for inner in key.keys:
            yield f"#   {inner.name}: {flow(inner.example)}  # {inner.doc}"
    else:
        yield f"# {key.name}: {flow(key.default or key.example)}"
