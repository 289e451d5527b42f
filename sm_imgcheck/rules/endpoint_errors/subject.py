"""The subject of compared values: an image, other data, or unknown.

Lengths and dtypes have no subject: "expected 512, got 257" is an image size, a spectrum or a number of features. Three
places name one, the nearest first: the noun that the values belong to ("mask must have shape ..."), the message with
its shapes, and the line of code that failed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from functools import cache

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.rules.endpoint_errors.shapes import SMALLEST_SIDE
from sm_imgcheck.rules.endpoint_errors.word_lists import expression

__all__ = ["Subject", "find_subject", "is_about_image", "is_of_values"]


class Subject(Enum):
    """What compared values belong to."""

    IMAGE = auto()
    """An image: the text names one, or contains a shape that only images have."""
    UNKNOWN = auto()
    OTHER = auto()
    """Another input, an output or a weight: masks, embeddings, sound."""


_ABOUT_IMAGES = frozenset(
    (
        *(
            "alpha",
            "ambiguous-layout",
            "batch-twice",
            "channels",
            "color-for-gray",
            "features-wanted",
            "gray",
            "layout",
        ),
        *("matrix-size", "no-batch", "sides-swapped", "unequal-images", "value-range", "wrong-size"),
    )
)
"""Causes of compared values whose advice holds for images only."""

_OF_VALUES = _ABOUT_IMAGES | {
    *("batch-maximum", "batch-size", "buffer-size", "bytes-count", "bytes-ratio", "float-for-integer", "float64"),
    *("input-name", "mean-length", "other-dtype", "other-shape", "shape-not-filled", "uint8", "unsupported-dtype"),
}
"""Causes of compared values, which any data may have."""

_WORDS = re.compile(
    r"(?i)image|img|imread|imdecode|picture|photo|pixel|(?<![a-z_])frames?(?![a-z_])|(?<![a-z])(?:conv|rgb|bgr|gr[ae]y|[nb]?chw|[nb]?hwc"
    r"|cv2?(?![a-z])|pil(?![a-z])|pillow|opencv|height|width|resolution|patch|vit(?![a-z])|yolo|resnet|jpe?g|png)"
    r"|(?<!\d)[134](?!\d)[^\n\d]{0,24}(?:channel|band)|(?:channel|band)[^\n\d]{0,24}(?<!\d)[134](?!\d)"
    r"|dimension 3 of input|index: ?2 .{0,40}index: ?3"
)
"""Words of images and of layers that take them, a number of channels that images have, and axes of four."""

_IMAGE = re.compile(r"(?i)image|img|picture|photo|pixel")

_LENGTH = r"-1|None|null|\?|\d{1,5}|[BCHNW](?![\w])"
_SHAPE = re.compile(rf"[\[({{](?P<lengths>(?:{_LENGTH})(?:(?:, ?|x| )(?:{_LENGTH})){{2,4}})[\])}}]")
_FEWEST_SIDE = max(COUNTS) + 1

_POSITIONS = re.compile(r"(?i)patch|(?<![a-z])pos(?:ition(?:al)?)?_?emb")
"""Words of the layer that adds position embeddings to patches."""

_TARGET = re.compile(r"(?i)(?<![a-z])targets?(?![a-z])")

_CALLEE = re.compile(r"\w+(?=\()")
"""The name of a function that is called: ``head`` of ``self.head(x)``."""

_SIZE = r"""(?:batch|shapes?|sizes?|dim(?:ension)?s?|dimensionality|ranks?|ndim|lengths?|counts?|numbers?|d?types?
    |names?|values?)"""
_VALUE = r"(?:\([^()]{0,60}\)|\[[^\[\]]{0,60}\]|torch\.Size\S{0,40})"
_PREDICATE = r"""(?:must|should|mismatch\w*|expect\w*|requires?|needs?|do(?:es)?[ ]not|don't|doesn't|differ\w*|exceeds?
    |to[ ](?:have|be)|can(?:not|'t)
    |(?:is|are|was|were|has|have|had)[ ](?:[a-z]{1,10}[ ]){0,3}(?:not|\w{0,4}different|invalid|wrong|torch|\d|[\[(]))"""
"""What follows the noun to which values belong, in a verbose expression."""


def is_about_image(cause: str) -> bool:
    """Return whether the advice of a cause holds for images only."""
    return cause in _ABOUT_IMAGES


def is_of_values(cause: str) -> bool:
    """Return whether a cause compares values, or names one that is missing."""
    return cause in _OF_VALUES


def find_subject(values: Mapping[str, str], sentence: str, message: str, code: Sequence[str]) -> Subject:
    """Return the subject of compared values.

    values: the named groups of a match, with ``subject`` where the comparison identifies an image: ``image``;
    ``patches`` unless the text is about something else; ``few-patches`` only where it names patches or positions.
    sentence: the sentence that compares them, with the one before. message: all of the message. code: lines of a
    traceback with the names of their functions, the nearest first.
    """
    if values.get("subject") == "image":
        return Subject.IMAGE
    if values.get("subject") == "few-patches":
        return Subject.IMAGE if _POSITIONS.search(" ".join((message, *code))) else Subject.OTHER
    if len(_image_shapes(sentence)) > 1:
        sentence = _TARGET.sub("", sentence)  # "target must be (1, 3, 224, 224)": the shape that the model requires
    owner, line = _owner().search(sentence), " ".join(code[:1])
    first = sentence.rfind(": ", 0, owner.start()) + 1 if owner else 0  # "image service: mask must have shape ..."
    names_image = _IMAGE.search(_owner().sub("", sentence[first:]))
    names_topic = expression("other_topic").search(f"{sentence} {line}") and not _IMAGE.search(line)
    is_other_topic = names_topic and not any(map(_is_color_image, _image_shapes(sentence)))
    if not names_image and (owner or is_other_topic):
        return Subject.OTHER
    is_image = names_image or values.get("subject") == "patches"
    if is_image or _WORDS.search(" ".join((message, *code))) or _image_shapes(message):
        return Subject.IMAGE
    is_owned = expression("other_owner").search(_CALLEE.sub("", line))
    is_other = is_owned or expression("other_topic").search(" ".join(code))
    return Subject.OTHER if is_other else Subject.UNKNOWN


@cache
def _owner() -> re.Pattern[str]:
    """Return an expression for a noun other than an image to which values belong, where a sentence names it."""
    noun = rf"(?:[a-z]\w{{0,20}}[ _])?(?:\w{{1,20}}_)?{expression('other_owner').pattern}(?:_\w{{1,20}})?"
    return re.compile(
        rf"""(?ix)(?<![a-z])(?:
            {noun}['"`\]]{{0,2}}(?:[ _]{_SIZE}){{0,3}}(?:[ ]?{_VALUE})?,?[ ]{_PREDICATE}
          | {noun}(?:[ _]{_SIZE}){{0,3}}:?[ ]?{_VALUE}
          | {noun}(?:[ _]{_SIZE}){{1,3}}:?[ ]\d
          | (?:(?<!\d)[1-6]?\d{{1,2}}|number[ ]of)[ ](?:\w{{1,20}}[ ])?(?:{noun}|features|columns|rows)
          | expected[ ](?:an?[ ])?{noun}[ ]of
          | for[ ]parameter[ ]"
          | (?:input|argument|placeholder)(?:[ ](?:name|feature|tensor))?[:=]?[ ]['"]?{noun}
        )"""
    )


def _image_shapes(text: str) -> list[list[int | None]]:
    """Return the shapes in a text that only images have; None: any length."""
    shapes = [
        [int(length) if length.isdigit() else None for length in re.findall(_LENGTH, match["lengths"])]
        for match in _SHAPE.finditer(text)
    ]
    return [shape for shape in shapes if _is_image(shape)]


def _is_image(lengths: list[int | None]) -> bool:
    """Return whether four axes, or three with a channel axis and two sides, are an image.

    [1, 77, 768] and [None, 60, 4] are sequences as well; a grayscale image of three axes is square.
    """
    if len(lengths) >= 4:
        return any(lengths[axis] in COUNTS for axis in (1, -1, -3))
    if lengths[0] is None and lengths[1] is not None:
        return False
    for channels, sides in ((lengths[0], lengths[1:]), (lengths[2], lengths[:2])):
        if channels in COUNTS and all(side is None or side >= _FEWEST_SIDE for side in sides):
            return channels != 1 or sides[0] == sides[1]
    return False


def _is_color_image(lengths: list[int | None]) -> bool:
    """Return whether a shape is a color image in a text about any topic.

    4 is a number of attention heads too, and [32, 100, 3] a batch of sequences.
    """
    *batch, first, middle, last = lengths
    for channels, sides in ((first, (middle, last)), (last, (first, middle))):
        if channels == 3 and all(side is None or side >= SMALLEST_SIDE for side in sides):
            return bool(batch) or (sides[0] == sides[1] and sides[0] is not None)
    return False
