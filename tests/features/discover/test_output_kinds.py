"""Recognition of a model's outputs, what is read from them, and how it is scored."""

import numpy as np
import pytest

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.discover.output_kinds import OutputSample, UnknownOutput, find_reader

RNG = np.random.default_rng(0)
SIZE = 64
BOXES = 200


def reader_of(*outputs, **options):
    """The reader for outputs by name, of one image each."""
    return find_reader(OutputSample(outputs=list(outputs), height=SIZE, width=SIZE), **options)


def corners(number, size=1.0):
    low = RNG.uniform(0, 0.5, (1, number, 2))
    return np.float32(np.concatenate([low, low + RNG.uniform(0.1, 0.5, (1, number, 2))], 2) * size)


def centers(number, size=SIZE):
    return np.float32(
        np.concatenate([RNG.uniform(0, 1, (1, number, 2)), RNG.uniform(0.05, 0.3, (1, number, 2))], 2) * size
    )


def scores(number, classes):
    """Class scores that are small; of the first box 0.9 for class 2 or the last."""
    values = RNG.uniform(0, 0.01, (1, number, classes)).astype(np.float32)
    values[0, 0, min(2, classes - 1)] = 0.9
    return values


def softmax_scores(number, classes, none):
    logits = RNG.normal(0, 0.5, (1, number, classes)).astype(np.float32)
    logits[..., none] += 8
    logits[0, 0, none] -= 8
    logits[0, 0, 2] += 9
    return logits


def yolo(classes, objectness=False):
    parts = [centers(BOXES), *([np.full((1, BOXES, 1), 0.5, np.float32)] if objectness else []), scores(BOXES, classes)]
    values = np.concatenate(parts, 2)
    return values if objectness else values.transpose(0, 2, 1)


def detection_api():
    values = np.float32([[0.9, 0.4, 0.1, 0.0, 0.0]])
    return {
        "boxes": corners(5),
        "classes": np.float32([[2, 1, 1, 0, 0]]),
        "scores": values,
        "number": np.float32([5]),
    }


ROWS = np.float32([[[0.9, 2], [0.5, 1], [0.3, 0], [0, 0]]])
"""Score and class."""
DETECTORS = {
    "YOLO without objectness": ({"output0": yolo(7)}, 7),
    "YOLO with objectness": ({"output": yolo(7, objectness=True)}, 7),
    "YOLO of COCO, transposed": ({"Identity": yolo(80).transpose(0, 2, 1)}, 80),
    "YOLO of COCO with objectness, transposed": ({"output": yolo(80, objectness=True).transpose(0, 2, 1)}, 80),
    "one class": ({"output0": yolo(1)}, 1),
    "detection API": (detection_api(), 0),
    "without batch dimension": (
        {"boxes": corners(3, SIZE)[0], "labels": np.int64([2, 1, 1]), "scores": np.float32([0.9, 0.3, 0.2])},
        0,
    ),
    "rows": (
        {"output0": np.concatenate([corners(4, SIZE), ROWS], 2)},
        0,
    ),
    "OpenVINO rows": (
        {"detection_out": np.float32([[[[0, 2, 0.9, 0.1, 0.1, 0.4, 0.4], [0, 1, 0.3, 0.2, 0.2, 0.3, 0.3]]]])},
        0,
    ),
    "DETR": ({"logits": softmax_scores(BOXES, 8, -1), "pred_boxes": centers(BOXES, 1)}, 7),
    "sigmoid logits": ({"logits": scores(BOXES, 7) * 20 - 10, "pred_boxes": centers(BOXES, 1)}, 7),
    "RetinaNet": ({"scores": scores(BOXES, 7), "boxes": corners(BOXES)}, 7),
}


@pytest.mark.parametrize("name", DETECTORS)
def test_detector_is_recognized_with_its_best_box(name):
    outputs, classes = DETECTORS[name]
    reader = reader_of(outputs)
    assert reader.kind == "detector"
    assert reader.boxes.classes == classes
    readings = reader.read(outputs, 1)
    (best, *_) = reader.top(outputs, readings, 0, 3)
    assert best.label == (0 if name == "one class" else 2)
    assert best.share == pytest.approx(0.45 if "objectness" in name and "without" not in name else 0.94, abs=0.08)
    assert all(0 <= each <= 1 for each in best.place)
    assert readings.min() >= 0
    assert readings.max() == pytest.approx(best.share)


@pytest.mark.parametrize("name", DETECTORS)
def test_mirrored_twice_is_the_same(name):
    outputs, _ = DETECTORS[name]
    reader = reader_of(outputs)
    readings = reader.read(outputs, 1)
    assert np.array_equal(reader.mirror(reader.mirror(readings)), readings)
    assert not np.array_equal(reader.mirror(readings), readings)


def test_softmax_scores_with_a_background_class_drop_it():
    logits = softmax_scores(BOXES, 8, 0)
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    reader = reader_of({"scores": shares, "boxes": corners(BOXES)})
    assert reader.boxes.classes == 7
    assert "the first for no object" in reader.form


def around_anchors(number, keypoints):
    """Offsets in pixels from anchors, and sizes."""
    values = np.random.default_rng(1).normal(0, 10, (1, number, 4 + 2 * keypoints)).astype(np.float32)
    values[..., 2:4] = np.abs(values[..., 2:4])
    return values


@pytest.mark.parametrize("keypoints", [6, 7])
def test_boxes_with_keypoints_and_one_score_each_are_a_detector(keypoints):
    logits = np.full((1, BOXES, 1), -20, np.float32)
    logits[0, 3] = 2
    outputs = {"regressors": around_anchors(BOXES, keypoints), "classificators": logits}
    reader = reader_of(outputs)
    assert reader.form == f"detector, {BOXES} boxes of 1 class (logits, sigmoid), relative to anchors"
    entries = reader.top(outputs, reader.read(outputs, 1), 0, 3)
    assert [round(entry.share, 3) for entry in entries] == [0.881]


def test_features_of_tokens_have_no_kind():
    values = np.random.default_rng(1).normal(0, 1, (1, 197, 768)).astype(np.float32)
    with pytest.raises(UnknownOutput):
        reader_of({"tokens": values, "weights": values[..., :2][..., 1:]}, output="tokens")


def test_boxes_relative_to_anchors_are_centered():
    outputs = {"loc": around_anchors(BOXES, 0), "conf": np.full((1, BOXES, 3), 0.2, np.float32)}
    reader = reader_of(outputs)
    assert reader.form == f"detector, {BOXES} boxes of 3 classes (probabilities), relative to anchors"
    assert reader.top(outputs, reader.read(outputs, 1), 0, 1)[0].place == (0.5, 0.5)


def test_boxes_in_pixels_and_in_shares_have_the_same_centers():
    pixels = yolo(7)
    shares = pixels.copy()
    shares[:, :4] /= SIZE
    places = [reader_of({"o": each}).top({"o": each}, None, 0, 1)[0].place for each in (pixels, shares)]
    assert places[0] == pytest.approx(places[1])


@pytest.mark.parametrize(
    ("name", "values", "form"),
    [
        ("scores", np.float32([[0.2, 0.8]]), "probabilities of 2 classes"),
        ("output", np.float32([[0.5]]), "probabilities of 2 classes, from one number"),
        ("output", RNG.normal(0, 3, (1, 1000)), "logits of 1,000 classes"),
        ("logits", RNG.normal(0, 3, (1, 512)), "logits of 512 classes"),
        ("output", RNG.normal(0, 3, (1, 5, 1, 1)), "logits of 5 classes"),
        ("output", RNG.normal(0, 3, 5), "logits of 5 classes"),
    ],
)
def test_class_scores_are_recognized(name, values, form):
    reader = reader_of({name: np.asarray(values, np.float32)})
    assert (reader.kind, reader.form, reader.certainty) == ("classes", form, "certain")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("output", np.eye(1, 512) @ np.linalg.qr(RNG.normal(size=(512, 512)))[0]),
        ("features", RNG.normal(0, 1, (1, 512))),
        ("output", RNG.normal(0, 1, (1, 1280, 1, 1)).clip(0)),
    ],
)
def test_embedding_is_recognized(name, values):
    reader = reader_of({name: np.asarray(values, np.float32)})
    assert (reader.kind, reader.certainty) == ("embedding", "certain")


def test_vector_of_an_embedding_length_needs_the_kind():
    outputs = {"output": RNG.normal(0, 3, (1, 512)).astype(np.float32)}
    with pytest.raises(UnknownOutput, match=r"--output-kind classes.*--output-kind embedding.*pass the kind"):
        reader_of(outputs)
    assert reader_of(outputs, kind="embedding").kind == "embedding"
    assert reader_of(outputs, kind="classes").kind == "classes"


@pytest.mark.parametrize("shape", [(1, 5, SIZE, SIZE), (1, SIZE // 4, SIZE // 4, 5), (5, SIZE, SIZE)])
def test_map_of_class_scores_is_a_segmentation(shape):
    reader = reader_of({"out": RNG.normal(0, 3, shape).astype(np.float32)})
    assert (reader.kind, reader.pixel_classes) == ("segmentation", 5)


def test_map_of_class_numbers_is_a_segmentation():
    labels = RNG.integers(0, 21, (1, SIZE, SIZE))
    reader = reader_of({"out": labels})
    readings = reader.read({"out": labels}, 1)
    assert reader.values == "labels"
    assert readings.shape == (1, 256, 32)


def test_segmentation_of_a_half_image_has_half_of_the_pixels():
    values = np.zeros((1, 2, SIZE, SIZE), np.float32)
    values[:, 1, :, : SIZE // 2] = 5
    reader = reader_of({"mask": values})
    readings = reader.read({"mask": values}, 1)
    entries = reader.top({"mask": values}, readings, 0, 3)
    assert [(entry.label, entry.share) for entry in entries] == [(0, 0.5), (1, 0.5)]
    flipped = reader.read({"mask": values[..., ::-1]}, 1)
    assert np.array_equal(reader.mirror(flipped), readings)


@pytest.mark.parametrize(
    "outputs",
    [
        {"age": np.float32([[37.5]])},
        {"depth": RNG.normal(0, 1, (1, 1, SIZE, SIZE)).astype(np.float32)},
        {"image": RNG.normal(0, 1, (1, 3, SIZE, SIZE)).astype(np.float32)},
        {"output": RNG.normal(0, 1, (1, 1, SIZE, SIZE)).astype(np.float32)},
        {"tokens": RNG.normal(0, 1, (1, 197, 768)).astype(np.float32)},
        {"p3": RNG.normal(0, 1, (1, 255, 8, 8)).astype(np.float32)},
        {"text": np.array([["cat"]])},
        {"nothing": np.zeros((1, 0), np.float32)},
    ],
    ids=lambda outputs: next(iter(outputs)),
)
def test_other_outputs_have_no_kind(outputs):
    with pytest.raises(UnknownOutput, match="outputs: got"):
        reader_of(outputs)


def test_name_selects_an_output_and_another_name_is_refused():
    outputs = {"features": RNG.normal(0, 1, (1, 48)).astype(np.float32), "scores": np.float32([[0.5, 0.5]])}
    assert reader_of(outputs).output == "scores"
    assert reader_of(outputs, output="features").kind == "embedding"
    with pytest.raises(ImgcheckError, match="--output-name: got x, expected one of features, scores"):
        reader_of(outputs, output="x")


@pytest.mark.parametrize("kind", ["classes", "detector", "embedding", "segmentation"])
def test_outputs_that_are_not_finite_give_finite_readings(kind):
    examples = {
        "classes": {"scores": np.float32([[0.5, 0.5]])},
        "detector": {"output0": yolo(7)},
        "embedding": {"features": RNG.normal(0, 1, (1, 48)).astype(np.float32)},
        "segmentation": {"out": RNG.normal(0, 1, (1, 5, SIZE, SIZE)).astype(np.float32)},
    }
    reader = reader_of(examples[kind])
    outputs = {name: np.full_like(values, np.nan) for name, values in examples[kind].items()}
    readings = np.stack([reader.read(outputs, 1)] * 2, 1).repeat(8, 0)
    assert np.isfinite(readings).all()
    assert all(np.isfinite(values).all() for values in reader.measure.features(readings).values())
    assert reader.measure.information(readings) < reader.measure.least_information


def readings_of(kind, noise):
    """Readings for 24 photographs of 6 kinds; noise: of each view."""
    number = 24
    rows = np.arange(number) % 6
    if kind == "classes":
        base = 8 * np.eye(6)[rows]
    elif kind == "segmentation":
        base = 8 * np.eye(6)[(rows[:, None] + np.arange(16)) % 6]
    elif kind == "embedding":
        base = RNG.normal(size=(number, 48))
    else:
        base = np.eye(37)[rows]
        base[:, -1] = rows % 2
    views = np.stack([base, base], 1) + noise * RNG.normal(size=(number, 2, *base.shape[1:]))
    return views.clip(0, 1) if kind == "detector" else views


@pytest.mark.parametrize("kind", ["classes", "detector", "embedding", "segmentation"])
def test_agreeing_views_score_above_noise(kind):
    reader = find_reader_of_kind(kind)
    measure = reader.measure
    clear, noisy = readings_of(kind, 0.05), readings_of(kind, 20.0)
    for name in measure.weights:
        assert measure.features(clear)[name].mean() > measure.features(noisy)[name].mean()
    assert measure.difference(clear, clear) == 0
    assert measure.difference(clear, noisy) > 0.05
    assert not measure.changes(clear, clear).any()
    assert measure.changes(clear, noisy).mean() > 0.5
    assert measure.caption(clear)
    evidence = measure.evidence(clear, clear).mean(0) - measure.evidence(noisy, clear).mean(0)
    assert evidence[-1] > 0


def find_reader_of_kind(kind):
    outputs = {
        "classes": {"scores": np.full((1, 6), 1 / 6, np.float32)},
        "detector": {"output0": yolo(1)},
        "embedding": {"features": RNG.normal(0, 1, (1, 48)).astype(np.float32)},
        "segmentation": {"out": RNG.normal(0, 1, (1, 6, SIZE, SIZE)).astype(np.float32)},
    }
    return reader_of(outputs[kind])
