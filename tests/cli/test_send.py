"""``send``: the body that ``payload`` writes, the response, and the causes of a rejection."""

import io
import json

import numpy as np
import pytest
from sample_images import jpeg, picture
from servers import respond, serving

from sm_imgcheck import convert

SPEC = """\
shape: [{n}, 24, 32, 3]
dtype: float32
channel_order: RGB
value_range: [0, 1]
payload: {payload}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with two photos and a spec."""
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.jpg").write_bytes(jpeg(picture(seed=ord(name))))
    (tmp_path / "s.yaml").write_text(SPEC.format(n="N", payload="{stack: pytorch, endpoint: realtime}"))
    (tmp_path / "one.yaml").write_text(SPEC.format(n="1", payload="{}"))
    return tmp_path


@pytest.fixture
def aws(monkeypatch):
    """Let boto3 take the server at ``url`` for SageMaker."""
    pytest.importorskip("boto3")

    def point(url):
        for key, value in {
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": url.removesuffix("/invocations"),
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
            "NO_PROXY": "127.0.0.1",
        }.items():
            monkeypatch.setenv(key, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)

    return point


def test_response_body_is_printed(folder, run_cli):
    with serving(respond(200, b'{"score": [0.5]}', content_type="application/json")) as seen:
        code, out, err = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "a.jpg: 9,344 bytes, application/x-npy (npy, float32 [1, 24, 32, 3])",
        "200 OK, application/json",
        "",
        '{"score": [0.5]}',
    ]
    assert (np.load(io.BytesIO(seen.bodies[0])) == convert("a.jpg", "s.yaml")).all()


def test_rejection_is_explained_with_causes(folder, run_cli):
    said = (
        b"Content type application/x-npy is not supported by this framework.\n\nPlease implement input_fn to to "
        b"deserialize the request data or an output_fn to serialize the response."
    )
    with serving(respond(500, said)) as seen:
        code, out, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)
        assert code == 1
        _, document, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url, "--format", "json")
    assert "refused: 500 Internal Server Error, no content type" in out
    assert "In the code:" in out
    assert "sm-imgcheck " in out
    causes = json.loads(document)["answers"][0]["answer"]["causes"]
    assert causes
    assert causes[0]["title"] in " ".join(out.split())


def test_unknown_rejection_reports_no_known_cause(folder, run_cli):
    with serving(respond(418, b"I am a teapot")) as seen:
        code, out, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)
    assert code == 1
    assert "No known cause matches." in out


def test_each_body_is_sent_exactly_once(folder, run_cli):
    with serving(respond(200, b"fine")) as seen:
        code, out, _ = run_cli("send", "a.jpg", "b.jpg", "-s", "one.yaml", "--url", seen.url)
    assert code == 0
    assert out.count("200 OK") == 2
    assert [np.load(io.BytesIO(body)).shape for body in seen.bodies] == [(1, 24, 32, 3)] * 2


def test_several_images_are_sent_in_one_body(folder, run_cli):
    with serving(respond(200, b"fine")) as seen:
        assert run_cli("send", "a.jpg", "b.jpg", "-s", "s.yaml", "--url", seen.url)[0] == 0
    assert [np.load(io.BytesIO(body)).shape for body in seen.bodies] == [(2, 24, 32, 3)]


def test_envelope_and_headers_follow_the_options(folder, run_cli):
    words = ["--as", "array", "--accept", "text/csv", "--custom-attributes", "a=b", "--target-model", "m"]
    with serving(respond(200, b"1")) as seen:
        assert run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url, *words)[0] == 0
    headers = seen.headers[0]
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept"] == "text/csv"
    assert headers["X-Amzn-SageMaker-Custom-Attributes"] == "a=b"
    assert headers["X-Amzn-SageMaker-Target-Model"] == "m"
    assert np.array(json.loads(seen.bodies[0])).shape == (1, 24, 32, 3)


def test_invalid_candidate_is_not_sent(folder, run_cli):
    (folder / "bad.jpg").write_bytes(b"no")
    with serving(respond(200, b"fine")) as seen:
        code, out, _ = run_cli("send", "bad.jpg", "-s", "s.yaml", "--url", seen.url)
    assert code == 1
    assert "bad.jpg: not sent:" in out
    assert not seen.paths


def test_body_over_a_limit_is_not_sent(folder, run_cli):
    (folder / "s.yaml").write_text(SPEC.format(n="N", payload="{stack: pytorch, max_bytes: 9000}"))
    with serving(respond(200, b"fine")) as seen:
        code, out, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)
    assert code == 1
    assert "9,000" in out
    assert not seen.paths


def test_endpoint_response_names_the_variant(folder, run_cli, aws):
    with serving(respond(200, b"[1]", content_type="application/json", x_Amzn_Invoked_Production_Variant="v1")) as seen:
        aws(seen.url)
        code, out, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--endpoint", "mine", "--target-variant", "v1")
    assert code == 0
    assert "response of variant v1" in out
    assert seen.paths == ["/endpoints/mine/invocations"]
    assert "AKIA" not in out


def test_model_error_is_explained_with_container_status(folder, run_cli, aws):
    said = {
        "Message": 'Received server error (500) from primary with message "expected scalar type Double but found '
        'Float". See https://console.aws.amazon.com/x in account 1 for more information.',
        "OriginalStatusCode": 500,
        "OriginalMessage": "expected scalar type Double but found Float",
        "LogStreamArn": "arn:aws:logs:x",
    }
    body = json.dumps(said).encode()
    with serving(respond(424, body, content_type="application/json", x_amzn_ErrorType="ModelError")) as seen:
        aws(seen.url)
        code, out, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--endpoint", "mine")
    assert code == 1
    assert "refused: 424 ModelError" in out
    assert "the container responded with status 500" in out
    assert "In the code:" in out
    assert len(seen.paths) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--url", "http://127.0.0.1:9/x?sig=s3cret"], "connection refused"),
        (["--url", "ftp://host/"], "expected http://"),
        (["--endpoint", "my_endpoint"], "letters, digits and hyphens"),
        ([], "one of --url and --endpoint"),
        (["--url", "http://h/", "--endpoint", "e"], "one of --url and --endpoint"),
        (["--url", "http://h/", "--target-variant", "v"], "--target-variant"),
        (["--url", "http://h/", "--timeout", "0"], "--timeout"),
    ],
)
def test_failed_request_prints_one_line_and_exits_with_2(folder, run_cli, words, why):
    code, out, err = run_cli("send", "a.jpg", "-s", "s.yaml", *words)
    assert (code, out) == (2, "")
    assert why in " ".join(err.split())
    assert "s3cret" not in err
    assert "Traceback" not in err


def test_invalid_endpoint_name_is_reported_before_images_are_read(folder, run_cli):
    code, _, err = run_cli("send", "nowhere.jpg", "-s", "s.yaml", "--endpoint", "-")
    assert code == 2
    assert "nowhere" not in err


def test_batch_transform_spec_with_endpoint_is_refused(folder, run_cli):
    pytest.importorskip("boto3")
    (folder / "s.yaml").write_text(SPEC.format(n="N", payload="{endpoint: batch}"))
    code, _, err = run_cli("send", "a.jpg", "-s", "s.yaml", "--endpoint", "mine")
    assert code == 2
    assert "reads its bodies from S3" in err


def test_control_bytes_of_response_are_not_printed(folder, run_cli):
    with serving(respond(200, b"a\x1b[2Jb\x07", content_type="text/plain\x1b[2J")) as seen:
        _, out, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)
    assert "\x1b" not in out
    assert "\x07" not in out
    assert out.endswith("\nab\n")


def test_binary_empty_and_long_responses_are_summarized(folder, run_cli):
    with serving(respond(200, b"\x93NUMPY\0\0")) as seen:
        assert "8 bytes of binary data." in run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)[1]
    with serving(respond(200, b"x" * (1 << 21))) as seen:
        out = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)[1]
    assert "only the first 1,048,576 bytes were read" in out
    with serving(respond(200)) as seen:
        assert "The response is empty." in run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)[1]


def test_quiet_prints_no_line_for_200(folder, run_cli):
    with serving(respond(200, b"fine")) as seen:
        assert run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url, "-q") == (0, "", "")


def test_json_is_complete_when_second_request_gets_no_response(folder, run_cli):
    def once(handler):
        if len(seen.paths) == 1:
            respond(200, b"fine")(handler)
        else:
            handler.close_connection = True

    with serving(once) as seen:
        code, out, err = run_cli("send", "a.jpg", "b.jpg", "-s", "one.yaml", "--url", seen.url, "--format", "json")
    assert code == 2
    assert "connection closed before" in err
    assert len(json.loads(out)["answers"]) == 1


def test_json_ends_with_the_summary(folder, run_cli):
    with serving(respond(200, b"\xff")) as seen:
        code, out, _ = run_cli("send", "a.jpg", "b.jpg", "-s", "one.yaml", "--url", seen.url, "--format", "json")
    assert code == 0
    found = json.loads(out)
    assert found["candidates"] == 2
    assert [one["answer"]["text"] for one in found["answers"]] == [None, None]


def test_header_option_adds_headers_to_http_request(folder, run_cli):
    with serving(respond(200, b"{}")) as seen:
        words = ("send", "a.jpg", "-s", "s.yaml", "--url", seen.url)
        code, _, err = run_cli(*words, "--header", "Authorization: Bearer x", "--header", "X-Trace:1")
    assert (code, err) == (0, "")
    assert (seen.headers[0]["Authorization"], seen.headers[0]["X-Trace"]) == ("Bearer x", "1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--url", "http://127.0.0.1:9", "--header", "nonsense"), "expected 'Name: value'"),
        (("--url", "http://127.0.0.1:9", "--header", "Content-Type: x/y"), "Content-Type is set by --content-type"),
        (("--url", "http://127.0.0.1:9", "--header", "Content-Length: 1"), "Content-Length cannot be set"),
        (("--url", "http://127.0.0.1:9", "--header", "A b: 1"), "expected 'Name: value'"),
        (("--url", "http://127.0.0.1:9", "--header", "A: x\nB: y"), "printable ASCII"),
        (("--url", "http://127.0.0.1:9", "--inference-component", "c"), "--inference-component is for --endpoint"),
        (("--endpoint", "e", "--header", "A: b"), "--header is for --url"),
    ],
)
def test_options_that_do_not_apply_are_errors(folder, run_cli, words, message):
    code, _, err = run_cli("send", "a.jpg", "-s", "s.yaml", *words)
    assert code == 2
    assert message in " ".join(err.split())


def test_output_writes_the_response_to_a_file(folder, run_cli):
    with serving(respond(200, b'{"score": 1}', content_type="application/json")) as seen:
        code, out, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url, "-o", "r.json")
        again, _, err = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url, "-o", "r.json")
    assert code == again == 0
    assert (folder / "r.json").read_bytes() == b'{"score": 1}'
    assert "response written to r.json" in out
    assert "score" not in out
    assert err == ""


def test_output_writes_each_response_to_a_folder(folder, run_cli):
    with serving(respond(200, b"[1]", content_type="application/json")) as seen:
        code, out, _ = run_cli(
            "send", "a.jpg", "b.jpg", "-s", "one.yaml", "--url", seen.url, "-o", "answers", "--format", "json"
        )
    assert code == 0
    assert sorted(path.name for path in (folder / "answers").iterdir()) == ["a.response.json", "b.response.json"]
    assert [row["answer"]["emitted"] for row in json.loads(out)["answers"]] == [
        "answers/a.response.json",
        "answers/b.response.json",
    ]


def test_output_of_a_rejection_is_written_and_explained(folder, run_cli):
    message = b"Content type application/x-npy is not supported by this framework."
    with serving(respond(400, message, content_type="text/plain")) as seen:
        code, out, _ = run_cli("send", "a.jpg", "-s", "s.yaml", "--url", seen.url, "-o", "r.txt")
    assert code == 1
    assert (folder / "r.txt").read_bytes() == message
    assert "does not decode" in out


TRITON = """\
shape: [1, 3, 8, 8]
dtype: float32
channel_order: RGB
value_range: [0, 1]
name: image
payload: {stack: triton, envelope: triton-binary}
"""


def test_binary_form_gets_the_header_of_kserve_on_its_url(folder, run_cli):
    (folder / "t.yaml").write_text(TRITON)
    with serving(respond(200, b"{}")) as seen:
        url = seen.url.removesuffix("/invocations")
        for path in ("/v2/models/m/infer", "/v2/models/m/versions/2/infer", "/invocations"):
            assert run_cli("send", "a.jpg", "-s", "t.yaml", "--url", url + path)[0] == 0
    for headers, body in zip(seen.headers[:2], seen.bodies[:2], strict=True):
        assert headers["Content-Type"] == "application/octet-stream"
        length = int(headers["Inference-Header-Content-Length"])
        assert json.loads(body[:length])["inputs"][0]["name"] == "image"
        assert len(body) == length + 4 * 3 * 8 * 8
    assert "json-header-size=" in seen.headers[2]["Content-Type"]
    assert "Inference-Header-Content-Length" not in seen.headers[2]


def test_content_type_option_for_computed_type_is_an_error(folder, run_cli):
    (folder / "t.yaml").write_text(TRITON)
    code, _, err = run_cli(
        "payload", "a.jpg", "-s", "t.yaml", "--content-type", "application/octet-stream", "-o", "x.bin"
    )
    assert code == 2
    assert "that of triton-binary has the length" in " ".join(err.split())
    assert not (folder / "x.bin").exists()


def test_commands_name_their_placeholders_and_the_url_of_the_server(folder, run_cli):
    (folder / "m.yaml").write_text(TRITON.replace("stack: triton, envelope: triton-binary", "stack: mlserver"))
    code, out, _ = run_cli("payload", "a.jpg", "-s", "m.yaml", "-o", "a$b.json")
    assert code == 0
    assert "Replace NAME (name of the endpoint) in the commands." in out
    assert "http://127.0.0.1:8080/v2/models/NAME/infer" in out
    assert "--body fileb:///dev/stdin out.json < 'a$b.json'" in out
    assert 'Endpoint.get("NAME").invoke(' in out
