"""The pages of the manual, which ``explain`` prints."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

__all__ = ["parts", "read", "topics"]

_FOLDER = Path(__file__).parents[1] / "manual"
_COMMENT = re.compile(r"^<!--.*-->\n", re.MULTILINE)


@cache
def topics() -> tuple[str, ...]:
    """Names of the pages, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.md")))


def parts(topic: str) -> list[str]:
    """Return the name of a page, and of those that continue it: rules-src, rules-src-2. Empty: no such page."""
    return [name for name in topics() if name == topic or re.fullmatch(rf"{re.escape(topic)}-\d+", name)]


def read(topic: str) -> str:
    """Return the Markdown of a page without the comments that only its tests read."""
    return _COMMENT.sub("", (_FOLDER / f"{topic}.md").read_text(encoding="utf-8")).rstrip()
