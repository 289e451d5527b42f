"""Outputs that are distributions, and the distance of two predictions."""

import numpy as np
import pytest

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.discover.predictions import distance, interpret


def test_rows_summing_to_one_are_probabilities():
    prediction = interpret({"out": np.float32([[0.2, 0.8], [1, 0]])})
    assert prediction.form == "probabilities"
    assert prediction.values.tolist() == pytest.approx(np.array([[0.2, 0.8], [1, 0]]), abs=1e-6)


def test_rows_not_summing_to_one_are_logits():
    prediction = interpret({"out": np.float32([[0, np.log(3)]])})
    assert prediction.form == "logits"
    assert prediction.values[0] == pytest.approx([0.25, 0.75])


def test_single_output_is_the_probability_of_the_second_class():
    assert interpret({"out": np.float32([[0.25]])}).values.tolist() == [[0.75, 0.25]]


def test_feature_map_is_interpreted_as_values():
    assert interpret({"out": np.zeros((1, 3, 4, 4), np.float32)}).form == "values"


def test_vector_with_unit_axes_is_a_distribution():
    assert interpret({"out": np.float32([[[[0.5]], [[0.5]]]])}).form == "probabilities"


def test_probabilities_are_preferred_among_outputs():
    outputs = {"features": np.ones((1, 8), np.float32), "scores": np.float32([[0.5, 0.5]])}
    assert interpret(outputs).output == "scores"
    assert interpret(outputs, "features").output == "features"


def test_unknown_output_is_refused():
    with pytest.raises(ImgcheckError, match="--output-name: got x, expected one of out"):
        interpret({"out": np.zeros((1, 2))}, "x")


def test_logits_of_any_size_give_finite_probabilities():
    assert interpret({"out": np.float32([[1e30, -1e30]])}).values.tolist() == [[1, 0]]


def test_prediction_with_nan_is_not_finite():
    assert not interpret({"out": np.float32([[np.nan, 1]])}).finite


def test_distance_of_disjoint_predictions_is_one():
    before, after = (interpret({"out": np.float32([row])}) for row in ([1, 0], [0, 1]))
    apart = distance(before, after)
    assert apart is not None
    assert (apart.changed, apart.total_variation, apart.cosine) == (1, 1, 0)


def test_predictions_of_different_shapes_have_no_distance():
    assert distance(interpret({"o": np.float32([[1, 0]])}), interpret({"o": np.float32([[1, 0, 0]])})) is None


def test_text_output_is_interpreted_as_values():
    prediction = interpret({"label": np.array([["cat"]]), "scores": np.float32([[0.5, 0.5]])})
    assert prediction.output == "scores"
    assert interpret({"label": np.array([["cat"]])}).form == "values"
