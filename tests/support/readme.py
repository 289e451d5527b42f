"""The README's blocks: what they are, running them, and writing their outputs again
(``python tests/support/readme.py``).

A fenced block is run by its language, in order, in one folder that holds ``barn.jpg``, as a reader would do it:

* ``console``: lines after ``$ `` are commands, what follows each is its output, which has to be current;
* ``sh``: commands that have to succeed;
* ``python``: a script that has to succeed;
* ``yaml``: a spec without problems;
* ``text``, ``json``: shown, never run.

A comment before a block changes that: ``<!-- file: NAME -->`` writes the block to NAME as well,
``<!-- not run: WHY -->`` leaves it alone. Between ``<!-- presets -->`` and ``<!-- end -->`` stands a table that is made
from ``specs/``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from sm_imgcheck.core.frozen import frozen

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(
    r"(?:<!-- (?P<word>file|not run): (?P<value>[^>]*?) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PRESETS = re.compile(r"(?<=<!-- presets -->\n).*?(?=<!-- end -->)", re.DOTALL)


@frozen
class Block:
    """One fenced block."""

    kind: str
    body: str
    line: int
    """Of the README, counted from 1, where the body starts."""
    file: str = ""
    not_run: str = ""


def blocks(text: str) -> list[Block]:
    """Every fenced block, in order."""
    found = []
    for match in BLOCK.finditer(text):
        note = {"file": "file", "not run": "not_run"}.get(match["word"] or "")
        line = text.count("\n", 0, match.start("body")) + 1
        found.append(
            Block(kind=match["kind"], body=match["body"], line=line, **({note: match["value"]} if note else {}))
        )
    return found


def call(command: list[str], folder: Path) -> tuple[int, str]:
    """Exit code and everything printed, with the installed command first on the path and no terminal."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    # Measuring coverage would double the time of each command; other tests cover the same lines.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    env = clean | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def console(body: str, folder: Path) -> str:
    """The block with the outputs that its commands have now."""
    lines = [line for line in body.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{call(['sh', '-c', line[2:]], folder)[1]}" for line in lines)


def run(block: Block, folder: Path) -> str:
    """The block's body as it should read. Raises AssertionError for a block that does not work."""
    if block.file:
        (folder / block.file).write_text(block.body, encoding="utf-8")
    if block.not_run or block.kind in {"text", "json"}:
        return block.body
    if block.kind == "console":
        return console(block.body, folder)
    script = folder / f"block-{block.line}.{block.kind}"
    script.write_text(block.body, encoding="utf-8")
    commands = {
        "sh": ["sh", "-eu", str(script)],
        "python": [sys.executable, "-W", "error", str(script)],
        "yaml": ["sm-imgcheck", "spec", "lint", str(script)],
    }
    code, output = call(commands[block.kind], folder)
    script.unlink()
    assert code == 0, f"README.md line {block.line}: exit code {code}\n{output}"
    return block.body


def presets() -> str:
    """The table of shipped specs, by name."""
    rows = ["| preset | what the model takes |", "|---|---|"]
    for path in sorted((ROOT / "specs").glob("*.yaml"), key=lambda path: path.stem):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        rows.append(f"| [`{path.stem}`](specs/{path.name}) | {spec['description']} |")
    return "\n".join(rows) + "\n"


def current(text: str) -> str:
    """The README as it should read today."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "tests" / "demo" / "barn.jpg", folder)
        bodies = iter([run(block, folder) for block in blocks(text)])

    def fill(match: re.Match[str]) -> str:
        return match[0].replace(match["body"] + "```", next(bodies) + "```")

    return PRESETS.sub(lambda _: presets(), BLOCK.sub(fill, text))


if __name__ == "__main__":
    README.write_text(current(README.read_text(encoding="utf-8")), encoding="utf-8")
