"""``sm-imgcheck spec import``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli.option_signatures import group_options, text_option
from sm_imgcheck.cli.options import Force, ReportOptions

if TYPE_CHECKING:
    from sm_imgcheck.features.spec_import import ImportedSpec

__all__ = ["import_spec"]


@group_options
def import_spec(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH...",
            help="Configuration files, model files, folders or archives (model.tar.gz) of one model; with --source, "
            "example tensors.",
            show_default=False,
        ),
    ] = None,
    *,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="PHOTO",
            help="Photograph of an example tensor, in the order of the PATHs; with --pipeline, a photograph to run it "
            "on. Repeatable.",
            show_default=False,
        ),
    ] = None,
    pipeline: Annotated[
        str,
        text_option("Function of an image, an array, a path or bytes: run on each --source.", "FILE.py:FUNCTION"),
    ] = "",
    python: Annotated[str, text_option("Interpreter for --pipeline. Default: that of sm-imgcheck.")] = "",
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", "--out", metavar="SPEC", help="File to write. Default: standard output."),
    ] = None,
    prefer: Annotated[str, text_option("File that decides where two files contradict each other.", "FILE")] = "",
    input_name: Annotated[
        str,
        typer.Option("--input", metavar="NAME", help="Image input of a model with several inputs."),
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Refuse to write a spec with unknown fields.")] = False,
    force: Force = False,
    report: ReportOptions,
) -> None:
    """Write a spec from configuration and model files.

    Each line of the spec has its source. Reads Hugging Face, timm, torchvision, Keras, ONNX, TFLite, SavedModel,
    Triton, KServe, MLflow, OpenVINO and more; files are never executed or unpickled. Values that the files do not state
    are listed as assumed or unknown.
    """
    from sm_imgcheck.cli.output_paths import write_text_output
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.features.spec_import import import_spec as read_files
    from sm_imgcheck.report.spec_import import ImportContent

    if pipeline or source:
        result = _identify(paths or [], source or [], pipeline, python)
    elif not paths:
        raise typer.BadParameter("missing PATH: name a file, a folder or an archive, or --pipeline with --source")
    else:
        result = read_files(paths, prefer=prefer, input_name=input_name)
    refuse_unknown(result, strict=strict)
    if report.report_format in (None, "text"):
        write_text_output(result.text, output, force=force, sources=paths or ())
    else:
        print_report(ImportContent(), report, [result])
        if output is not None:
            write_text_output(result.text, output, force=force, sources=paths or ())
    if not report.quiet:
        print_open_fields(result, output)


def _identify(tensors: list[str], photos: list[str], pipeline: str, python: str) -> ImportedSpec:
    """From example tensors, or from the tensors that a function returns for photographs."""
    from sm_imgcheck.features.spec_import.examples import import_pipeline, import_tensors

    if not photos:
        raise typer.BadParameter("--pipeline needs --source PHOTO: two photographs of different shape or more")
    if pipeline and tensors:
        raise typer.BadParameter(f"got {len(tensors)} PATHs with --pipeline, expected --source PHOTO only")
    if pipeline:
        return import_pipeline(pipeline, photos, python=python)
    if len(tensors) != len(photos):
        raise typer.BadParameter(f"got {len(tensors)} tensors and {len(photos)} --source, expected one for each tensor")
    return import_tensors(list(zip(tensors, photos, strict=True)))


def refuse_unknown(result: ImportedSpec, *, strict: bool) -> None:
    """Raise ImgcheckError for unknown fields with --strict."""
    from sm_imgcheck.core.errors import ImgcheckError

    unknown = result.with_certainty("unknown")
    if strict and unknown:
        lines = [f"  {field.key}: {field.source}" for field in unknown]
        raise ImgcheckError("\n".join([f"--strict: got {len(unknown)} unknown fields, expected none:", *lines]))


def print_open_fields(result: ImportedSpec, output: str | None) -> None:
    """What is left to do, on standard error."""
    from sm_imgcheck.core.escape import for_terminal

    unknown, assumed_fields = result.with_certainty("unknown"), result.with_certainty("assumed")
    for entry in result.skipped[:10]:
        typer.echo(f"skipped: {entry.reason}", err=True)
    where = for_terminal(output) if output not in (None, "-") else "the spec"
    if unknown:
        typer.echo(f"{where}: unknown, fill in before use: {', '.join(field.key for field in unknown)}", err=True)
    if assumed_fields:
        typer.echo(f"{where}: assumed, verify: {', '.join(field.key for field in assumed_fields)}", err=True)
