"""Functions are found and called as the containers do, and their results are read."""

import ast
import io
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from handlers import PIL_RGB, candidate_of, each, running
from PIL import Image
from sample_images import jpeg, picture

import sm_imgcheck.features.handler
from sm_imgcheck import load_spec
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.handler import call_handler

PLAIN = np.asarray(Image.open(io.BytesIO(jpeg())).convert("RGB"))


def messages(candidate):
    return [(finding.code, finding.message) for finding in candidate.handled.findings]


@pytest.mark.parametrize("parameters", ["body, kind", "body, kind, context"])
@pytest.mark.sample(2)
def test_input_fn_gets_body_type_and_context(tmp_path, parameters):
    code = f"""
        def input_fn({parameters}):
            assert type(body) is bytearray and kind == "image/jpeg"
            if "context" in locals():
                assert context.get_request_header(0, "content-type") == kind
                assert context.system_properties["model_dir"]
            return pixels(body)
    """
    candidate = candidate_of(tmp_path, code)
    assert candidate.problem is None
    assert (candidate.handled.function, candidate.handled.made) == ("input_fn", "numpy.ndarray")
    np.testing.assert_array_equal(candidate.data, PLAIN)


def test_image_file_is_returned_as_source(tmp_path):
    (tmp_path / "x.jpg").write_bytes(jpeg())
    with running(tmp_path, dedent(PIL_RGB) + "\ndef input_fn(body, kind):\n    return pixels(body)") as run:
        candidate, source = call_handler(str(tmp_path / "x.jpg"), run, load_spec("pillow-rgb-01"))
    assert (candidate.path, candidate.kind, source) == (str(tmp_path / "x.jpg"), "tensor", jpeg())


@pytest.mark.parametrize("parameters", ["body", "*both"])
@pytest.mark.sample(2)
def test_input_fn_with_wrong_parameter_count_reports_hnd101(tmp_path, parameters):
    candidate = candidate_of(tmp_path, f"def input_fn({parameters}):\n    return 1")
    assert candidate.problem.code == "HND101"
    assert "arguments but 2 were given" in candidate.problem.message


def test_json_body_is_passed_as_text_and_images_as_bytes(tmp_path):
    code = "def input_fn(body, kind):\n    return np.array([len(body), isinstance(body, str)], np.float32)"
    assert candidate_of(tmp_path, code, body=b'"\xc3\xa4"', content_type="application/json").data.tolist() == [3, 1]
    assert candidate_of(tmp_path, code, body=b'"\xc3\xa4"', content_type="image/x").data.tolist() == [4, 0]


INPUT_FN = """
    def input_fn(body, kind):
        number, a = int(body), pixels(PICTURE)
"""
RETURNED = {
    "a": PLAIN,
    "a.astype(np.float32)[None]": PLAIN[None].astype(np.float32),
    "Image.fromarray(a)": PLAIN,
    "a.tolist()": PLAIN.astype(int),
    "{'x': a}": PLAIN,
    "(a, 'name')": PLAIN,
    "[a]": PLAIN,
    "{'pixel_values': a, 'mask': a[0, 0]}": PLAIN,
    "{'serving_default_input': a, 'other': a * 0}": PLAIN,
    "np.asfortranarray(a)": PLAIN,
}


def test_returned_objects_become_arrays(tmp_path):
    named = dict(load_spec("pillow-rgb-01").resolved) | {"name": "serving_default_input"}
    cases = [f"return {one}" for one in RETURNED]
    for candidate, (result, expected) in zip(
        each(tmp_path, INPUT_FN, cases, spec=named), RETURNED.items(), strict=True
    ):
        assert candidate.problem is None, result
        np.testing.assert_array_equal(candidate.data, expected)
        assert candidate.data.dtype == expected.dtype, result


def test_framework_tensors_are_read_by_their_methods(tmp_path):
    """Classes with the methods of torch's and MXNet's, so that neither has to be installed here."""
    code = """
        class Tensor:
            dtype, device, shape = "torch.bfloat16", "cuda:0", (1, 2)
            def detach(self): return self
            def cpu(self): return self
            def numpy(self): raise TypeError("Got unsupported ScalarType BFloat16")
            def float(self):
                self.numpy = lambda: np.array([[1.5, 2.5]], np.float32)
                return self
        class NDArray:
            shape = (1, 2)
            def asnumpy(self): return np.array([[3.0, 4.0]])
        def input_fn(body, kind):
            return Tensor() if kind == "image/a" else NDArray()
    """
    candidate = candidate_of(tmp_path, code, content_type="image/a")
    assert (candidate.data.tolist(), candidate.handled.dtype) == ([[1.5, 2.5]], "bfloat16")
    assert ("HND130", "input_fn: on cuda:0") in messages(candidate)
    assert candidate_of(tmp_path, code, content_type="image/b").data.tolist() == [[3.0, 4.0]]


NO_TENSORS = {
    "None": "None",
    "(i for i in 'ab')": "generator",
    "object()": "object, expected a tensor",
    "'text'": "returned 'text', expected a tensor",
    "0": "returned 0, expected a tensor",
    "{'error': 'no image'}": "returned an error: no image",
    "{'a': 1, 'b': None}": "without a tensor (a: int, b: NoneType)",
    "{'a': np.zeros((2, 2, 3)), 'b': np.zeros((2, 2, 3))}": "2 tensors (a [2, 2, 3], b [2, 2, 3])",
    "[[1, 2], [3]]": "a list that cannot be converted to an array",
    "['a']": "a list of str",
    "np.array([object()])": "of Python objects",
}


def test_non_tensor_result_reports_hnd105(tmp_path):
    found = each(tmp_path, INPUT_FN, [f"return {one}" for one in NO_TENSORS])
    for candidate, (result, clause) in zip(found, NO_TENSORS.items(), strict=True):
        assert candidate.problem.code == "HND105", result
        assert clause in candidate.problem.message


def test_coroutine_result_reports_missing_await(tmp_path):
    candidate = candidate_of(tmp_path, "async def input_fn(body, kind):\n    return pixels(body)")
    assert candidate.problem.code == "HND105"
    assert "without await" in candidate.problem.message


INPUT_HANDLER = """
    import json
    def output_handler(response, context):
        return response.content, context.accept_header
    def input_handler(data, context):
        assert context.request_content_type == "image/jpeg" and context[8] == context.accept_header
        number, a = int(data.read()), pixels(PICTURE)
"""
POSTED = (
    'json.dumps({"instances": a[None].tolist()})',
    'json.dumps({"inputs": a[None].tolist()}).encode()',
    'json.dumps({"instances": [{"input_1": a.tolist()}]})',
    'io.StringIO(json.dumps({"instances": a[None].tolist()}))',
)


def test_input_handler_text_is_parsed_like_tensorflow_serving(tmp_path):
    for candidate in each(tmp_path, INPUT_HANDLER, [f"return {one}" for one in POSTED]):
        assert candidate.problem is None
        assert (candidate.handled.function, candidate.data.dtype) == ("input_handler", "float32")
        np.testing.assert_array_equal(candidate.data, PLAIN[None])


def test_input_handler_dict_reports_hnd122(tmp_path):
    (candidate,) = each(tmp_path, INPUT_HANDLER, ['return {"instances": a[None].tolist()}'])
    assert candidate.data.shape == (1, 48, 64, 3)
    assert [code for code, _ in messages(candidate)] == ["HND122"]


REFUSED = {
    "json.dumps(a.tolist())": 'request: expected {"instances"',
    'json.dumps({"instances": "abc"})': "rejected by TensorFlow Serving",
    "a": "expected the text of a request",
    "None": "expected the text of a request",
}


def test_input_handler_text_refused_by_tensorflow_serving_is_reported(tmp_path):
    found = each(tmp_path, INPUT_HANDLER, [f"return {one}" for one in REFUSED])
    for candidate, clause in zip(found, REFUSED.values(), strict=True):
        assert candidate.problem.code == "HND105"
        assert clause in candidate.problem.message


def test_input_handler_without_batch_dimension_reports_hnd124(tmp_path):
    (candidate,) = each(tmp_path, INPUT_HANDLER, ['return json.dumps({"instances": a.tolist()})'])
    assert "HND124" in [code for code, _ in messages(candidate)]


def test_input_handler_without_output_handler_reports_hnd121(tmp_path):
    code = 'import json\ndef input_handler(data, context):\n    return json.dumps({"inputs": [[1.0]]})'
    candidate = candidate_of(tmp_path, code)
    assert candidate.data.tolist() == [[1.0]]
    assert [code for code, _ in messages(candidate)] == ["HND121"]


def test_request_posted_by_handler_is_captured(tmp_path):
    code = """
        import json
        from urllib.request import Request, urlopen
        def handler(data, context):
            text = json.dumps({"instances": pixels(data.read())[None].tolist()}).encode()
            with urlopen(Request(context.rest_uri, text)) as answer:
                return json.loads(answer.read())["outputs"], context.accept_header  # there are none
    """
    candidate = candidate_of(tmp_path, code)
    assert candidate.problem is None
    np.testing.assert_array_equal(candidate.data[0], PLAIN)
    silent = candidate_of(tmp_path, "def handler(data, context):\n    return data.read(), context.accept_header")
    assert silent.problem.code == "HND107"
    assert "did not POST" in silent.problem.message


def test_spec_stack_selects_between_two_functions(tmp_path):
    code = """
        def input_fn(body, kind): return np.zeros((1, 1))
        def handler(data, context): raise KeyError("of the handler")
    """
    assert candidate_of(tmp_path, code).data.tolist() == [[0]]
    assert candidate_of(tmp_path, code, stack="tensorflow-serving").problem.code == "HND101"


TORCHSERVE = """
    from ts.torch_handler.base_handler import BaseHandler
    class Classifier(BaseHandler):
        def initialize(self, context):
            self.scale = 2
            self.model = open(context.system_properties["model_dir"] + "/model.pt")
        def preprocess(self, data):
            assert self.device == "cpu"
            return np.stack([pixels(row.get("data") or row.get("body")) for row in data]) * SCALE
"""


def test_torchserve_class_preprocesses_without_model_file(tmp_path):
    candidate = candidate_of(tmp_path, TORCHSERVE.replace("SCALE", "1"))
    np.testing.assert_array_equal(candidate.data[0], PLAIN)
    assert candidate.handled.function == "Classifier.preprocess"
    assert messages(candidate) == [
        ("HND130", "Classifier.preprocess: TorchServe is not installed; a stub of its handler classes was used")
    ]


VISION = """
    import sys
    class Batch(np.ndarray):
        def to(self, device):
            return self
    torch = type(sys)("torch")
    torch.stack = lambda images: np.stack(images).view(Batch)
    torch.FloatTensor = np.asarray
    sys.modules["torch"] = torch
    from ts.context import Context
    from ts.torch_handler.image_classifier import ImageClassifier
    from ts.utils.util import map_class_to_label
    class Classifier(ImageClassifier):
        image_processing = staticmethod(lambda image: np.asarray(image, np.float32) / 255)
"""


def test_torchserve_classifier_with_image_processing_alone_makes_the_batch(tmp_path):
    candidate = candidate_of(tmp_path, VISION)
    np.testing.assert_array_equal(candidate.data[0], np.float32(PLAIN) / 255)


def test_torchserve_image_processing_that_initialize_sets_replaces_the_default(tmp_path):
    initialize = "def initialize(self, context):\n            self.image_processing = ("
    candidate = candidate_of(tmp_path, VISION.replace("image_processing = staticmethod(", initialize))
    np.testing.assert_array_equal(candidate.data[0], np.float32(PLAIN) / 255)


RUNPOD = """
    import base64
    import runpod
    from runpod.serverless.utils.rp_validator import validate
    async def handler(job):
        values = validate(job["input"], {"photo": {"type": str}})
        if "errors" in values:
            yield values
        else:
            yield pixels(base64.b64decode(values["validated_input"]["photo"] or job["input"].get("image")))
    runpod.serverless.start({"handler": handler})
"""


def test_runpod_handler_that_yields_asynchronously_gets_a_job_without_unknown_names(tmp_path):
    candidate = candidate_of(tmp_path, RUNPOD)
    np.testing.assert_array_equal(candidate.data, PLAIN)
    assert candidate.handled.function == "handler"


def test_runpod_handler_is_not_checked_with_a_body_that_is_not_json(tmp_path):
    candidate = candidate_of(tmp_path, RUNPOD, body=b"\x93NUMPY", content_type="application/x-npy")
    assert (candidate.problem.code, candidate.problem.severity) == ("HND107", "warning")
    assert "handler needs a job: got application/x-npy, expected JSON" in candidate.problem.message


def test_failed_initialize_keeps_attributes_set_before(tmp_path):
    candidate = candidate_of(tmp_path, TORCHSERVE.replace("SCALE", "np.uint8(self.scale)"))
    np.testing.assert_array_equal(candidate.data[0], PLAIN * np.uint8(2))


def test_attribute_missing_after_failed_initialize_is_not_checked(tmp_path):
    candidate = candidate_of(tmp_path, TORCHSERVE.replace("SCALE", "self.set_after_the_model"))
    assert candidate.problem.code == "HND107"
    assert "no attribute 'set_after_the_model'; initialize raised FileNotFoundError" in candidate.problem.message


def test_two_torchserve_classes_report_hnd123(tmp_path):
    candidate = candidate_of(tmp_path, "class Label: pass\nclass Net:\n    def preprocess(self, data): return [[1.0]]")
    assert [code for code, _ in messages(candidate)] == ["HND123"]
    assert candidate.data.tolist() == [[1.0]]


def test_transform_fn_with_input_fn_reports_hnd120(tmp_path):
    candidate = candidate_of(tmp_path, "def input_fn(b, k): return [[1.0]]\ndef transform_fn(m, b, k, a): pass")
    assert [code for code, _ in messages(candidate)] == ["HND120"]


CALLING_THE_MODEL = (
    "return model(x)",
    "return model.to('cpu').eval()(x)",
    "with model as session:\n    return session.run(None, {session.get_inputs: x})",
    "return model.predict(x, verbose=0)[0]",
    "return model['net'].forward([x])",
    "try:\n    return model.signatures['serving_default'](input_1=x)\nexcept Exception:\n    return None",
)


MAKING_IT_LATE = {
    "predict_fn": """
        def input_fn(body, kind):
            return {"number": int(body), "image": Image.open(io.BytesIO(PICTURE))}
        def predict_fn(data, model):
            number, x = data["number"], np.asarray(data["image"])[None] / np.float32(255)
    """,
    "transform_fn": """
        def transform_fn(model, body, kind, accept, context):
            number, x = int(body), pixels(PICTURE)[None] / np.float32(255)
    """,
}


@pytest.mark.parametrize("function", MAKING_IT_LATE)
def test_tensor_at_model_call_is_recorded_in_each_function(tmp_path, function):
    found = each(tmp_path, MAKING_IT_LATE[function], CALLING_THE_MODEL)
    for candidate, code in zip(found, CALLING_THE_MODEL, strict=True):
        assert candidate.problem is None, code
        np.testing.assert_array_equal(candidate.data, PLAIN[None] / np.float32(255))


UNSEEN = {
    "return model.score.upper() + 1 / model.score['x'].upper(1)[0:2] / 0": "predict_fn did not call the model",
    "return model['processor'](images=pixels(PICTURE))": "its result for the image was not checked",
    "return model(Image.open(io.BytesIO(PICTURE)))": "which the real one preprocesses",
    "return Image.new('RGB', model.mean)": "before it called the model",
}


def test_predict_fn_that_calls_no_model_is_uncertain(tmp_path):
    function = """
        def input_fn(body, kind): return [int(body), 7.0]
        def predict_fn(data, model, context):
            number = data[0]
    """
    for candidate, said in zip(each(tmp_path, function, UNSEEN), UNSEEN.values(), strict=True):
        assert candidate.data.tolist()[1] == 7
        assert said in "; ".join(candidate.handled.uncertainties)


def test_transform_fn_without_model_call_reports_hnd107(tmp_path):
    candidate = candidate_of(tmp_path, "def transform_fn(model, body, kind, accept): return body, accept")
    assert candidate.problem.code == "HND107"
    assert "transform_fn did not call its model with a tensor" in candidate.problem.message


@pytest.mark.parametrize(
    ("code", "clause"),
    [
        ("def model_fn(folder): pass", "the container's default reads the request"),
        ("def main(): pass", "missing entry point: expected input_fn, input_handler, handler, lambda_handler"),
    ],
)
@pytest.mark.sample(2)
def test_file_without_entry_point_is_refused(tmp_path, code, clause):
    with pytest.raises(ImgcheckError) as error:
        candidate_of(tmp_path, code)
    assert clause in str(error.value)
    assert "--function" in str(error.value)


@pytest.mark.parametrize(
    ("code", "function"),
    [
        ("def prepare(body): return [len(body)]", "prepare"),
        ("def prepare(body, kind): return [len(body), kind == 'image/jpeg']", "prepare"),
        ("def prepare(body, size=224): return [len(body), size]", "prepare"),
        ("class Net:\n    def prepare(self, body): return [len(body)]", "Net.prepare"),
        ("class Net:\n    def preprocess(self, data): return [len(data[0]['body'])]", "Net"),
    ],
)
@pytest.mark.sample(5)
def test_named_function_is_called(tmp_path, code, function):
    candidate = candidate_of(tmp_path, code, function=function)
    assert candidate.data.tolist()[0] == len(jpeg())
    assert len(candidate.data) == 1 or candidate.data.tolist()[1] in (1, 224)


def test_missing_named_function_is_refused(tmp_path):
    with pytest.raises(ImgcheckError, match=r"missing function: nothing.*defines pixels"):
        candidate_of(tmp_path, "pixels", function="nothing")


def test_handler_file_finds_modules_and_files_in_its_folder(tmp_path):
    code = tmp_path / "code"
    (code / "lib").mkdir(parents=True)
    (code / "helper.py").write_text("NUMBER = 7")
    (code / "lib" / "packed.py").write_text("NUMBER = 8")
    (code / "table.txt").write_text("9")
    source = """
        import os
        import helper, packed
        table = open("table.txt").read() + open(os.path.join(os.path.dirname(__file__), "table.txt")).read()
        def input_fn(body, kind, context):
            return [helper.NUMBER, packed.NUMBER, int(table), __name__ == "inference",
                    context.system_properties["model_dir"] == os.path.dirname(os.getcwd())]
    """
    with running(code, source) as run:
        assert call_handler(jpeg(), run, load_spec("pillow-rgb-01"))[0].data.tolist() == [7, 8, 99, 1, 1]
    assert sorted(path.name for path in code.rglob("*")) == [
        "helper.py",
        "inference.py",
        "lib",
        "packed.py",
        "table.txt",
    ]


def test_handler_process_gets_no_credentials_and_no_package_modules(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://hidden")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    source = """
        import os, sys
        def input_fn(body, kind):
            ours = [name for name in sys.modules if "imgcheck" in name and not name.startswith("guest")]
            kept = sorted(name for name in os.environ if name.startswith("AWS_") and os.environ[name] != os.devnull)
            assert sys.stdin.read() == ""
            return {"x": [[1.0]], "said": (ours, [path for path in sys.path if "features/handler" in path], kept)}
        def check(body):
            raise RuntimeError(repr(input_fn(body, "")["said"]))
    """
    with running(tmp_path, source, function="check") as run:
        problem = call_handler(jpeg(), run, load_spec("pillow-rgb-01"))[0].problem
    assert problem.code == "HND101"
    assert "([], [], ['AWS_EC2_METADATA_DISABLED', 'AWS_REGION'])" in problem.message


def test_tensor_file_is_sent_as_npy_request(tmp_path):
    np.save(tmp_path / "x.npy", picture())
    code = (
        "def input_fn(body, kind):\n    assert kind == 'application/x-npy'\n    return np.load(io.BytesIO(body)) / 255"
    )
    with running(tmp_path, dedent(PIL_RGB) + code) as run:
        candidate, source = call_handler(str(tmp_path / "x.npy"), run, load_spec("pillow-rgb-01"))
    assert source is None
    np.testing.assert_array_equal(candidate.data, picture() / 255)


def test_non_image_file_is_not_sent(tmp_path):
    (tmp_path / "x.txt").write_text("<html>")
    with running(tmp_path, "raise SystemExit") as run:
        assert call_handler(str(tmp_path / "x.txt"), run, load_spec("pillow-rgb-01"))[0].problem.code == "SRC103"
        assert run.load_reply is None


def test_child_process_code_is_valid_python_38():
    """It runs in the user's interpreter, which may be as old as the oldest container that is still in use."""
    package = Path(sm_imgcheck.features.handler.__file__).parent
    files = [package / "child_main.py", *(package / "guest").rglob("*.py")]
    assert len(files) > 5
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
        assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names) | {
            "numpy",
            "PIL",
            *("aiohttp", "azure", "django", "fastapi", "flask", "mlserver", "starlette", "tornado"),  # user code
        }
        assert any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body) or not names
