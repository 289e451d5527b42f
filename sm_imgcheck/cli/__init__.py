"""The command line: one thin file for each command. The only place that prints, and that turns errors into exits."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from sm_imgcheck import __version__
from sm_imgcheck.cli import _options
from sm_imgcheck.errors import ImgcheckError
from sm_imgcheck.escape import for_terminal

__all__ = ["COMMANDS", "build", "main"]

COMMANDS = ("validate", "convert", "plan", "code", "explain", "rules", "spec")
"""In the order of ``--help``. Each is a module here with a function of its name, or with a typer ``app``."""


def build(*names: str) -> typer.Typer:
    """Make the app with these commands. One that is not asked for is not imported."""
    app = typer.Typer(
        name="sm-imgcheck",
        help="Check what an image model gets against what it takes, and hand over the tensor that would have been right.",
        epilog="Start with: sm-imgcheck validate PHOTO.jpg -s torchvision-imagenet. " + _options.EXITS,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top)
    for name in names:
        module = import_module(f"{__name__}.{name}")
        if isinstance(group := getattr(module, "app", None), typer.Typer):
            app.add_typer(group, name=name)
        else:
            app.command(name, epilog=_options.EXITS, no_args_is_help=False)(getattr(module, name))
    return app


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
        build(*([named] if named in COMMANDS else COMMANDS))(args=arguments, prog_name="sm-imgcheck")
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
    return (
        f"this is a bug in sm-imgcheck, not in your files: {type(error).__name__}: {error}{place}\n"
        "Please report it with the command and, if you may, the file; SM_IMGCHECK_TRACEBACK=1 shows the way there."
    )
