"""Free-form bodies: a free JSON key, multipart forms, data URLs; built and read."""

import base64
import json

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, jpeg, picture

from sm_imgcheck import PayloadError, build_payload, validate
from sm_imgcheck.serving.multipart import Part, read_form, write_form
from specs import problems, spec

PNG = encode_image(Image.fromarray(picture()), "PNG")
TEXT = base64.b64encode(PNG).decode()
URL = f"data:image/png;base64,{TEXT}"
TENSOR = (picture(24, 32)[np.newaxis] / 255).astype(np.float32)


def contract(**payload):
    return spec(shape=["N", 24, 32, 3], payload=payload)


def codes(result):
    return {finding.code for finding in result.findings if finding.severity == "error"}


READ = [  # content type, body, payload of the spec, what is examined
    ("application/json", {"image": TEXT}, {"envelope": "json", "key": "image"}, "picture"),
    ("application/json", {"image": URL}, {"envelope": "json", "key": "image"}, "picture"),
    ("application/json", {"data": {"photo": TEXT}}, {"envelope": "json-b64", "key": "data.photo"}, "picture"),
    ("application/json", {"x": TENSOR.tolist(), "id": 5}, {"envelope": "json", "key": "x"}, "tensor"),
    ("application/json", {"photo": TEXT}, {}, "picture"),
    ("application/json", {"photo": TENSOR.tolist(), "id": 5}, {}, "tensor"),
    ("text/plain", URL, {}, "picture"),
    ("application/octet-stream", URL, {}, "picture"),
]


@pytest.mark.parametrize(("content_type", "body", "payload", "kind"), READ)
@pytest.mark.parametrize("stack", ["custom", None])
def test_image_or_tensor_inside_a_form_is_checked(content_type, body, payload, kind, stack):
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    given = contract(**payload, **({"stack": stack} if stack else {}))
    result = validate(raw, given, content_type=content_type)
    assert (result.header is not None, result.facts is not None) == (kind == "picture", kind == "tensor")
    assert codes(result) == set()


WRONG = [
    ("application/json", {"photo": TEXT}, {"envelope": "json", "key": "image"}, "PAY103"),
    ("application/json", {"image": "hello"}, {"envelope": "json-b64", "key": "image"}, "PAY110"),
    ("application/json", {"image": [[1], [1, 2]]}, {"envelope": "json", "key": "image"}, "PAY103"),
    ("application/json", [1], {"envelope": "json", "key": "image"}, "PAY103"),
    ("text/plain", "data:image/png;base64,!!!", {}, "PAY110"),
    ("multipart/form-data", "x", {}, "PAY103"),
    ("multipart/form-data; boundary=b", "--b\r\n\r\n", {}, "PAY103"),
]


@pytest.mark.parametrize(("content_type", "body", "payload", "code"), WRONG)
def test_body_without_the_input_is_an_error(content_type, body, payload, code):
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    assert code in codes(validate(raw, contract(**payload), content_type=content_type))


def test_form_is_read_by_key_or_its_only_file():
    parts = [
        Part(name="id", body=b"5", content_type="text/plain"),
        Part(name="file", filename="a.png", body=PNG, content_type="image/png"),
    ]
    body, content_type = write_form(parts)
    assert validate(body, contract(), content_type=content_type).header is not None
    assert validate(body, contract(key="file"), content_type=content_type).header is not None
    assert codes(validate(body, contract(key="image"), content_type=content_type)) == {"PAY103"}
    assert [part.body for part in read_form(body, content_type)] == [b"5", PNG]


def test_several_files_in_a_form_are_not_checked():
    parts = [Part(name="file", filename=name, body=PNG, content_type="image/png") for name in ("a.png", "b.png")]
    body, content_type = write_form(parts)
    assert validate(body, contract(), content_type=content_type).status == "not checked"


@pytest.mark.parametrize("form", ["json", "json-b64", "multipart"])
@pytest.mark.parametrize("key", ["image", "data.photo"])
def test_built_body_is_read_without_findings(form, key):
    given = contract(stack="custom", envelope=form, key=key)
    made = build_payload(jpeg(picture()), given)
    assert made.envelope == form
    result = validate(made.body, given, content_type=made.content_type)
    assert (result.header is not None) == (form != "json")
    assert codes(result) == set()


def test_several_images_become_one_form():
    made = build_payload([PNG, PNG], contract(stack="custom", envelope="multipart"))
    assert [part.body for part in read_form(made.body, made.content_type)] == [PNG, PNG]


def test_equal_images_give_equal_forms():
    given = contract(stack="custom", envelope="multipart")
    assert build_payload(PNG, given).body == build_payload(PNG, given).body


def test_stack_without_forms_rejects_the_envelope():
    assert "with stack: pytorch" in problems(payload={"stack": "pytorch", "envelope": "multipart"})["payload.envelope"]
    with pytest.raises(PayloadError, match="pytorch"):
        build_payload(PNG, contract(stack="pytorch"), envelope="json-b64")


def test_damaged_npy_in_a_form_is_an_error():
    body, content_type = write_form([Part(name="f", filename="a.npy", body=b"\x93NUMPY\x01\x00", content_type="")])
    assert validate(body, contract(), content_type=content_type).status != "ok"
