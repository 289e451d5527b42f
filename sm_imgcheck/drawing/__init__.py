"""Pictures of tensors: numbers turned back into grey levels, and sheets of captioned panels as PNG."""

from __future__ import annotations

from sm_imgcheck.drawing.sheet import LARGEST, Note, Panel, sheet
from sm_imgcheck.drawing.undo import Reading, Undone, channels_last, grey_levels, shown, undone

__all__ = ["LARGEST", "Note", "Panel", "Reading", "Undone", "channels_last", "grey_levels", "sheet", "shown", "undone"]
