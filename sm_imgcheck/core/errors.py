"""What can go wrong, as a tree.

    ImgcheckError        the job cannot be done; the command line prints it and exits with 2
    ├── SpecError        the spec is wrong: every problem at once, each with its place
    ├── CandidateError   one candidate cannot be used: a finding (exit 1), never the end of a run
    ├── PayloadError     a request body cannot be built, or these bytes are none of that form
    ├── PlanError        no lawful steps lead from these facts to this contract
    ├── OutputError      an output cannot be written: it exists, it leaves the folder, the disk is full
    ├── StoreError       a store cannot be used: packages, credentials, network, access
    └── SendError        a request got no answer: nobody there, too slow, no credentials, no such endpoint

A promise that the tool itself breaks (a fixed tensor that does not meet its contract) is a ``Bug``: not an
``ImgcheckError``, because no input should ever cause one.
"""

from __future__ import annotations

from typing import NamedTuple

from sm_imgcheck.core.frozen import frozen

__all__ = [
    "CandidateError",
    "ImgcheckError",
    "InternalError",
    "OutputError",
    "PayloadError",
    "PlanError",
    "Position",
    "Problem",
    "SendError",
    "SpecError",
    "StoreError",
]


class ImgcheckError(Exception):
    """The job cannot be done; ``str()`` says where, what is, what should be, and what to do."""


class Position(NamedTuple):
    """A line and a column of a text file, both counted from 1."""

    line: int
    column: int


@frozen
class Problem:
    """One problem of a spec."""

    place: str
    """Dotted path of the key, such as ``resize.size[1]``; empty for the complete document."""
    message: str
    """What was got and what is expected, as one clause."""
    line: int | None = None
    """Line of the YAML file, counted from 1; None when the spec is not a file."""
    column: int | None = None
    """Column of the YAML file, counted from 1; None when the spec is not a file."""

    def __str__(self) -> str:
        return self.in_file("")

    def in_file(self, source: str) -> str:
        """Return the problem as ``source:line:column: place: message``, without the parts that are empty."""
        position = [str(number) for number in (self.line, self.column) if number is not None]
        location = ":".join(part for part in (source, *position) if part)
        return ": ".join(part for part in (location, self.place, self.message) if part)


class SpecError(ImgcheckError):
    """An invalid spec, with all its problems."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        self.source = source
        self.problems = problems
        super().__init__(source, problems)

    def __str__(self) -> str:
        return "\n".join(problem.in_file(self.source) for problem in self.problems)


class CandidateError(ImgcheckError):
    """A candidate that cannot be used.

    ``code`` is that of the rule that reports it (such as ``SRC101``), ``problem`` the message of its finding:
    ``what: got X, expected Y``, subject first and without a file name, because reports print ``{name}: {problem}``.
    The exception does not contain the rule: ``ops`` cannot import rules, and ``code`` writes such lines into handlers.
    """

    def __init__(self, code: str, problem: str) -> None:
        self.code = code
        self.problem = problem
        super().__init__(code, problem)

    def __str__(self) -> str:
        return self.problem


class PayloadError(ImgcheckError):
    """A body that cannot be built or read in this form: ``str()`` says why, and which form could."""


class PlanError(ImgcheckError):
    """No lawful plan: ``str()`` names what is there, what is wanted, and what would allow it.

    ``assumptions``: the ``KEY=VALUE`` of ``--assume`` under which there probably is one.
    """

    def __init__(self, message: str, assumptions: tuple[str, ...] = ()) -> None:
        self.assumptions = assumptions
        super().__init__(message)


class OutputError(ImgcheckError):
    """An output that cannot be written. resumable: once its cause is gone, the same command with --resume goes on."""

    def __init__(self, message: str, *, resumable: bool = True) -> None:
        self.resumable = resumable
        super().__init__(message)


class StoreError(ImgcheckError):
    """A store that cannot be used, or a place in one: ``str()`` says why, and what to do."""


class SendError(ImgcheckError):
    """A request that could not be sent, or that nobody answered: ``str()`` is one line, without anything secret."""


class InternalError(Exception):
    """A broken promise of sm-imgcheck itself: please report it."""
