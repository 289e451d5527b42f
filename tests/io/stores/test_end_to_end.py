"""Commands over stores: the same findings and the same bytes as over folders, for every input and output."""

import io
import json
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from fsspec.registry import _registry
from sample_images import jpeg, picture

from sm_imgcheck.core.types import Options
from sm_imgcheck.io.stores import _connect, join, store
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.work import RunJob, process_items
from sm_imgcheck.spec import load

SPEC = "shape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


FILES = {
    "a/one.jpg": jpeg(picture(seed=1)),
    "a/b/two words.jpg": jpeg(picture(seed=2)),
    "a.jpg": jpeg(picture(seed=3)),
    "käse.png": jpeg(picture(seed=4)),
    "torn.jpg": jpeg()[:-300],
    "empty.jpg": b"",
    "tensor.npy": npy(np.zeros((1, 24, 32, 3), "float32")),
    "annotation.json": b'{"category": "cat"}',
    "readme.txt": b"hello",
    ".hidden.jpg": jpeg(),
    ".git/x.jpg": jpeg(),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with the files in ``in``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sm-imgcheck.yaml").write_text(SPEC)
    for name, body in FILES.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(body)
    return tmp_path


@pytest.fixture(params=["s3", "memory"])
def store_root(request, folder):
    """A folder in a store with the same files in ``in``."""
    place = request.getfixturevalue("bucket") if request.param == "s3" else f"memory://{folder.name}"
    for name, body in FILES.items():
        store(place).write(join(place, "in", name), (body,))
    return place


def tensors(place):
    """Name and content of all that was written, but the notes of the run itself."""
    kind = store(place)
    names = [name for name, _ in kind.below(place) if not name.startswith(".sm-imgcheck/")]
    return {name: kind.read(join(place, name), 1 << 30) for name in names}


def test_report_of_a_store_equals_report_of_a_folder(store_root, run_cli):
    assert run_cli("validate", "in", "--format", "json", "-j", "1")[0] == 1
    here = json.loads(run_cli("validate", "in", "--format", "json", "-j", "1")[1])
    code, out, err = run_cli("validate", f"{store_root}/in", "--format", "json", "-j", "1")
    assert (code, err) == (1, "")
    told = json.loads(out.replace(f"{store_root}/in", "in"))
    hidden = [document["summary"]["skipped_inputs"].pop("hidden") for document in (here, told)]
    assert hidden == [2, 2]
    assert told == here
    assert [result["path"] for result in told["results"]][:3] == ["in/a.jpg", "in/a/b/two words.jpg", "in/a/one.jpg"]


def test_outputs_are_equal_for_every_input_and_output_store(store_root, run_cli):
    assert run_cli("convert", "in", "-o", "out", "-j", "1")[0] == 1
    wanted = tensors("out")
    assert {"a/b/two words.npy", "a/one.npy", "a.npy", "tensor.npy"} <= wanted.keys()
    for source, target in (
        (f"{store_root}/in", f"{store_root}/o1"),
        ("in", f"{store_root}/o2"),
        (f"{store_root}/in", "o3"),
    ):
        code, out, err = run_cli("convert", source, "-o", target, "-j", "1", "--format", "json")
        assert (code, err) == (1, "")
        assert tensors(target) == wanted
        emitted = [result["emitted"] for result in json.loads(out)["results"] if result["emitted"]]
        assert sorted(emitted) == sorted(join(target, name) for name in wanted)
        assert run_cli("convert", source, "-o", target, "-j", "1", "--quiet")[0] == 1, "once more changes nothing"
    assert run_cli("validate", f"{store_root}/o1", "-j", "1")[0] == 0


@pytest.mark.slow
def test_worker_processes_read_and_write_the_store(folder, bucket):
    for name, body in FILES.items():
        store(bucket).write(join(bucket, "in", name), (body,))
    command = [sys.executable, "-m", "sm_imgcheck", "convert"]
    run = {"cwd": folder, "capture_output": True, "text": True, "timeout": 60, "env": dict(os.environ)}
    here = subprocess.run([*command, "in", "-o", "out", "-j", "1"], check=False, **run)
    store_root = subprocess.run([*command, f"{bucket}/in", "-o", f"{bucket}/out", "-j", "2"], check=False, **run)
    assert (here.returncode, store_root.returncode, store_root.stderr) == (1, 1, "")
    assert store_root.stdout.replace(f"{bucket}/", "") == here.stdout
    assert tensors(f"{bucket}/out") == tensors(str(folder / "out"))


def test_listed_objects_take_one_request_each(folder, bucket, door, run_cli):
    for name, body in FILES.items():
        store(bucket).write(join(bucket, "in", name), (body,))
    (folder / "list.txt").write_text(f"{bucket}/in/a.jpg\n{bucket}/in/a/one.jpg\n{bucket}/in/none.jpg\n")
    door.reset()
    code, out, _ = run_cli("validate", "@list.txt", "-j", "1", "--format", "json")
    assert code == 1
    assert [line.split("?")[0].split("/", 2)[0] for line in door.log] == ["GET "] * 3
    [finding] = json.loads(out)["results"][2]["findings"]
    assert finding["code"] == "SRC101"
    assert "object not found" in finding["message"]


def test_archive_member_in_a_store_is_converted(store_root, run_cli):
    store(store_root).write(join(store_root, "x.npz"), (npz(a=np.zeros((1, 24, 32, 3), "float32"), b=np.zeros(3)),))
    assert run_cli("validate", f"{store_root}/x.npz::a")[0] == 0
    code, _, _ = run_cli("convert", f"{store_root}/x.npz::a", "-o", f"{store_root}/out/")
    assert (code, list(tensors(f"{store_root}/out"))) == (0, ["x.a.npy"])
    assert run_cli("validate", f"{store_root}/x.npz::c")[0] == 1


def test_single_tensor_is_written_to_a_named_object(store_root, folder, run_cli):
    assert run_cli("convert", f"{store_root}/in/a.jpg", "-o", f"{store_root}/out/cat.npy")[0] == 0
    assert list(tensors(f"{store_root}/out")) == ["cat.npy"]
    assert run_cli("convert", f"{store_root}/in/a.jpg", "-o", "file://cat.npy")[0] == 0
    assert (folder / "cat.npy").is_file()
    assert run_cli("validate", "file://cat.npy")[0] == 0


def test_output_folder_inside_a_store_input_is_skipped(store_root, run_cli):
    assert run_cli("convert", f"{store_root}/in", "-o", f"{store_root}/in/out")[0] == 1
    code, out, _ = run_cli("convert", f"{store_root}/in", "-o", f"{store_root}/in/out", "--format", "json")
    assert (code, json.loads(out)["summary"]["skipped_inputs"]["output folder"]) == (1, 5)


def test_output_equal_to_its_candidate_is_refused(store_root, run_cli):
    before = store(store_root).read(f"{store_root}/in/tensor.npy", 1 << 20)
    code, _, err = run_cli("convert", f"{store_root}/in/tensor.npy", "-o", f"{store_root}/in", "--force")
    assert code == 2
    assert "is the candidate itself" in err
    assert store(store_root).read(f"{store_root}/in/tensor.npy", 1 << 20) == before


def test_keys_invalid_as_paths_are_escaped_in_outputs(bucket, folder, run_cli):
    keys = ["x/", "x//y.jpg", "/z.jpg", "x/../up.jpg", "a\\..\\b.jpg", "esc\u202e.jpg"]
    for key in keys:
        store(bucket).write(f"{bucket}/in/{key}", (b"" if key.endswith("/") else jpeg(),))
    code, out, err = run_cli("convert", f"{bucket}/in", "-o", "out", "-j", "1")
    assert (code, err) == (0, "")
    assert "\u202e" not in out
    assert set(tensors("out")) == {"x/%2F/y.npy", "%2F/z.npy", "a\\..\\b.npy", "esc\u202e.npy"}
    assert {path.name for path in folder.iterdir()} == {"out", "in", "sm-imgcheck.yaml"}


def test_request_body_in_a_store_is_validated(store_root, run_cli):
    store(store_root).write(join(store_root, "bodies", "one"), (b"not an array",))
    code, out, _ = run_cli(
        "validate", f"{store_root}/bodies", "--content-type", "application/x-npy", "--format", "json"
    )
    assert (code, [result["path"] for result in json.loads(out)["results"]]) == (1, [f"{store_root}/bodies/one"])


@pytest.mark.parametrize("place", ["s3://no-such-bucket/x", "s3://no-such-bucket/x.jpg", "memory://nowhere/at/all"])
def test_missing_bucket_or_object_reports_src101(door, folder, run_cli, place):
    code, out, err = run_cli("validate", place, "--format", "json")
    assert (code, err) == (1, "")
    [result] = json.loads(out)["results"]
    assert [finding["code"] for finding in result["findings"]] == ["SRC101"]


def test_denied_object_is_a_finding_and_failed_listing_an_error(bucket, door, folder, run_cli):
    store(bucket).write(f"{bucket}/in/a.jpg", (jpeg(),))
    door.matching, door.answers = "list-type", [(403, "AccessDenied")] * 9
    code, out, err = run_cli("validate", f"{bucket}/in", "-j", "1")
    assert (code, err) == (1, "")
    assert "cannot be listed: access is denied" in out
    door.answers = [(403, "ExpiredToken")] * 9
    code, _, err = run_cli("validate", f"{bucket}/in", "-j", "1")
    assert code == 2
    assert err.startswith(f"error: {bucket}/in: the listing failed: the credentials have expired: get new ones")
    door.matching, door.answers = "PUT", [(403, "AccessDenied")] * 9
    code, _, err = run_cli("convert", f"{bucket}/in/a.jpg", "-o", f"{bucket}/out")
    assert code == 2
    assert f"{bucket}/out/a.npy cannot be written: access is denied" in err


def test_unknown_and_uninstalled_schemes_are_refused(folder, run_cli, monkeypatch):
    code, _, err = run_cli("validate", "nonsense://x/y.jpg")
    assert code == 2
    assert "nonsense:// is not a store that fsspec supports" in err
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(_registry, "s3", raising=False)
    monkeypatch.setattr("sm_imgcheck.io.stores._connect._FILE_SYSTEMS", {})
    code, _, err = run_cli("validate", "s3://bucket/y.jpg")
    assert code == 2
    assert "pip install 'sm-imgcheck[s3]'" in err


def test_missing_package_of_a_store_is_named(folder, run_cli, monkeypatch):
    def missing(_):
        raise ImportError("Please install gcsfs to access Google Storage")

    monkeypatch.setattr("fsspec.get_filesystem_class", missing)
    code, _, err = run_cli("validate", "gs://bucket/y.jpg")
    assert code == 2
    assert "gs:// needs packages that are not installed: Please install gcsfs" in err
    monkeypatch.setitem(sys.modules, "fsspec", None)
    code, _, err = run_cli("validate", "gs://bucket/y.jpg")
    assert "pip install fsspec and its dependencies" in err


def test_output_url_without_bucket_is_refused(folder, run_cli):
    for place in ("s3://", "s3:///x"):
        code, _, err = run_cli("convert", "in/a.jpg", "-o", place)
        assert code == 2
        assert "no bucket" in err


def test_drive_letters_are_not_schemes(folder, run_cli):
    code, out, _ = run_cli("validate", "C://x.jpg", "--format", "json")
    assert code == 1
    assert "cannot be opened" in json.loads(out)["results"][0]["findings"][0]["message"]


@pytest.mark.slow
def test_json_files_in_a_store_are_inspected_in_parallel(bucket, door):
    for number in range(40):
        store(bucket).write(f"{bucket}/in/{number:02}.json", (b'{"shape": 1}' if number == 7 else b"{}",))
    door.reset()
    door.delay = 0.05
    how = Listing(passed_over=Counter())
    assert [item.path for item in list_candidates([f"{bucket}/in"], how)] == [f"{bucket}/in/07.json"]
    assert how.passed_over == {"JSON without a tensor": 39}
    assert door.busiest > 8


def test_objects_are_fetched_ahead_and_tensors_written_behind(bucket, door, folder, run_cli):
    for number in range(32):
        store(bucket).write(f"{bucket}/in/{number:02}.jpg", (FILES["a.jpg"],))
    door.reset()
    door.delay = 0.02
    code, out, _ = run_cli("convert", f"{bucket}/in", "-o", f"{bucket}/out", "-j", "1", "--format", "jsonl")
    assert code == 0
    assert 8 < door.busiest <= 32
    lines = [json.loads(line) for line in out.splitlines()]
    paths = [line["path"] for line in lines if "path" in line]
    assert paths == sorted(paths)
    assert len(paths) == 32


def test_store_failure_during_the_run_exits_with_2(bucket, door, folder, run_cli):
    for number in range(3):
        store(bucket).write(f"{bucket}/in/{number:02}.jpg", (FILES["a.jpg"],))
    door.matching, door.answers = "02.jpg", [(403, "ExpiredToken")] * 9
    code, out, err = run_cli("validate", f"{bucket}/in", "-j", "1", "--format", "json")
    assert code == 2
    assert [result["path"] for result in json.loads(out)["results"]] == [f"{bucket}/in/00.jpg", f"{bucket}/in/01.jpg"]
    assert "the credentials have expired" in err
    door.answers = [(403, "ExpiredToken")] * 9
    code, out, err = run_cli("convert", f"{bucket}/in", "-o", f"{bucket}/out", "-j", "1", "--format", "json")
    assert code == 2
    assert len(json.loads(out)["results"]) == 2
    assert tensors(f"{bucket}/out").keys() == {"00.npy", "01.npy"}


def test_worker_announces_each_item_before_decoding(folder):
    root = f"memory://{folder.name}"
    for number in range(12):
        store(root).write(f"{root}/in/{number:02}.jpg", (FILES["a.jpg"],))
    items = tuple(list_candidates([f"{root}/in"], Listing(passed_over=Counter())))
    job = RunJob(
        spec=load.load("pillow-rgb-01"),
        options=Options(want_array=True),
        sink=Outputs(folder=f"{root}/out", form="npy"),
    )
    begun = []
    records = process_items(job, items, begun.append)
    first = next(records)
    assert (first.item, first.output) == (items[0], "00.npy")
    assert begun == list(range(12)), "its tensor is written while the others are made"
    assert [record.item for record in records] == list(items[1:])
    assert len(tensors(f"{root}/out")) == 12


def test_public_bucket_is_read_without_credentials(folder, bucket):
    call, name = _connect.filesystem(bucket).call_s3, bucket.removeprefix("s3://")
    call("put_object", Bucket=name, Key="a.jpg", Body=FILES["a.jpg"], ACL="public-read")
    nobody = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") or "ENDPOINT" in name}
    command = [
        sys.executable,
        "-m",
        "sm_imgcheck",
        "validate",
        f"{bucket}/a.jpg",
        "--fail-on",
        "never",
        "--format",
        "json",
        "--quiet",  # without the counts at the end of a run that a busy machine makes long
    ]
    nobody |= {"FSSPEC_S3_ANON": "true", "HOME": str(folder)}
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=60, env=nobody)
    assert (done.returncode, done.stderr) == (0, "")
    [result] = json.loads(done.stdout)["results"]
    assert result["kind"] == "image"
