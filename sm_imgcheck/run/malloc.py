"""Memory of one image is reused for the next, instead of returned to the kernel.

glibc maps blocks above a threshold one by one and unmaps them when freed. The threshold follows the largest freed
block, up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD): 400 JPEGs cost 180,000 page faults without ``keep_freed_blocks`` and
8,000 with it. ``tests/bench/malloc.py`` shows the gain. Other C libraries are not affected.
"""

from __future__ import annotations

__all__ = ["keep_freed_blocks"]

_BLOCK = 31 << 20
"""Bytes: just below the largest threshold."""


def keep_freed_blocks() -> None:
    """Raise the threshold of glibc: allocate and free one block, which is never touched, so that it costs no memory."""
    import numpy as np

    np.empty(_BLOCK, np.uint8)
