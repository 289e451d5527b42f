"""The search for a pipeline stops after a fixed amount of work, and states what it did not try."""

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, picture

import sm_imgcheck
from sm_imgcheck.features.identify import budget as budgets
from sm_imgcheck.features.identify import find
from sm_imgcheck.features.identify.budget import Budget

PIXELS = picture(96, 128, seed=4)
SOURCE = encode_image(Image.fromarray(PIXELS), "PNG")
SPEC = {"shape": ["N", 64, 64, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
NOISE = np.random.default_rng(3).normal(0, 0.02, (64, 64, 3))


@pytest.fixture(scope="module")
def tensor():
    """The image by no known pipeline."""
    image = np.asarray(Image.fromarray(PIXELS).resize((64, 64), Image.Resampling.BILINEAR), np.float32)
    return (image / 255 + NOISE)[np.newaxis].astype(np.float32)


def test_small_budget_names_what_was_not_searched(tensor):
    budget = Budget(limit=400_000_000)
    origins = find(tensor, SOURCE, budget=budget)
    assert [origin.exact for origin in origins] == [False]
    assert budget.is_spent
    assert "a JPEG round trip" in budget.unsearched
    assert budget.report().startswith("search stopped after 0.4 billion values, not searched: ")


def test_work_of_a_search_does_not_depend_on_the_run(tensor):
    budgets_of_runs = [Budget(limit=60_000_000) for _ in range(2)]
    origins = [find(tensor, SOURCE, budget=budget) for budget in budgets_of_runs]
    assert origins[0] == origins[1]
    assert budgets_of_runs[0].spent == budgets_of_runs[1].spent


def test_search_without_a_budget_ends(tensor):
    budget = Budget(limit=-1)
    assert find(tensor, SOURCE, budget=budget) == ()
    assert budget.unsearched == ["some of the usual pipelines", "all common mistakes"]


@pytest.mark.parametrize(("limit", "text"), [(0, "all common mistakes"), (400_000_000, "a JPEG round trip")])
@pytest.mark.sample(2)
def test_report_states_that_the_search_stopped(limit, text, tensor, monkeypatch):
    monkeypatch.setattr(budgets.Budget, "is_spent", property(lambda self: self.spent >= limit))
    result = sm_imgcheck.validate(tensor, SPEC, source=SOURCE)
    messages = [finding.message for finding in result.findings if finding.code == "PIX102"]
    assert len(messages) == 1
    assert "search stopped after" in messages[0]
    assert text in messages[0]


def test_another_image_is_a_warning_where_the_search_stopped(monkeypatch):
    monkeypatch.setattr(budgets.Budget, "is_spent", property(lambda _: True))
    blocks = np.kron(np.random.default_rng(0).random((16, 16, 3)), np.ones((4, 4, 1)))
    findings = sm_imgcheck.validate(blocks[np.newaxis].astype(np.float32), SPEC, source=SOURCE).findings
    ((severity, message),) = [(each.severity, each.message) for each in findings if each.code == "PIX101"]
    assert severity == "warning"
    assert message.startswith("source image: got no match, expected ")
    assert "; search stopped after " in message


EXACT = np.asarray(Image.fromarray(PIXELS).resize((64, 64), Image.Resampling.BILINEAR))[np.newaxis]


def test_exact_pipeline_states_that_others_were_not_searched():
    complete = Budget()
    find(EXACT, SOURCE, budget=complete)
    budget = Budget(limit=complete.spent * 99 // 100)
    assert [origin.exact for origin in find(EXACT, SOURCE, budget=budget)][:1] == [True]
    assert budget.unsearched == ["other pipelines with the same values"]
    assert complete.unsearched == []


def test_usual_pipeline_whose_search_spends_the_budget_exactly_is_complete():
    assert unsearched_with_exact_budget(EXACT) == []


@pytest.mark.slow
def test_mistakes_whose_search_spends_the_budget_exactly_are_complete(tensor):
    assert unsearched_with_exact_budget(tensor) == []


def unsearched_with_exact_budget(array):
    """What a search lists whose budget is the work of the complete one."""
    complete = Budget(limit=10**12)
    find(array, SOURCE, budget=complete)
    budget = Budget(limit=complete.spent)
    find(array, SOURCE, budget=budget)
    assert budget.spent == budget.limit
    return budget.unsearched
