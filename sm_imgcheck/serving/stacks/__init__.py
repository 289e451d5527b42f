"""Serving stacks: one file each; a new file adds a stack.

The file's name with hyphens is the stack's (``tensorflow_serving`` is ``tensorflow-serving``). The module defines
``STACK``, a ``Stack``. The spec language and ``--help`` read it, so a module imports NumPy, orjson and other libraries
where it uses them (``sm_imgcheck.io.lazy_imports``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import NoReturn

from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.media_types import IMAGE_TYPES, JPG
from sm_imgcheck.core.plugins import Registry
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.core.types.spec import DEFAULT_NAME
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules import Rule
from sm_imgcheck.rules.payload_request import PAY101, PAY114, PAY119, PAY120

__all__ = [
    "DEFAULT_BODY_LIMIT",
    "DEFAULT_NAME",
    "STACKS",
    "ParseLimitExceeded",
    "RequestRejection",
    "Stack",
    "check_limit",
    "complete_findings",
    "describe_dtype_shape",
    "endpoint_of",
    "refuse",
    "reject_content_type",
    "reword_rejection",
    "wrap_rejections",
]


DEFAULT_BODY_LIMIT = 6_553_500
"""Bytes: the default of ``max_request_size`` of multi-model-server and TorchServe; one more is a 413."""

Receive = Callable[[bytes, str, Spec], DecodedRequest | RejectedRequest]


@frozen
class Stack:
    """What a serving stack accepts without a user's handler; measured, see the module of the stack."""

    rank: int
    """Position in lists."""
    receive: Receive
    """``receive(body, content_type, spec)``: what the stack's predict function gets. Never raises, loads no pickle,
    and is bounded by the length of the body. An empty content type: the request has none."""
    content_types: tuple[str, ...] = ()
    """Content types that it decodes; empty: any."""
    type_parameters: bool = False
    """Parameters of a content type (``; charset=utf-8``) are ignored; False: the whole header is compared."""
    versions: tuple[str, ...] = ()
    """Versions that differ here, the newest first, which is the default; empty: one is known."""
    needs_name: bool = False
    """Whether the request carries the input's name, and another than the model's is refused or not converted."""
    envelopes: tuple[str, ...] = ()
    """Envelopes that it accepts, the best first; empty: every envelope."""
    body_limit: int | None = None
    """Maximum size of a body, in bytes; None: unknown (Triton and MLflow accepted 20 MB, TensorFlow Serving's nginx has
    none)."""
    summary: str = ""
    """Name in full, for editors."""
    limit_setting: str = ""
    """What raises it."""
    path: str = "/invocations"
    """Path of its prediction URL, with NAME for the model's name; empty: the platform's own address."""
    endpoint: str = "realtime"
    """Kind of endpoint where the spec names none; ``direct``: the stack runs on another platform than SageMaker."""
    handler: str = ""
    """For ``code --for``: the text of the functions that the stack calls in a user's file; empty: it calls none. In it
    ``$name`` is replaced by the tensor's name, quoted as a Python string (not inside a docstring, which it could end),
    ``$join`` by the expression that joins ``tensors``, ``$lengths`` by the shortest and longest length of each axis,
    ``$dtype`` by the dtype's name and ``$input`` by shape and dtype in words, both quoted."""
    handler_imports: tuple[str, ...] = ()
    """Import lines that the handler needs in addition to those of the preprocessing."""

    def decodes(self, content_type: str) -> bool:
        """Whether it decodes a body of this content type."""
        bare = content_type.partition(";")[0].strip() if self.type_parameters else content_type
        return not self.content_types or bare in self.content_types


STACKS: Registry[Stack] = Registry(__name__, "STACK")


def endpoint_of(payload: Mapping[str, object]) -> str:
    """The kind of endpoint of a spec's ``payload``."""
    stack = str(payload.get("stack", ""))
    return str(payload.get("endpoint") or (STACKS[stack].endpoint if stack in STACKS else "realtime"))


class RequestRejection(Exception):
    """The stack refuses the request.

    text: the beginning of its response; empty: unknown. finding: by a PAY rule. status: None for the stack's
    usual one.
    """

    def __init__(self, text: str, finding: Finding, *, status: int | None = None, is_measured: bool = True) -> None:
        self.text, self.finding = text, finding
        self.status, self.measured = status, is_measured
        super().__init__(finding.message)


def refuse(
    text: str,
    rule: Rule,
    why: str,
    *,
    status: int | None = None,
    is_measured: bool = True,
    expected: str = "",
    actual: str = "",
) -> NoReturn:
    """Raise RequestRejection: the beginning of the server's response, and the finding of a PAY rule."""
    raise RequestRejection(
        text, rule.finding(why, expected=expected, actual=actual), status=status, is_measured=is_measured
    )


def reword_rejection(
    no: RequestRejection, text: str, *, status: int | None = None, is_measured: bool = False
) -> RequestRejection:
    """The same refusal with the text of another server."""
    return RequestRejection(text, no.finding, status=status, is_measured=is_measured)


class ParseLimitExceeded(Exception):
    """The body is not examined; ``str()`` has the reason and the limit."""


def wrap_rejections(status: int, form: str = "{}") -> Callable[[Receive], Receive]:
    """Return a decorator of ``receive`` that gives refusals this status and the form of the server's text."""

    def decorate(inner: Receive) -> Receive:
        @wraps(inner)
        def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
            try:
                return inner(body, content_type.strip(" \t"), spec)  # as HTTP does (RFC 9110, section 5.5)
            except RequestRejection as no:
                return RejectedRequest(
                    status=no.status or status,
                    text=form.replace("{}", no.text) if no.text else "",
                    finding=no.finding,
                    measured=no.measured,
                )
            except (ParseLimitExceeded, MemoryError) as problem:
                why = str(problem) or "the body out of memory"
                return DecodedRequest(
                    form="object", what="a body that is not examined", findings=(PAY120.finding(why),)
                )

        return receive

    return decorate


_LONGEST = 80
"""Maximum length of a server's response inside a message, in characters."""
_WITHOUT_ADVICE = frozenset(rule.code for rule in (PAY114, PAY119, PAY120))
"""Codes of findings that another envelope does not fix."""


def complete_findings(outcome: DecodedRequest | RejectedRequest, spec: Spec) -> DecodedRequest | RejectedRequest:
    """Return the outcome with complete messages: with the envelope that ``payload`` writes, and the response."""
    if isinstance(outcome, DecodedRequest):
        return replace_fields(outcome, findings=tuple(_complete(finding, spec) for finding in outcome.findings))
    finding = _complete(outcome.finding, spec)
    text = outcome.text.split("\n", 1)[0]
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
    response = f"{spec.payload.get('stack') or 'the server'} responds {outcome.status}{f' {text}' if text else ''}"
    return replace_fields(outcome, finding=replace_fields(finding, message=f"{finding.message}; {response}"))


def _complete(finding: Finding, spec: Spec) -> Finding:
    """Add what ``payload`` writes instead. A size limit that the spec overrides becomes a warning."""
    if finding.code == PAY114.code and spec.payload.get("max_bytes") is not None:
        return replace_fields(finding, severity="warning")
    name = spec.payload.get("stack", "")
    if finding.code in _WITHOUT_ADVICE or name not in STACKS or name == "custom":
        return finding
    envelope = spec.payload.get("envelope") or STACKS[name].envelopes[0]
    return replace_fields(finding, message=f"{finding.message}; sm-imgcheck payload writes {envelope}")


def check_limit(body: bytes, limit: int | None, setting: str, *, is_measured: bool = True) -> None:
    """Raise RequestRejection (413 with an empty body) for more bytes than the limit."""
    if limit is not None and len(body) > limit:
        why = f"body size: got {len(body):,} bytes, expected at most {limit:,} unless {setting} is raised"
        raise RequestRejection(
            "",
            PAY114.finding(why, expected=f"at most {limit}", actual=str(len(body))),
            status=413,
            is_measured=is_measured,
        )


def reject_content_type(
    content_type: str, types: tuple[str, ...], text: str, *, status: int | None = None
) -> RequestRejection:
    """The refusal of a content type that is not decoded."""
    got = f"content type: got {content_type!r}" if content_type else "content type: got none"
    message = f"{got}{_slip(content_type, types)}, expected {', '.join(types)} (without a user's handler)"
    return RequestRejection(
        text, PAY101.finding(message, expected=" or ".join(types), actual=content_type or "none"), status=status
    )


def _slip(content_type: str, types: tuple[str, ...]) -> str:
    """What may have been meant."""
    bare = content_type.partition(";")[0].strip()
    if bare in types and bare != content_type:
        return f" (exact comparison: remove {content_type[len(bare) :].strip()!r})"
    if (correction := bare.lower().replace(JPG, IMAGE_TYPES["JPEG"])) in types and correction != bare:
        return f" (exact comparison: write {correction})"
    return ""


def describe_dtype_shape(array: np.ndarray) -> str:
    """Dtype and shape, such as ``float32 (1, 224, 224, 3)``."""
    return f"{array.dtype.newbyteorder('=').name if array.dtype.kind in 'fiubc' else array.dtype} {array.shape}"
