"""The cost of running the user's own handler, except its imports, and whether the classic mistakes are named.

    python tests/bench/handler.py [PHOTO ...]

Without photographs the demonstration's photograph is sent.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from classic import PIPELINES, Pipeline, mistakes
from timing import DEMO, TOOL, alternate, claim, middle

from sm_imgcheck import Options, load_spec, process
from sm_imgcheck.features.handler import Handler, HandlerRunner, call_handler

LIMIT = 0.5
"""Seconds."""
BARE = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("inference", sys.argv[1])
module = module_from_spec(spec)
spec.loader.exec_module(module)
module.input_fn(bytearray(open(sys.argv[2], "rb").read()), "image/jpeg")
"""
"""What is not to be saved: the interpreter, the user's imports, the user's function."""


def time_first_response(file: Path, photo: str, spec: str) -> float:
    """Seconds from the start to the tensor of one request, and to the end of all processes."""
    start = perf_counter()
    with HandlerRunner(Handler(file=str(file))) as run:
        candidate, _ = call_handler(photo, run, load_spec(spec))
        if candidate.problem is not None:
            raise SystemExit(candidate.problem.message)
    return perf_counter() - start


def overhead(file: Path, photo: str, pipeline: Pipeline, *, rounds: int = 7) -> None:
    """Print the claim for one handler."""
    bare = [sys.executable, "-c", BARE, str(file), photo]
    whole = [TOOL, "handler", str(file), photo, "-s", pipeline.spec]
    alone, command = alternate([bare, whole], rounds=rounds, allowed=(0, 1))
    ours = median(time_first_response(file, photo, pipeline.spec) for _ in range(rounds))
    more = ours - middle(alone)
    measured = (
        f"{more:.2f} s: {ours:.2f} s against {middle(alone):.2f} s of the bare call"
        f" (the whole command: {middle(command):.2f} s)"
    )
    claim(f"overhead of {file.name}", measured, f"under {LIMIT} s", holds=more < LIMIT)


def count_named(file: Path, photos: Sequence[str], pipeline: Pipeline) -> tuple[int, int]:
    """How many of the planted mistakes, alone and in pairs, are named exactly; and of how many."""
    right, total, spec = 0, 0, load_spec(pipeline.spec)
    with HandlerRunner(Handler(file=str(file))) as run:
        for photo in photos:
            for words, codes in mistakes(pipeline):
                run.settings = replace(run.settings, content_type=";".join(["image/jpeg", *words]))
                candidate, source = call_handler(photo, run, spec)
                findings = process(candidate, spec, Options(source=source)).findings
                found = {one.code for one in findings if one.severity != "notice"}
                right, total = right + (found == codes), total + 1
                if found != codes:
                    print(f"        {photo} {words}: {sorted(found)}, not {sorted(codes)}")
    return right, total


def main(photos: Sequence[str]) -> None:
    """Run from the command line."""
    with TemporaryDirectory() as folder:
        for name, pipeline in PIPELINES.items():
            file = Path(folder, f"{name}.py")
            file.write_text(pipeline.handler, encoding="utf-8")
            overhead(file, photos[0], pipeline)
            right, total = count_named(file, photos, pipeline)
            claim(f"mistakes planted in {file.name}, named exactly", f"{right} of {total}", "all", holds=right == total)


if __name__ == "__main__":
    main(sys.argv[1:] or [str(DEMO)])
