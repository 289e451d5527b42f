"""``make interpreters``: the quick suite with every other supported interpreter, and for root as another user.

``make newest``: the report, pipeline and spec tests with the newest interpreter on which the project installs.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
NAMES = tuple(f"python3.{minor}" for minor in range(11, 15))
USER = "imgcheck-tests"
USER_PATH = "/usr/local/bin:/usr/bin:/bin"  # the folders of root's PATH may be closed to others
IDENTIFY = """
import ensurepip, json, sys, venv
print(json.dumps([sys.executable, sys.base_prefix, sys.version.split()[0], sys.version_info >= (3, 11)]))
"""


class Interpreter(NamedTuple):
    path: str
    prefix: str
    version: str


def candidates() -> list[str]:
    """Every supported name in every folder of the PATH, and the system's own interpreter."""
    paths = [f"{folder}/{name}" for name in NAMES for folder in os.get_exec_path()]
    return [path for path in [*paths, "/usr/bin/python3"] if os.access(path, os.X_OK)]


def start(path: str, **process) -> Interpreter | None:
    """Return the version and packages of an interpreter.

    None for one that does not start (a shim of pyenv without a version), that is too old, or that cannot make
    environments (Debian without python3-venv).
    """
    command = [path, "-I", "-c", IDENTIFY]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **process)
    except PermissionError:  # below the home folder of root
        return None
    first, *_ = result.stderr.strip().splitlines() or [""]
    if result.returncode:
        print(f"skipped: {path}: {first}", flush=True)
        return None
    path, prefix, version, supported = json.loads(result.stdout)
    return Interpreter(path, os.path.realpath(prefix), version) if supported else None


def other_interpreters() -> list[Interpreter]:
    """Every supported interpreter except the current one, once each."""
    found = {}
    for path in (sys.executable, *candidates()):
        if interpreter := start(path):
            found.setdefault(interpreter[1:], interpreter)
    return list(found.values())[1:]


def run_suite(title: str, python: str, project: Path, **process) -> tuple[str, str, float]:
    """Make an environment, run ``make test`` in it and remove it. Returns title, outcome and seconds."""
    print(f"\n-- {title}", flush=True)
    begin = time.monotonic()
    venv = project / "out" / "interpreters" / "venv"
    command = ["make", "--no-print-directory", "test", f"VENV={venv}", f"PYTHON={python}"]
    try:
        status = subprocess.run(command, cwd=project, stdin=subprocess.DEVNULL, check=False, **process).returncode
    finally:
        shutil.rmtree(venv, ignore_errors=True)
    return title, "FAILED" if status else "passed", time.monotonic() - begin


@contextmanager
def ordinary_user() -> Iterator[tuple[Path, dict]]:
    """A user with a clone of the last commit, and how to start processes as that user. Both are removed at the end."""
    home = Path(mkdtemp(prefix=f"{USER}-"))
    administrator = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    subprocess.run(["useradd", "--no-create-home", "--home-dir", home, USER], check=True, env=administrator)
    try:
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, home / "project"], check=True)
        subprocess.run(["chown", "--recursive", f"{USER}:", home], check=True)
        unset = ("TMPDIR", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")
        environment = {name: value for name, value in os.environ.items() if name not in unset}
        environment |= {"HOME": str(home), "USER": USER, "LOGNAME": USER, "PATH": USER_PATH}
        yield home / "project", {"user": USER, "group": USER, "extra_groups": [], "env": environment}
    finally:
        subprocess.run(["userdel", "--force", USER], check=True, env=administrator)
        shutil.rmtree(home, ignore_errors=True)


def run_as_ordinary_user(paths: list[str]) -> tuple[str, str, float]:
    """The suite with the first interpreter that the user can start."""
    with ordinary_user() as (project, process):
        for path in paths:
            if interpreter := start(path, cwd=project, **process):
                return run_suite(f"Python {interpreter.version} as an ordinary user", path, project, **process)
    return "as an ordinary user: no supported interpreter that others than root can start", "not run", 0.0


def newest() -> int:
    """Run the tests of ``make lowest``, without its lower bounds, on the newest interpreter that can install them."""
    every = {interpreter[1:]: interpreter for path in (sys.executable, *candidates()) if (interpreter := start(path))}
    venv = ROOT / "out" / "interpreters" / "venv"
    for found in sorted(every.values(), key=lambda item: tuple(map(int, item.version.split("."))), reverse=True):
        print(f"\n-- Python {found.version} ({found.path})", flush=True)
        command = ["make", "--no-print-directory", "tests-newest", f"NEWEST={venv}", f"PYTHON={found.path}"]
        try:
            status = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
            installed = (venv / "installed").exists()
        finally:
            shutil.rmtree(venv, ignore_errors=True)
        if installed:
            return status
        print(f"Python {found.version}: a dependency does not install", flush=True)
    return 1


def main() -> int:
    if sys.argv[1:] == ["--newest"]:
        return newest()
    others = other_interpreters()
    results = [run_suite(f"Python {other.version} ({other.path})", other.path, ROOT) for other in others]
    if os.geteuid() == 0:
        own = os.path.realpath(sys.executable)
        results.append(run_as_ordinary_user([own, *(other.path for other in others)]))
    print("\n-- interpreters other than Python", sys.version.split()[0])
    for title, outcome, seconds in results:
        print(f"{outcome:8}{seconds:5.0f} s  {title}")
    return any(outcome == "FAILED" for _, outcome, _ in results)


if __name__ == "__main__":
    sys.exit(main())
