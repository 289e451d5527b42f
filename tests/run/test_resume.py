"""Resumed runs: outputs up to date are kept, stale ones are written again, and the result is that of one run."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sample_images import jpeg, picture

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.types import Options
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.run import database
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.inputs.listing import Shard, filter_shard
from sm_imgcheck.run.outputs.collisions import OutputRegistry, clash
from sm_imgcheck.run.resume import index as known
from sm_imgcheck.run.resume import journal, recorder
from sm_imgcheck.run.resume.codec import RESULT_FIELDS, result_of, texts

SPEC = "shape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX file names")


@pytest.fixture
def working_folder(tmp_path, monkeypatch):
    """The working folder: a spec, and a folder with five photos and a damaged file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sm-imgcheck.yaml").write_text(SPEC)
    for name in ("a/one", "a/two", "b/three", "four", "five"):
        file = tmp_path / "in" / f"{name}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(picture(seed=len(name))))
    (tmp_path / "in" / "none.jpg").write_bytes(b"no picture")
    return tmp_path


def output_files(folder="out"):
    """All files of a folder except the journal, by name; temporary files are errors."""
    files = {path.relative_to(folder).as_posix(): path for path in Path(folder).rglob("*") if path.is_file()}
    own = {name for name in files if name.startswith(".sm-imgcheck/")}
    assert all(name.endswith((".gz", "made-by.json")) for name in own), own
    return {name: path.read_bytes() for name, path in files.items() if name not in own}


def convert(run_cli, *more, out="out"):
    """Convert to the end: the report, the manifest, the outputs, and the messages."""
    code, report, err = run_cli("convert", "in", "-o", out, "--format", "json", "--manifest", f"{out}.jsonl", *more)
    assert code in {0, 1}, err
    return report.replace(f'"{out}/', '"OUT/'), Path(f"{out}.jsonl").read_text(), output_files(out), err


DAMAGES = {  # None: the last bytes are missing
    "empty": b"",
    "garbage": b"\x1f\x8b garbage",
    "other lines": gzip.compress(b'{}\n["x"]\n[3]\nnull'),
    "cut": None,
}


class TestResume:
    def test_resume_skips_unchanged_inputs(self, working_folder, run_cli, decoded_names):
        *first, err = convert(run_cli)
        assert (len(decoded_names), err) == (6, "")
        decoded_names.clear()
        *second, err = convert(run_cli, "--resume")
        assert (decoded_names, second) == ([], first)
        assert "6 of 6 were up to date" in err

    def test_resume_processes_only_missing_and_stale_outputs(self, working_folder, run_cli, decoded_names):
        convert(run_cli)
        (working_folder / "in" / "a" / "one.jpg").write_bytes(jpeg(picture(seed=77)))
        os.utime(working_folder / "in" / "a" / "two.jpg", (1, 1))  # the same content at another time
        (working_folder / "out" / "four.npy").unlink()
        (working_folder / "out" / "five.npy").write_bytes(b"half")
        (working_folder / "in" / "six.jpg").write_bytes(jpeg())
        decoded_names.clear()
        *resumed, _ = convert(run_cli, "--resume")
        assert sorted(decoded_names) == ["five.jpg", "four.jpg", "one.jpg", "six.jpg"]
        *whole, _ = convert(run_cli, out="anew")
        assert resumed == whole

    def test_output_changed_at_equal_size_is_written_again(self, working_folder, run_cli):
        convert(run_cli)
        file = working_folder / "out" / "four.npy"
        body = file.read_bytes()
        file.write_bytes(bytes(len(body)))
        *_, err = convert(run_cli, "--resume")
        assert "5 of 6 were up to date" in err
        assert file.read_bytes() == body

    def test_copy_that_keeps_times_is_up_to_date(self, working_folder, run_cli):
        convert(run_cli)
        shutil.copytree("out", "copy")
        assert "6 of 6 were up to date" in convert(run_cli, "--resume", out="copy")[-1]

    @pytest.mark.parametrize("more", [(), ("--resume",), ("--force",)])
    def test_outputs_next_to_inputs_are_not_candidates(self, working_folder, run_cli, more):
        for words in ((), more):
            code, out, err = run_cli("convert", "in", "-o", "in", *words)
            assert (code, "5 tensors written" in out) == (1, True), err
        assert "5 outputs of an earlier run" in out

    def test_different_spec_is_refused_and_replaced_with_resume(self, working_folder, run_cli, decoded_names):
        convert(run_cli)
        before = output_files()
        (working_folder / "sm-imgcheck.yaml").write_text(SPEC.replace("[0, 1]", "[-1, 1]"))
        code, _, err = run_cli("convert", "in", "-o", "out")
        assert code == 2
        assert "out holds outputs of another spec" in err
        assert "name another folder, or add --resume" in err
        assert output_files() == before
        decoded_names.clear()
        *resumed, _ = convert(run_cli, "--resume")
        assert len(decoded_names) == 6
        assert resumed == [*convert(run_cli, out="anew")][:3]

    def test_different_library_version_makes_every_output_stale(
        self, working_folder, run_cli, decoded_names, monkeypatch
    ):
        convert(run_cli)
        decoded_names.clear()
        monkeypatch.setattr(recorder, "libraries", lambda: {"pillow": "99"})
        _, manifest, _, _ = convert(run_cli, "--resume")
        assert len(decoded_names) == 6
        assert json.loads(manifest.splitlines()[0])["versions"] == {"pillow": "99"}

    def test_resume_with_different_format_replaces_outputs(self, working_folder, run_cli):
        convert(run_cli)
        *resumed, _ = convert(run_cli, "--resume", "--as", "npz")
        assert resumed == [*convert(run_cli, "--as", "npz", out="anew")][:3]

    def test_resume_removes_output_of_damaged_input(self, working_folder, run_cli):
        convert(run_cli)
        (working_folder / "in" / "four.jpg").write_bytes(b"spoiled")
        *resumed, _ = convert(run_cli, "--resume")
        assert "four.npy" not in resumed[2]
        assert resumed == [*convert(run_cli, out="anew")][:3]

    def test_output_is_reassigned_to_a_new_candidate(self, working_folder, run_cli):
        (working_folder / "in" / "four.jpeg").write_bytes(jpeg(picture(seed=9)))
        code, _, err = run_cli("convert", "in", "-o", "out")
        assert code == 2
        assert "in/four.jpeg and in/four.jpg would both be written to out/four.npy" in err
        (working_folder / "in" / "four.jpeg").unlink()
        *resumed, _ = convert(run_cli, "--resume")
        assert resumed == [*convert(run_cli, out="anew")][:3]

    def test_refused_collision_keeps_output_of_the_first_candidate(self, working_folder, run_cli):
        (working_folder / "in" / "four.png").write_bytes(b"no picture")
        for more in ((), ("--resume",), ("--resume",)):
            convert(run_cli, *more)
            assert "four.npy" in output_files()

    def test_foreign_file_in_output_folder_is_not_replaced(self, working_folder, run_cli):
        (working_folder / "out").mkdir()
        (working_folder / "out" / "four.npy").write_bytes(b"precious")
        for more in ((), ("--resume",)):
            code, _, err = run_cli("convert", "in", "-o", "out", *more)
            assert code == 2
            assert "four.npy exists with other content: --force replaces it" in err
        assert (working_folder / "out" / "four.npy").read_bytes() == b"precious"

    @pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
    @pytest.mark.sample(2)
    def test_damaged_journal_is_rebuilt_with_the_same_result(self, working_folder, run_cli, decoded_names, damage):
        first = convert(run_cli)[:3]
        (file,) = (working_folder / "out" / ".sm-imgcheck" / "journal" / "0-of-1").iterdir()
        file.write_bytes(file.read_bytes()[:-9] if damage is None else damage)
        decoded_names.clear()
        assert convert(run_cli, "--resume")[:3] == first
        assert len(decoded_names) == 6

    def test_journal_record_with_invalid_severity_is_not_used(self, working_folder, run_cli, decoded_names):
        first = convert(run_cli)[:3]
        (file,) = (working_folder / "out" / ".sm-imgcheck" / "journal" / "0-of-1").iterdir()
        text = gzip.decompress(file.read_bytes()).decode()
        file.write_bytes(gzip.compress(text.replace('"error"', '"fatal"').encode()))
        decoded_names.clear()
        assert convert(run_cli, "--resume")[:3] == first
        assert len(decoded_names) == 6

    def test_run_without_resume_processes_every_input(self, working_folder, run_cli, decoded_names):
        first = convert(run_cli)[:3]
        decoded_names.clear()
        (working_folder / "out.jsonl").unlink()
        assert convert(run_cli)[:3] == first
        assert len(decoded_names) == 6
        assert len(list((working_folder / "out" / ".sm-imgcheck" / "journal" / "0-of-1").iterdir())) == 1

    def test_validate_resume_requires_emit_and_skips_outputs(self, working_folder, run_cli, decoded_names):
        first = run_cli("validate", "in", "--emit", "out", "--format", "json")
        assert (first[0], len(decoded_names)) == (1, 6)
        decoded_names.clear()
        assert run_cli("validate", "in", "--emit", "out", "--format", "json", "--resume")[:2] == first[:2]
        assert decoded_names == []
        code, _, err = run_cli("validate", "in", "--resume")
        assert code == 2
        assert "pass --emit DIR too" in err

    def test_single_file_run_writes_no_journal(self, working_folder, run_cli):
        assert run_cli("convert", "in/four.jpg", "-o", "out")[0] == 0
        assert [path.name for path in Path("out").iterdir()] == ["four.npy"]

    def test_unfinished_files_of_a_killed_run_are_removed(self, working_folder, run_cli):
        convert(run_cli)
        for folder in ("tmp/0-of-1", "journal/0-of-1"):
            file = working_folder / "out" / ".sm-imgcheck" / folder / ".sm-imgcheck-0123456789abcdef.tmp"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"half")
        convert(run_cli, "--resume")
        output_files()

    @pytest.mark.parametrize(
        "room", [0, 3, 5, 7, *(pytest.param(room, marks=pytest.mark.slow) for room in (1, 2, 4, 6))]
    )
    @pytest.mark.sample(2)
    def test_resume_after_full_disk_equals_a_complete_run(self, working_folder, run_cli, monkeypatch, room):
        whole = convert(run_cli, out="whole")[:3]
        real, left = os.replace, [room]

        def replace(source, target):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            real(source, target)

        with monkeypatch.context() as patch:
            patch.setattr("sm_imgcheck.io.stores.local.os.replace", replace)
            code, _, err = run_cli("convert", "in", "-o", "out", "--manifest", "out.jsonl", "--format", "json")
        assert code == 2
        assert "cannot be written: No space left on device" in err
        assert convert(run_cli, "--resume")[:3] == whole
        assert not [path for path in working_folder.iterdir() if path.name.endswith(".part")]

    def test_output_folder_inside_input_is_skipped_with_resume(self, working_folder, run_cli):
        code, _, _ = run_cli("convert", ".", "-o", "in/out", "--manifest", "m.jsonl")
        assert code == 1
        assert run_cli("convert", ".", "-o", "in/out", "--manifest", "m.jsonl", "--resume")[0] == 1
        assert len(Path("m.jsonl").read_text().splitlines()) == 6


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_second_run_into_the_same_folder_is_refused(working_folder, run_cli):
    """The second would take the unfinished files of the first for those of a run that was killed."""
    command = [sys.executable, "-m", "sm_imgcheck", "convert", "in/five.jpg", "@-", "-o", "out", "--format", "jsonl"]
    pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes) as first:
        first.stdout.readline()
        code, _, err = run_cli("convert", "in", "-o", "out", "--resume")
        assert (code, err) == (2, "error: another run writes into out: let it end, or name another folder\n")
        out, _ = first.communicate("in/four.jpg\n", timeout=60)
    assert json.loads(out.splitlines()[-1])["summary"]["candidates"] == 2
    assert run_cli("convert", "in", "-o", "out", "--resume")[0] == 1


def rewrite_journal(change, folder="out"):
    """Replace the lines of a run's journal by those that ``change`` returns."""
    (file,) = Path(folder).glob(".sm-imgcheck/journal/*/*.gz")
    lines = gzip.decompress(file.read_bytes()).decode().split("\n")
    file.write_bytes(gzip.compress("\n".join(change(lines)).encode()))


def replace_field(number, value):
    """A change of the journal: field ``number`` of the result of each candidate."""

    def change(lines):
        head, *records = (line.split("\t") for line in lines)
        for record in records:
            record[1 + number] = json.dumps(value)
        return ["\t".join(line) for line in (head, *records)]

    return change


OTHER_TYPES = [
    '[["a"], "x", 1, 1, "t", "s"]',
    '[99999999999999999999999, 1, "x"]',
    '[-1, 1, "x"]',
    '[null, "o"]',
    "7",
    "",
]


class TestDamagedJournal:
    """Invalid journal lines are not used, and no file outside the output folder is touched."""

    @pytest.mark.parametrize("line", OTHER_TYPES)
    @pytest.mark.sample(3)
    def test_journal_line_of_wrong_types_is_skipped(self, working_folder, run_cli, decoded_names, line):
        convert(run_cli)
        rewrite_journal(lambda lines: [lines[0], line, *lines[2:]])
        decoded_names.clear()
        code, _, err = run_cli("convert", "in", "-o", "out", "--resume")
        assert (code, len(decoded_names)) == (1, 1), err
        assert "5 of 6 were up to date" in err

    @pytest.mark.parametrize("field", ["array", "bug", "path"])
    def test_journal_result_with_invalid_field_is_not_used(self, working_folder, run_cli, decoded_names, field):
        *whole, _ = convert(run_cli)
        rewrite_journal(replace_field(RESULT_FIELDS.index(field), "x"))
        decoded_names.clear()
        *resumed, _ = convert(run_cli, "--resume")
        assert len(decoded_names) == 6
        assert resumed == whole

    def test_journal_result_with_lone_surrogate_is_not_used(self, working_folder, run_cli, decoded_names):
        convert(run_cli)
        rewrite_journal(replace_field(RESULT_FIELDS.index("skipped"), "\ud800"))
        decoded_names.clear()
        assert run_cli("convert", "in", "-o", "out", "--resume", "--format", "json")[0] == 1
        assert len(decoded_names) == 6

    @POSIX
    @pytest.mark.parametrize("optimize", [False, True])
    @pytest.mark.parametrize("name", ["four./../../victim", "../victim", "/victim", "four.x/victim", "four.\0"])
    @pytest.mark.sample(5)
    def test_output_outside_of_the_folder_is_not_removed(self, working_folder, run_cli, name, optimize):
        convert(run_cli)
        Path("out/four.").mkdir()
        Path("victim").write_text("precious")
        Path("elsewhere").mkdir()
        Path("elsewhere/victim").write_text("precious")
        Path("out/four.x").symlink_to(working_folder / "elsewhere")
        rewrite_journal(lambda lines: [line.replace('"four.npy"', json.dumps(name)) for line in lines])
        (working_folder / "in" / "four.jpg").write_bytes(b"no picture any more")  # its old output would be removed
        words = ("convert", "in", "-o", "out", "--resume", "-q")
        if optimize:  # without assertions, in a process that was started so
            command = [sys.executable, "-O", "-m", "sm_imgcheck", *words]
            run = subprocess.run(command, check=False, capture_output=True, text=True)
            code, err = run.returncode, run.stderr
        else:
            code, _, err = run_cli(*words)
        assert code == 1, err
        assert Path("victim").read_text() == Path("elsewhere/victim").read_text() == "precious"


@POSIX
class TestLinks:
    """No link leads what is written, or removed, out of the output folder."""

    @pytest.fixture
    def victim(self, working_folder):
        (working_folder / "victim" / "0-of-1").mkdir(parents=True)
        (working_folder / "victim" / "0-of-1" / "file").write_text("precious")
        (working_folder / "out" / ".sm-imgcheck").mkdir(parents=True)
        return working_folder / "victim"

    @pytest.mark.parametrize("name", ["parts", "journal", "tmp", ""])
    @pytest.mark.parametrize("source", ["in", "in/none.jpg"])
    def test_symlink_as_journal_folder_is_refused(self, working_folder, run_cli, victim, name, source):
        link = working_folder / "out" / ".sm-imgcheck" / name
        if not name:
            link.rmdir()
        link.symlink_to(victim)
        code, _, err = run_cli("convert", source, "-o", "out", "--as", "tar")
        assert code == 2
        assert "outside of out: remove that link, or name another folder" in err
        assert sorted(path.name for path in victim.rglob("*")) == ["0-of-1", "file"]

    def test_symlink_as_output_subfolder_gets_no_files(self, working_folder, run_cli, victim):
        (working_folder / "in" / "a" / "deep").mkdir()
        (working_folder / "in" / "a" / "one.jpg").rename(working_folder / "in" / "a" / "deep" / "one.jpg")
        Path("out/a").symlink_to(victim)
        code, _, err = run_cli("convert", "in", "-o", "out")
        assert code == 2
        assert "outside of out" in err
        assert sorted(path.name for path in victim.rglob("*")) == ["0-of-1", "file"]

    def test_symlink_as_unfinished_file_is_not_followed(self, working_folder, run_cli, victim):
        for link in (".man.jsonl.part", "out/.index.jsonl.part"):
            Path(link).symlink_to(victim / "0-of-1" / "file")
        code, _, err = run_cli("convert", "in", "-o", "out", "--as", "tar", "--manifest", "man.jsonl")
        assert code == 1, err
        assert (victim / "0-of-1" / "file").read_text() == "precious"
        assert len(Path("man.jsonl").read_text().splitlines()) == 6
        assert len(Path("out/index.jsonl").read_text().splitlines()) == 5

    def test_output_behind_a_link_is_not_up_to_date(self, working_folder, run_cli, victim):
        convert(run_cli)
        shutil.move("out/b/three.npy", victim / "three.npy")
        shutil.rmtree("out/b")
        Path("out/b").symlink_to(victim)
        code, _, err = run_cli("convert", "in", "-o", "out", "--resume")
        assert code == 2
        assert "outside of out" in err

    def test_output_of_an_earlier_run_behind_a_link_is_not_removed(self, working_folder, run_cli, victim):
        convert(run_cli)
        shutil.rmtree("out/b")
        (victim / "three.npy").write_text("precious")
        Path("out/b").symlink_to(victim)
        (working_folder / "in" / "b" / "three.jpg").write_bytes(b"no picture any more")
        code, _, err = run_cli("convert", "in", "-o", "out", "--resume")
        assert code == 2
        assert "outside of out" in err
        assert (victim / "three.npy").read_text() == "precious"


class TestManifest:
    def test_manifest_has_a_line_for_each_input(self, working_folder, run_cli):
        code, _, _ = run_cli("validate", "in", "--manifest", "m.jsonl")
        assert code == 1
        lines = [json.loads(line) for line in Path("m.jsonl").read_text().splitlines()]
        assert [line["path"] for line in lines] == sorted(
            f"in/{name}.jpg" for name in ("a/one", "a/two", "b/three", "five", "four", "none")
        )
        assert {"pillow", "opencv", "numpy", "simplejpeg", "sm-imgcheck", "libjpeg-turbo"} == set(lines[0]["versions"])
        assert lines[0]["output"] is None
        assert len(lines[0]["sha256"]) == 64
        assert lines[-1]["findings"][0]["code"] == "SRC103"

    def test_existing_manifest_is_replaced_only_with_force(self, working_folder, run_cli):
        assert run_cli("validate", "in", "--manifest", "m.jsonl")[0] == 1
        code, _, err = run_cli("validate", "in/five.jpg", "--manifest", "m.jsonl")
        assert code == 2
        assert "m.jsonl exists: --force replaces it" in err
        assert run_cli("validate", "in/five.jpg", "--manifest", "m.jsonl", "--force")[0] == 1
        assert len(Path("m.jsonl").read_text().splitlines()) == 1

    @pytest.mark.parametrize("more", [("convert", "--force"), ("convert", "--resume"), ("validate", "--force")])
    @pytest.mark.parametrize("place_of", ["in/five.jpg", "sm-imgcheck.yaml"])
    def test_file_other_than_a_manifest_is_never_replaced(self, working_folder, run_cli, more, place_of):
        before = Path(place_of).read_bytes()
        where = ("-o", "out") if more[0] == "convert" else ()
        code, _, err = run_cli(more[0], "in", *where, "--manifest", place_of, *more[1:])
        assert (code, Path(place_of).read_bytes()) == (2, before)
        assert f"{place_of} exists and was not made by this program: remove it, or name another file" in err

    @POSIX
    def test_pipe_and_standard_output_as_manifest_are_refused(self, working_folder, run_cli):
        os.mkfifo("pipe")
        for name, what in (
            ("pipe", "is a device, a pipe or a socket"),
            ("-", "is standard output"),
            ("", "got an empty text"),
        ):
            code, _, err = run_cli("validate", "in", "--manifest", name, "--force")
            assert (code, what in " ".join(err.split())) == (2, True)
        assert Path("pipe").is_fifo()

    def test_unwritable_manifest_path_is_refused(self, working_folder, run_cli):
        for manifest, said in (("gone/m.jsonl", "cannot be written: No such file or directory"), ("in", "is a folder")):
            code, _, err = run_cli("validate", "in", "--manifest", manifest)
            assert code == 2
            assert f"{manifest} {said}" in err

    def test_file_as_journal_folder_is_refused(self, working_folder, run_cli):
        Path("out").mkdir()
        Path("out/.sm-imgcheck").write_bytes(b"")
        code, _, err = run_cli("convert", "in", "-o", "out")
        assert code == 2
        assert err == f"error: {Path('out/.sm-imgcheck')}: got a file, expected a folder or a new name\n"

    @POSIX
    def test_unusual_names_round_trip_through_the_manifest(self, working_folder, run_cli):
        name = os.fsdecode(b"in/\xff\n.b c%.jpg")
        shutil.copy("in/four.jpg", name)
        first = convert(run_cli)[:3]
        line = next(json.loads(line) for line in first[1].splitlines() if "path_bytes" in line)
        assert bytes.fromhex(line["path_bytes"]) == b"in/\xff\n.b c%.jpg"
        assert bytes.fromhex(line["output_bytes"]) == b"\xff\n.b c%.npy"
        assert convert(run_cli, "--resume")[:3] == first
        code, *_ = run_cli("convert", "in", "-o", "tars", "--as", "tar")
        assert code == 1


class TestShards:
    def test_shards_are_disjoint_and_merge_to_the_complete_run(self, working_folder, run_cli):
        convert(run_cli, out="whole")
        parts = []
        for index in range(3):
            code, _, err = run_cli(
                "convert", "in", "-o", "out", "--shard", f"{index}/3", "--manifest", f"{index}.jsonl"
            )
            assert code in {0, 1}, err
            parts.append(f"{index}.jsonl")
        assert output_files() == output_files("whole")
        assert run_cli("merge", *parts, "-o", "out.jsonl")[0] == 0
        assert Path("out.jsonl").read_text() == Path("whole.jsonl").read_text()
        assert run_cli("merge", *reversed(parts))[1] == Path("whole.jsonl").read_text()

    def test_shard_without_candidates_exits_with_0(self, working_folder, run_cli):
        runs = [run_cli("validate", "in", "--shard", f"{index}/9", "--fail-on", "never") for index in range(9)]
        assert [code for code, _, _ in runs] == [0] * 9
        empty = [(index, err) for index, (_, out, err) in enumerate(runs) if not out]
        assert empty
        assert all(f"no candidates in shard {index}/9 (" in err for index, err in empty)

    def test_shard_of_a_name_is_constant(self):
        names = ("x", "K\u00e4se", "ka\u0308se", "cat", "dog")
        items = [Item(path=f"/mnt/{name}.jpg", output=("a", name)) for name in names]
        parts = [
            [item.output[1] for item in filter_shard(items, Shard(index=index, total=5), {"in another shard": 0})]
            for index in range(5)
        ]
        assert parts == [["cat"], ["x"], ["dog"], ["K\u00e4se", "ka\u0308se"], []]

    @pytest.mark.parametrize("text", ["3/3", "1", "-1/3", "a/b", "1/0", "1/3/5", "", "\uff11/\uff13"])
    def test_invalid_shard_option_is_refused(self, text, working_folder, run_cli):
        code, _, err = run_cli("validate", "in", "--shard", text or " ")
        assert code == 2
        assert "expected INDEX/NUMBER; the index counts from 0" in err

    def test_resume_with_different_shard_count_skips_all_inputs(self, working_folder, run_cli, decoded_names):
        convert(run_cli)
        decoded_names.clear()
        for index in range(2):
            run_cli("convert", "in", "-o", "out", "--shard", f"{index}/2", "--resume")
        assert decoded_names == []


class TestMerge:
    @pytest.fixture
    def parts(self, working_folder, run_cli):
        for index in range(2):
            run_cli("validate", "in", "--shard", f"{index}/2", "--manifest", f"{index}.jsonl")
        assert all(Path(f"{index}.jsonl").read_text() for index in range(2))
        return working_folder

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (("0.jsonl", "0.jsonl", "1.jsonl"), "is in 0.jsonl and in 0.jsonl: --force keeps the first"),
            (("0.jsonl",), "of 2 shards these are missing: 1; --force ignores them"),
            (("0.jsonl", "gone.jsonl"), "gone.jsonl cannot be read: No such file or directory"),
            (("0.jsonl", "sm-imgcheck.yaml"), "sm-imgcheck.yaml, line 1: not a complete line of a manifest"),
            (("0.jsonl", "in"), "in cannot be read: it is a folder"),
        ],
    )
    def test_merge_of_inconsistent_manifests_is_refused(self, parts, run_cli, given, said):
        code, _, err = run_cli("merge", *given, "-o", "whole.jsonl")
        assert code == 2
        assert said in err
        assert not Path("whole.jsonl").exists()
        assert not Path(".whole.jsonl.part").exists()

    def test_merge_of_different_versions_needs_force(self, parts, run_cli):
        line = json.loads(Path("1.jsonl").read_text().splitlines()[0])
        line["versions"]["pillow"] = "1"
        Path("2.jsonl").write_text(json.dumps(line | {"spec_sha256": "x", "path": "other.jpg"}) + "\n")
        given = ("merge", "0.jsonl", "1.jsonl", "2.jsonl", "-o", "whole.jsonl")
        code, _, err = run_cli(*given)
        assert code == 2
        assert "2.jsonl and 0.jsonl: other versions of the spec, pillow" in err
        code, _, err = run_cli(*given, "--force")
        assert code == 0
        assert err.startswith("warning: 2.jsonl and 0.jsonl")
        assert len(Path("whole.jsonl").read_text().splitlines()) == 7

    def test_counts_of_parts_and_empty_parts_are_reported(self, parts, run_cli):
        lines = Path("1.jsonl").read_text().splitlines(keepends=True)
        code, _, err = run_cli("merge", "0.jsonl", "1.jsonl", "-o", "whole.jsonl")
        assert code == 0
        first = len(Path("0.jsonl").read_text().splitlines())
        assert f"inputs of 2 parts ({first} + {len(lines)}) are in whole.jsonl" in err
        Path("1.jsonl").write_text("")
        for out in ((), ("-o", "other.jsonl")):
            code, _, err = run_cli("merge", "0.jsonl", "1.jsonl", *out)
            assert code == 0
            assert "warning: 1.jsonl is empty: merged as a shard without candidates" in err

    def test_existing_output_is_replaced_by_force_only(self, parts, run_cli):
        code, _, err = run_cli("merge", "0.jsonl", "1.jsonl", "-o", "0.jsonl")
        assert (code, err) == (2, "error: 0.jsonl exists: --force replaces it\n")

    def test_merge_of_truncated_manifest_is_refused(self, parts, run_cli):
        Path("1.jsonl").write_text(Path("1.jsonl").read_text()[:-1])
        assert "not a complete line of a manifest" in run_cli("merge", "0.jsonl", "1.jsonl")[2]


def test_records_round_trip_through_the_journal():
    result = process(
        jpeg(), {"shape": [1, 24, 32, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}, Options()
    )
    again = result_of(texts(result))
    assert again == result
    assert again.plan == result.plan
    with pytest.raises(ValueError, match="never written"):
        result_of(["1", *texts(result)[1:]])


@pytest.mark.parametrize(
    "outcome",
    [
        [500, "no stack trace", "PAY101", "the content type is 'x'", "image/jpeg", "x", True],
        ["object", None, "a link", [["PAY120", "the text is a link", "", "http://x"]]],
    ],
)
def test_records_with_findings_of_an_earlier_form_are_refused(outcome):
    """``select`` processes such a candidate again."""
    given = {"shape": [1, 24, 32, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
    result = process(b"{}", {**given, "payload": {"stack": "pytorch"}}, Options(content_type="x"))
    record, request = texts(result), RESULT_FIELDS.index("request")
    assert result_of(record) == result
    earlier = json.loads(record[request])
    earlier[3] = outcome
    with pytest.raises(ValueError):  # noqa: PT011 - whichever part it does not fit
        result_of([*record[:request], json.dumps(earlier), *record[request + 1 :]])


def test_collisions_are_found_beyond_the_memory_limit(monkeypatch):
    monkeypatch.setattr("sm_imgcheck.run.outputs.collisions._IN_MEMORY", 2)
    claims = OutputRegistry()
    paths = [os.fsdecode(b"\xff%d" % number) for number in range(9)]
    assert [clash(claims, f"out/{path}", path) for path in paths] == [""] * 9
    assert [clash(claims, f"out/{path}", path) for path in paths] == [""] * 9
    for path in paths:
        assert clash(claims, f"out/{path}", "other").startswith("\\xff")


def test_small_journal_files_are_merged(working_folder, run_cli, decoded_names, monkeypatch):
    monkeypatch.setattr(journal, "_EVERY", 1)
    monkeypatch.setattr(journal, "_FILES_TO_MERGE", 2)
    first = convert(run_cli)[:3]
    assert len(list((working_folder / "out" / ".sm-imgcheck" / "journal" / "0-of-1").iterdir())) == 1
    decoded_names.clear()
    assert convert(run_cli, "--resume")[:3] == first
    assert not decoded_names
    monkeypatch.setattr(journal, "LARGEST", 1)
    (working_folder / "in" / "a" / "one.jpg").write_bytes(jpeg(picture(seed=77)))
    monkeypatch.setattr(known, "LARGEST", 1 << 20)
    convert(run_cli, "--resume")
    assert decoded_names == ["one.jpg"]
    assert len(list((working_folder / "out" / ".sm-imgcheck" / "journal" / "0-of-1").iterdir())) == 2


def test_full_disk_of_temporary_files_is_one_line():
    base = database.temporary("CREATE TABLE outputs (output BLOB)")
    base.execute("PRAGMA max_page_count=4")  # sqlite.org/pragma.html: what is more fails as on a full disk
    with pytest.raises(ImgcheckError, match=r"^temporary database: database or disk is full; set TMPDIR"):
        base.execute("INSERT INTO outputs VALUES (?)", (bytes(100_000),))
