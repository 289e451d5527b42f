"""Options of the verbs that run a model: which runtime, where, and within which limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sm_imgcheck.cli.option_signatures import choices, memory_option, one_of, python_option, timeout_option
from sm_imgcheck.core.frozen import frozen

if TYPE_CHECKING:
    from sm_imgcheck.features.discover.model import ModelRunner

__all__ = ["ModelRunOptions", "start"]


@frozen
class ModelRunOptions:
    """The inputs and outputs of the model, which runtime runs it, in which interpreter, and its limits."""

    PANEL = "Model"

    model_input: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME",
            help="Input of the model that gets the image. Repeatable. Default: the only input.",
            show_default=False,
        ),
    ] = None
    output_name: Annotated[
        str,
        typer.Option(
            "--output-name",
            metavar="NAME",
            help="Output of the model to read. Default: the first of a known kind.",
            show_default=False,
        ),
    ] = ""
    output_kind: Annotated[
        str | None,
        typer.Option(
            "--output-kind",
            metavar="[" + "|".join(choices("features/discover/output_kinds")) + "]",
            help="Kind of the output. Default: recognized from shapes, values and names.",
            callback=one_of(*choices("features/discover/output_kinds")),
            show_default=False,
        ),
    ] = None
    runtime: Annotated[
        str | None,
        typer.Option(
            "--runtime",
            metavar="[" + "|".join(choices("features/discover/runtimes")) + "]",
            help="Runtime of the model. Default: by the file's suffix.",
            callback=one_of(*choices("features/discover/runtimes")),
            show_default=False,
        ),
    ] = None
    python: Annotated[
        str | None,
        python_option(
            "Interpreter that runs the model, 3.8 or later, with its framework and NumPy. Required for TorchScript, "
            "SavedModel and Keras. Default: that of sm-imgcheck."
        ),
    ] = None
    timeout: Annotated[float, timeout_option("For loading the model, and for each run.")] = 60.0
    memory: Annotated[float | None, memory_option("Resident memory of the model's process.")] = None


def start(path: str, options: ModelRunOptions) -> ModelRunner:
    """Start the model's process; it loads while this one continues. A context manager."""
    from sm_imgcheck.features.discover.model import ModelOptions, ModelRunner

    return ModelRunner(
        ModelOptions(
            path=path,
            runtime=options.runtime or "",
            inputs=tuple(options.model_input or ()),
            python=options.python or "",
            seconds=options.timeout,
            most_bytes=None if options.memory is None else int(options.memory * (1 << 30)),
        )
    )
