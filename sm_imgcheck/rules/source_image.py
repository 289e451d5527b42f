"""SRC: a sound image that differs from what the model was trained on; and what a decode policy refuses."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.channels import ALPHA, GRAY
from sm_imgcheck.core.types import Candidate, Decode, Finding, Header, Severity, Spec
from sm_imgcheck.rules import Rule

# A stretch that changes the ratio of the sides by more than this turns circles into ellipses that no augmentation of
# the usual recipes makes: torchvision's RandomResizedCrop stays within 4/3.
_EXTREME_STRETCH = 3.0


def _judge(candidate: Candidate, spec: Spec, key: str, otherwise: Severity) -> tuple[Header | None, bool, Severity]:
    """The header, whether the policy refuses the image under this key, and how severe it is then."""
    header = candidate.header
    if header is None:
        return None, False, otherwise
    refused = key in {
        subject for subject, _ in refusals(header, spec.decode, channel_order=spec.contract.channel_order)
    }
    return header, refused, "error" if refused else otherwise


SRC130 = Rule(
    "SRC130",
    "several-frames",
    severity="warning",
    verdict="ok",
    doc="""The file holds several pictures; only the first is used.

    An animation, a scan of several pages, a phone's picture with its depth map (MPO).

    At an endpoint: Pillow and OpenCV take the first; ``tf.image.decode_image`` gives four axes for a GIF
    (``expand_animations``), which the model then refuses.

    Send each picture as a file of its own: ``Image.seek(n)`` in Pillow, ``magick in.gif out-%d.png``.
    """,
)


@SRC130.check
def _several_frames(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.header is not None and candidate.header.frames > 1:
        least = "at least " if candidate.header.frames == MOST_FRAMES else ""
        yield SRC130.finding(f"holds {least}{candidate.header.frames} pictures; the first is used")


SRC131 = Rule(
    "SRC131",
    "exif-orientation",
    severity="warning",
    verdict="ok",
    fixed_by="orient",
    doc="""The picture is stored turned or mirrored, and says so in its EXIF block.

    Cameras store what the sensor saw and note how the camera was held (tag 0x0112).

    At an endpoint: OpenCV turns it upright; ``Image.open``, Keras, TensorFlow and torchvision do not, and the model
    sees it lying on its side, without any error.

    In the model's code: ``ImageOps.exif_transpose(image)`` right after ``Image.open``. Here: ``decode: {exif: apply}``.
    """,
)


@SRC131.check
def _exif_orientation(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, refused, severity = _judge(candidate, spec, "exif", "warning")
    if header is None or header.orientation == 1:
        return
    size = f"{header.height}x{header.width}"
    upright = f"{header.width}x{header.height}" if header.orientation > 4 else size
    said = f"is stored turned (EXIF orientation {header.orientation}): {size}, upright {upright} (HxW)"
    ignored = spec.decode.exif == "ignore"
    yield SRC131.finding(
        f"{said}; the spec ignores it, so the model sees it as stored" if ignored else said,
        severity="notice" if ignored else severity,
        fixable=not refused and not ignored,
    )


SRC134 = Rule(
    "SRC134",
    "wide-gamut",
    severity="notice",
    verdict="ok",
    fixed_by="decode",
    doc="""The image's colour profile is not sRGB.

    Phones save Display P3, cameras Adobe RGB: the same numbers then mean more saturated colours.

    At an endpoint: every library ignores the profile, so colours arrive a little pale. Models seldom mind.

    In the model's code: ``ImageCms.profileToProfile`` with an sRGB target. Here: ``decode: {icc: srgb}`` converts,
    ``reject`` refuses.
    """,
)


@SRC134.check
def _wide_gamut(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, refused, severity = _judge(candidate, spec, "icc", "notice")
    if header is not None and header.wide_gamut:
        converts = spec.decode.icc == "srgb"
        what = "converted to sRGB" if converts else "refused by decode.icc" if refused else "ignored"
        yield SRC134.finding(f"has the colour profile {header.icc!r}: {what}", severity=severity, fixable=converts)


SRC135 = Rule(
    "SRC135",
    "cmyk-image",
    severity="warning",
    verdict="ok",
    fixed_by="colour",
    doc="""The image is coded in the four inks of a printing press.

    At an endpoint: ``np.asarray(Image.open(f))`` has four channels and is refused, or taken for RGBA with inverted
    colours. OpenCV, Pillow and TensorFlow convert it to RGB with different arithmetic (one level apart).

    In the model's code: ``Image.open(f).convert("RGB")``. Here: ``decode: {cmyk: convert}``, by ``decode.library``.
    """,
)


@SRC135.check
def _cmyk_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, refused, severity = _judge(candidate, spec, "cmyk", "warning")
    if header is not None and header.mode == "CMYK":
        how = "refused by decode.cmyk" if refused else f"converted as {spec.decode.library} does"
        yield SRC135.finding(f"is coded in CMYK inks: {how}", actual="CMYK", severity=severity, fixable=not refused)


SRC136 = Rule(
    "SRC136",
    "gray-image",
    severity="notice",
    verdict="ok",
    fixed_by="colour",
    doc="""The image is gray, the model takes colour.

    At an endpoint: ``np.asarray(Image.open(f))`` has two axes; ``not enough values to unpack (expected 3, got 2)``,
    ``expected input to have 3 channels, but got 1``.

    In the model's code: ``Image.open(f).convert("RGB")``. Here: ``decode: {gray: expand}`` repeats the one channel.
    """,
)


@SRC136.check
def _gray_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, refused, severity = _judge(candidate, spec, "gray", "notice")
    if header is not None and header.mode in ("L", "LA") and spec.contract.channel_order != GRAY:
        how = "refused by decode.gray" if refused else "its one channel is repeated"
        yield SRC136.finding(
            f"is gray: {how}",
            expected=spec.contract.channel_order,
            actual="GRAY",
            severity=severity,
            fixable=not refused,
        )


SRC137 = Rule(
    "SRC137",
    "transparent-image",
    severity="notice",
    verdict="ok",
    fixed_by="colour",
    doc="""The image has an alpha channel or a transparent colour, the model takes none.

    At an endpoint: four channels, which the model refuses; after ``convert("RGB")`` whatever colour lies beneath the
    transparent part, mostly black, where people see white.

    In the model's code: ``Image.alpha_composite`` over a background before ``convert("RGB")``. Here:
    ``decode: {alpha: composite, background: [255, 255, 255]}``, or ``drop``.
    """,
)


@SRC137.check
def _transparent_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, refused, severity = _judge(candidate, spec, "alpha", "notice")
    if header is None or header.mode not in ("LA", "RGBA") or spec.contract.channel_order in ALPHA:
        return
    over = f"laid over {list(spec.decode.background)}"
    how = {"drop": "dropped, what lies beneath shows", "composite": over, "reject": "refused by decode.alpha"}
    yield SRC137.finding(f"has alpha: {how[spec.decode.alpha]}", severity=severity, fixable=not refused)


SRC138 = Rule(
    "SRC138",
    "deep-image",
    severity="notice",
    verdict="ok",
    fixed_by="colour",
    doc="""The image has more than 8 bits a sample.

    Microscopes, X-ray machines and depth cameras write 10 to 16 bits; TIFF also 32-bit numbers without any white.

    At an endpoint: Pillow's ``convert("RGB")`` of a 16-bit gray image was all white before Pillow 12 changed it, OpenCV
    keeps the upper byte, ``IMREAD_UNCHANGED`` gives 0..65535 to a model that takes 0..255.

    In the model's code: scale by what white is in your images. Here: ``decode: {bit_depth: scale}`` keeps the upper
    byte; numbers of 32 bits are always refused.
    """,
)


@SRC138.check
def _deep_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header, refused, severity = _judge(candidate, spec, "bit_depth", "notice")
    if header is not None and header.bits > 8:
        hint = "refused; decode: {bit_depth: scale} keeps the upper byte" if header.bits <= 16 else "they have no white"
        how = hint if refused else "the upper byte is kept"
        yield SRC138.finding(
            f"has {header.bits} bits a sample: {how}",
            expected="8 bits",
            actual=f"{header.bits} bits",
            severity=severity,
            fixable=not refused,
        )


SRC139 = Rule(
    "SRC139",
    "extreme-aspect",
    severity="warning",
    verdict="ok",
    doc="""The spec stretches the image out of all proportion.

    A panorama or a strip is squeezed into the model's shape: what was round is not round any more.

    At an endpoint: no error, and an answer that is no better than a guess.

    In the model's code: resize the shorter edge and crop, or letterbox. Here: ``resize: {mode: letterbox}`` or
    ``shortest_edge``, if the model was trained so; else leave the image out.
    """,
)


@SRC139.check
def _extreme_aspect(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    header = candidate.header
    if header is None:
        return
    height, width = header.height, header.width
    if spec.decode.exif == "apply" and header.orientation > 4:
        height, width = width, height
    step = next((step for step in spec.geometry if step.op.startswith(("resize", "letterbox", "fit", "crop"))), None)
    if step is None or not step.op.startswith("resize") or step.params.get("mode") != "stretch":
        return
    new_height, new_width = step.params["size"]
    stretch = (height / width) / (new_height / new_width)
    stretch = max(stretch, 1 / stretch)
    if stretch > _EXTREME_STRETCH:
        change = f"{height}x{width} becomes {new_height}x{new_width} (HxW)"
        yield SRC139.finding(f"{change}: its proportions change by a factor of {stretch:.3g}")


MOST_FRAMES = 10_000
"""Pictures of one file are counted no further: it takes time, and the first alone is used."""


def refusals(header: Header, decode: Decode, *, channel_order: str) -> list[tuple[str, str]]:
    """What the policy refuses of an image: the key of ``decode`` that does it, and what the image is, as a clause.

    Alpha is welcome where the model takes it, gray where the model is gray; samples of 32 bits are refused whatever the
    policy says. Empty: the image may be used.
    """
    deep = 8 < header.bits <= 16 and decode.bit_depth == "reject"
    veiled = header.mode in ("LA", "RGBA") and channel_order not in ("RGBA", "BGRA")
    found = (
        ("exif", decode.exif == "reject" and header.orientation != 1, f"is stored turned (EXIF {header.orientation})"),
        ("icc", decode.icc == "reject" and header.icc_problem != "", f"has a broken profile ({header.icc_problem})"),
        ("icc", decode.icc == "reject" and header.wide_gamut, f"has the profile {header.icc!r}, which is not sRGB"),
        ("cmyk", decode.cmyk == "reject" and header.mode == "CMYK", "is coded in CMYK inks"),
        ("gray", decode.gray == "reject" and header.mode in ("L", "LA") and channel_order != "GRAY", "is gray"),
        ("alpha", decode.alpha == "reject" and veiled, "has alpha"),
        ("bit_depth", deep, f"has {header.bits} bits a sample"),
    )
    made = [(key, f"{clause}, which decode.{key}: reject refuses") for key, refused, clause in found if refused]
    if header.bits > 16:
        made.append(("bit_depth", f"has {header.bits} bits a sample, and nothing says which value is white"))
    return made
