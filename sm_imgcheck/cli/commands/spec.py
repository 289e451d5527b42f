"""``sm-imgcheck spec``: show, lint, test, schema, list, init, import."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sm_imgcheck.cli import CHECK_EXITS, EXITS, USAGE_EXITS
from sm_imgcheck.cli.check_options import check_options
from sm_imgcheck.cli.commands._spec_diff import DIFF_EXITS, diff_specs
from sm_imgcheck.cli.commands._spec_import import import_spec
from sm_imgcheck.cli.option_signatures import PanelCommand, group_options, text_option
from sm_imgcheck.cli.options import (
    DEFAULT_SPEC,
    AssumptionOptions,
    FailOn,
    Force,
    ReportOptions,
    RunOptions,
    SelectionOptions,
    SpecName,
)
from sm_imgcheck.cli.output_paths import Picture

if TYPE_CHECKING:
    import numpy as np

    from sm_imgcheck.core.types import Result, Spec
    from sm_imgcheck.report.spec import LintedSpec

__all__ = ["app"]

RANK = 9
SUMMARY = "Import, show, check, compare and test specs."

app = typer.Typer(help=SUMMARY, no_args_is_help=True, rich_markup_mode=None, add_completion=False)
app.command("import", cls=PanelCommand, epilog=EXITS)(import_spec)
app.command("diff", cls=PanelCommand, epilog=DIFF_EXITS)(diff_specs)

SpecArgument = Annotated[str, typer.Argument(metavar="SPEC", help="A path, or a preset's name.", show_default=False)]


@app.command(cls=PanelCommand, epilog=EXITS)
@group_options
def show(spec: SpecArgument = DEFAULT_SPEC, *, report: ReportOptions) -> None:
    """Print a spec with every default filled in."""
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.cli.specs import load_and_warn
    from sm_imgcheck.report.spec import ShowContent

    print_report(ShowContent(), report, [load_and_warn(spec)])


@app.command(cls=PanelCommand, epilog=f"Exit codes: 0 no errors; 1 likely mistakes, with --strict; 2 {USAGE_EXITS}")
@group_options
def lint(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="Paths, or presets' names.")],
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for likely mistakes (warnings) too.")] = False,
    report: ReportOptions,
) -> None:
    """Report errors and likely mistakes in specs."""
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.report.spec import LintContent

    rows = [_lint(name) for name in specs]
    print_report(LintContent(strict=strict), report, rows)
    if any(spec.errors for spec in rows):
        raise typer.Exit(2)
    if strict and any(spec.warnings for spec in rows):
        raise typer.Exit(1)


def _lint(name: str) -> LintedSpec:
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.report.spec import LintedSpec
    from sm_imgcheck.spec.lint import load_and_lint

    try:
        _, problems = load_and_lint(name)
    except ImgcheckError as error:
        lines = [problem.line for problem in getattr(error, "problems", ()) if problem.line]
        return LintedSpec(name=name, errors=tuple(str(error).splitlines()), line=lines[0] if lines else 1)
    return LintedSpec(name=name, warnings=tuple(problem.in_file(for_terminal(name)) for problem in problems))


@app.command("test", cls=PanelCommand, epilog=CHECK_EXITS)
@group_options
def check_golden(
    *,
    spec: SpecName = DEFAULT_SPEC,
    selection: SelectionOptions,
    assumptions: AssumptionOptions,
    fail_on: FailOn = "error",
    report: ReportOptions,
    picture: Picture = None,
    force: Force = False,
) -> None:
    """Check a spec against its golden tensors.

    Compares the spec's result for each image with its golden tensor, and names the first stage that differs.
    """
    from sm_imgcheck.cli.invocation import Invocation
    from sm_imgcheck.cli.next_command import convert_command
    from sm_imgcheck.cli.output_paths import draw
    from sm_imgcheck.cli.session import report_on

    invocation = Invocation(
        paths=[],
        spec=spec,
        options=check_options(assumptions, selection, as_sent=True, keep_arrays=picture is not None),
        assumptions=assumptions,
        run=RunOptions(force=force),
        report=report,
        fail_on=fail_on,
        golden=True,
    )
    results: list[Result] = []
    counts = report_on(invocation, command=convert_command(invocation), results=results)
    if picture is not None:
        draw(invocation, results, picture)
    raise typer.Exit(counts.exit_code(fail_on))


Output = Annotated[
    str | None,
    typer.Option("--output", "-o", "--out", metavar="FILE", help="File to write. Default: standard output."),
]


@app.command(epilog=EXITS)
def schema(
    *,
    configuration: Annotated[
        bool, typer.Option("--configuration", help="Print that of [tool.sm-imgcheck] in pyproject.toml instead.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report",
            help="Print that of JSON reports instead: of validate, convert, handler and spec test, json and jsonl.",
        ),
    ] = False,
    output: Output = None,
    force: Force = False,
) -> None:
    """Print the JSON Schema of specs, for editors."""
    from sm_imgcheck.cli.output_paths import write_text_output

    if configuration and report:
        raise typer.BadParameter("got --configuration and --report, expected one of them")
    write_text_output(_schema_text(configuration=configuration, report=report), output, force=force)


def _schema_text(*, configuration: bool = False, report: bool = False) -> str:
    import json

    if configuration:
        from sm_imgcheck.cli.configuration import schema as render
    elif report:
        from sm_imgcheck.report.schema import schema as render
    else:
        from sm_imgcheck.spec.json_schema import schema as render

    return json.dumps(render(), indent=2, ensure_ascii=False) + "\n"


@app.command("list", cls=PanelCommand, epilog=EXITS)
@group_options
def list_(*, report: ReportOptions) -> None:
    """List the presets."""
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.report.spec import Preset, PresetContent
    from sm_imgcheck.spec.load import load, presets

    specs = ((name, load(name)) for name in presets())
    rows = (Preset(name=name, description=spec.description, sha256=spec.sha256) for name, spec in specs)
    print_report(PresetContent(), report, rows)


@app.command(epilog=EXITS)
def init(  # noqa: PLR0917  typer makes an option of each
    shape: Annotated[str, text_option("One entry per axis: N,224,224,3.", "AXES")] = "",
    dtype: Annotated[str, text_option("Element type, as any framework names it.")] = "",
    channel_order: Annotated[str, text_option("RGB, BGR, GRAY, RGBA or BGRA.")] = "",
    value_range: Annotated[str, text_option("Output range for pixel values 0..255, such as 0,1.", "LOW,HIGH")] = "",
    mean: Annotated[str, text_option("Instead of a value range: subtracted.", "NUMBERS")] = "",
    std: Annotated[str, text_option("Instead of a value range: divides.", "NUMBERS")] = "",
    units: Annotated[str, text_option("unit: mean and std are for pixels / 255; byte: for 0..255.")] = "",
    order: Annotated[str, text_option("The channel order in which mean and std are listed.")] = "",
    layout: Annotated[str, text_option("NHWC, NCHW, HWC, CHW, NHW or HW.")] = "",
    resize: Annotated[str, text_option("stretch, shortest_edge, longest_edge, cover, letterbox or none.", "MODE")] = "",
    size: Annotated[str, text_option("Size of the resize: one edge, or HEIGHT,WIDTH.", "PIXELS")] = "",
    interpolation: Annotated[str, text_option("Interpolation of the resize.")] = "",
    library: Annotated[str, text_option("Library of the resize: pillow, pillow-12, opencv, tensorflow or torch.")] = "",
    exif: Annotated[str, text_option("EXIF orientation: apply, ignore or reject.")] = "",
    extends: Annotated[str, text_option("A preset or a local file to start from.", "SPEC")] = "",
    name: Annotated[str, text_option("The model's name for this input.")] = "",
    description: Annotated[str, text_option("Description.")] = "",
    source: Annotated[str, text_option("Where these facts come from.", "URL")] = "",
    from_tensor: Annotated[
        str, text_option("Infer from an example: a .npy file, file.npz::name, or a JSON tensor.", "TENSOR")
    ] = "",
    output: Output = None,
    force: Force = False,
) -> None:
    """Write a commented spec to edit, from options or an example tensor.

    With -o, the JSON Schema for editors is written next to the spec, as sm-imgcheck.schema.json, unless it exists.
    """
    from sm_imgcheck.cli.output_paths import write_text_output
    from sm_imgcheck.cli.specs import load_and_warn
    from sm_imgcheck.spec.init import TEMPLATE, format_commented_spec, infer_spec

    texts = {"dtype": dtype, "channel_order": channel_order, "layout": layout, "extends": extends}
    texts |= {"name": name, "description": description, "source": source}
    keys: dict[str, Any] = {key: text for key, text in texts.items() if text}
    keys |= {key: _entries(text) for key, text in (("shape", _axes(shape)), ("value_range", value_range)) if text}
    normalize = {"units": units, "mean": _entries(mean), "std": _entries(std), "order": order}
    sizing = {"mode": resize, "size": _edges(size), "interpolation": interpolation, "library": library}
    for key, inner in (("normalize", normalize), ("resize", sizing), ("decode", {"exif": exif})):
        if values := {word: value for word, value in inner.items() if value not in ("", [])}:
            keys[key] = values
    why: Mapping[str, str] = {}
    example = _example(from_tensor) if from_tensor else None
    if example is not None:
        keys, why = infer_spec(example.shape, str(example.dtype), float(example.min()), float(example.max()), keys)
    elif not extends:
        template = {key: value for key, value in TEMPLATE.items() if key != "value_range" or "normalize" not in keys}
        why = dict.fromkeys(set(template) - set(keys), "an example: replace with the input of your model")
        keys = {**template, **keys}
    spec = load_and_warn(keys, output or "spec")
    if example is not None:
        _refuse_contradiction(from_tensor, example, spec)
    write_text_output(format_commented_spec(keys, why), output, force=force, sources=[extends, from_tensor])
    if output and output != "-":
        _write_missing_schema(output)


def _write_missing_schema(spec: str) -> None:
    """Write the JSON Schema next to a new spec on a disk; an existing file is kept."""
    import os

    from sm_imgcheck.cli.output_paths import write_text_output
    from sm_imgcheck.io.stores import is_remote, strip_file_scheme
    from sm_imgcheck.spec.init import SCHEMA_FILE

    path = os.path.join(os.path.dirname(strip_file_scheme(spec)), SCHEMA_FILE)  # noqa: PTH118, PTH120
    if not is_remote(spec) and not os.path.exists(path):  # noqa: PTH110
        write_text_output(_schema_text(), path, force=False)


def _axes(text: str) -> str:
    """A shape with commas, also where it is written ``1x3x224x224``."""
    return text.replace("x", ",") if re.fullmatch(r"[\w?*]+(x[\w?*]+)+", text) else text


def _entries(text: str) -> list[Any]:
    """``N,224,224,3`` or ``[N, 224, 224, 3]`` as a list, each entry as YAML reads it."""
    from sm_imgcheck.spec.yaml import read

    if not text:
        return []
    value = read(f"[{text.strip().removeprefix('[').removesuffix(']')}]".encode(), "option").value
    assert isinstance(value, list)
    return value


def _edges(text: str) -> Any:
    edges = _entries(text)
    return edges[0] if len(edges) == 1 else edges


def _example(tensor: str) -> np.ndarray:
    """Return the array in a file. Raises ImgcheckError unless it holds finite numbers."""
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.core.types import Decode
    from sm_imgcheck.pipeline import read as source

    candidate = source.read(tensor, Decode())
    name = for_terminal(tensor)
    if candidate.problem is not None:
        raise ImgcheckError(f"{name}: {candidate.problem.message}")
    if candidate.kind != "tensor":
        raise ImgcheckError(f"{name}: is an image, expected a tensor of the model, such as a .npy file")
    array: np.ndarray = candidate.data
    if array.dtype.kind not in "fiu" or array.size == 0:
        raise ImgcheckError(f"{name}: holds {array.size} values of dtype {array.dtype}, expected numbers")
    if not float("-inf") < array.min() <= array.max() < float("inf"):
        raise ImgcheckError(f"{name}: holds NaN or infinity, so it has no range; use another example")
    return array


def _refuse_contradiction(tensor: str, array: np.ndarray, spec: Spec) -> None:
    """Raise ImgcheckError where an option contradicts the example: its spec would reject the tensor."""
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.pipeline.process import process

    errors = [finding.message for finding in process(array, spec).findings if finding.severity == "error"]
    if errors:
        raise ImgcheckError(
            f"--from-tensor {for_terminal(tensor)} contradicts the other options: {errors[0]}; "
            "omit the option, or use another tensor"
        )
