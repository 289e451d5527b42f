"""The servers' own decoders on our bodies. They come with the dependency group ``stacks``: `make stacks`."""

import importlib
import json
import urllib.request
from dataclasses import replace

import numpy as np
import pytest
from sample_images import jpeg

from sm_imgcheck import build_payload, convert
from sm_imgcheck.core.types import RejectedRequest
from sm_imgcheck.features.codegen import to_python
from sm_imgcheck.serving.envelopes import ENVELOPES
from sm_imgcheck.serving.stacks import STACKS
from specs import spec

RNG = np.random.default_rng(7)
FLOATS = ((RNG.random((2, 4, 5, 3), np.float32) - np.float32(0.45)) / np.float32(0.225)).astype(np.float32)
BYTES = RNG.integers(0, 256, (2, 4, 5, 3), np.uint8)
FLOAT_SPEC = spec(shape=["N", 4, 5, 3], name="image")
BYTE_SPEC = spec(shape=["N", 4, 5, 3], name="image", dtype="uint8", value_range=[0, 255])
BOTH = pytest.mark.parametrize(("array", "to"), [(FLOATS, FLOAT_SPEC), (BYTES, BYTE_SPEC)], ids=["float32", "uint8"])


def body_of(name: str, array: np.ndarray, to=FLOAT_SPEC):
    return ENVELOPES[name].build(array, to)


@pytest.fixture(scope="module")
def toolkit():
    """sagemaker-inference: what scikit-learn-style and custom containers decode with, and PyTorch's before it."""
    return pytest.importorskip("sagemaker_inference.decoder", reason="not installed: make stacks")


@BOTH
def test_toolkit_reads_npy_bit_exactly(toolkit, array, to):
    payload = body_of("npy", array, to)
    back = toolkit.decode(payload.body, payload.content_type)
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())


@BOTH
def test_toolkit_reads_nested_list_with_equal_values(toolkit, array, to):
    payload = body_of("array", array, to)
    back = toolkit.decode(payload.body.decode(), payload.content_type)
    assert back.dtype == {"f": np.float64, "u": np.int64}[array.dtype.kind]
    assert back.astype(array.dtype).tobytes() == array.tobytes()
    assert back.shape == array.shape


@BOTH
def test_toolkit_reads_csv_as_flat_rows(toolkit, array, to):
    payload = body_of("csv", array, to)
    back = toolkit.decode(payload.body.decode(), payload.content_type)
    assert back.shape == (2, 60)
    assert back.astype(array.dtype).tobytes() == array.tobytes()


def test_toolkit_rejects_a_dense_archive(toolkit):
    """A known limit: it reads scipy's sparse matrices only, so npz is for handlers of one's own."""
    payload = body_of("npz", FLOATS)
    with pytest.raises(ValueError, match="does not contain a sparse"):
        toolkit.decode(payload.body, payload.content_type)


@pytest.fixture(scope="module")
def mlflow():
    """MLflow's scoring server, its parser."""
    pytest.importorskip("mlflow", reason="not installed: make stacks")
    return pytest.importorskip("mlflow.pyfunc.scoring_server", reason="not installed: make stacks")


@pytest.mark.parametrize("name", ["instances", "inputs"])
@BOTH
def test_mlflow_reads_instances_and_inputs(mlflow, name, array, to):
    from mlflow.types import Schema, TensorSpec

    schema = Schema([TensorSpec(array.dtype, (-1, 4, 5, 3))])
    payload = body_of(name, array, replace(to, name="input"))
    back = np.asarray(mlflow.infer_and_parse_data(json.loads(payload.body), schema=schema))
    assert (back.shape, back.dtype, back.tobytes()) == (array.shape, array.dtype, array.tobytes())


@pytest.mark.parametrize("name", ["instances", "inputs"])
def test_mlflow_reads_a_named_tensor(mlflow, name):
    from mlflow.types import Schema, TensorSpec

    schema = Schema([TensorSpec(np.dtype("float32"), (-1, 4, 5, 3), name="image")])
    back = mlflow.infer_and_parse_data(json.loads(body_of(name, FLOATS).body), schema=schema)
    assert list(back) == ["image"]
    assert np.asarray(back["image"]).astype(np.float32).tobytes() == FLOATS.tobytes()


@pytest.fixture(scope="module")
def triton():
    """Triton's own client: what builds the binary form."""
    return pytest.importorskip("tritonclient.http", reason="not installed: make stacks")


@BOTH
def test_binary_form_equals_body_of_the_triton_client(triton, array, to):
    tensor = triton.InferInput("image", list(array.shape), {"f": "FP32", "u": "UINT8"}[array.dtype.kind])
    tensor.set_data_from_numpy(array, binary_data=True)
    theirs, length = triton.InferenceServerClient.generate_request_body([tensor])
    payload = body_of("triton-binary", array, to)
    ours = int(payload.content_type.rpartition("=")[2])
    assert json.loads(payload.body[:ours])["inputs"] == json.loads(theirs[:length])["inputs"]
    assert payload.body[ours:] == theirs[length:]
    said = payload.content_type.replace(str(ours), str(length))
    assert ENVELOPES["triton-binary"].parse(theirs, said, to).tobytes() == array.tobytes()


@BOTH
def test_mlserver_reads_v2_bit_exactly(array, to):
    codecs = pytest.importorskip("mlserver.codecs", reason="not installed: make stacks")
    from mlserver.types import InferenceRequest

    request = InferenceRequest.model_validate_json(body_of("kserve-v2", array, to).body)
    back = codecs.NumpyCodec.decode_input(request.inputs[0])
    assert (back.shape, back.dtype, back.tobytes()) == (array.shape, array.dtype, array.tobytes())


@pytest.fixture(scope="module")
def mlserver_codec():
    """MLServer's NumPy codec."""
    types = pytest.importorskip("mlserver.types", reason="not installed: make stacks")
    codecs = pytest.importorskip("mlserver.codecs", reason="not installed: make stacks")
    return lambda tensor: codecs.NumpyCodec.decode_input(types.RequestInput(**tensor))


V2_DATA = [
    ("FP32", [0.5, "1.5", None], [3]),
    ("FP32", [True, 1], ["2"]),
    ("UINT8", [1.9, 7], [1, 2]),
    ("UINT8", [-1], [1]),
    ("INT64", [2**63], [1]),
    ("FP32", [{}], [1]),
    ("FP32", [1, 2], [-1]),
    ("FP32", [1, 2], [3]),
    ("BYTES", ["a", "bc"], [2]),
    ("FP32", "abc", [1]),
]


@pytest.mark.parametrize(("datatype", "data", "shape"), V2_DATA)
def test_mlserver_casts_as_predicted(mlserver_codec, datatype, data, shape):
    tensor = {"name": "image", "shape": shape, "datatype": datatype, "data": data}
    body = json.dumps({"inputs": [tensor]}).encode()
    outcome = STACKS["mlserver"].receive(body, "application/json", FLOAT_SPEC)
    try:
        expected = mlserver_codec(tensor)
    except Exception:  # noqa: BLE001 - NumPy raises one of several
        assert outcome.status == 500
        return
    assert (outcome.data.dtype, outcome.data.shape) == (expected.dtype, expected.shape)
    assert outcome.data.tobytes() == expected.tobytes()


FLAT = [[0.5] * 60, [0.25] * 60]
FRAMES = [
    {"dataframe_split": {"columns": ["image"], "data": [[FLAT[0]], [FLAT[1]]]}},
    {"dataframe_split": {"columns": ["image", "x"], "data": [[FLAT[0], 1]]}},
    {"dataframe_split": {"columns": ["other"], "data": [[FLAT[0]]]}},
    {"dataframe_split": {"columns": ["image"], "data": [[0.5]]}},
    {"dataframe_split": {"columns": ["image"], "data": [[FLAT[0][:-1]]]}},
    {"dataframe_split": {"columns": ["image"], "data": []}},
    {"dataframe_split": {"columns": ["image"]}},
    {"dataframe_records": [{"image": FLAT[0]}, {"image": FLAT[1]}]},
    {"dataframe_records": [{"image": FLAT[0]}, {"other": 1}]},
    {"dataframe_records": {"image": FLAT[0]}},
    {"dataframe_records": [{"image": [FLAT[0]]}]},
    {"instances": {"image": [np.zeros((4, 5, 3)).tolist()]}},
    {"inputs": {"image": np.zeros((1, 4, 5, 3)).tolist(), "more": [1]}},
]


@pytest.mark.parametrize("document", FRAMES, ids=lambda document: json.dumps(document)[:60])
def test_mlflow_enforces_its_schema_as_predicted(mlflow, document):
    from mlflow.models.utils import _enforce_schema
    from mlflow.types import Schema, TensorSpec

    schema = Schema([TensorSpec(np.dtype("float32"), (-1, 4, 5, 3), "image")])
    outcome = STACKS["mlflow"].receive(json.dumps(document).encode(), "application/json", FLOAT_SPEC)
    try:
        expected = _enforce_schema(mlflow.infer_and_parse_data(dict(document), schema=schema), schema)["image"]
    except Exception:  # noqa: BLE001 - any exception is a 400
        assert outcome.status == 400
        return
    assert (outcome.data.dtype, outcome.data.shape) == (expected.dtype, expected.shape)
    assert outcome.data.tobytes() == expected.tobytes()


@pytest.fixture(scope="module")
def kserve():
    """KServe's request type, which its REST endpoint builds of JSON and of the binary form."""
    return pytest.importorskip("kserve.protocol.infer_type", reason="not installed: make stacks")


@BOTH
def test_kserve_reads_the_binary_form(kserve, array, to):
    payload = body_of("triton-binary", array, replace(to, payload={"stack": "kserve"}))
    length = int(payload.content_type.rpartition("=")[2])
    back = kserve.InferRequest.from_bytes(payload.body, length, "model").inputs[0].as_numpy()
    assert (back.shape, back.dtype, back.tobytes()) == (array.shape, array.dtype, array.tobytes())
    outcome = STACKS["kserve"].receive(payload.body, payload.content_type, to)
    assert outcome.data.tobytes() == back.tobytes()


@BOTH
def test_kserve_reads_v2_bit_exactly(kserve, array, to):
    payload = body_of("kserve-v2", array, to)
    back = kserve.InferRequest.from_bytes(payload.body, len(payload.body), "model").inputs[0].as_numpy()
    assert (back.shape, back.dtype, back.tobytes()) == (array.shape, array.dtype, array.tobytes())


@pytest.mark.parametrize(("datatype", "data", "shape"), [*V2_DATA, ("FP16", [0.5], [1])])
def test_kserve_casts_as_predicted(kserve, datatype, data, shape):
    tensor = {"name": "image", "shape": shape, "datatype": datatype, "data": data}
    body = json.dumps({"inputs": [tensor]}).encode()
    outcome = STACKS["kserve"].receive(body, "application/json", FLOAT_SPEC)
    rest = pytest.importorskip("kserve.protocol.rest.v2_datamodels").InferenceRequest
    try:
        request = rest.model_validate_json(body)
        expected = kserve.InferRequest.from_inference_request(request, "model").inputs[0].as_numpy()
    except Exception:  # noqa: BLE001 - InvalidInput, or one of NumPy's
        assert isinstance(outcome, RejectedRequest)
        return
    assert (outcome.data.dtype, outcome.data.shape) == (expected.dtype, expected.shape)
    assert str(outcome.data.tolist()) == str(expected.tolist())


@pytest.fixture(scope="module")
def ray_serve(tmp_path_factory):
    """The URL of a Ray Serve application: the generated handler with a model that returns its input."""
    folder = tmp_path_factory.mktemp("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_raylet_start_wait_time_s", "120")  # Ray stops a proxy after 5 s, too few on a busy machine
        patch.setenv("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "60")
        patch.syspath_prepend(folder)
        ray = pytest.importorskip("ray", reason="not installed: make stacks")
        serve = pytest.importorskip("ray.serve", reason="not installed: make stacks")
        target = replace(FLOAT_SPEC, payload={"stack": "ray-serve"})
        source = to_python(target, "ray-serve").replace(
            'raise NotImplementedError(f"no model is loaded; got a tensor of shape {tensor.shape}")',
            "return [str(tensor.dtype), list(tensor.shape), tensor.tobytes().hex()]",
        )
        (folder / "served_application.py").write_text(source, encoding="utf-8")
        ray.init(num_cpus=1, include_dashboard=False, runtime_env={"env_vars": {"PYTHONPATH": str(folder)}})
        try:
            serve.run(importlib.import_module("served_application").app, route_prefix="/")
            yield "http://127.0.0.1:8000/"
        finally:
            serve.shutdown()
            ray.shutdown()


def post(url, payload):
    request = urllib.request.Request(url, data=payload.body, headers={"Content-Type": payload.content_type})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def test_ray_serve_gets_the_tensor_of_an_npy_body(ray_serve):
    payload = body_of("npy", FLOATS, replace(FLOAT_SPEC, payload={"stack": "ray-serve"}))
    dtype, shape, values = post(ray_serve, payload)
    assert (dtype, tuple(shape), bytes.fromhex(values)) == ("float32", FLOATS.shape, FLOATS.tobytes())


def test_ray_serve_converts_an_image_body_like_convert(ray_serve):
    to = replace(FLOAT_SPEC, payload={"stack": "ray-serve", "envelope": "image"})
    photo = jpeg()
    dtype, shape, values = post(ray_serve, build_payload(photo, to))
    expected = convert(photo, to)
    assert (dtype, tuple(shape), bytes.fromhex(values)) == ("float32", expected.shape, expected.tobytes())
