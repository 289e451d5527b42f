# ruff: noqa: E501 - one row of a table is one line
"""The tables of what the real servers did, cell by cell; transcribed by hand."""

import io
import json
from base64 import b64encode

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, jpeg

from sm_imgcheck.core.types import DecodedRequest, RejectedRequest
from sm_imgcheck.serving.stacks import STACKS
from specs import spec

SIDE = 32
SPEC = spec(name="image", shape=["N", SIDE, SIDE, 3])
X = np.round(np.random.default_rng(0).random((1, SIDE, SIDE, 3)), 2).astype(np.float32)
NPY = io.BytesIO()
np.save(NPY, X)
NPY = NPY.getvalue()
JPEG = jpeg()
V2 = {"inputs": [{"name": "image", "shape": [1, SIDE, SIDE, 3], "datatype": "FP32", "data": X.tolist()}]}
LINE = json.dumps(X[0].tolist())
BODIES = {
    "bare": json.dumps(X.tolist()),
    "no batch": LINE,
    "instances": json.dumps({"instances": X.tolist()}),
    "inputs": json.dumps({"inputs": X.tolist()}),
    "inputs named": json.dumps({"inputs": {"image": X.tolist()}}),
    "instances named": json.dumps({"instances": [{"image": X[0].tolist()}]}),
    "v2": json.dumps(V2),
    "lines": f"{LINE}\n{LINE}\n",
}
COLUMNS = ("toolkit", "pytorch", "huggingface", "tensorflow-serving", "triton", "mlflow", "mlserver")
BATCH, IMAGE, TWO = f"(1, {SIDE}, {SIDE}, 3)", f"({SIDE}, {SIDE}, 3)", f"(2, {SIDE}, {SIDE}, 3)"
F64, F32 = f"float64 {BATCH}", f"float32 {BATCH}"
OBJECT = "a 0-d object array"
# fmt: off
CELLS = {  # toolkit, pytorch, huggingface, tensorflow-serving, triton, mlflow, mlserver
    "bare":            (F64,                F32,                400,               F32, 500, 400, 422),
    "no batch":        (f"float64 {IMAGE}", f"float32 {IMAGE}", 400, f"{SIDE} instances of ({SIDE}, 3)", 500, 400, 422),
    "instances":       (OBJECT,             500, 400, F32, 500, F32, 422),
    "inputs":          (OBJECT,             500, 400, F32, 400, F32, 422),
    "inputs named":    (OBJECT,             500, 400, F32, 500, F32, 422),
    "instances named": (OBJECT,             500, 400, F32, 500, F32, 422),
    "v2":              (OBJECT,             500, 400, 400, F32, 400, F32),
    "lines":           (500,                500,                400,               f"float32 {TWO}", 500, 415, 422),
}
# fmt: on
JSON_CELLS = [(body, name, want) for body, row in CELLS.items() for name, want in zip(COLUMNS, row, strict=True)]


def receive(name, body, content_type, told=SPEC):
    return STACKS[name].receive(body.encode() if isinstance(body, str) else body, content_type, told)


@pytest.mark.sample(3)
@pytest.mark.parametrize(("body", "name", "want"), JSON_CELLS)
def test_json_body_has_recorded_outcome(body, name, want):
    got = receive(name, BODIES[body], "application/jsonlines" if body == "lines" else "application/json")
    if isinstance(want, int):
        assert isinstance(got, RejectedRequest)
        assert got.status == want
        assert got.finding.message
    else:
        assert isinstance(got, DecodedRequest)
        assert got.what.startswith(want)
        if got.form == "array":
            assert np.array_equal(np.asarray(got.data, np.float32).ravel()[: X.size], X.ravel())


@pytest.mark.parametrize("body", ["inputs named", "instances named"])
def test_mlflow_rejects_named_inputs_without_named_signature(body):
    got = receive("mlflow", BODIES[body], "application/json", spec(shape=["N", SIDE, SIDE, 3]))
    assert (got.status, got.finding.code) == (400, "PAY104")


def test_tensorflow_serving_adds_no_batch_dimension_to_single_json_line():
    got = receive("tensorflow-serving", LINE + "\n", "application/jsonlines")
    assert got.data.shape == (SIDE, SIDE, 3)
    assert [finding.code for finding in got.findings] == ["PAY105"]


def test_tensorflow_serving_adds_batch_dimension_only_to_vectors():
    assert receive("tensorflow-serving", "[1.0, 2.0]", "application/json").data.shape == (1, 2)
    assert receive("tensorflow-serving", LINE, "application/json").data.shape == (SIDE, SIDE, 3)


UNSUPPORTED = "Content type {} is not supported by this framework.\n\nPlease implement input_fn to to deserialize the"
MLFLOW = (
    "This predictor only supports the following content types: Types: "
    "['text/csv', 'application/json', 'application/vnd.apache.parquet']. Got '{}'."
)
CHARSET = "application/json; charset=utf-8"
TYPES = [  # stack, content type, body, status or what predict gets, text
    ("toolkit", CHARSET, BODIES["bare"], 500, UNSUPPORTED.format(CHARSET)),
    ("pytorch", CHARSET, BODIES["bare"], 500, UNSUPPORTED.format(CHARSET)),
    ("huggingface", CHARSET, BODIES["inputs"], 400, UNSUPPORTED.format(CHARSET)),
    ("tensorflow-serving", CHARSET, BODIES["bare"], F32, ""),
    ("mlflow", CHARSET, BODIES["instances"], F32, ""),
    ("mlserver", CHARSET, BODIES["v2"], F32, ""),
    ("triton", CHARSET, BODIES["v2"], F32, ""),
    ("toolkit", "", BODIES["bare"], 500, "Content type"),
    ("pytorch", "", BODIES["bare"], 500, "Content type"),
    ("huggingface", "", BODIES["inputs"], 400, "Content type"),
    ("tensorflow-serving", "", BODIES["bare"], 415, '{"error": "Unsupported Media Type: Unknown"}'),
    ("mlflow", "", BODIES["instances"], 500, ""),
    ("triton", "", BODIES["v2"], F32, ""),
    ("mlserver", "", BODIES["v2"], F32, ""),
    ("toolkit", "image/jpeg", JPEG, 500, UNSUPPORTED.format("image/jpeg")),
    ("pytorch", "image/jpeg", JPEG, 500, UNSUPPORTED.format("image/jpeg")),
    ("huggingface", "image/jpeg", JPEG, "a PIL image", ""),
    ("huggingface", "image/png", JPEG, "a PIL image", ""),
    ("huggingface", "image/x-image", JPEG, "a PIL image", ""),
    ("huggingface", "image/jpg", JPEG, 400, UNSUPPORTED.format("image/jpg")),
    ("huggingface", "application/x-image", JPEG, 400, UNSUPPORTED.format("application/x-image")),
    ("huggingface", "application/octet-stream", JPEG, 400, UNSUPPORTED.format("application/octet-stream")),
    ("huggingface", "image/jpeg", NPY, 400, "cannot identify image file <_io.BytesIO object at"),
    ("huggingface", "application/x-npy", NPY, 400, "'numpy.ndarray' object has no attribute 'pop'"),
    ("huggingface", "text/csv", "1,2,3\n4,5,6", 400, ""),
    ("tensorflow-serving", "image/jpeg", JPEG, 415, '{"error": "Unsupported Media Type: image/jpeg"}'),
    ("tensorflow-serving", "application/x-npy", NPY, 415, '{"error": "Unsupported Media Type: application/x-npy"}'),
    ("tensorflow-serving", "application/jsons", BODIES["bare"], F32, ""),
    ("mlflow", "image/jpeg", JPEG, 415, MLFLOW.format("image/jpeg")),
    ("mlflow", "application/x-npy", NPY, 415, MLFLOW.format("application/x-npy")),
    ("triton", "image/jpeg", JPEG, 500, '{"error":"failed to parse the request JSON buffer: Invalid value. at 0"}'),
    (
        "triton",
        "application/x-npy",
        NPY,
        500,
        '{"error":"failed to parse the request JSON buffer: Invalid value. at 0"}',
    ),
    ("mlserver", "image/jpeg", JPEG, 500, "'utf-8' codec can't decode byte 0xff"),
    ("mlserver", "application/x-npy", NPY, 500, "'utf-8' codec can't decode byte 0x93"),
    ("toolkit", "Application/JSON", BODIES["bare"], 500, UNSUPPORTED.format("Application/JSON")),
    ("toolkit", "application/x-npy", NPY, F32, ""),
    ("pytorch", "application/x-npy", NPY, F32, ""),
]


@pytest.mark.parametrize(("name", "content_type", "body", "want", "text"), TYPES)
def test_content_type_has_recorded_outcome(name, content_type, body, want, text):
    got = receive(name, body, content_type)
    if isinstance(want, int):
        assert isinstance(got, RejectedRequest)
        assert got.status == want
        message = json.loads(got.text)["message"] if name == "huggingface" and "\n" not in got.text else got.text
        assert text in message
    else:
        assert got.what.startswith(want)


def save_array(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


DEFAULTS = [  # what predict gets, to the dtype
    ("toolkit", "application/json", "[[0.5, 1], [2, 3]]", "float64 (2, 2)"),
    ("toolkit", "application/json", "[[1, 2]]", "int64 (1, 2)"),
    ("toolkit", "application/json", "[true, false]", "bool (2,)"),
    ("toolkit", "application/json", "[1, null]", "object (2,)"),
    ("toolkit", "application/json", "[NaN, 1]", "float64 (2,)"),
    ("toolkit", "text/csv", "1,2,3", "int64 (3,)"),
    ("toolkit", "text/csv", "0.5,2.5\n3.5,4.5", "float64 (2, 2)"),
    ("toolkit", "text/csv", "1,2.5\n3,4.5", "a structured array"),
    ("toolkit", "application/x-npy", save_array(np.zeros((2, 2))), "float64 (2, 2)"),
    ("toolkit", "application/x-npy", save_array(np.zeros((2, 2), ">f4")), "float32 (2, 2)"),
    ("pytorch", "application/json", "[[1, 255]]", "float32 (1, 2)"),
    ("pytorch", "text/csv", "1,2,3", "float32 (3,)"),
    ("pytorch", "text/csv", "1,2,3\n4,5,6", "float32 (2, 3)"),
    ("pytorch", "application/x-npy", save_array(np.zeros((2, 2))), "float64 (2, 2)"),
    ("pytorch", "application/x-npy", save_array(np.zeros((2, 2), np.uint8)), "uint8 (2, 2)"),
    ("tensorflow-serving", "text/csv", "1,2,3", "float32 (1, 3)"),
    ("tensorflow-serving", "text/csv", "1,2,3\n4,5,6", "float32 (2, 3)"),
]


@pytest.mark.parametrize(("name", "content_type", "body", "what"), DEFAULTS)
def test_default_handler_passes_recorded_type_to_predict(name, content_type, body, what):
    got = receive(name, body, content_type)
    assert got.what.startswith(what)


def v2(**changes):
    tensor = {"name": "image", "shape": [1, 4, 4, 3], "datatype": "FP32", "data": [0.5] * 48, **changes}
    return json.dumps({"inputs": [tensor]})


def binary(array, *, size=None, content_type=None, shape=None):
    tensor = {"name": "image", "shape": list(shape or array.shape), "datatype": "FP32"}
    tensor["parameters"] = {"binary_data_size": array.nbytes if size is None else size}
    head = json.dumps({"inputs": [tensor]}).encode()
    name = f"application/vnd.sagemaker-triton.binary+json;json-header-size={len(head)}"
    return head + array.tobytes(), (content_type or name).replace("SIZE", str(len(head)))


SMALL = spec(name="image", shape=["1..8", 4, 4, 3], layout="NHWC")
FLOAT = np.full((1, 4, 4, 3), 0.5, np.float32)
BYTES = spec(name="image", shape=["1..8", 4, 4, 3], layout="NHWC", dtype="uint8", value_range=[0, 255])
OBJECT_ARRAY = np.array([None, {}], dtype=object)
SUPPORTED = "The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8,"
ERRORS = [  # stack, type, body, spec, status, text, cause
    ("toolkit", "application/x-npy", JPEG, SMALL, 500, "Failed to interpret file <_io.BytesIO object at", "PAY102"),
    ("pytorch", "application/x-npy", JPEG, SMALL, 500, "Failed to interpret file <_io.BytesIO object at", "PAY102"),
    ("pytorch", "application/json", '{"a": [1]}', SMALL, 500, f"can't convert np.ndarray of type numpy.object_. {SUPPORTED}", "PAY103"),
    ("pytorch", "application/x-npy", save_array(np.zeros((1, 2), ">f4")), SMALL, 500, "given numpy array has byte order different from the native byte order. Conversion between byte orders is currently not supported.", "PAY113"),
    *[(name, "application/json", body, SMALL, status, "setting an array element with a sequence. The requested array has an inhomogeneous shape after 1 dimensions.", "PAY108")
      for name, body, status in (("toolkit", "[[1, 2], [3]]", 500), ("pytorch", "[[1, 2], [3]]", 500), ("mlflow", '{"instances": [[1, 2], [3]]}', 400))],
    ("triton", "application/json", v2(datatype="FP64"), SMALL, 400, "inference input 'image' data-type is 'FP64', but model", "PAY117"),
    ("triton", "application/json", v2(datatype="INT32"), SMALL, 500, "Unable to parse 'data': attempt to access JSON non-signed-integer as signed-integer", "PAY107"),
    ("triton", "application/json", v2(datatype="float32"), SMALL, 400, "invalid datatype for input image", "PAY117"),
    ("triton", "application/json", v2(shape=[1, 3, 4, 4]), SMALL, 400, "unexpected shape for input 'image' for model", "PAY118"),
    ("triton", "application/json", v2(shape=[4, 4, 3]), SMALL, 400, "unexpected shape for input 'image' for model", "PAY105"),
    ("triton", "application/json", v2(shape=[9, 4, 4, 3], data=[0.5] * 432), SMALL, 400, "inference request batch-size must be <= ", "PAY105"),
    ("triton", "application/json", v2(data=[0.5] * 24), SMALL, 500, "Unable to parse 'data': Shape does not match true shape of 'data' field", "PAY115"),
    ("triton", *reversed(binary(np.zeros((2, 4, 4, 3), np.float32), shape=(1, 4, 4, 3))), SMALL, 400, "input byte size mismatch for input 'image' for model", "PAY115"),
    ("triton", *reversed(binary(FLOAT, content_type="application/vnd.sagemaker-triton.binary+json; json-header-size=SIZE")), SMALL, 400, "unexpected size for input 'image', expecting 192 additional bytes", "PAY101"),
    ("triton", "application/json", v2(name="input_1"), SMALL, 400, "unexpected inference input 'input_1' for model", "PAY104"),
    ("mlflow", "application/json", json.dumps({"instances": np.zeros((1, 3, 4, 4)).tolist()}), SMALL, 400, "Shape of input (1, 3, 4, 4) does not match expected shape (-1, 4, 4, 3).", "PAY118"),
    ("mlflow", "application/json", json.dumps({"instances": np.full((1, 4, 4, 3), 300).tolist()}), BYTES, 400, "Python integer 300 out of bounds for uint8", "PAY106"),
    ("mlflow", "application/json", "[[1]]", SMALL, 400, "The input must be a JSON dictionary with exactly one of the input fields {", "PAY103"),
    ("mlserver", "application/json", v2(datatype="float32"), SMALL, 422, "", "PAY117"),
    ("mlserver", "application/json", v2(data=[0.5] * 24), SMALL, 500, "", "PAY115"),
    ("mlserver", "application/json", v2(data=[0.5] * 47 + [float("nan")]), SMALL, 422, "", "PAY109"),
    ("tensorflow-serving", "application/json", '{"instances": [[1, 1.5]]}', BYTES, 400, "Failed to process element: 0 of 'instances' list. Error: Invalid argument: JSON Value: 1.5 Type: Number is not of expected type: uint8", "PAY107"),
    ("tensorflow-serving", "application/json", '{"instances": [[1, 1.0]]}', BYTES, 400, "JSON Value: 1.0 Type: Number is not of expected type: uint8", "PAY107"),
    ("tensorflow-serving", "application/json", '{"instances": [["a"]]}', SMALL, 400, "Type: String is not of expected type: float", "PAY103"),
    ("tensorflow-serving", "application/json", '{"instances": [[null]]}', SMALL, 400, "is not of expected type: float", "PAY103"),
    ("tensorflow-serving", "application/json", '{"instances": [[0.5]]}', spec(dtype="float16"), 501, "to type: half", "PAY117"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content_type", "body", "told", "status", "text", "cause"), ERRORS)
def test_rejection_has_recorded_status_text_and_code(name, content_type, body, told, status, text, cause):
    got = receive(name, body, content_type, told)
    assert isinstance(got, RejectedRequest)
    assert (got.status, got.finding.code) == (status, cause)
    assert text in got.text
    assert got.finding.message
    assert got.measured == (name != "tensorflow-serving")


def test_mlflow_truncates_floats_to_zeros_without_an_error():
    got = receive("mlflow", json.dumps({"instances": (FLOAT * 1.9).tolist()}), "application/json", BYTES)
    assert not got.data.any()
    assert got.findings[0].code == "PAY106"
    assert "every value becomes 0" in got.findings[0].message


def test_mlserver_uses_declared_dtype_and_shape():
    body = v2(datatype="FP64", shape=[3, 4, 4])
    got = receive(
        "mlserver", body.replace("[" + ", ".join(["0.5"] * 48) + "]", json.dumps([0.5] * 48)), "application/json", SMALL
    )
    assert got.what == "float64 (3, 4, 4)"


def test_mlserver_passes_input_with_wrong_name_as_a_list():
    got = receive("mlserver", v2(name="other"), "application/json", SMALL)
    assert (got.form, [finding.code for finding in got.findings]) == ("object", ["PAY104"])


def test_triton_accepts_the_binary_form():
    body, content_type = binary(FLOAT)
    got = receive("triton", body, content_type, SMALL)
    assert np.array_equal(got.data, FLOAT)


def test_triton_accepts_flat_and_nested_data():
    for data in (FLOAT.ravel().tolist(), FLOAT.tolist()):
        assert np.array_equal(receive("triton", v2(data=data), "", SMALL).data, FLOAT)


@pytest.mark.parametrize("name", ["toolkit", "pytorch", "huggingface"])
def test_body_one_byte_over_the_limit_is_413_without_text(name):
    limit = STACKS[name].body_limit
    assert limit == 6_553_500
    assert ("TS_MAX_REQUEST_SIZE" if name == "pytorch" else "SAGEMAKER_MAX_PAYLOAD_IN_MB") == STACKS[name].limit_setting
    got = receive(name, bytes(limit + 1), "application/x-npy")
    assert (got.status, got.text, got.finding.code) == (413, "", "PAY114")
    assert getattr(receive(name, bytes(limit), "application/x-npy"), "status", 0) != 413


@pytest.mark.parametrize("name", ["toolkit", "pytorch", "huggingface"])
def test_pickle_is_reported_and_never_loaded(name):
    bomb = b"\x80\x04cos\nsystem\n(S'false'\ntR."
    for body in (bomb, save_array(OBJECT_ARRAY)):
        got = receive(name, body, "application/x-npy")
        codes = [got.finding.code] if isinstance(got, RejectedRequest) else [finding.code for finding in got.findings]
        assert codes == ["PAY112"]


def archive(**members):
    out = io.BytesIO()
    np.savez(out, **members)
    return out.getvalue()


def test_npz_body_is_accepted_only_as_sparse_matrix():
    sparse = archive(format=np.array(b"csr"), data=np.ones(1), indices=np.zeros(1), indptr=np.zeros(2), shape=[1, 1])
    assert receive("toolkit", archive(a=FLOAT), "application/x-npz").status == 500
    assert receive("toolkit", sparse, "application/x-npz").what == "a scipy csr matrix"
    got = receive("pytorch", sparse, "application/x-npz")
    assert (got.status, got.text) == (500, "expected np.ndarray (got csr_matrix)")


HOSTILE = {
    "deep": b"[" * 10_000,
    "deep and closed": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"inputs":' * 5_000,
    "nothing": b"",
    "half": b'{"inputs": [',
    "not text": b"\xff\xfe\x00\x01",
    "long text": b'["' + b"a" * 200_000 + b'"' + b',""' * 50_000 + b"]",
    "huge number": b"[1e999999, " + b"9" * 5_000 + b"]",
    "shape of giants": v2(shape=[2**40, 2**40, 3, 1], data=[1.0]).encode(),
    "no shape": v2(shape="x").encode(),
    "wrong kinds": b'{"inputs": [{"name": 3, "shape": [true], "datatype": [], "data": {}}]}',
    "null": b"null",
    "lying npy": save_array(FLOAT)[:-8],
    "giant npy": save_array(FLOAT).replace(b"(1, 4, 4, 3)", b"(9999999999,)"),
}  # fmt: skip
ANY_TYPE = ("application/json", "application/x-npy", "text/csv", "application/x-npz", "application/jsonlines", "image/jpeg", "",
            "application/vnd.sagemaker-triton.binary+json;json-header-size=5")  # fmt: skip


@pytest.mark.sample(7)
@pytest.mark.parametrize("body", HOSTILE)
@pytest.mark.parametrize("name", STACKS.names())
def test_damaged_body_never_raises(name, body):
    for content_type in ANY_TYPE:
        got = STACKS[name].receive(HOSTILE[body], content_type, SMALL)
        assert isinstance(got, DecodedRequest | RejectedRequest)
        assert (
            got.findings or got.form != "object"
            if isinstance(got, DecodedRequest)
            else got.finding.code.startswith("PAY")
        )


def test_hundred_million_brackets_are_not_examined():
    got = receive("mlflow", b"[" * 100_000_000, "application/json")
    assert got.findings[0].code == "PAY120"
    assert "not examined" in got.findings[0].message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("data:image/jpeg;base64,{}", None),  # transformers removes the prefix
        ("{}", None),
        ("data:text/plain,{}", "PAY110"),
        ("no base64 at all!", "PAY110"),
    ],
)
def test_base64_body_is_decoded_by_hugging_face(text, code):
    body = json.dumps({"inputs": text.format(b64encode(JPEG).decode())})
    got = receive("huggingface", body, "application/json")
    assert got.finding.code == code if code else got.form == "image"


def test_base64_without_padding_is_reported():
    picture = JPEG + b"\0" * ((1 - len(JPEG)) % 3)
    body = json.dumps({"inputs": b64encode(picture).decode().rstrip("=")})
    got = receive("huggingface", body, "application/json")
    assert "no padding" in got.finding.message


def test_gif_sent_as_image_jpeg_reports_pay119():
    gif = encode_image(Image.new("P", (4, 4)), "GIF")
    got = receive("huggingface", gif, "image/jpeg")
    assert (got.form, got.findings[0].code) == ("image", "PAY119")
