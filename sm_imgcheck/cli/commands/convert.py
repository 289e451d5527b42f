"""``sm-imgcheck convert``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import CHECK_EXITS
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_signatures import choices, group_options, one_of
from sm_imgcheck.cli.output_paths import folder, suffix_of
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.stores import strip_file_scheme

if TYPE_CHECKING:
    from sm_imgcheck.run.outputs.packs import PackOptions
    from sm_imgcheck.run.outputs.sink import Sink

__all__ = ["convert"]

RANK = 1
EXITS = CHECK_EXITS
SUMMARY = "Write the tensors that the model expects."

_KINDS = tuple(dict.fromkeys((*choices("io/tensors"), *choices("run/outputs/formats"))))
_SAMPLES = 1000
"""Default number of tensors in a tar or jsonl file: 600 MB of 224x224x3 float32, as WebDataset advises."""


@frozen
class FileOptions:
    """The format of the output files, and the number of tensors in each."""

    PANEL = "Output"

    tensor_format: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="[" + "|".join(_KINDS) + "]",
            help="File format. One file per tensor: npy (default), npz, json, or the suffix of -o. Many in one file: "
            "tar (WebDataset), jsonl (one request per line), and npy with --batch-size.",
            callback=one_of(*_KINDS),
            show_default=False,
        ),
    ] = None
    batch_size: Annotated[
        int | None,
        typer.Option(
            "--batch-size",
            metavar="N",
            min=1,
            max=65_536,
            help="Tensors per file; with npy they become one tensor. Default: 1000 for tar and jsonl.",
            show_default=False,
        ),
    ] = None
    remainder: Annotated[
        str | None,
        typer.Option(
            "--remainder",
            metavar="[short|pad|refuse]",
            help="Last batch with --as npy --batch-size: short (default), pad with zeros, or refuse.",
            callback=one_of("short", "pad", "refuse"),
            show_default=False,
        ),
    ] = None


@group_options
def convert(
    paths: common.Paths,
    *,
    out: Annotated[
        str,
        typer.Option(
            "--output",
            "--out",
            "-o",
            metavar="OUT",
            rich_help_panel="Output",
            help="Output folder: photos/a/cat.jpg becomes OUT/a/cat.npy when PATH is photos. For one candidate also a "
            "file, whose suffix is its format, or - for standard output. Also in a store: s3://BUCKET/PREFIX.",
        ),
    ],
    spec: common.SpecName = common.DEFAULT_SPEC,
    files: FileOptions,
    assumptions: common.AssumptionOptions,
    selection: common.SelectionOptions,
    fail_on: common.FailOn = "never",
    report: common.ReportOptions,
    run: common.RunOptions,
) -> None:
    """Write the tensors that the model expects.

    Writes one tensor for each image or tensor, with the steps that the plan command shows, and checks each against the
    spec before it is written. Writing is atomic; an equal file is kept. For a folder, a list or a bucket,
    OUT/.sm-imgcheck records progress for --resume.
    """
    from sm_imgcheck.run.cpus import number

    out = strip_file_scheme(out)
    if out == "-" and run.engine not in {None, "here"}:
        raise typer.BadParameter(f"-o - is written by this process: --engine {run.engine} needs a folder")
    jobs = number(1 if out == "-" else run.jobs, paths, run.engine)
    from sm_imgcheck.cli.invocation import Invocation
    from sm_imgcheck.cli.session import report_on

    packing = _packing(files, out)
    invocation = Invocation(
        paths=paths,
        spec=spec,
        options=check_options(assumptions, selection, want_array=True),
        assumptions=assumptions,
        run=run,
        report=report,
        fail_on=fail_on,
        jobs=jobs,
        packing=packing,
    )
    counts = report_on(
        invocation,
        sink=_sink(out, None if packing else files.tensor_format, paths, force=run.force),
        excluded_folder="" if out == "-" else out,
        out=sys.stderr if out == "-" else None,
    )
    raise typer.Exit(counts.exit_code(fail_on))


def _packing(files: FileOptions, out: str) -> PackOptions | None:
    """How tensors are packed into files; None: one file each."""
    form, size, remainder = files.tensor_format or "npy", files.batch_size, files.remainder
    if form not in choices("run/outputs/formats") and size is not None:
        raise typer.BadParameter(f"--as {form} writes one file per tensor; --batch-size is for npy, tar and jsonl")
    is_packed = form not in choices("io/tensors") or size is not None
    if remainder and not (is_packed and form == "npy"):
        raise typer.BadParameter("--remainder is about the last batch: pass --as npy and --batch-size too")
    if not is_packed:
        return None
    if out == "-" or suffix_of(out):
        raise typer.BadParameter(f"--as {form} writes files of many tensors: -o expects a folder")
    from sm_imgcheck.run.outputs.packs import PackOptions

    return PackOptions(kind=form, size=size or _SAMPLES, remainder=remainder or "short")


def _sink(out: str, form: str | None, paths: list[str], *, force: bool) -> Sink:
    """The output: a folder, one file, or standard output."""
    import os

    from sm_imgcheck.run.outputs.tensors import Outputs, Stream

    if out == "-":
        if sys.stdout.isatty() and form != "json":
            raise typer.BadParameter("-o -: standard output is a terminal; redirect it or pass a file name")
        return Stream(form=form or "npy", file=sys.stdout.buffer)
    suffix = suffix_of(out)
    several = len(paths) > 1 or paths[0].startswith("@") or os.path.isdir(strip_file_scheme(paths[0]))  # noqa: PTH112 - as the user typed it
    if suffix not in choices("io/tensors"):
        return Outputs(folder=out if several and suffix else folder("-o", out), form=form or "npy", force=force)
    printable_name = for_terminal(out)
    if several:
        raise typer.BadParameter(f"-o {printable_name} is one file, and there may be several candidates: pass a folder")
    if form and form != suffix:
        raise typer.BadParameter(f"-o {printable_name} and --as {form} contradict each other")
    parent, name = os.path.split(out)
    return Outputs(folder=parent, file=name, form=suffix, force=force)
