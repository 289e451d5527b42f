"""Sizes inside an AVIF file: what container against what its AV1 data declares.

libavif reports the container's size (``ispe``, ``tkhd``), decodes the frame at its own size and scales it: a file of
1 kB that declares 8x8 decodes 36 million pixels. Sources: AV1 Bitstream & Decoding Process Specification 5.5.1;
AV1 Image File Format 1.1; ISO/IEC 14496-12 (``iloc``, ``stsd``), 23008-12 (``ispe``, ``ipma``).
"""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.io.images.boxes import big, box_contents, boxes

__all__ = ["avif_exif", "check_avif"]

# An image has a temporal delimiter, a sequence header, metadata, a frame or its tile groups; a file a few images.
MAX_OBUS = 20_000
MAX_AVIF_ITEMS = 5_000
# Equal tiles of a grid may share their data.
MAX_SHARING = 50


def check_avif(body: bytes) -> None:
    """Raise CandidateError where the container's size of an image differs from that of its AV1 sequence header."""
    count, budget = 0, iter(range(MAX_OBUS))
    for declared_size, data in (*avif_items(body), *avif_tracks(body)):
        for coded_size in av1_sizes(data, budget):
            count += 1
            for size in declared_size:
                if size != coded_size:
                    mismatch = f"container {size[0]}x{size[1]} (HxW), AV1 data {coded_size[0]}x{coded_size[1]}"
                    raise CandidateError("SRC112", f"contradicting sizes: {mismatch}")
    if not count:
        raise CandidateError("SRC112", "AVIF: missing AV1 sequence header; frame size unknown")


def avif_items(body: bytes) -> Iterator[tuple[set[tuple[int, int]], bytes | memoryview]]:
    """The sizes that each coded item declares, and its data."""
    total = 0
    for start, end in box_contents(body, "meta", 0, len(body)):
        sizes = avif_sizes(body, start, end)
        for item, data in avif_contents(body, start, end, b"av01"):
            total += len(data)
            if total > MAX_SHARING * len(body):
                raise CandidateError("SRC112", "AVIF: items share the same data many times (iloc)")
            yield sizes.get(item, set()), data


def avif_exif(body: bytes) -> bytes:
    """Return the EXIF block of the file from its byte order on; empty without one (ISO/IEC 23008-12, annex A)."""
    for start, end in box_contents(body, "meta", 0, len(body)):
        for _, data in avif_contents(body, start, end, b"Exif"):
            return bytes(data[4 + int.from_bytes(data[:4], "big") :])
    return b""


def avif_contents(body: bytes, start: int, end: int, kind: bytes) -> Iterator[tuple[int, bytes | memoryview]]:
    """The number and the data of each item of this kind in a ``meta`` box."""
    numbers = avif_numbers(body, start, end, kind)
    idat = box_contents(body, "idat", start, end)
    for at, _ in box_contents(body, "iloc", start, end):
        for item, inside, extents in avif_places(body, at):
            if item in numbers:
                yield item, avif_data(body, idat[0][0] if inside and idat else 0, extents)


def avif_data(body: bytes, base: int, extents: list[tuple[int, int]]) -> bytes | memoryview:
    """The data of an item, copied only where it is in pieces. Raises CandidateError for pieces that overlap."""
    pieces = [memoryview(body)[base + offset : base + offset + size] for offset, size in extents]
    if sum(map(len, pieces)) > len(body):
        raise CandidateError("SRC112", f"AVIF: item of {len(pieces)} overlapping pieces (iloc)")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def avif_count(count: int) -> range:
    """The numbers below ``count``. Raises CandidateError for more than any encoder writes."""
    if count > MAX_AVIF_ITEMS:
        raise CandidateError("SRC112", f"AVIF items: got {count}, expected at most {MAX_AVIF_ITEMS}")
    return range(count)


def avif_numbers(body: bytes, start: int, end: int, kind: bytes) -> set[int]:
    """Return the numbers of the items of this kind, such as ``av01`` for AV1 images."""
    ids = set()
    for at, to in box_contents(body, "iinf", start, end):
        for box, inside, _ in boxes(body, at + (8 if big(body, at, 1) else 6), to):
            wide = 4 if body[inside : inside + 1] == b"\3" else 2
            if box == b"infe" and body[inside + 6 + wide : inside + 10 + wide] == kind:
                ids.add(big(body, inside + 4, wide))
    return ids


def avif_sizes(body: bytes, start: int, end: int) -> dict[int, set[tuple[int, int]]]:
    """The sizes (``ispe``) of each item, by its number."""
    ids: dict[int, set[tuple[int, int]]] = {}
    for at, to in box_contents(body, "iprp", start, end):
        properties = [box for offset, stop in box_contents(body, "ipco", at, to) for box in boxes(body, offset, stop)]
        for offset, stop in box_contents(body, "ipma", at, to):
            for item, index in avif_associations(body, offset, stop):
                kind, inside, _ = properties[index - 1] if 0 < index <= len(properties) else (b"", 0, 0)
                if kind == b"ispe":
                    ids.setdefault(item, set()).add((big(body, inside + 8, 4), big(body, inside + 4, 4)))
    return ids


def avif_associations(body: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Item and property number of each entry of an ``ipma`` box."""
    wide, step = 4 if big(body, at, 1) else 2, 2 if big(body, at + 3, 1) & 1 else 1
    count, at = big(body, at + 4, 4), at + 8
    for _ in avif_count(count):
        if at + wide >= end:
            return
        item, entries, at = big(body, at, wide), big(body, at + wide, 1), at + wide + 1
        for offset in range(at, at + step * entries, step):
            yield item, big(body, offset, step) & (0x7FFF if step == 2 else 0x7F)
        at += step * entries


def avif_places(body: bytes, at: int) -> Iterator[tuple[int, bool, list[tuple[int, int]]]]:
    """Item, whether its data is in ``idat``, and offset and length of its extents, from an ``iloc`` box."""
    version = big(body, at, 1)
    offset, length, base, index = (big(body, at + 4 + k // 2, 1) >> (0 if k % 2 else 4) & 15 for k in range(4))
    wide = 4 if version == 2 else 2
    count, at = big(body, at + 6, wide), at + 6 + wide
    for _ in avif_count(count):
        item, at = big(body, at, wide), at + wide
        inside, at = (big(body, at, 2) & 15 == 1, at + 2) if version else (False, at)
        first, extents, at = big(body, at + 2, base), big(body, at + 2 + base, 2), at + 4 + base
        skipped = index if version else 0
        locations = []
        for _ in avif_count(extents):
            start, size = big(body, at + skipped, offset), big(body, at + skipped + offset, length)
            locations.append((first + start, size if length else len(body)))
            at += skipped + offset + length
        yield item, inside, locations
        if at > len(body):
            return


def avif_tracks(body: bytes) -> Iterator[tuple[set[tuple[int, int]], bytes | memoryview]]:
    """The sizes that each AV1 track of an image sequence declares, and the data from its first sample on."""
    for start, end in box_contents(body, "moov/trak", 0, len(body)):
        table = [box for at, to in box_contents(body, "mdia/minf/stbl", start, end) for box in boxes(body, at, to)]
        entries = [at for kind, at, _ in table if kind == b"stsd" and body[at + 12 : at + 16] == b"av01"]
        sizes = {(big(body, at + 42, 2), big(body, at + 40, 2)) for at in entries}
        for _, to in box_contents(body, "tkhd", start, end):
            sizes.add((big(body, to - 4, 4) >> 16, big(body, to - 8, 4) >> 16))
        lengths = [big(body, at + 4, 4) or big(body, at + 12, 4) for kind, at, _ in table if kind == b"stsz"]
        for kind, at, _ in table:
            if entries and lengths and kind in (b"stco", b"co64"):
                first = big(body, at + 8, 4 if kind == b"stco" else 8)
                yield sizes, body[first : first + lengths[0]]


def av1_sizes(data: bytes | memoryview, budget: Iterator[int]) -> Iterator[tuple[int, int]]:
    """The frame size of each sequence header. Raises CandidateError for more OBUs than ``budget`` has left."""
    at = 0
    for _ in budget:
        if at >= len(data):
            return
        head, at = data[at], at + (2 if data[at] & 4 else 1)
        size = len(data) - at
        if head & 2:  # the size follows, in 7 bits a byte, the lowest first (leb128)
            size = 0
            for shift in range(0, 56, 7):
                byte, at = int.from_bytes(data[at : at + 1], "big"), at + 1
                size |= (byte & 127) << shift
                if byte < 128:
                    break
        if head >> 3 & 15 == 1:
            yield av1_size(bytes(data[at : at + min(size, 1024)]))
        at += size
    raise CandidateError("SRC112", f"AVIF: more than {MAX_OBUS} AV1 units (OBUs); no encoder writes this many")


class BitReader:
    """The bits of a text, the highest of each byte first; zeros after its end."""

    def __init__(self, data: bytes) -> None:
        self.value, self.left = int.from_bytes(data + bytes(64), "big"), 8 * len(data) + 512

    def take(self, count: int) -> int:
        """The next ``count`` bits as a number."""
        self.left = max(0, self.left - count)
        return self.value >> self.left & ((1 << count) - 1)


def av1_size(data: bytes) -> tuple[int, int]:
    """The largest frame size that a sequence header (sequence_header_obu) declares."""
    bits = BitReader(data)
    bits.take(4)  # seq_profile, still_picture
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)
    else:
        skip_av1_timing(bits)
    wide, tall = bits.take(4) + 1, bits.take(4) + 1
    width = bits.take(wide) + 1
    return bits.take(tall) + 1, width


def skip_av1_timing(bits: BitReader) -> None:
    """Read on from timing_info_present_flag up to the frame size."""
    model = delay = 0
    if bits.take(1):  # timing_info
        bits.take(64)
        if bits.take(1):  # equal_picture_interval: a number in Exp-Golomb code follows
            zeros = 0
            while zeros < 32 and not bits.take(1):
                zeros += 1
            bits.take(zeros)
        model = bits.take(1)
        if model:
            delay = bits.take(5) + 1
            bits.take(42)
    display = bits.take(1)
    for _ in range(bits.take(5) + 1):  # operating points
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if model and bits.take(1):
            bits.take(2 * delay + 1)
        if display and bits.take(1):
            bits.take(4)
