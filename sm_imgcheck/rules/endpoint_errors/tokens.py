"""Find the words and values of a sentence that a comparison reads: roles, shapes, dtypes, numbers with their units."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["DTYPE_WORDS", "TOKEN", "Value", "unit_of"]

_NOUN_DISTANCE = 48
"""Maximum distance in characters of a number from the noun that names its unit."""

_SIZE_DISTANCE = 24
"""Maximum distance in characters of a number from the noun whose size it is."""

_LENGTH = r"(?:\d{1,7}|-1|None|null|\?|\*|[NCHWBX])"
DTYPE_WORDS = r"u?int(?:8|16|32|64)|bfloat16|float(?:16|32|64)|[uif](?:8|16|32|64)|complex(?:64|128)|bool|object"
"""Names of dtypes in a sentence that refuses one."""

_AXIS = (
    r"(?:\.\.\.|\*|batch(?:[ _]?size)?|num_(?:images|channels|frames)|channels?|height|width|rows|col(?:umn)?s|samples"
    r"|frames|time|bs|[nbchwt])"
)
_RANKS = r"(?:[1-6]|two|three|four|five)(?:(?:,?\ (?:or|and)|,|/)\ ?(?:[1-6]|four|five))*"
_CHANNELS = r"(?:\d{1,4}|single|one|two|three|four)"
_MUST_BE = r"(?:must\ be|should\ be|to\ be|has\ to\ be)"
_DTYPE = r"""(?:torch\.|np\.|numpy\.|tf\.|jnp\.|c10::|DT_|TYPE_|kTfLite)?(?:uint8|u?int(?:8|16|32|64)
        |b?float(?:16|32|64)|bfloat16|FP(?:16|32|64)|BF16|floating[- ](?:point|type)|double|half|byte|single
        |[uif](?:8|16|32|64)|float(?=\ (?:array|tensor|image|dtypes?|types?|data|values|pixels|input))
        |integer(?=\ (?:image|types?|dtypes?|array|tensor|values|pixels))
        |(?:Double|Float|Byte|Half)(?:Tensor)?(?=[\s'"),.;\]]|$))"""
TOKEN = re.compile(
    rf"""(?ix)
    (?P<expected>\b(?:expect(?:ed|s|ing)?|requires?|required|must\ (?:be|have|equal|match|contain)
        |should\ (?:be|have|contain)|needs|needed|supports?|accepts|takes|wants|wanted|allowed|permitted|only
        |trained\ (?:with|on)|reference|into\ shape)\b)
    | (?P<differs>\b(?:(?:does\ not|doesn't|did\ not|do\ not|don't|not)\ (?:match|equal|fit)
        |not\ equal(?:\ (?:to|with))?|incompatible\ with|not\ compatible\ with|differs?\ from|different\ from
        |not\ one\ of|not\ in(?:\ the)?\ (?:list|set)\ of|not\ in\ allowed)\b)
    | (?P<got>(?<!\w)(?:got|(?<=,\ )get|received|found|actual(?:ly)?|given|provided|supplied|passed
        |instead\ (?:of|is|was|got)|observed|discovered|detected|saw|had|was:
        |but\ (?:(?:the\ )?(?:[a-z_]{{1,16}}\ ){{0,3}}(?:is|has|was|have|had|are)|it)
        |invalid|unexpected|wrong|unsupported|which\ is|sent)\b)
    | (?P<pair>(?<![\w.])\d{{1,12}}\ ?(?:!=|vs\.?|<>|\u2260|=/=)\ ?\d{{1,12}}(?![\w.]))
    | (?P<shape>[\[({{]\ ?{_LENGTH}(?:\ ?(?:[,*]|x(?=[\ \d?-]))\ ?{_LENGTH}){{1,5}},?\ ?[\])}}]
        |(?<=shape\ )\[\d{{1,5}}(?:\ \d{{1,5}}){{1,4}}\]
        |(?<![\w.])\d{{1,5}}(?:\ ?[x*\u00d7]\ ?\d{{1,5}}){{1,4}}\b
        |(?-i:\b[BN1]x[CHW1-9]\d{{0,4}}(?:x(?:[CHW]|\d{{1,5}})){{1,3}}\b)
        |(?:(?<=shape\ )|(?<=shape:\ )|(?<=dims\ )|(?<=dimensions\ ))\d{{1,5}}(?:,\ ?\d{{1,5}}){{2,4}})
    | (?P<total>(?<=[\[(])\d{{3,9}}(?=,[\])]))
    | (?P<required_rank>\b(?:shape|rank|ndim|dims?)(?:\ of\ \w{{1,12}})?\ {_MUST_BE}\ {_RANKS}\b(?![.\dx]))
    | (?P<required_channels>\bchannels?\ {_MUST_BE}\ \d(?:(?:,|,?\ or)\ \d)*\b)
    | (?P<axes>[\[(]\ ?{_AXIS}(?:\ ?[,x]\ ?(?:{_AXIS}|\d{{1,5}}(?:\|\d)*)){{1,4}}\ ?[\])])
    | (?P<rank>\b{_RANKS}[- ]?(?:D\b|dim(?:ension)?s?(?:al)?\b|axes\b)
        (?:(?:\ \(\w{{3,12}}\))?\ or\ (?:[1-6][- ]?D|higher|more)\b)?
        |\b(?:rank|ndim|dim\(\)|dimensions?\ (?:is|was|of|:)|number\ of\ (?:\w+\ )?dim(?:ension)?s)
        (?:\ of|\ is|\ to\ be)?[ :=]{{1,3}}{_RANKS}(?:(?:\ \([^()]{{1,60}}\))?\ or\ (?:rank\ )?(?:=\ ?)?[1-6])?\b)
    | (?P<layout>\b(?:channels?[- _]?(?:last|first)|[NB]?HWC|[NB]?CHW)\b)
    | (?P<batch>\bbatch(?:[- ]dim(?:ension)?)?(?:[- _]size)?(?:\ of|\ is|:|\ ?==?)?\ ?\d{{1,5}}\b)
    | (?P<bits>\b(?:8|16|32)[- ]bits?\b)
    | (?P<mode>\b(?:RGBA?|BGRA?|CMYK|gr[ae]y(?:scale)?)\b)
    | (?P<channels>\b{_CHANNELS}(?:(?:,?\ (?:or|and)\ |,\ ){_CHANNELS})*[- ](?:input[- ])?(?:channels?|bands?|planes?)\b
        |\bchannels?(?:\ (?:count|number|values?|size))?(?:[:=]\ ?|\ (?:are|is)\ |\ \()
        \[?\d{{1,4}}(?:(?:,|,?\ or)\ ?\d)*\b)
    | (?P<dtype>\b{_DTYPE}\b)
    | (?P<number>(?<![\w.:/%-])\d{{1,12}}(?![\w:/%]|\.\d|,[)\]]))
    """
)
_NOUN = re.compile(
    r"""(?ix)(?<![a-z])(?:
      (?P<tokens>(?:spatial\ )?tokens|patches)
    | (?P<side>(?:pixels?|px)\ (?:wide|high|tall)|height|width|resolution|rows|cols|columns|image\ size|img_?size|side)
    | (?P<channels>channels?(?:\ dim(?:ension)?s?)?|depth|bands?|planes?|scn|color\ components?)
    | (?P<total>values?|elements?|bytes?|entries|numel|total|input_?dim|lengths?|byte_?size|size|data|floats
        |pixels|buffer|features?(?:\ shape)?)
    | (?P<rank>dims?|dimensions?|ranks?|ndim|axes)
    | (?P<batch>batch(?:[\ _-]?size)?)
    )(?![a-z])"""
)
_INPUTS = re.compile(
    r"(?i) (?:model )?(?:input tensors?|inputs?|feeds|raw input contents)\b(?! (?:size|shape|channels?|dim))"
)


class Value(NamedTuple):
    """One value of a sentence."""

    kind: str
    """shape, axes, rank, layout, batch, bits, mode, channels, dtype, total, tokens or side."""
    text: str
    start: int
    end: int


def unit_of(sentence: str, start: int, end: int) -> str:
    """Return the kind of a bare number: that of the noun after it, else of the nearest noun before it."""
    if match := _NOUN.match(sentence, end + 1):
        return match.lastgroup or ""
    if _INPUTS.match(sentence, end):
        return "inputs"
    if re.search(r"(?i)\binputs ?$", sentence[max(start - 12, 0) : start]):
        return "inputs"
    nouns = [*_NOUN.finditer(sentence, max(start - _NOUN_DISTANCE, 0), start)]
    nouns = [noun for noun in nouns if noun.lastgroup != "batch" or _is_near(sentence[noun.end() : start])]
    if nouns and nouns[-1].lastgroup != "total":
        return nouns[-1].lastgroup or ""
    # "size 3 along the channel axis", "channel data size 3": the size of something.
    near = [*_NOUN.finditer(sentence, max(start - _SIZE_DISTANCE, 0), end + _SIZE_DISTANCE)]
    specific = [noun for noun in near if noun.lastgroup != "total"]
    return ((specific or nouns)[-1].lastgroup or "") if nouns else ""


def _is_near(between: str) -> bool:
    """Return whether the text between a batch size and its number is short or a role: "batch size - Expected: 1"."""
    return (len(between) < _SIZE_DISTANCE // 2 and "+" not in between) or bool(
        re.fullmatch(r"\W{0,4}\w{3,8}\W{1,3}", between)
    )
