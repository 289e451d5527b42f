"""How long the commands take to start, against the imports that they cannot do without."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import gettempdir

from timing import DEMO, TOOL, alternate, busy, claim, middle, one_core

LIMIT, LIGHT_LIMIT, MESSAGE_LIMIT = 1.2, 1.25, 1.7
"""Times the bare imports; the second for commands that read no image. An error message is compared with all known ones:
the compilation of their 70 expressions, which no cache outlives, is most of the time."""
LIGHT = [["--version"], ["--help"], ["rules"], ["explain", "SRC101"]]


def report(baseline: str, commands: list[list[str]], limit: float, *, rounds: int = 15) -> None:
    """Print a claim for each command, by processor time."""
    first, *rest = alternate(
        [[sys.executable, "-c", baseline], *([TOOL, *command] for command in commands)], rounds=rounds, allowed=(0, 1)
    )
    for command, costs in zip(commands, rest, strict=True):
        ratio = busy(costs) / busy(first)
        measured = (
            f"{middle(costs) * 1000:.0f} ms against {middle(first) * 1000:.0f} ms of `{baseline}`, {ratio:.2f} times in"
            f" processor time ({middle(costs) / middle(first):.2f} by the clock)"
        )
        claim(
            f"start-up of `{' '.join(Path(word).name for word in command[:2])}`",
            measured,
            f"at most {limit} times",
            holds=ratio <= limit,
        )


if __name__ == "__main__":
    one_core()
    os.chdir(gettempdir())  # the pyproject.toml of this project names sm-imgcheck, so that it is parsed
    report("import typer", LIGHT, LIGHT_LIMIT)
    report("import typer", [["explain", "Unsupported Media Type: image/jpeg"]], MESSAGE_LIMIT)
    report("import typer, yaml, numpy, PIL.Image", [["validate", str(DEMO), "-s", "pillow-rgb-01"]], LIMIT, rounds=21)
