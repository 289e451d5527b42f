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
from pictures import jpeg, picture

from sm_imgcheck import cli
from sm_imgcheck.core.types import Options
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.run.outputs import formats
from sm_imgcheck.run.outputs.formats import Sample, tar
from sm_imgcheck.serving.envelopes import jsonlines
from sm_imgcheck.spec import load

SPEC = "shape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
NAMES = ("a/one", "a/two", "b/three", "five", "four", "six", "zero")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working folder: a spec, and a folder with seven photos and one that is none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sm-imgcheck.yaml").write_text(SPEC)
    for seed, name in enumerate(NAMES):
        file = tmp_path / "in" / f"{name}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(picture(seed=seed)))
    (tmp_path / "in" / "none.jpg").write_bytes(b"no picture")
    return tmp_path


@pytest.fixture
def say(capsys):
    """Run a command line in this process: exit code, stdout, stderr."""

    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def looked_at(monkeypatch):
    """The names of the files that were decoded since it was last cleared."""
    seen = []

    def noted(what, *more, **trace):
        seen.append(Path(getattr(what, "path", what)).name)
        return process(what, *more, **trace)

    monkeypatch.setattr("sm_imgcheck.pipeline.process.process", noted)
    return seen


FORMS = [
    ("npy", "--batch-size", "3"),
    ("npy", "--batch-size", "3", "--remainder", "pad"),
    ("tar", "--batch-size", "3"),
    ("jsonl", "--batch-size", "2"),
]


def every_other(forms, others):
    """Pairs in which each of the others meets a form in turn; all the pairs in the slow tier."""
    for number, (other, form) in enumerate(product(others, forms)):
        quick = number // len(forms) % len(forms) == number % len(forms)
        yield pytest.param(form, other, id=f"{' '.join(form)} {other}", marks=() if quick else pytest.mark.slow)


CHANGES = [
    *every_other(FORMS[1:3], ("changed", "spoiled", "inserted", "removed", "first", "pack lost", "all parts")),
]
MOMENTS = [*every_other((FORMS[0], FORMS[3]), (1, 4, 9, 10))]


def convert(say, form, *more, out="out"):
    """Convert to the end: the report, the manifest, the files."""
    given = ("convert", "in", "-o", out, "--format", "json", "--manifest", f"{out}.jsonl")
    code, report, err = say(*given, "--as", *form, *more)
    assert code in {0, 1}, err
    files = {path.relative_to(out).as_posix(): path for path in Path(out).rglob("*") if path.is_file()}
    own = {name for name in files if name.startswith(".sm-imgcheck/")}
    assert all(name.endswith((".gz", "made-by.json")) for name in own), own
    found = {name: path.read_bytes() for name, path in files.items() if name not in own}
    return report.replace(f'"{out}/', '"OUT/'), Path(f"{out}.jsonl").read_text(), found


def tensors():
    """What convert makes of each photo, in the order of the listing."""
    spec = load.load("sm-imgcheck.yaml")
    options = Options(want_array=True)
    return [process(f"in/{name}.jpg", spec, options).array for name in NAMES]


class TestBatches:
    @pytest.mark.parametrize(("remainder", "rows"), [("short", 1), ("pad", 3)])
    def test_rows_are_the_tensors_in_order(self, place, say, remainder, rows):
        report, manifest, files = convert(say, ("npy", "--batch-size", "3", "--remainder", remainder))
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

    def test_a_remainder_may_be_refused_and_written_later(self, place, say, looked_at):
        given = ("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "3")
        code, _, err = say(*given, "--remainder", "refuse")
        assert code == 2
        assert "the last batch has 1 of 3 candidates, from in/zero.jpg on: it is not written, the others are" in err
        assert sorted(path.name for path in Path("out").glob("[!.]*")) == ["batch-00000.npy", "batch-00001.npy"]
        looked_at.clear()
        assert say(*given, "--remainder", "pad", "--resume")[0] == 1
        assert looked_at == []
        assert np.load("out/batch-00002.npy").shape == (3, 24, 32, 3)

    def test_refused_remainder_is_not_reported_as_written(self, place, say):
        code, out, err = say("convert", "in/five.jpg", "-o", "out", "--batch-size", "2", "--remainder", "refuse")
        assert code == 2
        assert "No tensor was written." in out
        assert "the run ended before batch-00000.npy was complete" in out
        assert "Written to" not in out
        assert "none fixed" in out
        assert "stopped after 1 candidate (1 prepared, not yet in an output file)\n" in err
        assert "the last batch has 1 of 2 candidates, from in/five.jpg on: it is not written; --resume" in err

    def test_padding_that_dwarfs_the_tensors_is_refused(self, place, say):
        given = ("convert", "in/five.jpg", "-o", "out", "--remainder", "pad", "--batch-size")
        assert say(*given, "1000")[0] == 0, "9 MB of padding"
        Path("sm-imgcheck.yaml").write_text(SPEC.replace("24, 32", "240, 320"))
        code, out, err = say(*given[:3], "large", *given[4:], "65536")
        assert code == 2
        assert "No tensor was written." in out
        assert "the only batch has 1 of 65,536 candidates" in err
        assert "take a --batch-size near 1" in err
        assert not list(Path("large").glob("[!.]*"))

    def test_the_number_that_the_model_takes(self, place, say):
        Path("sm-imgcheck.yaml").write_text(SPEC.replace("N,", "3,"))
        code, _, err = say("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "4")
        assert code == 2
        assert "the spec's batch is 3, and --batch-size 4 makes another: N in its shape allows any" in err
        code, _, err = say("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "3")
        assert code == 2
        assert "the last batch has 1 of 3 candidates" in err
        assert convert(say, ("npy", "--batch-size", "3", "--remainder", "pad"), "--resume")[2].keys() >= {
            "batch-00002.npy"
        }

    def test_a_spec_without_a_batch_axis(self, place, say):
        Path("sm-imgcheck.yaml").write_text(SPEC.replace("N,", ""))
        convert(say, ("npy", "--batch-size", "7"))
        assert np.load("out/batch-00000.npy").shape == (7, 24, 32, 3)

    def test_images_of_any_size_are_no_batch(self, place, say):
        Path("sm-imgcheck.yaml").write_text(SPEC.replace("24, 32", "H, W"))
        code, _, err = say("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "3")
        assert code == 2
        assert "the spec leaves H and W open: fix it in its shape, or pack with --as tar" in err
        assert not Path("out").exists()
        assert len(convert(say, ("tar",))[2]) == 2

    def test_a_candidate_of_several_images(self, place, say):
        np.save("in/many.npy", np.zeros((2, 24, 32, 3), np.float32))
        code, _, err = say("convert", "in", "-o", "out", "--as", "npy", "--batch-size", "3")
        assert code == 2
        assert "in/many.npy: cannot be packed as npy: it holds 2 images" in err
        assert len(list(Path("out").glob("batch*"))) == 3, "the others are none the worse for it"


class TestTar:
    def test_samples_as_webdataset_reads_them(self, place, say):
        Path("in/four.jpg").rename("in/four.v1%.jpg")
        _, _, files = convert(say, ("tar", "--batch-size", "5"))
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

    def test_the_tensors_are_the_files_of_one_by_one(self, place, say):
        say("convert", "in", "-o", "single")
        _, _, files = convert(say, ("tar",))
        with tarfile.open(fileobj=io.BytesIO(files["00000.tar"])) as archive:
            for name in NAMES:
                assert archive.extractfile(f"{name}.npy").read() == Path(f"single/{name}.npy").read_bytes()

    def test_long_and_odd_names(self):
        key = f"{'long/' * 60}\udcff\n x.y"
        sample = Sample(path="p", key=key, findings=())
        body = b"".join(tar.pack([(sample, b"tensor")], 1))
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            assert archive.getnames() == [f"{'long/' * 60}%ED%B3%BF%0A%20x%2Ey.{suffix}" for suffix in ("npy", "json")]
        assert len(body) % tarfile.RECORDSIZE == 0


class TestLines:
    def test_requests_as_payload_makes_them(self, place, say):
        with Path("sm-imgcheck.yaml").open("a") as spec:
            spec.write("payload: {stack: tensorflow-serving}\n")
        _, _, files = convert(say, ("jsonl", "--batch-size", "4"))
        assert sorted(files) == ["00000.jsonl", "00001.jsonl", "index.jsonl", "manifest.json"]
        spec = load.load("sm-imgcheck.yaml")
        lines = [jsonlines.build(array, spec).body + b"\n" for array in tensors()]
        assert files["00000.jsonl"] + files["00001.jsonl"] == b"".join(lines)
        assert json.loads(files["manifest.json"])[1:] == ["00000.jsonl", "00001.jsonl"]

    def test_a_stack_that_takes_no_lines(self, place, say):
        with Path("sm-imgcheck.yaml").open("a") as spec:
            spec.write("name: image\npayload: {stack: triton}\n")
        code, _, err = say("convert", "in", "-o", "out", "--as", "jsonl")
        assert code == 2
        assert "jsonlines" in err
        assert not Path("out").exists()


class TestResume:
    @pytest.mark.parametrize("form", FORMS, ids=" ".join)
    @pytest.mark.sample(2)
    def test_nothing_is_done_twice(self, place, say, looked_at, form):
        first = convert(say, form)
        times = {path: path.stat().st_mtime_ns for path in Path("out").glob("0*")}
        looked_at.clear()
        assert convert(say, form, "--resume") == first
        assert looked_at == []
        assert times == {path: path.stat().st_mtime_ns for path in times}

    @pytest.mark.parametrize(("form", "change"), CHANGES)
    @pytest.mark.sample(4)
    def test_after_a_change_it_is_as_a_whole_run(self, place, say, looked_at, form, change):
        convert(say, form)
        looked_at.clear()
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
        resumed = convert(say, form, "--resume")
        done = len(looked_at)
        assert resumed == convert(say, form, out="anew")
        if change in {"changed", "pack lost"}:
            assert done <= 4, "one pack, and what cannot be read"

    @pytest.mark.parametrize(("form", "room"), MOMENTS)
    @pytest.mark.sample(2)
    def test_cut_short_at_any_moment(self, place, say, form, room, monkeypatch):
        whole = convert(say, form, out="whole")
        real, left = os.replace, [room]

        def replace(source, target):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            real(source, target)

        with monkeypatch.context() as patch:
            patch.setattr("sm_imgcheck.io.stores.local.os.replace", replace)
            given = ("--manifest", "out.jsonl", "--format", "json", "--as", *form)
            code, report, err = say("convert", "in", "-o", "out", *given)
        assert code == 2
        assert "cannot be written: No space left on device" in err
        if "stopped" in err:
            assert "when the error below is fixed, run the same command with --resume to continue" in err
        named = {result["emitted"] for result in json.loads(report)["results"]} - {None} if report else set()
        assert named <= {str(path) for path in Path("out").glob("[!.]*")}, "only what is in place is reported"
        assert convert(say, form, "--resume") == whole


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt(), cli.TerminationSignal(signal.SIGTERM)], ids=["Ctrl-C", "SIGTERM"]
)
@pytest.mark.parametrize("form", FORMS[1:], ids=" ".join)
@pytest.mark.sample(3)
def test_interrupted_run_reports_only_packs_in_place(place, say, form, stop, monkeypatch):
    whole = convert(say, form, out="whole")

    def interrupted(what, *more, **trace):
        if getattr(what, "path", what) == "in/six.jpg":
            raise stop
        return process(what, *more, **trace)

    with monkeypatch.context() as patch:
        patch.setattr("sm_imgcheck.pipeline.process.process", interrupted)
        code, out, err = say("convert", "in", "-o", "out", "--format", "jsonl", "-j", "1", "--as", *form)
    assert code == (130 if isinstance(stop, KeyboardInterrupt) else 143)
    emitted = [record["emitted"] for line in out.splitlines() if "emitted" in (record := json.loads(line))]
    there = {str(path) for path in Path("out").glob("[!.]*")}
    assert set(emitted) - {None} == there
    waiting = 5 % int(form[2])
    assert emitted[6 - waiting :] == [None] * waiting
    assert f"after 6 candidates ({waiting} prepared, not yet in an output file); outputs written so far are kept" in err
    assert convert(say, form, "--resume") == whole


def test_a_smaller_run_leaves_no_older_packs(place, say):
    convert(say, ("npy", "--batch-size", "2"))
    for name in NAMES[3:]:
        Path(f"in/{name}.jpg").unlink()
    forced = convert(say, ("npy", "--batch-size", "2"), "--force")
    assert forced == convert(say, ("npy", "--batch-size", "2"), out="anew")


def test_another_kind_needs_another_folder(place, say):
    convert(say, ("npy", "--batch-size", "2"))
    for other in (("tar",), ("npy", "--batch-size", "3"), ("npy",)):
        code, _, err = say("convert", "in", "-o", "out", "--as", *other, "--resume")
        assert code == 2
        assert "out holds outputs made with --as npy --batch-size 2: name another folder" in err


def test_two_candidates_with_one_key(place, say):
    Path("in/five.png").write_bytes(jpeg())
    code, _, err = say("convert", "in", "-o", "out", "--as", "tar")
    assert code == 2
    assert "in/five.jpg and in/five.png would both be written to the sample five" in err


def test_a_candidate_that_is_listed_twice(place, say):
    code, _, err = say("convert", "in", "in/a", "in/five.jpg", "-o", "out", "--as", "npy", "--batch-size", "2")
    assert code == 2
    assert "in/five.jpg is listed twice, and the sample five is packed once: list it once" in err
    assert len(Path("out/index.jsonl").read_text().splitlines()) == len(NAMES) + 2


def test_shards_have_a_folder_each(place, say):
    for index in range(2):
        code, _, err = say(
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
def test_what_does_not_go_together(place, say, given, said):
    code, _, err = say("convert", "in", "-o", "out", *given)
    assert code == 2
    assert said in err
    assert not Path("out").exists()


def test_a_part_that_was_tampered_with():
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
