"""``python -m sm_imgcheck``, and the command ``sm-imgcheck``."""

from __future__ import annotations

import gc
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    # What is imported stays: looking through it for garbage takes a twentieth of a short command. A run over many
    # candidates turns the collector on again.
    gc.disable()
    from sm_imgcheck.cli import main as run
    from sm_imgcheck.cli._signals import listen

    listen()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
