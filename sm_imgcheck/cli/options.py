"""Options shared by several commands, each with its unit and its choices.

A group of options is a frozen type whose fields carry the options. A command names the groups that it accepts, and
passes them on unchanged: see ``sm_imgcheck.cli.option_signatures``. A new option is a field here, and its use.

Annotations are objects here, not texts: evaluating the texts of a hundred options takes 5 ms of each start.
"""

from typing import Annotated, Literal

import typer

from sm_imgcheck.cli.option_signatures import choices, one_of, said
from sm_imgcheck.core.frozen import frozen

__all__ = [
    "DEFAULT_SPEC",
    "AssumptionOptions",
    "FailOn",
    "Force",
    "Paths",
    "ReportOptions",
    "RequestOptions",
    "RunOptions",
    "SelectionOptions",
    "Source",
    "SpecName",
    "StdinFilename",
]

DEFAULT_SPEC = "./sm-imgcheck.yaml"


def _complete_presets(incomplete: str) -> list[str]:
    from sm_imgcheck.spec.load import presets

    return [name for name in presets() if name.startswith(incomplete)]


def _complete_codes(incomplete: str) -> list[tuple[str, str]]:
    from sm_imgcheck.rules import all_rules

    return [(code, rule.name) for code, rule in all_rules().items() if code.startswith(incomplete.upper())]


Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...",
        help="An image, a .npy, a .npz (FILE.npz::NAME for one array of several), a JSON tensor, a folder, @LIST.txt "
        "(a path on each line), or - for standard input. Also in a store: s3://BUCKET/PREFIX (pip install "
        "'sm-imgcheck[s3]') and any other scheme of fsspec.",
        show_default=False,
    ),
]
SpecName = Annotated[
    str,
    typer.Option(
        "--spec",
        "-s",
        metavar="SPEC",
        help="A spec file, or a preset's name (sm-imgcheck spec list).",
        callback=said,
        autocompletion=_complete_presets,
        rich_help_panel="Input",
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="IMAGE",
        help="Source image of the tensor; its preprocessing is identified and compared with the spec.",
        callback=said,
        show_default=False,
        rich_help_panel="Input",
    ),
]
FailOn = Annotated[
    Literal["never", "unfixable", "error", "warning"],
    typer.Option(
        "--fail-on",
        metavar="[never|unfixable|error|warning]",
        help="Lowest severity that exits with 1; unfixable: errors that convert cannot fix. A candidate that is "
        "not checked also exits with 1, unless never.",
        rich_help_panel="Checks",
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite an output that exists and differs.", rich_help_panel="Output")
]
StdinFilename = Annotated[
    str,
    typer.Option(
        "--stdin-filename",
        metavar="NAME",
        help="Name of standard input in reports and outputs.",
        rich_help_panel="Input",
    ),
]


def _allow_remote(value: bool) -> bool:
    from sm_imgcheck.io.stores._connect import allow_redirects

    allow_redirects(private=value)
    return value


def _check_output_files(values: list[str] | None) -> list[str] | None:
    if not values:
        return None
    from sm_imgcheck.cli.report_files import check_output_files

    return check_output_files(values)


@frozen
class SelectionOptions:
    """Which rules are checked."""

    PANEL = "Checks"

    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="CODES",
            help="Check these rules only: DTY101, or SRC for a whole family.",
            autocompletion=_complete_codes,
        ),
    ] = None
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="CODES", help="Ignore these rules.", autocompletion=_complete_codes),
    ] = None


@frozen
class AssumptionOptions:
    """Properties of candidates to assume, and permissions."""

    PANEL = "Input"

    assume: Annotated[
        list[str] | None,
        typer.Option(
            "--assume",
            metavar="KEY=VALUE",
            help="Tensor property to take as given: channel_order=BGR, value_range=0,1, layout=NCHW. Repeatable.",
        ),
    ] = None
    allow_guess: Annotated[
        bool, typer.Option("--allow-guess", help="Apply steps that rely on inferred properties.")
    ] = False
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Allow remote locations named in a spec (golden) or a list (other than s3://), and HTTP redirects to "
            "private addresses. A remote PATH on the command line is always allowed.",
            callback=_allow_remote,
        ),
    ] = False


@frozen
class ReportOptions:
    """How a report on candidates is printed."""

    PANEL = "Output"

    report_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="[" + "|".join(choices("report/formats")) + "]",
            help="Report format. Default: table on a terminal, text elsewhere; jsonl streams.",
            callback=one_of(*choices("report/formats")),
            show_default=False,
        ),
    ] = None
    output_files: Annotated[
        list[str] | None,
        typer.Option(
            "--output-file",
            metavar="FORMAT:FILE",
            help="Also write the report to a file in a format of --format, such as junit:report.xml. Repeatable.",
            callback=_check_output_files,
            show_default=False,
        ),
    ] = None
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Print only what failed, one line each; formats for machines and files are always complete.",
        ),
    ] = False
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colors; as the environment variable NO_COLOR does.")
    ] = False


@frozen
class RunOptions:
    """How a run over any number of candidates is executed."""

    PANEL = "Run"

    force: Force = False
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude",
            metavar="GLOB",
            help="Exclude paths that match a pattern in the syntax of .gitignore, relative to the current folder. "
            "Repeatable; also in .sm-imgcheckignore and [tool.sm-imgcheck].",
            rich_help_panel="Input",
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
            help="Worker processes; 1: none. Default: one per processor, or 1 for a few candidates. Report and outputs "
            "are the same for every number.",
            show_default=False,
        ),
    ] = None
    engine: Annotated[
        str | None,
        typer.Option(
            "--engine",
            metavar="[" + "|".join(choices("run/executors")) + "]",
            help="Executor: here (this process), pool (worker processes), or ray (the Ray cluster of RAY_ADDRESS: "
            "HOST:PORT, ray://HOST:PORT or auto; else one started here; pip install 'sm-imgcheck[ray]'). Ray nodes "
            "need the same paths and the same version of sm-imgcheck; -j is then the number of tasks in flight. "
            "Default: pool, or here for a few candidates.",
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
            help="Process one of NUMBER parts, counted from 0, selected by a hash of each path below PATH.",
            show_default=False,
        ),
    ] = ""
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Resume an interrupted run: process missing outputs, and stale ones whose input, spec or library "
            "changed. After a power loss, outputs of the wrong size are rewritten.",
        ),
    ] = False
    manifest: Annotated[
        str,
        typer.Option(
            "--manifest",
            metavar="FILE",
            callback=said,
            help="Write one line of JSON per input: path, size, sha256, findings, output, spec, library versions.",
            show_default=False,
        ),
    ] = ""


_NAMES = tuple(name.replace("_", "-") for name in choices("serving/envelopes"))


@frozen
class RequestOptions:
    """What a request body is."""

    envelope: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="ENVELOPE",
            help="Envelope of the body. Default: the spec's payload.envelope, else the best for its stack, else npy. "
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
            help="Content type to send instead of the envelope's.",
            callback=said,
            show_default=False,
        ),
    ] = ""
