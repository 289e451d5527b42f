"""An imported spec as YAML: each line with its source, and at the top what is assumed or unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers._draft import Draft, DraftField
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.yaml import flow

__all__ = ["format_imported_spec"]

_EXAMPLES = {key.name: key.example for key in TOP}
_LONGEST_NAME = 200
_MOST_FILES = 20


def format_imported_spec(draft: Draft, sources: Sequence[tuple[str, str]]) -> str:
    """The whole text. sources: file and vocabulary of each draft."""
    lines = ["# Imported by sm-imgcheck spec import from:"]
    lines += [f"#   {_line(file)} ({vocabulary})" for file, vocabulary in sources[:_MOST_FILES]]
    unknown = [field for field in draft.fields if field.certainty == "unknown"]
    assumed_fields = [field for field in draft.fields if field.certainty == "assumed"]
    lines += _section("Unknown: fill in before use", [f"{field.key}: {field.source}" for field in unknown])
    lines += _section("Assumed", [f"{field.key}: {flow(field.value)}: {field.source}" for field in assumed_fields])
    lines += _section("Notes", draft.notes)
    lines += [
        "version: 1",
        f"source: {flow(_line(', '.join(dict.fromkeys(file for file, _ in sources)))[:_LONGEST_NAME])}",
    ]
    lines += _fields(draft.fields)
    return "\n".join(lines) + "\n"


def _section(title: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield f"# {title}:"
        yield from (f"#   {_line(entry)}" for entry in entries)


def _fields(fields: Sequence[DraftField]) -> Iterator[str]:
    group = ""
    for field in fields:
        comment = f"  # {_line(field.source)}"
        if field.certainty == "unknown":
            yield from _unknown(field)
            group = ""
        elif field.key.startswith("geometry["):
            if group != "geometry":
                yield "geometry:"
            yield f"  - {flow(field.value)}{comment}"
            group = "geometry"
        elif "." in field.key:
            if group != field.top:
                yield f"{field.top}:"
            yield f"  {field.key.partition('.')[2]}: {flow(field.value)}{comment}"
            group = field.top
        else:
            yield f"{field.key}: {flow(field.value)}{comment}"
            group = ""


def _unknown(field: DraftField) -> Iterator[str]:
    if field.key == "resize":
        yield f"resize: none  # unknown: {_line(field.source)}; none refuses images of another size"
    else:
        yield f"# {field.key}: {flow(_EXAMPLES.get(field.key))}  # unknown: {_line(field.source)}"


def _line(text: str) -> str:
    """Printable text on one line."""
    return for_terminal(" ".join(text.split()))
