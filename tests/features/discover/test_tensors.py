"""The channel order of a tensor by the class scores of a model, with scores from a formula."""

import numpy as np
import pytest

from sm_imgcheck.features.discover.output_kinds.classes import ClassMeasure
from sm_imgcheck.features.discover.recipes import candidate_recipes, decode_batch, encode_batch, input_format
from sm_imgcheck.features.discover.tensors import OrderReference, count_tensor_runs


def scores(number, gain, seed, classes=5):
    """Class scores of photographs whose true class has a gain."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (number, 2, classes))
    for row in range(number):
        values[row, :, row % classes] += gain * (1 + 0.3 * np.sin(row))
    return values


MEASURE = ClassMeasure(classes=5)
REFERENCE = OrderReference(scores(40, 5, 0), scores(40, 3, 1), MEASURE)


@pytest.mark.parametrize("images", [1, 8])
def test_probability_of_the_reversed_order_is_the_complement(images):
    right, reverse = scores(images, 5, 2), scores(images, 3, 3)
    probability = REFERENCE.probability(right, reverse)
    assert REFERENCE.probability(reverse, right) == pytest.approx(1 - probability)


def test_more_images_are_more_certain():
    few, many = (REFERENCE.probability(scores(number, 5, 4), scores(number, 3, 5)) for number in (2, 30))
    assert many > 0.95
    assert many > few


def test_single_images_are_right_at_least_as_often_as_their_probability():
    right, reverse = scores(200, 5, 11), scores(200, 3, 12)
    results = np.array([REFERENCE.probability(right[[row]], reverse[[row]]) for row in range(200)])
    assert (results >= 0.5).mean() > np.maximum(results, 1 - results).mean() - 0.05


def test_equal_scores_give_probability_one_half():
    same = scores(4, 4, 7)
    assert REFERENCE.probability(same, same) == pytest.approx(0.5)
    single = OrderReference(scores(1, 5, 0), scores(1, 3, 1), MEASURE)
    assert 0 <= single.probability(same, scores(4, 1, 8)) <= 1


def test_tensor_runs_are_counted_exactly():
    assert count_tensor_runs(0, 48) == 0
    assert count_tensor_runs(2, 100) == 2 * (48 + 2 * 16 * 2)


@pytest.mark.parametrize("shape", [(None, 3, 4, 6), (None, 4, 6, 3), (4, 6, 1)])
def test_decoded_batch_has_the_pixels(shape):
    from sm_imgcheck.features.discover.model import ModelInput

    form = input_format(ModelInput(name="x", shape=shape, dtype="float32"), None)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 6, form.channels), np.uint8)
    for recipe in candidate_recipes(form.channels, "float32", None):
        decoded = decode_batch(encode_batch(pixels, recipe, form), recipe, form)
        assert np.abs(decoded - pixels).max() < 0.02
