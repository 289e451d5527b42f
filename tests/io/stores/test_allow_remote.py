"""Remote locations: which of them are opened without ``--allow-remote``, and which redirects are followed."""

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sample_images import jpeg
from servers import respond, serving

from sm_imgcheck import validate_golden
from sm_imgcheck.cli import main
from sm_imgcheck.io import stores
from sm_imgcheck.io.stores import _connect, _redirects

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")
SPEC = "shape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
PHOTO = respond(200, jpeg(), content_type="image/jpeg")


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch, new_connections):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(SPEC)
    yield tmp_path
    _connect.allow_redirects(private=False)


def name_golden(image, tensor, folder=""):
    """Write a spec that names these."""
    file = Path(folder, "gold.yaml")
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'{SPEC}golden: [{{image: "{image}", tensor: "{tensor}"}}]\n')
    return str(file)


def redirect(target):
    return respond(302, location=target)


def tensor():
    file = io.BytesIO()
    np.save(file, np.zeros((1, 24, 32, 3), np.float32))
    return file.getvalue()


class TestGolden:
    @pytest.mark.parametrize("key", ["image", "tensor", "both"])
    @pytest.mark.parametrize("folder", ["", "specs"])
    @pytest.mark.sample(3)
    def test_remote_golden_file_is_not_opened(self, capsys, key, folder):
        Path(folder).mkdir(exist_ok=True)
        Path(folder, "local.jpg").write_bytes(jpeg())
        Path(folder, "local.npy").write_bytes(tensor())
        with serving(PHOTO) as seen:
            image = f"{seen.url}/p.jpg" if key != "tensor" else "local.jpg"
            array = f"{seen.url}/t.npy" if key != "image" else "local.npy"
            code = main(["spec", "test", "-s", name_golden(image, array, folder)])
        out = " ".join(capsys.readouterr().out.split())
        assert (code, seen.paths) == (1, [])
        assert "GLD103" in out
        assert "remote golden file" in out

    def test_bucket_named_in_a_spec_is_not_opened(self, bucket, door, capsys):
        spec = name_golden(f"{bucket}/p.jpg", f"{bucket}/t.npy")
        assert main(["spec", "test", "-s", spec]) == 1
        assert "remote golden file" in " ".join(capsys.readouterr().out.split())
        assert door.log == []
        stores.store(bucket).write(f"{bucket}/t.npy", (tensor(),))
        stores.store(bucket).write(f"{bucket}/p.jpg", (jpeg(),))
        assert main(["spec", "test", "-s", spec, "--allow-remote"]) == 1
        assert "GLD101" in capsys.readouterr().out, "a tensor of zeros is not what the spec makes"

    def test_preview_opens_no_remote_golden_file(self, capsys):
        with serving(PHOTO) as seen:
            spec = name_golden(f"{seen.url}/p.jpg", f"{seen.url}/t.npy")
            code = main(["spec", "test", "-s", spec, "--picture", "out.png", "--fail-on", "never"])
        assert (code, seen.paths) == (2, [])
        assert "remote golden file" in capsys.readouterr().err

    def test_validate_golden_opens_remote_files_when_allowed(self):
        with serving(PHOTO) as seen:
            spec = name_golden(f"{seen.url}/p.jpg", f"{seen.url}/t.npy")
            (result,) = validate_golden(spec)
            assert seen.paths == []
            assert "remote golden file" in result.findings[0].message
            (result,) = validate_golden(spec, allow_remote=True)
            assert "/invocations/t.npy" in seen.paths
            assert "got an image" in result.findings[0].message

    def test_remote_parent_of_a_spec_is_refused(self, capsys):
        with serving(PHOTO) as seen:
            Path("child.yaml").write_text(f'extends: "{seen.url}/parent.yaml"\n')
            assert main(["validate", "-s", "child.yaml", "--allow-remote", "x.jpg"]) == 2
        assert "got a remote location" in capsys.readouterr().err
        assert seen.paths == []


class TestLists:
    @pytest.mark.parametrize("command", ["validate", "convert", "payload", "send"])
    @pytest.mark.sample(2)
    def test_http_url_in_a_list_is_not_opened(self, command, monkeypatch, capsys):
        more = {
            "convert": ["-o", "out"],
            "payload": ["-o", "out/"],
            "send": ["--url", "http://127.0.0.1:9/invocations"],
        }
        Path("own.jpg").write_bytes(b"no picture")
        with serving(PHOTO) as seen:
            Path("list.txt").write_text(f"own.jpg\n{seen.url}/p.jpg\nHTTP{seen.url[4:]}/p.jpg\nftp://127.0.0.1/p.jpg\n")
            code = main([command, "@list.txt", "-s", "spec.yaml", *more.get(command, [])])
        out = " ".join(capsys.readouterr().out.split())
        assert (code, seen.paths) == (1, [])
        assert "which a list does not open without --allow-remote" in out

    def test_http_url_in_standard_input_list_is_not_opened(self, monkeypatch, capsys):
        with serving(PHOTO) as seen:
            Path("list.txt").write_text(f"{seen.url}/p.jpg\n")
            with Path("list.txt").open() as file:
                monkeypatch.setattr(sys, "stdin", file)
                assert main(["validate", "@-", "-s", "spec.yaml"]) == 1
        assert seen.paths == []
        assert "SRC101" in capsys.readouterr().out

    @pytest.mark.parametrize("jobs", ["1", "2"])
    @pytest.mark.sample(2)
    def test_http_url_in_a_list_is_opened_with_allow_remote(self, jobs, capsys):
        with serving(PHOTO) as other, serving(redirect(f"{other.url}/p.jpg")) as seen:
            Path("list.txt").write_text(f"{other.url}/p.jpg\n{seen.url}/q.jpg\n")
            words = ["convert", "@list.txt", "-s", "spec.yaml", "-o", "out", "--allow-remote", "-j", jobs]
            assert main(words) == 0, capsys.readouterr()
        assert sorted(path.name for path in Path("out").glob("*.npy")) == ["p.npy", "q.npy"]

    def test_s3_url_in_a_list_is_opened(self, bucket, capsys):
        stores.store(bucket).write(f"{bucket}/p.jpg", (jpeg(),))
        Path("list.txt").write_text(f"{bucket}/p.jpg\n")
        assert main(["convert", "@list.txt", "-s", "spec.yaml", "-o", "out", "-j", "1"]) == 0, capsys.readouterr()


class TestPathsOfTheCommandLine:
    @pytest.mark.parametrize("jobs", ["1", "2"])
    @pytest.mark.sample(2)
    def test_url_on_the_command_line_is_opened(self, jobs, capsys):
        with serving(PHOTO) as seen:
            assert main(["convert", f"{seen.url}/p.jpg", "-s", "spec.yaml", "-o", "out", "-j", jobs]) == 0
        assert seen.paths

    @pytest.mark.parametrize("jobs", ["1", "2"])
    @pytest.mark.sample(2)
    def test_redirect_to_a_private_address_is_not_followed(self, jobs, capsys):
        with serving(PHOTO) as other, serving(redirect(f"{other.url}/p.jpg")) as seen:
            code = main(["convert", f"{seen.url}/p.jpg", "-s", "spec.yaml", "-o", "out", "-j", jobs])
            output = capsys.readouterr()
            assert (code, other.paths) == (1, []), output
            assert seen.paths
            assert "a private address (127.0.0.1)" in " ".join(output.out.split())
            assert "Traceback" not in output.err
            words = ["convert", f"{seen.url}/p.jpg", "-s", "spec.yaml", "-o", "out", "-j", jobs, "--allow-remote"]
            assert main(words) == 0
            assert other.paths

    def test_redirect_to_the_same_server_is_followed(self):
        def give(handler):
            (redirect("/other.jpg") if handler.path.endswith("/p.jpg") else PHOTO)(handler)

        with serving(give) as seen:
            assert main(["convert", f"{seen.url}/p.jpg", "-s", "spec.yaml", "-o", "out"]) == 0
        assert "/other.jpg" in seen.paths

    @pytest.mark.parametrize("command", ["plan", "identify"])
    def test_plan_and_identify_do_not_follow_private_redirects(self, command, capsys):
        with serving(PHOTO) as other, serving(redirect(f"{other.url}/p.jpg")) as seen:
            code = main([command, f"{seen.url}/p.jpg", "-s", "spec.yaml"])
        assert code in {1, 2}
        assert other.paths == []
        assert "a private address" in re.sub(r"\s+", " ", "".join(capsys.readouterr()))


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("8.8.8.8", ""),
        ("2001:4860:4860::8888", ""),
        *((host, host) for host in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254")),
        *(
            (host, host)
            for host in ("0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:7f00:1")
        ),
        ("localhost", "127.0.0.1"),
    ],
)
def test_private_hosts_are_recognized_by_address(host, private):
    import asyncio

    import yarl

    found = asyncio.run(_redirects.private_address(yarl.URL.build(scheme="http", host=host, port=80)))
    assert found == private or (host == "localhost" and found == "::1") or (private and found.endswith("127.0.0.1"))
