"""The options of requests, shared by ``payload`` and ``send``."""

from __future__ import annotations

from typing import Annotated

import typer

from sm_imgcheck.cli._choices import choices, one_of

__all__ = ["ContentType", "Envelope"]

_NAMES = tuple(name.replace("_", "-") for name in choices("payload"))

Envelope = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="ENVELOPE",
        help="The form of the body. Default: the spec's payload.envelope, else the best for its stack, else npy. "
        f"One of {', '.join(_NAMES)}.",
        callback=one_of(*_NAMES),
        show_default=False,
    ),
]
ContentType = Annotated[
    str,
    typer.Option(
        "--content-type", metavar="TYPE", help="Say this of the body instead of its form's own.", show_default=False
    ),
]
