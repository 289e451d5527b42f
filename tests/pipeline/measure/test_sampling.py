"""Which images of a batch are examined, and distinct values."""

import numpy as np
import pytest

from sm_imgcheck.pipeline.measure.sampling import distinct, evenly_spaced


@pytest.mark.parametrize(("count", "expected_length"), [(0, 0), (1, 1), (3, 3), (16, 16), (17, 16), (100_000, 16)])
def test_at_most_16_images_are_examined_from_the_first_to_the_last(count, expected_length):
    indices = evenly_spaced(count, 16)
    assert indices == sorted(set(indices))
    assert len(indices) == expected_length
    assert not count or (indices[0], indices[-1]) == (0, count - 1)


@pytest.mark.parametrize("values", [[], [3.0], [2.0, 1.0, 2.0, -0.0, 0.0], [[5, 5], [5, 4]]])
def test_distinct_values_are_those_of_numpy(values):
    np.testing.assert_array_equal(distinct(np.array(values)), np.unique(np.array(values)))
