"""How far a long run is: one line on a terminal's stderr, from the second second on."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from time import monotonic

from sm_imgcheck.engine.job import Done

__all__ = ["watched"]

_QUIET = 1.0  # seconds before the first word
_PAUSE = 0.2  # seconds between two words


def watched(records: Iterator[Done], *, quiet: bool) -> Generator[Done, None, None]:
    """Pass the records on, and count them aloud. The line is wiped away at the end and never gets into a file."""
    if quiet or not sys.stderr.isatty():
        yield from records
        return
    due, line, done, found = monotonic() + _QUIET, "", 0, 0
    try:
        for record in records:
            done, found = done + 1, found + bool(record.result.findings)
            if monotonic() >= due:
                line = f"{done:,} done, {found:,} with findings"
                sys.stderr.write(f"\r{line}")
                sys.stderr.flush()
                due = monotonic() + _PAUSE
            yield record
    finally:
        if line:
            sys.stderr.write(f"\r{' ' * len(line)}\r")
            sys.stderr.flush()
