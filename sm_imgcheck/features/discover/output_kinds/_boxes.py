"""The boxes of a detector's outputs, in the forms that exporters write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.output_kinds import Outputs, OutputSample
from sm_imgcheck.features.discover.output_kinds._names import mentions
from sm_imgcheck.features.discover.scores import softmax

__all__ = ["BoxForm", "Boxes", "find_form"]

Array = npt.NDArray[np.float64]
Order = Literal["corners", "corners yx", "center", "anchors"]
"""anchors: relative to positions that the outputs do not contain."""
_RANGE = 0.02
_OUTSIDE, _MOSTLY = 0.1, 0.75
"""How far the center of a box may be outside of the image, and the share of boxes of which that is true; boxes relative
to anchors have their centers around 0, or negative sizes."""
_KEYPOINTS = range(2, 67, 2)
"""Numbers of keypoints next to a box, two for each: MediaPipe's detectors have 4 to 7, its landmark models up to 33."""
_FEWEST_BOXES = 20
"""Boxes of a tensor that are not filtered."""


@frozen
class Boxes:
    """The boxes of one image."""

    scores: Array
    """Score of each class, [A, C], or of the box's class, [A]."""
    labels: npt.NDArray[np.int64] | None
    """Class of each box, where there is one score for each box."""
    centers: Array
    """x and y of the center, as shares of the input's width and height; [A, 2]."""


@frozen
class BoxForm:
    """Where the boxes and scores are in the outputs."""

    output: str
    words: str
    classes: int
    """0: known only from the labels of the boxes."""
    read: Callable[[Outputs, int], Boxes]
    """The boxes of an image, by its number in the batch."""
    has_batch: bool = True
    """Whether the outputs have a batch dimension."""


def find_form(sample: OutputSample, output: str, *, explicit: bool) -> BoxForm | None:
    """The form of a detector's outputs; None: they are not a detector's."""
    names = [output] if output else list(sample.outputs[0])
    forms = (_rows(sample, name) or _dense(sample, name, explicit=explicit) for name in names)
    separate = _separate(sample, output) or _with_keypoints(sample, output)
    return separate or next((form for form in forms if form is not None), None)


def _centers(boxes: Array, order: Order, size: tuple[int, int]) -> Array:
    """Centers as shares of width and height. boxes: [A, 4]; size: height and width, (1, 1) for shares.

    Boxes relative to anchors are all in the middle: only whether there is one is read.
    """
    if order == "anchors":
        return np.full((len(boxes), 2), 0.5)
    if order == "center":
        x, y = boxes[:, 0], boxes[:, 1]
    else:
        x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    if order == "corners yx":
        x, y = y, x
    return np.nan_to_num(np.stack([x / size[1], y / size[0]], 1), nan=0.5, posinf=1, neginf=0)


def _unit(boxes: np.ndarray, sample: OutputSample) -> tuple[int, int]:
    """What the numbers of boxes are divided by: the input's size, or 1."""
    finite = boxes[np.isfinite(boxes)]
    return (1, 1) if not finite.size or np.quantile(np.abs(finite), 0.9) <= 2 else (sample.height, sample.width)


def _inside(values: np.ndarray) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() >= -_RANGE and finite.max() <= 1 + _RANGE)


def _are_integers(values: np.ndarray) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size and (finite == np.rint(finite)).all())


def _rows(sample: OutputSample, name: str) -> BoxForm | None:
    """Filtered boxes: rows of corners, score and class, with an image number in rows of seven."""
    arrays = [each[name] for each in sample.outputs]
    width = arrays[0].shape[-1] if arrays[0].ndim >= 2 else 0
    if width not in (6, 7) or arrays[0].dtype.kind != "f" or any(each.shape[-1] != width for each in arrays):
        return None
    has_batch = arrays[0].ndim == 3 and width == 6
    if arrays[0].ndim > 4 or (arrays[0].ndim == 4 and arrays[0].shape[:2] != (1, 1)):
        return None
    rows = np.concatenate([each.reshape(-1, width) for each in arrays]).astype(np.float64)
    rows = rows[np.abs(rows).sum(1) > 0]
    if not len(rows) or any(len(each.reshape(-1, width)) > 1000 for each in arrays):
        return None
    columns = _row_columns(rows)
    if columns is None:
        return None
    score, label, first = columns
    unit = _unit(rows[:, first : first + 4], sample)

    def read(outputs: Outputs, number: int) -> Boxes:
        values = outputs[name].astype(np.float64)
        values = values[number] if has_batch else values.reshape(-1, width)
        values = values[(np.abs(values).sum(1) > 0) & np.isfinite(values).all(1)]
        if width == 7:
            values = values[values[:, 0] == number]
        return Boxes(
            scores=values[:, score].clip(0, 1),
            labels=values[:, label].astype(np.int64),
            centers=_centers(values[:, first : first + 4], "corners", unit),
        )

    words = f"rows of {width}: box, score and class"
    return BoxForm(output=name, words=words, classes=0, read=read, has_batch=has_batch)


def _row_columns(rows: np.ndarray) -> tuple[int, int, int] | None:
    """Columns of score, class, and the first of the box."""
    orders: tuple[tuple[int, int, int], ...]
    if rows.shape[1] == 6:
        orders = ((4, 5, 0), (1, 0, 2), (5, 4, 0))  # YOLO after suppression; PaddleDetection
    else:
        orders = ((2, 1, 3), (6, 5, 1), (5, 6, 1)) if _are_integers(rows[:, 0]) else ()  # OpenVINO and Caffe; YOLOv7
    for score, label, first in orders:
        boxes = rows[:, first : first + 4]
        are_corners = ((boxes[:, 2] >= boxes[:, 0]) & (boxes[:, 3] >= boxes[:, 1])).mean() > 0.9
        if (
            _inside(rows[:, score])
            and _are_integers(rows[:, label])
            and not _are_integers(rows[:, score])
            and are_corners
        ):
            return score, label, first
    return None


def _dense(sample: OutputSample, name: str, *, explicit: bool) -> BoxForm | None:
    """Unfiltered boxes of YOLO: [N, A, 5 + C] with objectness, or [N, 4 + C, A] without."""
    arrays = [each[name] for each in sample.outputs]
    shape = arrays[0].shape
    if arrays[0].dtype.kind != "f" or len(shape) != 3 or any(each.shape != shape for each in arrays):
        return None
    length, boxes_axis = min(shape[1:]), 1 if shape[1] > shape[2] else 2
    if length < 5 or max(shape[1:]) < _FEWEST_BOXES or shape[1] == shape[2]:
        return None
    box_rows = np.concatenate([each if boxes_axis == 1 else each.transpose(0, 2, 1) for each in arrays])
    flat = box_rows.reshape(-1, length).astype(np.float64)
    flat = flat[np.isfinite(flat).all(1)]
    valid = next((number for number in range(4, length) if not _inside(flat[:, number])), length)
    is_logit = valid < 6 and length > 6 and explicit
    sizes = flat[:, 2:4]
    if not len(flat) or (valid == 4 and not is_logit) or ((sizes >= 0).mean() < 0.9 and not explicit):
        return None
    if not explicit and (flat[:, :4].std(0) == 0).any():
        return None
    last = length if is_logit else valid
    objectness = boxes_axis == 1 if last not in (84, 85) else last == 85
    first = 5 if objectness and last > 5 else 4
    if not objectness and last == 5:
        first = 4
    unit = _unit(flat[:, :4], sample)

    def read(outputs: Outputs, number: int) -> Boxes:
        values = outputs[name][number].astype(np.float64)
        values = values if boxes_axis == 1 else values.T
        values = values[np.isfinite(values).all(1)]
        scores = values[:, first:last]
        if is_logit:
            scores = _sigmoid(scores)
        if first == 5:
            scores = scores * (values[:, 4:5] if not is_logit else _sigmoid(values[:, 4:5]))
        return Boxes(scores=scores.clip(0, 1), labels=None, centers=_centers(values[:, :4], "center", unit))

    classes = last - first
    with_objectness = ", with objectness" if first == 5 else ""
    words = f"YOLO, {max(shape[1:]):,} boxes of {_classes(classes)}{with_objectness}"
    return BoxForm(output=name, words=words, classes=classes, read=read)


def _classes(number: int) -> str:
    return "1 class" if number == 1 else f"{number:,} classes"


def _sigmoid(values: np.ndarray) -> np.ndarray:
    result: np.ndarray = 1 / (1 + np.exp(-values.clip(-50, 50)))
    return result


def _separate(sample: OutputSample, output: str) -> BoxForm | None:
    """Boxes in one tensor, scores in another; labels in a third, where there is one score for each box."""
    shapes = {name: sample.shape(name) for name in sample.outputs[0]}
    boxes = _first_name(
        [name for name, shape in shapes.items() if shape[-1:] == (4,) and len(shape) in (2, 3, 4)], "box"
    )
    if boxes is None or any(each[boxes].dtype.kind != "f" for each in sample.outputs):
        return None
    has_batch = len(shapes[boxes]) >= 3
    others = [name for name in shapes if name != boxes and (not output or name == output)]
    dense = [name for name in others if _is_dense(sample, boxes, name, has_batch=has_batch)]
    flat = [name for name in others if _is_flat(sample, boxes, name, has_batch=has_batch)]
    if has_batch and (scores := _first_name(dense, "score", "logit", "conf", "cls", "class", "prob")) is not None:
        return _dense_scores(sample, boxes, scores)
    flat = [*flat, *(name for name in shapes if name != output and output and _is_flat(sample, boxes, name, has_batch))]
    numbers = {name: sample.values(name) for name in flat}
    candidates = [name for name in flat if _inside(numbers[name]) and not _are_integers(numbers[name])]
    scores = _first_name(
        candidates or [name for name in flat if mentions(name, ("score", "conf"))], "score", "conf", "prob"
    )
    if scores is None:
        return None
    rest = [name for name in flat if name != scores and _are_integers(numbers[name])]
    labels = _first_name(rest, "class", "label")
    return _labeled_scores(sample, boxes, scores, labels, has_batch=has_batch)


def _with_keypoints(sample: OutputSample, output: str) -> BoxForm | None:
    """Box and keypoints in one tensor, [N, A, 4 + 2 K], and a score in another, [N, A, 1], as MediaPipe's detectors.

    https://github.com/google-ai-edge/mediapipe/blob/master/mediapipe/calculators/tensor/tensors_to_detections_calculator.proto
    """
    shapes = {name: sample.shape(name) for name in sample.outputs[0]}
    for name, shape in shapes.items():
        if len(shape) != 3 or shape[1] < _FEWEST_BOXES or (shape[2] - 4) not in _KEYPOINTS:
            continue
        scores = [other for other, size in shapes.items() if size == (*shape[:2], 1) and output in ("", other)]
        both = [name, *scores[:1]]
        if scores and all(each[key].dtype.kind == "f" for each in sample.outputs for key in both):
            return _dense_scores(sample, name, scores[0])
    return None


def _first_name(names: Sequence[str], *words: str) -> str | None:
    """The first name that contains one of ``words``, else the first."""
    return next((name for word in words for name in names if mentions(name, (word,))), next(iter(names), None))


def _is_dense(sample: OutputSample, boxes: str, name: str, *, has_batch: bool) -> bool:
    """Whether an output has a row of class scores for each box."""
    box, shape = sample.shape(boxes), sample.shape(name)
    return has_batch and len(shape) == 3 and shape[1] == box[1] and sample.outputs[0][name].dtype.kind == "f"


def _is_flat(sample: OutputSample, boxes: str, name: str, has_batch: bool) -> bool:
    """Whether an output has a number for each box."""
    return all(
        each[name].dtype.kind in "fiu"
        and each[name].shape[: 2 if has_batch else 1] == each[boxes].shape[:-1][:2]
        and each[name].size == each[boxes].size // 4
        for each in sample.outputs
    )


def _dense_scores(sample: OutputSample, boxes: str, scores: str) -> BoxForm:
    """Class scores [N, A, C]: sigmoid or softmax, probabilities or logits."""
    values = np.concatenate([each[scores].reshape(-1, each[scores].shape[-1]) for each in sample.outputs])
    values = values[np.isfinite(values).all(1)].astype(np.float64)
    length = values.shape[1] if values.size else sample.shape(scores)[-1]
    inside = _inside(values)
    shares = values if inside else softmax(values) if values.size else values
    is_sum = length > 1 and inside and bool(np.abs(values.sum(1) - 1).max() < _RANGE)
    best = np.bincount(shares.argmax(1), minlength=length) / max(len(shares), 1) if values.size else np.zeros(length)
    none = None
    if length > 1 and (is_sum or not inside):
        none = length - 1 if best[-1] >= 0.5 else 0 if best[0] >= 0.5 and is_sum else None
    is_softmax = not inside and none is not None
    order, unit = _box_order(sample, boxes)
    class_numbers = [number for number in range(length) if number != none]

    def read(outputs: Outputs, number: int) -> Boxes:
        each = outputs[scores][number].astype(np.float64)
        finite = np.isfinite(each).all(1)
        each = np.where(finite[:, None], each, 0 if inside else -50)
        chances = each.clip(0, 1) if inside else softmax(each) if is_softmax else _sigmoid(each)
        positions = outputs[boxes][number].reshape(len(each), -1)[:, :4].astype(np.float64)
        return Boxes(scores=chances[:, class_numbers], labels=None, centers=_centers(positions, order, unit))

    function = "probabilities" if inside else "logits, softmax" if is_softmax else "logits, sigmoid"
    missing = "" if none is None else f" and {'the last' if none else 'the first'} for no object"
    remark = ", relative to anchors" if order == "anchors" else ""
    words = f"{sample.shape(scores)[1]:,} boxes of {_classes(len(class_numbers))}{missing} ({function}){remark}"
    return BoxForm(output=f"{scores}, {boxes}", words=words, classes=len(class_numbers), read=read)


def _box_order(sample: OutputSample, boxes: str) -> tuple[Order, tuple[int, int]]:
    """Whether boxes are corners, center and size, or relative to anchors; and their unit."""
    length = max(sample.shape(boxes)[-1], 4)
    values = np.concatenate([each[boxes].reshape(-1, length)[:, :4] for each in sample.outputs]).astype(np.float64)
    values = values[np.isfinite(values).all(1)]
    unit = _unit(values, sample)
    if not len(values):
        return "center", unit
    if ((values[:, 2] >= values[:, 0]) & (values[:, 3] >= values[:, 1])).mean() > 0.95:
        return "corners", unit
    are_inside = ((values[:, :2] >= -_OUTSIDE) & (values[:, :2] <= np.array(unit[::-1]) * (1 + _OUTSIDE))).all(1)
    are_boxes = ((values[:, 2:] >= 0).all(1) & are_inside).mean() > _MOSTLY
    return ("center" if are_boxes else "anchors"), unit


def _labeled_scores(sample: OutputSample, boxes: str, scores: str, labels: str | None, *, has_batch: bool) -> BoxForm:
    """A score and a class for each box."""
    order, unit = _box_order(sample, boxes)
    if order == "corners" and unit == (1, 1) and len(sample.outputs[0]) == 4:
        order = "corners yx"  # TensorFlow's detection API: boxes, classes, scores and their number

    def read(outputs: Outputs, number: int) -> Boxes:
        positions, values = outputs[boxes], outputs[scores]
        numbers = outputs[labels] if labels is not None else np.zeros_like(values)
        positions, values, numbers = (each[number] if has_batch else each for each in (positions, values, numbers))
        values = np.nan_to_num(values.astype(np.float64).ravel(), nan=0, posinf=0, neginf=0).clip(0, 1)
        return Boxes(
            scores=values,
            labels=np.nan_to_num(numbers.astype(np.float64).ravel()).astype(np.int64),
            centers=_centers(positions.reshape(-1, 4).astype(np.float64), order, unit),
        )

    names = ", ".join(name for name in (scores, boxes, labels) if name is not None)
    words = "a score and a class for each box" if labels is not None else "a score for each box"
    return BoxForm(output=names, words=words, classes=0, read=read, has_batch=has_batch)
