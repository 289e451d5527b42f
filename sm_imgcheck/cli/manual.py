"""The pages of the manual, which ``explain`` prints."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

__all__ = ["render", "topics"]

_FOLDER = Path(__file__).parents[1] / "manual"
_COMMENT = re.compile(r"^<!--.*-->\n", re.MULTILINE)


@cache
def topics() -> tuple[str, ...]:
    """Names of the pages, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.md")))


def render(topic: str, form: str | None) -> str:
    """Return a page as Markdown, without the comments that only its tests read, or as JSON for the format ``json``."""
    text = _COMMENT.sub("", (_FOLDER / f"{topic}.md").read_text(encoding="utf-8")).rstrip()
    if form != "json":
        return text
    from json import dumps

    return dumps([{"topic": topic, "page": text}], indent=1)
