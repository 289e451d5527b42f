"""How soon work begins on a folder of a million files, and the cost of its listing. Linux only: ``/proc``."""

from __future__ import annotations

import os
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import perf_counter

from timing import TOOL, claim
from tree import peak_of

COUNT = 1_000_000
SOON, LITTLE = 1.0, 200 << 20
"""Seconds to the first line of the report, start-up included; bytes of the whole process tree meanwhile."""
ALL = """
import resource
from collections import Counter
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.inputs.listing import list_candidates
import sys
count = sum(1 for _ in list_candidates([sys.argv[1]], Listing(passed_over=Counter())))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def main() -> None:
    """Print the claims."""
    with TemporaryDirectory() as folder:
        for number in range(COUNT):
            os.close(os.open(f"{folder}/{number:07}.jpg", os.O_CREAT | os.O_WRONLY))
        command = [TOOL, "validate", folder, "-s", "pillow-rgb-01", "--format", "jsonl", "--quiet"]
        start = perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as running:
            assert running.stdout is not None
            running.stdout.readline()
            seconds = perf_counter() - start
            peak = peak_of(running, seconds=5)
            running.kill()
        what = f"validate of {COUNT:,} empty files"
        claim(what, f"the first is done after {seconds:.2f} s", f"within {SOON:.0f} s", holds=seconds <= SOON)
        claim(what, f"{peak >> 20} MiB", f"under {LITTLE >> 20} MiB", holds=peak < LITTLE)
        whole = subprocess.run([sys.executable, "-c", ALL, folder], capture_output=True, text=True, check=True)
        count, most = map(int, whole.stdout.split())
        what = f"listing all {count:,} of them"
        claim(what, f"{most >> 20} MiB", f"under {LITTLE >> 20} MiB", holds=count == COUNT and most < LITTLE)


if __name__ == "__main__":
    main()
