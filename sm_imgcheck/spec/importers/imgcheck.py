"""sm-imgcheck's own spec files."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError, SpecError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.parse import parse

__all__ = ["IMPORTER"]

_TITLE = "sm-imgcheck spec"
_NESTED = ("normalize", "quantize", "decode", "resize", "payload")
_KEYS = ("shape", "dtype", "channel_order", "value_range", "normalize", "extends", "resize", "layout")


def matches(file: SourceFile) -> float:
    """By the keys of the language at the beginning of lines."""
    if file.json is not None:
        matching = set(_KEYS) & set(file.object)
        return 0.8 if {"shape", "dtype", "channel_order"} <= matching else 0.0
    lines = [line.partition(":")[0] for line in file.start.splitlines() if ":" in line and line[:1].isalpha()]
    matching = set(_KEYS) & set(lines)
    return (
        0.85
        if {"shape", "dtype", "channel_order"} <= matching or ("extends" in matching and len(matching) > 1)
        else 0.0
    )


def read(file: SourceFile, input_name: str) -> Draft:
    """The spec itself."""
    del input_name
    where = for_terminal(file.name)
    document = file.object or file.yaml
    if not isinstance(document, Mapping) or "extends" in document:
        raise ImgcheckError(f"{where}: spec: got extends, expected a complete spec; write it with spec show")
    try:
        spec = parse(document, source=where)
    except SpecError as error:
        raise ImgcheckError(str(error)) from None
    builder = DraftBuilder(file)
    for key in (key.name for key in TOP if key.name not in ("version", "source", "golden", "expect_range")):
        value: Json = spec.resolved.get(key)
        if value in (None, "", {}, []):
            continue
        if key in _NESTED and isinstance(value, Mapping):
            for name, inner in value.items():
                builder.state(f"{key}.{name}", inner, f"{key}.{name}")
        elif key == "geometry" and isinstance(value, list):
            for index, step in enumerate(value):
                builder.state(f"geometry[{index}]", step, f"geometry[{index}]")
        else:
            builder.state(key, value, key)
    if not spec.geometry:
        builder.state("resize.mode", "none", "resize")
    return builder.build(_TITLE, "spec")


IMPORTER = Importer(
    rank=5,
    title=_TITLE,
    requires="a YAML file with shape, dtype, channel_order and value_range or normalize",
    marks=("shape", "channel_order", "value_range", "dtype", "normalize"),
    matches=matches,
    read=read,
)
