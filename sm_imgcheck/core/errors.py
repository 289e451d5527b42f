"""The exceptions as a tree.

    ImgcheckError        the job cannot be done; the command line prints it and exits with 2
    ├── SpecError        an invalid spec: all its problems, each with its position
    ├── CandidateError   an invalid candidate: a finding (exit 1), never the end of a run
    ├── PayloadError     a request body that cannot be built or parsed in this form
    ├── PlanError        no valid steps from these facts to this contract
    ├── OutputError      an output that cannot be written: it exists, it is outside the folder, the disk is full
    ├── StoreError       a store that cannot be used: packages, credentials, network, access
    └── SendError        a request without a response: no connection, timeout, no credentials, unknown endpoint

A bug of the tool (a fixed tensor that does not match its contract) is an ``InternalError``, which is not an
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
    """The job cannot be done; ``str()`` names the subject, the actual and the expected value, and the fix."""


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
    """A body that cannot be built or parsed in this form; ``str()`` names the reason and a form that is possible."""


class PlanError(ImgcheckError):
    """No valid plan; ``str()`` names the actual and the expected value, and the option that would allow a plan.

    ``assumptions``: the ``KEY=VALUE`` of ``--assume`` with which a plan is probable.
    """

    def __init__(self, message: str, assumptions: tuple[str, ...] = ()) -> None:
        self.assumptions = assumptions
        super().__init__(message)


class OutputError(ImgcheckError):
    """An output that cannot be written. resumable: the same command with --resume continues after a fix."""

    def __init__(self, message: str, *, resumable: bool = True) -> None:
        self.resumable = resumable
        super().__init__(message)


class StoreError(ImgcheckError):
    """A store or a location in a store that cannot be used; ``str()`` names the reason and the fix."""


class SendError(ImgcheckError):
    """A request that could not be sent or has no response; ``str()`` is one line without secrets."""


class InternalError(Exception):
    """A broken promise of sm-imgcheck itself: please report it."""
