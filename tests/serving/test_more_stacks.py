"""KServe, Ray Serve, Vertex AI, Azure ML and DJL Serving: their outcomes for a body."""

import io
import json

import numpy as np
import pytest
from sample_images import jpeg

from sm_imgcheck import build_payload
from sm_imgcheck.core.types import DecodedRequest, RejectedRequest
from sm_imgcheck.serving.stacks import STACKS
from specs import spec

JPEG = jpeg()
X = np.round(np.random.default_rng(0).random((1, 4, 4, 3)), 2).astype(np.float32)
INPUT = {"name": "image", "shape": [1, 4, 4, 3], "datatype": "FP32"}
V2 = json.dumps({"inputs": [{**INPUT, "data": X.ravel().tolist()}]}).encode()
HEAD = json.dumps({"inputs": [{**INPUT, "parameters": {"binary_data_size": X.nbytes}}]}).encode()
BINARY = HEAD + X.tobytes()
SAGEMAKER = f"application/vnd.sagemaker-triton.binary+json;json-header-size={len(HEAD)}"
VERTEX = f"application/vnd.vertex-ai-triton.binary+json;json-header-size={len(HEAD)}"
ROWS = json.dumps({"instances": X.tolist()}).encode()
F32 = "float32 (1, 4, 4, 3)"


def contract(stack, **changes):
    return spec(name="image", shape=["N", 4, 4, 3], payload={"stack": stack}, **changes)


def receive(stack, body, content_type):
    return STACKS[stack].receive(body, content_type, contract(stack))


def save_array(save, array):
    out = io.BytesIO()
    save(out, array)
    return out.getvalue()


NPY, NPZ = save_array(np.save, X), save_array(np.savez, X)
CELLS = [  # stack, content type, body, status or what predict gets
    ("kserve", "application/json", V2, F32),
    ("kserve", SAGEMAKER, BINARY, F32),
    ("kserve", "application/octet-stream", BINARY, F32),
    ("kserve", "application/json", b'{"inputs": [', 422),
    ("kserve", "application/json", b'{"instances": []}', 422),
    ("kserve", "application/json", V2.replace(b"[1, 4, 4, 3]", b"[1, 4, 4, 4]"), 500),
    ("kserve", SAGEMAKER, BINARY[:-4], 500),
    ("kserve", "application/octet-stream", b"\xff\xd8", 400),
    ("kserve", "image/jpeg", JPEG, 400),
    ("kserve", "application/json", V2.replace(b"FP32", b"FP16"), 400),
    ("kserve", "application/json", V2.replace(b"FP32", b"BYTES"), "object (1, 4, 4, 3)"),
    ("ray-serve", "application/x-npy", NPY, F32),
    ("ray-serve", "application/json", json.dumps(X.tolist()).encode(), F32),
    ("ray-serve", "", json.dumps(X.tolist()).encode(), F32),
    ("ray-serve", "image/jpeg", JPEG, "an encoded image"),
    ("vertex-ai", "application/json", ROWS, F32),
    ("vertex-ai", "application/json; charset=utf-8", ROWS, F32),
    ("vertex-ai", "application/json", json.dumps({"inputs": X.tolist()}).encode(), 400),
    ("vertex-ai", "application/json", json.dumps(X.tolist()).encode(), 400),
    ("vertex-ai", "application/json", b'{"instances": []}', 400),
    ("vertex-ai", "application/json", b" " * 1_500_001, 413),
    ("vertex-ai", "application/x-npy", NPY, 400),
    ("vertex-ai-triton", VERTEX, BINARY, F32),
    ("vertex-ai-triton", "application/json", V2, F32),
    ("vertex-ai-triton", SAGEMAKER, BINARY, 500),
    ("vertex-ai-triton", VERTEX, b" " * 1_500_001, 413),
    ("azure-ml", "application/json", json.dumps({"data": X.tolist()}).encode(), F32),
    ("azure-ml", "application/json", JPEG, 400),
    ("azure-ml", "image/jpeg", JPEG, "an encoded image"),
    ("djl-serving", "tensor/npz", NPZ, F32),
    ("djl-serving", "tensor/npz", b"PK", 424),
    ("djl-serving", "image/png", JPEG, "a PIL image"),
    ("djl-serving", "image/png", b"no image", 424),
    ("djl-serving", "application/json", json.dumps({"inputs": X.tolist()}).encode(), F32),
    ("djl-serving", "tensor/ndlist", b"", "the NDList"),
    ("djl-serving", "text/csv", b"1,2", "a text"),
    ("djl-serving", "application/octet-stream", b"1,2", "the bytes"),
]


@pytest.mark.parametrize(("stack", "content_type", "body", "want"), CELLS)
def test_stack_decodes_or_rejects_body(stack, content_type, body, want):
    outcome = receive(stack, body, content_type)
    if isinstance(want, int):
        assert isinstance(outcome, RejectedRequest)
        assert outcome.status == want
        return
    assert isinstance(outcome, DecodedRequest)
    assert outcome.what.startswith(want)
    if outcome.form == "array":
        assert np.array_equal(outcome.data, X)


def test_kserve_binary_body_without_length_header_has_a_notice():
    outcome = receive("kserve", BINARY, "application/octet-stream")
    assert f"Inference-Header-Content-Length: {len(HEAD)}" in outcome.findings[0].message
    assert receive("kserve", BINARY, SAGEMAKER).findings == ()


def test_kserve_with_different_input_name_only_warns():
    outcome = receive("kserve", V2.replace(b'"image"', b'"other"'), "application/json")
    assert [(finding.code, finding.severity) for finding in outcome.findings] == [("PAY104", "warning")]


def test_each_platform_has_its_content_type():
    made = build_payload(X, contract("vertex-ai-triton"), assume={"channel_order": "RGB"})
    assert made.content_type.startswith("application/vnd.vertex-ai-triton.binary+json;json-header-size=")
    made = build_payload(X, contract("djl-serving"), assume={"channel_order": "RGB"})
    assert made.content_type == "tensor/npz"
