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

_ADJACENT = 2
"""Maximum distance in characters of a number directly after its keyword: "got 3"."""

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
    reader = _SentenceReader(sentence)
    for match in TOKEN.finditer(sentence):
        kind = match.lastgroup or ""
        if kind == "pair":
            reader.pairs += _pair(match, sentence)
        elif kind in ("expected", "got", "differs"):
            reader.read_keyword(kind, match)
        else:
            reader.read_value(kind, match)
    return reader.finish()


class _SentenceReader:
    """The state of reading one sentence."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.expected: dict[str, Value] = {}
        self.got: dict[str, Value] = {}
        self.before: dict[str, Value] = {}
        self.values: dict[str, list[Value]] = {}
        self.pairs: list[tuple[Value, Value]] = []
        self.role, self.position, self.is_difference, self.unit = "", 0, False, ""
        self.last: Value | None = None

    def read_keyword(self, kind: str, match: re.Match[str]) -> None:
        """Change the role of the values that follow; a keyword right after a value gives that value its role."""
        if self.last is not None and kind != "differs" and _follows(self.last, match, self.sentence):
            roles = self.expected if kind == "expected" else self.got
            roles[self.last.kind] = self.last  # "uint8 given, float32 required"
            self.before.pop(self.last.kind, None)
            self.role, self.last = "", None
            return
        if kind == "differs" and not self.before and not self.role:  # "types do not match: uint8, float32"
            return
        if kind == "differs" and self.role != "got":  # "size (300, 400) does not match (224, 224)"
            self.got = {**(self.expected if self.role else self.before), **self.got}
            self.expected = {} if self.role else self.expected
            self.is_difference = True
        self.role, self.position = "got" if kind == "got" else "expected", match.end()

    def read_value(self, kind: str, match: re.Match[str]) -> None:
        """Store a value under the current role."""
        if kind.startswith("required_"):  # "channels must be 1 or 3": the value with its keyword
            kind, self.role, self.position = kind.removeprefix("required_"), "expected", match.end()
        if kind == "number":
            kind = self.unit = self._unit(match)
        if not kind or (kind == "shape" and _OTHER_SHAPE.search(self.sentence[: match.start()])):
            return
        value = Value(kind, match[0], match.start(), match.end())
        self.values.setdefault(kind, []).append(value)
        if (
            self.role == "expected"
            and kind == "dtype"
            and _is_alternative(self.expected.get(kind), value, self.sentence)
        ):
            del self.expected[kind]  # "expected uint8 or float32": a float is the nearer of the two to another float
        self.last = value if not self.role else None
        is_near = match.start() - self.position <= _NEAR
        _store(value, {"expected": self.expected, "got": self.got}.get(self.role), self.before, is_near=is_near)
        self.position = match.end()

    def _unit(self, match: re.Match[str]) -> str:
        """Return the kind of a bare number."""
        distance = match.start() - self.position
        is_same = bool(self.role) or distance < _UNIT_DISTANCE
        kind = unit_of(self.sentence, match.start(), match.end()) or (self.unit if is_same else "")
        only = next(iter(self.expected)) if len(self.expected) == 1 else ""
        is_bare = kind in ("", "total") or distance <= _ADJACENT
        return only if self.role == "got" and is_bare and only in _COUNTS else kind

    def _prefer_equal_ranks(self) -> None:
        """Use the alternative with as many axes as the actual shape: "must be (112, 112, 3) or (X, 112, 112, 3)"."""
        expected, got = self.expected.get("shape"), self.got.get("shape")
        if expected is None or got is None or _rank(expected) == _rank(got):
            return
        between = [value for value in self.values["shape"] if expected.start < value.start < got.start]
        equal = [value for value in between if _rank(value) == _rank(got)]
        if equal and _ALTERNATIVE.match(self.sentence[expected.end : equal[0].start]):
            self.expected["shape"] = equal[0]

    def finish(self) -> SentenceValues:
        """Return the values after the roles that only the whole sentence decides."""
        is_failure, is_change = _FAILURE.search(self.sentence), _CHANGE.search(self.sentence)
        if is_failure and (_STRONG.search(self.sentence) or not is_change):
            _complete(self.expected, self.got, self.before)
            if not self.got and self.expected.keys() & {"rank", "axes"}:  # "must be 4-dimensional: [224, 224, 3]"
                shape = self.expected.pop("shape", None) or self.before.get("shape")
                self.got |= {"shape": shape} if shape else {}
            self._prefer_equal_ranks()
            for same_kind in self.values.values():
                _contrast(same_kind, self.sentence, self.expected, self.got, self.pairs)
        elif not is_failure and not is_change and len(self.values.get("channels", ())) == 2:
            _contrast_of_model(self.values["channels"], self.sentence, self.expected, self.got)
        if self.is_difference:
            both = [kind for kind in ("channels", "total") if kind in self.got and kind in self.expected]
            self.pairs += [(self.got.pop(kind), self.expected.pop(kind)) for kind in both]
        return SentenceValues([*self.expected.values()], [*self.got.values()], self.pairs)


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


def _rank(value: Value) -> int:
    return len(re.findall(r"[\w?*-]+", value.text.replace("x", ",")))


def _is_alternative(first: Value | None, second: Value, sentence: str) -> bool:
    """Return whether a float dtype follows an integer dtype as an alternative."""
    if first is None or "float" in first.text or "float" not in second.text:
        return False
    return sentence[first.end : second.start].strip() in ("or", "or torch.", "or np.", ",", "/")


_ALTERNATIVE = re.compile(r"(?i)[^.;]{0,60}\bor ?(?:[a-z]{1,12} ){0,2}\(?")
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


_OTHER_SHAPE = re.compile(
    r"(?i)(?:weight|kernel|filter|stride|padding|pool|dilation|window|block)s?(?: of)?(?:[ ._]size|[ ._]shape)?[:=]? ?$"
)
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
