"""Request bodies, and how stacks decode them."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types.finding import Finding

__all__ = ["DecodedRequest", "Form", "HandlerRun", "Limit", "Payload", "RejectedRequest", "Request"]

Form = Literal["array", "image", "object"]


@frozen
class Payload:
    """The body of a request."""

    body: bytes = field(repr=False)
    content_type: str
    """Value of the header, verbatim."""
    envelope: str
    """The form of the body: a module of ``payload``."""
    findings: tuple[Finding, ...] = ()
    """Notices: how the spec's stack decodes the body, if the result differs from the spec."""


@frozen
class DecodedRequest:
    """What a stack hands to the model's predict function."""

    form: Form
    """array: a tensor; image: a decoded image (PIL, RGB); object: anything else, such as a dict or text."""
    data: Any = field(default=None, repr=False, compare=False)
    """The array; of an image the bytes that it is decoded from; dropped from results."""
    what: str = ""
    """Description, such as ``224 instances of (224, 3)`` or ``a 0-d object array``."""
    findings: tuple[Finding, ...] = ()
    """Changes that the stack makes without an error: a cast that changes values, a missing or an added batch dimension.
    """


@frozen
class RejectedRequest:
    """How a stack refuses a request."""

    status: int
    """HTTP status of the container."""
    text: str
    """The beginning of the response, as the server writes it."""
    finding: Finding
    """The error of the request, by a PAY rule; for an image that the stack decodes, by a SRC rule."""
    measured: bool = True
    """Observed on a running server; False: read in its source."""


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
    """Largest body of the request, in bytes; not for a body in S3."""


@frozen
class Request:
    """What a request body is, for the checks."""

    content_type: str
    size: int
    """Bytes."""
    stack: str
    """The stack that decoded the request; empty: unknown, and only the content type was checked."""
    outcome: DecodedRequest | RejectedRequest | None = None
    findings: tuple[Finding, ...] = ()
    """What no stack finds: that none is named, or that the body is too large to be read."""
    limits: tuple[Limit, ...] = ()
    """Limits of the endpoint, the narrowest first."""
    envelope: str = ""
    """Envelope that ``payload`` would write; empty without a stack, and for a stack that accepts every envelope."""


@frozen
class HandlerRun:
    """A function of the user's file that was called with a request."""

    file: str
    """Path of the handler as the user named it: ``inference.py``."""
    function: str = ""
    """Function that was called: ``input_fn``, ``input_handler``, ``handler``, ``Classifier.preprocess`` ...;
    empty where none was called."""
    content_type: str = ""
    """Content type of the request."""
    made: str = ""
    """Type of the output: ``torch.Tensor``; empty without a usable output."""
    dtype: str = ""
    """Dtype of the output, where NumPy has no such dtype: ``bfloat16`` (its values are exact in float32)."""
    at_model: bool = False
    """The tensor is the argument of the model's call in ``function``; False: the return value of ``function``."""
    uncertainties: tuple[str, ...] = ()
    """Reasons why the tensor may change before it reaches the model; empty: it is the model's input."""
    findings: tuple[Finding, ...] = ()
    """Findings by HND rules, except those about the tensor."""
