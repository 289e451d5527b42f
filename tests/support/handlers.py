"""Handlers written for a test, and run."""

import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from textwrap import dedent, indent

from sample_images import jpeg

from sm_imgcheck.features.handler import Handler, HandlerRunner, call_handler
from sm_imgcheck.features.handler.guest import processes
from sm_imgcheck.spec.load import resolve_spec

PIL_RGB = """
    import io
    import numpy as np
    from PIL import Image
    def pixels(body):
        return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
"""


def _with_pixels(source):
    """The source with ``pixels``, ``np`` and ``Image`` where it needs them: imports are slow."""
    return dedent(PIL_RGB if any(word in source for word in ("pixels", "np.", "Image.")) else "") + dedent(source)


@contextmanager
def running(folder, source, *, file="inference.py", spec="pillow-rgb-01", stack="", seconds=60, **how):
    (folder / file).write_text(dedent(source), encoding="utf-8")
    loaded = resolve_spec(spec)
    loaded = replace(loaded, payload={**loaded.payload, "stack": stack}) if stack else loaded
    with HandlerRunner(Handler(file=str(folder / file), seconds=seconds, **how), loaded) as run:
        yield run


def candidate_of(folder, source, *, body=None, spec="pillow-rgb-01", **how):
    """The candidate that a handler, which may use ``pixels``, creates from one image."""
    with running(folder, _with_pixels(source), spec=spec, **how) as run:
        return call_handler(jpeg() if body is None else body, run, resolve_spec(spec))[0]


def each(folder, function, cases, *, spec="pillow-rgb-01", **how):
    """The candidates from one child for several bodies of its function: lines that read ``body`` and ``kind``.

    function: the head of a function, such as ``def input_fn(body, kind)``; the case to be run is the body's number.
    """
    code = f"PICTURE = {jpeg()!r}\n" + dedent(function).rstrip() + "\n"
    for number, case in enumerate(cases):
        code += f"    if number == {number}:\n" + indent(dedent(case).strip(), " " * 8) + "\n"
    with running(folder, _with_pixels(code), content_type="image/jpeg", spec=spec, **how) as run:
        for number in range(len(cases)):
            yield call_handler(b"%d" % number, run, resolve_spec(spec))[0]


def left_by(folder):
    """Processes that work in a folder, or have their temporary files there."""
    if not Path("/proc/self").is_dir():
        return []
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    marked = processes.find_marked_processes(f"TMPDIR={folder}".encode())
    return [pid for pid in pids if pid != os.getpid() and (pid in marked or str(folder) in _cwd(pid))]


def _cwd(pid):
    with suppress(OSError):
        return str(Path(f"/proc/{pid}/cwd").readlink())
    return ""
