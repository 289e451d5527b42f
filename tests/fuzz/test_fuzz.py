"""A short run of the fuzzer with a fixed seed, and a check that it reports planted failures."""

import os
import signal

import fuzz.__main__ as program
import pytest
from fuzz.__main__ import Fuzzer, execution
from fuzz.targets import TARGETS, samples

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fuzzer needs fork, RLIMIT_AS and SIGPROF")
OWN = tuple(TARGETS)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """The seed inputs that are made in code, the same on every machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("fuzz"))
        patch.setenv("SM_IMGCHECK_TRACEBACK", "1")
        patch.setattr("fuzz.corpus.PUBLIC", tmp_path_factory.mktemp("nothing"))
        yield samples(OWN)


def test_fixed_seed_finds_no_failure(seeds, tmp_path):
    fuzzer = Fuzzer(seeds, 9, tmp_path)
    assert fuzzer.run(range(150), 120) == 150
    assert not fuzzer.failures, sorted(path.read_text() for path in tmp_path.glob("*.txt"))


def test_execution_depends_only_on_seed_and_number(seeds):
    for number in range(40):
        first, second = (execution(seeds, 5, number)[:3] for _ in range(2))
        assert first == second
    assert execution(seeds, 5, 1)[2] != execution(seeds, 6, 1)[2]


def fails(_, __, ___):
    raise KeyError("cause")


def loops(_, __, ___):
    while True:
        pass


def allocates(_, __, ___):
    bytearray(b"x" * (300 << 20))


def crashes(_, __, ___):
    os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does where memory runs out


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (fails, "list: KeyError"),
        (loops, "list: more than 0.2 s of processor time"),
        (allocates, "list: more than 256 MiB of memory"),
        (crashes, "list: SIGKILL"),
    ],
)
@pytest.mark.sample(4)
def test_failure_is_counted_and_its_input_saved(target, words, seeds, tmp_path, monkeypatch):
    monkeypatch.setattr(program, "SECONDS", 0.2 if target is loops else 30)
    monkeypatch.setitem(TARGETS, "list", (target, *TARGETS["list"][1:]))
    fuzzer = Fuzzer({"list": seeds["list"]}, 1, tmp_path)
    assert fuzzer.run(range(2, 4), 60) == 4
    assert fuzzer.failures == {words: 2}
    file = next(tmp_path.glob("list-1-?.txt"))
    assert file.read_text().startswith(words)
    assert file.with_suffix("").read_bytes() == execution({"list": seeds["list"]}, 1, int(file.stem[-1]))[2]
