"""Find the pipeline from an image to a tensor: usual pipelines of libraries first, then common mistakes.

``find`` is the entry point: ``search`` finds one of the usual pipelines; each file of ``mistakes`` adds one kind of
mistake, which is tried only where no usual pipeline explains the tensor.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.types import Decode, Origin, Spec
from sm_imgcheck.features.identify.budget import Budget
from sm_imgcheck.features.identify.candidates import grounds, readings
from sm_imgcheck.features.identify.mistakes import Evidence, explain_mistake
from sm_imgcheck.features.identify.placement import SourceImage
from sm_imgcheck.features.identify.plan import Preparation
from sm_imgcheck.features.identify.search import SAME_IMAGE, Search, explain
from sm_imgcheck.features.identify.verify import RankedOrigin
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.ops.execute import ArrayCache

__all__ = ["find"]


@np.errstate(all="ignore")  # extreme values are findings; NumPy would print its source lines as warnings
def find(
    tensor: np.ndarray,
    source: bytes,
    *,
    layout: str = "",
    decode: Decode | None = None,
    spec: Spec | None = None,
    budget: Budget | None = None,
) -> tuple[Origin, ...]:
    """The pipelines that can produce the tensor from the image, the nearest first, the usual first among equals.

    tensor: any dtype of numbers, HWC, CHW, NHWC, NCHW, HW or NHW; never modified. source: the bytes of an image file.
    layout: the tensor's, where it is known; empty: every reading of its shape is tried. decode: limits for reading the
    file. spec: its own geometry is tried too, and first.

    Several origins explain it equally well (``exact``). One that is not ``exact`` is the nearest explanation where it
    is clearly this image but by an unknown pipeline. None: it is not this image, or no image at all. budget: of the
    work; lists afterwards what was not searched.
    Raises CandidateError where the source cannot be read.
    """
    policy = decode or (spec.decode if spec is not None else Decode())
    budget = budget or Budget()
    budget.cache = ArrayCache({(): source})
    header = read_header(source, max_pixels=policy.max_pixels)
    picture = SourceImage(
        header=header,
        preparation=Preparation(decode=policy),
        geometry=None,
        values=None,
        budget=budget,
    )
    results: list[RankedOrigin] = []
    evidence: list[Evidence] = []
    for images in readings(tensor, layout):
        picture = picture if spec is None else _with_spec(picture, spec, images[0].channels)
        for ground in grounds(header, policy, images[0].channels):
            search = Search(images=images, source=replace(picture, preparation=Preparation(decode=ground)))
            explanation = explain(search)
            results += explanation.origins
            if explanation.exact:
                budget.unsearched += ["other pipelines with the same values"] if budget.skipped else []
                return _nearest(results)
            evidence.append(Evidence(search=search, nearest=explanation))
    if budget.is_spent:
        budget.unsearched += ["some of the usual pipelines"] if budget.skipped else []
        budget.unsearched.append("all common mistakes")
        return _nearest(results)
    mistakes = list(explain_mistake(evidence))
    if not any(ranked_origin.origin.exact for ranked_origin in mistakes):
        mistakes = _much_nearer(mistakes, results)
    return _nearest([*results, *mistakes])


def _with_spec(picture: SourceImage, spec: Spec, channels: int) -> SourceImage:
    """The image with the geometry and the values of the spec.

    For another number of channels without values and colors of frames.
    """
    geometry = tuple(spec.resolved["geometry"])
    if channels == spec.contract.channels:
        return replace(picture, geometry=geometry, values=(spec.contract.values, spec.contract.quantize))
    colorless = [
        {name: {key: value for key, value in params.items() if key != "fill"} for name, params in step.items()}
        for step in geometry
    ]
    return replace(picture, geometry=tuple(colorless), values=None)


def _nearest(results: list[RankedOrigin]) -> tuple[Origin, ...]:
    """The exact ones that are as near as the nearest; else the nearest ones, if they are near at all."""
    exact = [ranked_origin for ranked_origin in results if ranked_origin.origin.exact]
    if not exact:
        near = [ranked_origin for ranked_origin in results if ranked_origin.origin.mean_difference <= SAME_IMAGE]
        return tuple(ranked_origin.origin for ranked_origin in sorted(near, key=_order)[:1])
    best = min(exact, key=lambda ranked_origin: (ranked_origin.beyond, ranked_origin.is_rounded))
    equals = [
        ranked_origin
        for ranked_origin in exact
        if ranked_origin.beyond <= best.beyond or (ranked_origin.is_rounded and best.is_rounded)
    ]
    return tuple(ranked_origin.origin for ranked_origin in sorted(equals, key=_order))


_MUCH_NEARER, _NEAR = 0.2, 2.0
"""Share of the difference of the nearest usual pipeline, and gray levels, up to which one with a mistake is reported as
the nearest: two resizes to 128 and 224 leave 0.25 to 0.5 of a blur, and the sRGB curve 4 gray levels of a logarithm."""


def _much_nearer(mistakes: list[RankedOrigin], usual: list[RankedOrigin]) -> list[RankedOrigin]:
    """Those that are evidence of their mistake, though none explains the tensor exactly."""
    least = min((ranked_origin.origin.mean_difference for ranked_origin in usual), default=math.inf)
    return [item for item in mistakes if item.origin.mean_difference <= min(_MUCH_NEARER * least, _NEAR)]


def _order(ranked_origin: RankedOrigin) -> tuple[object, ...]:
    return round(ranked_origin.origin.mean_difference, 5), ranked_origin.rank
