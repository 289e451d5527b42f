"""The command that fixes what a run found, ready for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_imgcheck.cli.options import DEFAULT_SPEC
from sm_imgcheck.core.escape import argument

if TYPE_CHECKING:
    from sm_imgcheck.cli.invocation import Invocation

__all__ = ["code_command", "convert_command"]

_MAX_REPEATED_PATHS = 20
"""Paths that the command repeats; more than these were written by a shell's pattern."""


def convert_command(invocation: Invocation) -> tuple[str, str]:
    """The command that writes the corrected tensors of the same candidates, and its option for the output.

    With a source image that is ``validate``, which uses what the source shows of a tensor.
    """
    paths = invocation.paths if len(invocation.paths) <= _MAX_REPEATED_PATHS else []
    arguments = [f"./{path}" if path.startswith("-") and path != "-" else path for path in paths]
    source = invocation.options.source
    words = ["sm-imgcheck", "convert" if source is None else "validate"]
    words += [*map(argument, arguments), *(["PATH..."] if not paths else [])]
    words += [] if invocation.spec == DEFAULT_SPEC else ["-s", argument(invocation.spec)]
    for key, value in invocation.options.assume.items():
        words += ["--assume", argument(f"{key}={value}")]
    words += ["--allow-guess"] if invocation.options.allow_guess else []
    words += ["--allow-remote"] if invocation.assumptions.allow_remote else []
    words += [] if source is None else ["--source", argument(str(source))]
    return " ".join(words), "-o out" if source is None else "--emit out"


def code_command(invocation: Invocation) -> tuple[str, str]:
    """The command that writes a correct handler; without an option for its output."""
    from sm_imgcheck.cli.specs import load_spec
    from sm_imgcheck.features.codegen import stack_names

    stack = load_spec(invocation.spec, warn=False).payload.get("stack", "")
    words = [] if invocation.spec == DEFAULT_SPEC else ["-s", argument(invocation.spec)]
    words += ["--for", argument(stack)] if stack in stack_names() else []
    return " ".join(["sm-imgcheck", "code", *words]), ""
