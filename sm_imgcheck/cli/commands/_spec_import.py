"""``sm-imgcheck spec import``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli.option_groups import group_options, text_option
from sm_imgcheck.cli.options import Force, ReportOptions

if TYPE_CHECKING:
    from sm_imgcheck.features.spec_import import ImportedSpec

__all__ = ["import_spec"]


@group_options
def import_spec(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Configuration files, model files, folders or archives (model.tar.gz) of one model.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="SPEC", help="File to write. Default: standard output."),
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
    """Write a spec from configuration and model files, with the source of each line.

    Reads Hugging Face, timm, torchvision, Keras, ONNX, TFLite, SavedModel, Triton, KServe, MLflow, OpenVINO and more;
    files are never executed or unpickled. Values that the files do not state are listed as assumed or unknown.
    """
    from sm_imgcheck.cli.output_paths import write_text_output
    from sm_imgcheck.cli.printing import print_report
    from sm_imgcheck.features.spec_import import import_spec as read_files
    from sm_imgcheck.report.spec_import import ImportContent

    result = read_files(paths, prefer=prefer, input_name=input_name)
    refuse_unknown(result, strict=strict)
    if report.report_format in (None, "text"):
        write_text_output(result.text, output, force=force)
    else:
        print_report(ImportContent(), report, [result])
        if output is not None:
            write_text_output(result.text, output, force=force)
    if not report.quiet:
        print_open_fields(result, output)


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
