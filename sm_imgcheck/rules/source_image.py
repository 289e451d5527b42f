"""SRC: an intact image that differs from common training images, and the decode policy that rejects images."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.channels import ALPHA, GRAY
from sm_imgcheck.core.types import Candidate, Decode, Finding, Header, Severity, Spec
from sm_imgcheck.rules import Rule

# A larger change of the aspect ratio distorts more than the augmentation of common recipes: torchvision's
# RandomResizedCrop stays within 4/3.
_MAX_ASPECT_CHANGE = 3.0
_ORIENTATIONS = {
    2: "flipped horizontally",
    3: "rotated 180 degrees",
    4: "flipped vertically",
    5: "transposed",
    6: "rotated 90 degrees",
    7: "transposed and rotated 180 degrees",
    8: "rotated 270 degrees",
}


def _apply_policy(
    candidate: Candidate, spec: Spec, key: str, default: Severity
) -> tuple[Header | None, bool, Severity]:
    """Return the header, whether the policy rejects the image under this key, and the severity."""
    header = candidate.header
    if header is None:
        return None, False, default
    is_rejected = key in {
        subject for subject, _ in refusals(header, spec.decode, channel_order=spec.contract.channel_order)
    }
    return header, is_rejected, "error" if is_rejected else default


SRC130 = Rule(
    "SRC130",
    "multiple-frames",
    severity="warning",
    doc="""The file contains several images; only the first is used.

    An animation, a scan with several pages, a phone photo with its depth map (MPO).

    At an endpoint: Pillow and OpenCV read the first; ``tf.image.decode_image`` returns four axes for a GIF
    (``expand_animations``), which the model rejects.

    Send each image as a separate file: ``Image.seek(n)`` in Pillow, ``magick in.gif out-%d.png``.
    """,
)


@SRC130.check
def _multiple_frames(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.frames > 1:
        least = "at least " if candidate.header.frames == MOST_FRAMES else ""
        yield SRC130.finding(f"frames: got {least}{candidate.header.frames}, expected 1; only the first is used")


SRC131 = Rule(
    "SRC131",
    "exif-orientation",
    severity="warning",
    fixed_by="orient",
    doc="""The image is stored rotated or flipped, with an orientation tag.

    Cameras store the sensor data unrotated and record the camera's orientation in EXIF (tag 0x0112). Editors write it
    to XMP too; where EXIF has none, only ``ImageOps.exif_transpose`` applies it. The message has the
    orientation of each library where they differ: for tags of unusual types, and for AVIF.

    At an endpoint: OpenCV applies EXIF, and browsers that of JPEG and PNG; ``Image.open``, Keras, TensorFlow and
    torchvision do not, and the model receives the image rotated, without an error. Pillow and OpenCV always apply the
    orientation of a TIFF.

    In the model's code: ``ImageOps.exif_transpose(image)`` right after ``Image.open``. Here: ``decode: {exif: apply}``.
    """,
)


@SRC131.check
def _exif_orientation(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, is_rejected, severity = _apply_policy(candidate, spec, "exif", "warning")
    if header is None or not header.orientation.tags:
        return
    orientation = header.orientation
    by_library = orientation.by(spec.decode.library)
    number = next(item for item in (by_library, *orientation.choices) if item != 1)
    size, rotated_size = f"{header.height}x{header.width}", f"{header.width}x{header.height}"
    is_ignored = not is_rejected and (spec.decode.exif == "ignore" or by_library == 1)
    effect = f"displayed as {rotated_size if number > 4 else size} (HxW)"
    if len(set(orientation.by_name.values())) > 1:
        effect = "applied: " + ", ".join(f"{name} {item}" for name, item in orientation.by_name.items())
    is_contradicted = header.format == "TIFF" and spec.decode.exif == "ignore" and by_library != 1
    if is_ignored:
        reason = "as specified" if spec.decode.exif == "ignore" else f"by the library ({spec.decode.library})"
        effect += f"; ignored {reason}: the model receives {size}"
        effect += ", although Pillow and OpenCV apply the orientation of a TIFF" if is_contradicted else ""
    tags = f"got {orientation.tags} ({_ORIENTATIONS[number]}), expected 1"
    yield SRC131.finding(
        f"orientation of the stored pixels: {tags}; stored as {size}, {effect}",
        severity="notice" if is_ignored and not is_contradicted else severity,
        fixable=not is_rejected and not is_ignored,
    )


SRC134 = Rule(
    "SRC134",
    "non-srgb-profile",
    severity="notice",
    fixed_by="decode",
    doc="""The image's color profile is not sRGB.

    Phones save Display P3, cameras Adobe RGB: the same values represent more saturated colors.

    At an endpoint: every library ignores the profile, so colors are slightly pale. Models are rarely affected.

    In the model's code: ``ImageCms.profileToProfile`` with an sRGB target. Here: ``decode: {icc: srgb}`` converts,
    ``reject`` rejects the image.
    """,
)


@SRC134.check
def _non_srgb_profile(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, is_rejected, severity = _apply_policy(candidate, spec, "icc", "notice")
    if header is not None and header.wide_gamut:
        is_converted = spec.decode.icc == "srgb"
        effect = "converted to sRGB" if is_converted else "rejected by decode.icc" if is_rejected else "ignored"
        yield SRC134.finding(
            f"color profile: got {header.icc!r}, expected sRGB; {effect}", severity=severity, fixable=is_converted
        )


SRC135 = Rule(
    "SRC135",
    "cmyk-image",
    severity="warning",
    fixed_by="color",
    doc="""The image is CMYK.

    At an endpoint: ``np.asarray(Image.open(f))`` has four channels and is rejected, or read as RGBA with inverted
    colors. OpenCV, Pillow and TensorFlow convert it to RGB differently (by one gray level).

    In the model's code: ``Image.open(f).convert("RGB")``. Here: ``decode: {cmyk: convert}``, by ``decode.library``.
    """,
)


@SRC135.check
def _cmyk_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, is_rejected, severity = _apply_policy(candidate, spec, "cmyk", "warning")
    if header is not None and header.mode == "CMYK":
        effect = "rejected by decode.cmyk" if is_rejected else f"converted like {spec.decode.library}"
        yield SRC135.finding(
            f"color space: got CMYK, expected {spec.contract.channel_order}; {effect}",
            actual="CMYK",
            severity=severity,
            fixable=not is_rejected,
        )


SRC136 = Rule(
    "SRC136",
    "gray-image",
    severity="notice",
    fixed_by="color",
    doc="""The image is gray, and the model expects color.

    At an endpoint: ``np.asarray(Image.open(f))`` has two axes; ``not enough values to unpack (expected 3, got 2)``,
    ``expected input to have 3 channels, but got 1``.

    In the model's code: ``Image.open(f).convert("RGB")``. Here: ``decode: {gray: expand}`` repeats the channel.
    """,
)


@SRC136.check
def _gray_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, is_rejected, severity = _apply_policy(candidate, spec, "gray", "notice")
    if header is not None and header.mode in ("L", "LA") and spec.contract.channel_order != GRAY:
        effect = "rejected by decode.gray" if is_rejected else "the channel is repeated"
        yield SRC136.finding(
            f"color space: got GRAY, expected {spec.contract.channel_order}; {effect}",
            expected=spec.contract.channel_order,
            actual="GRAY",
            severity=severity,
            fixable=not is_rejected,
        )


SRC137 = Rule(
    "SRC137",
    "transparent-image",
    severity="notice",
    fixed_by="color",
    doc="""The image has an alpha channel or a transparent color, and the model expects none.

    At an endpoint: four channels, which the model rejects; after ``convert("RGB")`` the stored color of transparent
    pixels, usually black, where viewers show white.

    In the model's code: ``Image.alpha_composite`` over a background before ``convert("RGB")``. Here:
    ``decode: {alpha: composite, background: [255, 255, 255]}``, or ``drop``.
    """,
)


@SRC137.check
def _transparent_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, is_rejected, severity = _apply_policy(candidate, spec, "alpha", "notice")
    if header is None or header.mode not in ("LA", "RGBA") or spec.contract.channel_order in ALPHA:
        return
    effects = {
        "drop": "dropped: transparent pixels show their stored color",
        "composite": f"composited over {list(spec.decode.background)}",
        "reject": "rejected by decode.alpha",
    }
    yield SRC137.finding(
        f"alpha channel: got {header.mode}, expected {spec.contract.channel_order}; {effects[spec.decode.alpha]}",
        severity=severity,
        fixable=not is_rejected,
    )


SRC138 = Rule(
    "SRC138",
    "high-bit-depth",
    severity="notice",
    fixed_by="color",
    doc="""The image has more than 8 bits per sample.

    Microscopes, X-ray machines and depth cameras write 10 to 16 bits; TIFF also supports 32-bit samples without a
    defined white level.

    At an endpoint: Pillow's ``convert("RGB")`` of a 16-bit gray image was all white before Pillow 12, OpenCV keeps the
    upper byte, ``IMREAD_UNCHANGED`` returns 0..65535 to a model that expects 0..255.

    In the model's code: scale by the white level of your images. Here: ``decode: {bit_depth: scale}`` keeps the upper
    byte; 32-bit samples are always rejected.
    """,
)


@SRC138.check
def _high_bit_depth(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, is_rejected, severity = _apply_policy(candidate, spec, "bit_depth", "notice")
    if header is not None and header.bits > 8:
        effect = "the upper byte is kept"
        if is_rejected:
            hint = (
                "use decode: {bit_depth: scale} to keep the upper byte" if header.bits <= 16 else "unknown white level"
            )
            effect = f"rejected; {hint}"
        yield SRC138.finding(
            f"bit depth: got {header.bits} bits per sample, expected 8; {effect}",
            expected="8 bits",
            actual=f"{header.bits} bits",
            severity=severity,
            fixable=not is_rejected,
        )


SRC139 = Rule(
    "SRC139",
    "extreme-aspect-ratio",
    severity="warning",
    doc="""The spec changes the aspect ratio of the image by more than a factor of 3.

    A panorama or a strip is stretched to the model's size, and its content is distorted.

    At an endpoint: no error, and an unreliable prediction.

    In the model's code: resize the shorter edge and crop, or letterbox. Here: ``resize: {mode: letterbox}`` or
    ``shortest_edge``, if the model was trained with it; otherwise exclude the image.
    """,
)


@SRC139.check
def _extreme_aspect_ratio(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header = candidate.header
    if header is None:
        return
    height, width = header.height, header.width
    if spec.decode.exif == "apply" and header.orientation.by(spec.decode.library) > 4:
        height, width = width, height
    step = next((step for step in spec.geometry if step.op.startswith(("resize", "letterbox", "fit", "crop"))), None)
    if step is None or not step.op.startswith("resize") or step.params.get("mode") != "stretch":
        return
    new_height, new_width = step.params["size"]
    stretch = (height / width) / (new_height / new_width)
    stretch = max(stretch, 1 / stretch)
    if stretch > _MAX_ASPECT_CHANGE:
        yield SRC139.finding(
            f"change of aspect ratio: got a factor of {stretch:.3g}, expected at most {_MAX_ASPECT_CHANGE:g}; "
            f"{height}x{width} is stretched to {new_height}x{new_width} (HxW)"
        )


SRC140 = Rule(
    "SRC140",
    "not-convertible",
    severity="error",
    doc="""``convert`` refuses this image, although the file is intact.

    A strip of 1x1000 pixels would become an image of more than 16 megapixels when its shorter edge is resized to the
    size of the model; an image may be smaller than the crop of the spec.

    At an endpoint: an error or a timeout, depending on the library, or a tensor of a wrong size.

    Exclude the image, or use a ``resize`` that accepts it (``mode: stretch`` or ``letterbox``), if the model was
    trained with it.
    """,
)

MOST_FRAMES = 10_000
"""Limit for counting the frames of a file: counting is slow, and only the first is used."""


def refusals(header: Header, decode: Decode, *, channel_order: str) -> list[tuple[str, str]]:
    """Return the reasons why the policy rejects an image: the key of ``decode``, and a message.

    Alpha is accepted for models with alpha, gray for gray models; 32-bit samples are always rejected. Empty: the image
    may be used.
    """
    high_depth = 8 < header.bits <= 16 and decode.bit_depth == "reject"
    has_alpha = header.mode in ("LA", "RGBA") and channel_order not in ("RGBA", "BGRA")
    checks = (
        ("exif", decode.exif == "reject" and header.orientation.tags != "", header.orientation.tags),
        ("icc", decode.icc == "reject" and header.icc_problem != "", f"corrupt ICC profile ({header.icc_problem})"),
        ("icc", decode.icc == "reject" and header.wide_gamut, f"color profile {header.icc!r} (not sRGB)"),
        ("cmyk", decode.cmyk == "reject" and header.mode == "CMYK", "CMYK image"),
        ("gray", decode.gray == "reject" and header.mode in ("L", "LA") and channel_order != "GRAY", "gray image"),
        ("alpha", decode.alpha == "reject" and has_alpha, "alpha channel"),
        ("bit_depth", high_depth, f"bit depth {header.bits}"),
    )
    messages = [(key, f"{subject} is rejected by decode.{key}") for key, is_rejected, subject in checks if is_rejected]
    if header.bits > 16:
        messages.append(("bit_depth", f"bit depth {header.bits} is not supported: unknown white level"))
    return messages
