"""Causes of an exception in this machine's environment rather than in the user's code."""

from __future__ import annotations

import linecache
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING

from .error_lines import error_line

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["environment_cause", "failing_code", "is_offline", "is_own", "is_own_module"]

_IMPORT = re.compile(r"\s*(?:from|import)\s+([A-Za-z_]\w*)")
_VARIABLE = re.compile(r"""os\.(?:environ\.get|getenv)\(\s*["'](\w+)["']\s*\)""")
_MISSING = [
    re.compile(r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'"),
    re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'"),
    re.compile(r"No module named '(?P<module>[\w.]+)\.(?P<name>\w+)'"),
]
_NO_GPU = re.compile(
    r"no NVIDIA driver|not compiled with CUDA|No CUDA GPUs|CUDA-capable device|Cannot access accelerator|"
    r"libcuda|cudaError|CUDA driver|Invalid CUDA .*device|HIP GPUs|not linked with support for (?:cuda|mps|xla)",
    re.IGNORECASE,
)
_OFFLINE = {"URLError", "ConnectionError", "ConnectTimeout", "ConnectError", "MaxRetryError", "gaierror"}
_MODEL_FOLDER = "/opt/ml/model"


def environment_cause(error: BaseException, file: str) -> str:
    """What this machine lacks, and what to do; empty: the cause is in the user's code."""
    text = error_line(error)
    if _NO_GPU.search(text):
        return "no GPU is available here; run sm-imgcheck on a machine with a GPU, or select the CPU without one"
    if variable := _missing_variable(error):
        return f"the environment variable {variable} is not set here; set it to its value at the endpoint"
    if isinstance(error, OSError) and str(error.filename or "").startswith(_MODEL_FOLDER):
        return f"{_MODEL_FOLDER} does not exist here; link it to the model's folder: ln -s FOLDER {_MODEL_FOLDER}"
    if is_offline(error):
        return "run sm-imgcheck where that address can be reached"
    package = _failing_package(error, file)
    failed_import = f"the import of {_version(package)} failed in this Python{_IN_CONTAINER}" if package else ""
    return _missing_member(error, file) or failed_import


def is_offline(error: BaseException) -> bool:
    """Whether an address could not be reached."""
    return type(error).__name__ in _OFFLINE


_IN_CONTAINER = "; if the container's version differs, pass an interpreter with that version as --python"


def _version(package: str) -> str:
    module = sys.modules.get(package)
    number = getattr(module, "__version__", "")
    return f"{package} {number}" if isinstance(number, str) and number else package


def _missing_member(error: BaseException, file: str) -> str:
    """What the stub or the installed version of a package lacks, and what to do; empty: the cause is another."""
    matches = (pattern.search(error_line(error)) for pattern in _MISSING)
    words = next((match for match in matches if match), None)
    if words is None or not isinstance(error, (AttributeError, ImportError)):
        return ""
    module, name = words["module"], words["name"]
    if "__sm_imgcheck_stub__" in vars(sys.modules.get(module, sys)):
        return f"the stub of {module} has no {name}; pass an interpreter that has the package as --python"
    package = module.partition(".")[0]
    if isinstance(error, AttributeError) and package in sys.modules and not is_own_module(package, file):
        return f"{_version(package)} of this Python has no {module}.{name}{_IN_CONTAINER}"
    return ""


def _missing_variable(error: BaseException) -> str:
    """The environment variable whose absence raised a KeyError, or a None that was used."""
    traces = _traces(error)
    if not traces:
        return ""
    frame = traces[-1].tb_frame
    if isinstance(error, KeyError) and isinstance(frame.f_locals.get("self"), type(os.environ)):
        return str(error.args[0]) if error.args else ""
    if isinstance(error, (TypeError, AttributeError)) and "None" in error_line(error):
        names = _VARIABLE.findall(failing_code(traces[-1]))
        return next((name for name in names if name not in os.environ), "")
    return ""


def _failing_package(error: BaseException, file: str) -> str:
    """The installed package whose import failed: below the user's line are only frames of packages, or none."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    local = [at for at, (name, _) in enumerate(frames) if is_own(name, file)]
    if not local or isinstance(error, SyntaxError):
        return ""
    words = _IMPORT.match(linecache.getline(*frames[local[-1]]))
    package = words.group(1) if words else ""
    if not package or is_own_module(package, file):
        return ""
    is_below = any("site-packages" in name or "dist-packages" in name for name, _ in frames[local[-1] + 1 :])
    return package if is_below or (isinstance(error, ImportError) and package in sys.modules) else ""


def _traces(error: BaseException) -> list[TracebackType]:
    traces, trace = [], error.__traceback__
    while trace is not None:
        traces.append(trace)
        trace = trace.tb_next
    return traces


def failing_code(trace: TracebackType) -> str:
    """The expression that raised, on Python 3.11 and later, else its line."""
    code = trace.tb_frame.f_code
    positions = list(code.co_positions()) if hasattr(code, "co_positions") else []
    start, end, first, last = positions[trace.tb_lasti // 2] if trace.tb_lasti // 2 < len(positions) else (None,) * 4
    if start is None or end is None or first is None or last is None:
        return linecache.getline(code.co_filename, trace.tb_lineno)
    lines = [linecache.getline(code.co_filename, line).encode() for line in range(start, end + 1)]
    lines[-1] = lines[-1][:last]
    lines[0] = lines[0][first:]
    return b"".join(lines).decode("utf-8", "replace")


def is_own_module(name: str, file: str) -> bool:
    """Whether a module or package of this name is in the folder of the user's file."""
    path = os.path.join(os.path.dirname(file), name)
    return os.path.exists(path) or os.path.exists(path + ".py")


def is_own(path: str, file: str) -> bool:
    """Whether it is the user's own: in the folder of the file, except installed packages."""
    local = os.path.abspath(path).startswith(os.path.join(os.path.dirname(file), ""))
    return local and "site-packages" not in path and "dist-packages" not in path
