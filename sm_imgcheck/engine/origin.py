"""What the outputs of a run are made by, beside their inputs: where that differs, they are stale."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from json import dumps, loads
from typing import Any

from sm_imgcheck.engine.records import flat
from sm_imgcheck.errors import OutputError
from sm_imgcheck.escape import for_terminal
from sm_imgcheck.model import Options
from sm_imgcheck.stores import Unreadable, join, store
from sm_imgcheck.value import Value

__all__ = ["FOLDER", "Origin", "claim"]

FOLDER = ".sm-imgcheck"
"""Below the output folder: the journal, unfinished files, and tensors that wait to be packed."""
VERSION = 1
"""Of the journal."""
_LARGEST = 1 << 20
"""Of the file that says it, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Origin(Value):
    """All of it."""

    spec_name: str
    spec_sha256: str
    options: Options
    form: str
    """Of the outputs."""
    packing: str = ""
    """How many of them are in one file, and what becomes of a remainder; empty: a file for each."""
    libraries: Mapping[str, str]
    """By name, the version of each that the pixels may come from."""

    @property
    def said(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "version": VERSION,
            "spec": {"name": self.spec_name, "sha256": self.spec_sha256},
            "form": self.form,
            "packing": self.packing,
            "options": {one.name: flat(getattr(self.options, one.name)) for one in fields(self.options)},
            "libraries": dict(self.libraries),
        }


def claim(out: str, origin: Origin, *, anew: bool) -> None:
    """Write down what the outputs of a folder are made by. anew: whatever they were made by.

    Raises OutputError where that is another spec, or another way to pack: half of each would be of no use to anybody.
    """
    place = join(out, FOLDER, "made-by.json")
    kind = store(place)
    kind.make_folder(join(out, FOLDER), out)
    said = (dumps(origin.said, indent=2) + "\n").encode()
    with suppress(Unreadable):  # none is there, as a rule
        if not anew and (differs := _differs(kind.read(place, _LARGEST), origin)):
            raise OutputError(
                f"{for_terminal(out)} holds outputs of {differs}: name another folder, or let --resume make again what "
                "is not of this run, or --force all of it"
            )
    kind.write(place, (said,), force=True)


def _differs(body: bytes, origin: Origin) -> str:
    """What outputs were made by, where those of now could not stand beside them."""
    try:
        there = loads(body)
        sha256 = for_terminal(str(there["spec"]["sha256"]))
        form, packing = (for_terminal(str(there[key])) for key in ("form", "packing"))
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    if sha256 != origin.spec_sha256:
        return f"another spec (its sha256 is {sha256[:12]}..., and now {origin.spec_sha256[:12]}...)"
    return f"another kind (--as {f'{form} {packing}'.strip()})" if packing != origin.packing else ""
