"""Blocks of the README and of the manual: parse them, run them, and update their outputs and generated parts
(``python tests/support/readme.py``).

Fenced blocks run by language, in order. Each document has its own folder, which contains ``barn.jpg``:

* ``console``: lines after ``$ `` are commands, followed by their outputs, which must be current;
* ``sh``: commands that must succeed;
* ``python``: a script that must succeed;
* ``yaml``: a spec without problems;
* ``toml``: a table ``[tool.sm-imgcheck]`` without problems;
* ``text``, ``json``: never run.

A comment before a block changes this: ``<!-- file: NAME -->`` also writes the block to NAME, ``<!-- not run: WHY -->``
skips it, ``<!-- schema: NAME -->`` validates YAML or JSON against a schema of check-jsonschema (``vendor.*``)
or of ``tests/support/schemas``. Generated: the tables between ``<!-- presets -->``, ``<!-- manual -->`` or
``<!-- families -->`` and ``<!-- end -->``, the pages ``rules-*.md``, and the image at the top of the README.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from PIL import Image

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.report.explain import rule_page
from sm_imgcheck.rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
MANUAL = ROOT / "sm_imgcheck" / "manual"
DEMO = ROOT / "tests" / "demo"
IMAGE = DEMO / "barn-bgr.png"
BLOCK = re.compile(
    r"(?:<!-- (?P<word>file|not run|schema): (?P<value>[^>]*?) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
TABLE = re.compile(r"^<!-- (presets|manual|families) -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)

MOST_LINES = 200
"""Maximum of a manual page."""
SUBJECTS = {
    "SRC": "image and tensor files",
    "SHP": "shape and layout",
    "DTY": "dtype",
    "CHN": "channels",
    "VAL": "values",
    "PIX": "pixels compared with the source image",
    "PAY": "request bodies",
    "HND": "handlers",
    "GLD": "golden tensors",
    "MDL": "the model and its predictions",
}
"""Subject of each rule family."""


@frozen
class Block:
    """One fenced block."""

    kind: str
    body: str
    line: int
    """Line of the document where the body starts, counted from 1."""
    document: str = "README.md"
    file: str = ""
    not_run: str = ""
    schema: str = ""


def blocks(text: str, document: str = "README.md") -> list[Block]:
    """Return every fenced block, in order."""
    result = []
    for match in BLOCK.finditer(text):
        note = {"file": "file", "not run": "not_run", "schema": "schema"}.get(match["word"] or "")
        line = text.count("\n", 0, match.start("body")) + 1
        notes = {note: match["value"]} if note else {}
        result.append(Block(kind=match["kind"], body=match["body"], line=line, document=document, **notes))
    return result


def call(command: list[str], folder: Path) -> tuple[int, str]:
    """Return the exit code and all output, with the installed command first on the path, and without a terminal."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    # Measuring coverage would double the time of each command; other tests cover the same lines.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    env = clean | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}
    process = subprocess.run(
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
    return process.returncode, RUN_SUMMARY.sub("", process.stdout)


RUN_SUMMARY = re.compile(r"(?m)^[\d,]+ candidates? in [\d.,]+ s: .*\n(?:  (?:by code|slowest|largest) .*\n)*")
"""What a run of more than five seconds prints to standard error: on a busy machine, any run."""


def console(body: str, folder: Path) -> str:
    """Return the block with the current outputs of its commands."""
    lines = [line for line in body.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{call(['sh', '-c', line[2:]], folder)[1]}" for line in lines)


def run(block: Block, folder: Path) -> str:
    """Return the current body of a block. Raises AssertionError for a block that fails."""
    if block.file:
        (folder / block.file).write_text(block.body, encoding="utf-8")
    if block.not_run or (block.kind in {"text", "json"} and not block.schema):
        return block.body
    if block.kind == "console":
        return console(block.body, folder)
    script = folder / f"block-{block.line}.{block.kind}"
    script.write_text(block.body, encoding="utf-8")
    commands = {
        "sh": ["sh", "-eu", str(script)],
        "python": [sys.executable, "-W", "error", str(script)],
        "yaml": ["sm-imgcheck", "spec", "lint", str(script)],
        "toml": [sys.executable, "-c", CHECK_TABLE, str(script)],
    }
    code, output = call(schema_command(block.schema, script) if block.schema else commands[block.kind], folder)
    script.unlink()
    assert code == 0, f"{block.document} line {block.line}: exit code {code}\n{output}"
    return block.body


CHECK_TABLE = """
import sys
from sm_imgcheck.cli.configuration import parse_table
assert parse_table(open(sys.argv[1], "rb").read(), "block") is not None
"""


def schema_command(name: str, script: Path) -> list[str]:
    """Return the command that validates a block; jobs of GitHub, GitLab and others have published schemas."""
    vendored = name.startswith("vendor.")
    schema = (
        ["--builtin-schema", name] if vendored else ["--schemafile", str(ROOT / f"tests/support/schemas/{name}.json")]
    )
    return ["check-jsonschema", *schema, str(script)]


def presets() -> str:
    """Return the table of presets, by name."""
    rows = ["| preset | model input |", "|---|---|"]
    for path in sorted((ROOT / "specs").glob("*.yaml"), key=lambda path: path.stem):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        rows.append(f"| [`{path.stem}`](../../specs/{path.name}) | {spec['description']} |")
    return "\n".join(rows) + "\n"


def contents() -> str:
    """Return the table of manual pages; the rules are one row."""
    rows = ["| topic | page |", "|---|---|"]
    written = [path for path in sorted(MANUAL.glob("*.md")) if not path.stem.startswith("rules-")]
    for path in written:
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        rows.append(f"| [{path.stem}](sm_imgcheck/manual/{path.name}) | {title} |")
    links = ", ".join(f"[{name}](sm_imgcheck/manual/{name}.md)" for name in rule_pages())
    return "\n".join([*rows, f"| {links} | All rules, by family |"]) + "\n"


def families() -> str:
    """Return the table of rule families, in the order of a report."""
    rows = ["| family | subject | rules |", "|---|---|---|"]
    for family in dict.fromkeys(rule.family for rule in all_rules().values()):
        names = [name for name in rule_pages() if name.startswith(f"rules-{family.lower()}")]
        rows.append(f"| `{family}` | {SUBJECTS[family]} | {', '.join(f'[{name}]({name}.md)' for name in names)} |")
    return "\n".join(rows) + "\n"


@cache
def rule_pages() -> dict[str, str]:
    """Return the text of each rule page by its name: one for a family, more if one would be too long."""
    pages = {}
    for family in dict.fromkeys(rule.family for rule in all_rules().values()):
        parts = [[f"# {family} rules: {SUBJECTS[family]}\n"]]
        for rule in all_rules().values():
            if rule.family == family:
                section = rule_section(rule.code)
                if sum(part.count("\n") + 1 for part in [*parts[-1], section]) > MOST_LINES:
                    parts.append([f"# {family} rules, from {rule.code}: {SUBJECTS[family]}\n"])
                parts[-1].append(section)
        for number, part in enumerate(parts, 1):
            name = f"rules-{family.lower()}" + (f"-{number}" if number > 1 else "")
            pages[name] = "\n".join(part)
    return pages


def rule_section(code: str) -> str:
    """Return the page that ``explain CODE`` prints, with a heading."""
    heading, _, text = rule_page(all_rules()[code]).partition(": ")
    return f"## {heading}\n\n{text}\n"


TABLES = {"presets": presets, "manual": contents, "families": families}


def current(document: Path) -> str:
    """Return the current text of the README or of a manual page."""
    text = document.read_text(encoding="utf-8")
    if document.stem in rule_pages():
        return rule_pages()[document.stem]
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(DEMO / "barn.jpg", folder)
        bodies = iter([run(block, folder) for block in blocks(text, document.name)])

    def fill(match: re.Match[str]) -> str:
        return match[0].replace(match["body"] + "```", next(bodies) + "```")

    return with_tables(BLOCK.sub(fill, text))


def with_tables(text: str) -> str:
    """Return a document with its current tables."""
    return TABLE.sub(lambda match: f"<!-- {match[1]} -->\n{TABLES[match[1]]()}<!-- end -->", text)


def documents() -> list[Path]:
    """Return the README and the manual pages."""
    pages = {path.stem for path in MANUAL.glob("*.md")} | set(rule_pages())
    return [README, *(MANUAL / f"{page}.md" for page in sorted(pages))]


def draw_image() -> Image.Image:
    """Return the image at the top of the README, drawn by the command below it, with 256 colors to keep it small."""
    (command,) = (block.body for block in blocks(README.read_text(encoding="utf-8")) if IMAGE.name in block.body)
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(DEMO / "barn.jpg", folder)
        code, output = call(["sh", "-euc", command], folder)
        assert code == 0, output
        with Image.open(folder / IMAGE.name) as drawn:
            return drawn.quantize(256, dither=Image.Dither.NONE)


def update() -> None:
    """Write the README, the manual and the image again; rule pages without rules are deleted."""
    for path in MANUAL.glob("rules-*.md"):
        if path.stem not in rule_pages():
            path.unlink()
    for name, text in rule_pages().items():
        (MANUAL / f"{name}.md").write_text(text, encoding="utf-8")
    for path in documents():
        path.write_text(current(path), encoding="utf-8")
    draw_image().save(IMAGE, optimize=True)


if __name__ == "__main__":
    update()
