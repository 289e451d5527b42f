"""``sm-imgcheck compare``."""

from __future__ import annotations

import os
import sys
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli import CHECK_EXITS, model_options
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.option_signatures import group_options, text_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sm_imgcheck.cli.printing import ReportWriter
    from sm_imgcheck.core.types import Report
    from sm_imgcheck.features.discover.compare import Comparison

__all__ = ["compare"]

RANK = 6
EXITS = CHECK_EXITS
SUMMARY = "Run your model on candidates as stored and corrected."


@group_options
def compare(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A model file (.onnx, .tflite, .xml, .pt, .keras) or a SavedModel folder.",
            show_default=False,
        ),
    ],
    paths: common.Paths,
    *,
    spec: common.SpecName = common.DEFAULT_SPEC,
    labels: Annotated[
        str, text_option("Names of the model's classes: a name on each line, or JSON, a list or an object.", "FILE")
    ] = "",
    running: model_options.ModelRunOptions,
    assumptions: common.AssumptionOptions,
    fail_on: common.FailOn = "error",
    report: common.ReportOptions,
    stdin_filename: common.StdinFilename = "stdin",
) -> None:
    """Run your model on candidates as stored and corrected.

    Each candidate is passed to the model twice: unchanged, and as convert corrects it for the spec. The difference is
    the effect of the mistake: for a classifier, top classes side by side, total variation, and the number of images
    whose top class changes; for a detector, boxes; for segmentation, classes of the pixels; for other outputs, cosine
    and largest differences.
    The model runs in a child process with your permissions; its limits of time and memory do not isolate it.
    """
    runner = model_options.start(model, running)
    from sm_imgcheck.cli.printing import ReportWriter
    from sm_imgcheck.cli.run_errors import explain_empty_run
    from sm_imgcheck.cli.specs import load_spec
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.features.discover.compare import ClassNames
    from sm_imgcheck.features.discover.labels import read_class_names
    from sm_imgcheck.features.discover.predictions import OutputSelection
    from sm_imgcheck.report import Run
    from sm_imgcheck.report.compare import CompareContent
    from sm_imgcheck.run.inputs.item import Listing
    from sm_imgcheck.run.inputs.listing import list_candidates
    from sm_imgcheck.run.models import run_comparisons
    from sm_imgcheck.run.work import RunJob

    with runner:
        spec_value = load_spec(spec, paths)
        options = check_options(assumptions, want_array=True, keep_arrays=True)
        names = ClassNames(names=read_class_names(labels) if labels else (), path=labels)
        listing = Listing(passed_over=Counter(), stdin_name=stdin_filename, allow_remote=assumptions.allow_remote)
        job = RunJob(spec=spec_value, options=options)
        selection = OutputSelection(running.output_name, running.output_kind or "")
        comparisons = run_comparisons(list_candidates(paths, listing), job, runner, selection=selection, names=names)
        first = next(comparisons, None)
        if first is None:
            raise ImgcheckError(explain_empty_run(paths, listing))
        run = Run(spec=spec_value, contract=spec_value.contract, title=spec, fail_on=fail_on)
        single = len(paths) == 1 and not os.path.isdir(paths[0]) and not paths[0].startswith("@")  # noqa: PTH112
        content = CompareContent(run, runner.info, names, single=single)
        counts = _report(chain((first,), comparisons), ReportWriter(content, report, sys.stdout))
    raise typer.Exit(counts.exit_code(fail_on))


def _report(comparisons: Iterable[Comparison], writer: ReportWriter[Comparison]) -> Report:
    """Print the report row by row."""
    from sm_imgcheck.core.types import Report

    counts = Report()
    for comparison in comparisons:
        counts = counts.plus(comparison.result)
        writer.row(comparison)
    writer.close(counts)
    return counts
