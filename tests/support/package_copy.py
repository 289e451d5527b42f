"""A copy of the package, for tests that change or add a file of it."""

import shutil
from pathlib import Path

import sm_imgcheck


def copy_package(folder: Path) -> None:
    """Copy the package into the folder, with its bytecode, so that a command does not compile the copy.

    Bytecode that is half written, by another worker process, has a number behind ``.pyc``.
    """
    package = Path(sm_imgcheck.__file__).parent
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("*.pyc.*"))
