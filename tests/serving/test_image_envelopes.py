"""Envelopes of encoded images: unchanged where correct, fixed where the handler does not."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms
from sample_images import encode_image, jpeg, picture

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.io.images.decode import decode
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.ops.kernels.color import orient
from sm_imgcheck.serving.envelopes import ENVELOPES
from specs import spec

IMAGE = ENVELOPES["image"]
PICTURE = picture(16, 24)
ALL_REJECTED = {"exif": "reject", "cmyk": "reject", "gray": "reject", "alpha": "reject", "icc": "reject"}


def header_of(body: bytes):
    return read_header(body, max_pixels=1 << 20)


def send(body: bytes, *, content_type: str | None = None, **decode):
    """The payload of an image under this decode policy."""
    payload = {"content_type": content_type} if content_type else {}
    return IMAGE.build_image(body, header_of(body), spec(decode=decode, payload=payload))


def image_of(mode: str) -> Image.Image:
    return Image.fromarray(PICTURE).convert(mode)


UNTOUCHED = {
    "plain": (jpeg(PICTURE), ALL_REJECTED, "image/jpeg"),
    "turned": (jpeg(PICTURE, orientation=6), {"exif": "apply"}, "image/jpeg"),
    "inks": (jpeg(PICTURE, mode="CMYK"), {"cmyk": "convert"}, "image/jpeg"),
    "gray": (jpeg(PICTURE, mode="L"), {"gray": "expand"}, "image/jpeg"),
    "alpha": (encode_image(image_of("RGBA"), "PNG"), {"alpha": "drop"}, "image/png"),
    "webp": (encode_image(image_of("RGB"), "WEBP"), ALL_REJECTED, "image/webp"),
    "gif": (encode_image(image_of("P"), "GIF"), ALL_REJECTED, "image/gif"),
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_correct_image_is_sent_unchanged(case):
    body, policy, content_type = UNTOUCHED[case]
    payload = send(body, **policy)
    assert (payload.body, payload.content_type) == (body, content_type)
    assert IMAGE.changes(header_of(body), spec(decode=policy)) == ()


MENDED = {
    "turned": (jpeg(PICTURE, orientation=6), {"exif": "reject"}, "JPEG", "RGB"),
    "turned, not looked at": (jpeg(PICTURE, orientation=6), {"exif": "ignore"}, "JPEG", "RGB"),
    "inks": (jpeg(PICTURE, mode="CMYK"), {"cmyk": "reject"}, "JPEG", "RGB"),
    "gray": (jpeg(PICTURE, mode="L"), {"gray": "reject"}, "JPEG", "RGB"),
    "alpha": (encode_image(image_of("RGBA"), "PNG"), {"alpha": "reject"}, "PNG", "RGB"),
    "gray alpha": (encode_image(image_of("LA"), "PNG"), {"alpha": "reject"}, "PNG", "L"),
    "jpeg2000": (encode_image(image_of("RGB"), "JPEG2000"), {}, "PNG", "RGB"),
}


@pytest.mark.parametrize("case", MENDED)
def test_image_issue_ignored_by_handler_is_fixed_before_sending(case):
    body, policy, form, mode = MENDED[case]
    payload = send(body, **policy)
    header = header_of(payload.body)
    assert len(IMAGE.changes(header_of(body), spec(decode=policy))) == 1
    assert (header.format, header.mode, header.orientation.pillow) == (form, mode, 1)
    assert payload.content_type == f"image/{form.lower()}"
    assert not IMAGE.changes(header, spec(decode=policy)), "once is enough"


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_orientation_is_applied(orientation):
    body = jpeg(PICTURE, orientation=orientation, quality=100, subsampling=0)
    upright = orient(decode(body), orientation=orientation)
    payload = send(body, exif="ignore")
    header = header_of(payload.body)
    assert (header.height, header.width) == upright.shape[:2]
    assert header.subsampling == "4:4:4"
    off = np.abs(decode(payload.body).astype(int) - upright)
    assert off.mean() < 5, "noise at quality 95; another turn is off by 60"


def test_png_with_exif_orientation_is_lossless():
    exif = Image.Exif()
    exif[0x0112] = 3
    payload = send(encode_image(image_of("RGBA"), "PNG", exif=exif), exif="ignore", alpha="drop")
    assert np.array_equal(decode(payload.body), np.asarray(image_of("RGBA"))[::-1, ::-1])


def test_rejected_transparency_is_composited_over_white():
    clear = Image.new("RGBA", (4, 4), (9, 9, 9, 0))
    payload = send(encode_image(clear, "PNG"), alpha="reject")
    assert decode(payload.body).reshape(-1, 3).tolist() == [[255, 255, 255]] * 16


def test_sixteen_bit_image_is_sent_as_eight_bit():
    deep = Image.fromarray(np.arange(16, dtype=np.uint16).reshape(4, 4) * 4096)
    payload = send(encode_image(deep, "PNG"), bit_depth="reject")
    assert decode(payload.body)[..., 0].tolist() == (np.arange(16).reshape(4, 4) * 16).tolist()


def test_rejected_wide_gamut_profile_is_converted_to_srgb():
    body = jpeg(PICTURE, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert send(body, icc="reject").body == body
    wide = replace(header_of(body), icc="Display P3", wide_gamut=True)
    again = IMAGE.build_image(body, wide, spec(decode={"icc": "reject"})).body
    assert again != body
    assert header_of(again).icc == ""


def test_content_type_of_spec_selects_the_image_format():
    png = encode_image(image_of("RGB"), "PNG")
    assert send(png, content_type="application/x-image").body == png
    payload = send(png, content_type="image/jpeg")
    assert (header_of(payload.body).format, payload.content_type) == ("JPEG", "image/jpeg")
    again = send(jpeg(PICTURE), content_type="image/png")
    assert np.array_equal(decode(again.body), decode(jpeg(PICTURE)))


def test_undecodable_image_raises_payload_error():
    body = jpeg(picture(200, 200), orientation=6)
    header = header_of(body)
    with pytest.raises(PayloadError, match=r"image: .* rows are missing"):
        IMAGE.build_image(body[: len(body) // 2], header, spec(decode={"exif": "ignore"}))


def test_base64_envelopes_contain_the_same_bytes():
    body = jpeg(PICTURE, orientation=6)
    to = spec(decode={"exif": "ignore"}, payload={"content_type": "application/json"})
    expected = IMAGE.build_image(body, header_of(body), spec(decode={"exif": "ignore"})).body
    one = ENVELOPES["instances-b64"].build_image(body, header_of(body), to)
    text = ENVELOPES["hf-inputs-b64"].build_image(body, header_of(body), to)
    assert base64.b64decode(json.loads(one.body)["instances"][0]["b64"], validate=True) == expected
    assert base64.b64decode(json.loads(text.body)["inputs"], validate=True) == expected
    assert one.content_type == text.content_type == "application/json"


def test_batch_of_base64_images_keeps_their_bytes():
    bodies = [jpeg(PICTURE), encode_image(image_of("RGB"), "PNG")]
    payload = ENVELOPES["instances-b64"].build_images([(body, header_of(body)) for body in bodies], spec())
    rows = json.loads(payload.body)["instances"]
    assert [base64.b64decode(row["b64"]) for row in rows] == bodies
    assert Image.open(io.BytesIO(base64.b64decode(rows[1]["b64"]))).format == "PNG"
