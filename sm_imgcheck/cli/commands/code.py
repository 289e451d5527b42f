"""``sm-imgcheck code``."""

from __future__ import annotations

from typing import Annotated

import typer

from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.option_signatures import group_options, one_of
from sm_imgcheck.serving.stacks import STACKS

__all__ = ["code"]

RANK = 5
SUMMARY = "Write the preprocessing as a standalone Python module."

_STACKS = tuple(name for name in STACKS.names() if STACKS[name].handler)


@group_options
def code(
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    stack: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="STACK",
            help=f"Add the functions that this serving stack calls. One of {', '.join(_STACKS)}.",
            callback=one_of(*_STACKS),
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--output", "--out", "-o", metavar="FILE", help="File to write. Default: standard output (-)."),
    ] = None,
    force: common.Force = False,
) -> None:
    """Write the preprocessing as a standalone Python module.

    The module handles any image, applies every policy of the spec, and does not import this package. It defines
    preprocess(body: bytes) -> ndarray from the source code of the functions that convert runs.

    The module runs on Python 3.8 and later with NumPy and Pillow, and with OpenCV where the spec decodes or resizes
    with it.
    """
    from sm_imgcheck.cli.output_paths import write_text_output
    from sm_imgcheck.cli.specs import load_spec
    from sm_imgcheck.features.codegen import to_python

    write_text_output(to_python(load_spec(spec), stack), out, force=force, sources=[spec])
