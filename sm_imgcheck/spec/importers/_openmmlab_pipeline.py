"""``test_pipeline`` of OpenMMLab: a list of transforms as steps of ``geometry``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._torch_values import INTERPOLATIONS, side
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["TestPipeline", "read_pipeline"]

_NEUTRAL_STEPS = {
    "LoadImageFromFile", "LoadImageFromNDArray", "LoadImage", "GetBBoxCenterScale", "DefaultFormatBundle",
    "ImageToTensor", "Collect", "RandomFlip", "ToTensor", "WrapFieldsToLists", "LoadProposals",
}  # fmt: skip
_OF_LABELS = re.compile(r"Load\w*Annotations|Pack\w*Inputs")
"""Transforms that load labels, or collect the results."""
_WRAPPERS = ("MultiScaleFlipAug", "TestTimeAug", "Compose")
"""Transforms with a list of transforms, one after another; instead of one, a list of alternatives."""
_CLIPS = re.compile(r"Frame|Decord|PyAV|OpenCVDecode|OpenCVInit|FormatShape|Points|PointCloud|Audio|Pose.*Heatmap")
"""Transforms of videos, point clouds and sound: their result is not one image."""
_AFFINE = ": an affine transform, which resize cannot express"
_MOST_STEPS = 100
_DEEPEST = 5
_LEFT, _FINAL = "top_left", "final"


@frozen
class TestPipeline:
    """What a test pipeline does to an image."""

    __test__ = False

    has_steps: bool = False
    steps: tuple[dict[str, Json], ...] = ()
    """Steps of ``geometry``."""
    size: tuple[int, int] | None = None
    """Height and width after them, where fixed."""
    normalize: Mapping[str, Json] = field(default_factory=dict)
    """Arguments of Normalize inside the pipeline, as in older files."""
    decoder: str = ""
    """imdecode_backend of LoadImageFromFile."""
    problem: str = ""
    """A transform that the spec language cannot express."""


class _PipelineState:
    def __init__(self) -> None:
        self.steps: list[dict[str, Json]] = []
        self.size: tuple[int, int] | None = None
        self.normalize: Mapping[str, Json] = {}
        self.decoder = ""
        self.problem = ""

    def add(self, kind: str, step: Mapping[str, Json]) -> None:
        """Read one transform."""
        if kind == "LoadImageFromFile":
            self.decoder = str(step.get("imdecode_backend", ""))[:20]
        elif kind == "Normalize":
            self.normalize = step
        elif kind == "Pad":
            self._pad(step)
        elif kind in ("Resize", "ResizeEdge", "ResizeShortestEdge"):
            self._resize(kind, step)
        elif kind == "CenterCrop":
            self._crop(step)
        elif kind in ("TopdownAffine", "TopDownAffine"):
            self._affine(kind, step)
        elif not _is_neutral(kind):
            self.problem = self.problem or f"test_pipeline: {for_terminal(kind[:40])} cannot be expressed"

    def _affine(self, kind: str, step: Mapping[str, Json]) -> None:
        """The box of an object, rotated and scaled to (width, height)."""
        value = step.get("input_size")
        sides = [side(entry) for entry in value] if isinstance(value, list) else []
        self.size = (sides[1], sides[0]) if len(sides) == 2 and sides[0] and sides[1] else None
        self.problem = self.problem or f"test_pipeline: {kind}{_AFFINE}"

    def _resize(self, kind: str, step: Mapping[str, Json]) -> None:
        library = "pillow" if step.get("backend") == "pillow" else "opencv"
        kernel = INTERPOLATIONS.get(str(step.get("interpolation", "bilinear")))
        if str(step.get("interpolation")) == "area" and library == "opencv":
            kernel = "area"
        pair, short = _scale(step, kind)
        if kernel is None or (pair is None and short is None):
            self.problem = self.problem or f"test_pipeline: {kind}: expected a scale in pixels"
            return
        common: dict[str, Json] = {"interpolation": kernel, "library": library}
        resize: dict[str, Json]
        if short is not None:
            most = side(step.get("max_size"))
            limit: dict[str, Json] = {} if most is None else {"max_size": most}
            resize = {"mode": "shortest_edge", "size": short, **limit, "rounding": "half_up" if most else "floor"}
            self.size = None
        elif step.get("keep_ratio") is True:
            assert pair is not None
            resize = {"mode": "shortest_edge", "size": min(pair), "max_size": max(pair), "rounding": "half_up"}
            self.size = None
        else:
            assert pair is not None
            resize = {"mode": "stretch", "size": [*pair]}
            self.size = pair
        self.steps.append({"resize": {**resize, **common}})

    def _crop(self, step: Mapping[str, Json]) -> None:
        value = step.get("crop_size")
        sides = [side(entry) for entry in value] if isinstance(value, list) else [side(value)] * 2
        if len(sides) != 2 or sides[0] is None or sides[1] is None or step.get("efficientnet_style") is True:
            self.problem = (
                self.problem or "test_pipeline: CenterCrop: expected a size in pixels, without efficientnet_style"
            )
            return
        self.size = (sides[0], sides[1])
        self.steps.append({"crop": {"size": [*self.size], "rounding": "round"}})

    def _pad(self, step: Mapping[str, Json]) -> None:
        """The image at the top left. Before Normalize and data_preprocessor it pads pixels, after them numbers."""
        value = step.get("pad_val", 0)
        fill = numbers(value.get("img", 0) if isinstance(value, Mapping) else value)
        pad: dict[str, Json] = {"position": _LEFT, "fill": fill[0] if fill and len(fill) == 1 else [*(fill or [0])]}
        if self.normalize:
            pad["units"] = _FINAL
        divisor, sides = side(step.get("size_divisor")), step.get("size")
        if step.get("pad_to_square") is True:
            self.steps.append({"pad": {"square": True, **pad}})
        elif divisor is not None:
            self.steps.append({"pad": {"multiple_of": divisor, **pad}})
            self.size = None
        elif isinstance(sides, list) and len(sides) == 2 and (first := side(sides[0])) and (second := side(sides[1])):
            # (width, height) since MMCV 2; (height, width) where Normalize is in the pipeline
            self.size = (first, second) if self.normalize else (second, first)
            self.steps.append({"pad": {"size": [*self.size], **pad}})
        else:
            self.problem = self.problem or "test_pipeline: Pad: expected size or size_divisor"


def read_pipeline(file: str, pipeline: Json) -> TestPipeline:
    """Read a list of transforms. file: name for messages.

    Raises ImgcheckError for transforms of videos, points and sound.
    """
    transforms = _flat(pipeline)[:_MOST_STEPS]
    state = _PipelineState()
    for step in transforms:
        if _CLIPS.search(kind := _kind(step)):
            raise ImgcheckError(
                f"{for_terminal(file)}: test_pipeline: got {for_terminal(kind[:40])}, whose result is not one image "
                "(a video clip, points or sound), expected transforms of one image"
            )
        state.add(kind, step)
    return TestPipeline(
        has_steps=bool(transforms),
        steps=tuple(state.steps),
        size=state.size if not state.problem or state.problem.endswith(_AFFINE) else None,
        normalize=state.normalize if "mean" in state.normalize else {},
        decoder=state.decoder,
        problem=state.problem,
    )


def _kind(step: Mapping[str, Json]) -> str:
    return str(step.get("type", "")).rpartition(".")[2]


def _is_neutral(kind: str) -> bool:
    return kind in _NEUTRAL_STEPS or _OF_LABELS.fullmatch(kind) is not None


def _flat(entries: Json, common: Mapping[str, Json] | None = None, depth: int = 0) -> list[Mapping[str, Json]]:
    """The transforms, with those inside others in their order; common: arguments that all of them get."""
    result: list[Mapping[str, Json]] = []
    for entry in entries[:_MOST_STEPS] if isinstance(entries, list) else []:
        step = _only_alternative(entry) if isinstance(entry, list) else entry
        if not isinstance(step, Mapping):
            result.append({"type": "a list of alternatives" if isinstance(entry, list) else "an entry other than dict"})
        elif _kind(step) in _WRAPPERS and isinstance(step.get("transforms"), list) and depth < _DEEPEST:
            scale = step.get("img_scale")
            inner: dict[str, Json] = {} if scale is None else {"scale": scale}
            result += _flat(step["transforms"], {**(common or {}), **inner}, depth + 1)
        else:
            result.append({**(common or {}), **step})
    return result


def _only_alternative(entries: list[Json]) -> Json:
    """The alternative of test-time augmentation, where all are equal or none changes the size; None for others."""
    kinds = [_kind(entry) if isinstance(entry, Mapping) else "" for entry in entries]
    is_same = bool(entries) and (all(entry == entries[0] for entry in entries) or all(map(_is_neutral, kinds)))
    return entries[0] if is_same else None


def _scale(step: Mapping[str, Json], kind: str) -> tuple[tuple[int, int] | None, int | None]:
    """Height and width, or the shorter edge alone."""
    scale = step.get("scale", step.get("img_scale", step.get("size")))
    if kind == "ResizeShortestEdge" and isinstance(scale, list):
        sides = [edge for edge in map(side, scale) if edge]
        return None, min(sides) if len(sides) == len(scale) == 2 else None
    if kind in ("ResizeEdge", "ResizeShortestEdge"):
        return None, side(scale) if step.get("edge", "short") == "short" else None
    if isinstance(scale, list) and len(scale) == 1 and isinstance(scale[0], list):
        scale = scale[0]
    if not isinstance(scale, list):
        return ((edge, edge), None) if (edge := side(scale)) else (None, None)
    first, second = (side(entry) for entry in scale) if len(scale) == 2 else (None, None)
    if first and len(scale) == 2 and scale[1] == -1:  # MMClassification
        return None, first
    if not first or not second:
        return None, None
    return ((first, second), None) if "size" in step else ((second, first), None)  # scale is (width, height)
