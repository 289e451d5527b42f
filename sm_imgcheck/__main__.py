"""``python -m sm_imgcheck``, and the command ``sm-imgcheck``."""

from __future__ import annotations

import sys

from sm_imgcheck.cli import main as run

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
