"""The cost of all report formats together with ``validate`` of 2,000 photos, and the HTML page of 100,000 files.

Processor time of one process, alternating: the median of the ratios of neighbors, which have the same load. The photos
are of 375x500 as in ``throughput.py``.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from types import SimpleNamespace

from throughput import photo_images
from timing import TOOL, alternate, claim

COUNT, FILES = 2_000, 100_000
LIMIT = 0.10
"""CPU time of all formats, as a share of that of ``validate``."""
LARGEST = 10_000_000
"""Bytes of the page."""
FORMATS = ("github", "junit", "sarif", "gitlab", "markdown", "csv", "html")


def page_of_many(file: Path) -> tuple[int, float]:
    """Write the page of many files with findings; returns its bytes, and the peak of memory in MiB."""
    from sm_imgcheck import report
    from sm_imgcheck.core.types import Candidate, Contract, Facts, Finding, Header, Report, Result, Values
    from sm_imgcheck.report.check import CheckContent

    contract = Contract(shape=(), layout="NHWC", dtype="float32", channel_order="RGB", values=Values(low=0, high=1))
    content = CheckContent(report.Run(spec=SimpleNamespace(name="x", sha256=""), contract=contract))
    stream = report.reporter("html", content, report.Terminal())
    counts = Report()
    facts = Facts(shape=(375, 500, 3), layout="HWC", dtype="uint8", channel_order="RGB")
    with file.open("w", encoding="utf-8") as page:
        page.write(stream.open())
        for index in range(FILES):
            header = Header(format="JPEG", mode="RGB", height=index % 900 + 1, width=index % 700 + 1)
            path = f"photos/{index % 100}/{index}.jpg"
            code = f"SRC{100 + index % 40}"
            finding = Finding(code=code, name="x", severity="error", message=f"got {index}, expected 1", expected=code)
            candidate = Candidate(path=path, kind="image", facts=facts, header=header)
            result = Result(candidate=candidate, findings=(finding,))
            content.gather(result)
            content.measure(result, size=index, seconds=index / 1e6)
            page.write(stream.row(result))
            counts = counts.plus(result)
        page.write(stream.close(counts))
    return file.stat().st_size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds_to_open(file: Path) -> str:
    """Time of Chromium to load the page; empty without Chromium."""
    import shutil

    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        return "not measured: no Chromium with playwright"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        start = perf_counter()
        page.goto(file.as_uri())
        seconds = perf_counter() - start
        browser.close()
    return f"{seconds:.2f} s"


def main() -> None:
    """Print both claims."""
    with TemporaryDirectory() as folder:
        photos, reports = Path(folder) / "photos", Path(folder) / "reports"
        photos.mkdir()
        several = (image for _ in range(5) for image in photo_images())
        for index, picture in zip(range(COUNT), several, strict=False):
            picture.save(photos / f"{index:04}.jpg", quality=90)
        plain = [TOOL, "validate", str(photos), "-s", "pillow-rgb-01", "-j", "1", "--fail-on", "never"]
        files = [word for form in FORMATS for word in ("--output-file", f"{form}:{reports / form}")]
        alone, all_formats = alternate([plain, [*plain, *files]], rounds=15)
        share = median(more.busy / less.busy for less, more in zip(alone, all_formats, strict=True)) - 1
        size, peak = page_of_many(Path(folder) / "page.html")
        opened = seconds_to_open(Path(folder) / "page.html")
    what = f"all formats at once on {COUNT:,} photos"
    claim(what, f"{share:+.1%} of processor time", f"at most {LIMIT:+.0%}", holds=share <= LIMIT)
    measured = f"{size / 1e6:.2f} MB, opened in {opened}, peak of {peak:.0f} MiB"
    claim(f"page of {FILES:,} files", measured, f"under {LARGEST / 1e6:g} MB", holds=size < LARGEST)


if __name__ == "__main__":
    sys.exit(main())
