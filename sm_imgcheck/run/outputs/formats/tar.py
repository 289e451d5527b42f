"""Shards for WebDataset: in ``00000.tar`` each sample is ``KEY.npy``, the tensor, and ``KEY.json``, its record.

https://github.com/webdataset/webdataset: a sample is consecutive files with one key; the key ends at the first dot of
the last name. No clocks and no owners: equal samples are equal files.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from json import dumps
from typing import TYPE_CHECKING
from urllib.parse import quote

from sm_imgcheck.io.tensors import Chunk, npy
from sm_imgcheck.report._records import name_of, plain
from sm_imgcheck.run.outputs.formats import Sample

if TYPE_CHECKING:
    import numpy as np

    from sm_imgcheck.core.types import Spec

__all__ = ["BATCH", "check_spec", "encode", "name", "pack"]

BATCH = False
_BLOCK = tarfile.BLOCKSIZE
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace("%", "")


def check_spec(spec: Spec) -> None:
    """Every tensor is accepted."""


def encode(array: np.ndarray, spec: Spec) -> Iterable[Chunk]:  # noqa: ARG001 - as every kind
    """The same file as ``--as npy`` writes."""
    return npy.encode(array)


def name(number: int) -> str:
    """As WebDataset's own: ``{00000..00009}.tar`` are ten of them."""
    return f"{number:05}.tar"


def pack(parts: Iterable[tuple[Sample, bytes]], rows: int) -> Iterator[Chunk]:  # noqa: ARG001
    """Each sample's two files; at the end what ends an archive."""
    size = 0
    for sample, part in parts:
        key = key_of(sample.key)
        said = name_of("path", sample.path) | {"findings": plain(sample.findings)}
        for suffix, body in (("npy", part), ("json", dumps(said).encode())):
            head = _head(f"{key}.{suffix}", len(body))
            padding = bytes(-len(body) % _BLOCK)
            size += len(head) + len(body) + len(padding)
            yield from (head, body, padding)
    end = 2 * _BLOCK
    yield bytes(end + -(size + end) % tarfile.RECORDSIZE)


def key_of(key: str) -> str:
    """Return a key without characters that readers interpret: a dot in the last name, unprintable characters, a space.

    They are percent-encoded (``%2E``), so that two keys stay different.
    """
    folder, slash, last = key.rpartition("/")
    return quote(folder, safe=_PLAIN, errors="surrogatepass") + slash + _last(last)


def _last(last: str) -> str:
    return quote(last, safe=_PLAIN.replace(".", "").replace("/", ""), errors="surrogatepass").replace(".", "%2E")


def _head(path: str, size: int) -> bytes:
    info = tarfile.TarInfo(path)
    info.size = size
    return info.tobuf(tarfile.PAX_FORMAT)
