"""Requests in the forms of each server, and what is missing for a call."""

import base64
import io
import json
import tarfile
import zipfile
from textwrap import dedent

import numpy as np
import pytest
from handlers import PIL_RGB, candidate_of, running
from PIL import Image
from sample_images import jpeg

from sm_imgcheck import load_spec, validate_handler
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.handler import Handler, HandlerRunner, call_handler

SPEC = load_spec("pillow-rgb-01")
PLAIN = np.asarray(Image.open(io.BytesIO(jpeg())).convert("RGB"))
TEXT = base64.b64encode(jpeg()).decode()
FORM = b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + jpeg() + b"\r\n--xyz--\r\n"


def request_form(candidate):
    return candidate.handled.content_type


JSON_READERS = {
    'payload["image"]': 'application/json {"image": BASE64}',
    'payload.get("picture_data")': 'application/json {"picture_data": BASE64}',
    'payload["instances"][0]["b64"]': 'application/json {"instances": [{"b64": BASE64}]}',
    'payload["inputs"]["image"]': 'application/json {"inputs": {"image": BASE64}}',
    'payload["instances"][0]["photo"]["b64"]': 'application/json {"instances": [{"photo": {"b64": BASE64}}]}',
}


@pytest.mark.parametrize(("expression", "form"), JSON_READERS.items())
@pytest.mark.sample(5)
def test_image_is_sent_in_the_json_that_the_file_reads(tmp_path, expression, form):
    code = f"""
        import base64, json
        def input_fn(body, kind):
            if kind != "application/json":
                raise ValueError("content type: " + kind)
            payload = json.loads(body)
            return pixels(base64.b64decode({expression}))
    """
    candidate = candidate_of(tmp_path, code)
    assert candidate.problem is None
    assert request_form(candidate) == form
    np.testing.assert_array_equal(candidate.data, PLAIN)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps({"image": TEXT}).encode(), "application/json"),
        (json.dumps({"instances": [{"b64": "data:image/jpeg;base64," + TEXT}]}).encode(), None),
        (FORM, "multipart/form-data; boundary=xyz"),
        (FORM, None),
    ],
    ids=["json", "json-data-url", "form", "form-without-content-type"],
)
@pytest.mark.sample(2)
def test_image_inside_a_request_is_the_source(tmp_path, body, content_type):
    with running(tmp_path, "def input_fn(body, kind):\n    return [len(body)]", content_type=content_type) as run:
        candidate, source = call_handler(body, run, SPEC)
    assert source == jpeg()
    assert candidate.data.tolist() == [len(body)]


def test_request_with_two_images_has_no_source(tmp_path):
    body = json.dumps([TEXT, TEXT]).encode()
    with running(tmp_path, "def input_fn(body, kind):\n    return [len(body)]") as run:
        assert call_handler(body, run, SPEC)[1] is None


FUNCTIONS = {
    "bytes": "return pixels(value)",
    "Pillow image": "return np.asarray(value.convert('RGB'))",
    "RGB array": "return value + np.zeros((48, 64, 3), value.dtype)",
    "path": "return np.asarray(Image.open(open(str(value), 'rb')).convert('RGB'))",
    "base64 text": "import base64\nreturn pixels(base64.b64decode(value, validate=True))",
}


@pytest.mark.parametrize(("form", "code"), FUNCTIONS.items())
@pytest.mark.sample(5)
def test_function_gets_the_first_form_that_it_accepts(tmp_path, form, code):
    body = "\n".join(f"            {line}" for line in code.splitlines())
    candidate = candidate_of(tmp_path, f"\n        def preprocess(value):\n{body}\n")
    assert candidate.problem is None
    assert request_form(candidate) == form
    np.testing.assert_array_equal(candidate.data, PLAIN)


def test_error_of_the_attempt_with_the_most_progress_is_reported(tmp_path):
    code = """
        import base64, json
        def lambda_handler(event, context):
            try:
                image = pixels(base64.b64decode(json.loads(event["body"])["image"]))
                return image.transpose(2, 0, 1, 3)
            except Exception as error:
                return {"statusCode": 500, "body": json.dumps({"error": str(error)})}
    """
    candidate = candidate_of(tmp_path, code)
    assert candidate.problem.code == "HND105"
    assert "returned an error: status 500" in candidate.problem.message
    assert "axes don't match array" in candidate.problem.message


def test_output_of_a_swallowed_exception_is_shown(tmp_path):
    code = """
        def input_fn(body, kind):
            try:
                return pixels(body).reshape(2, 2)
            except Exception as error:
                print("Error input_fn")
                print(error)
                return 0
    """
    message = candidate_of(tmp_path, code).problem.message
    assert "returned 0, expected a tensor; last output: Error input_fn / cannot reshape array" in message


@pytest.mark.parametrize(
    ("code", "clause"),
    [
        ("return cv2.imdecode(np.frombuffer(base64.b64decode(body), np.uint8), 1)", "probably cv2.imdecode"),
        ("image = cv2.imread('nothing.jpg')\nreturn image", "probably cv2.imread"),
        ("pixels(body)", "return statement missing"),
    ],
)
@pytest.mark.sample(3)
def test_none_is_reported_with_its_likely_cause(tmp_path, code, clause):
    uses = "import base64\n        import cv2\n" if "cv2" in code else ""
    lines = "\n".join(f"            {line}" for line in code.splitlines())
    candidate = candidate_of(tmp_path, f"        {uses}\n        def input_fn(body, kind):\n{lines}\n")
    assert candidate.problem.code == "HND105"
    assert clause in candidate.problem.message


def test_handler_with_uninstalled_package_is_not_checked(tmp_path):
    candidate = candidate_of(tmp_path, "import nothing_like_it\ndef input_fn(body, kind): return pixels(body)")
    assert candidate.problem.code == "HND107"
    assert "nothing_like_it is not installed for this Python; pass an interpreter" in candidate.problem.message
    assert "requirements.txt does not list it" in candidate.problem.message


def test_relative_import_names_the_absolute_one(tmp_path):
    (tmp_path / "helpers.py").write_text("SIZE = 1")
    candidate = candidate_of(tmp_path, "from .helpers import SIZE\ndef input_fn(body, kind): return [1.0]")
    assert candidate.problem.code == "HND101"
    assert "write `from helpers import SIZE`" in candidate.problem.message


def test_class_with_constructor_arguments_names_them(tmp_path):
    code = """
        class Preprocessor:
            def __init__(self, size, mean=0):
                pass
            def run(self, body):
                return pixels(body)
    """
    with pytest.raises(ImgcheckError, match=r"class Preprocessor needs constructor arguments \(size\)"):
        candidate_of(tmp_path, code, function="Preprocessor.run")


def test_prediction_without_a_model_call_is_not_checked(tmp_path):
    code = "def lambda_handler(event, context):\n    return {'statusCode': 200, 'body': '[0.1, 0.9]'}"
    candidate = candidate_of(tmp_path, code)
    assert candidate.problem.code == "HND107"
    assert "without a model call that could be observed" in candidate.problem.message


def test_tensor_that_predict_fn_may_change_has_no_errors(tmp_path):
    code = """
        def model_fn(folder):
            return open(folder + "/nothing")
        def input_fn(body, kind):
            return pixels(body)
        def predict_fn(image, model):
            return model.transform(image)
    """
    (tmp_path / "inference.py").write_text(dedent(PIL_RGB) + dedent(code))
    (tmp_path / "x.jpg").write_bytes(jpeg())
    (result,) = validate_handler(tmp_path / "inference.py", [tmp_path / "x.jpg"], "pillow-rgb-01")
    assert result.status == "not checked"
    assert [finding.code for finding in result.findings if finding.severity != "notice"] == ["HND107"]


def test_cmyk_is_named_as_the_cause_of_four_channels(tmp_path):
    code = "import io\nimport numpy as np\nfrom PIL import Image\n"
    code += "def input_fn(body, kind):\n    return np.asarray(Image.open(io.BytesIO(body)))[None]\n"
    (tmp_path / "inference.py").write_text(code)
    Image.open(io.BytesIO(jpeg())).convert("CMYK").save(tmp_path / "x.jpg")
    spec = {"shape": ["N", 48, 64, 3], "dtype": "uint8", "channel_order": "RGB", "value_range": [0, 255]}
    (result,) = validate_handler(tmp_path / "inference.py", [tmp_path / "x.jpg"], spec)
    assert [finding.code for finding in result.errors] == ["SHP107"]
    assert "got 4 (CMYK" in result.errors[0].message


SOURCE = dedent(PIL_RGB) + "def input_fn(body, kind):\n    return pixels(body)\n"


def test_model_archive_runs_its_code(tmp_path):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        for name, content in (("code/inference.py", SOURCE), ("model.pt", "weights"), ("../out.py", "1 / 0")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            if ".." not in name:
                archive.addfile(member, io.BytesIO(content.encode()))
    with HandlerRunner(Handler(file=str(tmp_path / "model.tar.gz")), SPEC) as run:
        np.testing.assert_array_equal(call_handler(jpeg(), run, SPEC)[0].data, PLAIN)
        folder = run.file.parent.parent
        assert (folder / "model.pt").exists()
    assert not folder.exists()


def test_torchserve_archive_runs_handler_of_its_manifest(tmp_path):
    with zipfile.ZipFile(tmp_path / "net.mar", "w") as archive:
        archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"model": {"handler": "my_handler.py"}}))
        archive.writestr("my_handler.py", SOURCE)
    with HandlerRunner(Handler(file=str(tmp_path / "net.mar")), SPEC) as run:
        np.testing.assert_array_equal(call_handler(jpeg(), run, SPEC)[0].data, PLAIN)


@pytest.mark.parametrize("name", ["../../escape.py", "/tmp/escape.py"])
def test_archive_member_outside_the_folder_is_refused(tmp_path, name):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = 1
        archive.addfile(member, io.BytesIO(b"1"))
    with pytest.raises(ImgcheckError, match=r"missing inference\.py"):
        HandlerRunner(Handler(file=str(tmp_path / "model.tar.gz")), SPEC)
    assert not (tmp_path.parent / "escape.py").exists()


def test_damaged_archive_is_an_error(tmp_path):
    (tmp_path / "model.tar.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(ImgcheckError, match="archive cannot be unpacked"):
        HandlerRunner(Handler(file=str(tmp_path / "model.tar.gz")), SPEC)


def test_missing_model_dir_is_an_error(tmp_path):
    (tmp_path / "inference.py").write_text(SOURCE)
    with pytest.raises(ImgcheckError, match="--model-dir /nowhere: no such folder"):
        HandlerRunner(Handler(file=str(tmp_path / "inference.py"), model_dir="/nowhere"), SPEC)


def test_address_that_cannot_be_reached_while_importing_is_not_checked(tmp_path):
    code = """
        from urllib.request import urlopen
        names = urlopen("http://names.invalid/birds.txt").read().split()

        def lambda_handler(event, context):
            return names
    """
    candidate = candidate_of(tmp_path, code)
    assert candidate.problem.code == "HND107"
    assert "run sm-imgcheck where that address can be reached" in candidate.problem.message
