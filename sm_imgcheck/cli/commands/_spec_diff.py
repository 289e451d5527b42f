"""``sm-imgcheck spec diff``."""

from __future__ import annotations

from typing import Annotated

import typer

from sm_imgcheck.cli.option_signatures import group_options, text_option
from sm_imgcheck.cli.options import ReportOptions

__all__ = ["DIFF_EXITS", "diff_specs"]

DIFF_EXITS = "Exit codes: 0 equal in effect; 1 different or not known; 2 a spec cannot be read."

_OPERAND = "A preset, a spec, or a file, folder or archive that spec import reads."


@group_options
def diff_specs(
    first: Annotated[str, typer.Argument(metavar="A", help=_OPERAND, show_default=False)],
    second: Annotated[str, typer.Argument(metavar="B", help="Compared with A: the same choices.", show_default=False)],
    *,
    source: Annotated[str, text_option("Image to measure on. Default: a built-in test image.", "IMAGE")] = "",
    prefer: Annotated[str, text_option("File that decides where files of one folder contradict.", "FILE")] = "",
    report: ReportOptions,
) -> None:
    """Compare two specs in effect, not in spelling.

    Lists the fields that differ, the largest change of pixels first, measured on an image in gray levels.
    """
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.features.spec_diff import diff_specs as compare
    from sm_imgcheck.features.spec_diff.image import BUILT_IN, built_in_image
    from sm_imgcheck.features.spec_diff.resolve import resolve_compared
    from sm_imgcheck.report.spec_diff import DiffContent

    operands = [resolve_compared(text, prefer=prefer) for text in (first, second)]
    body = _read_image(source) if source else built_in_image()
    result = compare(operands[0], operands[1], body, source or BUILT_IN)
    print_report(DiffContent(), report, [result])
    raise typer.Exit(not result.equal)


def _read_image(path: str) -> bytes:
    """Return the bytes of an image file. Raises ImgcheckError for any other file."""
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.core.types import Decode
    from sm_imgcheck.pipeline.read import read

    image = read(path, Decode(), depth="header")
    if image.problem is not None or image.header is None:
        reason = "got a tensor, expected an image" if image.problem is None else image.problem.message
        raise ImgcheckError(f"source image {for_terminal(path)}: {reason}")
    body: bytes = image.data
    return body
