"""Find words that writing rules 3, 4 and 5 forbid in everything a person reads, and British spelling.

``PYTHONPATH=. python tests/promises/language.py [PATH...]`` prints ``file:line: word: text`` and exits with 1 if there
are findings. Without PATH it scans the package, the documents, the specs, the tests (names of functions, docstrings,
comments) and the rendered pages (``--help``, ``rules``, ``explain CODE``). ``--counts`` prints totals by word and
folder.
"""

import ast
import io
import json
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "specs/*.yaml")

TABLE = r"""
== private dialect
mend -> fix, fixable
    mend(s|ed|ing|er|ers|able)?|unmend\w*
tell -> report, show, identify, distinguish
    tell(s|ing)?|told|untold
say -> state, set, report, declare, print
    say(s|ing)?|said|unsaid
ask -> request, require, query
    ask(s|ed|ing)?|unasked
stand -> is, are, follows, appears; stub for a stand-in
    (?<!a\s)stand(s|ing)?(?!-?alone)|stood
hold against -> check against, compare with
    (hold|holds|held|holding)\W+(\w+\W+){0,9}?against
of its own -> own, separate
    of ((its|his|their|your|our|my|the \w+'s|\w+s') own|ours|yours|theirs|mine)|theirs
be it -> whether
    be it|be they
as it is -> unchanged, verbatim, as stored
    as (it|they) (came|comes?|lies?|goes?|go|is|are|was|were|does)
whatever -> any; a
    what(so)?ever|who(so)?ever|whomever
lawful -> valid
    (un)?lawful(ly)?
anew -> again
    anew|afresh|once more
the way -> path, method; remove it
    ((on|in|by) (the|its|their|this|that)|some other|another|no|any|other) way
    the (way (of|there|to|from|back|in which|it)|other way)|ways? out|by ways? of|one way to
in its place -> instead
    in (its|their|his|the) place|in place of|at its place
and stop -> and exit
that is known -> known, the adjective before the noun
    that (is|are|was|were) (known|named|wanted|asked|said|told|meant|due)
by halves -> partially; usually; each kind
    by halves|as a rule|of every sort|some sort of
otherwise -> in a different ...
    (converted|reads?|rounds?|size|told|says?|said) otherwise
beyond measure -> without limit; the limit itself
    beyond (all )?measure
hire -> start_workers
    hir(e|es|ed|ing)
mourn -> handle_crash
    mourn\w*
nursery -> forkserver; failed start
    nurser\w*|stillborn|born
hear -> read, receive, detect, handle
    ears?|hear(s|ing|d)?|overhear\w*|heed\w*|deaf
story -> report, log, reason
    story|stories|tale
knock -> probe, connect
    knock\w*
vouch -> take as given; assumption
    vouch\w*
bear out -> agree with, contradict
    (bear|bears|bearing|bore|borne)\W+(\w+\W+)?out|belie[sd]?
keep the contract -> match the spec
    (keep|keeps|keeping|kept)\W+(to\W+)?(the|its|this|that)\W+contracts?
the field's -> standard, common
plain decode -> as decoded; default decode
    plain(ly)? decode[sd]?|decod\w+ (it )?plainly|plainly
whose -> implementation, library
    whose (arithmetic|resize|plain|naive|decode|cmyk|own|words)|of whose
arithmetic -> implementation; numerical parity
    (other|another|same|whose|the \w+'s|\w+'s|library's|spec's) arithmetic
guest -> handler process, child process
    guests?
wish -> expected value, requirement
    wish(es|ed)?
word for -> term, type name; no message; last output
    (no|without a|a) words? (for|to)|without a word|last words?|\w+'s words?|in (its|their|so many|the) words
    of the words?
letter by letter -> exactly
    letter by letter|to the letter|letter for letter|(exactly|ends|trained|sent) so

== programs and data are no persons
nobody -> passive voice, or the name of the program or user
    nobody|anybody|somebody|everybody|strangers?|no one|people
who -> the noun: process, library, stack, caller
    who|whom
speak -> indicate, suggest, support, print
    speak(s|ing)?|spoke(n)?|spokes\w+|talk(s|ed|ing)?
want -> require, expect
    want(s|ed|ing)?
know -> support, recognize, contain
    know(s|ing)?|knew
trust -> use, attribute, accept
    trust(s|ed)?|blam(e|es|ed)|minds?|likes
see -> receive, read, observe, detect
    (?<!model\s)(sees|saw|seeing)|seen|unseen
die -> crash, exit, be terminated; is running
    dies?|died|dying|dead|lives?|life|alive
kin -> duplicate, alternative, related; out of memory
    kin|twins?|rivals?|starved?|killer
remember -> cache, store; omit
    remember\w*|forg[eo]t\w*
judge -> check, validate, evaluate
    judg(e|es|ed|ing|ment|ments)|unjudged
answer -> response, respond, return; prediction
    (un)?answer(s|ed|ing)?
trouble -> problem, error
    troubles?|troubled
complain -> warn, warning
    complain\w*|mourns
truth -> correct value; boolean
    truths?|honest\w*|confident falsehood
be sure -> certain, exact, probability
    (?<!make\s)(?<!makes\s)sure(ly)?|unsure
doubt -> lint warning, uncertainty
    doubts?|doubtful
refuse to speak -> close the connection, accept
    hung up|hangs? up|t[ao]ke?k?(s|n)? (\w+ )?calls?

== idiom: use the plain verb
takes -> expect, accept, require
    (model|server|stack|container|signature|endpoint|engine|input|toolkit|serving|pytorch|triton|face|spec) takes?
    (not|only|also|may|might|could|will|they|others|servers|libraries|models|stacks) take
    takes(?! (\d|\{\}|about|up to|at most|at least|less|more|long|longer|twice|half|time|place))
taken -> assume, accept, treat as, remove
    (un)?taken|took|tak(e|es|ing) (in|off|away|for|over|up|apart|to be|back|it|part)
hand over -> pass, return, send
    hand(s|ed|ing)?\W+((it|them|\w+)\W+)?(over|on|out|back|down|it)
carry out -> apply, run
    carr(y|ies|ied|ying)\W+(\w+\W+)?(out|over|along)
look at -> read, inspect, check, search
    look(s|ed|ing)?\W+(\w+\W+)?(at|into|for|through|after|over|closer|further|no further|elsewhere)|closer look
    overlook\w*|(not|is|are|be) looked|(does|do|did) not look
make of -> create from, build from
    (make|makes|made|making)\W+(\w+\W+){0,2}?(of|out of)
come -> is, arrive, return, follow
    (come|comes|came|coming)(?! (from|with|first|last|before|after)\b)
go -> run, continue, is missing, is passed
    (go|goes|going|went|gone)(?!\s+(to the next|through))
lead -> resolve to, produce
    (lead|leads|leading|led) (to|from|there|elsewhere|out|outside|somewhere|nowhere|in)
lie -> is, are, is stored
    lies?|lay|lain|lying
leave out -> omit, skip, keep, permission
    (leave|leaves|left|leaving)\W+((it|them|\w+)\W+){0,2}?(out|alone|behind)|such leave
rest on -> rely on, depend on
    rest(s|ed|ing)? (on|upon|with)
give up -> time out, stop, release, return
    (give|gives|gave|given|giving)\W+(\w+\W+)?(up|away|back)
find out -> determine
    (find|finds|found|finding) (\w+ )?out
break off -> end, truncate, interrupt
    br(eak|eaks|oke|oken|eaking) off|cut (off|short|up|away)|cuts (off|up)
bring -> restore, crash, resize
    (bring|brings|brought|bringing) (\w+ )?(back|down|to|up|about)
to the disk -> flush, fsync; to disk
    (to|on) the disk
land -> map to, become
    lands?|landing
settle -> resolve, decide
    settl(e|es|ed|ing)|serves? for
let go -> release
    lets? (go|be)|to let
is there -> exists, is present, is available
    (is|are|was|were|be|not|already|stays?|what) there(?! (a|an|any|no|is|are)\b)
by itself -> alone, separately, automatically
    (all )?by (itself|themselves|oneself)|in itself
at a glance -> quickly; cause
    at a glance|glances?|at fault|no fault of|of fault|at its worst
out of reach -> unreachable; the exact fact
    out of (reach|sight|all proportion|hand|the question)
now and then -> state the count or condition
    now and then|again and again|over and over|for ever|half\W?way|in vain|next to nothing|as good as|time and again
all the same -> also, anyway, still
    all the same|just the same|none the (worse|wiser)
at once -> immediately, together
meant -> intended
    (is|was|were|are|be|as you|not|what) meant
made up -> forge, parse, combine, default to
    made up|makes? sense|put(s|ting)? together|falls? back
to be had -> is available, remove
    (to|cannot|can) be had|be rid of|rid of|wants? of

== literary or dated
whole -> complete, entire; integer
    whole (numbers?|levels?|grey|gray|pixels?|means?|body|answer)|wholly|wholes|whole(?=[.,;:)]|$)
    (is|are|be|was|were|written|stays?|file) whole(?! \w+s?\b)
beside -> next to, in addition to, under
    besides?|beneath|upon|thereof|whence|lest|hither|thither|naught|nowhere
merely -> only, rarely, correctly
    merely|hardly|scarcely|rightly|seldom|likewise
but for -> except, only
    but for|(nothing|all|anything|none|everything|no \w+|every \w+) but(?! (the|it|is)\b)
need not -> does not have to, works without
    needs? (not|no)
apart -> difference, distance
exchanged -> swap
    exchang(e|es|ed|ing)
so many -> this many; the number
    so (many|much|few)
some N -> about N
    some (\d[\d,.]*|two|three|ten|twenty|fifty|dozens?|hundreds?|thousands?)
the one that -> repeat the noun
    the (very )?ones? (that|which|of|in|with|whose|to|for|and|as|below|above)|the (one|other)s?(?=[,.;:)])
and the like -> list them
    (and|or) (the like|such)
the very -> the same
    the very \w+|this very
yet another -> remove it
    anyhow|somehow|otherwise than|or other|in truth|in turns?|its turn|each in turn

== the field has a term
picture -> image; preview
    (?<!-)(pictures?|pictured|pictorial)
turn -> rotate, rotation, EXIF orientation; become
    (un)?turn(s|ed|ing)?(?! (on|off)\b)|upright
place -> location, path, URI
    (a|the|remote|no|same|this|that|which|their|its|each|every|all|first|another|private|names|what) places?(?! value)
    places (that|of|are|in|whole|where)
numbers -> values; non-numeric; integers
    (by|of|in) (its|the|their) numbers|numbers alone|no numbers|not numbers|are numbers|whole numbers?|these numbers
bad -> invalid
    bad (specs?|candidates?|files?|ones?|places?|names?|base64|npy|json)
inks -> CMYK
    inks?|printing press
hostile -> untrusted, safe
    hostile|harmless(ly)?
batch axis -> batch dimension
    batch[ -]axis
time-out -> timeout
    time-outs?
bomb -> decompression bomb
    (pixel|text|tensor)[ -]bombs?
in silence -> silently, without an error
    in silence|silent(?= (cast|change))
text twice -> duplicate key
    document twice|stands? twice
curiosity -> the technical noun or verb
    (is|not|a|but) sound|in the making|desks?|tickets?|heaps?|stopgap|wip(e|ed|es)|spoil(s|ed)?|pour(s|ed)?
    trip(s|ped)? over|curiosity|lop(s|ped)?
unwanted -> unexpected
    unwanted|needless

== say what it is
is no -> missing X, not an X, invalid X
    (is|are|was|were|be|been|being|it) (no|(?-i:none))\b(?! (longer|more|larger|smaller|less|fewer|greater|later)\b)
nothing -> name the thing: no finding, no file, empty
    (?<!do\s)(?<!does\s)(?<!did\s)nothing
Of ... -> start with the noun
    (?-i:Of)

== American spelling
-our -> -or
    \w*(colou|behaviou|favou|honou|neighbou|flavou|labou|harbou|vapou|humou)r\w*
-re -> -er
    \w*cent(re|red|res|ring)|metres?|litres?|fibres?|calibre|theatre
grey -> gray
    grey\w*
-ise -> -ize
    \w+[a-z](?<!w)is(e|es|ed|ing|er|ers|ation|ations)
-ll- -> one l
    \w*(cancell|labell|modell|travell|signall|channell|levell|fuell|totall|initiall)(ed|ing|er|ers)
British -> license, defense, artifact, program, while, among, analyze, percent
    licences?|defences?|judgements?|artefacts?|programmes?|whilst|amongst|analys(e|ed|es|ing)|spelt|learnt|burnt
    per cent|maths

== rule name
unsupported-kind -> unsupported-format
unknown-content -> unknown-format
unsupported-coding -> unsupported-jpeg-encoding
decoder-died -> decoder-crashed
reader-failed -> unexpected-read-error
mostly-lost -> severely-truncated
decoder-complained -> decoder-warning
second-decoder-only -> fallback-decoder
fragile-coding -> arithmetic-coded-jpeg
pixel-bomb -> decompression-bomb
text-bomb -> metadata-bomb
several-frames -> multiple-frames
broken-exif -> corrupt-exif
broken-icc -> corrupt-icc-profile
wide-gamut -> non-srgb-profile
deep-image -> high-bit-depth
extreme-aspect -> extreme-aspect-ratio
    extreme-aspect(?!-ratio)
short-tensor -> truncated-tensor
several-arrays -> ambiguous-array
tensor-bomb -> tensor-decompression-bomb
no-batch-axis -> missing-batch-dimension
unwanted-batch-axis -> unexpected-batch-dimension
swapped-bytes -> wrong-byte-order
no-numbers -> non-numeric
statistics-in-other-order -> mean-std-order-mismatch
likely-other-order -> likely-wrong-channel-order
other-recipe -> wrong-normalization
range-looks-wrong -> suspicious-range
not-finite -> non-finite
cut-to-integers -> scaled-then-truncated
other-spacing -> value-spacing-mismatch
not-this-image -> source-mismatch
other-turn -> wrong-orientation
other-decoder -> decoder-mismatch
other-framing -> resize-mode-mismatch
other-kernel -> interpolation-mismatch
other-colours -> color-conversion-mismatch
refused-content-type -> unsupported-content-type
other-bytes-than-the-type-says -> content-type-mismatch
body-not-understood -> unsupported-body-structure
batch-axis-lost-or-invented -> batch-dimension-mismatch
values-cast-in-silence -> silent-cast
floats-for-an-integer-input -> float-for-integer-input
bad-base64 -> invalid-base64
base64-for-numbers -> base64-for-numeric-input
too-large-body -> body-too-large
bytes-do-not-fill-the-shape -> body-size-mismatch
unreadable-body -> malformed-body
wrong-datatype-word -> wrong-datatype
refused-shape -> shape-mismatch
image-under-another-type -> image-type-mismatch
handler-raised -> handler-exception
handler-ended -> handler-exited
handler-too-slow -> handler-timeout
handler-too-large -> handler-limit-exceeded
content-type-refused-by-handler -> content-type-rejected-by-handler
known-trouble -> known-error
functions-exclude-each-other -> conflicting-functions
functions-missing -> missing-functions
several-classes -> multiple-classes
posted-text-reads-otherwise -> serving-request-mismatch
as-the-handler-was-run -> handler-run-conditions
differs-from-golden -> golden-mismatch
golden-of-other-form -> golden-format-mismatch

== a noun for data, a verb for functions
one -> the noun of the element: finding, rule, path
    ones?
of -> total, parent
how -> options, mode, method
what -> source, value, subject, detail
who (name) -> the noun: subject, owner, actor
    (who|whom|whose)
why -> reason
place (name) -> location, path, offset, position
    places?
way -> route, method, recipe
    ways?
pronoun -> the noun: default, reference, similar
    own|there|theirs|mine|ours|also|some|alike|such|many|whole
participle -> a noun: findings, message, result, expected, header, count
    asked|told|done|made|seen|found|kept|said|given|known|wanted|taken|held|shown|drawn|written|sent|lost|meant
    begun|gone|caught|chosen|hidden|broken|spoken|unread|undone|unsaid|thrown|forgotten|borne|brought|laid|spread
    (?!\w*eed$)[a-z]{2,}ed

== a test's name states input and outcome
leading article -> the noun without an article
    test_(an?|the)_\w+
leading pronoun -> the noun of the input: photo, header, invalid_option
    test_(it|one|what|who|whose|nor|so)_\w+
leading preposition -> the input first, then what becomes of it
    test_(against|by|from|into|of|when|where|with|without)_\w+
short name -> input and outcome in three words or more
    test(_[^\W_]+){1,2}
"""
"""The forbidden words: ``word -> plain words``, then its forms as regular expressions (without any: the word itself).

``==`` starts a section with its reason. Forms match complete words in any case; a space matches any whitespace.
Words apply to texts and to parts of identifiers, those under NAME and TEST_NAME to complete identifiers only.
"""
NAME = "a noun for data, a verb for functions"
TEST_NAME = "a test's name states input and outcome"
NOT_PARTICIPLES = {
    "embed",
    "expected",
    "hundred",
    "nested",
    "quantized",
    "reversed",
    "shared",
    "skipped",
    "sorted",
    "truncated",
}
"""Nouns, and established terms."""
AMERICAN_ISE = re.compile(
    r"(advert|adv|an|appra|ar|bra|bru|chem|compr|comprom|conc|cru|dem|desp|dev|disgu|enterpr|exc|exerc|expert|franch|gu"
    r"|improv|inc|lia|merchand|m|parad|po|pra|prec|prem|prom|repr|rev|r|superv|surm|surpr|telev|treat|.*w|.*no|.*ra)ise"
)
"""Words in -ise that are American too."""

EXCEPTIONS = (
    ("picture", "picture", "the option is --picture"),
    ("Picture", "picture", "the option is --picture"),
    ("check_picture_name", "picture", "the option is --picture"),
    ("sm_imgcheck/cli/suggestions.py", "-our", "spelling of guessed options"),
    ("place", "place (name)", "public field of Problem and Finding"),
    ("whole", "pronoun", "public field of Facts"),
    ("what", "what", "public field of DecodedRequest"),
    ("why", "why", "public field of Step and key of plans"),
    ("want_array", "want", "public option of process"),
    ("also", "pronoun", "field of Key: other names of a key"),
    ("said", "say", "field of PipelineTrait"),
    ("said", "participle", "function about pipelines"),
    ("handled", "participle", "public property of Result"),
    ("examined", "participle", "public property of Result"),
    ("fixed", "participle", "public property of Dim"),
    ("sm_imgcheck/features/pictures/*", "picture", "the design's name for the drawn overview that --picture writes"),
)
"""File or identifier (patterns of fnmatch), word, reason. The word is allowed there."""

SPEAKERS = {"echo", "secho", "print", "finding", "Rule", "Option", "Argument", "BadParameter", "write", "Typer"}
SQL = re.compile(r"\s*(CREATE|SELECT|INSERT|UPDATE|DELETE|PRAGMA|BEGIN|COMMIT)\b")
EXPRESSION = re.compile(r"\(\?|\^|\S*\\[bdsw]|\[\^")
CODE_SPAN = re.compile(r"``[^`]+``|`[^`\n]+`|https?://[^\s)>\"']+|(?<=\])\([^)\s]*\)|^```\w*$", re.MULTILINE)
SENTENCE_END = re.compile(r"\.\s|\n\n|\n\* |\n?\| |\s\[|\n(?=#)")
SPACE = r"\\s+"
COMMENT_MARK = re.compile(r"#+:?\s*(noqa|type:|fmt:|pragma|!)")


class Finding(NamedTuple):
    """One forbidden word and the sentence around it."""

    file: str
    line: int
    word: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.word}: {self.text}"


class Text(NamedTuple):
    """Something a person reads. name: of an identifier; empty for prose. Participles are allowed as fields."""

    line: int
    text: str
    name: str = ""
    is_field: bool = False


class Word(NamedTuple):
    """One forbidden word: all its forms, what replaces it, and why."""

    forms: re.Pattern[str]
    plain: str
    reason: str


def parse_table(table: str) -> dict[str, Word]:
    """Return the words of ``TABLE`` by label."""
    words: dict[str, Word] = {}
    for section in re.split(r"^== ", table, flags=re.MULTILINE)[1:]:
        reason, _, entries = section.partition("\n")
        for label, plain, forms in re.findall(r"^(\S.*) -> (.*)\n((?:    .*\n)*)", entries, re.MULTILINE):
            lines = "|".join(line.strip() for line in forms.splitlines()) or label
            words[label] = Word(re.compile(rf"\b(?:{re.sub(' ', SPACE, lines)})\b", re.IGNORECASE), plain, reason)
    return words


WORDS = parse_table(TABLE)
SECTIONS = {
    reason: re.compile("|".join(word.forms.pattern for word in WORDS.values() if word.reason == reason), re.IGNORECASE)
    for reason in {word.reason for word in WORDS.values()} - {NAME, TEST_NAME}
}
"""All forms of each section, to skip most texts early."""


def hide_code(text: str) -> str:
    """Replace code spans and addresses by underscores of the same length."""
    return CODE_SPAN.sub(lambda match: re.sub(r"[^\n]", "_", match[0]), text)


def sentence(text: str, start: int) -> str:
    """Return the sentence around an offset, on one line, at most 160 characters."""
    before = max(match.end() for match in re.finditer(rf"\A|{SENTENCE_END.pattern}", text[:start]))
    before = max(before, text.rfind(" ", 0, start - 100) + 1 if start > 100 else 0)
    after = SENTENCE_END.search(text, start)
    line = " ".join(text[before : after.start() + 1 if after else len(text)].split())
    return line if len(line) <= 160 else f"{line[:157]}..."


def is_allowed(finding: Finding, scope: str, word: str) -> bool:
    """Return whether an exception (its scope and word) covers a finding by its file or its identifier."""
    return finding.word == word and (fnmatch(finding.file, scope) or fnmatch(finding.text.split()[-1], scope))


def without_exceptions(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that no exception covers."""
    return [finding for finding in findings if not any(is_allowed(finding, *row[:2]) for row in EXCEPTIONS)]


def check_text(file: str, item: Text) -> Iterator[Finding]:
    """Find forbidden words in one text, or in one identifier."""
    if item.name:
        for label in name_labels(item.name, is_field=item.is_field):
            yield Finding(file, item.line, label, item.text)
        return
    prose = hide_code(item.text)
    for label, start in matches(prose):
        yield Finding(file, item.line + prose.count("\n", 0, start), label, sentence(item.text, start))


def matches(prose: str) -> Iterator[tuple[str, int]]:
    """Yield each forbidden word in a text with its offset."""
    reasons = {reason for reason, forms in SECTIONS.items() if forms.search(prose)}
    for label, word in WORDS.items():
        for match in word.forms.finditer(prose) if word.reason in reasons else ():
            if label != "-ise" or not is_american(match[0].lower()):
                yield label, match.start()


@cache
def name_labels(name: str, *, is_field: bool) -> tuple[str, ...]:
    """Return the label under NAME that an identifier matches, else those of its parts. Fields may be participles.

    Labels under TEST_NAME are for functions, not for modules.
    """
    parts = split_identifier(name)
    bare = "_".join(parts)
    for label, word in WORDS.items():
        is_exempt = label == "participle" and (is_field or bare in NOT_PARTICIPLES)
        if word.reason == NAME and word.forms.fullmatch(bare) and not is_exempt:
            return (label,)
        if word.reason == TEST_NAME and word.forms.fullmatch(name) and not is_field:
            return (label,)
    return tuple(label for label, _ in matches(" ".join(parts)))


def is_american(word: str) -> bool:
    """Return whether a word in -ise has no form in -ize."""
    root = re.sub(r"is(e|es|ed|ing|er|ers|ations?)$", "ise", word)
    return AMERICAN_ISE.fullmatch(root) is not None


def split_identifier(name: str) -> list[str]:
    """Return the words of an identifier: ``SourceRegion`` -> source, region; ``load_spec`` -> load, spec."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def constants(nodes: Sequence[ast.AST]) -> Iterator[Text]:
    """Yield docstrings and messages: strings with more than one word, parts of f-strings, words passed to SPEAKERS."""
    skip: set[int] = set()
    single: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Expr) and is_string(node.value):
            skip.add(id(node.value))
            yield Text(node.value.lineno, node.value.value)
        elif isinstance(node, ast.JoinedStr):
            skip.update(id(value) for value in node.values)
            pieces = (value.value if is_string(value) else "{}" for value in node.values)
            if id(node) not in skip:
                yield from literal(node, "".join(pieces), minimum=1)
            for value in node.values:
                if isinstance(value, ast.FormattedValue) and isinstance(value.value, ast.IfExp):
                    single.update((id(value.value.body), id(value.value.orelse)))
        elif isinstance(node, ast.Call):
            callee = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if owner == "re":
                skip.update(id(inner) for argument in arguments for inner in ast.walk(argument))
            elif callee in SPEAKERS or callee.endswith("Error"):
                single.update(map(id, arguments))
        elif isinstance(node, ast.Dict):
            skip.update(id(key) for key in node.keys if key is not None)
        elif isinstance(node, ast.Subscript):
            skip.add(id(node.slice))
    for node in nodes:
        if is_string(node) and id(node) not in skip:
            yield from literal(node, node.value, minimum=1 if id(node) in single else 2)


def is_string(node: ast.AST) -> bool:
    """Return whether a node is a string constant."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def literal(node: ast.Constant | ast.JoinedStr, text: str, *, minimum: int) -> Iterator[Text]:
    """Yield a literal if it has ``minimum`` words; for Python source its docstrings, comments and names."""
    if source := python_template(text):
        yield from (item._replace(line=node.lineno + item.line - 1) for item in python_texts(source))
        return
    words = re.findall(r"[A-Za-z]{2,}", text)
    is_prose = len(words) >= minimum and (minimum == 1 or " " in text.strip())
    if is_prose and not SQL.match(text) and not EXPRESSION.match(text):
        has_source_lines = node.end_lineno - node.lineno == text.count("\n")
        yield Text(node.lineno, text if has_source_lines else text.replace("\n", " "))


def python_template(text: str) -> str:
    """Return a literal that is Python source, placeholders filled in; else an empty string."""
    if "\n" not in text or not re.search(r"^\s*(def|class|import|from) ", text, re.MULTILINE):
        return ""
    source = re.sub(r"\$(\w+)", r"\1", text)
    try:
        ast.parse(source)
    except SyntaxError:
        return ""
    return source


def names(nodes: Sequence[ast.AST]) -> Iterator[Text]:
    """Yield every identifier where it is defined: classes, functions, arguments, variables, fields."""
    fields = {
        id(statement.target)
        for node in nodes
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
    }
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield Text(node.lineno, f"class {node.name}", node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("__"):
                yield Text(node.lineno, f"function {node.name}", node.name)
        elif isinstance(node, ast.arg):
            yield Text(node.lineno, f"argument {node.arg}", node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            is_field = id(node) in fields
            yield Text(node.lineno, f"{'field' if is_field else 'variable'} {node.id}", node.id, is_field)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield Text(node.lineno, f"attribute {node.attr}", node.attr, is_field=True)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield Text(node.lineno, f"variable {node.name}", node.name)
        elif isinstance(node, ast.alias) and node.asname:
            yield Text(node.lineno, f"import {node.asname}", node.asname)


def comments(source: str) -> Iterator[Text]:
    """Yield comments; those on consecutive lines are one text."""
    block: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or COMMENT_MARK.match(token.string):
            continue
        line, text = token.start[0], token.string.lstrip("#: ")
        if block and line != last + 1:
            yield Text(start, "\n".join(block))
            block = []
        start = start if block else line
        block.append(text)
        last = line
    if block:
        yield Text(start, "\n".join(block))


def python_texts(source: str) -> Iterator[Text]:
    """Yield what a person reads of Python source. Raises SyntaxError."""
    nodes = list(ast.walk(ast.parse(source)))
    yield from constants(nodes)
    yield from comments(source)
    yield from names(nodes)


def definitions(nodes: Sequence[ast.AST]) -> Iterator[Text]:
    """Yield the names of functions and classes."""
    return (item for item in names(nodes) if item.text.startswith(("function", "class")))


def docstrings(nodes: Sequence[ast.AST]) -> Iterator[Text]:
    """Yield the docstrings, those of fields and constants included."""
    return (
        Text(node.value.lineno, node.value.value)
        for node in nodes
        if isinstance(node, ast.Expr) and is_string(node.value)
    )


def module_texts(source: str) -> Iterator[Text]:
    """Yield what a person reads of a test module, except its data: names of functions, docstrings and comments."""
    nodes = list(ast.walk(ast.parse(source)))
    yield from definitions(nodes)
    yield from docstrings(nodes)
    yield from comments(source)


def plain_texts(source: str) -> Iterator[Text]:
    """Yield a file as one text."""
    yield Text(1, source)


def markdown_texts(source: str) -> Iterator[Text]:
    """Yield a document as one text, and the names of its Python blocks."""
    yield Text(1, source)
    for match in re.finditer(r"^```python\n(.*?)^```", source, re.MULTILINE | re.DOTALL):
        first = source.count("\n", 0, match.start(1))
        yield from (item._replace(line=first + item.line) for item in names(list(ast.walk(ast.parse(match[1])))))


def json_texts(source: str) -> Iterator[Text]:
    """Yield the sentences of the endpoint errors: titles, reasons and advice; commands and patterns are skipped."""

    content = json.loads(source)
    causes = content.get("causes", {}) if isinstance(content, dict) else {}
    advice = (cause[key] for cause in causes.values() for key in ("title", "reason", "code") if key in cause)
    for text in (text for texts in advice for text in texts):
        offset = source.find(json.dumps(text, ensure_ascii=False))
        yield Text(source.count("\n", 0, max(offset, 0)) + 1, text)


def check_file(path: Path) -> Iterator[Finding]:
    """Find forbidden words in one file, and in its own name."""
    file = path.resolve().relative_to(ROOT).as_posix() if path.resolve().is_relative_to(ROOT) else str(path)
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        texts = module_texts(source) if file.startswith("tests/") else python_texts(source)
        yield from check_text(file, Text(1, f"module {path.stem}", path.stem, is_field=True))
    else:
        texts = {".md": markdown_texts, ".json": json_texts}.get(path.suffix, plain_texts)(source)
    for item in texts:
        yield from check_text(file, item)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of paths. Folders are searched for Python, and those of the package for Markdown and JSON."""
    for path in paths:
        if path.is_file():
            yield path
        suffixes = {".py"} if ROOT / "tests" in (path.resolve(), *path.resolve().parents) else {".py", ".md", ".json"}
        yield from sorted(file for file in path.rglob("*") if file.suffix in suffixes)


def documents() -> list[Path]:
    """Return the documents outside of the package."""
    return [path for pattern in DOCUMENTS for path in sorted(ROOT.glob(pattern))]


def default_paths() -> list[Path]:
    """Return what is scanned without PATH arguments."""
    return [ROOT / "sm_imgcheck", ROOT / "tests", *documents()]


def run_command(*arguments: str) -> str:
    """Return what a command prints on standard output."""
    from sm_imgcheck.cli import main

    with redirect_stdout(io.StringIO()) as output:
        main(list(arguments))
    return output.getvalue()


def pages() -> Iterator[tuple[str, str]]:
    """Yield each rendered page with its command: the help of all commands, the list of rules, the manual of each."""
    commands: list[tuple[str, ...]] = [()]
    for command in commands:
        page = run_command(*command, "--help")
        yield " ".join(("sm-imgcheck", *command, "--help")), page
        subcommands = re.search(r"^Commands:\n((?:  .*\n)+)", page, re.MULTILINE)
        commands += (
            [(*command, name) for name in re.findall(r"^  (\S+)", subcommands[1], re.MULTILINE)] if subcommands else []
        )
    rules = run_command("rules")
    yield "sm-imgcheck rules", rules
    for code in re.findall(r"^([A-Z]{3}\d{3}) ", rules, re.MULTILINE):
        yield f"sm-imgcheck explain {code}", run_command("explain", code)


def check_pages() -> list[Finding]:
    """Find forbidden words in the rendered pages; a sentence that several pages share is reported once."""
    findings: dict[tuple[str, str], Finding] = {}
    for command, page in pages():
        rows = page.splitlines() if command == "sm-imgcheck rules" else [page]
        for line, row in enumerate(rows, 1):
            for finding in check_text(command, Text(line, row)):
                findings.setdefault((finding.word, finding.text), finding)
    return without_exceptions(findings.values())


def check(paths: Iterable[Path]) -> list[Finding]:
    """Return the findings of files and folders, by file and line."""
    return without_exceptions(sorted({finding for path in files(paths) for finding in check_file(path)}))


def floor(finding: Finding) -> str:
    """Return the folder that a finding counts for: ``sm_imgcheck/rules``, ``tests``, ``README.md``, ``pages``."""
    parts = finding.file.split("/")
    if finding.file.startswith("sm-imgcheck "):
        return "pages"
    return "/".join(parts[:2]) if parts[0] == "sm_imgcheck" else parts[0]


def counts(findings: Iterable[Finding]) -> str:
    """Return totals as two Markdown tables: by word and by folder."""
    words, folders = Counter(), Counter()
    for finding in findings:
        words[finding.word] += 1
        folders[floor(finding)] += 1
    lines = ["| word | count | plain |", "|---|---|---|"]
    lines += [f"| {word} | {count} | {WORDS[word].plain} |" for word, count in words.most_common()]
    lines += [
        "",
        "| folder | count |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in folders.most_common()),
    ]
    return "\n".join([*lines, f"| all | {sum(words.values())} |"])


def main(arguments: list[str]) -> int:
    """Print the findings of the paths, or of everything."""
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")]
    findings = check(paths or default_paths()) + ([] if paths else check_pages())
    print(counts(findings) if "--counts" in arguments else "\n".join(map(str, findings)))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
