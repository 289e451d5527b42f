"""Find words that writing rules 3, 4 and 5 forbid in everything a person reads, and British spelling.

``PYTHONPATH=. python tests/promises/language.py [PATH...]`` prints ``file:line: word: text`` and exits with 1 if there
are findings. Without PATH it scans the package, the documents, the specs, the names of the tests and the rendered pages
(``--help``, ``rules``, ``explain CODE``). ``--counts`` prints totals by word and folder, ``--table`` the words.
"""

import ast
import io
import json
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "specs/*.yaml", "sm_imgcheck/manual/*.md")

DIALECT = "private dialect"
PERSON = "programs and data are no persons"
IDIOM = "idiom: use the plain verb"
LITERARY = "literary or dated"
NEGATION = "say what it is"
TERM = "the field has a term"
NAME = "a noun for data, a verb for functions"
SPELLING = "American spelling"


class Word(NamedTuple):
    """One forbidden word: its label, all its forms, what replaces it, and why."""

    label: str
    forms: str
    plain: str
    reason: str


# fmt: off
WORDS = [Word(*row) for row in (
    # private dialect (writing rule 4)
    ("mend", r"mend(s|ed|ing|er|ers|able)?|unmend\w*", "fix, fixable", DIALECT),
    ("tell", r"tell(s|ing)?|told|untold", "report, show, identify, distinguish", DIALECT),
    ("say", r"say(s|ing)?|said|unsaid", "state, set, report, declare, print", DIALECT),
    ("ask", r"ask(s|ed|ing)?|unasked", "request, require, query", DIALECT),
    ("stand", r"(?<!a\s)stand(s|ing)?(?!-?alone)|stood", "is, are, follows, appears; stub for a stand-in", DIALECT),
    ("hold against", r"(hold|holds|held|holding)\W+(\w+\W+){0,6}?against", "check against, compare with", DIALECT),
    ("of its own", r"of ((its|his|their|your|our|my|the \w+'s|\w+s') own|ours|yours|theirs|mine)", "own, separate", DIALECT),
    ("be it", r"be it|be they", "whether", DIALECT),
    ("as it is", r"as (it|they) (came|comes?|lies?|goes?|go|is|are|was|were|does)", "unchanged, verbatim, as stored", DIALECT),
    ("whatever", r"what(so)?ever|who(so)?ever|whomever", "any; a", DIALECT),
    ("lawful", r"(un)?lawful(ly)?", "valid", DIALECT),
    ("anew", r"anew", "again", DIALECT),
    ("the way", r"((on|in|by) (the|its|their|this|that)|some other|another|no|any|other) way|the way (of|there|to|from|back|in which)"
     r"|ways? out|by ways? of|one way to", "path, method; remove it", DIALECT),
    ("in its place", r"in (its|their|his|the) place|in place of|at its place", "instead", DIALECT),
    ("beyond measure", r"beyond (all )?measure", "without limit; the limit itself", DIALECT),
    ("hire", r"hir(e|es|ed|ing)", "start_workers", DIALECT),
    ("mourn", r"mourn\w*", "handle_crash", DIALECT),
    ("nursery", r"nurser\w*|stillborn|born", "forkserver; failed start", DIALECT),
    ("hear", r"ears?|hear(s|ing|d)?|overhear\w*|heed\w*|deaf", "read, receive, detect, handle", DIALECT),
    ("story", r"story|stories|tale", "report, log, reason", DIALECT),
    ("knock", r"knock\w*", "probe, connect", DIALECT),
    ("vouch", r"vouch\w*", "take as given; assumption", DIALECT),
    ("bear out", r"(bear|bears|bearing|bore|borne)\W+(\w+\W+)?out|belie[sd]?", "agree with, contradict", DIALECT),
    ("keep the contract", r"(keep|keeps|keeping|kept)\W+(to\W+)?(the|its|this|that)\W+contracts?", "match the spec", DIALECT),
    ("the field's", r"the field's", "standard, common", DIALECT),
    ("plain decode", r"plain(ly)? decode[sd]?|decod\w+ (it )?plainly|plainly", "as decoded; default decode", DIALECT),
    ("whose", r"whose (arithmetic|resize|plain|naive|decode|cmyk|own|words)|of whose", "implementation, library", DIALECT),
    ("arithmetic", r"(other|another|same|whose|the \w+'s|\w+'s|library's|spec's) arithmetic", "implementation; numerical parity", DIALECT),
    ("guest", r"guests?", "handler process, child process", DIALECT),
    ("wish", r"wish(es|ed)?", "expected value, requirement", DIALECT),
    ("word for", r"(no|without a|a) words? (for|to)|without a word|last words|\w+'s words|in (its|their|so many|the) words|of the words?",
     "term, type name; no message; last output", DIALECT),
    ("letter by letter", r"letter by letter|to the letter|letter for letter", "exactly", DIALECT),
    # persons
    ("nobody", r"nobody|anybody|somebody|everybody|strangers?|no one|people", "passive voice, or the name of the program or user", PERSON),
    ("who", r"who|whom", "the noun: process, library, stack, caller", PERSON),
    ("speak", r"speak(s|ing)?|spoke(n)?|spokes\w+|talk(s|ed|ing)?", "indicate, suggest, support, print", PERSON),
    ("want", r"want(s|ed|ing)?", "require, expect", PERSON),
    ("know", r"know(s|ing)?|knew", "support, recognize, contain", PERSON),
    ("trust", r"trust(s|ed)?|blam(e|es|ed)|minds?|likes", "use, attribute, accept", PERSON),
    ("see", r"(?<!model\s)(sees|saw|seeing)|seen|unseen", "receive, read, observe, detect", PERSON),
    ("die", r"dies?|died|dying|dead|lives?|alive", "crash, exit, be terminated; is running", PERSON),
    ("kin", r"kin|twins?|rivals?|starved?|killer", "duplicate, alternative, related; out of memory", PERSON),
    ("remember", r"remember\w*|forg[eo]t\w*", "cache, store; omit", PERSON),
    ("judge", r"judg(e|es|ed|ing|ment|ments)|unjudged", "check, validate, evaluate", PERSON),
    ("answer", r"(un)?answer(s|ed|ing)?", "response, respond, return; result", PERSON),
    ("trouble", r"troubles?|troubled", "problem, error", PERSON),
    ("complain", r"complain\w*|mourns", "warn, warning", PERSON),
    ("truth", r"truths?|honest\w*|confident falsehood", "correct value; boolean", PERSON),
    ("be sure", r"(?<!make\s)(?<!makes\s)sure(ly)?|unsure", "certain, exact, probability", PERSON),
    ("doubt", r"doubts?|doubtful", "lint warning, uncertainty", PERSON),
    ("refuse to speak", r"hung up|hangs? up|t[ao]ke?k?(s|n)? (\w+ )?calls?", "close the connection, accept", PERSON),
    # idioms
    ("takes", r"(model|server|stack|container|signature|endpoint|engine|input|type|toolkit|serving|pytorch|triton|mlflow|mlserver"
     r"|face|huggingface|spec|it|they|handler|algorithm|torchserve|one|pipeline|graph|method|option|that|what|which|class|not|who|others"
     r"|header|them|function|protocol|targets?|decoders?|names?|\w*serializer|libraries|library|and|also|only|may) takes?",
     "expect, accept, require", IDIOM),
    ("taken", r"(un)?taken|took|tak(e|es|ing) (in|off|away|for|over|up|apart|to be|back|it|part)", "assume, accept, treat as, remove", IDIOM),
    ("hand over", r"hand(s|ed|ing)?\W+((it|them|\w+)\W+)?(over|on|out|back|down|it)", "pass, return, send", IDIOM),
    ("carry out", r"carr(y|ies|ied|ying)\W+(\w+\W+)?(out|over|along)", "apply, run", IDIOM),
    ("look at", r"look(s|ed|ing)?\W+(\w+\W+)?(at|into|for|through|after|over|closer|further|no further|elsewhere)|closer look|overlook\w*"
     r"|(not|is|are|be) looked", "read, inspect, check, search", IDIOM),
    ("make of", r"(make|makes|made|making)\W+(\w+\W+){0,2}?(of|out of)", "create from, build from", IDIOM),
    ("come", r"(come|comes|came|coming)(?! (from|with|first|last|before|after)\b)", "is, arrive, return, follow", IDIOM),
    ("go", r"(go|goes|going|went|gone)(?!\s+(to the next|through))", "run, continue, is missing, is passed", IDIOM),
    ("lead", r"(lead|leads|leading|led) (to|from|there|elsewhere|out|outside|somewhere|nowhere|in)", "resolve to, produce", IDIOM),
    ("lie", r"lies?|lay|lain|lying", "is, are, is stored", IDIOM),
    ("leave out", r"(leave|leaves|left|leaving)\W+((it|them|\w+)\W+){0,2}?(out|alone|behind)|such leave", "omit, skip, keep, permission", IDIOM),
    ("rest on", r"rest(s|ed|ing)? (on|upon|with)", "rely on, depend on", IDIOM),
    ("give up", r"(give|gives|gave|given|giving)\W+(\w+\W+)?(up|away|back)", "time out, stop, release, return", IDIOM),
    ("find out", r"(find|finds|found|finding) (\w+ )?out", "determine", IDIOM),
    ("break off", r"br(eak|eaks|oke|oken|eaking) off|cut (off|short|up|away)|cuts (off|up)", "end, truncate, interrupt", IDIOM),
    ("bring", r"(bring|brings|brought|bringing) (\w+ )?(back|down|to|up|about)", "restore, crash, resize", IDIOM),
    ("settle", r"settl(e|es|ed|ing)|serves? for", "resolve, decide", IDIOM),
    ("let go", r"lets? (go|be)|to let", "release", IDIOM),
    ("is there", r"(is|are|was|were|be|not|already|stays?|what) there(?! (a|an|any|no|is|are)\b)", "exists, is present, is available", IDIOM),
    ("by itself", r"(all )?by (itself|themselves|oneself)|in itself", "alone, separately, automatically", IDIOM),
    ("at a glance", r"at a glance|glances?|at fault|no fault of|of fault|at its worst", "quickly; cause", IDIOM),
    ("out of reach", r"out of (reach|sight|all proportion|hand|the question)", "unreachable; the exact fact", IDIOM),
    ("now and then", r"now and then|again and again|over and over|for ever|half\W?way|in vain|next to nothing|as good as|time and again",
     "state the count or condition", IDIOM),
    ("all the same", r"all the same|just the same|none the (worse|wiser)", "also, anyway, still", IDIOM),
    ("at once", r"at once", "immediately, together", IDIOM),
    ("meant", r"(is|was|were|are|be|as you|not|what) meant", "intended", IDIOM),
    ("made up", r"made up|makes? sense|put(s|ting)? together|falls? back", "forge, parse, combine, default to", IDIOM),
    ("to be had", r"(to|cannot|can) be had|be rid of|rid of|wants? of", "is available, remove", IDIOM),
    # literary
    ("whole", r"wholes?|wholly", "complete, entire; integer", LITERARY),
    ("beside", r"besides?|beneath|upon|thereof|whence|lest|hither|thither|naught|nowhere", "next to, in addition to, under", LITERARY),
    ("merely", r"merely|hardly|scarcely|rightly|rather|mostly likely|seldom|likewise", "only, rarely, correctly", LITERARY),
    ("but for", r"but for|nothing but|all but|anything but|none but|but (a|an|one|two|the|by)", "except, only", LITERARY),
    ("need not", r"needs? (not|no)", "does not have to, works without", LITERARY),
    ("apart", r"apart", "difference, distance", LITERARY),
    ("exchanged", r"exchang(e|es|ed|ing)", "swap", LITERARY),
    ("so many", r"so (many|much|few)", "this many; the number", LITERARY),
    ("some N", r"some (\d[\d,.]*|two|three|ten|twenty|fifty|dozens?|hundreds?|thousands?)", "about N", LITERARY),
    ("the one that", r"the (very )?ones? (that|which|of|in|with|whose|to|for|and|as|below|above)|of the (one|other)|the (one|other)s?(?=[,.;:])",
     "repeat the noun", LITERARY),
    ("and the like", r"(and|or) (the like|such)", "list them", LITERARY),
    ("the very", r"the very \w+|this very", "the same", LITERARY),
    ("yet another", r"anyhow|somehow|otherwise than|or other|in truth|in turns?|its turn|each in turn", "remove it", LITERARY),
    # terms of the field
    ("picture", r"(?<!-)(pictures?|pictured|pictorial)", "image; preview", TERM),
    ("turn", r"(un)?turn(s|ed|ing)?(?! (on|off)\b)|upright", "rotate, rotation, EXIF orientation; become", TERM),
    ("place", r"(a|the|remote|no|one|same|this|that|which|their|its|each|every|all|first|another|private|names|what) places?(?! value)"
     r"|places (that|of|are|in|whole|where)", "location, path, URI", TERM),
    ("numbers", r"(by|of|in) (its|the|their) numbers|numbers alone|no numbers|not numbers|are numbers|whole numbers?|these numbers",
     "values; non-numeric; integers", TERM),
    ("inks", r"inks?|printing press", "CMYK", TERM),
    ("hostile", r"hostile|harmless(ly)?", "untrusted, safe", TERM),
    ("batch axis", r"batch[ -]axis", "batch dimension", TERM),
    ("time-out", r"time-outs?", "timeout", TERM),
    ("bomb", r"(pixel|text|tensor)[ -]bombs?", "decompression bomb", TERM),
    ("in silence", r"in silence|silent(?= (cast|change))", "silently, without an error", TERM),
    ("text twice", r"document twice|stands? twice", "duplicate key", TERM),
    ("looks like", r"desks?|tickets?|heaps?|stopgap|wip(e|ed|es)|spoil(s|ed)?|pour(s|ed)?|trip(s|ped)? over|curiosity|lop(s|ped)?",
     "the technical noun or verb", TERM),
    ("unwanted", r"unwanted|needed|needless", "unexpected, required", TERM),
    # say what it is (writing rule 3)
    ("is no", r"(is|are|was|were|be|been|being|it) (no|none)\b(?! (longer|more|larger|smaller|less|fewer|greater|later)\b)",
     "missing X, not an X, invalid X", NEGATION),
    ("nothing", r"(?<!do\s)(?<!does\s)(?<!did\s)nothing", "name the thing: no finding, no file, empty", NEGATION),
    # spelling
    ("-our", r"\w*(colou|behaviou|favou|honou|neighbou|flavou|labou|harbou|vapou|humou)r\w*", "-or", SPELLING),
    ("-re", r"\w*cent(re|red|res|ring)|metres?|litres?|fibres?|calibre|theatre", "-er", SPELLING),
    ("grey", r"grey\w*", "gray", SPELLING),
    ("-ise", r"\w+[a-z](?<!w)is(e|es|ed|ing|er|ers|ation|ations)", "-ize", SPELLING),
    ("-ll-", r"\w*(cancell|labell|modell|travell|signall|channell|levell|fuell|totall|initiall)(ed|ing|er|ers)", "one l", SPELLING),
    ("British", r"licences?|defences?|judgements?|artefacts?|programmes?|whilst|amongst|analys(e|ed|es|ing)|spelt|learnt|burnt|per cent|maths",
     "license, defense, artifact, program, while, among, analyze, percent", SPELLING),
)]
NAMES = [Word(*row) for row in (
    ("one", r"_?ones?", "the noun of the element: finding, rule, path", NAME),
    ("of", r"_?of", "total, parent", NAME),
    ("how", r"_?how", "options, mode, method", NAME),
    ("what", r"_?what", "source, value, subject, detail", NAME),
    ("who", r"_?(who|whom|whose)", "the noun: subject, owner, actor", NAME),
    ("why", r"_?why", "reason", NAME),
    ("participle", r"_?(asked|told|done|made|seen|found|kept|said|given|known|wanted|taken|held|shown|drawn|written|sent|lost|meant|begun"
     r"|gone|caught|chosen|hidden|broken|spoken|unread|undone|unsaid|thrown|forgotten|borne|brought|laid|spread|unspoken"
     r"|(?!\w*eed$)[a-z]{2,}ed)", "a noun: findings, message, result, expected, header, count", NAME),
)]
NOT_PARTICIPLES = {
    "skipped", "truncated", "quantized", "expected", "emitted", "shared", "signed", "unsigned", "nested", "embed", "red", "bed", "shed",
    "hundred", "sorted", "reversed", "sled", "led",
}
"""Nouns, and established terms of the field."""
NOT_BRITISH = re.compile(
    r"(?i)\w*(ra|no|pra|bru|cru|a|ma|ti|ar|r|pr|w|co|to|po)is\w+|\w*(prom|prec|prem|exerc|adv|rev|dev|surpr|conc|pairw|expert|compr|"
    r"superv|improv|parad|enterpr|comprom|disgu|dem|exc|inc|tre?at|franch|telev|merchand|appra|lia|cuis|w|r|m|v)is(e|es|ed|ing|er|ers)"
)
"""Words in -ise that are American too: noise, raise, promise, otherwise."""
# fmt: on

EXCEPTIONS: tuple[tuple[str, str, str], ...] = (
    ("sm_imgcheck/features/pictures/*", "picture", "the design's name for the drawn overview that --picture writes"),
    ("sm_imgcheck/cli/picture_options.py", "picture", "the option is --picture"),
    ("draw*", "picture", "identifiers of the same overview"),
)
"""File or identifier (patterns of fnmatch), word, reason. A word here is allowed there."""

SPEAKERS = {"echo", "secho", "print", "finding", "Rule", "Word", "Option", "Argument", "BadParameter", "write", "Typer"}
SQL = re.compile(r"\s*(CREATE|SELECT|INSERT|UPDATE|DELETE|PRAGMA|BEGIN|COMMIT)\b")
EXPRESSION = re.compile(r"\(\?|\\[bdswWSD.]|\[\^|\.\*|\^")
CODE_SPAN = re.compile(r"``[^`]+``|`[^`\n]+`|https?://[^\s)>\"']+|(?<=\])\([^)\s]*\)|^```\w*$", re.MULTILINE)
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
    """Something a person reads. names: which whole-name rules apply; empty for prose."""

    line: int
    text: str
    name: str = ""
    is_field: bool = False


def compile_words(words: Iterable[Word]) -> dict[str, re.Pattern[str]]:
    r"""Return patterns by label. A space in ``forms`` matches any whitespace, so a line break does not hide a phrase."""
    return {word.label: re.compile(rf"\b(?:{word.forms.replace(' ', chr(92) + 's+')})\b", re.IGNORECASE) for word in words}


PATTERNS = compile_words(WORDS)
NAME_PATTERNS = compile_words(NAMES)
ANY = re.compile("|".join(f"(?:{pattern.pattern})" for pattern in PATTERNS.values()), re.IGNORECASE)


def hide_code(text: str) -> str:
    """Replace code spans and addresses by underscores of the same length."""
    return CODE_SPAN.sub(lambda match: re.sub(r"[^\n]", "_", match[0]), text)


def sentence(text: str, start: int) -> str:
    """Return the sentence around an offset, on one line, at most 160 characters."""
    before = max(text.rfind(mark, 0, start) + len(mark) for mark in (". ", "\n\n", ".\n", "\n* ", "\n| ", "  [", "|"))
    before = max(0, before) if any(mark in text[:start] for mark in (". ", "\n\n", ".\n", "\n* ", "\n| ", "  [", "|")) else 0
    after = min((at for mark in (". ", "\n\n", ".\n", "\n* ", " |") if (at := text.find(mark, start)) >= 0), default=len(text))
    if start - before > 100:
        before = text.find(" ", start - 100) + 1
    line = " ".join(text[before : after + 1].split())
    return line if len(line) <= 160 else line[:157] + "..."


def is_allowed(file: str, label: str, identifier: str) -> bool:
    """Return whether an exception covers this file or identifier."""
    return any(label == word and (fnmatch(file, at) or fnmatch(identifier, at)) for at, word, _ in EXCEPTIONS)


def check_text(file: str, item: Text) -> Iterator[Finding]:
    """Find forbidden words in one text, or in the words of one identifier."""
    prose = " ".join(split_identifier(item.name)) if item.name else hide_code(item.text)
    if ANY.search(prose):
        for label, pattern in PATTERNS.items():
            for match in pattern.finditer(prose):
                if label == "-ise" and NOT_BRITISH.fullmatch(match[0]):
                    continue
                if not is_allowed(file, label, item.name):
                    line = item.line if item.name else item.line + prose.count("\n", 0, match.start())
                    yield Finding(file, line, label, item.text if item.name else sentence(item.text, match.start()))
    for label, pattern in NAME_PATTERNS.items() if item.name else ():
        bare = item.name.strip("_").lower()
        exempt = label == "participle" and (item.is_field or bare in NOT_PARTICIPLES)
        if pattern.fullmatch(item.name.rstrip("_").lower()) and not exempt and not is_allowed(file, label, item.name):
            yield Finding(file, item.line, label, item.text)


def split_identifier(name: str) -> list[str]:
    """Return the words of an identifier: ``HandlerAnswer`` -> handler, answer; ``go_on`` -> go, on."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def constants(tree: ast.AST) -> Iterator[Text]:
    """Yield docstrings and messages: strings with more than one word, parts of f-strings, words passed to SPEAKERS."""
    skip: set[int] = set()
    single: set[int] = set()
    for node in ast.walk(tree):
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
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if owner == "re":
                skip.update(id(inner) for argument in arguments for inner in ast.walk(argument))
            elif called in SPEAKERS or called.endswith("Error"):
                single.update(map(id, arguments))
        elif isinstance(node, ast.Dict):
            skip.update(id(key) for key in node.keys if key is not None)
        elif isinstance(node, ast.Subscript):
            skip.add(id(node.slice))
    for node in ast.walk(tree):
        if is_string(node) and id(node) not in skip:
            yield from literal(node, node.value, minimum=1 if id(node) in single else 2)


def is_string(node: ast.AST) -> bool:
    """Return whether a node is a string constant."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def literal(node: ast.Constant | ast.JoinedStr, text: str, *, minimum: int) -> Iterator[Text]:
    """Yield a literal if it is prose of so many words; of Python source its docstrings, comments and names."""
    if re.search(r"^\s*(def|class|import|from) ", text, re.MULTILINE) and "\n" in text:
        source = re.sub(r"\$(\w+)", r"\1", text)
        try:
            yield from (item._replace(line=node.lineno + item.line - 1) for item in python_texts(source))
            return
        except SyntaxError:
            pass
    words = re.findall(r"[A-Za-z]{2,}", text)
    if len(words) >= minimum and (minimum == 1 or " " in text.strip()) and not SQL.match(text):
        if not (EXPRESSION.search(text) and not re.search(r"[a-z] [a-z]", text)) and not text.startswith("(?"):
            lines_match = node.end_lineno - node.lineno == text.count("\n")
            yield Text(node.lineno, text if lines_match else text.replace("\n", " "))


def names(tree: ast.AST) -> Iterator[Text]:
    """Yield every identifier where it is defined: classes, functions, arguments, variables, fields."""
    fields = {
        id(statement.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
    }
    for node in ast.walk(tree):
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
        elif isinstance(node, ast.ExceptHandler | ast.alias) and (name := getattr(node, "name" if isinstance(node, ast.ExceptHandler) else "asname", None)):
            yield Text(node.lineno, f"variable {name}", name)


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
    tree = ast.parse(source)
    yield from constants(tree)
    yield from comments(source)
    yield from names(tree)


def test_names(source: str) -> Iterator[Text]:
    """Yield the names of functions and classes of a test module."""
    return (item for item in names(ast.parse(source)) if item.text.startswith(("function", "class")))


def markdown_texts(source: str) -> Iterator[Text]:
    """Yield a document as one text, and the names of its Python blocks."""
    yield Text(1, source)
    for match in re.finditer(r"^```python\n(.*?)^```", source, re.MULTILINE | re.DOTALL):
        first = source.count("\n", 0, match.start(1))
        yield from (item._replace(line=first + item.line) for item in names(ast.parse(match[1])))


def json_texts(source: str) -> Iterator[Text]:
    """Yield the sentences of the endpoint errors: titles, reasons and advice; commands and patterns are skipped."""

    def sentences(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from sentences(inner) if key in {"causes", "title", "why", "code"} or isinstance(inner, dict) else ()
        elif isinstance(value, list):
            yield from (inner for inner in value if isinstance(inner, str))

    for text in sentences(json.loads(source)):
        at = source.find(json.dumps(text, ensure_ascii=False))
        yield Text(source.count("\n", 0, max(at, 0)) + 1, text)


def check_file(path: Path) -> Iterator[Finding]:
    """Find forbidden words in one file, and in its own name."""
    file = path.resolve().relative_to(ROOT).as_posix() if path.resolve().is_relative_to(ROOT) else str(path)
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        texts = test_names(source) if file.startswith("tests/") else python_texts(source)
        yield from check_text(file, Text(1, f"module {path.stem}", path.stem, is_field=True))
    else:
        texts = {".md": markdown_texts, ".json": json_texts}.get(path.suffix, lambda text: [Text(1, text)])(source)
    for item in texts:
        yield from check_text(file, item)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of paths: folders are searched for Python, Markdown and JSON."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in {".py", ".md", ".json"} and "golden" not in file.parts)
        elif path.is_file():
            yield path


def default_paths() -> list[Path]:
    """Return what is scanned without PATH arguments."""
    documents = [path for pattern in DOCUMENTS for path in sorted(ROOT.glob(pattern))]
    return [ROOT / "sm_imgcheck", ROOT / "tests", *(path for path in documents if "sm_imgcheck" not in path.parts)]


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
        listed = re.search(r"^Commands:\n((?:  .*\n)+)", page, re.MULTILINE)
        commands += [(*command, name) for name in re.findall(r"^  (\S+)", listed[1], re.MULTILINE)] if listed else []
    rules = run_command("rules")
    yield "sm-imgcheck rules", rules
    for code in re.findall(r"^([A-Z]{3}\d{3}) ", rules, re.MULTILINE):
        yield f"sm-imgcheck explain {code}", run_command("explain", code)


def check_pages() -> list[Finding]:
    """Find forbidden words in the rendered pages; a sentence that several pages share is reported once."""
    findings: dict[tuple[str, str], Finding] = {}
    for command, page in pages():
        for item in [Text(1, page)] if command != "sm-imgcheck rules" else [Text(i, row) for i, row in enumerate(page.splitlines(), 1)]:
            for finding in check_text(command, item):
                findings.setdefault((finding.word, finding.text), finding)
    return list(findings.values())


def check(paths: Iterable[Path]) -> list[Finding]:
    """Return the findings of files and folders, by file and line."""
    return sorted({finding for path in files(paths) for finding in check_file(path)})


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
    plain = {word.label: word.plain for word in (*WORDS, *NAMES)}
    lines = ["| word | count | plain |", "|---|---|---|"]
    lines += [f"| {word} | {count} | {plain[word]} |" for word, count in words.most_common()]
    lines += ["", "| folder | count |", "|---|---|", *(f"| {name} | {count} |" for name, count in folders.most_common())]
    return "\n".join([*lines, f"| all | {sum(words.values())} |"])


def main(arguments: list[str]) -> int:
    """Print the findings of the paths, or of everything."""
    if "--table" in arguments:
        print("\n".join(f"{word.label}: {word.plain} ({word.reason})" for word in (*WORDS, *NAMES)))
        return 0
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")]
    findings = check(paths or default_paths()) + ([] if paths else check_pages())
    print(counts(findings) if "--counts" in arguments else "\n".join(map(str, findings)))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
