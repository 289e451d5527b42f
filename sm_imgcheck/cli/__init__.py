"""The command line. Only here is anything printed; errors and signals become exit codes.

``commands`` has one file for each command, ``options.py`` the options that commands share, and
``option_signatures.py`` the signatures that typer reads.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from io import StringIO
from typing import Annotated, Any

import typer
from typer.main import get_command

from sm_imgcheck.cli.option_signatures import PanelCommand, choices, constants
from sm_imgcheck.cli.signals import TerminationSignal
from sm_imgcheck.cli.suggestions import (
    extra_argument,
    unknown_command,
    unknown_option,
    unknown_spec_command,
    value_hint,
)
from sm_imgcheck.core import __version__
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.media_types import INPUT_SUFFIXES

__all__ = ["CHECK_EXITS", "EXITS", "USAGE_EXITS", "build", "list_commands", "main"]

USAGE_EXITS = "usage error, invalid spec or output error; 130 SIGINT (Ctrl-C), 141 output pipe closed, 143 SIGTERM."
CHECK_EXITS = (
    "Exit codes: 0 no finding at or above --fail-on; 1 findings, or a candidate not checked or not written; "
    f"2 {USAGE_EXITS}"
)
EXITS = f"Exit codes: 0 done; 2 {USAGE_EXITS}"
_CLOSED_PIPE = 141
"""The exit code that a shell reports for SIGPIPE: not 0, which means no findings."""


def list_commands() -> dict[str, str]:
    """Line in ``--help`` by command, in the order of ``--help``.

    Each module of ``commands`` has a function of its name, or a typer ``app``, and ``RANK`` and ``SUMMARY`` on a line
    each. They are read as text: ``--help`` imports no command.
    """
    facts = {name: constants(f"cli/commands/{name}.py", ("RANK", "SUMMARY")) for name in choices("cli/commands")}
    by_rank = sorted(facts, key=lambda name: (int(facts[name]["RANK"]), name))
    return {name: facts[name]["SUMMARY"] for name in by_rank}


def build(command: str = "") -> typer.Typer:
    """Return the app with this command; without a name, with the summaries of all commands."""
    app = typer.Typer(
        name="sm-imgcheck",
        help="Validate images and tensors against a model's input spec, and convert them.",
        epilog="Start with: sm-imgcheck validate PHOTO.jpg -s torchvision-imagenet. " + CHECK_EXITS,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_top)
    if not command:
        for name, line in list_commands().items():
            app.command(name, help=line)(_named_only)
        return app
    module = import_module(f"{__name__}.commands.{command}")
    if isinstance(group := getattr(module, "app", None), typer.Typer):
        app.add_typer(group, name=command)
    else:
        app.command(command, cls=PanelCommand, epilog=getattr(module, "EXITS", EXITS))(getattr(module, command))
    return app


def _named_only() -> None:
    """A placeholder in the list of commands; ``main`` builds the command that it runs."""


def _top(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", help="With --version: also Python, the platform and the libraries that make pixels.")
    ] = False,
) -> None:
    if version or verbose:
        typer.echo(f"sm-imgcheck {__version__}")
        if verbose:
            _print_environment()
        raise typer.Exit


def _print_environment() -> None:
    import platform

    from sm_imgcheck.run.resume.fingerprint import libraries

    versions = {"python": platform.python_version(), "platform": platform.platform()} | libraries()
    del versions["sm-imgcheck"]
    typer.echo("\n".join(f"{name:<13}  {value}" for name, value in versions.items()))


def main(arguments: list[str]) -> int:
    """Run one command line. Returns 0: no findings, 1: findings, 2: an error, 128 + n: signal n."""
    try:
        _prepare()
        arguments = [_protect_file_name(word) for word in arguments]
        command = _command_of(arguments)
        return int(
            _parser(command).main(
                args=arguments,
                prog_name="sm-imgcheck",
                standalone_mode=False,
                default_map=_configured_defaults(command),
            )
            or 0
        )
    except ImgcheckError as error:
        return _print_error(str(error))
    except KeyboardInterrupt:
        return 130
    except TerminationSignal as stop:
        return stop.code
    except SystemExit as stop:  # typer exits so when the output pipe is closed
        return _CLOSED_PIPE if isinstance(stop.__context__, BrokenPipeError) else int(stop.code or 0)
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback for the user
        return _usage(error) or _cannot_print(error) or _bug(error)


@cache
def _parser(command: str) -> Any:
    """The command line with this command as click has it, built once: 3 ms for ``validate``, 9 ms for ``spec``."""
    return get_command(build(command))


def _protect_file_name(word: str) -> str:
    """Return ``./-x.jpg`` for the name of a file that looks like an option or a list, as hooks and ``*`` pass it."""
    if word[:1] not in {"-", "@"} or not word.lower().endswith((*INPUT_SUFFIXES, ".yaml", ".yml")):
        return word
    return f"./{word}" if os.path.lexists(word) else word


def _configured_defaults(command: str) -> dict[str, object]:
    """The defaults of options in [tool.sm-imgcheck], by command. Raises ImgcheckError for an invalid table."""
    if command != "validate":
        return {}
    from sm_imgcheck.cli.configuration import find_configuration

    return {command: find_configuration().defaults()}


def _command_of(arguments: list[str]) -> str:
    """The command of a command line, or of the line that a shell completes; empty: none. Raises ImgcheckError."""
    is_completion = "_SM_IMGCHECK_COMPLETE" in os.environ
    if is_completion:
        _check_completion()
        arguments = (os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or "").split()[1:]
    command = next((word for word in arguments if not word.startswith("-")), "")
    if command in choices("cli/commands"):
        return command
    if command and not is_completion and command == arguments[0]:
        raise ImgcheckError(unknown_command(command, list_commands()))
    return ""


def _check_completion() -> None:
    """Raise ImgcheckError where bash did not set the variables that typer reads."""
    word = os.environ.get("COMP_CWORD", "")
    is_valid = "COMP_WORDS" in os.environ and word.removeprefix("-").isdecimal()
    if os.environ["_SM_IMGCHECK_COMPLETE"] == "complete_bash" and not is_valid:
        raise ImgcheckError(f"COMP_WORDS and COMP_CWORD: got word {word!r}, expected a line and the number of a word")


def _prepare() -> None:
    """Make the process fit for any name and any terminal, and quick to start."""
    for name in ("stdin", "stderr"):
        if getattr(sys, name) is None:  # closed: else the next file to be opened would get its number, and its text
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: PTH123, SIM115 - to the end
    if sys.stdout is None:
        raise ImgcheckError("standard output cannot be written: it is closed")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if "numpy" not in sys.modules:
        # No linear algebra here: without its threads numpy is imported in 81 rather than 117 ms of CPU time.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _print_error(message: str, prefix: str = "error: ") -> int:
    """Print an error on standard error, if that can be written; the exit code reports it in any case."""
    with suppress(OSError):
        for number, line in enumerate(message.splitlines() or [""]):
            typer.echo(f"{'' if number else prefix}{for_terminal(line)}", err=True)
    return 2


def _usage(error: Exception) -> int:
    """Print an error of typer; 0 for any other."""
    show: Callable[..., None] | None = getattr(error, "show", None)
    if show is None:
        return 0
    context, option = getattr(error, "ctx", None), getattr(error, "option_name", "")
    if context is not None and type(error).__name__ == "NoSuchOption":
        options = (name for parameter in context.command.params for name in (*parameter.opts, "--help"))
        return _print_error(unknown_option(option, context.command_path, options))
    text = StringIO()
    show(file=text)
    return _print_error(text.getvalue().rstrip().removesuffix(".") + _usage_hint(error), prefix="")


def _usage_hint(error: Exception) -> str:
    """The hint for a wrong value, a command of a group that does not exist, or an argument too many."""
    message = str(getattr(error, "message", ""))
    context, parameter = getattr(error, "ctx", None), getattr(error, "param", None)
    words = re.findall(r"'([^']*)'|\(([^()]+)\)$", message)
    word = "".join(words[0]) if words else ""
    choices_ = getattr(getattr(parameter, "type", None), "choices", None)
    if choices_ is not None:
        return value_hint(word, list(choices_))
    command = getattr(context, "command_path", "")
    if message.startswith("No such command"):
        return "" if "Did you mean" in message else unknown_spec_command(word)
    return extra_argument(command, word) if "unexpected extra argument" in message else ""


def _cannot_print(error: Exception) -> int:
    """Print that standard output cannot be written; 0 for any other error. Errors of files have a file name."""
    if not isinstance(error, OSError) or error.filename is not None:
        return 0
    with suppress(OSError):  # Python flushes when it ends, and would print a warning
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return _CLOSED_PIPE
    return _print_error(f"standard output cannot be written: {error.strerror}")


def _bug(error: Exception) -> int:
    """Print a bug in one line; with a traceback on request.

    Errors of the system about a file are printed as such: the folder may not be searched, the disk may be full.
    """
    from sm_imgcheck.cli.run_errors import REPORT_IT
    from sm_imgcheck.pipeline.read import WITH_TRACEBACK, clause

    if os.environ.get(WITH_TRACEBACK):
        raise error
    if isinstance(error, OSError) and isinstance(error.filename, str | bytes):
        return _print_error(f"{os.fsdecode(error.filename)}: {error.strerror}")
    return _print_error(f"this is a bug in sm-imgcheck, not in your files: {clause(error)}\n{REPORT_IT}")
