"""How long the commands take to start, against the imports that they cannot do without."""

from __future__ import annotations

import sys
from pathlib import Path

from timing import DEMO, TOOL, alternate, busy, claim, middle, one_core

LIMIT = 1.3
"""Times the bare imports."""
LIGHT = [["--version"], ["--help"], ["rules"], ["explain", "SRC101"], ["explain", "Unsupported Media Type: image/jpeg"]]


def report(baseline: str, commands: list[list[str]], *, rounds: int = 15) -> None:
    """Print a claim for each command."""
    first, *rest = alternate(
        [[sys.executable, "-c", baseline], *([TOOL, *command] for command in commands)], rounds=rounds, allowed=(0, 1)
    )
    for command, costs in zip(commands, rest, strict=True):
        ratio = middle(costs) / middle(first)
        measured = (
            f"{middle(costs) * 1000:.0f} ms against {middle(first) * 1000:.0f} ms of `{baseline}`, {ratio:.2f} times"
            f" ({busy(costs) / busy(first):.2f} in processor time)"
        )
        claim(
            f"start-up of `{' '.join(Path(word).name for word in command[:2])}`",
            measured,
            f"at most {LIMIT} times",
            holds=ratio <= LIMIT,
        )


if __name__ == "__main__":
    one_core()
    report("import typer", LIGHT)
    report("import typer, yaml, numpy, PIL.Image", [["validate", str(DEMO), "-s", "pillow-rgb-01"]])
