"""The command line: one thin file for each command. The only place that prints, and that turns errors into exits."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from sm_imgcheck import __version__
from sm_imgcheck.errors import ImgcheckError
from sm_imgcheck.escape import for_terminal

__all__ = ["COMMANDS", "EXITS", "build", "main"]

EXITS = (
    "Exit codes: 0 nothing at or above --fail-on; 1 findings, or a candidate that could not be converted; "
    "2 it could not be done (usage, a bad spec, an output that cannot be written); 130 stopped by Ctrl-C."
)

COMMANDS = {
    "validate": "Report every mismatch with the spec.",
    "convert": "Write the tensors that the model takes.",
    "payload": "Write request bodies, and the commands that send them.",
    "send": "Send candidates to a container or an endpoint.",
    "plan": "Show the steps to the model's tensor.",
    "code": "Write the same steps as a Python module.",
    "explain": "Say what a finding or an endpoint's error means.",
    "rules": "List every check.",
    "spec": "Show, check, list and write specs.",
}
"""In the order of ``--help``, with the line that each has there: the first of its own help. Each is a module here with
a function of its name, or with a typer ``app``. It stands here too so that ``--help`` imports none of them."""


def build(command: str = "") -> typer.Typer:
    """Make the app with this command whole; without one, with the names and first lines of all of them."""
    app = typer.Typer(
        name="sm-imgcheck",
        help="Check what an image model gets against what it takes, and make the tensor that would have been right.",
        epilog="Start with: sm-imgcheck validate PHOTO.jpg -s torchvision-imagenet. " + EXITS,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top)
    if not command:
        for name, line in COMMANDS.items():
            app.command(name, help=line)(_named_only)
        return app
    module = import_module(f"{__name__}.{command}")
    if isinstance(group := getattr(module, "app", None), typer.Typer):
        app.add_typer(group, name=command)
    else:
        app.command(command, epilog=getattr(module, "EXITS", EXITS))(getattr(module, command))
    return app


def _named_only() -> None:
    """Stand for a command in the list of all; ``main`` builds the one that it runs."""


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"sm-imgcheck {__version__}")
        raise typer.Exit


def _top(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass


def main(arguments: list[str]) -> int:
    """Run one command line. Returns or leaves with 0: nothing to report, 1: findings, 2: it could not be done."""
    _prepare()
    named = next((word for word in arguments if not word.startswith("-")), "")
    try:
        build(named if named in COMMANDS else "")(args=arguments, prog_name="sm-imgcheck")
    except ImgcheckError as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback for the user
        return _failed(_bug(error))
    return 0


def _prepare() -> None:
    """Make the process fit for any name and any terminal, and quick to start."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if "numpy" not in sys.modules:
        # No linear algebra here: without its threads numpy is imported in 81 rather than 117 ms of CPU time.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _failed(message: str) -> int:
    for number, line in enumerate(message.splitlines() or [""]):
        typer.echo(f"{'' if number else 'error: '}{for_terminal(line)}", err=True)
    return 2


def _bug(error: Exception) -> str:
    """Where the tool itself went wrong, in one line; the whole way there on request."""
    if os.environ.get("SM_IMGCHECK_TRACEBACK"):
        raise error
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = "" if last is None else f" ({os.path.basename(last.tb_frame.f_code.co_filename)}:{last.tb_lineno})"  # noqa: PTH119
    notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
    return (
        f"this is a bug in sm-imgcheck, not in your files: {type(error).__name__}: {error}{place}{notes}\n"
        "Please report it with the command and, if you may, the file; SM_IMGCHECK_TRACEBACK=1 shows the way there."
    )
