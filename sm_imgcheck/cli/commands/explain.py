"""``sm-imgcheck explain``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import manual
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.option_signatures import group_options
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal

if TYPE_CHECKING:
    from sm_imgcheck.rules import Rule
    from sm_imgcheck.rules.endpoint_errors import Explanation

__all__ = ["EXITS", "explain"]

RANK = 7
SUMMARY = "Explain a rule, an endpoint's error message or a topic."

EXITS = "Exit codes: 0 explained; 1 the text was not recognized; 2 usage, or no rule has that code."

_CHUNK = 1 << 20
_LONGEST = 80
"""Characters of a name in an error."""


@group_options
def explain(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="CODE|TEXT|TOPIC|-",
            help="The code or name of a rule (DTY101, wrong-dtype); an error message, in quotes; - for standard input, "
            "such as a whole log; a page of the manual: "
            f"{', '.join(topic for topic in manual.topics() if not topic.startswith('rules-'))}, or rules-FAMILY.",
            show_default=False,
        ),
    ],
    *,
    report: common.ReportOptions,
) -> None:
    """Explain a rule, an endpoint's error message or a topic.

    For a rule: its symptoms at an endpoint and its fix. For an error message or a log: the causes, the most specific
    first; the fix in the model's code and with this tool; the rule that finds it before the request is sent.
    """
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.report.explain import ExplainContent, ManualPage

    text = " ".join(words)
    results: list[Rule | Explanation | ManualPage]
    if topics := manual.parts(text):
        results = [ManualPage(topic=topic, page=manual.read(topic)) for topic in topics]
    elif _one_word(text) and (check := _check(text)):
        results = [check]
    else:
        from sm_imgcheck.rules.endpoint_errors import explain_text

        results = [*explain_text(*(_standard_input() if text == "-" else (text,)))]
    if not results and _one_word(text):
        name = for_terminal(text[:_LONGEST] + ("..." if len(text) > _LONGEST else ""))
        raise ImgcheckError(f"no rule or topic has the name '{name}'{_nearest(text)}")
    print_report(ExplainContent(), report, results)
    if not results:
        raise typer.Exit(1)


def _one_word(text: str) -> bool:
    """Return whether a text can be a code. Other texts are not compared with the rules: importing them needs 40 ms."""
    return text != "-" and len(text.split()) < 2


def _standard_input() -> tuple[str, int]:
    """Return the end of standard input, within the limit, and the number of its first line; memory stays bounded."""
    from sm_imgcheck.rules.endpoint_errors import LIMIT

    tail, first = b"", 1
    while chunk := sys.stdin.buffer.read(_CHUNK):
        tail += chunk
        if len(tail) > LIMIT:
            first += tail.count(b"\n", 0, len(tail) - LIMIT)
            tail = tail[-LIMIT:]
    return tail.decode("utf-8", errors="replace"), first


def _check(word: str) -> Rule | None:
    from sm_imgcheck.rules import all_rules

    word = word.strip()
    names = {check.name: check for check in all_rules().values()}
    return all_rules().get(word.upper()) or names.get(word.lower().replace("_", "-"))


def _nearest(word: str) -> str:
    from difflib import get_close_matches

    from sm_imgcheck.rules import all_rules

    names = [*all_rules(), *(check.name for check in all_rules().values()), *manual.topics()]
    near = [*get_close_matches(word.upper(), names, 3), *get_close_matches(word.lower(), names, 2)][:3]
    lists = "sm-imgcheck rules lists the rules, sm-imgcheck explain --help the topics"
    return f"; the nearest: {', '.join(near)}" if near else f"; {lists}"
