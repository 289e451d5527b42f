"""Model runtimes, one module each; a new file adds one.

A module is loaded twice: in this process for its constants, and in the child process for ``load``. It imports its
framework inside of ``load`` only, no module of this package, and is valid Python 3.8.

``FORMAT``: name of the model format. ``PACKAGE``: the distribution that runs it. ``EXTRA``: the extra of sm-imgcheck
that installs it; empty: the model runs in the user's interpreter (``--python``). ``SUFFIXES``: of the model's file, in
lower case. ``MARKER``: name of a file that makes a folder a model; empty: the model is a file.

``load(path, threads)`` returns an object with ``inputs`` (a list of ``{"name", "shape", "dtype", "quantization"}``;
a length that varies is None; quantization is ``[scale, zero_point]`` or None), ``outputs`` (names), and ``run(feeds)``
from arrays by name to arrays by name. It raises any exception of the framework.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

from sm_imgcheck.core import plugins
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.phrases import listing

__all__ = ["find_runtime", "runtime_names"]


def runtime_names() -> tuple[str, ...]:
    """Names of all runtimes, sorted."""
    return plugins.names(sys.modules[__name__])


def find_runtime(path: str, name: str = "") -> ModuleType:
    """The runtime of a model file or folder; ``name`` selects it instead of the suffix. Raises ImgcheckError."""
    try:
        os.stat(path)
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise ImgcheckError(f"model {for_terminal(path)}: {reason}") from None
    modules = [plugins.load(sys.modules[__name__], each) for each in ([name] if name else runtime_names())]
    if name:
        return modules[0]
    suffix = Path(path).suffix.lower()
    for module in modules:
        if module.MARKER and Path(path, module.MARKER).is_file():
            return module
        if suffix in module.SUFFIXES and Path(path).is_file():
            return module
    suffixes = listing([suffix for module in modules for suffix in module.SUFFIXES], "or")
    folders = listing([module.MARKER for module in modules if module.MARKER], "or")
    got = "a folder" if Path(path).is_dir() else suffix or "no suffix"
    raise ImgcheckError(
        f"model {for_terminal(path)}: got {for_terminal(got)}, expected {suffixes}, or a folder with {folders}; "
        f"--runtime selects one of {', '.join(runtime_names())}"
    )
