"""``sm-imgcheck discover``."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sm_imgcheck.cli import model_options
from sm_imgcheck.cli import options as common
from sm_imgcheck.cli.option_signatures import group_options, text_option
from sm_imgcheck.cli.output_paths import Picture
from sm_imgcheck.core.frozen import frozen

if TYPE_CHECKING:
    from sm_imgcheck.features.discover.find import Discovery
    from sm_imgcheck.report.discover import DiscoverContent

__all__ = ["EXITS", "discover"]

RANK = 6
SUMMARY = "Find the preprocessing that a model expects."
EXITS = (
    "Exit codes: 0 determined; 1 not determined by the predictions, or a tensor differs; 2 usage error, invalid model."
)


@frozen
class EvidenceOptions:
    """Input other than the photographs."""

    PANEL = "Input"

    labels: Annotated[
        str, text_option("CSV with a row PHOTO,CLASS for each photograph; classes are integers from 0.", "LABELS.csv")
    ] = ""
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Configuration file of the model, as spec import reads it; the predictions confirm or contradict it. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None
    tensor: Annotated[
        list[str] | None,
        typer.Option(
            "--tensor",
            metavar="FILE.npy",
            help="Tensor of one or more images: compared with the result, its channel order by the predictions. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None
    size: Annotated[
        str, text_option("Height and width of the input, if the model lets them vary: 224 or 224x320.", "SIZE")
    ] = ""


@group_options
def discover(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTO...",
            help="Photographs of the kind that the model was trained on: files, folders, or @LIST.txt. 48 are enough "
            "for most models; at least 8.",
            show_default=False,
        ),
    ],
    *,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="A model file (.onnx, .tflite, .xml, .pt, .keras) or a SavedModel folder.",
            show_default=False,
        ),
    ],
    evidence: EvidenceOptions,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the number of model runs, and exit.")] = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            "--out",
            metavar="SPEC.yaml",
            help="Write the spec; - for standard output.",
            show_default=False,
        ),
    ] = None,
    picture: Picture = None,
    running: model_options.ModelRunOptions,
    report: common.ReportOptions,
    force: common.Force = False,
) -> None:
    """Find the preprocessing that a model expects.

    Runs the model on the photographs under each candidate recipe: channel order and value mapping, then geometry. The
    model file has shape, dtype and layout. The model is a classifier, a detector, a segmentation network or an
    embedding. Without labels, a recipe's score is how much the predictions depend on the photograph, and how well they
    agree with those for the mirrored photograph. A recipe is the result only with a probability of 95 %.
    """
    from sm_imgcheck.cli.output_paths import refuse_existing
    from sm_imgcheck.core.phrases import count
    from sm_imgcheck.features.discover.configuration import read_configuration
    from sm_imgcheck.features.discover.find import DiscoverOptions, find_preprocessing, plan_search
    from sm_imgcheck.features.discover.labels import read_photo_labels
    from sm_imgcheck.report.discover import DiscoverContent
    from sm_imgcheck.run.models import list_photos

    if not dry_run:
        refuse_existing((out, picture), force=force)
    with model_options.start(model, running) as runner:
        photos = [item.path for item in list_photos(paths)]
        options = DiscoverOptions(
            size=_size(evidence.size),
            output=running.output_name,
            kind=running.output_kind or "",
            labels=read_photo_labels(evidence.labels, photos) if evidence.labels else {},
            labels_path=evidence.labels,
            configuration=read_configuration(evidence.config, "") if evidence.config else None,
            tensors=tuple(evidence.tensor or ()),
        )
        plan = plan_search(runner, photos, options)
        if dry_run:
            photographs = count(len(photos), "photograph")
            typer.echo(f"{photographs}, {len(plan.recipes)} recipes: at most {plan.runs:,} model runs")
            return
        progress = _Progress(quiet=report.quiet)
        discovery = find_preprocessing(runner, plan, dict(zip(photos, photos, strict=True)), options, progress)
        progress.close()
    if picture is not None:
        _draw(discovery, picture, photos, force=force)
    _finish(discovery, out, DiscoverContent(spec_file=out or "", labels=bool(evidence.labels)), report, force=force)


def _finish(
    discovery: Discovery, out: str | None, content: DiscoverContent, report: common.ReportOptions, *, force: bool
) -> None:
    """Print the report, and write the spec. Exits with 1 where the preprocessing is not determined."""
    from sm_imgcheck.cli.output_paths import write_text_output
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.features.discover.tensors import differs

    if out != "-":
        print_report(content, report, [discovery])
    if discovery.verdict.recipe is None:
        if out is not None:
            typer.echo("no spec written: the preprocessing is not determined", err=True)
        raise typer.Exit(1)
    if out is not None:
        write_text_output(_spec_text(discovery), out, force=force)
    if any(differs(check) for check in discovery.tensors):
        raise typer.Exit(1)


def _draw(discovery: Discovery, picture: str, paths: list[str], *, force: bool) -> None:
    """Write an image of the ranking."""
    from sm_imgcheck.cli.output_paths import put
    from sm_imgcheck.features.discover.picture import draw_discovery

    put(picture, draw_discovery(discovery), paths, force=force)


def _spec_text(discovery: Discovery) -> str:
    from sm_imgcheck.features.discover.write import spec_of
    from sm_imgcheck.spec.init import format_commented_spec
    from sm_imgcheck.spec.load import load

    spec, why = spec_of(discovery)
    load(spec)
    return format_commented_spec(spec, why)


def _size(text: str) -> tuple[int, int] | None:
    """Height and width. Raises BadParameter."""
    if not text:
        return None
    parts = text.lower().replace(",", "x").split("x")
    if len(parts) > 2 or not all(part.strip().isdecimal() and 0 < int(part) < 1 << 14 for part in parts):
        raise typer.BadParameter(f"--size: got {text!r}, expected a number such as 224, or HEIGHTxWIDTH")
    return int(parts[0]), int(parts[-1])


class _Progress:
    """Model runs on standard error: a line that is redrawn on a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._start = self._last = monotonic()

    def __call__(self, runs: int, most: int) -> Any:
        """Show the number of runs, and the time left at most."""
        now = monotonic()
        if self._shown and now - self._last > 0.2:
            self._last = now
            left = (now - self._start) * max(most - runs, 0) / max(runs, 1)
            typer.echo(f"\r{runs:,} of at most {most:,} model runs, {left:.0f} s left ", err=True, nl=False)

    def close(self) -> None:
        """Clear the line."""
        if self._shown:
            typer.echo("\r" + " " * 60 + "\r", err=True, nl=False)
