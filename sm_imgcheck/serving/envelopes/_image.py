"""The encoded image as a request: unchanged, or encoded again where the spec's handler fixes too little."""

from __future__ import annotations

from io import BytesIO

from sm_imgcheck.core.channels import ALPHA, GRAY
from sm_imgcheck.core.errors import CandidateError, PayloadError
from sm_imgcheck.core.media_types import IMAGE_TYPES, JPG
from sm_imgcheck.core.types import Header, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.source_image import refusals

__all__ = ["QUALITY", "changes", "encoded_image"]

_FORMATS = {IMAGE_TYPES["JPEG"]: "JPEG", JPG: "JPEG", IMAGE_TYPES["PNG"]: "PNG"}
"""By content type: the formats in which an image is encoded again."""
QUALITY = 95
"""Quality of a JPEG that is encoded again, with 4:4:4 chroma: the maximum that Pillow's documentation advises."""


def changes(header: Header, spec: Spec) -> tuple[str, ...]:
    """Return the reasons why the image must be re-encoded; empty: its bytes are sent unchanged."""
    reasons = [message for _, message in refusals(header, spec.decode, channel_order=spec.contract.channel_order)]
    if spec.decode.exif == "ignore" and header.orientation.tags:
        reasons.append(f"{header.orientation.tags}: not applied by the handler")
    content_type = _content_type(spec)
    if _FORMATS.get(content_type, header.format) != header.format:
        reasons.append(f"image format: got {header.format}, expected {content_type} (the spec's content type)")
    elif header.format not in IMAGE_TYPES and not content_type:
        reasons.append(f"image format: got {header.format}, which no container accepts")
    return tuple(reasons)


def encoded_image(body: bytes, header: Header, spec: Spec) -> tuple[bytes, str]:
    """The image to send and its content type. Raises PayloadError where it cannot be decoded to be fixed.

    A new one is a JPEG where it was one or the spec's content type is JPEG, otherwise a lossless PNG: 8 bits,
    EXIF orientation applied, without a profile (its colors are sRGB unless the handler ignores profiles), without CMYK.
    """
    form = header.format
    if changes(header, spec):
        form = _FORMATS.get(_content_type(spec)) or ("JPEG" if form == "JPEG" else "PNG")
        body = _encode(_pixels(body, header, spec, form), form)
    return body, _content_type(spec) or IMAGE_TYPES[form]


def _content_type(spec: Spec) -> str:
    """The image's content type as the spec has it; empty where it has none, or that of the JSON around it."""
    content_type = str(spec.payload.get("content_type") or "")
    return "" if "json" in content_type or content_type.startswith("multipart/") else content_type


def _pixels(body: bytes, header: Header, spec: Spec, form: str) -> np.ndarray:
    """Pixels with the EXIF orientation applied, HWC uint8, with 1, 3 or, in a PNG, 4 channels. Raises PayloadError."""
    from sm_imgcheck.io.images.decode import decode_with_header
    from sm_imgcheck.ops.kernels.color import color, orient

    policy = spec.decode
    icc = "ignore" if policy.icc == "ignore" else "srgb"
    try:
        pixels, _ = decode_with_header(body, header, dct="accurate", gray=False, truncated=policy.truncated, icc=icc)
        mode = "RGB" if header.mode == "CMYK" and pixels.shape[2] == 3 else header.mode  # the profile has made it RGB
        return color(
            orient(pixels, orientation=header.orientation.by(policy.library)),
            mode=mode,
            to=_channels(header, spec, form),
            cmyk=policy.library,
            alpha="drop" if policy.alpha == "drop" else "composite",
            background=policy.background,
            bit_depth="scale",
        )
    except CandidateError as problem:
        raise PayloadError(f"image: {problem}") from None


def _channels(header: Header, spec: Spec, form: str) -> str:
    """GRAY, RGB or RGBA: what the image has, less what the handler rejects and the format cannot hold."""
    to_gray = spec.contract.channel_order == GRAY
    allows_alpha = spec.decode.alpha != "reject" or spec.contract.channel_order in ALPHA
    if header.mode in ("LA", "RGBA") and form == "PNG" and allows_alpha:
        return "RGBA"
    gray = header.mode in ("L", "LA") and (to_gray or spec.decode.gray != "reject")
    return GRAY if gray else "RGB"


def _encode(pixels: np.ndarray, form: str) -> bytes:
    from PIL import Image

    out = BytesIO()
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    image.save(out, form, **({"quality": QUALITY, "subsampling": "4:4:4"} if form == "JPEG" else {}))
    return out.getvalue()
