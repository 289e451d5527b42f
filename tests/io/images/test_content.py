"""Files other than images of a known format: their content is named."""

import base64
import gzip

import pytest
from sample_images import jpeg, picture

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.io.images import header as header_module
from sm_imgcheck.io.images.content import name_content
from sm_imgcheck.io.images.header import read_header

BODY = jpeg(picture(32, 32))
FORM = b'--abc\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + BODY
CONTENTS = {
    "zeros": (bytes(5000), "SRC105", "got 0 in the first 4,096"),
    "utf-8 replacement": (BODY.decode("utf-8", "replace").encode(), "SRC105", "the original bytes are lost"),
    "utf-8 encoded": (BODY.decode("latin-1").encode(), "SRC105", "encode it as Latin-1"),
    "other bytes first": (b"\r\n\r\n" + BODY, "SRC105", "image data after 4 other bytes"),
    "PNG with converted line endings": (b"\x89PNG\r\r\n\x1a\r\n", "SRC105", "line endings were converted"),
    "multipart form": (FORM, "SRC103", "multipart form"),
    "hexadecimal text": (BODY.hex().encode(), "SRC103", "hexadecimal text"),
    "base64 text": (base64.b64encode(BODY), "SRC103", "base64 text"),
    "bytes literal": (repr(BODY).encode(), "SRC103", "Python bytes literal"),
    "gzip": (gzip.compress(gzip.compress(BODY)), "SRC103", "gzip"),
    "error of a server": (b'{"message": "Not Found"}', "SRC103", 'JSON text: {"message": "Not Found"}'),
    "error of S3": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "SRC103", "AccessDenied"),
    "AppleDouble": (b"\0\5\x16\7\0\2\0\0Mac OS X", "SRC103", "AppleDouble"),
    "git-annex": (b"/annex/objects/MD5E-s12--abc.jpg\n", "SRC103", "git annex get"),
    "iCloud placeholder": (b"bplist00\xd3\1\2\3\4\5\6_\x10\x10NSURLFileSizeKey\\NSURLNameKey", "SRC103", "from iCloud"),
    "property list": (b"bplist00\xd1\1\2UtitleUphoto", "SRC103", "a property list"),
    "PAM": (b"P7\nWIDTH 2\n", "SRC104", "PAM"),
    "PCX": (b"\x0a\5\1\x08" + bytes(120), "SRC104", "PCX"),
    "SGI": (b"\1\xda\1\1" + bytes(500), "SRC104", "SGI"),
    "DICOM": (b"II*\1" + bytes(124) + b"DICM\2\0\0\0", "SRC104", "DICOM"),
    "Radiance": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n" + bytes(4), "SRC104", "Radiance"),
    "Targa with a footer": (bytes(18) + b"abc" + bytes(8) + b"TRUEVISION-XFILE.\0", "SRC104", "Targa"),
    "cursor": (b"\0\0\2\0\1\0" + bytes(40), "SRC104", "cursor"),
    "Targa": (b"\0\0\2\0\0\0\0\0\0\0\0\0\x20\0\x20\0\x18\0" + bytes(40), "SRC105", "unknown signature"),
    "single byte": (b"\xff", "SRC105", "unknown signature"),
    "text": (b"hello", "SRC103", "text"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_non_image_content_is_named(name):
    body, code, words = CONTENTS[name]
    actual, text = name_content(body)
    assert actual == code
    assert words in text


def test_jpeg_ls_is_an_unsupported_encoding():
    with pytest.raises(CandidateError, match="JPEG-LS") as caught:
        read_header(b"\xff\xd8\xff\xf7\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0", max_pixels=1000)
    assert caught.value.code == "SRC106"


@pytest.mark.parametrize("change", ["cut", "bytes after the end", "second end", "end inside"])
def test_jpeg_that_starts_as_the_last_one_is_read_to_its_end(change):
    body = jpeg()
    header = read_header(body, max_pixels=10_000)
    assert read_header(body, max_pixels=10_000) == header
    with pytest.raises(CandidateError, match="max_pixels"):
        read_header(body, max_pixels=100)
    other = {
        "cut": body[:-9],
        "bytes after the end": body + b"more",
        "second end": body + b"\xff\xd9",
        "end inside": body[:-9] + b"\xff\xd9" + body[-7:],
    }[change]
    result = read_header(other, max_pixels=10_000)
    header_module._recent_jpegs.clear()
    assert result == read_header(other, max_pixels=10_000)
    assert result != header
