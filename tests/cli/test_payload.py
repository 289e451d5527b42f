"""``payload``: bodies, their sizes against every limit, and commands that run as printed."""

import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sample_images import encode_image, jpeg, picture
from servers import respond, serving

from sm_imgcheck import cli, convert
from sm_imgcheck.features import requests
from sm_imgcheck.features.requests import resolve_target
from sm_imgcheck.features.requests.snippets import HOST
from sm_imgcheck.report.payload import PayloadContent
from sm_imgcheck.rules import all_rules
from sm_imgcheck.serving.endpoints import ENDPOINTS
from sm_imgcheck.spec import load

SPEC = """\
shape: [{n}, 24, 32, 3]
dtype: float32
channel_order: RGB
value_range: [0, 1]
payload: {payload}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with three photos."""
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        (tmp_path / f"{name}.jpg").write_bytes(jpeg(picture(seed=ord(name))))
    return tmp_path


def spec(payload="{stack: pytorch, endpoint: realtime}", n="N", name="s.yaml"):
    Path(name).write_text(SPEC.format(payload=payload, n=n))
    return name


def test_photo_becomes_body_with_size_and_commands(folder, run_cli):
    code, out, err = run_cli("payload", "a.jpg", "-s", spec())
    assert (code, err) == (0, "")
    body = np.load(folder / "a.body.npy")
    assert (body == convert("a.jpg", "s.yaml")).all()
    size = (folder / "a.body.npy").stat().st_size
    for words in (
        f"a.jpg -> a.body.npy: {size:,} bytes, application/x-npy (npy, float32 [1, 24, 32, 3])",
        "fixed by convert: SHP102, SHP106, DTY101, VAL101",
        f"Limits for {size:,} bytes to pytorch behind a realtime endpoint:",
        "6,553,500  fits",
        "TS_MAX_REQUEST_SIZE raises it",
        "25,000,000  fits",
        "--body fileb://a.body.npy out.json",
    ):
        assert words in out
    assert "Not checked" not in out


def test_signal_while_a_row_is_rendered_leaves_equal_rows_in_all_formats(folder, run_cli, monkeypatch):
    real = PayloadContent.gather

    def send_signal(content, row):
        cli.signals._stop(signal.SIGTERM, None)
        return real(content, row)

    monkeypatch.setattr(cli.signals, "_signals", [])
    monkeypatch.setattr(PayloadContent, "gather", send_signal)
    words = ["--format", "jsonl", "--output-file", "jsonl:report.jsonl"]
    code, out, _ = run_cli("payload", "a.jpg", "b.jpg", "-s", spec(n=1), *words)
    *rows, last = map(json.loads, out.splitlines())
    assert (code, len(rows), last["summary"]["candidates"]) == (143, 1, 1)
    assert (folder / "report.jsonl").read_text() == out


def test_second_run_keeps_body_and_refuses_different_content(folder, run_cli):
    assert run_cli("payload", "a.jpg", "-s", spec())[0] == 0
    assert run_cli("payload", "a.jpg", "-s", "s.yaml")[0] == 0
    (folder / "a.body.npy").write_bytes(b"mine")
    code, _, err = run_cli("payload", "a.jpg", "-s", "s.yaml")
    assert code == 2
    assert "--force" in err
    assert (folder / "a.body.npy").read_bytes() == b"mine"
    assert run_cli("payload", "a.jpg", "-s", "s.yaml", "--force")[0] == 0
    assert np.load(folder / "a.body.npy").shape == (1, 24, 32, 3)


def test_spec_without_payload_lists_unchecked_limits(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec("{}"))
    assert code == 0
    assert "any server behind a realtime endpoint" in out
    assert "Not checked: server acceptance and limit" in out
    assert "Not checked: limits of a realtime endpoint assumed" in out


def test_variable_batch_puts_several_images_in_one_body(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "b.jpg", "c.jpg", "-s", spec(), "-o", "out/all.npy")
    assert code == 0
    assert "a.jpg and 2 more" in out
    whole = np.load(folder / "out" / "all.npy")
    assert (whole == np.concatenate([convert(f"{name}.jpg", "s.yaml") for name in "abc"])).all()


@pytest.mark.parametrize(
    ("n", "payload", "names", "rows"),
    [
        ("1", "{stack: pytorch}", ["a.npy", "b.npy", "c.npy"], [1, 1, 1]),
        ('"1..2"', "{stack: pytorch}", ["batch.npy", "c.npy"], [2, 1]),
        ("3", "{stack: pytorch}", ["batch.npy"], [3]),
        ("N", "{max_bytes: 20000}", ["batch.npy", "c.npy"], [2, 1]),
        ("N", "{max_bytes: 10000}", ["a.npy", "b.npy", "c.npy"], [1, 1, 1]),
    ],
)
def test_images_per_body_follow_batch_and_limits(folder, run_cli, n, payload, names, rows):
    code, _, _ = run_cli("payload", "a.jpg", "b.jpg", "c.jpg", "-s", spec(payload, n), "-o", "out")
    assert code == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == names
    assert [np.load(folder / "out" / name).shape[0] for name in names] == rows


def test_images_of_different_sizes_get_separate_bodies(folder, run_cli):
    (folder / "s.yaml").write_text(
        "shape: [N, H, W, 3]\ndtype: uint8\nchannel_order: RGB\nvalue_range: [0, 255]\nresize: none\n"
    )
    (folder / "b.jpg").write_bytes(jpeg(picture(24, 24)))
    assert run_cli("payload", "a.jpg", "b.jpg", "-s", "s.yaml", "-o", "out")[0] == 0
    assert {path.name for path in (folder / "out").iterdir()} == {"a.npy", "b.npy"}


def test_too_few_images_for_fixed_batch_exit_with_1(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "b.jpg", "-s", spec("{}", "4"), "-o", "out")
    assert code == 1
    assert "images per request: got 2, expected exactly 4 images" in out
    assert not (folder / "out").exists()


def test_several_bodies_to_one_file_are_refused(folder, run_cli):
    code, _, err = run_cli("payload", "a.jpg", "b.jpg", "-s", spec("{}", "1"), "-o", "one.npy")
    assert code == 2
    assert "-o one.npy is a single file" in err
    assert not (folder / "one.npy").exists()


def test_invalid_candidate_is_reported_and_others_are_written(folder, run_cli):
    (folder / "bad.jpg").write_bytes(b"<html>no such photo</html>")
    code, out, _ = run_cli("payload", "bad.jpg", "a.jpg", "-s", spec(), "-o", "out")
    assert code == 1
    assert "bad.jpg: no body:" in out
    assert "No body for 1 of 2 candidates." in out
    assert [path.name for path in (folder / "out").iterdir()] == ["a.npy"]
    code, out, _ = run_cli("payload", "bad.jpg", "-s", "s.yaml", "-o", "alone")
    assert code == 1
    assert "SRC" in out
    assert not (folder / "alone").exists()


def test_nan_is_refused_before_anything_is_written(folder, run_cli):
    np.save("nan.npy", np.full((1, 24, 32, 3), np.nan, np.float32))
    code, out, _ = run_cli("payload", "nan.npy", "-s", spec())
    assert code == 1
    assert "not finite" in out
    assert not (folder / "nan.body.npy").exists()


def test_body_over_a_limit_reports_pay114_and_is_not_written(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec("{stack: pytorch, max_bytes: 9000}"))
    assert code == 1
    assert "error  PAY114  body-too-large: body size: got 9,344 bytes, expected at most 9,000 (payload.max_" in out
    assert list(folder.glob("*.npy")) == []
    assert all_rules()["PAY114"].name == "body-too-large"
    code, out, _ = run_cli("payload", "a.jpg", "-s", "s.yaml", "--format", "json")
    assert code == 1
    assert json.loads(out)["bodies"][0]["findings"][0]["code"] == "PAY114"


def test_text_body_over_a_limit_is_not_written(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec("{stack: pytorch, max_bytes: 9000}"), "--as", "array")
    assert code == 1
    assert "PAY114" in out
    assert list(folder.glob("*.json")) == []


def test_limits_combine_stack_endpoint_and_spec(folder):
    pytorch = requests.bounds(resolve_target(load.load(spec())))
    assert [(one.bytes, one.severity) for one in pytorch] == [
        (6_291_456, "warning"),
        (6_553_500, "error"),
        (25_000_000, "error"),
    ]
    own = requests.bounds(resolve_target(load.load(spec("{stack: pytorch, max_bytes: 30000000}"))))
    assert [(one.bytes, one.severity) for one in own][-2:] == [(25_000_000, "warning"), (30_000_000, "error")]
    for kind in ENDPOINTS:
        found = requests.bounds(resolve_target(load.load(spec(f"{{endpoint: {kind}}}"))))
        assert all(one.remedy and one.source for one in found)
        assert 128_000 not in [one.bytes for one in found], "what goes by S3 has no inline limit"


def test_sizes_lists_every_envelope_with_exact_sizes(folder, run_cli):
    for payload in ("{stack: custom, endpoint: realtime}", "{}"):
        code, out, _ = run_cli("payload", "a.jpg", "b.jpg", "-s", spec(payload), "--sizes", "--format", "json")
        assert code == 0
        listed = json.loads(out)
        assert (listed["images"], listed["shape"], listed["dtype"]) == (2, [2, 24, 32, 3], "float32")
        assert list(folder.glob("*.body.*")) == []
        for row in listed["sizes"]:
            if row["bytes"] is None:
                assert row["note"]
                continue
            code, out, _ = run_cli(
                "payload",
                "a.jpg",
                "b.jpg",
                "-s",
                "s.yaml",
                "--as",
                row["envelope"],
                "--format",
                "json",
                "-o",
                f"out-{row['envelope']}",
                "--force",
            )
            assert code == 0
            bodies = [body["bytes"] for body in json.loads(out)["bodies"]]
            assert len(bodies) == 1 or row["envelope"] == "image"
            assert bodies[0] == row["bytes"] if row["exact"] else bodies[0] <= row["bytes"]
        assert listed["cheapest"] == "raw"


def test_sizes_names_the_cheapest_that_fits(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec(), "--sizes")
    assert code == 0
    assert "The cheapest that fits: npy, 9,344 bytes." in out
    assert "not accepted" in out
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec("{stack: pytorch, max_bytes: 100}"), "--sizes")
    assert "No envelope of the tensor fits" in out
    assert "TOO LARGE: over 100" in out


def test_sizes_of_invalid_image_exit_with_1(folder, run_cli):
    (folder / "bad.jpg").write_bytes(b"no")
    code, out, err = run_cli("payload", "bad.jpg", "-s", spec(), "--sizes")
    assert (code, out) == (1, "")
    assert "bad.jpg: no body:" in err


def test_standard_output_contains_only_the_body(folder):
    spec()
    command = [sys.executable, "-m", "sm_imgcheck", "payload", "-", "-s", "s.yaml", "-o", "-"]
    done = subprocess.run(command, input=jpeg(), capture_output=True, check=True, timeout=60)
    assert np.load(io.BytesIO(done.stdout)).shape == (1, 24, 32, 3)
    assert b"-> standard output: " in done.stderr
    assert b"aws" not in done.stderr


def test_several_bodies_to_standard_output_are_refused(folder, capsysbinary):
    assert cli.main(["payload", "a.jpg", "b.jpg", "-s", spec("{}", "1"), "-o", "-"]) == 2
    out, err = capsysbinary.readouterr()
    assert out == b"", "a request in parts is none"
    assert b"is a single file" in err


def test_internal_error_in_one_candidate_keeps_other_bodies(folder, run_cli, monkeypatch):
    from sm_imgcheck.run.outputs import bodies

    part_of = bodies.part_of

    def part_with_error(what, *rest):
        if str(what) == "a.jpg":
            raise ZeroDivisionError("oh")
        return part_of(what, *rest)

    monkeypatch.setattr(bodies, "part_of", part_with_error)
    code, out, err = run_cli("payload", "a.jpg", "b.jpg", "-s", spec("{}", "1"))
    assert code == 2
    assert "a.jpg: no body: ZeroDivisionError: oh (test_payload.py:" in out
    assert "1 not checked, because of a bug in sm-imgcheck. Please report it" in err
    assert [body.name for body in folder.glob("*.body.*")] == ["b.body.npy"]


def test_output_collision_of_two_candidates_keeps_the_third(folder, run_cli):
    (folder / "more").mkdir()
    (folder / "more" / "a.jpg").write_bytes(jpeg())
    code, out, err = run_cli("payload", "a.jpg", "more/a.jpg", "c.jpg", "-s", spec("{}", "1"), "-o", "out")
    assert code == 2
    assert "more/a.jpg: no body: a.jpg and more/a.jpg would both be written to out/a.npy" in out
    assert "1 not written: " in err
    assert sorted(body.name for body in (folder / "out").iterdir()) == ["a.npy", "c.npy"]


def test_image_envelope_sends_the_encoded_file_unchanged(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec("{stack: huggingface}"))
    assert code == 0
    assert (folder / "a.body.jpg").read_bytes() == (folder / "a.jpg").read_bytes()
    assert "image/jpeg (image)" in out
    assert "left to the handler: SHP102" in out


def test_image_envelope_applies_exif_orientation(folder, run_cli):
    (folder / "s.yaml").write_text(
        SPEC.format(n="N", payload="{stack: huggingface, envelope: image}") + "decode: {exif: reject}\n"
    )
    (folder / "a.jpg").write_bytes(jpeg(picture(48, 64), orientation=6))
    assert run_cli("payload", "a.jpg", "-s", "s.yaml")[0] == 0
    with Image.open(folder / "a.body.jpg") as sent:
        assert sent.size == (48, 64)
        assert sent.getexif().get(0x0112, 1) == 1


def test_tensor_as_image_envelope_is_refused(folder, run_cli):
    np.save("x.npy", np.zeros((1, 24, 32, 3), np.float32))
    code, out, _ = run_cli("payload", "x.npy", "-s", spec("{}"), "--as", "image")
    assert code == 1
    assert "got a tensor, expected an encoded image" in out


def test_instances_b64_puts_two_images_in_one_body(folder, run_cli):
    code, _, _ = run_cli(
        "payload",
        "a.jpg",
        "b.jpg",
        "-s",
        spec("{stack: tensorflow-serving}"),
        "--as",
        "instances-b64",
        "-o",
        "two.json",
    )
    assert code == 0
    assert len(json.loads((folder / "two.json").read_bytes())["instances"]) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--as", "kserve-v2"], "envelope: got 'kserve-v2', expected npy, array or csv with stack: pytorch"),
        (["--content-type", "image/jpeg"], "content_type: got 'image/jpeg', expected application/x-npy"),
        (["--as", "numpy"], "did you mean npy?"),
        (["-s", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_conflicting_options_list_the_accepted_values(folder, run_cli, words, why):
    code, _, err = run_cli("payload", "a.jpg", "-s", spec(), *words)
    assert code == 2
    assert why in " ".join(err.split())


def test_content_type_with_line_break_is_refused(folder, run_cli):
    code, _, err = run_cli("payload", "a.jpg", "-s", spec("{}"), "--content-type", "a\r\nHost: b")
    assert code == 2
    assert "expected printable ASCII" in err


def test_content_type_option_replaces_the_default(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec("{}"), "--content-type", "application/x-mine")
    assert code == 0
    assert "--content-type application/x-mine" in out
    assert (folder / "a.body.bin").exists()


def test_batch_transform_writes_a_manifest(folder, run_cli):
    payload = "{stack: tensorflow-serving, envelope: jsonlines, endpoint: batch}"
    code, out, _ = run_cli("payload", "a.jpg", "b.jpg", "-s", spec(payload, '"1..1"'), "-o", "out")
    assert code == 0
    manifest = json.loads((folder / "out" / "manifest.json").read_bytes())
    assert manifest == [{"prefix": "s3://BUCKET/PREFIX/"}, "a.jsonl", "b.jsonl"]
    assert "aws s3 cp --recursive out s3://BUCKET/PREFIX/" in out
    line = next(line for line in out.splitlines() if "create-transform-job" in line)
    given = json.loads(shlex.split(line)[shlex.split(line).index("--transform-input") + 1])
    assert given["DataSource"]["S3DataSource"]["S3DataType"] == "ManifestFile"
    assert given["ContentType"] == "application/jsonlines"


def test_async_endpoint_prints_s3_upload_and_invoke_commands(folder, run_cli):
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec("{endpoint: async}"))
    assert code == 0
    assert "aws s3 cp a.body.npy s3://BUCKET/PREFIX/a.body.npy" in out
    assert "invoke-endpoint-async" in out
    assert "--input-location s3://BUCKET/PREFIX/a.body.npy" in out


def command_blocks(out):
    """The commands of the report, by their headings."""
    found, name = {}, ""
    for line in out.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            name = line
        elif name:
            found[name] = found.get(name, "") + line[2:] + "\n"
    return found


@pytest.mark.skipif(not shutil.which("curl") or os.name == "nt", reason="needs curl")
@pytest.mark.parametrize("name", ["a b'c.jpg", "$HOME.jpg", "x@y;z.jpg", "-o.jpg"])
def test_printed_curl_command_sends_the_body(folder, run_cli, name):
    (folder / name).write_bytes(jpeg())
    code, out, _ = run_cli("payload", "-s", spec(), "--", name)
    assert code == 0
    command = command_blocks(out)["A container on this machine:"].strip()
    with serving(respond(200, b"fine")) as seen:
        done = subprocess.run(
            ["sh", "-c", command.replace(f"{HOST}/invocations", seen.url)], capture_output=True, check=True, timeout=30
        )
    assert done.stdout == b"fine"
    assert seen.headers[0]["Content-Type"] == "application/x-npy"
    assert np.load(io.BytesIO(seen.bodies[0])).shape == (1, 24, 32, 3)


def test_printed_python_code_sends_the_body(folder, run_cli, monkeypatch):
    pytest.importorskip("boto3")
    code, out, _ = run_cli("payload", "a.jpg", "-s", spec())
    assert code == 0
    script = command_blocks(out)["Python, boto3:"]
    with serving(respond(200, b"fine")) as seen:
        for key, value in {
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": seen.url.removesuffix("/invocations"),
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "NO_PROXY": "127.0.0.1",
        }.items():
            monkeypatch.setenv(key, value)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"b'fine'\n"
    assert seen.paths == ["/endpoints/NAME/invocations"]
    assert seen.bodies == [(folder / "a.body.npy").read_bytes()]


def test_printed_aws_command_is_quoted_for_the_shell(folder, run_cli):
    (folder / "a b.jpg").write_bytes(jpeg())
    _, out, _ = run_cli("payload", "a b.jpg", "-s", spec())
    words = shlex.split(command_blocks(out)["AWS CLI v2:"])
    assert words[:3] == ["aws", "sagemaker-runtime", "invoke-endpoint"]
    assert words[words.index("--body") + 1] == "fileb://a b.body.npy"


def test_control_characters_of_file_names_are_not_printed(folder, run_cli):
    name = "x\x1b]0;y\x07.jpg"
    (folder / name).write_bytes(jpeg())
    _, out, _ = run_cli("payload", name, "-s", spec())
    assert "\x1b" not in out
    assert "\x07" not in out


def test_json_has_the_same_keys_for_every_body(folder, run_cli):
    (folder / "bad.png").write_bytes(b"")
    code, out, _ = run_cli("payload", "a.jpg", "bad.png", "-s", spec(), "--format", "json", "-q")
    assert code == 1
    found = json.loads(out)
    bad, good = found["bodies"]
    assert set(good) == set(bad)
    assert good["emitted"] == "a.body.npy"
    assert set(good["request"]) == {"aws", "boto3", "curl", "sdk"}
    assert bad["emitted"] is None
    assert bad["request"] == {}
    assert found["summary"]["unwritten"] == 1


def test_quiet_prints_no_line_without_errors(folder, run_cli):
    assert run_cli("payload", "a.jpg", "-s", spec(), "-q") == (0, "", "")


def test_folder_without_candidates_exits_with_2(folder, run_cli):
    (folder / "empty").mkdir()
    assert run_cli("payload", "empty", "-s", spec())[0] == 2
    assert run_cli("payload", "empty", "-s", "s.yaml", "--sizes")[0] == 2


def test_fail_on_warning_exits_with_1(folder, run_cli):
    payload = "{stack: pytorch, max_bytes: 30000000}"
    (folder / "s.yaml").write_text(SPEC.format(n="N", payload=payload).replace("24, 32", "800, 800"))
    assert run_cli("payload", "a.jpg", "-s", "s.yaml", "-q")[0] == 0
    assert run_cli("payload", "a.jpg", "-s", "s.yaml", "-q", "--fail-on", "warning")[0] == 1


def test_png_becomes_triton_json_body(folder, run_cli):
    (folder / "p.png").write_bytes(encode_image(Image.fromarray(picture()), "PNG"))
    assert run_cli("payload", "p.png", "-s", spec("{stack: triton}\nname: image"), "-o", "p.bin")[0] == 0
    assert (folder / "p.bin").read_bytes().startswith(b'{"inputs"')
