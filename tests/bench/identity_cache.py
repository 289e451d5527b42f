"""Time of the plan and findings of an image: computed, against read from the cache by identity."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from timing import DEMO

from sm_imgcheck import load_spec
from sm_imgcheck.core.types import Options
from sm_imgcheck.pipeline import check
from sm_imgcheck.pipeline.process import look_at

ROUNDS, TIMES = 21, 100


def seconds(function: Callable[[], object]) -> float:
    """Return the time of ``TIMES`` calls."""
    start = perf_counter()
    for _ in range(TIMES):
        function()
    return perf_counter() - start


def main() -> None:
    """Print the ratio of the medians of alternating rounds."""
    spec, options = load_spec("torchvision-imagenet"), Options()
    candidate = look_at(str(DEMO), spec, options)
    sides = {
        "made": lambda: check._made(candidate, spec, options),
        "cached": lambda: check.judgement(candidate, spec, options),
    }
    check.judgement(candidate, spec, options)
    costs: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, function in sides.items():
            costs[name].append(seconds(function))
    made, cached = (median(costs[name]) for name in ("made", "cached"))
    print(f"plan and findings of one image: {made / cached:.1f} times as fast from the cache")


if __name__ == "__main__":
    main()
