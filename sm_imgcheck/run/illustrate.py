"""Thumbnails of representatives for the HTML page, drawn from the arrays that the check has in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_imgcheck.core.frozen import replace_fields

if TYPE_CHECKING:
    from sm_imgcheck.core.types import Candidate, Options, Result, Spec
    from sm_imgcheck.features.pictures.thumbnails import Thumbnail
    from sm_imgcheck.run.suppress import Suppressor

__all__ = ["Illustrator"]


class Illustrator:
    """Draws the representatives of a run. Each process has its own, which starts without any."""

    def __init__(self, suppressor: Suppressor | None = None) -> None:
        """suppressor: removes the findings that the page does not show."""
        from sm_imgcheck.features.pictures.representatives import Representatives

        self._suppressor = suppressor
        self._representatives = Representatives()

    def __reduce__(self) -> tuple[object, ...]:
        return Illustrator, (self._suppressor,)

    def draw(self, result: Result, candidate: Candidate, spec: Spec, options: Options) -> tuple[Thumbnail, ...]:
        """Return the thumbnails of a representative; empty for other results. candidate: the same with its arrays.

        Errors of drawing are ignored: the findings of the candidate are complete without thumbnails.
        """
        final = result if self._suppressor is None else self._suppressor.apply(result)
        if not self._representatives.add(final):
            return ()
        from sm_imgcheck.features.pictures.thumbnails import draw_thumbnails

        try:
            complete = replace_fields(result, candidate=candidate)
            return draw_thumbnails(complete, spec, replace_fields(options, want_array=False))
        except Exception:  # noqa: BLE001 - the candidate is checked, with or without its thumbnail
            return ()
