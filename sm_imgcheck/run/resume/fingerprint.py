"""Versions and settings that determine the outputs of a run: where they differ, outputs are stale."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from json import dumps, loads

from sm_imgcheck.core import __version__
from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Options
from sm_imgcheck.io.stores import LocationError, join, store
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.codec import flat

__all__ = ["FOLDER", "RunFingerprint", "check_output_folder", "libraries", "write_fingerprint"]

FOLDER = ".sm-imgcheck"
"""Below the output folder: the journal, unfinished files, and tensors that wait to be packed."""
_NAME = "made-by.json"
VERSION = 2
"""Version of the journal."""
_LARGEST = 1 << 20
"""Largest size of the file with the fingerprint, in bytes."""


@frozen
class RunFingerprint:
    """All of it."""

    spec_name: str
    spec_sha256: str
    options: Options
    form: str
    """Form of the outputs: a tensor's file, or packs in the terms of the command line."""
    packed: bool = False
    """Whether a file holds several of them."""
    libraries: Mapping[str, str]
    """By name, the version of each that the pixels may come from."""

    def to_json(self) -> dict[str, object]:
        """As JSON."""
        return {
            "version": VERSION,
            "spec": {"name": self.spec_name, "sha256": self.spec_sha256},
            "form": self.form,
            "packed": self.packed,
            "options": {
                option.name: flat(getattr(self.options, option.name))
                for option in fields(self.options)
                if option.compare
            },
            "libraries": dict(self.libraries),
        }


def check_output_folder(out: str, fingerprint: RunFingerprint, *, replace_all: bool) -> None:
    """Raise OutputError for a folder with outputs that are incompatible with this run. replace_all: they are replaced.

    Outputs of two specs in one folder would be unusable.
    """
    place = join(out, FOLDER, _NAME)
    with suppress(LocationError):  # usually none is installed
        _compare_fingerprints(out, store(place).read(place, _LARGEST), fingerprint, replace_all=replace_all)


def write_fingerprint(out: Outputs, fingerprint: RunFingerprint) -> None:
    """Write down what the outputs of a folder are made by."""
    out.file_in_place(f"{FOLDER}/{_NAME}", ((dumps(fingerprint.to_json(), indent=2) + "\n").encode(),), replace=True)


def _compare_fingerprints(out: str, body: bytes, fingerprint: RunFingerprint, *, replace_all: bool) -> None:
    """Raise OutputError where the outputs of this run are incompatible with the existing ones."""
    try:
        existing = loads(body)
        sha256, form, is_packed = str(existing["spec"]["sha256"]), str(existing["form"]), bool(existing["packed"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return
    here = for_terminal(out)
    if (is_packed or fingerprint.packed) and form != fingerprint.form:
        raise OutputError(f"{here} holds outputs made with --as {for_terminal(form)}: name another folder")
    if sha256 != fingerprint.spec_sha256 and not replace_all:
        raise OutputError(
            f"{here} holds outputs of another spec (its sha256 is {for_terminal(sha256)[:12]}..., and now "
            f"{fingerprint.spec_sha256[:12]}...): name another folder, or add --resume to update stale outputs, "
            "or --force to replace all"
        )


_OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")


def libraries() -> dict[str, str]:
    """Versions by name. libjpeg-turbo is the copy in Pillow; the others bundle copies, covered by their versions."""
    from PIL import features

    versions = {
        "libjpeg-turbo": features.version_feature("libjpeg_turbo") or "",
        "numpy": version("numpy"),
        "opencv": _opencv(),
        "pillow": version("pillow"),
        "simplejpeg": version("simplejpeg"),
        "sm-imgcheck": __version__,
    }
    return {name: str(number) for name, number in versions.items()}


def _opencv() -> str:
    """Return the version of a package, from any distribution; the module itself needs 100 ms."""
    for name in _OPENCV:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return str(import_module("cv2").__version__)
