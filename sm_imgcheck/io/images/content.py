"""The format of a file by its first bytes, and the names of contents other than images of a known format."""

from __future__ import annotations

from sm_imgcheck.io.images.netpbm import netpbm_header
from sm_imgcheck.io.images.raw import camera_raw

__all__ = ["describe_content", "image_format", "name_content"]

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
# Images that neither Pillow nor OpenCV reads here, or that are excluded because their readers run other programs.
OTHER_IMAGES = (
    (b"\xff\x0a", "JPEG XL image: convert it to PNG or JPEG (djxl, magick)"),
    (b"\0\0\0\x0cJXL ", "JPEG XL image: convert it to PNG or JPEG (djxl, magick)"),
    (b"8BPS", "a Photoshop document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "an EPS document"),
    (b"%PDF", "a PDF document"),
    (b"DDS ", "a DDS texture"),
    (b"\x0a\5\1", "a PCX image: convert it to PNG"),
    (b"\1\xda\0", "an SGI image: convert it to PNG"),
    (b"\1\xda\1", "an SGI image: convert it to PNG"),
    (b"v/1\x01", "an OpenEXR image"),
    (b"qoif", "a QOI image"),
    (b"icns", "an Apple icon"),
    (b"\x8aMNG", "an MNG animation"),
    (b"II\xbc\x01", "a JPEG XR image"),
    (b"\x59\xa6\x6a\x95", "a Sun raster image"),
    (b"SIMPLE  =", "a FITS image"),
    (b"#?RADIANCE", "a Radiance HDR image"),
    (b"#?RGBE", "a Radiance HDR image"),
)
OTHER_FILES = (
    (b"version https://git-lfs", "Git LFS pointer: file not downloaded (run `git lfs pull`)"),
    (b"\0\5\x16\7", "AppleDouble metadata (macOS, a file named ._NAME): the image is the file NAME"),
    (b"/annex/objects/", "git-annex pointer: file not downloaded (run `git annex get`)"),
    (b"bplist00", "a property list"),
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
    (b"data:image/", "data: URL: decode its base64 text first"),
)


def image_format(body: bytes) -> str:
    """Return Pillow's name of the format from the first bytes, for any file name; empty for unsupported formats."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "WEBP"
    if body[4:8] == b"ftyp":
        size = min(int.from_bytes(body[:4], "big"), 256)
        brands = {body[8:12], *(body[at : at + 4] for at in range(16, size, 4))}
        return "AVIF" if brands & AVIF_BRANDS else ""
    if camera_raw(body):
        return ""
    if body[:1] == b"P" and netpbm_header(body):
        return "PPM"
    return next((name for magic, name in IMAGE_SIGNATURES if body.startswith(magic)), "")


def describe_content(body: bytes) -> str:
    """Return what bytes are, after "got": ``a JPEG image``, ``gzip-compressed data``."""
    form = image_format(body)
    return f"a {form} image" if form else name_content(body)[1]


def name_content(body: bytes) -> tuple[str, str]:
    """Return the code and the description of bytes that ``image_format`` does not recognize."""
    if not body:
        return "SRC102", "empty file (0 bytes)"
    if raw := camera_raw(body):
        return "SRC104", f"{raw}: convert it to JPEG, TIFF or PNG (darktable-cli, dcraw, the vendor's tool)"
    if body[4:8] == b"ftyp":
        return name_container(body[8:12])
    return name_signature(body) or name_inner_signature(body) or name_encoding(body[:4096]) or name_text(body[:4096])


def name_signature(body: bytes) -> tuple[str, str] | None:
    """The same by the first bytes alone; None for an unknown signature."""
    if body.startswith(b"bplist00") and b"NSURLNameKey" in body[:4096]:  # macOS names the file .NAME.icloud
        return "SRC103", "iCloud placeholder: file not downloaded (download the image from iCloud first)"
    for table, code in ((OTHER_IMAGES, "SRC104"), (OTHER_FILES, "SRC103")):
        description = next((words for magic, words in table if body.startswith(magic)), None)
        if description:
            return code, description
    if body[:4] == b"\0\0\2\0" and body[4:6] != b"\0\0":  # a Targa image has zeros there
        return "SRC104", "a Windows cursor"
    if body[:1] == b"P" and body[1:2] in b"7fF" and body[2:3].isspace():
        return "SRC104", "a PAM or PFM image: convert it to PNG"
    if body[:2] == b"\xff\xd8" or body[1:4] == b"PNG" or (body[:4] == b"RIFF" and body[8:11] == b"WEB"):
        cause = "; line endings were converted" if body[:6] in (b"\x89PNG\r\r", b"\x89PNG\n\x1a") else ""
        return "SRC105", f"corrupt image signature: got {body[:8].hex(' ')}{cause}"
    return None


def name_inner_signature(body: bytes) -> tuple[str, str] | None:
    """The same by bytes elsewhere."""
    if body[128:132] == b"DICM":  # DICOM PS3.10, 7.1: after a preamble of any bytes
        return "SRC104", "a DICOM file: export its pixels with their window to PNG (pydicom, dcmj2pnm)"
    return ("SRC104", "a Targa image: convert it to PNG") if body.endswith(b"TRUEVISION-XFILE.\0") else None


def name_encoding(head: bytes) -> tuple[str, str] | None:
    """The same for bytes that may be an encoded image; None for everything else."""
    if not head.strip(b"\0"):
        return "SRC105", f"bytes: got 0 in the first {len(head):,}; the content was not written"
    if 3 * head.count(b"\xef\xbf\xbd") > len(head) // 4:
        return "SRC105", "binary data decoded as UTF-8 text: the original bytes are lost"
    if head.startswith((b"\xc3\xbf\xc3\x98\xc3\xbf", b"\xc2\x89PNG\r\n")):
        return "SRC105", "binary data encoded as UTF-8 text: decode it as UTF-8, then encode it as Latin-1"
    if head.startswith(b"--") and b"content-disposition:" in head.lower():
        return "SRC103", "multipart form: extract the image from its part"
    offsets = [head.find(magic, 1, 72) for magic, _ in IMAGE_SIGNATURES[:4]]
    start = min((offset for offset in offsets if offset > 0), default=0)
    return ("SRC105", f"image data after {start} other bytes: got {head[:8].hex(' ')}") if start else None


def name_container(brand: bytes) -> tuple[str, str]:
    """The same for a file of the ISO base media file format, by its major brand."""
    if brand in HEIC_BRANDS:
        return "SRC104", "HEIC image: convert it to JPEG (heif-convert, sips, magick)"
    return "SRC103", "video or audio file (MP4, QuickTime)"


def name_text(head: bytes) -> tuple[str, str]:
    """The same for text, and for unrecognized bytes."""
    bare = (head[3:] if head.startswith(b"\xef\xbb\xbf") else head).lstrip()
    low = bare[:1024].lower()
    if any(byte < 9 or 13 < byte < 27 or byte in (127, 255) for byte in head[:512]):  # 255: not in UTF-8
        return "SRC105", f"unknown signature: got {head[:8].hex(' ')}"
    if b"<svg" in low:
        return "SRC104", "SVG drawing"
    if low.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "SRC103", "HTML page instead of an image: the download URL returned a web page"
    if bare[:1] in (b"{", b"[", b"<"):
        return "SRC103", f"{'XML' if bare[:1] == b'<' else 'JSON'} text{excerpt(bare)}"
    if head[:2] in (b"b'", b'b"') and b"\\x" in head:
        return "SRC103", "Python bytes literal: write the bytes in binary mode, not their repr"
    return "SRC103", name_alphabet(bare)


def name_alphabet(bare: bytes) -> str:
    """The encoding of a text by the characters that it consists of."""
    if len(bare) >= 16 and not bare.translate(None, b"0123456789abcdefABCDEF\r\n"):
        return "hexadecimal text: decode it first"
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n"
    is_base64 = bare.startswith((b"/9j/", b"iVBORw0KGgo", b"R0lGOD", b"UklGR")) or (
        len(bare) >= 64 and b" " not in bare and not bare.translate(None, alphabet)
    )
    return "base64 text: decode it first" if is_base64 else "text"


def excerpt(text: bytes) -> str:
    """The start of a short text, such as the error message of a server; empty for a long one."""
    line = " ".join(text.decode("utf-8", "replace").split())
    return f": {line[:160]}" if len(text) <= 1024 else ""
