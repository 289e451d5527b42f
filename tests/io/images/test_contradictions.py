"""Contradicting sizes in one image file: the checked size is the decoded size, and no memory is allocated before."""

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from contradictions import COD, CONTRADICTIONS, SIZ, chunk, ihdr, j2k, noise_file, png, tiff, tile_entries
from generated import CLASSIC, namespace
from PIL import Image, ImageFile, features

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.io.images.avif import av1_sizes, avif_data
from sm_imgcheck.io.images.decode import decode, decode_with_header
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.io.images.jpeg2000 import check_jpeg2000
from sm_imgcheck.spec.parse import parse

FORMATS = ["AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "TIFF", "WEBP"]
LIMIT = 178_956_970


def refusal(body):
    with pytest.raises(CandidateError) as caught:
        decode(body)
    return caught.value.code, caught.value.problem


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradicting_sizes_are_refused_before_pixels(name, monkeypatch):
    make_body, words = CONTRADICTIONS[name]
    body = make_body()
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("pixels were made"))
    code, problem = refusal(body)
    assert code in ("SRC111", "SRC112", "SRC120")
    assert words in problem


@pytest.mark.parametrize("name", CONTRADICTIONS)
@pytest.mark.sample(5)
def test_generated_code_refuses_contradicting_sizes(name, monkeypatch):
    handler = namespace(parse(CLASSIC))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("pixels were made"))
    with pytest.raises(handler["CandidateError"]) as caught:
        handler["preprocess"](CONTRADICTIONS[name][0]())
    assert CONTRADICTIONS[name][1] in str(caught.value)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("change", [{"width": 9}, {"height": 7}])
@pytest.mark.parametrize("dct", ["accurate", "tensorflow"])
def test_decoder_size_is_compared_with_the_header(form, change, dct, monkeypatch):
    if form == "AVIF" and not features.check("avif"):
        pytest.skip("Pillow was built without AVIF")
    body = noise_file(form)
    header = read_header(body, max_pixels=LIMIT)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("pixels were made"))
    with pytest.raises(CandidateError, match=r"its header declares .* reads 8x8") as caught:
        decode_with_header(body, replace(header, **change), dct=dct, gray=False, truncated="allow", icc="ignore")
    assert caught.value.code == "SRC112"


def test_libjpeg_turbo_size_is_compared_before_it_decodes(monkeypatch):
    simplejpeg = pytest.importorskip("simplejpeg")
    body = noise_file("JPEG")
    header = replace(read_header(body, max_pixels=LIMIT), width=9)
    monkeypatch.setattr(simplejpeg, "decode_jpeg", lambda *_, **__: pytest.fail("pixels were made"))
    with pytest.raises(CandidateError, match=r"declares 8x9 .* libjpeg-turbo reads 8x8"):
        decode_with_header(body, header, dct="accurate", gray=False, truncated="allow", icc="ignore")


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ([(SIZ, 2, struct.pack(">II", 8000, 8000)), (SIZ, 18, struct.pack(">II", 32, 32))], "62500 tiles of 32x32"),
        (
            [(SIZ, 2, struct.pack(">II", 4000, 4000)), (SIZ, 18, struct.pack(">II", 4000, 4000)), (COD, 6, b"\0\0")],
            "code-blocks a tile",
        ),
        ([(SIZ, 34, b"\x40\0")], "16384 components"),
        ([(SIZ, 18, bytes(8))], "tiles of 0x0"),
        ([(COD, 0, b"\1"), (COD, 2, b"\xff\xff"), (COD, 10, bytes(6))], "65535 layers"),
    ],
)
def test_jpeg2000_tables_beyond_the_image_are_refused(at, words):
    with pytest.raises(CandidateError, match=words):
        check_jpeg2000(j2k(at=at) + bytes(1000))


def test_size_contradiction_in_a_second_jpeg2000_header_is_refused():
    body = noise_file("JPEG2000", (64, 64), "L", no_jp2=True)
    siz = body[2:][: 2 + int.from_bytes(body[4:6], "big")]
    with pytest.raises(CandidateError, match="expected one size"):
        check_jpeg2000(body[: 2 + len(siz)] + siz + body[2 + len(siz) :])


@pytest.mark.parametrize("tile", [16, 256, 2048])
def test_small_tiff_in_one_padded_tile_is_accepted(tile):
    assert read_header(tiff(tile_entries(4, 4, tile), bytes(100)), max_pixels=LIMIT).width == 4


GOOD = {
    "JPEG2000 tiles": ("JPEG2000", {"tile_size": (64, 64)}),
    "JPEG2000 code-blocks": ("JPEG2000", {"codeblock_size": (4, 4)}),
    "JPEG2000 precincts": ("JPEG2000", {"precinct_size": (128, 128)}),
    "JPEG2000 layers": ("JPEG2000", {"quality_layers": [80, 40, 10], "irreversible": True}),
    "AVIF": ("AVIF", {"speed": 10}),
    "AVIF sequence": ("AVIF", {"speed": 10, "save_all": True, "append_images": [Image.new("RGB", (513, 301))]}),
    "APNG": ("PNG", {"save_all": True, "append_images": [Image.new("RGB", (513, 301))]}),
    "WebP animation": ("WEBP", {"save_all": True, "append_images": [Image.new("RGB", (513, 301))]}),
    "LZW": ("TIFF", {"compression": "tiff_lzw"}),
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.sample(3)
def test_sizes_of_valid_files_agree(name):
    form, options = GOOD[name]
    if form == "AVIF" and not features.check("avif"):
        pytest.skip("Pillow was built without AVIF")
    assert decode(noise_file(form, (513, 301), **options)).shape == (301, 513, 3)


def test_endless_av1_units_are_refused():
    with pytest.raises(CandidateError, match="AV1 units"):
        list(av1_sizes(b"\x12\0" * 30_000, iter(range(20_000))))


def test_overlapping_avif_pieces_are_refused():
    with pytest.raises(CandidateError, match="2 overlapping pieces"):
        avif_data(bytes(100), 0, [(0, 60), (10, 60)])


def test_every_av1_sequence_header_is_checked():
    first, second = b"\x0a\x06\x18\x1d\xfc\xff\x80\x00", b"\x0a\x06\x18\x1d\xfe\xff\x80\x00"
    assert len(set(av1_sizes(first + second, iter(range(100))))) == 2


def test_png_with_single_header_chunk_is_decoded():
    data = png(ihdr(8, 8), chunk(b"IDAT", zlib.compress(b"\0" * 25 * 8)))
    assert np.array_equal(decode(data), np.zeros((8, 8, 3), np.uint8))


def test_contradicting_stored_cases_report_src112(shared_robust):
    folders = [shared_robust / "01-header-read-is-not-the-one-decoded", shared_robust / "04-buffers-by-tile"]
    files = [file for folder in folders for file in folder.iterdir() if file.suffix != ".md"]
    assert len(files) >= 4
    for file in files:
        assert refusal(file.read_bytes())[0] == "SRC112", file.name


@pytest.mark.parametrize("filler", [bytes(1000), b"\x21\xff\x01a\x00" * 200, b"\x21\xff" + b"\1a" * 500])
def test_gif_with_too_many_blocks_before_a_frame_is_refused(filler):
    head = b"GIF89a\1\0\1\0\0\0\0"
    body = head + filler * (30_000_000 // len(filler))
    code, problem = refusal(body)
    assert (code, "more than 500000 blocks or zeros before the first frame" in problem) == ("SRC112", True)


def test_zeros_between_gif_frames_are_skipped():
    stream = io.BytesIO()
    frames = [Image.new("L", (8, 8), level) for level in (0, 100, 200)]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], optimize=False)
    body = stream.getvalue()
    assert read_header(body, max_pixels=LIMIT).frames == 3
    assert read_header(body[:-1] + bytes(5_000_000) + b";", max_pixels=LIMIT).frames == 3
