"""``python -m sm_imgcheck``, and the command ``sm-imgcheck``."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from sm_imgcheck.core import gc_policy, own_process

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:  # until the command line handles this: while it is imported
        code = 130
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            _flush(stream)
    gc_policy.end_without()
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    gc_policy.start_without()
    own_process.claim()
    from sm_imgcheck.cli import main as run
    from sm_imgcheck.cli.signals import TerminationSignal, exit_code_of_signal, listen

    code = 0
    with suppress(TerminationSignal):
        listen()
        code = run(arguments)
    return exit_code_of_signal() or code


def _flush(stream: TextIO) -> None:
    """Flush a stream; output that cannot be written any more, after that was reported, is dropped.

    Without this, the interpreter tries again at its end, prints a warning, and exits with 120.
    """
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
