"""Specs in files: found, read within limits, joined with what they extend."""

import os
import sys
from pathlib import Path
from threading import Timer
from types import SimpleNamespace

import pytest

from sm_imgcheck.core.errors import ImgcheckError, SpecError
from sm_imgcheck.spec.load import load, presets
from sm_imgcheck.spec.parse import parse

GOOD = "shape: [N, 224, 224, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def error_of(spec):
    with pytest.raises(ImgcheckError) as caught:
        load(spec)
    return str(caught.value)


def test_load_accepts_str_and_path(here):
    (here / "model.yaml").write_text(GOOD, encoding="utf-8")
    found = load("model.yaml")
    assert found == load(here / "model.yaml") == load(os.path.join(".", "model.yaml"))  # noqa: PTH118
    assert found.contract.layout == "NHWC"


def test_json_file_is_loaded_as_yaml(here):
    (here / "model.json").write_text('{"shape": [1, 3, 8, 8], "dtype": "uint8",\n"channel_order": "RGB"}')
    assert load("model.json").contract.layout == "NCHW"


def test_bare_name_selects_preset_before_file(here):
    (here / "keras-tf").write_text(GOOD)
    (here / "mine").write_text(GOOD)
    assert load("keras-tf").contract.values.low == -1
    assert load(Path("keras-tf")).contract.values.low == 0
    assert load("./keras-tf").contract.values.low == 0
    assert load("mine").contract.values.low == 0


def test_load_accepts_a_mapping():
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
def test_unknown_name_suggests_the_nearest_preset(here, name, message):
    assert message in error_of(name)
    assert error_of(name).isprintable()


def test_unreadable_file_reports_the_reason(here, monkeypatch):
    (here / "secret.yaml").write_text(GOOD)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sm_imgcheck.io.stores.local.os.open", refuse)
    assert error_of("secret.yaml") == "secret.yaml: cannot be read: Permission denied"


def test_file_over_256_kib_is_refused(here):
    (here / "big.yaml").write_bytes(b"#" * (300 * 1024))
    assert "larger than 256 KiB" in error_of("big.yaml")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="POSIX only")
def test_endless_device_is_refused():
    assert error_of("/dev/zero") == "/dev/zero: cannot be read: it is a device or a socket, not a file"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_file_whose_read_would_wait_is_refused(tmp_path, monkeypatch):
    """As ``/proc/kmsg``: a regular file of 0 bytes that waits for messages."""
    waiting = SimpleNamespace(register=lambda *_: None, poll=lambda _: [])
    monkeypatch.setattr("select.poll", lambda: waiting)
    path = tmp_path / "queue.yaml"
    path.touch()
    assert error_of(path) == f"{path}: cannot be read: it has no data now: it is a queue of the system, not a file"


def test_spec_is_read_from_a_pipe(here):
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
    assert "pipe.yaml: cannot be read: it is a pipe, and no data was written to it within" in error_of("pipe.yaml")


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
def test_each_problem_has_line_and_column(here, text, message):
    (here / "bad.yaml").write_text(text)
    assert f"bad.yaml{message}" in error_of("bad.yaml")


def test_all_problems_of_a_file_are_reported(here):
    (here / "bad.yaml").write_text("shape: 3\nshape: 4\ndtype: x\n")
    assert [line.split(": ")[:2] for line in error_of("bad.yaml").splitlines()] == [
        ["bad.yaml:2:1", "shape"],
        ["bad.yaml:1:1", "channel_order"],
        ["bad.yaml:1:1", "shape"],
        ["bad.yaml:3:1", "dtype"],
    ]


class TestExtends:
    def write(self, here, **texts):
        for name, text in texts.items():
            (here / f"{name}.yaml").write_text(text)

    def test_preset_extended_with_size_equals_its_variant(self, here):
        self.write(here, a="extends: torchvision-imagenet\nresize: {size: 232}\nname: pixels\n")
        found, preset = load("a.yaml"), load("torchvision-imagenet-232")
        assert found.geometry == preset.geometry
        assert found.contract == preset.contract
        assert "extends" not in found.resolved

    def test_extends_path_is_relative_to_its_file(self, here, monkeypatch):
        (here / "sub").mkdir()
        self.write(here, **{"base": GOOD, "sub/a": "extends: ../base.yaml\nvalue_range: [-1, 1]\n"})
        monkeypatch.chdir("/")
        assert load(here / "sub" / "a.yaml").contract.values.low == -1

    def test_chain_of_partial_specs_loads_when_complete(self, here):
        self.write(here, a="dtype: float32\n", b="extends: a.yaml\nchannel_order: BGR\n")
        self.write(here, c="extends: b.yaml\nshape: [N, 8, 8, 3]\nvalue_range: [0, 1]\n")
        assert load("c.yaml").contract.channel_order == "BGR"
        assert "shape: missing" in error_of("b.yaml")

    def test_child_normalize_replaces_value_range_of_parent(self, here):
        self.write(here, base=GOOD, a="extends: base.yaml\nnormalize: {mean: 0.5, std: 0.5}\n")
        assert load("a.yaml").contract.values.mean == (0.5, 0.5, 0.5)

    def test_child_shape_infers_layout_again(self, here):
        self.write(here, a="extends: torchvision-imagenet\nshape: [N, 224, 224, 3]\n")
        assert load("a.yaml").contract.layout == "NHWC"

    def test_child_null_removes_key_of_parent(self, here):
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
    def test_invalid_parent_is_refused_with_position(self, here, parent, message):
        self.write(here, a=f"name: x\nextends: {parent}\n")
        assert error_of("a.yaml").startswith("a.yaml:2:1: extends: ")
        assert message in error_of("a.yaml")

    def test_circular_extends_of_three_files_is_refused(self, here):
        self.write(here, a="extends: b.yaml", b="extends: c.yaml", c="extends: a.yaml")
        assert error_of("a.yaml").startswith(
            "a.yaml:1:1: extends: circular: a.yaml -> b.yaml -> c.yaml -> a.yaml (inherited from"
        )

    def test_circular_extends_through_symlink_is_refused(self, here):
        self.write(here, a="extends: b.yaml")
        try:
            (here / "b.yaml").symlink_to("a.yaml")
        except OSError:
            pytest.skip("this file system has no links")
        assert "circular" in error_of("a.yaml")

    def test_chain_of_more_than_16_specs_is_refused(self, here):
        self.write(here, **{f"n{i}": f"extends: n{i + 1}.yaml" for i in range(20)}, n20=GOOD)
        assert "more than 16 specs extend one another" in error_of("n0.yaml")
        assert load("n4.yaml").contract.dtype == "float32"

    @pytest.mark.skipif(not Path("/dev/null").exists(), reason="POSIX only")
    def test_extends_of_a_device_is_refused(self, here):
        self.write(here, a="extends: /dev/null\n")
        assert "not a regular file" in error_of("a.yaml")

    def test_problems_of_parent_name_the_parent_file(self, here):
        self.write(here, base="extends: torchvision-imagenet\n\ndtype: flaot32\nname: a\nname: b\n")
        self.write(here, a="name: a\nextends: base.yaml\nchannel_order: GRAY\n")
        lines = error_of("a.yaml").splitlines()
        twice = "duplicate key: lines 4 and 5; keep one (inherited from base.yaml)"
        assert lines[0] == f"a.yaml:2:1: name: {twice}"
        assert [line for line in lines if "'flaot32'" in line and line.endswith("(inherited from base.yaml)")]
        assert all(line.startswith("a.yaml:") for line in lines)

    def test_parent_with_invalid_yaml_reports_both_positions(self, here):
        self.write(here, base="a: [", a="extends: base.yaml\n")
        assert error_of("a.yaml").startswith("a.yaml:1:1: extends: base.yaml:1:5: invalid YAML: end of the file")


def test_presets_are_found_in_a_source_tree():
    assert presets() == tuple(sorted(path.stem for path in (Path(__file__).parents[2] / "specs").glob("*.yaml")))


def test_installed_presets_are_found_next_to_the_module(tmp_path, monkeypatch):
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mine.yaml").write_text(GOOD)
    monkeypatch.setattr("sm_imgcheck.spec.load.__file__", str(tmp_path / "spec" / "load.py"))
    assert presets() == ("mine",)
    assert load("mine").contract.dtype == "float32"


def test_resolved_preset_loads_as_the_same_spec(here):
    from sm_imgcheck.spec.yaml import document

    for name in presets():
        spec = load(name)
        (here / "shown.yaml").write_text(document(spec.resolved), encoding="utf-8")
        assert load("shown.yaml") == spec == parse(spec.resolved)
