"""Common mistakes between an image and a tensor: one file for each kind, discovered automatically.

A file defines ``MISTAKE``: its rank, and a function from the evidence (what was searched, and the distance of the
nearest usual pipeline) to searches, each of them the usual search with one thing changed: another order of the values,
another preparation of the image, other framings, other kernels. Kinds are tried in the order of their rank
where no usual pipeline explains the tensor; the first that explains it exactly ends the search.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.plugins import Registry
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.framings import Framing, FramingChoice
from sm_imgcheck.features.identify.kernels import PipelineHypothesis, hypothesize
from sm_imgcheck.features.identify.placement import SourceImage, coarse_misfits, usual_orientations, views
from sm_imgcheck.features.identify.plan import KernelFamily, Preparation, image_steps
from sm_imgcheck.features.identify.registration import Registration, register
from sm_imgcheck.features.identify.search import SAME_IMAGE, Search, SearchOutcome, explain
from sm_imgcheck.features.identify.verify import RankedOrigin
from sm_imgcheck.ops.execute import apply_steps

__all__ = ["MISTAKES", "Evidence", "Mistake", "explain_mistake", "only"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """A search without an exact result, and its nearest hypotheses."""

    search: Search
    nearest: SearchOutcome

    @property
    def images(self) -> list[TensorImage]:
        """The images of the tensor to compare: the image that resembles the source, or else a few."""
        return [self.nearest.image] if self.guesses else self.search.images[:_IMAGES]

    @property
    def source(self) -> SourceImage:
        """The image."""
        return self.search.source

    @property
    def guesses(self) -> list[PipelineHypothesis]:
        """The nearest usual pipelines, nearest first; none where the image does not resemble the tensor."""
        guesses = self.nearest.guesses
        if guesses and guesses[0].off > _FAR * self.nearest.image.step(guesses[0].scale):
            return []
        return guesses

    @property
    def distance(self) -> float:
        """Gray levels, on average, between the tensor and the nearest usual pipeline; infinite without one."""
        return self.guesses[0].off if self.guesses else math.inf

    def again(
        self,
        guess: PipelineHypothesis,
        *,
        preparation: Preparation | None = None,
        choice: FramingChoice | None = None,
        families: tuple[KernelFamily, ...] | None = None,
    ) -> Search:
        """The search about one hypothesis: its orientation, and the framings of the nearest unless others are given."""
        view = guess.place.view
        framings = (other.place.framing for other in (guess, *self.guesses) if other.place.view is view)
        source = self.source if preparation is None else replace(self.source, preparation=preparation)
        return replace(
            self.search,
            images=[self.nearest.image],
            source=source,
            choice=choice or only(*framings),
            families=families or self.search.families,
            orientations=((view.orientation, view.last_orientation),),
        )

    def reread(self, images: Iterable[TensorImage], source: SourceImage | None = None) -> Iterator[Search]:
        """The search for the best of some readings of the tensor, or another image, in the usual orientations.

        None where it does not resemble the image coarsely. Only the best of the readings is kept in memory.
        """
        source = source or self.source
        best, least = None, math.inf
        for image in images:
            misfit = self.misfit([image], source)
            if misfit < least:
                best, least = image, misfit
        if best is not None and least <= _RESEMBLES:
            yield replace(self.search, images=[best], source=source, orientations=usual_orientations(source.header))

    def off(
        self,
        guess: PipelineHypothesis,
        preparation: Preparation | None = None,
        framing: Framing | None = None,
        family: KernelFamily | None = None,
    ) -> float:
        """Mean difference, in gray levels, from a hypothesis with one thing changed; infinite if impossible."""
        place = guess.place if framing is None else replace(guess.place, framing=framing)
        hypothesis = hypothesize(
            self.source,
            place,
            family or guess.family,
            arithmetic=guess.arithmetic if family is None else family.members[0],
            preparation=preparation or guess.preparation,
        )
        return float("inf") if hypothesis is None else hypothesis.off

    def register(self, image: TensorImage, orientation: int) -> Registration | None:
        """Where the image of the tensor is in the oriented image; None where keypoints do not show it."""
        key = ("registration", orientation, self.source.preparation)
        if key not in image.cache:
            picture = self.orient(image, orientation)
            self.source.budget.read(picture.size)
            image.cache[key] = register(image.pixels, picture)
        registration: Registration | None = image.cache[key]
        return registration

    def orient(self, image: TensorImage, orientation: int) -> np.ndarray:
        """The image in the channels of the tensor's, in an EXIF orientation."""
        steps = image_steps(self.source.header, self.source.preparation, (), image.channels, orientation=orientation)
        return apply_steps(steps, self.source.cache)

    def misfit(self, images: list[TensorImage] | None = None, source: SourceImage | None = None) -> float:
        """How little an image resembles the tensor in the usual orientations, 0..1, coarsely; 1 where impossible."""
        images, source = images or self.images, source or self.source
        try:
            every = views(source, images[0].channels, usual_orientations(source.header))
        except CandidateError:  # a step that such pixels do not have
            return 1.0
        return min(min(coarse_misfits(image, every)) for image in images)


_IMAGES = 4
"""Images of a batch that are searched for mistakes, where none resembles the source."""
_RESEMBLES = 0.75
"""Misfit coarsely up to which another reading of the tensor may be the right one."""
_FAR = 4 * SAME_IMAGE
"""Gray levels, on average, beyond which a hypothesis has no evidence of the pipeline."""


@frozen
class Mistake:
    """One kind of mistake."""

    title: str
    """What is searched, in a list of what was not."""
    rank: int
    """In which order kinds are tried: the certain and cheap ones first."""
    distance: tuple[float, float] = (0.0, math.inf)
    """How far the nearest usual pipeline is from a tensor that was made with this mistake, at least and at most, in
    gray levels on average."""
    searches: Callable[[Evidence], Iterable[Search]]
    """The searches that would explain the tensor if this mistake was made."""
    similar: bool = False
    """Its searches are so similar that all are run, even where one explains the tensor."""


MISTAKES: Registry[Mistake] = Registry(__name__, "MISTAKE")
"""All kinds, by the names of their files."""


def explain_mistake(evidence: list[Evidence]) -> Iterator[RankedOrigin]:
    """The origins with a mistake in them: up to the first kind that explains the tensor exactly.

    Kinds that the budget does not allow are added to its ``unsearched``.
    """
    for name in MISTAKES.by_rank() if evidence else ():
        mistake, exact, budget = MISTAKES[name], False, evidence[0].source.budget
        skipped = budget.skipped
        for search in _searches(mistake, evidence):
            try:
                explanation = explain(search)
            except CandidateError:  # a step that such pixels do not have
                continue
            yield from explanation.origins
            exact = exact or explanation.exact
            if exact and not mistake.similar:
                return
        if exact:
            return
        if budget.skipped > skipped:
            budget.unsearched.append(mistake.title)


def _searches(mistake: Mistake, evidence: list[Evidence]) -> Iterator[Search]:
    for each in evidence:
        budget = each.source.budget
        if _is_likely(mistake, each) and not budget.stops():
            budget.scan(sum(image.pixels.size for image in each.images))
            yield from mistake.searches(each)


def _is_likely(mistake: Mistake, evidence: Evidence) -> bool:
    """Whether the nearest usual pipeline is as far off as the mistake puts it."""
    least, most = mistake.distance
    return least <= evidence.distance <= most


def only(*framings: Framing) -> FramingChoice:
    """A choice of these framings for all sizes."""

    def choice(
        source: tuple[int, int],  # noqa: ARG001
        size: tuple[int, int],  # noqa: ARG001
        *,
        inner: tuple[int, int] | None,  # noqa: ARG001
    ) -> Iterable[Framing]:
        return framings

    return choice
