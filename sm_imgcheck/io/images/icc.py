"""Color profiles: the header of an embedded profile (ICC.1:2022), and the conversion to sRGB."""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.errors import CandidateError

__all__ = ["join_icc", "read_icc", "to_srgb"]

# The red, green and blue colorants of sRGB, adapted to D50 (IEC 61966-2-1; as its ICC profiles write them).
SRGB_COLORANTS = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
# Profiles of one space differ in the third decimal; Adobe RGB's red differs by 0.17, Display P3's by 0.08.
COLORANT_TOLERANCE = 0.02


def join_icc(pieces: tuple[bytes, ...]) -> tuple[bytes, str]:
    """A profile from the numbered pieces of a JPEG file, and what is wrong with them, if anything."""
    if not pieces:
        return b"", ""
    blocks = {piece[0]: piece[2:] for piece in pieces if len(piece) > 2}
    counts = {piece[1] for piece in pieces if len(piece) > 2}
    names, count = [piece[0] for piece in pieces if piece], next(iter(counts), 0)
    if len(counts) != 1 or sorted(blocks) != list(range(1, count + 1)) or len(pieces) != count:
        name_list = ", ".join(map(str, names[:8])) + " ..." * (len(names) > 8)
        return (
            b"",
            f"has {len(pieces)} pieces of {count or '?'} (number {name_list or '?'}): some are missing or double",
        )
    return b"".join(blocks[number] for number in sorted(blocks)), ""


def read_icc(profile: bytes) -> tuple[str, bool, str]:
    """The description of a profile, whether it is an RGB space other than sRGB, and what is wrong, if anything."""
    if not profile:
        return "", False, ""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return "unreadable", False, f"no profile header in its {len(profile)} bytes"
    if int.from_bytes(profile[:4], "big") > len(profile):
        return "unreadable", False, f"declares {int.from_bytes(profile[:4], 'big')} bytes, got {len(profile)}"
    tags = icc_tags(profile)
    space = profile[16:20].decode("latin-1").strip()
    name = icc_text(tags.get(b"desc", b"")) or f"unnamed {space} profile"
    colorants = [icc_xyz(tags.get(tag, b"")) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    near = all(
        colorant is not None and max(abs(a - b) for a, b in zip(colorant, reference)) < COLORANT_TOLERANCE
        for colorant, reference in zip(colorants, SRGB_COLORANTS)
    )
    has_table = None in colorants and "srgb" in name.lower()
    return name, space == "RGB" and not near and not has_table, ""


def icc_tags(profile: bytes) -> dict[bytes, bytes]:
    """Return the tagged elements of a profile, by signature; elements outside the profile are skipped."""
    tags = {}
    for at in range(132, 132 + 12 * min(int.from_bytes(profile[128:132], "big"), 100), 12):
        start, size = (int.from_bytes(profile[at + k : at + k + 4], "big") for k in (4, 8))
        if start + size <= len(profile):
            tags[profile[at : at + 4]] = profile[start : start + size]
    return tags


def icc_text(element: bytes) -> str:
    """The text of a ``desc`` (version 2) or ``mluc`` (version 4) element, one printable line."""
    if element[:4] == b"desc":
        text = element[12 : 12 + int.from_bytes(element[8:12], "big")].decode("latin-1")
    elif element[:4] == b"mluc" and len(element) >= 28:
        size, start = (int.from_bytes(element[k : k + 4], "big") for k in (20, 24))
        text = element[start : start + size].decode("utf-16-be", "replace")
    else:
        return ""
    return "".join(letter for letter in text if letter.isprintable())[:80].strip()


def icc_xyz(element: bytes) -> tuple[float, ...] | None:
    """The three numbers of an ``XYZ `` element (16.16 fixed point)."""
    if element[:4] != b"XYZ " or len(element) < 20:
        return None
    return tuple(int.from_bytes(element[k : k + 4], "big", signed=True) / 65536 for k in (8, 12, 16))


def to_srgb(image: np.ndarray, profile: bytes, mode: str) -> np.ndarray:
    """Convert pixels (HWC uint8) of ``mode`` in the space of ``profile`` to sRGB; alpha does not change.

    Gray keeps its one channel, which sRGB repeats. CMYK becomes RGB. A profile for a different kind of pixels is
    ignored. Little CMS through Pillow, relative colorimetric with black point compensation, the default of browsers and
    Photoshop. Raises CandidateError where the profile cannot be used.
    """
    from io import BytesIO

    from PIL import Image, ImageCms

    space = profile[16:20].decode("latin-1").strip()
    if not profile or space != {"L": "GRAY", "LA": "GRAY", "CMYK": "CMYK"}.get(mode, "RGB") or image.dtype != np.uint8:
        return image
    colors = {"GRAY": 1, "RGB": 3, "CMYK": 4}[space]
    raw = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}[space]
    plain = np.ascontiguousarray(image[..., :colors])
    try:
        source = Image.fromarray(plain[..., 0] if colors == 1 else plain.view(), None if raw != "CMYK" else raw)
        result = ImageCms.profileToProfile(
            source,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, ValueError, TypeError, OSError) as problem:
        raise CandidateError("SRC133", f"ICC profile cannot be used: {problem}") from None
    assert result is not None
    pixels = np.asarray(result.convert("L"))[..., None] if colors == 1 else np.asarray(result)
    return np.concatenate([pixels, image[..., colors:]], axis=-1)
