"""Fuzz everything that the tool reads: ``make fuzz``, or ``PYTHONPATH=tests python -m fuzz --help``.

Execution N of seed S is the same on every machine with the same corpus: ``--seed S --start N --executions 1`` repeats
it. Executions run in one child process under a memory limit; it is started again after a crash, a traceback or a limit.
"""

import argparse
import collections
import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from fuzz.mutate import mutate_body
from fuzz.targets import TARGETS, samples

SECONDS = 5
"""Processor time of one execution."""
GROWTH = 256 << 20
"""Resident bytes that one execution may add to the highest amount so far; inputs are some kilobytes."""
ADDRESS_SPACE = 2 << 30
"""Bytes that may be mapped beyond what the child has mapped at its start."""
PROGRESS = 10_000
"""Executions between two lines of progress."""
SILENCE = 60
"""Seconds without an execution after which the child counts as hung."""


def execution(seeds: dict[str, list[Any]], seed: int, number: int) -> tuple[str, Any, bytes, Random]:
    """Kind, seed input, mutated input and random state of one execution."""
    rng = Random(f"{seed}:{number}")
    kinds = tuple(seeds)
    kind = rng.choices(kinds, [TARGETS[name][2] for name in kinds])[0]
    sample, other = rng.choice(seeds[kind]), rng.choice(seeds[kind])
    return kind, sample, mutate_body(sample.body, sample.form, rng, other.body), rng


def child(pipe: Connection, seeds: dict[str, list[Any]], seed: int, numbers: range) -> None:
    """Run executions until one exceeds a limit; send the parent each number before its start, and its failure."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + ADDRESS_SPACE,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 2)
    for number in numbers:
        kind, sample, data, rng = execution(seeds, seed, number)
        pipe.send(("start", number))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # ends the process, in C code too
        try:
            TARGETS[kind][0](data, sample, rng)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            pipe.send(("failure", cause(error), traceback.format_exc()))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        if grown > GROWTH:
            pipe.send(("failure", f"more than {GROWTH >> 20} MiB of memory", ""))
            break
    pipe.send(("end",))


def cause(error: BaseException) -> str:
    """Type of an error and its innermost location in the package, which distinguish kinds of failures."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "sm_imgcheck" in one.filename]
    last = frames[-1] if frames else None
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}" if last else type(error).__name__


class Fuzzer:
    """One campaign: the parent of the child processes, and the failures by kind."""

    def __init__(self, seeds: dict[str, list[Any]], seed: int, folder: Path) -> None:
        self.seeds, self.seed, self.folder = seeds, seed, folder
        self.failures: collections.Counter[str] = collections.Counter()
        self.next = 0
        """Number of the execution after the last one that began."""

    def run(self, numbers: range, seconds: float) -> int:
        """Run the executions, for at most this many seconds; returns the number of the next one."""
        until, self.next = time.monotonic() + seconds, numbers.start
        while self.next < numbers.stop and time.monotonic() < until:
            self._batch(range(self.next, numbers.stop), until)
        return self.next

    def _batch(self, numbers: range, until: float) -> None:
        """One child's executions."""
        context = get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=child, args=(theirs, self.seeds, self.seed, numbers), daemon=True)
        process.start()
        theirs.close()
        words = ""
        try:
            while time.monotonic() < until:
                if not ours.poll(SILENCE):
                    words = f"no response within {SILENCE} s"
                    break
                kind, *told = ours.recv()
                if kind == "end":
                    break
                if kind == "failure":
                    self._save(self.next - 1, *told)
                else:
                    self._begin(*told)
        except EOFError:
            process.join()
            words = ended_by(process.exitcode)
        finally:
            process.kill()
            process.join()
        self.next = max(self.next, numbers.start + 1)  # where the child ended before it began
        if words:
            self._save(self.next - 1, words, "")

    def _begin(self, number: int) -> None:
        self.next = number + 1
        if self.next % PROGRESS == 0:
            print(f"{self.next} executions", flush=True)

    def _save(self, number: int, words: str, trace: str) -> None:
        """Count a failure; keep the first five inputs of each kind with their tracebacks."""
        kind, sample, data, _ = execution(self.seeds, self.seed, number)
        name = f"{kind}: {words}"
        self.failures[name] += 1
        if self.failures[name] > 5:
            return
        print(f"execution {number} ({sample.name}): {name}", flush=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{kind}-{self.seed}-{number}"
        file.write_bytes(data)
        head = f"{name}\nseed input {sample.name}, stack {sample.stack}, spec {sample.spec}, {sample.content_type}\n"
        file.with_name(f"{file.name}.txt").write_text(f"{head}{trace}", errors="backslashreplace")


def ended_by(code: int | None) -> str:
    """The end of a child as words: SIGPROF is the limit of processor time."""
    if code == -signal.SIGPROF:
        return f"more than {SECONDS} s of processor time"
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="fuzz", description="Mutate inputs, look for tracebacks, time and memory.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first execution: goes on where one ended")
    parser.add_argument("--executions", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=300, help="of wall time, at most")
    parser.add_argument("--kinds", default=",".join(TARGETS), help="of input, with commas between them")
    parser.add_argument("--folder", type=Path, default=Path("out/fuzz"), help="where failing inputs are saved")
    return parser.parse_args()


def main() -> int:
    """Run one campaign; 1 where anything failed."""
    chosen = arguments()
    folder = chosen.folder.absolute()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        fuzzer = Fuzzer(samples(tuple(chosen.kinds.split(","))), chosen.seed, folder)
        with contextlib.suppress(KeyboardInterrupt):
            fuzzer.run(range(chosen.start, chosen.start + chosen.executions), chosen.seconds)
        os.chdir("/")
    for name, count in fuzzer.failures.most_common():
        print(f"{count:6} {name}")
    ran = fuzzer.next - chosen.start
    print(f"{ran} executions of seed {chosen.seed} (next: --start {fuzzer.next}), {fuzzer.failures.total()} failures")
    return 1 if fuzzer.failures else 0


if __name__ == "__main__":
    sys.exit(main())
