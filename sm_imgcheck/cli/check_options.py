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
    """The options of a check, with ``others`` as they are. Raises BadParameter for an unknown key or code."""
    from sm_imgcheck.core.types import Options

    return Options(
        assume=_assumed(assumptions.assume),
        allow_guess=assumptions.allow_guess,
        select=() if selection is None else check_codes(selection.select),
        ignore=() if selection is None else check_codes(selection.ignore),
        **others,
    )


def _assumed(pairs: list[str] | None) -> dict[str, str]:
    """``["key=value", ...]`` as a mapping. Raises BadParameter for a key that nothing can be assumed of."""
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
    """Codes or their beginnings, separated by commas or given one by one. One that fits no check is refused."""
    wanted = tuple(word.strip().upper() for words_ in words or [] for word in words_.split(",") if word.strip())
    if words and not wanted:
        raise typer.BadParameter("--select and --ignore take codes, such as SRC or DTY101: leave the option out")
    if wanted:
        from sm_imgcheck.rules import all_rules

        known = tuple(all_rules())
        for word in wanted:
            if not any(code.startswith(word) for code in known):
                hint = nearest(word, known, cutoff=0.5) or "; sm-imgcheck rules lists all"
                raise typer.BadParameter(f"unknown rule code: {word!r}{hint}")
    return wanted
