"""Statistics of the files of a run, in bounded memory: counts by property, distributions, the slowest and largest."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from heapq import heappush, heappushpop
from itertools import accumulate, pairwise
from operator import add, attrgetter
from typing import Any

from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Result
from sm_imgcheck.io.lazy_imports import np

__all__ = ["Distribution", "FileStatistics"]

_DISTINCT = 1_000
"""Sizes that are counted one by one."""
_NAMES_SHOWN = 5
_SAMPLES = 256
"""Samples of gray levels that are counted together, of about 768 bytes each."""
_PROPERTIES = attrgetter("format", "mode", "bits", "orientation.pillow", "subsampling", "height", "width")
"""Properties of a header; images with equal ones are counted together."""
_MEGAPIXELS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
_ASPECTS = (0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1.1, 1.33, 1.5, 2, 3, 4)
_BYTES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000)
_LEVELS = tuple(range(16, 256, 16))
_VALUES = (-1000, -10, -3, -1.5, -0.5, 0.01, 0.5, 1.01, 1.5, 3, 10, 200, 256, 1000)


@frozen
class Distribution:
    """Counts of a number in fixed intervals."""

    name: str
    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    """One more than ``edges``: below the first, between two, from the last on."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The interval of each count."""
        texts = [_number(edge) for edge in self.edges]
        inner = [f"{low} to {high}" for low, high in pairwise(texts)]
        return (f"below {texts[0]}", *inner, f"{texts[-1]} or more")


class FileStatistics:
    """Statistics of a run."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {
            name: Counter() for name in ("format", "mode", "orientation", "subsampling", "size", "dtype")
        }
        self._slowest: list[tuple[float, str]] = []
        self._largest: list[tuple[int, str]] = []
        self._samples: list[bytes] = []
        """Samples of gray levels that are not counted yet."""
        self._images: Counter[tuple[Any, ...]] = Counter()
        """Images that are not counted yet, by ``_PROPERTIES``."""
        self._buckets = {
            name: [0] * (len(edges) + 1)
            for name, edges in (
                ("megapixels", _MEGAPIXELS),
                ("aspect", _ASPECTS),
                ("bytes", _BYTES),
                ("levels", _LEVELS),
                ("brightness", _LEVELS),
                ("lowest", _VALUES),
                ("highest", _VALUES),
            )
        }

    def add(self, result: Result, size: int, seconds: float, levels: bytes = b"") -> None:
        """Count one candidate.

        size: bytes of its file, 0 for none; seconds: time of its check; levels: a sample of its gray
        levels, one a byte; empty for none.
        """
        if levels:
            self._samples.append(levels)
        if len(self._samples) >= _SAMPLES:
            self._count_levels()
        if result.header is not None:
            self._images[_PROPERTIES(result.header)] += 1
            if len(self._images) >= _DISTINCT:
                self._count_images()
        elif result.facts is not None:
            self._count_images()  # of equally frequent sizes the first is printed first
            facts = result.facts
            self._counts["dtype"][facts.dtype] += 1
            self._count_size("x".join(map(str, facts.shape)))
            if facts.low is not None and facts.high is not None and not facts.domain:
                self._buckets["lowest"][bisect_right(_VALUES, facts.low)] += 1
                self._buckets["highest"][bisect_right(_VALUES, facts.high)] += 1
        if size:
            self._buckets["bytes"][bisect_right(_BYTES, size)] += 1
            _keep(self._largest, (size, result.path))
        _keep(self._slowest, (seconds, result.path))

    def _count_levels(self) -> None:
        """Count the samples so far together: a call of NumPy costs microseconds."""
        if not self._samples:
            return
        lengths = [len(sample) for sample in self._samples]
        levels = np.frombuffer(b"".join(self._samples), np.uint8)
        means = np.add.reduceat(levels, [0, *accumulate(lengths[:-1])], dtype=np.int64) // lengths
        for name, values in (("levels", levels), ("brightness", means)):
            counts = np.bincount(values // 16, minlength=len(_LEVELS) + 1).tolist()
            self._buckets[name] = list(map(add, self._buckets[name], counts))
        self._samples.clear()

    def _count_images(self) -> None:
        for (form, mode, bits, orientation, subsampling, height, width), number in self._images.items():
            self._counts["format"][form] += number
            self._counts["mode"][mode if bits == 8 else f"{mode} {bits} bits"] += number
            self._counts["orientation"][str(orientation)] += number
            if subsampling:
                self._counts["subsampling"][subsampling] += number
            self._count_size(f"{height}x{width}", number)
            self._buckets["megapixels"][bisect_right(_MEGAPIXELS, height * width / 1e6)] += number
            self._buckets["aspect"][bisect_right(_ASPECTS, width / max(height, 1))] += number
        self._images.clear()

    def _count_size(self, text: str, number: int = 1) -> None:
        sizes = self._counts["size"]
        sizes[text if text in sizes or len(sizes) < _DISTINCT else "others"] += number

    @property
    def counts(self) -> dict[str, Counter[str]]:
        """Files by format, mode, orientation, subsampling, size and dtype."""
        self._count_images()
        return self._counts

    @property
    def slowest(self) -> list[tuple[float, str]]:
        """Seconds and path of the slowest files, the slowest first."""
        return sorted(self._slowest, reverse=True)

    @property
    def largest(self) -> list[tuple[int, str]]:
        """Bytes and path of the largest files, the largest first."""
        return sorted(self._largest, reverse=True)

    def distributions(self) -> tuple[Distribution, ...]:
        """Return the distributions that have any count."""
        self._count_levels()
        self._count_images()
        rows = (
            ("Image size", "megapixels", "megapixels", _MEGAPIXELS),
            ("Aspect ratio", "width / height", "aspect", _ASPECTS),
            ("File size", "bytes", "bytes", _BYTES),
            ("Pixel values", "gray levels, sample of each image", "levels", _LEVELS),
            ("Mean of each image", "gray levels", "brightness", _LEVELS),
            ("Smallest value of tensors", "", "lowest", _VALUES),
            ("Largest value of tensors", "", "highest", _VALUES),
        )
        return tuple(
            Distribution(name=name, unit=unit, edges=edges, counts=tuple(self._buckets[key]))
            for name, unit, key, edges in rows
            if any(self._buckets[key])
        )

    def record(self) -> dict[str, object]:
        """Return the statistics as JSON values."""
        return {
            **{name: dict(counter.most_common()) for name, counter in self.counts.items()},
            "distributions": {
                item.name: dict(zip(item.labels, item.counts, strict=True)) for item in self.distributions()
            },
            "slowest": [{"path": for_json(path), "seconds": round(seconds, 4)} for seconds, path in self.slowest],
            "largest": [{"path": for_json(path), "bytes": size} for size, path in self.largest],
        }

    def lines(self) -> Iterable[str]:
        """Yield the statistics as lines of text."""
        for name, counter in self.counts.items():
            if counter:
                yield f"{name}: {_most_common(counter)}"
        for item in self.distributions():
            counts = [f"{label} ({count:,})" for label, count in zip(item.labels, item.counts, strict=True) if count]
            yield f"{item.name.lower()}{f' ({item.unit})' if item.unit else ''}: {', '.join(counts)}"
        yield f"slowest: {', '.join(f'{for_terminal(path)} ({seconds:.3g} s)' for seconds, path in self.slowest)}"
        if self._largest:
            yield f"largest: {', '.join(f'{for_terminal(path)} ({size:,} bytes)' for size, path in self.largest)}"


def _most_common(counter: Counter[str]) -> str:
    first = ", ".join(f"{for_terminal(value)} ({count:,})" for value, count in counter.most_common(_NAMES_SHOWN))
    more = len(counter) - _NAMES_SHOWN
    return f"{first}{f', {more:,} more' if more > 0 else ''}"


def _keep(queue: list[tuple[float, str]] | list[tuple[int, str]], item: tuple[float, str]) -> None:
    items: list[tuple[float, str]] = queue  # type: ignore[assignment]
    if len(items) < _NAMES_SHOWN:
        heappush(items, item)
    else:
        heappushpop(items, item)


def _number(value: float) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
