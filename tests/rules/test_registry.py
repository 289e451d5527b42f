"""Rules as objects: one new file adds one, and each creates its findings."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from sm_imgcheck.core.errors import CandidateError, InternalError
from sm_imgcheck.rules import Rule, all_rules, make_finding
from sm_imgcheck.rules.dtype import DTY101
from sm_imgcheck.rules.source_image import SRC138

ONE_FILE = '''
"""TST: a family of one rule."""

from sm_imgcheck.rules import Rule

TST901 = Rule(
    "TST901",
    "odd-number-of-axes",
    severity="warning",
    see="https://example.org/axes",
    doc="""The tensor has an odd number of axes.

    It is what the test reports.
    """,
)


@TST901.check
def _odd(candidate, spec):
    if candidate.facts is not None and len(candidate.facts.shape) % 2:
        yield TST901.finding(f"{len(candidate.facts.shape)} axes", expected="even", actual="odd")
'''
MAIN = """
import sys
import sm_imgcheck.rules
from sm_imgcheck.cli import main
sm_imgcheck.rules.__path__.append(sys.argv.pop(1))
main(sys.argv[1:])
"""


def run(folder, *arguments):
    command = [sys.executable, "-c", MAIN, str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ).stdout


def test_rule_file_adds_list_entry_manual_page_and_finding(tmp_path):
    folder, tensor = tmp_path / "rules", tmp_path / "x.npy"
    folder.mkdir()
    (folder / "test_family.py").write_text(ONE_FILE, encoding="utf-8")
    np.save(tensor, np.zeros((224, 224, 3), np.float32))
    assert "TST901  warning  odd-number-of-axes" in run(folder, "rules")
    page = run(folder, "explain", "TST901")
    assert page.startswith("TST901 odd-number-of-axes: The tensor has an odd number of axes.")
    assert "It is what the test reports.\n\nSeverity: warning. Not fixable by convert." in page
    assert "Evidence: https://example.org/axes" in page
    report = run(folder, "validate", str(tensor), "-s", "pillow-rgb-01", "--select", "TST")
    assert "TST901  odd-number-of-axes  3 axes" in report


def test_rule_findings_have_default_values_unless_overridden():
    plain = DTY101.finding("uint8", expected="float32", actual="uint8")
    assert (plain.code, plain.name, plain.severity, plain.fixed_by) == ("DTY101", "wrong-dtype", "error", "cast")
    assert (plain.message, plain.expected, plain.actual, plain.certainty) == ("uint8", "float32", "uint8", "certain")
    other = DTY101.finding("x", severity="notice", certainty="likely", probability=0.5, fixable=False)
    assert (other.severity, other.certainty, other.probability, other.fixed_by) == ("notice", "likely", 0.5, None)


def test_exception_becomes_an_unfixable_finding():
    assert SRC138.fixed_by == "color"
    made = make_finding(CandidateError("SRC138", "has uint16 samples"))
    assert made == SRC138.finding("has uint16 samples", fixable=False)
    assert made.fixed_by is None


def test_duplicate_rule_code_raises_internal_error():
    with pytest.raises(InternalError, match="two rules have the code DTY101: wrong-dtype and another"):
        Rule("DTY101", "another", severity="error", doc="Another.")
    assert all_rules()["DTY101"] is DTY101


def test_rule_names_are_unique_slugs():
    names = [rule.name for rule in all_rules().values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
