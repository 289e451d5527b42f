"""Predictions of a model, and the distance of two predictions."""

import numpy as np
import pytest

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.discover.output_kinds import UnknownOutput
from sm_imgcheck.features.discover.predictions import OutputSelection, distance


def predict(outputs, output="", kind="", images=None):
    images = len(next(iter(outputs.values()))) if images is None else images
    return OutputSelection(output, kind).read(outputs, np.zeros((images, 3, 8, 8), np.float32))


def distance_of(first, second, **options):
    selection = OutputSelection(**options)
    array = np.zeros((1, 3, 8, 8), np.float32)
    return distance(selection.read(first, array), selection.read(second, array))


def test_rows_summing_to_one_are_probabilities():
    prediction = predict({"out": np.float32([[0.2, 0.8], [1, 0]])})
    assert prediction.form == "probabilities of 2 classes"
    assert [[entry.label for entry in entries] for entries in prediction.top] == [[1, 0], [0, 1]]


def test_rows_not_summing_to_one_are_logits():
    prediction = predict({"out": np.float32([[0, np.log(3)]])})
    assert prediction.form == "logits of 2 classes"
    assert prediction.top[0][0].share == pytest.approx(0.75)


def test_single_output_is_the_probability_of_the_second_class():
    (entries,) = predict({"out": np.float32([[0.25]])}).top
    assert [entry.label for entry in entries] == [0, 1]
    assert [entry.share for entry in entries] == pytest.approx([0.75, 0.25])


def test_regression_output_is_values():
    assert predict({"age": np.float32([[37.5]])}).kind == "values"
    assert predict({"age": np.float32([[37.5]])}, kind="classes").kind == "classes"


def test_image_is_values():
    assert predict({"out": np.zeros((1, 3, 4, 4), np.float32)}).kind == "values"


def test_unknown_output_is_refused():
    with pytest.raises(ImgcheckError, match="--output-name: got x, expected one of out"):
        predict({"out": np.zeros((1, 2))}, "x")


def test_outputs_that_do_not_fit_the_kind_are_refused():
    with pytest.raises(UnknownOutput, match=r"outputs: got out \[1, 2\], expected boxes with scores"):
        predict({"out": np.zeros((1, 2))}, kind="detector")


def test_logits_of_any_size_give_finite_probabilities():
    assert predict({"out": np.float32([[1e30, -1e30]])}).top[0][0].share == 1


def test_prediction_with_nan_is_not_finite():
    assert not predict({"out": np.float32([[np.nan, 1]])}).finite


def test_distance_of_disjoint_predictions_is_one():
    between = distance_of({"out": np.float32([[1, 0]])}, {"out": np.float32([[0, 1]])})
    assert (between.changed, between.total_variation) == (1, pytest.approx(1))
    assert between.cosine == pytest.approx(0)


def test_predictions_of_different_shapes_have_no_distance():
    assert distance_of({"o": np.zeros((1, 3, 4, 4))}, {"o": np.zeros((1, 3, 5, 4))}) is None


def test_largest_differences_of_values_come_first():
    first = {"a": np.zeros((1, 3, 4, 4), np.float32), "b": np.zeros((1, 2), np.float32)}
    second = {"a": first["a"].copy(), "b": np.float32([[0, 2]])}
    second["a"][0, 1, 2, 3] = 5
    between = distance_of(first, second, output="a")
    assert [(each.output, each.index, each.after) for each in between.differences] == [("a", (0, 1, 2, 3), 5)]
    assert (between.changed, between.total_variation, between.largest) == (None, None, 5)


def test_opposite_embeddings_have_a_cosine_of_minus_one():
    vector = np.random.default_rng(0).normal(size=(1, 64)).astype(np.float32)
    between = distance_of({"embedding": vector}, {"embedding": -vector})
    assert between.cosine == pytest.approx(-1)
    assert between.changed is None
    assert len(between.differences) == 3


def test_boxes_of_another_number_are_compared():
    def detections(*scores):
        number = len(scores)
        boxes = np.float32([[8 * row, 8 * row, 8 * row + 8, 8 * row + 8] for row in range(number)])
        return {"boxes": boxes, "labels": np.arange(number), "scores": np.float32(scores)}

    between = distance_of(detections(0.9, 0.8, 0.1), detections(0.9, 0.1))
    assert between.changed == 1
    assert distance_of(detections(0.9, 0.8, 0.1), detections(0.9, 0.8)).changed == 0


def test_text_output_is_ignored():
    prediction = predict({"label": np.array([["cat"]]), "scores": np.float32([[0.5, 0.5]])})
    assert prediction.output == "scores"
    assert predict({"label": np.array([["cat"]])}).kind == "values"
