"""``sm-imgcheck rules``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli.option_groups import one_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sm_imgcheck.rules import Rule

__all__ = ["rules"]

RANK = 8
SUMMARY = "List every check."


def rules(
    *,
    form: Annotated[
        str, typer.Option("--format", metavar="[text|json]", help="How to print.", callback=one_of("text", "json"))
    ] = "text",
) -> None:
    """List every check.

    Code, severity, name and what it finds; as JSON also its manual page and its verdict on the file.
    """
    from sm_imgcheck.rules import all_rules

    checks = all_rules().values()
    typer.echo(_as_json(checks) if form == "json" else _as_text(checks))


def _as_text(checks: Collection[Rule]) -> str:
    wide = max(len(check.name) for check in checks)
    return "\n".join(f"{check.code}  {check.severity:7}  {check.name:{wide}}  {check.title}" for check in checks)


def _as_json(checks: Collection[Rule]) -> str:
    from json import dumps

    keys = ("code", "name", "family", "severity", "verdict", "fixed_by", "title", "page", "see")
    return dumps([{key: getattr(check, key) for key in keys} for check in checks], indent=1)
