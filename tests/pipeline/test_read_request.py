"""``validate`` of request bodies: from bytes to findings and reports."""

import base64
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, jpeg, picture

from sm_imgcheck import validate
from sm_imgcheck.cli import main
from sm_imgcheck.core.types import DecodedRequest, RejectedRequest
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES
from sm_imgcheck.report._records import encode, plain
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope
from sm_imgcheck.serving.stacks import STACKS
from specs import problems, spec

SHAPE = {"shape": ["1..8", 8, 6, 3], "layout": "NHWC"}
GOOD = (picture(8, 6)[None] / 255).astype(np.float32)


def stack_spec(stack_="", /, **changes):
    payload = {"stack": stack_} if stack_ else {}
    return spec(**{"name": "input", **SHAPE, "payload": {**payload, **changes.pop("payload", {})}, **changes})


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def codes(body, content_type, wanted):
    result = validate(body, wanted, content_type=content_type)
    assert result.kind == "request"
    assert result.plan is None
    assert result.skipped
    return {one.code for one in result.findings if one.severity != "notice"}


def json_body(array):
    return json.dumps(np.asarray(array).tolist()).encode()


PNG = encode_image(Image.fromarray(picture()), "PNG")
INT = {"dtype": "uint8", "value_range": [0, 255]}
ROWS = [  # stack, content type, body, changes of the spec, codes of errors and warnings
    ("pytorch", "application/x-npy", npy(GOOD), {}, set()),
    ("pytorch", "application/json", json_body(GOOD), {}, set()),
    ("toolkit", "application/json", json_body(GOOD), {}, {"DTY101"}),
    ("pytorch", "application/x-npy", npy(GOOD.astype(np.float64)), {}, {"DTY101"}),
    ("pytorch", "application/json", json_body(picture(8, 6)[None]), {}, {"VAL101"}),
    ("pytorch", "application/json", json_body(GOOD[0]), {}, {"SHP102"}),
    ("tensorflow-serving", "application/json", json_body(GOOD[0]), {}, {"SHP102", "PAY105"}),
    ("tensorflow-serving", "application/json", json.dumps({"instances": GOOD.tolist()}).encode(), {}, set()),
    ("tensorflow-serving", "application/json", json.dumps({"instances": GOOD.tolist()}).encode(), INT, {"PAY107"}),
    ("mlflow", "application/json", json.dumps({"instances": GOOD.tolist()}).encode(), INT, {"PAY106", "VAL109"}),
    ("toolkit", "application/x-npy", npy(GOOD.astype(">f4")), {}, {"DTY102"}),
    ("pytorch", "application/x-npy", npy(GOOD.astype(">f4")), {}, {"PAY113"}),
    ("pytorch", "application/x-npy", npy(np.moveaxis(GOOD, 3, 1)), {}, {"SHP105"}),
    ("toolkit", "application/json", b'{"instances": []}', {}, {"PAY103"}),
    ("pytorch", "application/json", jpeg(), {}, {"PAY102"}),
    ("pytorch", "image/jpeg", jpeg(), {}, {"PAY101"}),
    ("huggingface", "image/jpeg", jpeg(), {}, set()),
    ("huggingface", "image/jpeg", PNG, {}, {"PAY119"}),
    ("huggingface", "image/jpeg", jpeg(orientation=6), {}, {"SRC131"}),
    ("huggingface", "image/jpeg", jpeg(mode="CMYK"), {}, {"SRC135"}),
    ("huggingface", "image/jpeg", jpeg()[:-300], {}, {"SRC110"}),
    ("huggingface", "application/json", json.dumps({"inputs": base64.b64encode(jpeg()).decode()}).encode(), {}, set()),
    ("mlserver", "application/json", b'{"inputs": [', {}, {"PAY116"}),
    ("custom", "application/octet-stream", GOOD.tobytes(), {"payload": {"envelope": "raw"}}, set()),
    ("custom", "application/octet-stream", GOOD.tobytes()[:-1], {"payload": {"envelope": "raw"}}, {"PAY103"}),
    ("custom", "text/x", b"", {"payload": {"content_type": "text/y"}}, {"PAY101"}),
    ("builtin-image-classification", "application/x-image", jpeg(), {}, set()),
    ("builtin-image-classification", "image/jpg", jpeg(), {}, {"PAY101"}),
    ("builtin-image-classification", "image/jpeg", npy(GOOD), {}, {"PAY102"}),
    ("", "application/x-npy", npy(GOOD), {}, set()),
    ("", "application/json", json_body(GOOD), {}, set()),
    ("", "application/json", json.dumps({"instances": GOOD.tolist()}).encode(), {}, set()),
    ("", "application/json", json.dumps({"inputs": "data:image/png;base64," + "A" * 80}).encode(), {}, {"PAY111"}),
    ("", "application/json", jpeg(), {}, {"PAY102"}),
    ("", "application/json", b"[[1, 2], [3]]", {}, {"PAY108"}),
    ("", "application/json", b"[[1, 2.5]]", INT, {"PAY107"}),
    ("", "application/json", b'[{"a": 1}, "b"]', {}, {"PAY103"}),
    ("", "image/png", PNG, {}, set()),
    ("", "", npy(GOOD), {}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content_type", "body", "changes", "want"), ROWS)
def test_request_body_has_expected_codes(name, content_type, body, changes, want):
    assert codes(body, content_type, stack_spec(name, **changes)) == want


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data:image/jpeg;base64,{}", "prefix of a data URL"),
        ("{}", ""),
        ("-_{}", "URL-safe alphabet"),
        ("!!!!{}", "is not valid base64"),
        ("AAAA{}", "image data after 3 other bytes"),
    ],
)
def test_base64_body_for_encoded_image_input_is_decoded(text, words):
    image = jpeg() + b"\0" * (-len(jpeg()) % 3)
    body = json.dumps({"instances": [{"b64": text.format(base64.b64encode(image).decode())}]}).encode()
    result = validate(
        body, stack_spec("tensorflow-serving", payload={"envelope": "instances-b64"}), content_type="application/json"
    )
    told_of = [one.message for one in result.findings if one.code == "PAY110"]
    assert bool(told_of) == bool(words)
    assert words in "".join(told_of)
    assert (result.header is not None) == (not words)


def test_base64_for_numeric_input_reports_pay111():
    body = json.dumps({"instances": [{"b64": base64.b64encode(jpeg()).decode()}]}).encode()
    assert codes(body, "application/json", stack_spec("tensorflow-serving")) == {"PAY111"}


def test_image_envelope_treats_an_image_as_the_request():
    wanted = stack_spec("huggingface", payload={"envelope": "image"})
    result = validate(jpeg(orientation=6), wanted)
    assert (result.kind, result.request.content_type, result.facts) == ("request", "image/jpeg", None)
    assert [one.code for one in result.findings] == ["SRC131"]
    small = stack_spec("huggingface", payload={"envelope": "image", "max_bytes": 10})
    assert "PAY114" in {one.code for one in validate(jpeg(), small).findings}
    assert validate(npy(GOOD), wanted).kind == "tensor"


def test_body_over_the_reading_limit_is_checked_by_size(tmp_path):
    large = tmp_path / "large.npy"
    with large.open("wb") as file:
        file.truncate(2 << 30)  # sparse
    result = validate(large, stack_spec("pytorch"), content_type="application/x-npy")
    assert result.request.size == 2 << 30
    assert result.request.size > MAX_FILE_BYTES
    assert {one.code: one.severity for one in result.findings} == {"PAY114": "error", "PAY120": "notice"}


@pytest.mark.skipif(os.name == "nt", reason="needs pipes with names")
def test_pipe_folder_and_missing_file_are_findings(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "none"):
        (one,) = validate(path, stack_spec("pytorch"), content_type="application/json").findings
        assert one.code == "SRC101"


def test_array_as_request_body_reports_src150():
    assert codes(GOOD, "application/x-npy", stack_spec("pytorch")) == {"SRC150"}


# Specs


def test_invalid_stack_envelope_pairs_list_the_accepted_values():
    found = problems(payload={"stack": "triton", "envelope": "npy"})
    assert "triton-binary or kserve-v2" in found["payload.envelope"]
    assert "stack: custom" in found["payload.envelope"]
    found = problems(payload={"stack": "huggingface", "content_type": "image/jpg"})
    assert "image/jpeg, image/png" in found["payload.content_type"]
    assert "expected toolkit, pytorch" in problems(payload={"stack": "qqqq"})["payload.stack"]
    assert not problems(payload={"stack": "mlflow", "content_type": "application/json; charset=utf-8"})
    assert not problems(payload={"stack": "custom", "envelope": "raw", "content_type": "x/y"})


@pytest.mark.parametrize("name", STACKS.names())
def test_stack_has_facts_and_expected_rank(name):
    serving = STACKS[name]
    assert set(serving.envelopes) <= set(ENVELOPES.names())
    assert bool(serving.envelopes) == (name != "custom")
    assert (serving.body_limit is not None) == bool(serving.limit_setting)
    assert set(STACKS.by_rank()) == set(STACKS.names())
    assert STACKS.by_rank()[serving.rank] == name


def test_built_payload_is_accepted_by_its_stack():
    for name in STACKS.names():
        for form in STACKS[name].envelopes or ENVELOPES.names():
            if not isinstance(ENVELOPES[form], TensorEnvelope) or (name == "huggingface" or form in ("csv", "npz")):
                continue
            wanted = stack_spec(name, payload={"envelope": form}, name="image")
            array = np.concatenate([GOOD, GOOD])
            sent = ENVELOPES[form].build(array, wanted)
            got = STACKS[name].receive(sent.body, sent.content_type, wanted)
            assert isinstance(got, DecodedRequest), (name, form, got)
            assert np.array_equal(np.asarray(got.data, np.float32), array), (name, form)
            assert not got.findings, (name, form, got.findings)


# The command


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(
        "shape: ['1..8', 8, 6, 3]\nlayout: NHWC\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
        "payload: {stack: pytorch}\n"
    )
    (tmp_path / "good.npy").write_bytes(npy(GOOD))
    (tmp_path / "bad.npy").write_bytes(npy(GOOD.astype(">f4")))
    (tmp_path / "body.bin").write_bytes(npy(GOOD.astype(np.float64)))
    return tmp_path


def run(capsys, *words):
    return main(["validate", *words]), capsys.readouterr()


def test_text_report_of_a_rejected_body_has_status_and_code(folder, capsys):
    code, said = run(capsys, "bad.npy", "-s", "s.yaml", "--content-type", "application/x-npy")
    assert code == 1
    lines = said.out.splitlines()
    assert lines[0] == f"bad.npy: request body, application/x-npy, {len(npy(GOOD))} bytes"
    assert lines[1].startswith("pytorch: rejected with status 500: given numpy array has byte order different")
    assert "error  PAY113  big-endian-body" in said.out
    assert "convert" not in said.out
    assert lines[-1] == "1 error; sm-imgcheck payload writes a valid body from the image."
    code, said = run(capsys, "good.npy", "-s", "s.yaml", "--content-type", "application/x-npy")
    assert code == 0
    assert "pytorch: predict receives float32 [1, 8, 6, 3] NHWC RGB, 0" in said.out


def test_folder_of_bodies_reports_every_file(folder, capsys):
    code, said = run(capsys, ".", "-s", "s.yaml", "--content-type", "application/x-npy")
    assert code == 1
    assert said.out.startswith("4 requests\n")
    assert "body.bin" in said.out
    assert "convert" not in said.out


def test_json_report_has_received_and_rejected_bodies(folder, capsys):
    words = ["bad.npy", "good.npy", "-s", "s.yaml", "--content-type", "application/x-npy", "--format", "json"]
    _, said = run(capsys, *words)
    bad, good = json.loads(said.out)["results"]
    assert bad["kind"] == good["kind"] == "request"
    assert bad["request"]["refused"]["status"] == 500
    assert bad["request"]["refused"]["cause"] == "PAY113"
    assert bad["request"]["received"] is None
    assert good["request"]["received"] == {"form": "array", "what": "float32 (1, 8, 6, 3)"}
    assert good["facts"]["dtype"] == "float32"


def test_standard_input_is_validated_as_a_body(folder):
    command = [
        sys.executable,
        "-m",
        "sm_imgcheck",
        "validate",
        "-",
        "-s",
        "s.yaml",
        "--content-type",
        "application/json",
    ]
    done = subprocess.run(command, input=json_body(GOOD), capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith(b"stdin: request body, application/json, ")


def test_emit_of_a_request_body_is_refused(folder, capsys):
    code, said = run(capsys, "good.npy", "-s", "s.yaml", "--content-type", "x", "--emit", "out")
    assert code == 2
    assert "omit --emit" in " ".join(said.err.split())


def test_rejections_are_equal_and_have_a_repr():
    one = STACKS["toolkit"].receive(b"", "x", stack_spec("toolkit"))
    assert isinstance(one, RejectedRequest)
    assert one == STACKS["toolkit"].receive(b"", "x", stack_spec("toolkit"))
    assert "status=500" in repr(one)


FORM = b'--b\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: image/png\r\n\r\n' + PNG + b"\r\n--b--\r\n"
FRAME = json.dumps({"dataframe_split": {"columns": ["a"], "data": [[1.0]]}}).encode()
LINK = json.dumps({"inputs": "https://example.com/cat.jpg"}).encode()
TEXTS = json.dumps({"inputs": [{"name": "x", "shape": [1], "datatype": "BYTES", "data": ["cat"]}]}).encode()
PNG_TEXT = base64.b64encode(PNG).decode()
IMAGE = {"payload": {"envelope": "image"}}
HF = {"payload": {"envelope": "hf-inputs-b64"}}
B64 = {"payload": {"envelope": "instances-b64"}}
NOT_EXAMINED = [  # stack, content type, body, changes of the spec
    ("custom", "multipart/form-data; boundary=b", FORM[:-7] + FORM, {}),
    ("custom", "application/x-protobuf", b"\x08\x01", IMAGE),
    ("custom", "application/octet-stream", b"\x00" * 64, {}),
    ("custom", "application/json", json.dumps({"a": [PNG_TEXT, PNG_TEXT]}).encode(), B64),
    ("tensorflow-serving", "application/json", json.dumps({"instances": [{"b64": PNG_TEXT}] * 2}).encode(), B64),
    ("huggingface", "application/json", json.dumps({"inputs": [PNG_TEXT] * 2}).encode(), HF),
    ("huggingface", "application/json", LINK, IMAGE),
    ("mlflow", "application/vnd.apache.parquet", b"PAR1", {}),
]


@pytest.mark.parametrize(("stack_", "content_type", "body", "changes"), NOT_EXAMINED)
def test_unexamined_body_is_not_checked(tmp_path, capsys, stack_, content_type, body, changes):
    wanted = stack_spec(stack_, **changes)
    result = validate(body, wanted, content_type=content_type)
    assert (result.status, result.facts, result.header) == ("not checked", None, None)
    assert "PAY120" in {one.code for one in result.findings}, "the reason"
    (tmp_path / "s.json").write_text(encode(plain(wanted.resolved)))
    (tmp_path / "body").write_bytes(body)
    words = [str(tmp_path / "body"), "-s", str(tmp_path / "s.json"), "--content-type", content_type]
    code, said = run(capsys, *words)
    assert code == 1
    assert "contract." not in said.out
    assert said.out.splitlines()[-1] == "Not checked: no image or tensor could be examined."
    assert run(capsys, *words, "--fail-on", "never")[0] == 0
    manifest = tmp_path / "manifest.jsonl"
    code, said = run(capsys, *words, "--format", "json", "--manifest", str(manifest))
    document = json.loads(said.out)
    assert code == 1
    assert document["results"][0]["status"] == json.loads(manifest.read_text())["status"] == "not checked"
    assert document["summary"] | {"ok": 0, "failed": 0, "not_checked": 1, "clean": 0} == document["summary"]


def test_body_too_large_to_read_is_not_checked(tmp_path, monkeypatch):
    monkeypatch.setattr("sm_imgcheck.pipeline.read_request.MAX_FILE_BYTES", 10)
    (tmp_path / "body").write_bytes(PNG)
    result = validate(tmp_path / "body", stack_spec("custom", **IMAGE), content_type="image/png")
    assert result.status == "not checked"


@pytest.mark.parametrize(
    ("stack_", "content_type", "body", "changes", "status"),
    [
        ("custom", "image/png", PNG, IMAGE, "ok"),
        ("", "application/x-npy", npy(GOOD), {}, "ok"),  # PAY120: the server's own limit is not checked
        ("pytorch", "application/x-npy", npy(GOOD), {}, "ok"),
        ("pytorch", "text/plain", b"cat", {}, "failed"),
        ("custom", "application/x-npy", npy(GOOD.astype(np.float64)), {}, "failed"),
    ],
)
def test_examined_or_rejected_body_has_a_status(stack_, content_type, body, changes, status):
    assert validate(body, stack_spec(stack_, **changes), content_type=content_type).status == status


def test_multipart_case_is_ok_with_a_jpeg_header(shared_cases):
    case = shared_cases / "field-10-green-not-looked-into-multipart"
    result = validate(case / "form.bin", case / "spec.yaml", content_type="multipart/form-data; boundary=----b")
    assert (result.status, result.header.format) == ("ok", "JPEG")
