"""The i-th of n parts of a listing, the same on every machine, wherever it is mounted and in whichever order read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from unicodedata import normalize

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.run.inputs.item import Item

__all__ = ["ELSEWHERE", "Shard", "sharded"]

ELSEWHERE = "in another shard"
"""Why a candidate is passed over."""


@frozen
class Shard:
    """One of several parts of a run."""

    index: int = 0
    """Counted from 0, as AWS Batch and Kubernetes count."""
    of: int = 1

    @property
    def name(self) -> str:
        """As a file's or a folder's name, in the order of the index: ``03-of-16``."""
        return f"{self.index:0{len(str(self.of - 1))}}-of-{self.of}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """``3/16``. Raises ImgcheckError."""
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
        index, of = (int(found[1]), int(found[2])) if found else (0, 0)
        if index >= of:
            last = (
                f": the {of} parts are 0/{of} to {of - 1}/{of}" if of else ", such as 0/4 for the first of four parts"
            )
            raise ImgcheckError(f"{text!r} is no INDEX/NUMBER; the index counts from 0{last}")
        return cls(index=index, of=of)


def sharded(items: Iterable[Item], shard: Shard, passed_over: Counter[str]) -> Iterator[Item]:
    """The items of one part; the others are counted.

    What counts is the way below the PATH given, without the suffix: two inputs that would have one output fall into
    one part, which sees it.
    """
    if shard.of == 1:
        yield from items
        return
    for item in items:
        if _number(item.output) % shard.of == shard.index:
            yield item
        else:
            passed_over[ELSEWHERE] += 1


def _number(output: tuple[str, ...]) -> int:
    """A number that is spread evenly; one for names that macOS or Windows take for the same."""
    text = normalize("NFC", "/".join(output)).casefold()
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "big")
