"""A stream of bytes in parts that are sent one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sm_imgcheck.stores._told import Chunk

__all__ = ["PART_BYTES", "cut"]

PART_BYTES = 8 << 20
"""Of a multipart upload; S3 takes 5 MiB to 5 GiB a part, and 10,000 parts."""
_PARTS_OF_ONE_SIZE = 2000
"""After so many, parts are twice as large: 10,000 of them hold 484 GiB, with at most 128 MiB in hand for each."""


def cut(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    """The same bytes, cut anew."""
    held, number = bytearray(), 0
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            room = (PART_BYTES << number // _PARTS_OF_ONE_SIZE) - len(held)
            held += view[:room]
            view = view[room:]
            if len(held) == PART_BYTES << number // _PARTS_OF_ONE_SIZE:
                yield bytes(held)
                held, number = bytearray(), number + 1
    if held:
        yield bytes(held)
