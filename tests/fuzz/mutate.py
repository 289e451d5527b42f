"""Mutations of a seed input: of its bytes, and of the parts that its form has. All randomness comes from ``rng``."""

import json
import re
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

__all__ = ["mutate_body"]

NUMBERS = (0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 64, 127, 128, 255, 256, 257, 999, 4095, 32767, 32768, 65535)
LARGE = (65536, 1 << 20, (1 << 24) - 1, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
WORDS = (
    *("0", "-1", "1", "2", "8", "224", "1e400", "-0.0", "NaN", "Infinity", "1e-320", "0.5", "255"),
    *("99999999999999999999", "9223372036854775808", "18446744073709551616", "4294967296", "null", "true", "false"),
    *("{}", "[]", '""', '"a"', '"-1"', "[[]]", '{"b64": "AAAA"}', '{"a": 1}', '{"shape": [1]}', "[1, [2]]"),
    *("~", "!!binary AA==", "*a", "&a 1", "<<", "2001-01-01", ".inf", "0x10", "0o7", "- a", "? a", "|", "'", "N"),
    *("float32", "uint8", "bfloat16", "FP32", "BYTES", "RGB", "NHWC", "pillow", "opencv", "torch", "tensorflow"),
    *("NCHW", "letterbox", "stretch", "crop", "[1, 3]", "1..4", "<f4", "|O", "('<f4', (2,))", "{'descr'", "(8,)"),
)
JUNK = ("\0", "\x1b[31m", "\u202e", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "é", "\r", "\t", "😀")
TOKEN = re.compile(rb"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\"[^\"\n]{0,60}\"|[A-Za-z_]\w*|[\[\]{}(),:]")
Mutation = Callable[[bytearray, Random, bytes], None]


def mutate_body(body: bytes, form: str, rng: Random, other: bytes) -> bytes:
    """One to six mutations of ``body``; other: a second input, of which parts are spliced in."""
    made = bytearray(body)
    chosen = (*BYTES, *(FORMS.get(form, ()) * 2))
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 6))):
        if made:
            rng.choice(chosen)(made, rng, other)
    return bytes(made)


def flip(body: bytearray, rng: Random, _: bytes) -> None:
    """One bit of up to eight bytes, the beginning of the file preferred."""
    for _ in range(rng.randint(1, 8)):
        body[random_offset(body, rng)] ^= 1 << rng.randrange(8)


def random_offset(body: bytearray, rng: Random) -> int:
    """An offset; every second one is in the first 256 bytes, which contain the headers."""
    return rng.randrange(min(len(body), 256) if rng.random() < 0.5 else len(body))


def number(body: bytearray, rng: Random, _: bytes) -> None:
    """A size or offset field of 1, 2, 4 or 8 bytes in either byte order."""
    width = rng.choice((1, 2, 2, 4, 4, 8))
    value = rng.choice((*NUMBERS, *LARGE, len(body), len(body) - 1, rng.randrange(len(body) + 1)))
    at = random_offset(body, rng)
    packed = (value % (1 << 8 * width)).to_bytes(width, rng.choice(("big", "little")))
    body[at : at + width] = packed


def truncate(body: bytearray, rng: Random, _: bytes) -> None:
    """The end is missing."""
    del body[rng.randrange(len(body)) :]


def remove(body: bytearray, rng: Random, _: bytes) -> None:
    """A piece is missing."""
    at = random_offset(body, rng)
    del body[at : at + rng.randint(1, 64)]


def repeat(body: bytearray, rng: Random, _: bytes) -> None:
    """Duplicate a piece, once or many times."""
    at = random_offset(body, rng)
    piece = body[at : at + rng.randint(1, 64)]
    body[at:at] = piece * rng.choice((1, 1, 2, 50))


def splice(body: bytearray, rng: Random, other: bytes) -> None:
    """A piece of another input."""
    at, start = random_offset(body, rng), rng.randrange(len(other) + 1)
    body[at : at + rng.randint(0, 64)] = other[start : start + rng.randint(1, 256)]


def token(body: bytearray, rng: Random, _: bytes) -> None:
    """Replace, remove or duplicate a word, number, text or bracket of a text."""
    found = list(TOKEN.finditer(bytes(body)))
    if not found:
        return
    one = rng.choice(found[:40] if rng.random() < 0.5 else found)
    word = rng.choice((rng.choice(WORDS).encode(), rng.choice(WORDS).encode(), b"", one[0] * 2, rng.choice(found)[0]))
    body[one.start() : one.end()] = word


def junk(body: bytearray, rng: Random, _: bytes) -> None:
    """A control character, a lone surrogate, an emoji."""
    body[(at := random_offset(body, rng)) : at] = rng.choice(JUNK).encode("utf-8", "surrogateescape")


def line(body: bytearray, rng: Random, other: bytes) -> None:
    """Remove, duplicate, swap, indent or insert a line of another input."""
    lines, more = bytes(body).split(b"\n"), other.split(b"\n")
    at, second = rng.randrange(len(lines)), rng.randrange(len(lines))
    moved = rng.choice((lines[second], rng.choice(more), b"  " + lines[at], lines[at].strip(), None))
    lines[at : at + 1] = [] if moved is None else rng.choice(([moved], [moved, lines[at]]))
    body[:] = b"\n".join(lines)


def document(body: bytearray, rng: Random, _: bytes) -> None:
    """Replace, remove or duplicate a value somewhere in a JSON document; the JSON stays valid."""
    start = max(bytes(body).find(b"{"), 0)
    try:
        whole, length = json.JSONDecoder().raw_decode(bytes(body[start:]).decode("latin-1"))
    except (ValueError, RecursionError):
        return
    holder: Any = None
    key: Any = None
    inner = whole
    while isinstance(inner, (dict, list)) and inner and (holder is None or rng.random() < 0.7):
        holder, key = inner, rng.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        inner = holder[key]
    if holder is None:
        return
    change = rng.randrange(4)
    if change == 0:
        del holder[key]
    elif change == 1 and isinstance(holder, dict):
        holder[rng.choice(KEYS)] = holder.pop(key)
    else:
        holder[key] = rng.choice((*VALUES, inner, [inner], [inner, inner], {"a": inner}, {"b64": inner}, str(inner)))
    body[start : start + length] = json.dumps(whole).encode()


KEYS = (
    "a",
    "b64",
    "",
    "inputs",
    "instances",
    "data",
    "shape",
    "datatype",
    "name",
    "parameters",
    "dtype",
    "é",
    "\ud800",
)
VALUES = (None, True, False, 0, -1, 1, 255, 256, 1 << 31, 1 << 63, 1 << 64, -(1 << 63) - 1, 10**400, 0.5, -0.0, 1e308)
VALUES += (float("inf"), float("nan"), "", "a", "-1", "AAAA", "/9j/4AAQ", "\ud800", "\0", [], {}, [[]], [{}], [None])
VALUES += ([1, [2]], [1, "a"], {"b64": "AAAA"}, {"b64": 1}, {"b64": "="}, "FP32", "BYTES", [1, 8, 8, 3], [-1])


def nest(body: bytearray, rng: Random, _: bytes) -> None:
    """Brackets around a part, or very many of them."""
    depth, at = rng.choice((1, 1, 2, 40, 3000)), random_offset(body, rng)
    start, end = rng.choice(((b"[", b"]"), (b"{", b"}"), (b"(", b")"), (b'{"a":', b"}")))
    stop = rng.randrange(at, len(body) + 1)
    body[at:stop] = start * depth + body[at:stop] + end * depth


def parts(body: bytes, form: str) -> list[tuple[int, int]]:
    """Start and end of each chunk, segment or box at the top level, as far as the lengths are valid."""
    found, at = [], {"png": 8, "webp": 12, "jpeg": 2, "box": 0}[form]
    while at + 8 <= len(body) and len(found) < 200:
        if form == "png":
            size = 12 + int.from_bytes(body[at : at + 4], "big")
        elif form == "webp":
            size = 8 + int.from_bytes(body[at + 4 : at + 8], "little") + (body[at + 4] & 1)
        elif form == "jpeg":
            size = 2 + int.from_bytes(body[at + 2 : at + 4], "big")
            size = len(body) - at if body[at + 1] == 0xDA else size
        else:
            size = int.from_bytes(body[at : at + 4], "big") or len(body) - at
        found.append((at, min(at + max(size, 4), len(body))))
        at += max(size, 4)
    return found


def part(form: str) -> Mutation:
    """A mutation of one part: removed, doubled, moved, cut with its length corrected, or from another input."""

    def change(body: bytearray, rng: Random, other: bytes) -> None:
        found = parts(bytes(body), form)
        if not found:
            return
        (start, end), (start2, end2) = rng.choice(found), rng.choice(found)
        piece = bytes(body[start:end])
        foreign = [other[a:b] for a, b in parts(other, form)] or [b""]
        options = (b"", piece * 2, bytes(body[start2:end2]), rng.choice(foreign) + piece, inside(piece, form, rng))
        body[start:end] = rng.choice((*options, options[4], options[4]))

    return change


def inside(piece: bytes, form: str, rng: Random) -> bytes:
    """Mutate the content of a part, and correct its length and checksum, to reach deeper code."""
    head, tail = {"png": (8, 4), "webp": (8, 0), "jpeg": (4, 0), "box": (8, 0)}[form]
    content = bytearray(piece[head : len(piece) - tail])
    if not content:
        return piece
    rng.choice(BYTES)(content, rng, piece)
    size, name = len(content), bytes(piece[:head])
    if form == "png":
        checksum = zlib.crc32(name[4:8] + content)
        return size.to_bytes(4, "big") + name[4:8] + content + checksum.to_bytes(4, "big")
    if form == "webp":
        return name[:4] + size.to_bytes(4, "little") + content + b"\0" * (size & 1)
    if form == "jpeg":
        return name[:2] + (size + 2 & 0xFFFF).to_bytes(2, "big") + content
    return (size + 8).to_bytes(4, "big") + name[4:8] + content


def box_inside(body: bytearray, rng: Random, _: bytes) -> None:
    """The length or content of a nested box, found by its name."""
    names = [found.start() for found in re.finditer(rb"[a-z][a-zA-Z0-9]{3}", bytes(body)) if found.start() >= 4]
    if names:
        at = rng.choice(names)
        at += rng.choice((-4, -4, 4, 8, 12))
        body[at : at + 4] = rng.choice((*NUMBERS, *LARGE)).to_bytes(4, "big")


def entry(body: bytearray, rng: Random, _: bytes) -> None:
    """Tag, type, count or value of an entry in the first TIFF directory; an entry removed or doubled."""
    order = "big" if body[:2] == b"MM" else "little"
    start = int.from_bytes(body[4:8], order)
    count = int.from_bytes(body[start : start + 2], order)
    if not 0 < count < 100 or start + 2 + 12 * count > len(body):
        return
    at = start + 2 + 12 * rng.randrange(count)
    change = rng.randrange(6)
    if change == 0:
        body[at : at + 2] = rng.choice(TAGS).to_bytes(2, order)
    elif change == 1:
        body[at + 2 : at + 4] = rng.choice((0, *range(1, 19), 99)).to_bytes(2, order)
    elif change == 2:
        body[at + 4 : at + 8] = rng.choice((*NUMBERS, *LARGE)).to_bytes(4, order)
    elif change == 3:
        body[at + 8 : at + 12] = rng.choice((*NUMBERS, *LARGE)).to_bytes(4, order)
    elif change == 4:
        body[at + 8 : at + 10] = rng.choice(NUMBERS[:14]).to_bytes(2, order)
    else:
        body[start : start + 2] = (count - 1).to_bytes(2, order)
        del body[at : at + 12]


TAGS = (254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 284, 296, 317, 320, 322, 323, 324, 325, 330)
TAGS += (338, 339, 347, 529, 530, 532, 700, 33723, 34377, 34665, 34675, 34853, 50341, 65535)

BYTES: tuple[Mutation, ...] = (flip, flip, number, number, truncate, remove, repeat, splice)
TEXT: tuple[Mutation, ...] = (token, token, token, token, line, nest, junk)
FORMS: dict[str, tuple[Mutation, ...]] = {
    "png": (part("png"),) * 4,
    "webp": (part("webp"),) * 4,
    "jpeg": (part("jpeg"),) * 4,
    "box": (part("box"), box_inside, box_inside, box_inside),
    "tiff": (entry,) * 4,
    **dict.fromkeys(("npy", "yaml", "text", "journal"), TEXT),
    "json": (*TEXT, *(document,) * 6),
}
