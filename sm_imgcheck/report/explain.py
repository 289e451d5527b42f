"""An explanation for a person: plain text, 80 columns."""

from __future__ import annotations

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.rules.endpoint_errors import Explanation

__all__ = ["page"]

_WIDE = 80
_SHOWN = 150
"""Characters of the evidence that are printed."""


def page(found: Explanation) -> str:
    """What it is, why, what to do in the code and with this tool, and which check finds it beforehand."""
    parts = [_block("", found.title), _evidence(found)]
    parts += [_block("Why: ", found.reason), _block("In the code: ", found.code)]
    if found.tool:
        parts.append("With this tool:\n" + "\n".join(_tool(line) for line in found.tool))
    if found.checks:
        parts.append(_block("Found before sending by: ", ", ".join(found.checks)))
    return "\n".join(parts)


def _evidence(found: Explanation) -> str:
    said = for_terminal(found.evidence)
    if len(said) > _SHOWN:
        said = f"{said[: _SHOWN - 50]} ... {said[-45:]}"
    return _block("", f"line {found.line}: {said}", indent="    ")


def _tool(line: str) -> str:
    """A command stays on its line, to be pasted; a sentence is wrapped."""
    return f"  {line}" if line.startswith("sm-imgcheck ") else _block("", line, indent="  ")


def _block(label: str, text: str, indent: str = "") -> str:
    """Words on lines of at most 80 columns: as ``textwrap`` would, which takes a millisecond to import."""
    later = indent or ("  " if label else "")
    lines = [indent]
    for word in (label + for_terminal(text)).split():
        started = lines[-1] != (later if lines[1:] else indent)
        if started and len(lines[-1]) + len(word) >= _WIDE:
            lines.append(later + word)
        else:
            lines[-1] += f" {word}" if started else word
    return "\n".join(lines)
