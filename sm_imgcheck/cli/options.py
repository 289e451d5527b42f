"""The options that commands share: each is said once, with its unit and its choices.

A group of options is a frozen type whose fields carry the options. A command takes the groups that it names, and hands
them on as they are: see ``sm_imgcheck.cli.option_groups``. A new option is a field here, and its use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sm_imgcheck.cli.option_groups import choices, constants, one_of, said
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen

if TYPE_CHECKING:
    from sm_imgcheck.core.types import Options

__all__ = [
    "DEFAULT_SPEC",
    "AssumptionOptions",
    "DocumentOptions",
    "FailOn",
    "Force",
    "OptionalPaths",
    "Paths",
    "Quiet",
    "RequestOptions",
    "RunOptions",
    "SelectionOptions",
    "Source",
    "SpecName",
    "check_options",
]

DEFAULT_SPEC = "./sm-imgcheck.yaml"

_PATHS = typer.Argument(
    metavar="PATH...",
    help="An image, a .npy, a .npz (FILE.npz::NAME for one array of several), a JSON tensor, a folder, "
    "@LIST.txt (a path on each line), or - for standard input. Also in a store: s3://BUCKET/PREFIX (pip install "
    "'sm-imgcheck[s3]'), and whatever else fsspec knows.",
    show_default=False,
)
Paths = Annotated[list[str], _PATHS]
OptionalPaths = Annotated[list[str] | None, _PATHS]
SpecName = Annotated[
    str,
    typer.Option(
        "--spec",
        "-s",
        metavar="SPEC",
        help="A spec file, or a preset's name (sm-imgcheck spec list).",
        callback=said,
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="IMAGE",
        help="The image that the tensor was made of: how it was made is found out, and held against the spec.",
        callback=said,
        show_default=False,
    ),
]
FailOn = Annotated[
    str,
    typer.Option(
        "--fail-on",
        metavar="[never|unfixable|error|warning]",
        help="The least finding that makes the exit code 1; unfixable: an error that convert does not mend. "
        "A candidate that could not be examined makes it 1 too, except with never.",
        callback=one_of("never", "unfixable", "error", "warning"),
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an output that exists and differs.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print errors only; json and jsonl are printed all the same.")
]
StdinFilename = Annotated[
    str, typer.Option("--stdin-filename", metavar="NAME", help="What standard input is called in reports and outputs.")
]


def _allow_remote(value: bool) -> bool:
    from sm_imgcheck.io.stores._connect import allow_redirects

    allow_redirects(private=value)
    return value


@frozen
class SelectionOptions:
    """Which checks count."""

    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="CODES", help="Report these checks only: DTY101, or SRC for all of them."),
    ] = None
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="CODES", help="Leave these checks out.")] = (
        None
    )


@frozen
class AssumptionOptions:
    """What the user vouches for, and what may be done without asking."""

    assume: Annotated[
        list[str] | None,
        typer.Option(
            "--assume",
            metavar="KEY=VALUE",
            help="What you vouch for of a tensor: channel_order=BGR, value_range=0,1, layout=NCHW. May be repeated.",
        ),
    ] = None
    allow_guess: Annotated[bool, typer.Option("--allow-guess", help="Carry out steps that rest on a guess.")] = False
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Open remote places that the spec names (golden), those of a list beside s3://, and follow HTTP "
            "redirects to private addresses. A remote PATH on the command line needs no such leave.",
            callback=_allow_remote,
        ),
    ] = False


@frozen
class RunOptions:
    """How a run over any number of candidates goes, and how it is reported."""

    force: Force = False
    report_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="[" + "|".join(choices("report/formats")) + "]",
            help="How to report. Default: table on a terminal, text elsewhere; jsonl streams.",
            callback=one_of(*choices("report/formats")),
            show_default=False,
        ),
    ] = None
    stdin_filename: StdinFilename = "stdin"
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            metavar="JOBS",
            min=1,
            max=512,
            help="Worker processes; 1: none, all is done in this one. Default: a processor each, or this process alone "
            "where there are few candidates. The report and the outputs are the same for every number.",
            show_default=False,
        ),
    ] = None
    engine: Annotated[
        str | None,
        typer.Option(
            "--engine",
            metavar="[" + "|".join(choices("run/executors")) + "]",
            help="Where the work is done: here, in this process; pool, in worker processes; ray, on the Ray cluster "
            "that RAY_ADDRESS names (HOST:PORT, ray://HOST:PORT, auto), else on one started here (pip install "
            "'sm-imgcheck[ray]'). Its nodes read the PATHs and write the outputs themselves: all must see them, under "
            "the same names, and have the same sm-imgcheck. With ray, -j is the number of tasks in flight. Default: "
            "pool, or here for a few candidates.",
            callback=one_of(*choices("run/executors")),
            show_default=False,
        ),
    ] = None
    shard: Annotated[
        str,
        typer.Option(
            "--shard",
            metavar="INDEX/NUMBER",
            callback=said,
            help="Take one of NUMBER parts, counted from 0, by a hash of each path below PATH: the same on every "
            "machine.",
            show_default=False,
        ),
    ] = ""
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on after a run that was cut short: do what is missing, and again what is stale because the input, "
            "the spec or a library has changed. After a loss of power, outputs of another size are done again.",
        ),
    ] = False
    manifest: Annotated[
        str,
        typer.Option(
            "--manifest",
            metavar="FILE",
            callback=said,
            help="Record each input on a line of JSON: path, size, sha256, findings, output, spec, versions of "
            "libraries.",
            show_default=False,
        ),
    ] = ""
    quiet: Quiet = False
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colours. So does the environment variable NO_COLOR.")
    ] = False


_NAMES = tuple(name.replace("_", "-") for name in choices("serving/envelopes"))


@frozen
class RequestOptions:
    """What a request body is."""

    envelope: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="ENVELOPE",
            help="The form of the body. Default: the spec's payload.envelope, else the best for its stack, else npy. "
            f"One of {', '.join(_NAMES)}.",
            callback=one_of(*_NAMES),
            show_default=False,
        ),
    ] = None
    content_type: Annotated[
        str,
        typer.Option(
            "--content-type",
            metavar="TYPE",
            help="Say this of the body instead of its form's own.",
            callback=said,
            show_default=False,
        ),
    ] = ""


_DOCUMENTS = sorted(
    (name for name in choices("report/formats") if constants(f"report/formats/{name}.py", ("EVERY_VERB",))),
    key=lambda name: name != "text",
)
"""The default first."""


@frozen
class DocumentOptions:
    """How a report on request bodies is printed."""

    report_format: Annotated[
        str,
        typer.Option(
            "--format", metavar="[" + "|".join(_DOCUMENTS) + "]", help="How to report.", callback=one_of(*_DOCUMENTS)
        ),
    ] = "text"
    stdin_filename: StdinFilename = "stdin"
    quiet: Quiet = False


def check_options(assumptions: AssumptionOptions, selection: SelectionOptions | None = None, **others: Any) -> Options:
    """The options of a check, with ``others`` as they are. Raises BadParameter for an unknown key or code."""
    from sm_imgcheck.core.types import Options

    return Options(
        assume=_assumed(assumptions.assume),
        allow_guess=assumptions.allow_guess,
        select=() if selection is None else _codes(selection.select),
        ignore=() if selection is None else _codes(selection.ignore),
        **others,
    )


def _assumed(pairs: list[str] | None) -> dict[str, str]:
    """``["key=value", ...]`` as a mapping. Raises BadParameter for a key that nothing can be assumed of."""
    from sm_imgcheck.core.assumptions import checked

    assumptions: dict[str, str] = {}
    for pair in pairs or []:
        key, separator, value = pair.partition("=")
        if not separator or not value:
            raise typer.BadParameter(f"{pair!r} is not KEY=VALUE, such as channel_order=BGR or value_range=0,1")
        assumptions[key] = value
    try:
        return dict(checked(assumptions))
    except ImgcheckError as error:
        raise typer.BadParameter(str(error)) from None


def _codes(words: list[str] | None) -> tuple[str, ...]:
    """Codes or their beginnings, separated by commas or given one by one. One that fits no check is refused."""
    wanted = tuple(word.strip().upper() for words_ in words or [] for word in words_.split(",") if word.strip())
    if words and not wanted:
        raise typer.BadParameter("--select and --ignore take codes, such as SRC or DTY101: leave the option out")
    if wanted:
        from sm_imgcheck.rules import every

        known = tuple(every())
        for word in wanted:
            if not any(code.startswith(word) for code in known):
                raise typer.BadParameter(f"{word!r} begins no check's code{_nearest(word, known)}")
    return wanted


def _nearest(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 3, 0.5)
    return f"; the nearest: {', '.join(near)}" if near else ": sm-imgcheck rules lists them all"
