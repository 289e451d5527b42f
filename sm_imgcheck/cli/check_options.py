"""The options of a check from the words of a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.suggestions import nearest

if TYPE_CHECKING:
    from sm_imgcheck.cli.options import AssumptionOptions, SelectionOptions
    from sm_imgcheck.core.types import Options

__all__ = ["check_codes", "check_options"]


def check_options(assumptions: AssumptionOptions, selection: SelectionOptions | None = None, **others: Any) -> Options:
    """The options of a check, with ``others`` unchanged. Raises BadParameter for an unknown key or code."""
    from sm_imgcheck.core.types import Options

    select = () if selection is None else check_codes(selection.select)
    ignore = () if selection is None else check_codes(selection.ignore)
    if select and all(code.startswith(ignore) for code in select):
        raise typer.BadParameter("--select and --ignore: got the same codes, no rule is left")
    return Options(
        assume=_parse_assumptions(assumptions.assume),
        allow_guess=assumptions.allow_guess,
        select=select,
        ignore=ignore,
        **others,
    )


def _parse_assumptions(pairs: list[str] | None) -> dict[str, str]:
    """``["key=value", ...]`` as a mapping. Raises BadParameter for an unknown key."""
    from sm_imgcheck.core.assumptions import validate_assumptions

    assumptions: dict[str, str] = {}
    for pair in pairs or []:
        key, separator, value = pair.partition("=")
        if not separator or not value:
            raise typer.BadParameter(f"{pair!r} is not KEY=VALUE, such as channel_order=BGR or value_range=0,1")
        assumptions[key] = value
    try:
        return dict(validate_assumptions(assumptions))
    except ImgcheckError as error:
        raise typer.BadParameter(str(error)) from None


def check_codes(words: list[str] | None) -> tuple[str, ...]:
    """Return codes or their beginnings, given as such or as names of rules, separated by commas or one by one.

    Raises BadParameter for a code that fits no rule.
    """
    texts = [word.strip() for words_ in words or [] for word in words_.split(",") if word.strip()]
    if words and not texts:
        raise typer.BadParameter("--select and --ignore: got no code, expected codes such as SRC or DTY101")
    if not texts:
        return ()
    from sm_imgcheck.rules import all_rules

    rules = all_rules()
    by_name = {rule.name: code for code, rule in rules.items()}
    if [text.upper() for text in texts] == ["ALL"]:
        return tuple(dict.fromkeys(rule.family for rule in rules.values()))
    return tuple(by_name.get(text.lower()) or _check_code(text.upper(), tuple(rules)) for text in texts)


def _check_code(text: str, codes: tuple[str, ...]) -> str:
    if any(code.startswith(text) for code in codes):
        return text
    hint = nearest(text, codes, cutoff=0.5) or "; sm-imgcheck rules lists all"
    raise typer.BadParameter(f"unknown rule code: {text!r}{hint}")
