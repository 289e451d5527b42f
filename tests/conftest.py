"""Data that many tests share."""

import compileall
import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import sm_imgcheck
from sm_imgcheck import cli
from sm_imgcheck.core import gc_policy
from sm_imgcheck.features import handler

# Examples have no deadline: their time depends on the load of the machine. In CI the examples are the same each time.
any_machine = settings(settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", any_machine, max_examples=25)
settings.register_profile("thorough", any_machine, max_examples=100)
settings.load_profile("quick")

# A shell that starts the tests in the background lets them ignore Ctrl-C, and so would every command that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Before any module loads NumPy, whose threads wait for work in a loop: they used a twentieth of the processor time of
# the tests, which run on every core already.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

gc_policy.start_without()  # until all tests are collected

# Bytecode is written even where the environment forbids it: without bytecode, each worker process compiles all tests
# again, and each command that a test starts compiles the package again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A handler's process writes none: it would compile these modules for each test, a tenth of its processor time.
compileall.compile_dir(Path(handler.__file__).parent, quiet=2)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Compile the package and all tests, each process beginning at another file.

    In a fresh clone each process compiled everything, 4 s of processor time; now it finds most in the caches.
    """
    process = getattr(session.config, "workerinput", None)
    if process is None or session.config.args != session.config.getini("testpaths"):
        return
    share = int(process["workerid"].removeprefix("gw")) / process["workercount"]
    for path in _beginning_at(share, Path(sm_imgcheck.__file__).parent.rglob("*.py")):
        compileall.compile_file(path, quiet=2)
    for path in _beginning_at(share, Path(__file__).parent.rglob("test_*.py")):
        with suppress(Exception, pytest.skip.Exception):  # reported when the file is collected
            _ = pytest.Module.from_parent(session, path=path).obj


def _beginning_at(share: float, paths: Iterable[Path]) -> list[Path]:
    """All paths in order, rotated by a share of their number."""
    ordered = sorted(paths)
    start = int(len(ordered) * share)
    return ordered[start:] + ordered[:start]


QUICK_TIER = "not slow and not long"
"""The option -m without another one on the command line."""


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Iterator[None]:
    """Make only the first of every n cases of tests with ``@pytest.mark.sample(n)`` in the quick tier.

    Each process needed 0.7 s for the 7,300 others, which it then deselected.
    """
    yield
    marker = metafunc.definition.get_closest_marker("sample")
    if marker is not None and metafunc.config.option.markexpr == QUICK_TIER:
        metafunc._calls = metafunc._calls[:: marker.args[0]]  # no public name


@pytest.hookimpl(tryfirst=True)  # before the option -m selects by markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark cases of tests with ``@pytest.mark.sample(n)`` as slow, except the first of every n."""
    if config.option.markexpr == QUICK_TIER:
        return
    numbers: Counter[tuple[str, str]] = Counter()
    for item in items:
        if (marker := item.get_closest_marker("sample")) is not None:
            function = (str(item.path), item.nodeid.partition("[")[0])
            if numbers[function] % marker.args[0]:
                item.add_marker(pytest.mark.slow)
            numbers[function] += 1


def pytest_collection_finish() -> None:
    """Exempt all modules and tests from garbage collection: each full collection would read them again.

    Objects of tests are collected rarely, which saves a tenth of the processor time of the tests.
    """
    gc_policy.enable_for_run()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture
def run_cli(capsys):
    """Run a command line in this process: exit code, standard output, standard error."""

    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def decoded_names(monkeypatch):
    """The names of the files that were decoded since it was last cleared."""
    from sm_imgcheck.pipeline.process import examine_candidate

    names = []

    def record_name(what, *more, **trace):
        names.append(Path(getattr(what, "path", what)).name)
        return examine_candidate(what, *more, **trace)

    monkeypatch.setattr("sm_imgcheck.pipeline.process.examine_candidate", record_name)
    return names


SHARED = Path(__file__).resolve().parents[2] / "shared"


def _folder(path: Path) -> Path:
    if not path.is_dir():
        pytest.skip(f"{path} is not there: it holds data that is not part of the project")
    return path


@pytest.fixture(scope="session")
def shared_corpus() -> Path:
    """Awkward images of public test suites, with a verdict each in ``manifest.csv``."""
    return _folder(SHARED / "corpus" / "public")


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    """Inputs that were once evaluated incorrectly, each with its correct result in ``README.md``."""
    return _folder(SHARED / "cases")


@pytest.fixture(scope="session")
def shared_robust() -> Path:
    """Untrusted files and bodies, with the correct result of each in a ``README.md``."""
    return _folder(SHARED / "cases" / "robust")


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """Ordinary photographs."""
    return _folder(SHARED / "photos")


@pytest.fixture(scope="session")
def shared_tracebacks() -> Path:
    """Files and bodies that once raised exceptions, with their specs."""
    return _folder(SHARED / "cases" / "robust" / "06-tracebacks")
