"""Very many files: the memory limits of the benchmarks, which are the same on any machine."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")]
BENCH = Path(__file__).parents[1] / "bench"


@pytest.mark.parametrize(("name", "claims"), [("listing", 2), ("memory_tree", 2)])
def test_memory_benchmarks_meet_their_limits(name, claims):
    """Their seconds are printed with ``-s``; those depend on the load of the machine."""
    ended = subprocess.run([sys.executable, BENCH / f"{name}.py"], capture_output=True, text=True, check=True)
    print(ended.stdout)
    told = [line for line in ended.stdout.splitlines() if " MiB " in line]
    assert len(told) == claims
    assert all(line.startswith("ok ") for line in told), ended.stdout
