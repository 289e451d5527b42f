"""``spec init``: a commented spec to edit, from options or from an example tensor."""

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

__all__ = ["SCHEMA_FILE", "TEMPLATE", "format_commented_spec", "infer_spec"]

SCHEMA_FILE = "sm-imgcheck.schema.json"
"""The file name of the JSON Schema that the first line of a new spec refers to."""

TEMPLATE: Mapping[str, object] = {key.name: key.example for key in TOP if key.required} | {"value_range": [0, 1]}
"""The spec that is written without options: the input of most TensorFlow models."""

_RANGES = ((0, 1), (-1, 1), (0, 255))
# The limits below are a little wider than the values of pixels 0..255, because a float resize overshoots.
_IMAGENET = {"units": "unit", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "RGB"}
_CAFFE = {"units": "byte", "mean": [103.939, 116.779, 123.68], "order": "BGR"}


def infer_spec(
    shape: Sequence[int], dtype: str, low: float, high: float, options: Mapping[str, Any]
) -> tuple[dict[str, object], dict[str, str]]:
    """Return the spec inferred from an example tensor, and for each key the evidence; ``given`` has priority.

    ``low`` and ``high``: smallest and largest value, both finite. Raises ImgcheckError unless it is an image.
    """
    name = dtypes.canonical(dtype)
    if name is None:
        raise ImgcheckError(f"dtype: got {dtype}, expected a dtype of numbers such as float32")
    layout = options.get("layout") or _layout(shape, CHANNELS.get(str(options.get("channel_order", "")).upper()))
    channels = dict(zip(layout, shape, strict=False)).get("C", 1)
    spec: dict[str, object] = {
        "shape": ["N" if axis == "N" else length for axis, length in zip(layout, shape, strict=False)],
        "layout": layout,
        "dtype": name,
        "channel_order": ORDERS.get(channels, ("RGB",))[0],
    }
    evidence = {
        "shape": f"the example is {flow(list(shape))}",
        "layout": "guessed from the shape",
        "channel_order": "guessed: the values do not distinguish RGB from BGR" if channels > 1 else "one channel",
    }
    if not {"value_range", "normalize"} & set(options):
        key, value = _infer_mapping(name, low, high, channels)
        spec[key], evidence[key] = value, f"guessed: the example's values are {low:.6g} to {high:.6g}"
        if value is _CAFFE:
            spec["channel_order"], evidence["channel_order"] = "BGR", "guessed: these means are used with BGR"
    return {**spec, **options}, {key: text for key, text in evidence.items() if key not in options}


def _layout(shape: Sequence[int], channel_count: int | None) -> str:
    """Return the most common layout that fits: three channels rather than one, NHWC rather than NCHW."""
    channels = (channel_count,) if channel_count else (3, 1, 4)
    fits = [
        (channels.index(count), rank, layout)
        for rank, layout in enumerate(LAYOUTS)
        if len(layout) == len(shape)
        and (count := shape[layout.index("C")] if "C" in layout else 1) in channels
        and min(shape[layout.index("H")], shape[layout.index("W")]) > 1
    ]
    if not fits:
        raise ImgcheckError(
            f"shape: got {flow(list(shape))}, expected an image of {channel_count or '1, 3 or 4'} "
            "channels, such as [1, 224, 224, 3] or [3, 224, 224]"
        )
    return min(fits)[2]


def _infer_mapping(dtype: str, low: float, high: float, channels: int) -> tuple[str, object]:
    """Return the narrowest common value mapping that produces these values."""
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
        f"values: got {low:.6g} to {high:.6g}, expected the range of a common value mapping; set it with "
        "--value-range, or --mean and --std"
    )


def format_commented_spec(options: Mapping[str, object], evidence: Mapping[str, str]) -> str:
    """Return a spec as YAML with a comment about each key; the other keys are comments with their defaults."""
    lines = [
        f"# yaml-language-server: $schema={SCHEMA_FILE}",
        f"# The line above is for editors. It needs: sm-imgcheck spec schema -o {SCHEMA_FILE}",
        "# The input tensor of a model. Show the spec with every default: sm-imgcheck spec show FILE",
    ]
    for key in TOP:
        if key.name not in options and key.name in _RARE_KEYS:
            continue
        lines += ["", *_about(key, evidence.get(key.name, ""))]
        lines += entry(key.name, options[key.name]) if key.name in options else _default(key)
    return "\n".join(lines) + "\n"


_RARE_KEYS = {"version", "geometry", "golden", "extends"}
"""Keys that a new spec does not list."""


def _about(key: Key, evidence: str) -> Iterator[str]:
    yield f"# {key.doc}"
    if evidence:
        yield f"# {evidence}"


def _default(key: Key) -> Iterator[str]:
    if key.rule:
        yield f"# default: {key.rule}"
    if key.keys and key.name == "decode":
        yield f"# {key.name}:"
        for inner in key.keys:
            yield f"#   {inner.name}: {flow(inner.example)}  # {inner.doc}"
    else:
        yield f"# {key.name}: {flow(key.default or key.example)}"
