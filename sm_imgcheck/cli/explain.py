"""``sm-imgcheck explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.errors import ImgcheckError
from sm_imgcheck.escape import for_terminal

if TYPE_CHECKING:
    from sm_imgcheck.checks import Check

__all__ = ["explain"]


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Such as DTY101, or a check's name: wrong-dtype.")],
) -> None:
    """Say what a finding means.

    How it looks at an endpoint, and how to mend it in the model's code and with this tool.
    """
    from sm_imgcheck.checks import every

    checks = every()
    names = {check.name: check for check in checks.values()}
    check = checks.get(code.strip().upper()) or names.get(code.strip().lower().replace("_", "-"))
    if check is None:
        raise ImgcheckError(f"no check is called {for_terminal(code)!r}{_nearest(code, [*checks, *names])}")
    typer.echo(_page(check))


def _nearest(code: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = [*get_close_matches(code.upper(), known, 3), *get_close_matches(code.lower(), known, 2)][:3]
    return f"; the nearest: {', '.join(near)}" if near else ": sm-imgcheck rules lists them all"


def _page(check: Check) -> str:
    facts = [f"Severity: {check.severity}."]
    facts += [f"Verdict on the file: {check.verdict}."] if check.verdict else []
    facts += ["convert mends it." if check.fixed_by else "convert does not mend it."]
    parts = [f"{check.code} {check.name}: {check.title}", check.page, " ".join(facts)]
    parts += [f"Evidence: {check.see}"] if check.see else []
    return "\n\n".join(part for part in parts if part)
