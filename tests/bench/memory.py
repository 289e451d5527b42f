"""The peak memory of ``convert`` for each file of the public corpus, whole process."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from timing import SHARED, TOOL, Cost, claim, run

MIB = 1 << 20
REFUSED = 200 * MIB
BASE, PER_PIXEL = 150 * MIB, 12
"""Bytes for an accepted file: a base, and an addition for each pixel that it declares."""


def measure(corpus: Path) -> list[tuple[str, int, Cost]]:
    """Name, declared pixels and cost of each file."""
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as file, TemporaryDirectory() as out:
        rows = list(csv.DictReader(file))
        return [
            (
                row["file"],
                int(row["declared_width"] or 0) * int(row["declared_height"] or 0),
                run([TOOL, "convert", str(corpus / row["file"]), "-s", "pillow-rgb-01", "-o", out, "--force"]),
            )
            for row in rows
        ]


def main() -> None:
    """Print the claims."""
    corpus = SHARED / "corpus" / "public"
    if not corpus.is_dir():
        print(f"skipped  memory: {corpus} is not there")
        return
    costs = measure(corpus)
    accepted = [(cost.peak - PER_PIXEL * pixels, name, pixels, cost) for name, pixels, cost in costs if cost.code == 0]
    refused = [(cost.peak, name, pixels, cost) for name, pixels, cost in costs if cost.code != 0]
    for kind, found, limit, target in (
        ("refused", refused, REFUSED, f"at most {REFUSED // MIB} MiB"),
        ("accepted", accepted, BASE, f"at most {PER_PIXEL} bytes a declared pixel and {BASE // MIB} MiB"),
    ):
        over, name, pixels, cost = max(found)
        measured = f"{len(found)} files, nearest to the limit {name}: {cost.peak / MIB:.0f} MiB for {pixels:,} pixels"
        claim(f"memory of a file that is {kind}", measured, target, holds=over <= limit)
    slowest = max(costs, key=lambda row: row[2].seconds)
    claim(
        "time of the slowest file",
        f"{slowest[2].seconds:.2f} s, {slowest[0]}",
        "under 5 s",
        holds=slowest[2].seconds < 5,
    )


if __name__ == "__main__":
    main()
