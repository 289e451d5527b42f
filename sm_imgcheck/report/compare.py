"""The report of ``compare``: both predictions of each candidate in one table, or a line each, and the sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_json, for_terminal
from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, Run, _records
from sm_imgcheck.report._entries import FileEntry, entry_of

if TYPE_CHECKING:
    from sm_imgcheck.features.discover.compare import ClassNames, Comparison
    from sm_imgcheck.features.discover.model import ModelInfo
    from sm_imgcheck.features.discover.output_kinds import TopEntry
    from sm_imgcheck.features.discover.predictions import Prediction

__all__ = ["CompareContent"]

_TOP = 3
"""Classes of an prediction in the table."""
_IMAGES = 4
"""Images of one tensor that the table shows."""


class CompareContent(ReportContent["Comparison"]):
    """Each candidate with the model's predictions. single: one candidate, reported in full."""

    key = "results"
    folds = True

    def __init__(self, run: Run, model: ModelInfo, names: ClassNames, *, single: bool) -> None:
        self.run, self.model, self.names, self.single = run, model, names, single
        self.document_title, self.fail_on = f"sm-imgcheck compare {run.title or run.spec.name}", run.fail_on
        self._images = self._changed = self._compared = 0
        self._variation = self._cosine = 0.0
        self._with_variation = self._with_changes = False
        self._change = ""

    def head(self) -> dict[str, object]:
        """The spec and the model."""
        model = {"path": for_json(self.model.path), "format": self.model.format, "input": str(self.model.image)}
        return {**_records.of_spec(self.run), "model": model}

    def record(self, row: Comparison) -> dict[str, object]:
        """One candidate: its findings, both predictions, and their distance."""
        record: dict[str, object] = {
            **_records.name_of("path", row.result.path),
            "status": row.result.status,
            "findings": _records.plain(row.result.findings),
            "skipped": for_json(row.result.skipped),
            "same": row.same,
            "candidate": self._prediction(row.before),
            "converted": self._prediction(row.after),
            "distance": _records.plain(row.distance),
        }
        return record

    def tail(self, report: Report) -> dict[str, object]:
        """The counts of candidates and of images."""
        return {"summary": {**_records.of_report(report), **self._counts()}}

    def words(self, row: Comparison) -> str:
        """The table of one candidate, or its line."""
        return "".join(f"{line}\n" for line in (self._table(row) if self.single else [self._line(row)]))

    def entries(self, row: Comparison) -> Iterator[FileEntry]:
        """The candidate with its findings and those of the model."""
        yield entry_of(row.result)

    def failure(self, row: Comparison) -> str:
        """The findings of the model that are errors."""
        codes = dict.fromkeys(f"{each.code} {each.name}" for each in row.result.errors)
        return f"{for_terminal(row.result.path)}: {', '.join(codes)}\n" if codes else ""

    def summary(self, report: Report) -> str:
        """On how many images the top class changes."""
        if self.single or not report.candidates:
            return ""
        counts = self._counts()
        lines = [f"\n{phrases.count(report.candidates, 'candidate')}, {self._compared:,} compared"]
        if self._with_changes:
            share = phrases.percentage(self._changed / self._images)
            images = phrases.count(self._images, "image")
            lines.append(f"{self._change} changes: {self._changed:,} of {images} ({share})")
        elif self._images:
            lines.append(f"cosine: {counts['cosine']:.3f} on average")
        if self._with_variation:
            lines.append(f"total variation: {counts['total_variation']:.2f} on average")
        lines += [f"  {code}  {number:,}" for code, number in report.by_code.items()]
        return "\n".join(lines) + "\n"

    def _counts(self) -> dict[str, object]:
        return {
            "compared": self._compared,
            "images": self._images,
            "changed": self._changed if self._with_changes else None,
            "total_variation": self._variation / self._images if self._with_variation else None,
            "cosine": self._cosine / self._images if self._images else None,
        }

    def gather(self, row: Comparison) -> None:
        """Count a candidate and its images."""
        if row.distance is None:
            return
        self._compared += 1
        self._images += row.distance.images
        self._cosine += row.distance.cosine * row.distance.images
        if row.distance.changed is not None:
            self._with_changes, self._change = True, row.distance.change
            self._changed += row.distance.changed
        if row.distance.total_variation is not None:
            self._with_variation = True
            self._variation += row.distance.total_variation * row.distance.images

    def _prediction(self, prediction: Prediction | None) -> dict[str, object] | None:
        if prediction is None:
            return None
        outputs = [{"name": for_json(name), "shape": list(shape)} for name, shape in prediction.outputs.items()]
        return {
            "output": for_json(prediction.output),
            "kind": prediction.kind,
            "form": prediction.form,
            "images": [[self._entry(entry, prediction.kind) for entry in entries] for entries in prediction.top],
            "outputs": outputs,
        }

    def _entry(self, entry: TopEntry, kind: str) -> dict[str, object]:
        """A class with its probability, a box with its score and center, or a class with its share of the pixels."""
        names = self.names.names
        label = for_json(names[entry.label]) if entry.label < len(names) else None
        record: dict[str, object] = {"class": entry.label, "label": label}
        key = {"detector": "score", "segmentation": "share"}.get(kind, "probability")
        record[key] = entry.share
        if entry.place is not None:
            record["center"] = {"x": entry.place[0], "y": entry.place[1]}
        return record

    def _line(self, row: Comparison) -> str:
        name = for_terminal(row.result.path)
        if row.same:
            return f"{name}: {self._first(row.after)}; matches the spec"
        if row.before is None or row.after is None:
            model = [each for each in row.result.findings if each.code.startswith("MDL")]
            messages = [each.message for each in model or row.result.findings]
            reason = row.result.skipped or (messages[-1] if messages else "no tensor")
            what = f"{self._first(row.after)} after convert; " if row.after is not None else ""
            return f"{name}: {what}not compared: {for_terminal(reason)}"
        return f"{name}: {self._first(row.before)} -> {self._first(row.after)}; {_distance(row)}"

    def _first(self, prediction: Prediction | None) -> str:
        if prediction is None:
            return "no prediction"
        if not prediction.top or not prediction.top[0]:
            if prediction.kind == "detector":
                return "no box"
            return f"{for_terminal(prediction.output)} {_shape(prediction)}"
        entry = prediction.top[0][0]
        return f"{self.names(entry.label)} {phrases.percentage(entry.share)}"

    def _table(self, row: Comparison) -> Iterator[str]:
        facts = row.result.facts
        yield for_terminal(row.result.path) + (f": {phrases.facts(facts)}" if facts is not None else "")
        yield f"model {for_terminal(self.model.path)}: {self.model.format}, input {self.model.image}"
        if table := [line.rstrip() for line in phrases.columns(self._cells(row))]:
            yield from ("", *table)
        if row.distance is not None and not row.same:
            yield f"  {_distance(row)}"
        if row.after is None and row.result.skipped:
            yield f"  no corrected tensor: {for_terminal(row.result.skipped)}"
        if row.result.findings:
            yield ""
        rows = ((each.severity, each.code, each.name, each.message) for each in row.result.findings)
        yield from (line.rstrip() for line in phrases.columns(rows))

    def _cells(self, row: Comparison) -> Iterator[tuple[str, ...]]:
        prediction = row.after or row.before
        head = ("candidate",) if row.same else ("candidate", "after convert")
        predictions = (row.before,) if row.same else (row.before, row.after)
        if prediction is None:
            return
        if not any(each is not None and each.top for each in predictions) or prediction.kind == "embedding":
            yield from _numbers(row, predictions, head)
            return
        yield ("image", "rank", *head)
        images = len(prediction.top)
        for image in range(min(images, _IMAGES)):
            tops = [self._column(each, image) for each in predictions]
            for rank in range(max(map(len, tops))):
                cells = [top[rank] if rank < len(top) else "" for top in tops]
                yield (str(image) if not rank else "", str(rank + 1), *cells)
        if images > _IMAGES:
            yield (f"... {images - _IMAGES} more", "", *("" for _ in predictions))

    def _column(self, prediction: Prediction | None, image: int) -> list[str]:
        if prediction is None:
            return ["no prediction"]
        if image >= len(prediction.top):
            return []
        cells = [self._cell(entry, prediction.kind) for entry in prediction.top[image][:_TOP]]
        return cells or ["no box"]

    def _cell(self, entry: TopEntry, kind: str) -> str:
        of_pixels = " of the pixels" if kind == "segmentation" else ""
        place = "" if entry.place is None else f"  at x {entry.place[0]:.2f}, y {entry.place[1]:.2f}"
        return f"{self.names(entry.label)}  {phrases.percentage(entry.share)}{of_pixels}{place}"


def _numbers(
    row: Comparison, predictions: tuple[Prediction | None, ...], head: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """The shapes, and the numbers that differ most."""
    yield ("output", "index", *head)
    prediction = row.after or row.before
    if prediction is None:
        return
    for name in prediction.values or prediction.outputs:
        yield (for_terminal(name), "shape", *(_shape(each, name) for each in predictions))
    for each in row.distance.differences if row.distance is not None and not row.same else ():
        yield (for_terminal(each.output), str(list(each.index)), f"{each.before:.4g}", f"{each.after:.4g}")


def _shape(prediction: Prediction | None, name: str = "") -> str:
    if prediction is None:
        return "no prediction"
    shape = prediction.outputs.get(name or prediction.output.partition(", ")[0], ())
    return str(list(shape))


def _distance(row: Comparison) -> str:
    distance = row.distance
    if distance is None:
        return "not comparable: the predictions differ in shape, or contain NaN"
    if distance.changed is None:
        return f"largest difference {distance.largest:.4g}, cosine {distance.cosine:.3f}"
    changes = f"{distance.change} {'changes' if distance.changed else 'stays'}"
    if distance.images > 1:
        changes = f"{distance.change} changes for {distance.changed} of {distance.images} images"
    variation = "" if distance.total_variation is None else f"total variation {distance.total_variation:.2f}, "
    return f"{changes}; {variation}cosine {distance.cosine:.3f}"
