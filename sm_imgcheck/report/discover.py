"""The report of ``discover``: the ranking of recipes, what remains open, and what mistakes cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, _records

if TYPE_CHECKING:
    from sm_imgcheck.features.discover.configuration import ConfigurationCheck
    from sm_imgcheck.features.discover.find import Discovery
    from sm_imgcheck.features.discover.recipes import InputRecipe
    from sm_imgcheck.features.discover.search import RecipeScore
    from sm_imgcheck.features.discover.tensors import TensorCheck
    from sm_imgcheck.features.discover.verdict import Verdict

__all__ = ["DiscoverContent"]

_LINES = 5
"""Classes of recipes in the table."""
_LEAST = 0.001
_ENOUGH = 0.95


class DiscoverContent(ReportContent["Discovery"]):
    """One search. spec_file: where the spec is written; labels: whether there were labels."""

    indent = 1
    folds = True

    def __init__(self, *, spec_file: str = "", labels: bool = False) -> None:
        self.spec_file, self.labels = spec_file, labels

    def record(self, row: Discovery) -> dict[str, object]:
        """Everything; ``recipe`` is null where it is not determined."""
        plan, verdict = row.plan, row.verdict
        record: dict[str, object] = {
            "version": _records.VERSION,
            "model": {
                "path": for_json(plan.info.path),
                "format": plan.info.format,
                "input": for_json(str(plan.info.image)),
                "output": for_json(row.plan.reader.output),
                "output_kind": row.plan.reader.kind,
                "output_form": row.plan.reader.form,
                "output_kind_certain": row.plan.reader.certainty == "certain",
            },
            "photographs": len(row.photos),
            "undecodable": [for_json(path) for path in row.undecodable],
            "score": "labels" if self.labels else "predictions",
            "score_words": "log-loss of the labels" if self.labels else row.plan.reader.measure.score,
            "features": _records.plain(row.ranking.features),
            "information": _records.plain(verdict.information),
            "accuracy": _records.plain(row.accuracy),
            "recipe": None if verdict.recipe is None else _recipe(verdict.recipe),
            "configuration": None
            if row.configuration is None
            else {**_records.plain(row.configuration), "recipe": _recipe(row.configuration.recipe)},
            "by_configuration": verdict.by_configuration,
            "reasons": [for_json(reason) for reason in verdict.reasons],
            "remaining": [_class(each, verdict) for each in verdict.remaining],
            "ranking": [_class(each, verdict) for each in row.ranking.classes],
            "geometries": [{"name": each.name, "probability": each.probability} for each in row.geometries],
            "mistakes": [_records.plain(each) for each in row.mistakes],
            "tensors": [_tensor_record(each) for each in row.tensors],
            "assumed": list(plan.format.assumed),
            "runs": row.runs,
            "seconds": round(row.seconds, 3),
        }
        return record

    def words(self, row: Discovery) -> str:
        """The report."""
        return "".join(f"{line}".rstrip() + "\n" for line in self._lines(row))

    def failure(self, row: Discovery) -> str:
        """The first reason why the recipe is not determined."""
        return "".join(
            f"{for_terminal(row.plan.info.path)}: not determined: {reason}\n" for reason in row.verdict.reasons[:1]
        )

    def summary(self, report: Report) -> str:
        """Empty: the row is the report."""
        del report
        return ""

    def _lines(self, row: Discovery) -> Iterator[str]:
        info, output = row.plan.info, for_terminal(row.plan.reader.output)
        yield f"model {for_terminal(info.path)}: {info.format}, input {info.image}, output {output}"
        counts = f"{phrases.count(len(row.photos), 'photograph')}, {phrases.count(row.runs, 'model run')}"
        yield f"{counts}, {row.seconds:.0f} s{_undecodable(row)}"
        reader = row.plan.reader
        remark = "" if reader.certainty == "certain" else " (assumed; --output-kind selects another kind)"
        yield f"output read as {reader.form}{remark}"
        score = "log-loss of the labels" if self.labels else reader.measure.score
        yield f"score: {score}"
        yield ""
        yield from _recipe_lines(row)
        yield ""
        if row.verdict.is_model:
            yield from phrases.columns(_table(row))
        else:
            yield f"No recipe is excluded: all {len(row.ranking.classes)} remain."
        yield from _ambiguities(row)
        yield from _mistakes(row)
        yield from _tensor_lines(row)
        yield from self._next(row)

    def _next(self, row: Discovery) -> Iterator[str]:
        """The check of the result, and the command that writes it."""
        if row.verdict.recipe is None:
            return
        yield ""
        if self.spec_file:
            yield f"Spec: {for_terminal(self.spec_file)}"
        else:
            yield "Write the spec: the same command with -o SPEC.yaml"
        yield (
            "Check: convert one photograph with it, and compare the model's prediction with the training pipeline's "
            "for the same file."
        )


def _undecodable(row: Discovery) -> str:
    return f"; {len(row.undecodable)} could not be decoded" if row.undecodable else ""


def _recipe_lines(row: Discovery) -> Iterator[str]:
    verdict = row.verdict
    if verdict.recipe is not None:
        best = row.ranking.classes[0]
        if verdict.by_configuration:
            yield f"{verdict.recipe.label}: by the configuration, among {len(verdict.remaining)} recipes that remain"
        else:
            yield f"{verdict.recipe.label}: probability {phrases.percentage(best.probability)}"
    else:
        yield "Not determined:"
        yield from (f"  {reason}" for reason in verdict.reasons)
    if row.configuration is not None:
        yield _configuration(row.configuration)
    if row.accuracy is not None:
        yield f"accuracy of the first recipe: {phrases.percentage(row.accuracy)}"


def _configuration(check: ConfigurationCheck) -> str:
    """Whether the predictions agree with the configuration."""
    probability = "" if check.probability is None else f" ({phrases.percentage(check.probability)})"
    relation = {
        "confirmed": "confirmed by the predictions",
        "contradicted": "contradicted by the predictions",
        "possible": "neither confirmed nor contradicted",
    }
    return f"configuration {check.source}: {check.recipe.label}; {relation[check.relation]}{probability}"


def _table(row: Discovery) -> Iterator[tuple[str, ...]]:
    yield ("probability", "order", "values", "score", "photographs")
    classes = row.ranking.classes
    top = [each for each in classes[:_LINES] if each.probability >= _LEAST] or list(classes[:1])
    for each in top:
        orders = " or ".join(dict.fromkeys(recipe.order for recipe in each.recipes))
        names = " or ".join(dict.fromkeys(recipe.name for recipe in each.recipes))
        yield (phrases.percentage(each.probability), orders, names, f"{each.score:.2f}", str(each.photos))
    if len(classes) > len(top):
        yield (f"{len(classes) - len(top)} others", "", "", "", "")


def _ambiguities(row: Discovery) -> Iterator[str]:
    """What the predictions do not distinguish."""
    items = []
    if row.verdict.recipe is not None and len(row.verdict.recipe.members) > 1:
        items.append(f"values: {phrases.listing(row.verdict.recipe.members, 'or')} (differ by less than 2 %)")
    if row.geometries:
        first = row.geometries[0]
        names = [
            f"{each.name} ({phrases.percentage(each.probability)})"
            for each in row.geometries
            if each.probability > 0.01
        ]
        if first.probability >= _ENOUGH:
            yield ""
            yield f"geometry: {first.name}, probability {phrases.percentage(first.probability)}"
        else:
            items.append(f"geometry: {phrases.listing(names, 'or')}")
        items.append("interpolation, and the library of the resize")
    items += [f"not in the model file, assumed: {each}" for each in row.plan.format.assumed]
    if items:
        yield ""
        yield "Not distinguished:"
        yield from (f"  {each}" for each in items)


def _mistakes(row: Discovery) -> Iterator[str]:
    if not row.mistakes:
        return
    yield ""
    photographs = phrases.count(row.mistakes[0].photos, "photograph")
    yield f"A mistake changes the {row.plan.reader.measure.change} of {photographs}:"
    rows = [(phrases.percentage(each.changed / each.photos), f"{each.changed:,}", each.name) for each in row.mistakes]
    yield from phrases.columns(rows)


def _tensor_lines(row: Discovery) -> Iterator[str]:
    """Each tensor: its findings, and the channel order."""
    for check in row.tensors:
        yield ""
        images = phrases.count(check.images, "image")
        if check.problem:
            yield f"{for_terminal(check.path)}: not compared: {for_terminal(check.problem)}"
        elif check.probability is None:
            yield f"{for_terminal(check.path)}: {check.order}"
        else:
            chance = phrases.percentage(max(check.probability, 1 - check.probability))
            fit = "as expected" if check.order == check.expected_order else f"expected {check.expected_order}"
            yield (
                f"{for_terminal(check.path)}: channel order {check.order}, {fit}: probability {chance} "
                f"(predictions on {images})"
            )
        yield from (f"  {each.severity}  {each.code}  {for_terminal(each.message)}" for each in check.findings)


def _tensor_record(check: TensorCheck) -> dict[str, object]:
    return {
        "path": for_json(check.path),
        "images": check.images,
        "channel_order": check.order or None,
        "expected_channel_order": check.expected_order,
        "probability": None if check.probability is None else round(check.probability, 6),
        "findings": [
            {"code": each.code, "severity": each.severity, "message": each.message} for each in check.findings
        ],
        "problem": for_json(check.problem),
    }


def _class(each: RecipeScore, verdict: Verdict) -> dict[str, object]:
    return {
        "probability": each.probability if verdict.is_model else None,
        "score": _records.plain(each.score),
        "photographs": each.photos,
        "recipes": [_recipe(recipe) for recipe in each.recipes],
    }


def _recipe(recipe: InputRecipe) -> dict[str, object]:
    return {
        "order": recipe.order,
        "values": recipe.name,
        "members": list(recipe.members),
        "scale": list(recipe.affine.scale),
        "offset": list(recipe.affine.offset),
    }
