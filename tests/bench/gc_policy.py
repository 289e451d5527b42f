"""Processor time of a short command with the garbage collector off and on, and of a run with frozen imports or not."""

from __future__ import annotations

import sys

from timing import DEMO, alternate, busy, one_core

ROUNDS = 21
COMMAND = "from sm_imgcheck.cli import main; main(['validate', {demo!r}, '-s', 'pillow-rgb-01'])"
RUN = """

from sm_imgcheck.core import gc_policy
gc_policy.start_without()
if {frozen} == 0: gc_policy.gc.freeze = lambda: None
from sm_imgcheck.cli import main
main(['validate', *[{demo!r}] * 300, '-s', 'pillow-rgb-01', '-j', '1'])
"""


def main() -> None:
    """Print both ratios."""
    one_core()
    demo = str(DEMO)
    off = "from sm_imgcheck.core import gc_policy; gc_policy.start_without(); "
    commands = [
        [sys.executable, "-c", COMMAND.format(demo=demo)],
        [sys.executable, "-c", off + COMMAND.format(demo=demo)],
        [sys.executable, "-c", RUN.format(demo=demo, frozen=0)],
        [sys.executable, "-c", RUN.format(demo=demo, frozen=1)],
    ]
    on, without, loose, frozen = map(busy, alternate(commands, rounds=ROUNDS, allowed=(0, 1)))
    print(f"short command: {on / without:.3f} times the processor time with the collector on as with it off")
    print(f"300 candidates: {loose / frozen:.3f} times the processor time with imports collected as with them frozen")


if __name__ == "__main__":
    main()
