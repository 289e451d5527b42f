"""Read the values of a sentence with their roles: expected, actual, or a pair of unknown roles."""

from __future__ import annotations

import re
from typing import NamedTuple

from sm_imgcheck.rules.endpoint_errors.tokens import TOKEN, Value, unit_of

__all__ = ["SentenceValues", "read_values"]

_NEAR = 60
"""Maximum distance in characters of a value from its keyword, such as "got"."""

_UNIT_DISTANCE = 24
"""Maximum distance in characters of a number without a unit from the value whose unit it shares."""

_COUNTS = ("channels", "rank", "tokens")
"""Kinds of an expected value whose counterpart is often a bare number: "3 channels expected, found 1"."""

_FAILURE = re.compile(
    r"(?i)mismatch|must|should|invalid|cannot|can't|can not|could not|\bnot\b|error|fail|unable|wrong|illegal|differ"
    r"|\bbut\b|exceed|greater than|larger than|smaller than|!=|\bvs\b|incompatible|instead of|needs|wants|requires"
)
"""Words of a sentence that reports a failure."""
_CHANGE = re.compile(r"(?i)\b(?:resiz|convert|crop|padd?|scal|rotat|downsampl|evaluat|set\b)(?:ing|ed)?\b")
"""Words of a sentence that reports an intended change: "resized to the required 224x224"."""
_STRONG = re.compile(r"(?i)mismatch|must|should|invalid|cannot|can't|error|exception|\bnot\b|fail|unable")


class SentenceValues(NamedTuple):
    """The values of a sentence by role, the first of each kind."""

    expected: list[Value]
    got: list[Value]
    pairs: list[tuple[Value, Value]]
    """Two values of one kind that differ, of unknown roles, in the order of the sentence."""


def read_values(sentence: str) -> SentenceValues:
    """Return the values of a sentence with their roles."""
    expected: dict[str, Value] = {}
    got: dict[str, Value] = {}
    before: dict[str, Value] = {}
    values: dict[str, list[Value]] = {}
    pairs: list[tuple[Value, Value]] = []
    role, position, is_difference, unit = "", 0, False, ""
    last: Value | None = None
    for match in TOKEN.finditer(sentence):
        kind = match.lastgroup or ""
        if kind == "pair":
            pairs += _pair(match, sentence)
            continue
        if last is not None and kind in ("expected", "got") and _follows(last, match, sentence):
            roles = expected if kind == "expected" else got
            roles[last.kind] = last  # "uint8 given, float32 required"
            before.pop(last.kind, None)
            role, last = "", None
            continue
        if kind in ("expected", "got", "differs"):
            if kind == "differs" and not before and not role:  # "types do not match: uint8, float32"
                continue
            if kind == "differs" and role != "got":  # "size (300, 400) does not match (224, 224)"
                got, expected = {**(expected if role else before), **got}, ({} if role else expected)
                is_difference = True
            role, position = "got" if kind == "got" else "expected", match.end()
            continue
        if kind.startswith("required_"):  # "channels must be 1 or 3": the value with its keyword
            kind, role, position = kind.removeprefix("required_"), "expected", match.end()
        if kind == "number":
            is_same = bool(role) or match.start() - position < _UNIT_DISTANCE
            kind = unit = unit_of(sentence, match.start(), match.end()) or (unit if is_same else "")
            is_bare = kind in ("", "total") or match.start() - position <= 2
            if role == "got" and is_bare and len(expected) == 1 and (only := next(iter(expected))) in _COUNTS:
                kind = unit = only
        if not kind or (kind == "shape" and _OTHER_SHAPE.search(sentence[: match.start()])):
            continue
        value = Value(kind, match[0], match.start(), match.end())
        values.setdefault(kind, []).append(value)
        last = value if not role else None
        _store(value, {"expected": expected, "got": got}.get(role), before, is_near=match.start() - position <= _NEAR)
        position = match.end()
    is_failure = bool(_FAILURE.search(sentence))
    if is_failure and (_STRONG.search(sentence) or not _CHANGE.search(sentence)):
        _complete(expected, got, before)
        if not got and expected.keys() & {"rank", "axes"}:  # "input must be 4-dimensional: [224, 224, 3]"
            shape = expected.pop("shape", None) or before.get("shape")
            got |= {"shape": shape} if shape else {}
        for same_kind in values.values():
            _contrast(same_kind, sentence, expected, got, pairs)
    elif not is_failure and not _CHANGE.search(sentence) and len(values.get("channels", ())) == 2:
        _contrast_of_model(values["channels"], sentence, expected, got)
    if is_difference:
        both = [kind for kind in ("channels", "total") if kind in got and kind in expected]
        pairs += [(got.pop(kind), expected.pop(kind)) for kind in both]
    return SentenceValues(list(expected.values()), list(got.values()), pairs)


def _contrast(
    values: list[Value],
    sentence: str,
    expected: dict[str, Value],
    got: dict[str, Value],
    pairs: list[tuple[Value, Value]],
) -> None:
    """Give the only two values of a kind their roles: "the image has 4 channels, but the network has 3"."""
    kind = values[0].kind
    if len(values) != 2 or values[0].text == values[1].text or (kind in expected and kind in got) or kind == "mode":
        return
    left, right = values
    if _ALTERNATIVE.fullmatch(sentence[left.end : right.start]):
        return
    if kind in expected:
        got[kind] = right if expected[kind] == left else left
    elif kind in got:
        expected[kind] = right if got[kind] == left else left
    elif (is_model := [_is_of_model(value, sentence) for value in values]) in ([True, False], [False, True]):
        expected[kind], got[kind] = (left, right) if is_model[0] else (right, left)
    elif kind == "dtype":
        pairs.append((left, right._replace(kind="pair")))
    else:
        pairs.append((left, right))


def _contrast_of_model(values: list[Value], sentence: str, expected: dict[str, Value], got: dict[str, Value]) -> None:
    """Give two numbers of channels their roles where one is the model's: "array has 1 channel; the graph has 3"."""
    left, right = values
    if (is_model := [_is_of_model(value, sentence) for value in values]) in ([True, False], [False, True]):
        expected["channels"], got["channels"] = (left, right) if is_model[0] else (right, left)


_ALTERNATIVE = re.compile(r"(?i)[^.;]{0,60}\bor ?(?:[a-z]{1,12} ){0,2}")
"""What is between two values that are both supported: "rank 4 (batch, height, width) or rank 5"."""


_SIDES = re.compile(
    r"(?i)(?P<model>model|network|engine|weights?|filter|kernel|graph|layer|signature|session|trained|allowed|limit|maximum)"
    r"|(?P<image>image|picture|tensor|buffer|array|data|body|supplied|passed|input)"
)


def _is_of_model(value: Value, sentence: str) -> bool:
    """Return whether the nearest noun before a value is the model's side."""
    sides = [*_SIDES.finditer(sentence, max(value.start - _NEAR, 0), value.start)]
    return bool(sides) and any(side["model"] for side in sides[-2:])


def _store(value: Value, role: dict[str, Value] | None, before: dict[str, Value], *, is_near: bool) -> None:
    """Store a value under its role; before the first keyword, or far from it, under ``before``."""
    if role is None:
        before[value.kind] = value
    else:
        (role if is_near else before).setdefault(value.kind, value)


def _follows(value: Value, role: re.Match[str], sentence: str) -> bool:
    """Return whether a role word belongs to the value before it: "uint8 given", at the end of a clause."""
    between = sentence[value.end : role.start()]
    return bool(re.fullmatch(r" (?:\w{2,10} ){0,2}", between) and re.match(r"[,.;)]|$", sentence[role.end() :]))


_OTHER_SHAPE = re.compile(r"(?i)(?:weight|kernel|filter|stride|padding|pool|dilation|window|block)s?(?: of)?(?:[ ._]size|[ ._]shape)?[:=]? ?$")
"""What precedes a shape that is not the input's."""


def _complete(expected: dict[str, Value], got: dict[str, Value], before: dict[str, Value]) -> None:
    """Use values before the first keyword for the missing role: "an input of 256 pixels is invalid, expected 196"."""
    for values, other in ((got, expected), (expected, got)):
        if values and not other:
            usable = {kind: value for kind, value in before.items() if kind in values and value != values[kind]}
            usable.pop("mode", None)
            other.update(usable)
            return


def _pair(match: re.Match[str], sentence: str) -> list[tuple[Value, Value]]:
    kind = unit_of(sentence, match.start(), match.end())
    left, right = (Value(kind, text, match.start(), match.end()) for text in re.findall(r"\d+", match[0]))
    return [(left, right)] if kind and left.text != right.text else []
