"""What bytes are, by the bytes themselves: an image format that can be read, another one, or no image at all."""

from __future__ import annotations

__all__ = ["image_format", "name_content"]

# Containers of the ISO base media file format by brand (ISO/IEC 23000-22 and 23008-12).
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
IMAGE_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\1\0", "ICO"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
# Images that neither Pillow nor OpenCV reads here, or that are left out because reading them runs other programs.
OTHER_IMAGES = (
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"8BPS", "a Photoshop document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "an EPS document"),
    (b"%PDF", "a PDF document"),
    (b"DDS ", "a DDS texture"),
    (b"v/1\x01", "an OpenEXR image"),
    (b"qoif", "a QOI image"),
    (b"\0\0\2\0", "a Windows cursor"),
    (b"icns", "an Apple icon"),
    (b"\x8aMNG", "an MNG animation"),
    (b"II\xbc\x01", "a JPEG XR image"),
)
OTHER_FILES = (
    (b"version https://git-lfs", "a Git LFS pointer: the file itself was never fetched (`git lfs pull`)"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"BZh", "bzip2-compressed data"),
    (b"\xfd7zXZ\0", "xz-compressed data"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"data:image/", "a data: URL: its base64 text has to be decoded first"),
)


def image_format(body: bytes) -> str:
    """Pillow's name of the format by the first bytes, whatever the file is called; empty for none that is read here."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "WEBP"
    if body[4:8] == b"ftyp":
        size = min(int.from_bytes(body[:4], "big"), 256)
        brands = {body[8:12], *(body[at : at + 4] for at in range(16, size, 4))}
        return "AVIF" if brands & AVIF_BRANDS else ""
    return next((name for magic, name in IMAGE_SIGNATURES if body.startswith(magic)), "")


def name_content(body: bytes) -> tuple[str, str]:
    """For bytes that ``image_format`` does not know: the code that reports them, and what they are."""
    if not body:
        return "SRC102", "is empty (0 bytes): it was never written or never transferred"
    if body[4:8] == b"ftyp":
        heic = body[8:12] in HEIC_BRANDS
        return ("SRC104", "is a HEIC image") if heic else ("SRC103", "is a video or audio file (MP4, QuickTime)")
    for table, code in ((OTHER_IMAGES, "SRC104"), (OTHER_FILES, "SRC103")):
        known = next((words for magic, words in table if body.startswith(magic)), None)
        if known:
            return code, f"is {known}"
    if body[:2] == b"\xff\xd8" or body[1:4] == b"PNG" or (body[:4] == b"RIFF" and body[8:11] == b"WEB"):
        return "SRC105", f"begins like an image but its signature is damaged ({body[:8].hex(' ')})"
    return name_text(body[:4096])


def name_text(head: bytes) -> tuple[str, str]:
    """The same for text, and for bytes that are nothing known."""
    bare = (head[3:] if head.startswith(b"\xef\xbb\xbf") else head).lstrip()
    low = bare[:1024].lower()
    if any(byte < 9 or 13 < byte < 27 or byte == 127 for byte in head[:512]):
        return "SRC105", f"has no known signature ({head[:8].hex(' ')})"
    if b"<svg" in low:
        return "SRC104", "is an SVG drawing"
    if low.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "SRC103", "is an HTML page: the address that it came from answered with a page, not with the image"
    if bare[:1] in (b"{", b"["):
        return "SRC103", "is JSON text"
    if bare[:5] == b"<?xml" or bare[:1] == b"<":
        return "SRC103", "is XML text"
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n"
    encoded = bare.startswith((b"/9j/", b"iVBORw0KGgo", b"R0lGOD", b"UklGR")) or (
        len(bare) >= 64 and b" " not in bare and not bare.translate(None, alphabet)
    )
    return "SRC103", "is base64 text: it has to be decoded first" if encoded else "is text"
