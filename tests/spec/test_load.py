"""Specs in files: found, read within limits, joined with what they extend."""

import os
import sys
from pathlib import Path
from threading import Timer

import pytest

from sm_imgcheck.core.errors import ImgcheckError, SpecError
from sm_imgcheck.spec.load import load, presets
from sm_imgcheck.spec.parse import parse

GOOD = "shape: [N, 224, 224, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(spec):
    with pytest.raises(ImgcheckError) as caught:
        load(spec)
    return str(caught.value)


def test_a_path(here):
    (here / "model.yaml").write_text(GOOD, encoding="utf-8")
    found = load("model.yaml")
    assert found == load(here / "model.yaml") == load(os.path.join(".", "model.yaml"))  # noqa: PTH118
    assert found.contract.layout == "NHWC"


def test_json_is_yaml(here):
    (here / "model.json").write_text('{"shape": [1, 3, 8, 8], "dtype": "uint8",\n"channel_order": "RGB"}')
    assert load("model.json").contract.layout == "NCHW"


def test_a_bare_name_is_a_preset_first_and_a_file_second(here):
    (here / "keras-tf").write_text(GOOD)
    (here / "mine").write_text(GOOD)
    assert load("keras-tf").contract.values.low == -1
    assert load(Path("keras-tf")).contract.values.low == 0
    assert load("./keras-tf").contract.values.low == 0
    assert load("mine").contract.values.low == 0


def test_a_mapping():
    assert load({"extends": "keras-tf", "name": "x"}).name == "x"
    with pytest.raises(SpecError, match="spec: shape: missing"):
        load({"dtype": "float32"})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("keras-fd", "no such file or preset; did you mean keras-tf?"),
        ("zzz", "sm-imgcheck spec list shows the presets"),
        ("keras-tf.yaml", "no such file; did you mean keras-tf?"),
        ("no/such.yaml", "no/such.yaml: no such file"),
        (".", "got a folder"),
        ("", "got a folder"),
        ("a\0b", "no such file"),
        ("x" * 5000, "xxx: "),
        ("\x1b[31m", r"\x1b[31m: no such file"),
    ],
)
@pytest.mark.sample(3)
def test_names_of_nothing(here, name, message):
    assert message in said(name)
    assert said(name).isprintable()


def test_a_file_that_cannot_be_read(here, monkeypatch):
    (here / "secret.yaml").write_text(GOOD)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sm_imgcheck.io.stores.local.os.open", refuse)
    assert said("secret.yaml") == "secret.yaml: cannot be read: Permission denied"


def test_a_file_that_is_too_large(here):
    (here / "big.yaml").write_bytes(b"#" * (300 * 1024))
    assert "larger than 256 KiB" in said("big.yaml")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="POSIX only")
def test_a_device_without_end():
    assert said("/dev/zero") == "/dev/zero: cannot be read: it is a device or a socket, not a file"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_a_pipe(here):
    """``-s <(sm-imgcheck spec init)``: the shell gives the name of a pipe."""
    reader, writer = os.pipe()
    os.write(writer, GOOD.encode())
    os.close(writer)
    assert load(f"/dev/fd/{reader}").contract.dtype == "float32"
    os.close(reader)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_named_pipe_without_writer_is_refused(here, monkeypatch):
    """An ordinary open would wait forever."""
    monkeypatch.setattr("sm_imgcheck.io.stores.local._PATIENCE", 0.1)
    os.mkfifo(here / "pipe.yaml")
    assert "pipe.yaml: cannot be read: it is a pipe, and no data was written to it within" in said("pipe.yaml")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_named_pipe_waits_for_late_writer(here):
    os.mkfifo(here / "pipe.yaml")
    writer = Timer(0.3, lambda: (here / "pipe.yaml").write_text(GOOD))
    writer.start()
    assert load("pipe.yaml").contract.dtype == "float32"
    writer.join()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1:1: the file is empty"),
        ("# only a comment\n", ":1:1: the file is empty"),
        ("\n\n- shape\n", ":3:1: got a list, expected a mapping of keys"),
        ("shape\n", ":1:1: got a single value"),
        (GOOD + "shape: [1]\n", ":5:1: shape: duplicate key: lines 1 and 5; keep one"),
        (GOOD + "value_range: [0, 1]\nresize: {mod: none}\n", ":6:10: resize.mod: unknown key; did you mean mode?"),
        (GOOD.replace("1]", ".nan]"), ":4:18: value_range[1]: got nan, expected a finite number"),
        (GOOD.replace("float32", "0x20"), ":2:1: dtype: got 32, expected a dtype"),
        (GOOD.replace("224, 224", "224,\n  yes"), ":2:3: shape[2]: got 'yes', expected an integer"),
        (GOOD + "resize:\n  size: [16:9, 3]\n", ":6:10: resize.size[0]: got '16:9', expected an integer"),
    ],
)
def test_problems_have_lines(here, text, message):
    (here / "bad.yaml").write_text(text)
    assert f"bad.yaml{message}" in said("bad.yaml")


def test_all_problems_of_a_file_at_once(here):
    (here / "bad.yaml").write_text("shape: 3\nshape: 4\ndtype: x\n")
    assert [line.split(": ")[:2] for line in said("bad.yaml").splitlines()] == [
        ["bad.yaml:2:1", "shape"],
        ["bad.yaml:1:1", "channel_order"],
        ["bad.yaml:1:1", "shape"],
        ["bad.yaml:3:1", "dtype"],
    ]


class TestExtends:
    def write(self, here, **texts):
        for name, text in texts.items():
            (here / f"{name}.yaml").write_text(text)

    def test_a_preset_with_another_size(self, here):
        self.write(here, a="extends: torchvision-imagenet\nresize: {size: 232}\nname: pixels\n")
        found, preset = load("a.yaml"), load("torchvision-imagenet-232")
        assert found.geometry == preset.geometry
        assert found.contract == preset.contract
        assert "extends" not in found.resolved

    def test_a_file_beside_it_whatever_the_working_directory(self, here, monkeypatch):
        (here / "sub").mkdir()
        self.write(here, **{"base": GOOD, "sub/a": "extends: ../base.yaml\nvalue_range: [-1, 1]\n"})
        monkeypatch.chdir("/")
        assert load(here / "sub" / "a.yaml").contract.values.low == -1

    def test_several_generations_of_which_only_the_last_is_whole(self, here):
        self.write(here, a="dtype: float32\n", b="extends: a.yaml\nchannel_order: BGR\n")
        self.write(here, c="extends: b.yaml\nshape: [N, 8, 8, 3]\nvalue_range: [0, 1]\n")
        assert load("c.yaml").contract.channel_order == "BGR"
        assert "shape: missing" in said("b.yaml")

    def test_a_mean_takes_the_place_of_a_range(self, here):
        self.write(here, base=GOOD, a="extends: base.yaml\nnormalize: {mean: 0.5, std: 0.5}\n")
        assert load("a.yaml").contract.values.mean == (0.5, 0.5, 0.5)

    def test_a_new_shape_is_read_anew(self, here):
        self.write(here, a="extends: torchvision-imagenet\nshape: [N, 224, 224, 3]\n")
        assert load("a.yaml").contract.layout == "NHWC"

    def test_a_null_takes_a_key_away(self, here):
        self.write(here, base=GOOD + "expect_range: [0, 1]\nresize: none\n", a="extends: base.yaml\nexpect_range:\n")
        assert load("a.yaml").contract.expect_range is None

    @pytest.mark.parametrize(
        ("parent", "message"),
        [
            ("a.yaml", "circular: a.yaml -> a.yaml"),
            ("nothing.yaml", "no such file"),
            ("keras-fd", "did you mean keras-tf?"),
            ("https://example.com/a.yaml", "got a remote location, expected a local file"),
            ("s3://bucket/a.yaml", "got a remote location, expected a local file"),
            ("//server/a.yaml", "got a remote location, expected a local file"),
            ("'\\\\server\\a.yaml'", "got a remote location, expected a local file"),
            ("[a, b]", "expected the name of a preset or a local file"),
            ("3", "got 3, expected the name of a preset or a local file"),
            ("''", "expected the name of a preset or a local file"),
            (".", "got a folder"),
        ],
    )
    def test_what_cannot_be_extended(self, here, parent, message):
        self.write(here, a=f"name: x\nextends: {parent}\n")
        assert said("a.yaml").startswith("a.yaml:2:1: extends: ")
        assert message in said("a.yaml")

    def test_a_circle_of_three(self, here):
        self.write(here, a="extends: b.yaml", b="extends: c.yaml", c="extends: a.yaml")
        assert said("a.yaml").startswith(
            "a.yaml:1:1: extends: circular: a.yaml -> b.yaml -> c.yaml -> a.yaml (inherited from"
        )

    def test_a_circle_through_a_link(self, here):
        self.write(here, a="extends: b.yaml")
        try:
            (here / "b.yaml").symlink_to("a.yaml")
        except OSError:
            pytest.skip("this file system has no links")
        assert "circular" in said("a.yaml")

    def test_a_chain_that_is_too_long(self, here):
        self.write(here, **{f"n{i}": f"extends: n{i + 1}.yaml" for i in range(20)}, n20=GOOD)
        assert "more than 16 specs extend one another" in said("n0.yaml")
        assert load("n4.yaml").contract.dtype == "float32"

    @pytest.mark.skipif(not Path("/dev/null").exists(), reason="POSIX only")
    def test_a_device(self, here):
        self.write(here, a="extends: /dev/null\n")
        assert "not a regular file" in said("a.yaml")

    def test_problems_say_which_file_they_come_from(self, here):
        self.write(here, base="extends: torchvision-imagenet\n\ndtype: flaot32\nname: a\nname: b\n")
        self.write(here, a="name: a\nextends: base.yaml\nchannel_order: GRAY\n")
        lines = said("a.yaml").splitlines()
        twice = "duplicate key: lines 4 and 5; keep one (inherited from base.yaml)"
        assert lines[0] == f"a.yaml:2:1: name: {twice}"
        assert [line for line in lines if "'flaot32'" in line and line.endswith("(inherited from base.yaml)")]
        assert all(line.startswith("a.yaml:") for line in lines)

    def test_a_parent_that_is_no_yaml(self, here):
        self.write(here, base="a: [", a="extends: base.yaml\n")
        assert said("a.yaml").startswith("a.yaml:1:1: extends: base.yaml:1:5: invalid YAML: end of the file")


def test_presets_are_found_in_a_source_tree():
    assert presets() == tuple(sorted(path.stem for path in (Path(__file__).parents[2] / "specs").glob("*.yaml")))


def test_presets_of_a_wheel_stand_beside_the_module(tmp_path, monkeypatch):
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mine.yaml").write_text(GOOD)
    monkeypatch.setattr("sm_imgcheck.spec.load.__file__", str(tmp_path / "spec" / "load.py"))
    assert presets() == ("mine",)
    assert load("mine").contract.dtype == "float32"


def test_a_resolved_spec_loads_again(here):
    from sm_imgcheck.spec.yaml import document

    for name in presets():
        spec = load(name)
        (here / "shown.yaml").write_text(document(spec.resolved), encoding="utf-8")
        assert load("shown.yaml") == spec == parse(spec.resolved)
