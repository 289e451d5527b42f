"""The request that a candidate becomes, and the image in it."""

from __future__ import annotations

import os

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.media_types import BODY_TYPES
from sm_imgcheck.core.types import Candidate, Spec
from sm_imgcheck.serving.embedded_images import find_images, guess_content_type

__all__ = ["HandlerRequest", "make_request"]


@frozen
class HandlerRequest:
    """A body for the handler."""

    body: bytes
    content_type: str
    image: bytes | None
    """The only image of the request, which it is or contains; None: none or several."""
    is_image: bool
    """The body itself is the image."""
    explicit: bool
    """The content type was given, by an option or the spec: no other is tried."""


def make_request(body: bytes, candidate: Candidate, content_type: str | None, spec: Spec) -> HandlerRequest | None:
    """The request of a candidate whose header is read; None for what is neither an image nor a request body.

    content_type: as the user gave it; None: of an image as the spec sends it, else by what it is.
    """
    if candidate.header is not None:
        type_of_spec = spec.payload.get("content_type") if spec.payload.get("envelope") == "image" else None
        kind = content_type or str(type_of_spec or f"image/{candidate.header.format.lower()}")
        explicit = content_type is not None or type_of_spec is not None
        return HandlerRequest(body=body, content_type=kind, image=body, is_image=True, explicit=explicit)
    kind = content_type or _content_type(body, candidate)
    if not kind:
        return None
    images = find_images(body, kind)
    return HandlerRequest(
        body=body, content_type=kind, image=images[0] if len(images) == 1 else None, is_image=False, explicit=True
    )


def _content_type(body: bytes, candidate: Candidate) -> str:
    """The content type of a body that is not an image: by its content, else by its suffix; empty: unknown."""
    if guess := guess_content_type(body):
        return guess
    if candidate.kind == "tensor":
        suffix = os.path.splitext(candidate.path.partition("::")[0])[1].lower()  # noqa: PTH122
        return BODY_TYPES.get(suffix, "application/x-npy")
    return ""
