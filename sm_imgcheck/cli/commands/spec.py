"""``sm-imgcheck spec``: show, lint, schema, list, init."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from sm_imgcheck.cli.option_groups import text_option
from sm_imgcheck.cli.options import Force

__all__ = ["app"]

RANK = 9
SUMMARY = "Show, check, list and write specs."

app = typer.Typer(
    help="Show, check, list and write specs.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

SpecArgument = Annotated[str, typer.Argument(metavar="SPEC", help="A path, or a preset's name.", show_default=False)]


@app.command()
def show(
    spec: SpecArgument = "./sm-imgcheck.yaml",
    form: Annotated[Literal["yaml", "json"], typer.Option("--format", help="How to write it.")] = "yaml",
) -> None:
    """Print a spec with every default filled in."""
    from sm_imgcheck.cli.session import warn_about
    from sm_imgcheck.spec.load import load
    from sm_imgcheck.spec.yaml import document

    found = load(spec)
    warn_about(found, spec)
    resolved = found.resolved
    typer.echo(_json(resolved) if form == "json" else document(resolved), nl=form == "json")


@app.command()
def lint(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="Paths, or presets' names.")],
) -> None:
    """Report every problem of specs, and what is lawful but likely not meant.

    Exit code 2 when a spec cannot be used.
    """
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.spec.lint import lint as doubts
    from sm_imgcheck.spec.load import load

    bad = False
    for name in specs:
        try:
            found = doubts(load(name))
        except ImgcheckError as error:
            bad = True
            typer.echo("\n".join(f"error: {line}" for line in str(error).splitlines()))
        else:
            shown = for_terminal(name)
            typer.echo("\n".join(f"warning: {shown}: {doubt}" for doubt in found) or f"{shown}: fine")
    if bad:
        raise typer.Exit(2)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the language, for editors."""
    from sm_imgcheck.spec.json_schema import schema as whole

    typer.echo(_json(whole()))


@app.command("list")
def list_() -> None:
    """List the presets."""
    from sm_imgcheck.spec.load import load, presets

    for name in presets():
        typer.echo(f"{name:<28} {load(name).description}")


@app.command()
def init(  # noqa: PLR0917  typer makes an option of each
    shape: Annotated[str, text_option("One entry per axis: N,224,224,3.", "AXES")] = "",
    dtype: Annotated[str, text_option("Element type, in any framework's words.")] = "",
    channel_order: Annotated[str, text_option("RGB, BGR, GRAY, RGBA or BGRA.")] = "",
    value_range: Annotated[str, text_option("Where pixel values 0..255 land: 0,1.", "LOW,HIGH")] = "",
    mean: Annotated[str, text_option("Instead of a value range: subtracted.", "NUMBERS")] = "",
    std: Annotated[str, text_option("Instead of a value range: divides.", "NUMBERS")] = "",
    units: Annotated[str, text_option("unit: mean and std are for pixels / 255; byte: for 0..255.")] = "",
    order: Annotated[str, text_option("The channel order in which mean and std are listed.")] = "",
    layout: Annotated[str, text_option("NHWC, NCHW, HWC, CHW, NHW or HW.")] = "",
    resize: Annotated[str, text_option("stretch, shortest_edge, longest_edge, cover, letterbox or none.", "MODE")] = "",
    size: Annotated[str, text_option("Of the resize: one edge, or HEIGHT,WIDTH.", "PIXELS")] = "",
    interpolation: Annotated[str, text_option("Of the resize.")] = "",
    library: Annotated[str, text_option("Whose resize: pillow, pillow-12, opencv, tensorflow or torch.")] = "",
    exif: Annotated[str, text_option("A photo that is stored turned: apply, ignore or reject.")] = "",
    extends: Annotated[str, text_option("A preset or a local file to start from.", "SPEC")] = "",
    name: Annotated[str, text_option("The model's name for this input.")] = "",
    description: Annotated[str, text_option("For people.")] = "",
    source: Annotated[str, text_option("Where these facts come from.", "URL")] = "",
    from_tensor: Annotated[
        str, text_option("Guess from an example: a .npy file, file.npz::name, or our JSON.", "TENSOR")
    ] = "",
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write there instead of on the screen."),
    ] = None,
    force: Force = False,
) -> None:
    """Write a commented spec to edit, from what is known or from an example tensor."""
    from sm_imgcheck.cli.output_paths import hand_over
    from sm_imgcheck.cli.session import warn_about
    from sm_imgcheck.spec.init import TEMPLATE, commented
    from sm_imgcheck.spec.load import load

    texts = {"dtype": dtype, "channel_order": channel_order, "layout": layout, "extends": extends}
    texts |= {"name": name, "description": description, "source": source}
    given: dict[str, Any] = {key: text for key, text in texts.items() if text}
    given |= {key: _entries(text) for key, text in (("shape", shape), ("value_range", value_range)) if text}
    normalize = {"units": units, "mean": _entries(mean), "std": _entries(std), "order": order}
    sizing = {"mode": resize, "size": _edges(size), "interpolation": interpolation, "library": library}
    for key, inner in (("normalize", normalize), ("resize", sizing), ("decode", {"exif": exif})):
        if named := {word: value for word, value in inner.items() if value not in ("", [])}:
            given[key] = named
    why: Mapping[str, str] = {}
    if from_tensor:
        given, why = _guessed(from_tensor, given)
    elif not extends:
        template = {key: value for key, value in TEMPLATE.items() if key != "value_range" or "normalize" not in given}
        why = dict.fromkeys(set(template) - set(given), "an example: write what your model takes")
        given = {**template, **given}
    warn_about(load(given), output or "spec")
    hand_over(commented(given, why), output, force=force)


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


def _guessed(tensor: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the array in a file says, under what was given."""
    from sm_imgcheck.core.errors import ImgcheckError
    from sm_imgcheck.core.escape import for_terminal
    from sm_imgcheck.core.types import Decode
    from sm_imgcheck.pipeline import read as source
    from sm_imgcheck.spec.init import guessed

    candidate = source.read(tensor, Decode())
    shown = for_terminal(tensor)
    if candidate.problem is not None:
        raise ImgcheckError(f"{shown}: {candidate.problem.message}")
    if candidate.kind != "tensor":
        raise ImgcheckError(f"{shown}: is an image, expected a tensor that the model takes, such as a .npy file")
    array = candidate.data
    if array.dtype.kind not in "fiu" or array.size == 0:
        raise ImgcheckError(f"{shown}: holds {array.size} values of dtype {array.dtype}, expected numbers")
    low, high = float(array.min()), float(array.max())
    if not float("-inf") < low <= high < float("inf"):
        raise ImgcheckError(f"{shown}: holds NaN or infinity, so its range says nothing; give another example")
    return guessed(array.shape, str(array.dtype), low, high, given)


def _json(value: Mapping[str, Any]) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)
