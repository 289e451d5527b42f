"""Settings of a report: the run that it is about, and the terminal on which it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Contract, FailOn, Spec

__all__ = ["Run", "SpecIdentity", "Terminal"]


class SpecIdentity(Protocol):
    """What reports show of a spec, or of several specs together."""

    @property
    def name(self) -> str:
        """Name for readers."""
        ...

    @property
    def sha256(self) -> str:
        """Digest, in hexadecimal; computed when it is read."""
        ...


@frozen
class Run:
    """Properties of a run before its first result."""

    spec: SpecIdentity
    contract: Contract
    title: str = ""
    """What the user calls the spec: a preset's name or a path."""
    specs: Mapping[str, Spec] = field(default_factory=dict)
    """The specs of a run with several, by name, for ``Result.spec``."""
    command: str = ""
    """The command that fixes what is found, ready for a shell; empty where the run is that command."""
    output: str = ""
    """The option of ``command`` with the output; assumptions precede it."""
    partial: bool = False
    """Only selected rules were checked: the report does not state that the contract is matched."""
    fail_on: FailOn = "error"
    """Which findings make the exit code 1."""
    as_request: bool = False
    """Images were checked as files to be sent or converted, not as tensors."""
    statistics: bool = False
    """Report statistics of the files too."""


@frozen
class Terminal:
    """Where a report is printed, for formats that draw."""

    width: int = 80
    """In columns."""
    color: bool = False
    ascii_only: bool = False
    """It cannot draw lines."""
    root: str = ""
    """Absolute folder to which formats for machines make paths relative, such as the checkout of a CI job."""
