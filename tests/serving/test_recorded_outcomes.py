"""Predictions against the recorded responses of six real servers and a stub."""

from collections import Counter

import pytest
from outcomes import compare_row, rows

SPACED = " application/json "
"""Recorded from a stand-in without HTTP, which strips blanks around a header's value (RFC 9110, section 5.5)."""


@pytest.fixture(scope="module")
def verdicts(shared_cases):
    folder = shared_cases / "serving"
    if not (folder / "outcomes.csv").is_file():
        pytest.skip(f"{folder} is not there: it holds data that is not part of the project")
    return [(row, compare_row(row)) for row in rows(folder)]


@pytest.mark.slow
def test_recorded_outcomes_are_predicted_in_1650_of_1691_rows(verdicts, capsys):
    agreeing = sum(verdict.agrees for _, verdict in verdicts)
    unanswered = sum(not row.status for row, _ in verdicts)
    by_stack = Counter(row.stack for row, verdict in verdicts if row.status and not verdict.agrees)
    with capsys.disabled():
        print(f"\n{agreeing} of {len(verdicts)} recorded rows predicted; {unanswered} without an answer; differ:")
        for row, verdict in verdicts:
            if row.status and not verdict.agrees:
                print(f"  {row.name}: {row.status} {row.dtype} {row.shape}, predicted {verdict.predicted}")
    assert len(verdicts) >= 1691
    assert agreeing >= 1650, by_stack


@pytest.mark.slow
def test_rows_that_agreed_when_recorded_still_agree(verdicts):
    lost = [row for row, verdict in verdicts if row.agreed and row.status and not verdict.agrees]
    assert [row.name for row in lost if row.is_conclusive and SPACED not in row.name] == []


@pytest.mark.slow
def test_recorded_bodies_raise_no_exception(verdicts):
    assert [(row.name, verdict.exception) for row, verdict in verdicts if verdict.exception] == []


def test_sample_of_recorded_outcomes_is_predicted(shared_cases):
    folder = shared_cases / "serving"
    if not (folder / "outcomes.csv").is_file():
        pytest.skip(f"{folder} is not there: it holds data that is not part of the project")
    known = [row for row in rows(folder) if row.agreed and row.status and row.is_conclusive]
    sample = [row for row in known if SPACED not in row.name][::8]
    assert len(sample) > 150
    assert [row.name for row in sample if not compare_row(row).agrees] == []
