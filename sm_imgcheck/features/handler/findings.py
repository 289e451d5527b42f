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
from sm_imgcheck.features.handler.runner import Handler, HandlerAnswer
from sm_imgcheck.rules.endpoint_errors import explain_text
from sm_imgcheck.rules.handler import HND101, HND102, HND103, HND104, HND105, HND106, HND107, HND110

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject

__all__ = ["explained", "import_failed", "problem"]

_TYPES = re.compile(rb"""["']((?:image|application|text)/[\w.+*-]+)["']""")
_REFUSING = re.compile(r"content.?type|media.?type|mime", re.IGNORECASE)
_LINE = re.compile(r'File "([^"]+)", line (\d+)')
_SOURCE_BYTES = 1 << 20


def problem(answer: HandlerAnswer, how: Handler, file: Path, function: str, request: HandlerRequest) -> Finding | None:
    """The finding; None where a tensor was returned. file: the user's."""
    who = f"{file.name}: {function}" if function else f"importing {file.name}"
    told = answer.told
    if answer.lost is not None:
        return _lost(answer, how, file, who)
    if isinstance(raised := told.get("raised"), dict):
        return _raised(raised, file, who, request)
    if "not_checked" in told:
        return HND107.finding(f"{who} {_text(told, 'not_checked')}; model input not checked")
    if "unusable" in told:
        return _unusable(answer, file, who, request)
    if answer.body is None:
        return HND102.finding(f"{who} returned no result, or one over the size limit")
    return None


def import_failed(file: Path) -> Finding:
    """The finding of every candidate after the first, if the file could not be imported."""
    return HND107.finding(f"not checked: importing {file.name} failed, which the first candidate reports")


def _unusable(answer: HandlerAnswer, file: Path, who: str, request: HandlerRequest) -> Finding:
    text = _text(answer.told, "unusable")
    if answer.told.get("too_large") is True:
        return HND104.finding(f"{who} {text}")
    uncertainties = answer.told.get("uncertainties")
    if answer.told.get("is_error") is True and isinstance(uncertainties, list) and uncertainties:
        return HND107.finding(f"{who} {text} ({uncertainties[0]}); model input not checked")
    cause = _cause_of_none(file, request) if text.startswith("returned None") else ""
    return HND105.finding(f"{who} {text}{cause}{last_output_line(answer.said)}")


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


def _lost(answer: HandlerAnswer, how: Handler, file: Path, who: str) -> Finding:
    assert answer.lost is not None
    where, last = _where(answer.said, file), last_output_line(answer.said)
    if answer.lost.how == "too slow":
        return HND103.finding(f"{who} timed out after {how.seconds:g} s{where} and was terminated (--timeout)")
    if answer.lost.how == "too large":
        limit = f"{(how.most_bytes or 0) / (1 << 30):.3g} GiB of memory (--memory sets the limit)"
        return HND104.finding(f"{who} used more than {limit} and was terminated")
    if answer.lost.how == "too many":
        return HND104.finding(f"{who} started more than {MOST_PROCESSES} processes and was terminated with all of them")
    if answer.lost.how == "flooded":
        return HND102.finding(f"{who} wrote to the pipe of its results and was terminated")
    return HND102.finding(f"{who} ended the process {_status(answer.lost.status)}{where}{last}")


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


_LINES = 3


def last_output_line(said: str) -> str:
    """The last lines that it printed itself."""
    lines = [line.strip() for line in said.partition("Fatal Python error")[0].splitlines() if line.strip()]
    return f"; last output: {' / '.join(line[:200] for line in lines[-_LINES:])}" if lines else ""


def _raised(raised: JsonObject, file: Path, who: str, request: HandlerRequest) -> Finding:
    kind, text = _text(raised, "type"), " ".join(_text(raised, "text").split())
    where = _place(raised, file)
    if raised.get("exits") is True:
        return HND102.finding(f"{who} called sys.exit({text}){where}")
    if package := _text(raised, "module"):
        return HND107.finding(f"not checked: {_missing_package(package, file)};{where.removeprefix(' at')}")
    said = f"{who} raised {kind}{where}{': ' if text else ''}{text}"
    if stub := _text(raised, "stub"):
        return HND107.finding(f"model input not checked: {who} failed with a stub of the model{where}: {stub}")
    if absolute := _text(raised, "relative"):
        fix = f"the server imports {file.name} as a top-level module; write `{absolute}`"
        return HND101.finding(f"{said}: relative import: {fix}")
    by_itself = bool(_text(raised, "file")) and not _text(raised, "last")
    if by_itself and _refuses(text, request.content_type):
        return HND106.finding(f"{said}; request content type: {request.content_type or 'none'}{_named(file)}")
    return HND101.finding(said)


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
    listed = any(package.replace("_", "-") in text or package in text for text in _requirements(file))
    named = "requirements.txt lists it" if listed else "requirements.txt does not list it: the container may lack it"
    return f"{here} ({named})"


def _requirements(file: Path) -> list[str]:
    with suppress(OSError, UnicodeDecodeError):
        return file.with_name("requirements.txt").read_text(encoding="utf-8")[:_SOURCE_BYTES].splitlines()
    return []


def _source(file: Path) -> bytes:
    with suppress(OSError), file.open("rb") as text:
        return text.read(_SOURCE_BYTES)
    return b""


def _place(raised: JsonObject, own: Path) -> str:
    file, line, code = _text(raised, "file"), raised.get("line"), _text(raised, "code")
    last = f" (in {_text(raised, 'last')})" if _text(raised, "last") else ""
    if not file:
        return last
    shown = Path(file)
    with suppress(ValueError):
        shown = shown.relative_to(own.parent)
    return f" at {shown}:{line}{f', `{code}`' if code else ''}{last}"


def _refuses(text: str, content_type: str) -> bool:
    """Whether an exception is about the content type: it names this one, or mentions content types."""
    return (bool(content_type) and content_type in text) or _REFUSING.search(text) is not None


def _named(file: Path) -> str:
    """The content types that the file itself names, which it most likely accepts."""
    types = dict.fromkeys(name.decode() for name in _TYPES.findall(_source(file)))
    return f"; the file mentions {', '.join([*types][:6])} (pass one as --content-type)" if types else ""


def explained(answer: HandlerAnswer) -> tuple[Finding, ...]:
    """The findings of ``explain`` for an exception."""
    raised = answer.told.get("raised")
    if not isinstance(raised, dict) or any(_text(raised, key) for key in ("module", "stub", "relative")):
        return ()
    found = explain_text(f"{_text(raised, 'type')}: {_text(raised, 'text')}")[:1]
    return tuple(
        HND110.finding(f"{one.title.rstrip('.')}: {one.code}", actual=one.cause)
        for one in found
        if one.kind != "wrapper"
    )


def _text(told: JsonObject, key: str) -> str:
    value = told.get(key)
    return value if isinstance(value, str) else ""
