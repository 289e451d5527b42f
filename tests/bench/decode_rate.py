"""``validate`` against bare libjpeg-turbo with as many threads; and how many headers a second it reads.

The bare loop reads each file and decodes it, without any check.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from parallel import COPIES, fill
from throughput import COUNT, HEIGHT, WIDTH
from timing import TOOL, alternate, claim, middle, run

ROUNDS = 3
SHARE, HEADERS = 0.85, 5000
"""Share of the bare decoder's rate; files a second and processor."""
REPEATED = 8
"""How often the folder is named with headers only, so that the start-up time is a small part."""
BARE = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
import simplejpeg
def decode(name):
    with open(os.path.join(sys.argv[1], name), "rb") as file:
        simplejpeg.decode_jpeg(file.read())
with ThreadPoolExecutor(int(sys.argv[2])) as threads:
    for _ in threads.map(decode, sorted(os.listdir(sys.argv[1])), chunksize=50):
        pass
"""


def main() -> None:
    """Print the claims."""
    with TemporaryDirectory() as folder:
        source = Path(folder)
        fill(source)
        check = [TOOL, "validate", "-s", "pillow-rgb-01", "--quiet", "--fail-on", "never"]
        for jobs in ("1", "2"):
            bare = [sys.executable, "-c", BARE, str(source), jobs]
            costs = alternate([bare, [*check, str(source), "-j", jobs]], rounds=ROUNDS)
            plain, ours = map(middle, costs)
            what = f"validate -j {jobs} of {COUNT * COPIES:,} JPEGs of {HEIGHT}x{WIDTH} (HxW)"
            rates = f"{COUNT * COPIES / ours:,.0f} against {COUNT * COPIES / plain:,.0f} a second"
            measured = f"{plain / ours:.2f} times the rate of bare libjpeg-turbo, {rates}"
            claim(what, measured, f"at least {SHARE}", holds=plain / ours >= SHARE)
        look = [*check, "--headers-only", *[str(source)] * REPEATED]
        for jobs in ("1", "2"):
            cost = min((run([*look, "-j", jobs]) for _ in range(ROUNDS)), key=lambda cost: cost.seconds)
            rate = COUNT * COPIES * REPEATED / cost.seconds / int(jobs)
            what = f"validate --headers-only -j {jobs}"
            claim(what, f"{rate:,.0f} files a second and processor", f"at least {HEADERS:,}", holds=rate >= HEADERS)


if __name__ == "__main__":
    main()
