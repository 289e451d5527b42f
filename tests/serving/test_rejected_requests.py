"""One body for each rejection and each undocumented change of Triton, MLServer, MLflow and other stacks."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sample_images import jpeg

from sm_imgcheck.core.types import RejectedRequest
from sm_imgcheck.serving.embedded_images import find_images, guess_content_type
from sm_imgcheck.serving.stacks import STACKS
from specs import spec

TO = spec(name="image", shape=["N", 2, 2, 3])
FLAT = [0.5] * 12
JPEG = jpeg()


def v2(document=None, **members):
    """A v2 request of one input; ``document``: members of the request itself."""
    tensor = {"name": "image", "shape": [1, 2, 2, 3], "datatype": "FP32", "data": FLAT}
    tensor = {key: value for key, value in {**tensor, **members}.items() if value is not ...}
    return {"inputs": [tensor], **(document or {})}


def receive(stack, document, to=TO, content_type="application/json"):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return STACKS[stack].receive(body, content_type, to)


def codes(outcome):
    return [outcome.finding.code] if isinstance(outcome, RejectedRequest) else [f.code for f in outcome.findings]


TRITON = [
    ([], 500, "PAY103"),
    ({"inputs": {}}, 500, "PAY103"),
    ({"inputs": [7]}, 400, "PAY103"),
    ({"inputs": []}, 400, "PAY104"),
    (v2({"id": 7}), 500, "PAY103"),
    (v2({"outputs": {}}), 500, "PAY103"),
    (v2({"outputs": [{}]}), 500, "PAY103"),
    ({"inputs": v2()["inputs"] * 2}, 400, "PAY103"),
    ({"inputs": [*v2()["inputs"], *v2(name="mask")["inputs"]]}, 400, "PAY104"),
    (v2(name="other"), 400, "PAY104"),
    (v2(name=...), 500, "PAY103"),
    (v2(name=7), 500, "PAY103"),
    (v2(shape=...), 500, "PAY103"),
    (v2(shape="1,2"), 500, "PAY103"),
    (v2(shape=[1, -1]), 500, "PAY103"),
    (v2(shape=[]), 500, "PAY115"),
    (v2(data=...), 400, "PAY115"),
    (v2(parameters={"binary_data_size": 48}), 400, "PAY101"),
    (v2(data=..., parameters={"shared_memory_region": "x"}), 400, "PAY103"),
    (v2(data=..., parameters={"binary_data_size": -1}), 500, "PAY101"),
    (v2(data=..., parameters={"binary_data_size": 48}), 400, "PAY101"),
    (v2(data="abc"), 500, "PAY103"),
    (v2(data=FLAT[1:]), 500, "PAY115"),
    (v2(data=["0.5", *FLAT[1:]]), 500, "PAY103"),
    (v2(datatype="FP16"), 400, "PAY117"),
    (v2(datatype="float32"), 400, "PAY117"),
    (v2(datatype="FP64"), 400, "PAY117"),
    (v2(datatype="INT8"), 500, "PAY107"),
    (v2(datatype="UINT8", data=[-1] * 12), 500, "PAY107"),
    (v2(datatype="BOOL"), 500, "PAY103"),
    (v2(datatype="BYTES"), 500, "PAY103"),
    (v2(datatype="BYTES", data=["/9j/4AAQSkZJRgABAQAAAQABAAD"] * 12), 400, "PAY111"),
]


@pytest.mark.parametrize(("document", "status", "code"), TRITON)
def test_triton_rejects_request(document, status, code):
    outcome = receive("triton", document)
    assert (outcome.status, codes(outcome)) == (status, [code])


def test_triton_rejects_bytes_after_the_values():
    body = json.dumps(v2()).encode()
    content_type = f"application/vnd.sagemaker-triton.binary+json;json-header-size={len(body)}"
    outcome = receive("triton", body + b"more", content_type=content_type)
    assert (outcome.status, codes(outcome)) == (400, ["PAY115"])


def test_triton_wraps_integers_and_does_not_check_output_names():
    to = spec(name="image", shape=["N", 2, 2, 3], dtype="int8", value_range=[-128, 127])
    outcome = receive("triton", v2({"outputs": [{"name": "y"}]}, datatype="INT8", data=[300] * 12), to)
    assert codes(outcome) == ["PAY106", "PAY120"]
    assert outcome.data.ravel().tolist() == [44] * 12


MLSERVER = [
    (v2(), "application/json", ("array", [])),
    (v2(), "text/plain", (422, ["PAY101"])),
    (b"\xff\xd8\xff", "image/jpeg", (500, ["PAY101"])),
    (v2(parameters={"content_type": "pd"}), "application/json", ("object", ["PAY103"])),
    (v2(name="other"), "application/json", ("object", ["PAY104"])),
    (v2(shape=[2, 2, 3]), "application/json", ("array", [])),
    (v2(shape=[1, 2, 2, 4]), "application/json", (500, ["PAY115"])),
    (v2(datatype="BYTES", shape=[2], data=["a", "b"]), "application/json", ("array", ["PAY117"])),
    (v2(datatype="BYTES", shape=[1], data=[7]), "application/json", ("object", ["PAY120"])),
]


@pytest.mark.parametrize(("document", "content_type", "expected"), MLSERVER)
def test_mlserver_casts_or_rejects_request(document, content_type, expected):
    outcome = receive("mlserver", document, content_type=content_type)
    form = outcome.status if isinstance(outcome, RejectedRequest) else outcome.form
    assert (form, codes(outcome)) == expected


def test_mlserver_input_name_is_unchecked_without_spec_name():
    outcome = receive("mlserver", v2(name="x"), spec(shape=["N", 2, 2, 3]))
    assert codes(outcome) == ["PAY120"]


UNNAMED = spec(shape=["N", 2, 2, 3])
FRAMES = [
    ({"dataframe_split": {"columns": ["image"], "data": [[FLAT]]}}, TO, []),
    ({"dataframe_split": {"data": [[FLAT]]}}, UNNAMED, []),
    ({"dataframe_split": {"columns": ["a", "b"], "data": [[FLAT, 1]]}}, UNNAMED, ["PAY104"]),
    ({"dataframe_split": {"columns": ["other"], "data": [[FLAT]]}}, TO, ["PAY104"]),
    ({"dataframe_split": {"columns": ["image"], "data": [[FLAT], []]}}, TO, ["PAY108"]),
    ({"dataframe_split": {"columns": ["image"], "data": [7]}}, TO, ["PAY103"]),
    ({"dataframe_split": {"columns": ["image"], "data": []}}, TO, ["PAY103"]),
    ({"dataframe_split": {"columns": ["image"], "data": [[0.5]]}}, TO, ["PAY103"]),
    ({"dataframe_split": {"columns": ["image"], "data": [[[FLAT]]]}}, TO, ["PAY103"]),
    ({"dataframe_split": {"columns": ["image"], "data": [[FLAT[1:]]]}}, TO, ["PAY115"]),
    ({"dataframe_split": {"columns": ["image"], "data": [[["a"] * 12]]}}, TO, ["PAY103"]),
    ({"dataframe_split": {"columns": ["image"]}}, TO, ["PAY103"]),
    ({"dataframe_split": [FLAT]}, TO, ["PAY103"]),
    ({"dataframe_records": [{"image": FLAT}, {"image": FLAT}]}, TO, []),
    ({"dataframe_records": {"image": FLAT}}, TO, ["PAY103"]),
    ({"dataframe_records": [FLAT]}, TO, ["PAY103"]),
    ({"dataframe_split": {"columns": ["image"], "data": [[FLAT]]}}, spec(name="image", shape=[1, 2, 2, 3]), ["PAY118"]),
]


@pytest.mark.parametrize(("document", "to", "expected"), FRAMES)
def test_mlflow_data_frame_is_decoded_or_rejected(document, to, expected):
    to = replace(to, payload={"stack": "mlflow"})
    outcome = receive("mlflow", document, to)
    assert codes(outcome) == expected
    if not expected:
        rows = len(next(iter(document.values())))
        assert outcome.data.shape in ((1, 2, 2, 3), (rows, 2, 2, 3))
        assert np.all(outcome.data == np.float32(0.5))


FORM = (
    b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n' + JPEG
)


@pytest.mark.parametrize(
    "end", [b"\r\n--x--\r\n", b"", b"\r\n--x\r\nno blank line"], ids=["complete", "truncated", "damaged"]
)
def test_image_in_a_form_is_found(end):
    content_type = guess_content_type(FORM + end)
    assert find_images(FORM + end, content_type) == [JPEG]


def test_images_in_json_are_found_in_order_with_any_base64_alphabet():
    from base64 import b64encode, urlsafe_b64encode

    texts = [
        b64encode(JPEG).decode(),
        "data:image/jpeg;base64," + b64encode(JPEG).decode(),
        urlsafe_b64encode(JPEG).decode().rstrip("="),
        "short",
        "no base64, but a long sentence",
    ]
    body = json.dumps({"inputs": [{"b64": text} for text in texts]}).encode()
    assert find_images(body, "application/json") == [JPEG] * 3
    assert find_images(body[:-9], "application/json") == []


def test_base64_part_of_a_form_is_decoded():
    from base64 import encodebytes

    body = b"--x\r\nContent-Disposition: form-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    body += encodebytes(JPEG) + b"\r\n--x--\r\n"
    assert find_images(body, "multipart/form-data; boundary=x") == [JPEG]
    assert find_images(body, "multipart/form-data") == []
