"""Handlers as deployed, over all entry points: correct ones have no error, planted mistakes are named."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from sample_images import encode_image, jpeg, picture

from sm_imgcheck import validate_handler

FOLDER = Path(__file__).with_name("deployed")
PIXELS = picture(240, 330)
ALPHA = np.dstack([PIXELS, np.full(PIXELS.shape[:2], 200, np.uint8)])
BODIES = {
    "": jpeg(PIXELS),
    "rgba": encode_image(Image.fromarray(ALPHA), "PNG"),
    "exif": jpeg(PIXELS, orientation=6),
}
"""By the third line of a file, ``# image: NAME``."""
PACKAGES = ("aiohttp", "django", "fastapi", "flask", "rest_framework", "sanic", "starlette", "torch", "tornado")


def result_of(file):
    """The result, and the codes that the file's second line expects."""
    source = file.read_text(encoding="utf-8")
    for word in PACKAGES:
        if f"from {word}" in source or f"import {word}" in source:
            pytest.importorskip(word, reason=f"{word} is not installed")
    spec, expected, third = source.splitlines()[:3]
    body = BODIES[third.partition("# image: ")[2]]
    (result,) = validate_handler(file, [body], yaml.safe_load(spec.removeprefix("# spec: ")), timeout=60)
    return result, set(expected.removeprefix("# expect: ").split())


def files(kind):
    return [pytest.param(file, id=file.stem) for file in sorted((FOLDER / kind).glob("*.py"))]


@pytest.mark.parametrize("file", files("right"))
@pytest.mark.sample(24)
def test_correct_handler_has_no_error_and_no_warning(file):
    result, expected = result_of(file)
    assert expected == {"ok"}
    assert [finding.message for finding in result.findings if finding.severity != "notice"] == []
    assert result.status == "ok"


@pytest.mark.parametrize("file", files("wrong"))
@pytest.mark.sample(24)
def test_planted_mistake_is_named(file):
    result, expected = result_of(file)
    assert expected & {finding.code for finding in result.findings if finding.severity != "notice"}


@pytest.mark.parametrize("file", files("unknown"))
@pytest.mark.sample(8)
def test_handler_that_cannot_be_observed_is_not_checked(file):
    result, expected = result_of(file)
    assert expected == {"unknown"}
    assert result.status == "not checked"
    assert result.errors == ()
