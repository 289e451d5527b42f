"""The standalone module that is written for each preprocessor gives the same bits as the ops."""

import numpy as np
import pytest

from parity.compare import small_images, spec_tensor
from parity.table import TABLE
from sm_imgcheck import to_python
from sm_imgcheck.spec.parse import parse


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE)
def test_generated_code_equals_the_ops_bit_exactly(name):
    preprocessor = TABLE[name]
    module = {}
    exec(compile(to_python(parse(preprocessor.spec)), name, "exec"), module)
    for body in small_images().values():
        assert np.array_equal(module["preprocess"](body), spec_tensor(preprocessor, body))
