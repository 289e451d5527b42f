"""What the outputs of a run are made by, beside their inputs: where that differs, they are stale."""

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
from sm_imgcheck.io.stores import Unreadable, join, store
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.codec import flat

__all__ = ["FOLDER", "RunFingerprint", "check_output_folder", "libraries", "write_fingerprint"]

FOLDER = ".sm-imgcheck"
"""Below the output folder: the journal, unfinished files, and tensors that wait to be packed."""
_NAME = "made-by.json"
VERSION = 1
"""Of the journal."""
_LARGEST = 1 << 20
"""Of the file that says it, in bytes."""


@frozen
class RunFingerprint:
    """All of it."""

    spec_name: str
    spec_sha256: str
    options: Options
    form: str
    """Of the outputs: as a tensor's file, or as packs in the words of the command line."""
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
            "options": {one.name: flat(getattr(self.options, one.name)) for one in fields(self.options) if one.compare},
            "libraries": dict(self.libraries),
        }


def check_output_folder(out: str, fingerprint: RunFingerprint, *, anew: bool) -> None:
    """Raise OutputError where a folder holds outputs that those of now could not stand beside. anew: they replace them.

    Half by one spec and half by another would be of no use to anybody.
    """
    place = join(out, FOLDER, _NAME)
    with suppress(Unreadable):  # none is there, as a rule
        _compare_fingerprints(out, store(place).read(place, _LARGEST), fingerprint, anew=anew)


def write_fingerprint(out: Outputs, fingerprint: RunFingerprint) -> None:
    """Write down what the outputs of a folder are made by."""
    out.file_in_place(f"{FOLDER}/{_NAME}", ((dumps(fingerprint.to_json(), indent=2) + "\n").encode(),), own=True)


def _compare_fingerprints(out: str, body: bytes, fingerprint: RunFingerprint, *, anew: bool) -> None:
    """Raise OutputError where the outputs of now could not stand beside those that are there."""
    try:
        there = loads(body)
        sha256, form, packed = str(there["spec"]["sha256"]), str(there["form"]), bool(there["packed"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return
    here = for_terminal(out)
    if (packed or fingerprint.packed) and form != fingerprint.form:
        raise OutputError(f"{here} holds outputs made with --as {for_terminal(form)}: name another folder")
    if sha256 != fingerprint.spec_sha256 and not anew:
        raise OutputError(
            f"{here} holds outputs of another spec (its sha256 is {for_terminal(sha256)[:12]}..., and now "
            f"{fingerprint.spec_sha256[:12]}...): name another folder, or say --resume to do again what is stale, "
            "or --force to do all of it"
        )


_OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")


def libraries() -> dict[str, str]:
    """By name. libjpeg-turbo is the one inside of Pillow; the others bring their own, which goes by their version."""
    from PIL import features

    found = {
        "libjpeg-turbo": features.version_feature("libjpeg_turbo") or "",
        "numpy": version("numpy"),
        "opencv": _opencv(),
        "pillow": version("pillow"),
        "simplejpeg": version("simplejpeg"),
        "sm-imgcheck": __version__,
    }
    return {name: str(number) for name, number in found.items()}


def _opencv() -> str:
    """By the name of its package, whichever it came in; asking the module itself takes 100 ms."""
    for name in _OPENCV:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return str(import_module("cv2").__version__)
