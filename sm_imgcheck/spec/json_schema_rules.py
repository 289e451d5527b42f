"""The rules between keys as JSON Schema: each an ``if`` and a ``then``, so that one mistake is one clear error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sm_imgcheck.core.channels import CHANNELS
from sm_imgcheck.core.layouts import LAYOUTS
from sm_imgcheck.core.value_mapping import INTEGER_RANGES
from sm_imgcheck.serving.stacks import STACKS
from sm_imgcheck.spec.dtypes import any_case, spellings
from sm_imgcheck.spec.geometry import CUTS, FRAMES, MODE_KEYS, ROUNDINGS
from sm_imgcheck.spec.keys import LIBRARIES, SMOOTH
from sm_imgcheck.spec.language_image import RESIZE

__all__ = ["complete_rules", "rules"]

Schema = Mapping[str, object]
_NULL: Schema = {"type": "null"}
_NOT_NULL: Schema = {"not": _NULL}
_NOT_A_SWITCH: Schema = {"properties": {"antialias": {"not": {"type": "boolean"}}}}


def rules() -> list[Schema]:
    """Return the rules between keys of one file, which hold for specs with ``extends`` too."""
    return [
        _rule(_has("value_range"), _only_null("conflicts with value_range", "normalize")),
        _rule(_has("resize"), _only_null("conflicts with resize", "geometry")),
        *_normalize_rules(),
        *_shape_rules(),
        _rule(_has("quantize"), _with("dtype", _integer_dtype())),
        _with("resize", {"allOf": [*_mode_rules(), *_library_rules()]}),
        _with("geometry", {"items": {"allOf": _step_rules()}}),
        _with("payload", {"allOf": list(_stack_rules())}),
        _with(
            "decode",
            _rule(
                _with("alpha", _word("drop", "reject"), present=True),
                _only_null("has no meaning without alpha: composite", "background"),
            ),
        ),
    ]


def complete_rules() -> list[Schema]:
    """Return the rules about defaults, for a spec that extends no other."""
    no_mapping = {
        "not": {"anyOf": [_has("normalize"), _has("quantize"), _with("dtype", _word("uint8", is_dtype=True))]}
    }
    value_range = {"required": ["value_range"], "properties": {"value_range": _NOT_NULL}}
    quantized = {"allOf": [_has("quantize"), {"not": _has("normalize")}]}
    return [
        _rule({"allOf": [_has("dtype"), no_mapping]}, value_range),
        _rule(quantized, value_range),
        _with("resize", {"allOf": [_rule({"not": _has("mode")}, _mode_default()), *_library_defaults()]}),
        _with(
            "decode", _rule({"not": _has("alpha")}, _only_null("has no meaning without alpha: composite", "background"))
        ),
    ]


def _rule(condition: Schema, consequence: Schema) -> Schema:
    return {"if": condition, "then": consequence}


def _has(name: str) -> Schema:
    """Return the condition that a mapping has a key with a value."""
    return {"required": [name], "properties": {name: _NOT_NULL}}


def _with(name: str, value: Schema, *, present: bool = False) -> Schema:
    """Return a schema for the value of a key; without ``present`` a mapping without the key is valid."""
    return {"properties": {name: value}, **({"required": [name]} if present else {})}


def _only_null(reason: str, *names: str) -> Schema:
    """Return a schema that forbids keys. Language servers show the reason as the error."""
    return {"properties": {name: {"type": "null", "errorMessage": f"{name}: {reason}"} for name in names}}


def _word(*words: str, is_dtype: bool = False) -> Schema:
    """Return the condition that a value is one of these words, in any case; ``spelled``: or a dtype's other names."""
    return {
        "type": "string",
        "pattern": f"^({'|'.join(spellings(word) if is_dtype else any_case(word) for word in words)})$",
    }


def _one_of(patterns: Iterable[str]) -> Schema:
    return {"pattern": f"^({'|'.join(patterns)})$"}


def _normalize_rules() -> Iterator[Schema]:
    number = {"required": ["mean"], "properties": {"mean": _NOT_NULL}}
    large = {"anyOf": [{"exclusiveMinimum": 1}, {"exclusiveMaximum": -1}]}
    ambiguous = {"anyOf": [{"type": "number", **large}, {"type": "array", "contains": {"type": "number", **large}}]}
    is_ambiguous = {"anyOf": [_with(name, ambiguous, present=True) for name in ("mean", "std")]}
    units = {"required": ["units"], "properties": {"units": {"type": "string"}}}
    yield _with(
        "normalize",
        {
            "type": ["object", "null"],
            "allOf": [_rule({"type": "object", "not": _has("std")}, number), _rule(is_ambiguous, units)],
        },
    )
    for order, channels in CHANNELS.items():
        lists = {key: {"maxItems": channels} for key in ("mean", "std")}
        yield _rule(_with("channel_order", _word(order), present=True), _with("normalize", {"properties": lists}))


def _shape_rules() -> Iterator[Schema]:
    for layout in LAYOUTS:
        condition = _with("layout", _word(layout), present=True)
        yield _rule(condition, _with("shape", {"minItems": len(layout), "maxItems": len(layout)}))
        if "C" not in layout:
            yield _rule(condition, _with("channel_order", _one_of([any_case("GRAY")])))


def _mode_rules() -> Iterator[Schema]:
    """Yield what each mode of ``resize`` allows."""
    every = {name for keys in MODE_KEYS.values() for name in keys}
    for mode, keys in MODE_KEYS.items():
        condition = _with("mode", _word(mode), present=True)
        yield _rule(condition, _only_null(f"has no meaning with mode: {mode}", *sorted(every - keys - {"crop"})))
        if "crop" not in keys:
            yield _rule(condition, _with("crop", _one_of([any_case("none")])))
        if mode in ROUNDINGS:
            yield _rule(condition, _with("rounding", _enum(ROUNDINGS[mode])))
    yield _rule(_with("mode", _word("shortest_edge"), present=True), _with("size", {"type": ["integer", "null"]}))
    keep = _with("mode", _word("keep"), present=True)
    yield _rule(keep, _only_null("has no meaning with mode: keep", "size"))
    yield _rule(keep, _has("multiple_of"))
    modes = [mode for mode, keys in MODE_KEYS.items() if "multiple_rounding" in keys]
    no_multiple = {"allOf": [_with("mode", _one_of(map(any_case, modes)), present=True), {"not": _has("multiple_of")}]}
    yield _rule(no_multiple, _only_null("has no meaning without multiple_of", "multiple_rounding"))
    others = sorted({key.name for key in RESIZE} - {"mode"})
    yield _rule(_with("mode", _word("none"), present=True), _only_null("has no meaning with mode: none", *others))
    yield _rule(
        _with("crop", _word("none"), present=True), _only_null("has no meaning with crop: none", "crop_rounding")
    )


def _mode_default() -> Schema:
    """Return what ``mode: stretch`` allows where no mode is given: its size is a list."""
    every = {name for keys in MODE_KEYS.values() for name in keys} - {"crop"}
    crop = _one_of([any_case("none")])
    size = {"type": ["array", "null"], "errorMessage": "size: expected [height, width], since the mode is stretch"}
    forbidden = _only_null("has no meaning with mode: stretch, the default", *sorted(every))
    return {"allOf": [forbidden, {"properties": {"crop": crop, "size": size}}]}


def _integer_dtype() -> Schema:
    """Return a schema for the names of integer dtypes, whose error lists the canonical names."""
    names = list(INTEGER_RANGES)
    return {"if": {"type": "string", "not": _one_of(map(spellings, names))}, "then": {"enum": names}}


def _enum(words: Iterable[str]) -> Schema:
    """Return a schema for one of these words in any case, whose error lists them; null is valid."""
    names = list(words)
    return {"if": {"type": "string", "not": _one_of(map(any_case, names))}, "then": {"enum": names}}


def _library_rules() -> Iterator[Schema]:
    """Yield what each library of ``resize`` supports."""
    for name, library in LIBRARIES.items():
        condition = _with("library", _word(name), present=True)
        yield _rule(condition, _with("interpolation", _enum(library.interpolations)))
        if library.antialias is None:
            yield _rule(condition, _NOT_A_SWITCH)
        if library.float_only:
            float_only = {"allOf": [condition, _with("interpolation", _word(*library.float_only), present=True)]}
            yield _rule(float_only, _with("dtype", _enum(("float32", "float32-rounded"))))
    smooth = _with("antialias", {"const": True}, present=True)
    yield _rule(smooth, _with("interpolation", _enum(SMOOTH)))


def _library_defaults() -> list[Schema]:
    """Return what Pillow supports, where no library is given."""
    pillow = LIBRARIES["pillow"]
    absent = {"not": _has("library")}
    return [_rule(absent, _with("interpolation", _enum(pillow.interpolations))), _rule(absent, _NOT_A_SWITCH)]


def _step_rules() -> list[Schema]:
    """Return the rules of the steps of ``geometry``."""
    no_mode = {"not": _has("mode")}
    modes = [mode for mode in MODE_KEYS if mode != "none"]
    resize = [_with("mode", _enum(modes)), _rule(no_mode, _mode_default()), *_library_defaults()]
    pixels = {"minimum": 0, "maximum": 255, "items": {"minimum": 0, "maximum": 255}}
    final = _with("units", _word("final"), present=True)
    fill = {"if": {"not": final}, "then": _with("fill", pixels)}
    return [
        _with("resize", {"allOf": [*_mode_rules(), *_library_rules(), *resize]}),
        _with("crop", {"type": ["object"], "allOf": [*_exactly_one(CUTS), *_crop_rules()]}),
        _with("pad", {"type": ["object"], "allOf": [*_exactly_one(FRAMES), fill]}),
    ]


def _exactly_one(names: tuple[str, ...]) -> Iterator[Schema]:
    """Yield the rules that exactly one of these keys is given."""
    for index, name in enumerate(names[:-1]):
        yield _rule(_has(name), _only_null(f"conflicts with {name}", *names[index + 1 :]))
    missing = {"not": {"anyOf": [_has(name) for name in names]}}
    yield _rule(missing, {"required": [names[0]], "properties": {names[0]: _NOT_NULL}})


def _crop_rules() -> Iterator[Schema]:
    yield _rule({"not": _has("aspect")}, _with("rounding", _enum(("round", "floor", "ceil"))))
    yield _rule({"not": _has("size")}, _only_null("has no meaning without size", "pad_side"))


def _stack_rules() -> Iterator[Schema]:
    """Yield the envelopes and content types that each stack accepts."""
    for name in STACKS.by_rank():
        stack = STACKS[name]
        condition = _with("stack", {"const": name}, present=True)
        if stack.envelopes:
            yield _rule(condition, _with("envelope", {"enum": [*stack.envelopes, None]}))
        if stack.content_types:
            types = "|".join(re.sub(r"([.+])", r"\\\1", content_type) for content_type in stack.content_types)
            suffix = r"\s*(;.*)?" if stack.type_parameters else ""
            yield _rule(condition, _with("content_type", {"pattern": rf"^({types}){suffix}$"}))
