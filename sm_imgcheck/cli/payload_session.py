"""What ``payload`` and ``send`` share: from the words of a command line to bodies."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from sm_imgcheck.cli.run_errors import Troubles
from sm_imgcheck.cli.session import load_spec
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Options, Report
from sm_imgcheck.features.requests import Route, route
from sm_imgcheck.run.inputs.item import Item, Listing
from sm_imgcheck.run.inputs.listing import listed
from sm_imgcheck.run.outputs.bodies import Made, bodies
from sm_imgcheck.run.outputs.tensors import OutputRefused

__all__ = ["Asked", "candidates", "each", "nothing", "settled"]


@frozen
class Asked:
    """The words of the command line."""

    paths: list[str]
    spec: str
    options: Options
    form: str = ""
    """Of the envelope; empty: the spec's."""
    content_type: str = ""
    stdin_filename: str = "stdin"
    allow_remote: bool = False
    """Open remote places that a list names."""
    leave_out: str = ""
    """A folder that is not read: where the bodies go."""


def settled(asked: Asked) -> Route:
    """The way of the requests."""
    return route(load_spec(asked.spec), form=asked.form, content_type=asked.content_type)


def candidates(asked: Asked) -> Iterator[Item]:
    """What the paths stand for."""
    how = Listing(
        passed_over=Counter(),
        stdin_name=asked.stdin_filename,
        leave_out=asked.leave_out,
        allow_remote=asked.allow_remote,
    )
    return listed(asked.paths, how)


def nothing(asked: Asked) -> ImgcheckError:
    """There was no candidate at all."""
    return ImgcheckError(f"there was nothing to make a request of in {', '.join(asked.paths)}")


def each(asked: Asked, way: Route, use: Callable[[Made], str | None], close: Callable[[Report], None]) -> Report:
    """Make every body, hand it to ``use``, which returns where it went, and count; ``close`` ends the report.

    Cut short, by Ctrl-C or by what cannot be written or sent, the report is ended all the same.
    Raises ImgcheckError where there is nothing to make a body of, and at the end where some could not be written.
    """
    troubles, report = Troubles(), Report(spec_name=way.spec.name, spec_sha256=way.spec.sha256)
    try:
        for made in bodies(candidates(asked), way, asked.options, tell=troubles.tell):
            place = _used(made, use, troubles)
            for number, result in enumerate(made.body.results):
                found = result.findings if number else result.findings + made.body.findings
                report = report.plus(replace(result, emitted=place, findings=found), wanted=True)
            gc.enable()  # a short command ends without it; looking through what is imported takes 9 ms
    finally:
        if report.candidates:
            close(report)
    if not report.candidates:
        raise nothing(asked)
    troubles.sum_up()
    return report


def _used(made: Made, use: Callable[[Made], str | None], troubles: Troubles) -> str | None:
    try:
        return use(made)
    except OutputRefused as error:  # its place is at fault, not that of all
        return use(replace(made, body=replace(made.body, payload=None, refused=troubles.tell(made.item, error))))
