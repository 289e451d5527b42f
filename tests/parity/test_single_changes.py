"""Specs of real preprocessors against tensors with one thing changed: the findings name that thing, and no other.

The tensors are made from the spec of a preprocessor, which ``test_stored`` compares with the library itself.
"""

from itertools import islice

import pytest
from single_changes import CHANGES, NEEDS_ORIENTATION, SpecAndImage, match_findings, rotate_by_exif

from parity.table import TABLE
from sm_imgcheck import Options, process

# Different libraries, framings and value mappings.
NAMES = (
    "article -1..1",
    "keras caffe mode",
    "torchvision 256/224 PIL",
    "transformers CLIP torchvision",
    "timm squash",
    "tf resize_with_pad",
    "cv2 bilinear",
    "yolo letterbox",
)


def findings_of(name, kind, body):
    """The findings of a tensor with this change; None where the spec has no such thing to change."""
    case = SpecAndImage(TABLE[name].spec, rotate_by_exif(body) if kind in NEEDS_ORIENTATION else body)
    tensor = CHANGES[kind].make(case)
    if tensor is None:
        return None
    return process(tensor, case.contract_spec, Options(source=case.body)).findings


@pytest.mark.slow
@pytest.mark.parametrize(("number", "kind"), list(enumerate(CHANGES)))
def test_single_change_is_named_alone(number, kind, shared_photos):
    """With two of the specs: those of the change's number, and the next that have such a thing to change."""
    bodies = [path.read_bytes() for path in sorted((shared_photos / "large").glob("*.jpg"))]
    order = [(at, NAMES[at]) for at in ((number + step) % len(NAMES) for step in range(len(NAMES)))]
    results = ((name, findings_of(name, kind, bodies[5 * at])) for at, name in order)
    tried = list(islice(((name, findings) for name, findings in results if findings is not None), 2))
    assert tried
    wrong = [(name, findings) for name, findings in tried if match_findings(CHANGES[kind], findings) != (True, [])]
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TABLE)[::3])
def test_tensor_of_the_spec_has_no_findings(name, shared_photos):
    body = sorted((shared_photos / "large").glob("*.jpg"))[7].read_bytes()
    spec = SpecAndImage(TABLE[name].spec, body).contract_spec
    tensor = process(body, spec, Options(want_array=True)).array
    result = process(tensor, spec, Options(source=body))
    assert [finding.message for finding in result.findings] == []
