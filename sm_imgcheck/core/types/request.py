"""Request bodies, and what a stack makes of them."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types.finding import Finding

__all__ = ["DecodedRequest", "HandlerRun", "Limit", "Payload", "RejectedRequest", "Request"]


@frozen
class Payload:
    """A request body as it goes over the wire."""

    body: bytes = field(repr=False)
    content_type: str
    """Exactly as the header says it."""
    envelope: str
    """The form of the body: a module of ``payload``."""
    findings: tuple[Finding, ...] = ()
    """Notices: what the spec's stack makes of the body, where that differs from the spec."""


@frozen
class DecodedRequest:
    """What a stack hands to the model's predict function."""

    form: Literal["array", "image", "object"]
    """array: a tensor; image: a decoded picture (PIL, RGB); object: whatever else, such as a dict or text."""
    data: Any = field(default=None, repr=False, compare=False)
    """The array; of an image the bytes that it is decoded from; dropped from results."""
    what: str = ""
    """In the stack's words, such as ``224 instances of (224, 3)`` or ``a 0-d object array``."""
    findings: tuple[Finding, ...] = ()
    """What the stack does in silence: a cast that changes values, a lost or an invented batch dimension."""


@frozen
class RejectedRequest:
    """How a stack refuses a request."""

    status: int
    """HTTP status of the container."""
    text: str
    """The beginning of its answer, as the server writes it."""
    finding: Finding
    """What is wrong with the request, by a PAY rule; with a picture that the stack decodes, by a SRC rule."""
    measured: bool = True
    """Seen from a running server; False: read in its source."""


@frozen
class Limit:
    """How many bytes a body may have."""

    bytes: int
    severity: str
    """error: more is refused; warning: more may be, documents differ."""
    source: str
    remedy: str
    """How a larger body gets through."""
    inline: bool = False
    """Of a body that goes with the request itself, not of one that lies in S3."""


@frozen
class Request:
    """What a request body is, for the checks."""

    content_type: str
    size: int
    """Bytes."""
    stack: str
    """The stack that was asked; empty: none is named, and only the content type was looked at."""
    outcome: DecodedRequest | RejectedRequest | None = None
    findings: tuple[Finding, ...] = ()
    """What no stack finds: that none is named, or that the body is too large to be read."""
    limits: tuple[Limit, ...] = ()
    """Limits of the endpoint, the narrowest first."""
    envelope: str = ""
    """Envelope that ``payload`` would write; empty: no stack is named, or the stack takes every envelope."""


@frozen
class HandlerRun:
    """A function of the user's file that was called with a request."""

    file: str
    """As the user named it: ``inference.py``."""
    function: str = ""
    """``input_fn``, ``input_handler``, ``handler``, ``Classifier.preprocess`` ...; empty: it did not come so far."""
    content_type: str = ""
    """Of the request."""
    made: str = ""
    """What came out: ``torch.Tensor``; empty: nothing usable."""
    dtype: str = ""
    """Of what came out, where NumPy has none of that name: ``bfloat16`` (its values are exact in float32)."""
    at_model: bool = False
    """The tensor is what ``function`` calls the model with; False: what it returns."""
    uncertainties: tuple[str, ...] = ()
    """Why the tensor may still change before it reaches the model; empty: it is the model's input."""
    findings: tuple[Finding, ...] = ()
    """What is wrong, or worth a notice, besides the tensor, by HND rules."""
