"""Why a handler gave no tensor, as a finding."""

from __future__ import annotations

import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sm_imgcheck.core.types import Finding
from sm_imgcheck.features.handler.process import MOST_PROCESSES
from sm_imgcheck.features.handler.request import HandlerRequest
from sm_imgcheck.features.handler.runner import Handler, HandlerReply
from sm_imgcheck.rules.endpoint_errors import explain_text
from sm_imgcheck.rules.handler import HND101, HND102, HND103, HND104, HND105, HND106, HND107, HND110

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject

__all__ = ["import_failed", "known_errors", "problem"]

_TYPES = re.compile(rb"""["']((?:image|application|text)/[\w.+*-]+)["']""")
_REFUSING = re.compile(r"content.?type|media.?type|mime", re.IGNORECASE)
_LINE = re.compile(r'File "([^"]+)", line (\d+)')
_SOURCE_BYTES = 1 << 20


def problem(
    reply: HandlerReply, settings: Handler, file: Path, function: str, request: HandlerRequest
) -> Finding | None:
    """The finding; None where a tensor was returned. file: the user's."""
    subject = f"{file.name}: {function}" if function else f"importing {file.name}"
    message = reply.message
    if reply.loss is not None:
        return _describe_loss(reply, settings, file, subject)
    if isinstance(exception := message.get("raised"), dict):
        return _describe_exception(exception, _own_output(reply), file, subject, request)
    if "not_checked" in message:
        return HND107.finding(f"{subject} {_text(message, 'not_checked')}; model input not checked")
    if "unusable" in message:
        return _unusable(reply, file, subject, request)
    if reply.body is None:
        return HND102.finding(f"{subject} returned no result, or one over the size limit")
    return None


def import_failed(file: Path) -> Finding:
    """The finding of every candidate after the first, if the file could not be imported."""
    return HND107.finding(f"not checked: importing {file.name} failed, which the first candidate reports")


def _unusable(reply: HandlerReply, file: Path, subject: str, request: HandlerRequest) -> Finding:
    text = _text(reply.message, "unusable")
    if reply.message.get("too_large") is True:
        return HND104.finding(f"{subject} {text}")
    uncertainties = reply.message.get("uncertainties")
    if reply.message.get("is_error") is True and isinstance(uncertainties, list) and uncertainties:
        return HND107.finding(f"{subject} {text} ({uncertainties[0]}); model input not checked")
    cause = _cause_of_none(file, request) if text.startswith("returned None") else ""
    return HND105.finding(f"{subject} {text}{cause}{last_output_line(_own_output(reply))}")


def _cause_of_none(file: Path, request: HandlerRequest) -> str:
    """The likely cause of a result None."""
    source = _source(file)
    reader = next((name for name in (b"imdecode", b"imread") if name in source), b"")
    if not reader:
        return ": return statement missing, or an exception caught without raising it again"
    cause = f": probably cv2.{reader.decode()}, which returns None for bytes that it cannot decode"
    if request.is_image and b"b64decode" in source:
        cause += " (the file decodes base64; the request was the image itself)"
    return cause


def _describe_loss(reply: HandlerReply, settings: Handler, file: Path, subject: str) -> Finding:
    assert reply.loss is not None
    where, last = _where(reply.said, file), last_output_line(reply.said)
    if reply.loss.cause == "too slow":
        return HND103.finding(f"{subject} timed out after {settings.seconds:g} s{where} and was terminated (--timeout)")
    if reply.loss.cause == "too large":
        limit = f"{(settings.most_bytes or 0) / (1 << 30):.3g} GiB of memory (--memory sets the limit)"
        return HND104.finding(f"{subject} used more than {limit} and was terminated")
    if reply.loss.cause == "too many":
        return HND104.finding(
            f"{subject} started more than {MOST_PROCESSES} processes and was terminated with all of them"
        )
    if reply.loss.cause == "flooded":
        return HND102.finding(f"{subject} wrote to the pipe of its results and was terminated")
    return HND102.finding(f"{subject} ended the process {_status(reply.loss.status)}{where}{last}")


def _status(status: int) -> str:
    if status >= 0:
        return f"with exit code {status}"
    name = f"signal {-status}"
    with suppress(ValueError):
        name = signal.Signals(-status).name
    likely = {"SIGKILL": ", as the kernel does when memory runs out", "SIGSEGV": ", a crash in a library's C code"}
    return f"by {name}{likely.get(name, '')}"


def _where(said: str, file: Path) -> str:
    """The innermost line of the user's file in what faulthandler printed."""
    lines = [line for name, line in _LINE.findall(said) if Path(name) == file]
    return f" at {file.name}:{lines[0]}" if lines else ""


def _own_output(reply: HandlerReply) -> str:
    """What the only attempt printed; empty if several were made: the output may be that of another."""
    return "" if reply.message.get("repeated") is True else reply.said


_LINES = 3


def last_output_line(said: str) -> str:
    """The last lines that it printed itself."""
    lines = [line.strip() for line in said.partition("Fatal Python error")[0].splitlines() if line.strip(" ^~")]
    return f"; last output: {' / '.join(line[:200] for line in lines[-_LINES:])}" if lines else ""


def _describe_exception(exception: JsonObject, said: str, file: Path, subject: str, request: HandlerRequest) -> Finding:
    text, where = " ".join(_text(exception, "text").split()), _location(exception, file)
    if exception.get("exits") is True:
        return HND102.finding(f"{subject} called sys.exit({text}){where}{last_output_line(said)}")
    summary = f"{subject} raised {_text(exception, 'type')}{where}{': ' if text else ''}{text}"
    if environment := _environment_text(exception, file, subject, where, summary):
        return HND107.finding(environment)
    if absolute := _text(exception, "relative"):
        fix = f"the server imports {file.name} as a top-level module; write `{absolute}`"
        return HND101.finding(f"{summary}: relative import: {fix}")
    is_own_exception = bool(_text(exception, "file")) and not _text(exception, "last")
    if is_own_exception and _refuses(text, request.content_type):
        return HND106.finding(
            f"{summary}; request content type: {request.content_type or 'none'}{_mentioned_types(file)}"
        )
    return HND101.finding(summary)


def _environment_text(exception: JsonObject, file: Path, subject: str, where: str, summary: str) -> str:
    """Why an exception may be caused by what is installed or available here; empty: the user's code is the cause."""
    if package := _text(exception, "module"):
        return f"not checked: {_missing_package(package, file)};{where.removeprefix(' at')}"
    if cause := _text(exception, "environment"):
        return f"not checked: {cause}; {summary}"
    if stub := _text(exception, "stub"):
        if "no S3 access" in stub:
            return f"not checked: {subject} reads S3{where}: sm-imgcheck runs handlers without AWS credentials"
        before = f"{earlier}; then " if (earlier := _text(exception, "before_stub")) else ""
        return f"model input not checked: {before}{subject} failed with a stub of the model{where}: {stub}"
    return ""


_IN_CONTAINERS = (
    *(
        "torch",
        "torchvision",
        "tensorflow",
        "keras",
        "mxnet",
        "gluoncv",
        "sklearn",
        "xgboost",
        "boto3",
        "botocore",
        "ts",
    ),
    *("sagemaker_inference", "sagemaker_huggingface_inference_toolkit", "transformers", "numpy", "PIL"),
)
"""Packages of SageMaker's containers, each in that of its framework."""


def _missing_package(package: str, file: Path) -> str:
    """What a package that is not installed here means, here and there."""
    here = f"{package} is not installed for this Python; pass an interpreter that has it and NumPy as --python"
    if package in _IN_CONTAINERS:
        return f"{here} (the container of its framework contains it)"
    is_listed = any(package.replace("_", "-") in text or package in text for text in _requirements(file))
    if is_listed:
        return f"{here} (requirements.txt lists it)"
    return (
        f"{here} (requirements.txt does not list it: the container may lack it, or it is one of your modules that the "
        f"folder of {file.name} does not contain)"
    )


def _requirements(file: Path) -> list[str]:
    with suppress(OSError, UnicodeDecodeError):
        return file.with_name("requirements.txt").read_text(encoding="utf-8")[:_SOURCE_BYTES].splitlines()
    return []


def _source(file: Path) -> bytes:
    with suppress(OSError), file.open("rb") as text:
        return text.read(_SOURCE_BYTES)
    return b""


def _location(exception: JsonObject, file_of_user: Path) -> str:
    file, line, code = _text(exception, "file"), exception.get("line"), _text(exception, "code")
    last = f" (in {_text(exception, 'last')})" if _text(exception, "last") else ""
    if not file:
        return last
    path = Path(file)
    with suppress(ValueError):
        path = path.relative_to(file_of_user.parent)
    return f" at {path}:{line}{f', `{code}`' if code else ''}{last}"


def _refuses(text: str, content_type: str) -> bool:
    """Whether an exception is about the content type: it names this one, or mentions content types."""
    return (bool(content_type) and content_type in text) or _REFUSING.search(text) is not None


def _mentioned_types(file: Path) -> str:
    """The content types that the file itself names, which it most likely accepts."""
    types = dict.fromkeys(name.decode() for name in _TYPES.findall(_source(file)))
    return f"; the file mentions {', '.join([*types][:6])} (pass one as --content-type)" if types else ""


def known_errors(reply: HandlerReply) -> tuple[Finding, ...]:
    """The findings of ``explain`` for an exception."""
    exception = reply.message.get("raised")
    if not isinstance(exception, dict) or any(
        _text(exception, key) for key in ("module", "environment", "stub", "relative")
    ):
        return ()
    causes = explain_text(f"{_text(exception, 'type')}: {_text(exception, 'text')}")[:1]
    return tuple(
        HND110.finding(f"{cause.heading.rstrip('.')}: {cause.code}", actual=cause.cause, certainty=cause.certainty)
        for cause in causes
        if cause.kind == "request" or (cause.kind == "elsewhere" and cause.certainty == "certain")
    )


def _text(message: JsonObject, key: str) -> str:
    value = message.get(key)
    return value if isinstance(value, str) else ""
