"""Configurations as the libraries save them, imported, against stored results of the libraries themselves."""

import json

import numpy as np
import pytest

from parity.compare import major
from parity.imports import STORED, ImportCase, convert_body, import_case, sample_values
from sm_imgcheck.core.value_mapping import canonical

QUICK_AREA = 300 * 300
"""Pixels of a result up to which its case is part of the quick tests."""


def load():
    with np.load(STORED) as file:
        head = json.loads(file["head"].tobytes())
        images = [file[name].tobytes() for name in file.files if name.startswith("image|")]
        return head, images, file["samples"]


HEAD, IMAGES, SAMPLES = load()


def cases():
    for index, case in enumerate(HEAD["cases"]):
        area = max(np.prod(shape[-2:]) for shape in case["shapes"])
        yield pytest.param(index, id=case["name"], marks=() if area <= QUICK_AREA else pytest.mark.slow)


@pytest.mark.parametrize("index", list(cases()))
@pytest.mark.sample(4)
def test_imported_configuration_gives_the_tensor_of_the_library(index):
    stored = HEAD["cases"][index]
    if HEAD["pillow"] != major("pillow") and stored["library"] == "pillow":
        pytest.skip(f"stored with Pillow {HEAD['pillow']}, whose resize differs from that of {major('pillow')}")
    case = ImportCase(**{key: stored[key] for key in ("name", "file", "text", "library")})
    spec, unknown = import_case(case)
    assert unknown == []
    scale = min(canonical(spec.contract.values, spec.contract.channels).scale)
    for number, body in enumerate(IMAGES):
        tensor = convert_body(spec, body)
        assert list(tensor.shape) == stored["shapes"][number]
        gap = np.abs(sample_values(tensor, number) - SAMPLES[index][number]).max() / scale
        assert gap <= stored["tolerance"]


def test_stored_configurations_cover_forty_classes_of_transformers():
    classes = {case["name"].split()[1] for case in HEAD["cases"] if case["name"].startswith("transformers")}
    assert len(classes) >= 40
    assert sum(case["name"].startswith("timm") for case in HEAD["cases"]) >= 20
    assert sum(case["name"].startswith("torchvision") for case in HEAD["cases"]) >= 10
