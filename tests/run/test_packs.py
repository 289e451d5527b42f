"""Files for many tensors: the same tensors as file by file, in order, and restartable."""

import io
import json
import os
import signal
import tarfile
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from sample_images import jpeg, picture

from sm_imgcheck import cli
from sm_imgcheck.core.types import Options
from sm_imgcheck.pipeline.process import examine_candidate, process
from sm_imgcheck.run.outputs import formats
from sm_imgcheck.run.outputs.formats import Sample, tar
from sm_imgcheck.serving.envelopes import jsonlines
from sm_imgcheck.spec import load

SPEC = "shape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
NAMES = ("a/one", "a/two", "b/three", "five", "four", "six", "zero")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: a spec, and a folder with seven photos and a damaged file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sm-imgcheck.yaml").write_text(SPEC)
    for seed, name in enumerate(NAMES):
        file = tmp_path / "in" / f"{name}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(picture(seed=seed)))
    (tmp_path / "in" / "none.jpg").write_bytes(b"no picture")
    return tmp_path


FORMS = [
    ("npy", "--batch-size", "3"),
    ("npy", "--batch-size", "3", "--remainder", "pad"),
    ("tar", "--batch-size", "3"),
    ("jsonl", "--batch-size", "2"),
]


def pair_each_value(forms, others):
    """Pairs of each of the others with one of the forms; all the pairs in the slow tier."""
    for number, (other, form) in enumerate(product(others, forms)):
        quick = number // len(forms) % len(forms) == number % len(forms)
        yield pytest.param(form, other, id=f"{' '.join(form)} {other}", marks=() if quick else pytest.mark.slow)


CHANGES = [
    *pair_each_value(FORMS[1:3], ("changed", "spoiled", "inserted", "removed", "first", "pack lost", "all parts")),
]
MOMENTS = [*pair_each_value((FORMS[0], FORMS[3]), (1, 4, 9, 10))]


def convert(run_cli, form, *more, out="out"):
    """Convert to the end: the report, the manifest, the files."""
    given = ("convert", "in", "-o", out, "--format", "json", "--manifest", f"{out}.jsonl")
    code, report, err = run_cli(*given, "--as", *form, *more)
    assert code in {0, 1}, err
    files = {path.relative_to(out).as_posix(): path for path in Path(out).rglob("*") if path.is_file()}
    own = {name for name in files if name.startswith(".sm-imgcheck/")}
    assert all(name.endswith((".gz", "made-by.json")) for name in own), own
    found = {name: path.read_bytes() for name, path in files.items() if name not in own}
    return report.replace(f'"{out}/', '"OUT/'), Path(f"{out}.jsonl").read_text(), found


def tensors():
    """The tensors of each photo from convert, in the order of the listing."""
    spec = load.load("sm-imgcheck.yaml")
    options = Options(want_array=True)
    return [process(f"in/{name}.jpg", spec, options).array for name in NAMES]


class TestBatches:
    @pytest.mark.parametrize(("remainder", "rows"), [("short", 1), ("pad", 3)])
    def test_batch_rows_are_the_tensors_in_order(self, folder, run_cli, remainder, rows):
        report, manifest, files = convert(run_cli, ("npy", "--batch-size", "3", "--remainder", remainder))
        assert sorted(files) == ["batch-00000.npy", "batch-00001.npy", "batch-00002.npy", "index.jsonl"]
        batches = [np.load(f"out/batch-0000{number}.npy") for number in range(3)]
        assert [batch.shape for batch in batches] == [(3, 24, 32, 3), (3, 24, 32, 3), (rows, 24, 32, 3)]
        whole = np.concatenate(batches)
        assert whole.dtype == np.float32
        assert np.array_equal(whole[:7], np.concatenate(tensors()))
        assert not whole[7:].any()
        index = [json.loads(line) for line in files["index.jsonl"].splitlines()]
        assert [line["path"] for line in index] == [f"in/{name}.jpg" for name in NAMES]
        assert index[4] == {"file": "batch-00001.npy", "batch": 1, "row": 1, "path": "in/four.jpg", "key": "four"}
        lines = {line["path"]: line for line in map(json.loads, manifest.splitlines())}
        assert (lines["in/four.jpg"]["output"], lines["in/four.jpg"]["row"]) == ("batch-00001.npy", 1)
        assert (lines["in/none.jpg"]["output"], lines["in/none.jpg"]["row"]) == (None, None)
        assert "OUT/batch-00001.npy" in report

    def test_refused_remainder_is_written_by_a_later_resume(self, folder, run_cli, decoded_names):
        given = ("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "3")
        code, _, err = run_cli(*given, "--remainder", "refuse")
        assert code == 2
        assert "the last batch has 1 of 3 candidates, from in/zero.jpg on: it is not written, the others are" in err
        assert sorted(path.name for path in Path("out").glob("[!.]*")) == ["batch-00000.npy", "batch-00001.npy"]
        decoded_names.clear()
        assert run_cli(*given, "--remainder", "pad", "--resume")[0] == 1
        assert decoded_names == []
        assert np.load("out/batch-00002.npy").shape == (3, 24, 32, 3)

    def test_refused_remainder_is_not_reported_as_written(self, folder, run_cli):
        code, out, err = run_cli("convert", "in/five.jpg", "-o", "out", "--batch-size", "2", "--remainder", "refuse")
        assert code == 2
        assert "No tensor was written." in out
        assert "the run ended before batch-00000.npy was complete" in out
        assert "Written to" not in out
        assert "none fixed" in out
        assert "stopped after 1 candidate (1 prepared, not yet in an output file)\n" in err
        assert "the last batch has 1 of 2 candidates, from in/five.jpg on: it is not written; --resume" in err

    def test_excessive_padding_is_refused(self, folder, run_cli):
        given = ("convert", "in/five.jpg", "-o", "out", "--remainder", "pad", "--batch-size")
        assert run_cli(*given, "1000")[0] == 0, "9 MB of padding"
        Path("sm-imgcheck.yaml").write_text(SPEC.replace("24, 32", "240, 320"))
        code, out, err = run_cli(*given[:3], "large", *given[4:], "65536")
        assert code == 2
        assert "No tensor was written." in out
        assert "the only batch has 1 of 65,536 candidates" in err
        assert "take a --batch-size near 1" in err
        assert not list(Path("large").glob("[!.]*"))

    def test_fixed_batch_of_spec_restricts_batch_size(self, folder, run_cli):
        Path("sm-imgcheck.yaml").write_text(SPEC.replace("N,", "3,"))
        code, _, err = run_cli("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "4")
        assert code == 2
        assert "the spec's batch is 3, and --batch-size 4 makes another: N in its shape allows any" in err
        code, _, err = run_cli("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "3")
        assert code == 2
        assert "the last batch has 1 of 3 candidates" in err
        assert convert(run_cli, ("npy", "--batch-size", "3", "--remainder", "pad"), "--resume")[2].keys() >= {
            "batch-00002.npy"
        }

    def test_spec_without_batch_dimension_is_packed_as_batches(self, folder, run_cli):
        Path("sm-imgcheck.yaml").write_text(SPEC.replace("N,", ""))
        convert(run_cli, ("npy", "--batch-size", "7"))
        assert np.load("out/batch-00000.npy").shape == (7, 24, 32, 3)

    def test_variable_image_size_is_packed_only_as_tar(self, folder, run_cli):
        Path("sm-imgcheck.yaml").write_text(SPEC.replace("24, 32", "H, W"))
        code, _, err = run_cli("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "3")
        assert code == 2
        assert "the spec leaves H and W open: fix it in its shape, or pack with --as tar" in err
        assert not Path("out").exists()
        assert len(convert(run_cli, ("tar",))[2]) == 2

    def test_tensor_of_several_images_is_not_packed(self, folder, run_cli):
        np.save("in/many.npy", np.zeros((2, 24, 32, 3), np.float32))
        code, _, err = run_cli("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "3")
        assert code == 2
        assert "in/many.npy: cannot be packed as npy: it holds 2 images" in err
        assert len(list(Path("out").glob("batch*"))) == 3, "the others are none the worse for it"


class TestTar:
    def test_tar_samples_are_read_by_webdataset(self, folder, run_cli):
        Path("in/four.jpg").rename("in/four.v1%.jpg")
        _, _, files = convert(run_cli, ("tar", "--batch-size", "5"))
        assert sorted(files) == ["00000.tar", "00001.tar", "index.jsonl"]
        found = {}
        for name in ("00000.tar", "00001.tar"):
            with tarfile.open(fileobj=io.BytesIO(files[name])) as archive:
                for member in archive:
                    assert (member.mtime, member.uid, member.gid, member.uname) == (0, 0, 0, "")
                    suffix = member.name.rpartition("/")[2].partition(".")[2]
                    found.setdefault(member.name.removesuffix(f".{suffix}"), []).append(suffix)
                    body = archive.extractfile(member).read()
                    if suffix == "npy":
                        assert np.load(io.BytesIO(body)).shape == (1, 24, 32, 3)
                    else:
                        assert json.loads(body)["path"].endswith(".jpg")
        assert all(suffixes == ["npy", "json"] for suffixes in found.values())
        assert list(found) == ["a/one", "a/two", "b/three", "five", "four%2Ev1%25", "six", "zero"]

    def test_packed_tensors_equal_single_files(self, folder, run_cli):
        run_cli("convert", "in", "-o", "single")
        _, _, files = convert(run_cli, ("tar",))
        with tarfile.open(fileobj=io.BytesIO(files["00000.tar"])) as archive:
            for name in NAMES:
                assert archive.extractfile(f"{name}.npy").read() == Path(f"single/{name}.npy").read_bytes()

    def test_long_and_unusual_names_round_trip_through_tar(self):
        key = f"{'long/' * 60}\udcff\n x.y"
        sample = Sample(path="p", key=key, findings=())
        body = b"".join(tar.pack([(sample, b"tensor")], 1))
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            assert archive.getnames() == [f"{'long/' * 60}%ED%B3%BF%0A%20x%2Ey.{suffix}" for suffix in ("npy", "json")]
        assert len(body) % tarfile.RECORDSIZE == 0


class TestLines:
    def test_packed_requests_equal_payload_bodies(self, folder, run_cli):
        with Path("sm-imgcheck.yaml").open("a") as spec:
            spec.write("payload: {stack: tensorflow-serving}\n")
        _, _, files = convert(run_cli, ("jsonl", "--batch-size", "4"))
        assert sorted(files) == ["00000.jsonl", "00001.jsonl", "index.jsonl", "manifest.json"]
        spec = load.load("sm-imgcheck.yaml")
        lines = [jsonlines.build(array, spec).body + b"\n" for array in tensors()]
        assert files["00000.jsonl"] + files["00001.jsonl"] == b"".join(lines)
        assert json.loads(files["manifest.json"])[1:] == ["00000.jsonl", "00001.jsonl"]

    def test_jsonl_packs_for_stack_without_jsonlines_are_refused(self, folder, run_cli):
        with Path("sm-imgcheck.yaml").open("a") as spec:
            spec.write("name: image\npayload: {stack: triton}\n")
        code, _, err = run_cli("convert", "in", "-o", "out", "--as", "jsonl")
        assert code == 2
        assert "jsonlines" in err
        assert not Path("out").exists()


class TestResume:
    @pytest.mark.parametrize("form", FORMS, ids=" ".join)
    @pytest.mark.sample(2)
    def test_resume_decodes_no_packed_candidate_again(self, folder, run_cli, decoded_names, form):
        first = convert(run_cli, form)
        times = {path: path.stat().st_mtime_ns for path in Path("out").glob("0*")}
        decoded_names.clear()
        assert convert(run_cli, form, "--resume") == first
        assert decoded_names == []
        assert times == {path: path.stat().st_mtime_ns for path in times}

    @pytest.mark.parametrize(("form", "change"), CHANGES)
    @pytest.mark.sample(8)
    def test_resume_after_a_change_equals_a_complete_run(self, folder, run_cli, decoded_names, form, change):
        convert(run_cli, form)
        decoded_names.clear()
        if change == "changed":
            Path("in/five.jpg").write_bytes(jpeg(picture(seed=77)))
        elif change == "spoiled":
            Path("in/a/two.jpg").write_bytes(b"no picture")
        elif change == "inserted":
            Path("in/b/a.jpg").write_bytes(jpeg(picture(seed=78)))
        elif change == "removed":
            for name in ("a/one", "a/two", "b/three"):
                Path(f"in/{name}.jpg").unlink()
        elif change == "first":
            Path("in/a/0.jpg").write_bytes(b"no picture")
        elif change == "pack lost":
            next(path for path in Path("out").iterdir() if "00001" in path.name).unlink()
        else:
            Path("sm-imgcheck.yaml").write_text(SPEC.replace("[0, 1]", "[-1, 1]"))
        resumed = convert(run_cli, form, "--resume")
        done = len(decoded_names)
        assert resumed == convert(run_cli, form, out="anew")
        if change in {"changed", "pack lost"}:
            assert done <= 4, "one pack, and what cannot be read"

    @pytest.mark.parametrize(("form", "room"), MOMENTS)
    @pytest.mark.sample(2)
    def test_resume_after_a_full_disk_equals_a_complete_run(self, folder, run_cli, form, room, monkeypatch):
        whole = convert(run_cli, form, out="whole")
        real, left = os.replace, [room]

        def replace(source, target):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            real(source, target)

        with monkeypatch.context() as patch:
            patch.setattr("sm_imgcheck.io.stores.local.os.replace", replace)
            given = ("--manifest", "out.jsonl", "--format", "json", "--as", *form)
            code, report, err = run_cli("convert", "in", "-o", "out", *given)
        assert code == 2
        assert "cannot be written: No space left on device" in err
        if "stopped" in err:
            assert "when the error below is fixed, run the same command with --resume to continue" in err
        named = {result["emitted"] for result in json.loads(report)["results"]} - {None} if report else set()
        assert named <= {str(path) for path in Path("out").glob("[!.]*")}, "only what is in place is reported"
        assert convert(run_cli, form, "--resume") == whole


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt(), cli.signals.TerminationSignal(signal.SIGTERM)], ids=["Ctrl-C", "SIGTERM"]
)
@pytest.mark.parametrize("form", FORMS[1:], ids=" ".join)
@pytest.mark.sample(3)
def test_interrupted_run_reports_only_packs_in_place(folder, run_cli, form, stop, monkeypatch):
    whole = convert(run_cli, form, out="whole")

    def stop_at_six(what, *more, **trace):
        if getattr(what, "path", what) == "in/six.jpg":
            raise stop
        return examine_candidate(what, *more, **trace)

    with monkeypatch.context() as patch:
        patch.setattr("sm_imgcheck.pipeline.process.examine_candidate", stop_at_six)
        code, out, err = run_cli("convert", "in", "-o", "out", "--format", "jsonl", "-j", "1", "--as", *form)
    assert code == (130 if isinstance(stop, KeyboardInterrupt) else 143)
    emitted = [record["emitted"] for line in out.splitlines() if "emitted" in (record := json.loads(line))]
    there = {str(path) for path in Path("out").glob("[!.]*")}
    assert set(emitted) - {None} == there
    waiting = 5 % int(form[2])
    assert emitted[6 - waiting :] == [None] * waiting
    assert f"after 6 candidates ({waiting} prepared, not yet in an output file); outputs written so far are kept" in err
    assert convert(run_cli, form, "--resume") == whole


def test_smaller_forced_run_removes_older_packs(folder, run_cli):
    convert(run_cli, ("npy", "--batch-size", "2"))
    for name in NAMES[3:]:
        Path(f"in/{name}.jpg").unlink()
    forced = convert(run_cli, ("npy", "--batch-size", "2"), "--force")
    assert forced == convert(run_cli, ("npy", "--batch-size", "2"), out="anew")


def test_different_pack_format_in_same_folder_is_refused(folder, run_cli):
    convert(run_cli, ("npy", "--batch-size", "2"))
    for other in (("tar",), ("npy", "--batch-size", "3"), ("npy",)):
        code, _, err = run_cli("convert", "in", "-o", "out", "--as", *other, "--resume")
        assert code == 2
        assert "out holds outputs made with --as npy --batch-size 2: name another folder" in err


def test_colliding_sample_keys_name_both_candidates(folder, run_cli):
    Path("in/five.png").write_bytes(jpeg())
    code, _, err = run_cli("convert", "in", "-o", "out", "--as", "tar")
    assert code == 2
    assert "in/five.jpg and in/five.png would both be written to the sample five" in err


def test_candidate_listed_twice_is_packed_once_and_exits_with_2(folder, run_cli):
    code, _, err = run_cli("convert", "in", "in/a", "in/five.jpg", "-o", "out", "--as", "npy", "--batch-size", "2")
    assert code == 2
    assert "in/five.jpg is listed twice, and the sample five is packed once: list it once" in err
    assert len(Path("out/index.jsonl").read_text().splitlines()) == len(NAMES) + 2


def test_each_shard_writes_to_its_own_folder(folder, run_cli):
    for index in range(2):
        code, _, err = run_cli(
            "convert", "in", "-o", "out", "--as", "tar", "--shard", f"{index}/2", "--manifest", f"{index}.jsonl"
        )
        assert code in {0, 1}, err
    lines = [line for index in range(2) for line in Path(f"out/{index}-of-2/index.jsonl").read_text().splitlines()]
    keys = [json.loads(line)["key"] for line in lines]
    assert sorted(keys) == sorted(NAMES)
    lines = [line for index in range(2) for line in Path(f"{index}.jsonl").read_text().splitlines()]
    outputs = {json.loads(line)["output"] for line in lines}
    assert outputs == {"0-of-2/00000.tar", "1-of-2/00000.tar", None}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--batch-size", "3", "--as", "json"), "--as json writes one file per tensor; --batch-size is for npy, tar"),
        (("--remainder", "pad"), "--remainder is about the last batch: pass --as npy and --batch-size too"),
        (("--as", "tar", "--remainder", "pad"), "--remainder is about the last batch"),
        (("--as", "tar", "-o", "-"), "--as tar writes files of many tensors: -o expects a folder"),
        (("--as", "npy", "--batch-size", "2", "-o", "x.npy"), "-o expects a folder"),
        (("--batch-size", "0"), "0 is not in the range"),
    ],
)
def test_conflicting_pack_options_are_refused(folder, run_cli, given, said):
    code, _, err = run_cli("convert", "in", "-o", "out", *given)
    assert code == 2
    assert said in err
    assert not Path("out").exists()


def test_modified_pack_part_is_refused():
    kind = formats.load_format("npy")
    good = b"".join(kind.encode(np.zeros((1, 2, 2, 3), np.float32), load.load("torchvision-imagenet")))
    one, two = (Sample(path=name, key=name, findings=()) for name in "ab")
    other = b"".join(kind.encode(np.zeros((1, 2, 3, 3), np.float32), load.load("torchvision-imagenet")))
    for bad, said in (
        (good[:-1], "has changed since it was written"),
        (b"", "corrupt|written"),
        (other, "b is float32"),
    ):
        with pytest.raises(ValueError, match=said):
            b"".join(kind.pack([(one, good), (two, bad)], 2))
