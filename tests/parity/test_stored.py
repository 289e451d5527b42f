"""Every preprocessor of the table against the stored results of the real library: small images, sampled pixels."""

from dataclasses import replace

import numpy as np
import pytest

from parity.compare import STORED, gaps, libraries, major, sample_pixels, spec_tensor, verdict
from parity.table import FAMILIES, TABLE


@pytest.fixture(scope="module")
def stored_results():
    """The images and the results, by name."""
    with np.load(STORED / "results.npz") as file:
        return {name: file[name] for name in file.files}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.sample(4)
def test_spec_gives_the_stored_result_of_the_library(name, stored_results):
    preprocessor = TABLE[name]
    for library, written in zip(*stored_results["versions"], strict=True):
        if library in libraries(preprocessor) and written != major(library):
            pytest.skip(f"stored with {library} {written}, whose resizes are others than those of {major(library)}")
    images = {
        key.removeprefix("image|"): body.tobytes() for key, body in stored_results.items() if key.startswith("image|")
    }
    assert len(images) >= 5
    apart = []
    for image, body in images.items():
        mine = spec_tensor(preprocessor, body)
        assert mine.shape == tuple(stored_results[f"{name}|{image}|shape"]), image
        apart.append(gaps(preprocessor, sample_pixels(preprocessor, mine), stored_results[f"{name}|{image}"]))
    gap, share, allowed = verdict(preprocessor, np.concatenate(apart))
    assert allowed, f"{gap} gray levels, {share:.2%} of the values beyond {preprocessor.tolerance}"


def test_preprocessor_names_are_unique():
    assert len(TABLE) == sum(len(family.TABLE) for family in FAMILIES) > 113


def test_wrong_resize_fails_the_comparison(stored_results):
    """The samples are many enough: the same spec with another interpolation or crop does not pass."""
    preprocessor = TABLE["torchvision 256/224 PIL"]
    body = stored_results["image|61x97"].tobytes()
    real = stored_results[f"{preprocessor.name}|61x97"]
    changes = ({"interpolation": "bicubic"}, {"crop_rounding": "floor"}, {"size": 255}, {"library": "opencv"})
    for change in changes:
        resize = {**preprocessor.spec["resize"], **change}
        other = replace(preprocessor, name="other", spec={**preprocessor.spec, "resize": resize})
        assert not verdict(other, gaps(other, sample_pixels(other, spec_tensor(other, body)), real))[2], change
