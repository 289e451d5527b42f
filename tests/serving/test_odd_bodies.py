"""Odd but plausible bodies: status of the servers, or the array that the model's code receives.

Recorded from running servers: MLServer 1.7.1, KServe 0.21, Triton 2.51, MLflow 3.17.2, the inference server of Azure ML
1.5.1. TensorFlow Serving: the rules of json_tensor.cc on RapidJSON 1.1 and Abseil, behind the script of SageMaker's
2.20 image in Node.js. Ray Serve: Starlette. DJL Serving: the calls of its Python engine.
"""

import base64
import gzip
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from sample_images import jpeg

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest
from sm_imgcheck.serving.stacks import STACKS
from specs import spec

SPEC = spec(name="image", shape=["N", 1, 2, 3])
X = np.array([[[[0.5, 0.25, 0.75], [1, 0, 0.125]]]], np.float32)
TEXT = json.dumps(X.tolist())
ROWS = f'{{"instances": {TEXT}}}'
JSON, FORM = "application/json", "multipart/form-data; boundary=b"
JPEG = jpeg()


def tensor(text=TEXT, datatype="FP32", more=""):
    return f'{{"inputs": [{{"name": "image", "shape": [1, 1, 2, 3], "datatype": "{datatype}"{more}, "data": {text}}}]}}'


def first(number):
    """The tensor's text with another first number."""
    return TEXT.replace("0.5", number, 1)


def receive(stack, body, content_type=JSON, **changes):
    payload = {"stack": stack, **changes.pop("payload", {})}
    body = body.encode() if isinstance(body, str) else body
    return STACKS[stack].receive(body, content_type, replace(SPEC, payload=payload, **changes))


def with_dtype(dtype):
    return {"contract": replace(SPEC.contract, dtype=dtype)}


def npy_of(descr, shape):
    """An .npy file with a header that ``numpy.save`` does not write."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + X.tobytes()


def binary(*inputs):
    """A body of the binary form, and the content type that declares its header."""
    entries = [
        {"name": name, "shape": array.shape, "datatype": "FP32", "parameters": {"binary_data_size": array.nbytes}}
        for name, array in inputs
    ]
    header = json.dumps({"inputs": entries}).encode()
    body = header + b"".join(array.tobytes() for _, array in inputs)
    return body, f"application/vnd.sagemaker-triton.binary+json;json-header-size={len(header)}"


BOM = b"\xef\xbb\xbf"
REFUSED = [  # stack, content type, body, status
    ("tensorflow-serving", JSON, f'{{"instances": {first("16777217")}}}', 400),
    ("tensorflow-serving", JSON, f'{{"instances": {first("9223372036854775808")}}}', 400),
    ("tensorflow-serving", JSON, f'{{"instances": {first("1e39")}}}', 400),
    ("tensorflow-serving", JSON, f'{{"instances": {first("1e400")}}}', 400),
    ("tensorflow-serving", JSON, f'{{"signature_name": 1, "instances": {TEXT}}}', 400),
    ("tensorflow-serving", JSON, f'{{"inputs": {TEXT}, "instances": {TEXT}}}', 400),
    ("tensorflow-serving", JSON, b"", 400),
    ("vertex-ai", JSON, f'{{"instances": {first("16777217")}}}', 400),
    ("kserve", JSON, tensor()[:-1], 422),
    ("kserve", JSON, tensor("0.5"), 422),
    ("kserve", JSON, tensor("null"), 422),
    ("kserve", JSON, tensor().replace(f', "data": {TEXT}', ""), 422),
    ("kserve", JSON, tensor(first('"abc"')), 500),
    ("kserve", JSON, tensor("[[[[-1, 2, 3], [4, 5, 6]]]]", "UINT8"), 500),
    ("kserve", JSON, tensor(TEXT.replace("], [", ", 1], [", 1)), 500),
    ("kserve", JSON, tensor(datatype="float32"), 400),
    ("kserve", JSON, tensor(datatype="BF16"), 400),
    ("kserve", JSON, gzip.compress(tensor().encode(), mtime=0), 400),
    ("kserve", "", tensor(), 400),
    ("kserve", "text/json", tensor(), 400),
    ("kserve", JSON, tensor(more=', "parameters": {"content_type": null}'), 422),
    ("kserve", JSON, "[" * 3000 + "]" * 3000, 400),
    ("kserve", JSON, json.dumps(tensor()), 400),
    ("triton", JSON, '{"parameters": {"priority": "1"}, ' + tensor()[1:], 500),
    ("triton", JSON, '{"parameters": {"timeout": -1}, ' + tensor()[1:], 500),
    ("triton", JSON, '{"parameters": {"sequence_end": 1}, ' + tensor()[1:], 500),
    ("toolkit", "application/x-npy", npy_of("('<f4', (3,))", (1, 1, 2)), 500),
    ("pytorch", "application/x-npy", npy_of("('<f4', (3,))", (1, 1, 2)), 500),
    ("mlserver", JSON, BOM + tensor().encode(), 422),
    ("azure-ml", JSON, TEXT.encode("utf-16"), 400),
    ("djl-serving", "image/png", b"no image", 424),
]


@pytest.mark.parametrize(("stack", "content_type", "body", "status"), REFUSED)
def test_odd_body_is_refused_with_the_status_of_the_server(stack, content_type, body, status):
    outcome = receive(stack, body, content_type)
    assert isinstance(outcome, RejectedRequest)
    assert outcome.status == status
    assert outcome.finding.message


BIG = np.array(X)
BIG.flat[0] = 16777216.5
SECOND = f'{{"instances": {TEXT}, "instances": {first("9.5")}}}'
READ = [  # stack, content type, body, the array that the model receives
    ("tensorflow-serving", JSON, SECOND, X),
    ("tensorflow-serving", JSON, f'{{"instances": {first("16777216.5")}}}', BIG),
    ("tensorflow-serving", JSON, BOM + ROWS.encode(), X),
    ("tensorflow-serving", JSON, ROWS.encode() + b"\0", X),
    ("tensorflow-serving", JSON, f'{{"signature_name": "serving_default", "instances": {TEXT}}}', X),
    ("tensorflow-serving", "text/csv", BOM + b"0.5,0.25", np.float32([[0.5, 0.25]])),
    ("tensorflow-serving", "application/jsonlines", f"\ufeff{TEXT[1:-1]}\n{TEXT[1:-1]}\n", np.concatenate([X, X])),
    ("vertex-ai", JSON, SECOND, X),
    ("kserve", JSON, BOM + tensor().encode(), X),
    ("kserve", JSON, tensor().encode("utf-16"), X),
    ("kserve", JSON, tensor(datatype="fp32"), X),
    ("kserve", "application/cloudevents+json", tensor(), X),
    ("mlflow", JSON, ROWS.encode("utf-16"), X),
    ("ray-serve", JSON, BOM + f'{{"data": {TEXT}}}'.encode(), X),
]


@pytest.mark.parametrize(("stack", "content_type", "body", "array"), READ)
def test_odd_body_gives_the_array_of_the_server(stack, content_type, body, array):
    outcome = receive(stack, body, content_type)
    assert isinstance(outcome, DecodedRequest)
    assert outcome.data.dtype == array.dtype
    assert np.array_equal(outcome.data, array)


def test_kserve_reads_the_values_of_the_named_input_behind_those_of_others():
    body, content_type = binary(("other", np.zeros(1, np.float32)), ("image", X))
    assert np.array_equal(receive("kserve", body, content_type).data, X)


def test_kserve_binary_header_without_a_name_is_a_server_error():
    body, content_type = binary(("image", X))
    length = len('"name": "image", ')
    content_type = content_type.replace(str(len(body) - X.nbytes), str(len(body) - X.nbytes - length))
    assert receive("kserve", body.replace(b'"name": "image", ', b""), content_type).status == 500


@pytest.mark.parametrize(("datatype", "is_read"), [("fp16", True), ("FP16", False)])
def test_kserve_refuses_half_precision_in_json_by_its_spelling(datatype, is_read):
    outcome = receive("kserve", tensor(datatype=datatype), **with_dtype("float16"))
    assert isinstance(outcome, DecodedRequest) == is_read


def test_triton_reads_parameters_of_the_right_kinds():
    body = '{"parameters": {"priority": 1, "sequence_end": true, "own": "x"}, ' + tensor()[1:]
    assert np.array_equal(receive("triton", body).data, X)


def test_parameters_of_a_hugging_face_pipeline_are_a_notice():
    image = base64.b64encode(JPEG).decode()
    outcome = receive("huggingface", json.dumps({"inputs": image, "parameters": {"top_k": 1}}))
    assert (outcome.form, [finding.code for finding in outcome.findings]) == ("image", ["PAY120"])


def test_infinity_reaches_the_signature_in_both_spellings():
    for word in ("Infinity", "Inf"):
        outcome = receive("tensorflow-serving", f'{{"instances": {first(word)}}}')
        assert np.isinf(outcome.data.flat[0])
        assert [finding.code for finding in outcome.findings] == ["PAY109"]


def test_tensorflow_serving_reads_float64_within_one_unit_in_the_last_place():
    outcome = receive("tensorflow-serving", f'{{"instances": {first("7.038531e-26")}}}', **with_dtype("float64"))
    assert outcome.data.flat[0] == 7.038530999999999e-26


@pytest.mark.parametrize(("number", "is_read"), [("9007199254740991", True), ("9007199254740993", False)])
def test_tensorflow_serving_refuses_integers_that_float64_does_not_hold(number, is_read):
    outcome = receive("tensorflow-serving", f'{{"instances": {first(number)}}}', **with_dtype("float64"))
    assert isinstance(outcome, DecodedRequest) == is_read


def test_signature_that_the_spec_does_not_describe_is_a_notice():
    outcome = receive("tensorflow-serving", f'{{"signature_name": "train", "instances": {TEXT}}}')
    assert [(finding.code, "'train'" in finding.message) for finding in outcome.findings] == [("PAY120", True)]


PLAIN = base64.b64encode(JPEG + b"\0" * (-len(JPEG) % 3)).decode()
SHORT = base64.b64encode(JPEG + b"\0" * (-len(JPEG) % 3 + 1)).decode()
ENCODED = [  # text, whether Abseil decodes it
    (PLAIN, True),
    (f"{PLAIN[:76]}\n{PLAIN[76:]} ", True),
    (SHORT, True),
    (SHORT.rstrip("="), True),
    (SHORT.replace("=", "."), True),
    (SHORT[:-1], False),
    (f"{PLAIN}=", False),
    (PLAIN[:-3], False),
    (f"-{PLAIN[1:]}", False),
    (f"data:image/jpeg;base64,{PLAIN}", False),
]


@pytest.mark.parametrize(("text", "is_read"), ENCODED)
def test_encoded_image_is_unescaped_as_by_abseil(text, is_read):
    body = json.dumps({"instances": [{"b64": text}]})
    outcome = receive("tensorflow-serving", body, payload={"envelope": "instances-b64"})
    assert isinstance(outcome, DecodedRequest) == is_read
    if is_read:
        assert outcome.form == "image"
        assert outcome.data.rstrip(b"\0") == JPEG.rstrip(b"\0")
        assert outcome.findings == ()


def test_text_without_b64_reaches_the_signature_undecoded():
    body = json.dumps({"instances": [PLAIN]})
    outcome = receive("tensorflow-serving", body, payload={"envelope": "instances-b64"})
    assert (outcome.form, [finding.code for finding in outcome.findings]) == ("object", ["PAY110"])


@pytest.mark.parametrize("stack", ["toolkit", "pytorch", "huggingface", "mlserver", "kserve", "triton", "mlflow"])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty file"),
        (JPEG, "a JPEG image"),
        (gzip.compress(b"{}", mtime=0), "gzip-compressed data"),
        (b"PK\x03\x04archive", "a zip archive"),
    ],
)
def test_content_under_a_json_type_is_named(stack, body, words):
    outcome = receive(stack, body)
    assert isinstance(outcome, RejectedRequest)
    assert outcome.finding.message.startswith(("body: got", "FP32"))
    assert words in outcome.finding.message or (stack, body) == ("triton", b"")


def form(end):
    head = end.join((b"--b", b'Content-Disposition: form-data; name="image"; filename="a.jpg"', b"", b""))
    return head + JPEG + end + b"--b--" + end


@pytest.mark.parametrize(("stack", "severity"), [("azure-ml", "warning"), ("ray-serve", "error")])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (form(b"\n"), "LF"),
        (b"preamble\r\n" + form(b"\r\n"), "text before"),
        (form(b"\r\n").replace(b'name="image"; ', b""), "without a name"),
    ],
)
def test_form_that_only_flask_reads_has_a_finding(stack, severity, body, words):
    outcome = receive(stack, body, FORM)
    assert (outcome.form, outcome.data) == ("image", JPEG)
    assert [(finding.code, finding.severity) for finding in outcome.findings] == [("PAY103", severity)]
    assert words in outcome.findings[0].message


# Empty lines before the first delimiter: 200 of Starlette 1.10 with python-multipart 0.0.34.
@pytest.mark.parametrize("start", [b"", b"\r\n", b"\n"])
def test_form_of_rfc_7578_has_no_finding(start):
    outcome = receive("ray-serve", start + form(b"\r\n"), FORM)
    assert (outcome.form, outcome.data, outcome.findings) == ("image", JPEG, ())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (form(b"\r\n").replace(b"--b\r\n", b"--b\n", 1), "LF"),
        (b"preamble\n\r\n" + form(b"\r\n"), "text before"),
    ],
)
def test_form_with_both_line_ends_is_read(body, words):
    outcome = receive("azure-ml", body, FORM)
    assert (outcome.form, outcome.data) == ("image", JPEG)
    assert words in outcome.findings[0].message


def test_delimiter_inside_a_line_is_data():
    text = form(b"\r\n").replace(JPEG, JPEG + b" --b")
    assert receive("ray-serve", text, FORM).data == JPEG + b" --b"


@pytest.mark.parametrize("stack", ["tensorflow-serving", "vertex-ai", "triton"])
def test_text_without_end_is_refused_in_linear_time(stack):
    body = '{"instances": [Inf, "' + '\\"' * 200_000  # hours, if searched from each quote
    outcome = receive(stack, body)
    assert isinstance(outcome, RejectedRequest)
    assert outcome.finding.code == "PAY116"


def test_integer_beyond_the_significand_is_refused_with_its_limit():
    outcome = receive("tensorflow-serving", ROWS.replace("0.5", "16777216", 1))
    assert "got 16777216, expected integers of at most 16,777,215 for float32" in outcome.finding.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
def test_json_in_another_encoding_is_read_by_an_unknown_server(encoding):
    outcome = receive("custom", TEXT.encode(encoding))
    assert np.array_equal(outcome.data, X)


def test_djl_serving_passes_damaged_images_and_lists_of_arrays_on():
    assert receive("djl-serving", JPEG[:-200], "image/jpeg").form == "image"
    archive = io.BytesIO()
    np.savez(archive, a=X, b=X)
    assert receive("djl-serving", archive.getvalue(), "tensor/npz").form == "object"
    archive = io.BytesIO()
    np.savez(archive, a=np.asfortranarray(X))
    assert np.array_equal(receive("djl-serving", archive.getvalue(), "tensor/npz").data, X)
