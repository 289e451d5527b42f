"""Listing candidates and writing tensors: lazily, in order, inside the folder, atomically."""

import io
import json
import os
import sys
from collections import Counter
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sample_images import jpeg

from sm_imgcheck.core.errors import ImgcheckError, OutputError
from sm_imgcheck.io import tensors
from sm_imgcheck.io.stores import file_of, local
from sm_imgcheck.io.stores.local import open_local_file, write
from sm_imgcheck.run.inputs.item import Item, Listing, stem
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.run.outputs.collisions import OutputRegistry, clash
from sm_imgcheck.run.outputs.tensors import Outputs, Stream

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX file names and links")


@pytest.fixture
def tree(tmp_path):
    """A folder with files of each kind; all of them empty except the JSON."""
    for name in ("b.jpg", "a/z.PNG", "a/deep/x.npy", "a-b/k.webp", "notes.txt", ".hidden.jpg", ".git/c.jpg", "README"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "in" / "tensor.json").write_text('{"shape": [1], "dtype": "float32", "data": [1]}')
    (tmp_path / "in" / "coco.json").write_text('{"images": [], "annotations": []}')
    return tmp_path / "in"


def names(*paths, **options):
    """The listed paths and the count of what was passed over."""
    how = Listing(passed_over=Counter(), **options)
    return [item.path for item in list_candidates(map(str, paths), how)], how.passed_over


def test_folder_is_listed_in_path_order(tree):
    found, passed_over = names(tree)
    relative = [os.path.relpath(path, tree).replace(os.sep, "/") for path in found]
    assert relative == sorted(relative) == ["a-b/k.webp", "a/deep/x.npy", "a/z.PNG", "b.jpg", "tensor.json"]
    assert passed_over == {"other suffix": 2, "hidden": 2, "JSON without a tensor": 1}


def test_outputs_mirror_the_folder_without_its_name(tree):
    items = list(list_candidates([str(tree), str(tree / "b.jpg")], Listing(passed_over=Counter())))
    assert [item.output for item in items] == [
        ("a-b", "k"),
        ("a", "deep", "x"),
        ("a", "z"),
        ("b",),
        ("tensor",),
        ("b",),
    ]


def test_path_given_by_name_is_always_listed(tree):
    odd = [str(tree / "notes.txt"), str(tree / ".hidden.jpg"), str(tree / "missing.jpg"), "x.npz::images/a"]
    found, passed_over = names(*odd)
    assert found == odd
    assert not passed_over


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("cat.jpg", "cat"),
        ("a.b/cat", "cat"),
        ("x.npz::images/a.npy", "x.images%2Fa"),
        ("x.npz::images_a", "x.images_a"),
        ("x.npz::../../evil", "x...%2F..%2Fevil"),
        ("..jpg", "."),
        ("...jpg", ".."),
        (".jpg", ".jpg"),
        ("cat.", "cat."),
        ("", "unnamed"),
        ("archive.tar.gz", "archive.tar"),
    ],
)
def test_output_names_stay_inside_the_output_folder(path, stem, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os.path, "isdir", lambda _: False)
    (item,) = list_candidates([path], Listing(passed_over=Counter()))
    assert item.output == (stem,)


def test_stdin_name_sets_path_and_output():
    (item,) = list_candidates(["-"], Listing(passed_over=Counter(), stdin_name="../up/photo.jpg"))
    assert (item.path, item.output, item.stdin) == ("../up/photo.jpg", ("photo",), True)


def test_list_file_yields_its_paths(tree, tmp_path):
    (tmp_path / "list.txt").write_bytes(os.fsencode(f"{tree / 'b.jpg'}\r\n\n{tree / 'a'}\n-\n"))
    found, _ = names(f"@{tmp_path / 'list.txt'}")
    assert found == [str(tree / "b.jpg"), str(tree / "a" / "deep" / "x.npy"), str(tree / "a" / "z.PNG"), "-"]


def test_list_from_standard_input_yields_its_paths(tree, monkeypatch, tmp_path):
    (tmp_path / "list").write_text(f"{tree / 'b.jpg'}\n")
    with (tmp_path / "list").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert names("@-")[0] == [str(tree / "b.jpg")]


def test_invalid_list_file_is_an_error(tmp_path):
    for none in ("none", "."):
        with pytest.raises(ImgcheckError, match="cannot be read"):
            names(f"@{tmp_path / none}")
    for blob in (b"x" * 70_000, jpeg(), "cat.jpg".encode("utf-16"), b"cat.jpg\n" * 2000 + b"\0"):
        (tmp_path / "blob").write_bytes(blob)
        with pytest.raises(ImgcheckError, match=r"blob: not a list of paths: expected text in UTF-8"):
            names(f"@{tmp_path / 'blob'}")


def test_list_with_byte_order_mark_and_crlf_is_read(tmp_path):
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbfcat.jpg\r\n")
    assert names(f"@{tmp_path / 'list'}")[0] == ["cat.jpg"]


def test_image_named_like_a_list_is_refused_with_the_right_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "@at.jpg").write_bytes(jpeg())
    with pytest.raises(ImgcheckError, match=r"to check the file @at\.jpg, write \./@at\.jpg"):
        names("@at.jpg")


@POSIX
def test_list_from_a_pipe_is_read_to_its_end(tmp_path, monkeypatch):
    """``@<(find photos)``; a pipe without a writer would wait forever, and a device has no end."""
    os.mkfifo(tmp_path / "pipe")
    writer = Timer(0.3, lambda: (tmp_path / "pipe").write_text("cat.jpg\n"))
    writer.start()
    assert names(f"@{tmp_path / 'pipe'}")[0] == ["cat.jpg"]
    writer.join()
    monkeypatch.setattr("sm_imgcheck.io.stores.local._PATIENCE", 0.1)
    with pytest.raises(ImgcheckError, match="no data was written to it within"):
        names(f"@{tmp_path / 'pipe'}")
    reader, writer = os.pipe()
    os.write(writer, b"cat.jpg\n")
    os.close(writer)
    assert names(f"@/dev/fd/{reader}")[0] == ["cat.jpg"]
    os.close(reader)
    with pytest.raises(ImgcheckError, match="it is a device or a socket, not a file"):
        names("@/dev/zero")


def test_list_skips_blank_lines_and_refuses_other_lists(tmp_path):
    (tmp_path / "list.txt").write_text("cat.jpg\n\n  \t\n#dog.jpg\n@other.txt\n")
    how = Listing(passed_over=Counter())
    items = list(list_candidates([f"@{tmp_path / 'list.txt'}"], how))
    assert [item.path for item in items] == ["cat.jpg", "#dog.jpg", "@other.txt"]
    assert [item.problem for item in items] == ["", "", items[2].problem]
    assert "is a list in a list" in items[2].problem


def test_open_local_file_refuses_folders_and_invalid_names(tmp_path):
    for name, said in ((str(tmp_path), "a folder|denied"), ("x\0y", "null"), (str(tmp_path / "none"), "No such")):
        with pytest.raises(OSError, match=said):
            open_local_file(name)


@POSIX
def test_links_are_listed_and_loops_and_pipes_are_skipped(tree):
    (tree / "a" / "loop").symlink_to(tree)
    (tree / "a" / "gone.jpg").symlink_to(tree / "nowhere.jpg")
    (tree / "a" / "circle.jpg").symlink_to("circle.jpg")
    (tree / "a" / "circle.txt").symlink_to("circle.txt")
    (tree / "a" / "through.txt").symlink_to(tree / "b.jpg" / "x")
    os.mkfifo(tree / "pipe.jpg")
    (tree / "a" / "pipe.json").symlink_to(tree / "pipe.jpg")
    found, passed_over = names(tree)
    for name in ("gone.jpg", "circle.jpg", "pipe.json", "z.PNG"):
        assert str(tree / "a" / name) in found
    assert len(found) == 8
    assert passed_over["symlink to a folder"] == passed_over["not a regular file"] == 1
    assert passed_over["other suffix"] == 4


def test_unreadable_folder_is_a_candidate_with_a_problem(tree, monkeypatch):
    """Not passed over: what is in it has not been checked."""
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    for root in (tree, tree / "a" / "deep"):
        items = list(list_candidates([str(root)], Listing(passed_over=Counter())))
        (problem,) = [item for item in items if item.problem]
        assert problem.path == str(tree / "a" / "deep")
        assert problem.problem == "is a folder that cannot be read: Permission denied"
        assert len(items) == (5 if root == tree else 1)


@pytest.mark.parametrize(("name", "parts"), [("a::b.jpg", ("a::b.jpg", "")), ("x.npz::a::b", ("x.npz::a", "b"))])
def test_double_colon_selects_a_member_unless_a_file_has_that_name(tmp_path, monkeypatch, name, parts):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os.path, "lexists", lambda path: path == "a::b.jpg")
    assert file_of(name) == parts
    assert [item.output for item in list_candidates([name], Listing(passed_over=Counter()))] == [
        ("a::b",) if name == "a::b.jpg" else ("x.b",)
    ]


FILE_NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\\\0:"), min_size=1, max_size=5)


@given(FILE_NAME, FILE_NAME)
def test_different_names_have_different_output_stems(one, other):
    stems = [stem(f"{name}.jpg") for name in (one, other)]
    assert (stems[0] == stems[1]) == (one == other)
    assert all(stem and "/" not in stem for stem in stems)


def test_unreadable_json_is_a_candidate(tree, monkeypatch):
    """So that it is reported, not passed over."""

    def refusing(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sm_imgcheck.run.inputs.listing.open", refusing, raising=False)
    assert str(tree / "coco.json") in names(tree)[0]


def test_output_folder_is_not_listed(tree):
    found, passed_over = names(tree, excluded_folder=str(tree / "a"))
    assert not [path for path in found if path.startswith(str(tree / "a") + os.sep)]
    assert passed_over["output folder"] == 1


def test_many_folders_are_walked_lazily(tmp_path):
    for number in range(100):
        (tmp_path / f"{number:04}" / "s").mkdir(parents=True)
        (tmp_path / f"{number:04}" / "s" / "x.jpg").touch()
    deep = tmp_path / "deep"
    for _ in range(60):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "x.jpg").touch()
    opened = []
    scandir = os.scandir
    walk = list_candidates([str(tmp_path)], Listing(passed_over=Counter()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", lambda path: opened.append(path) or scandir(path))
        assert next(walk).output == ("0000", "s", "x")
        assert len(opened) == 3
        assert sum(1 for _ in walk) == 100


# Writing


ARRAY = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)


def item(path, *output):
    return Item(path=path, output=output)


@pytest.mark.parametrize("form", tensors.formats())
def test_every_format_leaves_an_equal_output_untouched(tmp_path, form):
    place = Outputs(folder=str(tmp_path), form=form).write(item("in/a/cat.jpg", "a", "cat"), ARRAY).place
    assert place == str(tmp_path / "a" / f"cat.{form}")
    before = Path(place).stat()
    Outputs(folder=str(tmp_path), form=form).write(item("in/a/cat.jpg", "a", "cat"), ARRAY)
    after = Path(place).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino), "an equal output is left alone"
    assert list((tmp_path / "a").iterdir()) == [Path(place)]


def test_different_existing_output_is_refused_without_force(tmp_path):
    target = str(tmp_path / "x.npy")
    write(target, (b"one",))
    for other in (b"two", b"longer"):
        with pytest.raises(OutputError, match="--force replaces it"):
            write(target, (other,))
    assert (tmp_path / "x.npy").read_bytes() == b"one"
    write(target, (b"t", b"wo"), force=True)
    assert (tmp_path / "x.npy").read_bytes() == b"two"


def test_output_collision_message_names_both_candidates():
    claims = OutputRegistry()
    assert clash(claims, "out/cat.npy", "x/cat.jpg") == ""
    said = clash(claims, "out/cat.npy", "y/cat.png")
    assert said.startswith("x/cat.jpg and y/cat.png would both be written to out/cat.npy: rename one, or convert them")
    assert clash(claims, "out/cat.npy", "x/cat.jpg") == "", "the same candidate twice is no clash"


@pytest.mark.parametrize(("platform", "clashes"), [("darwin", True), ("win32", True), ("linux", False)])
def test_case_insensitive_platforms_report_equivalent_names(monkeypatch, platform, clashes):
    monkeypatch.setattr(sys, "platform", platform)
    claims = OutputRegistry()
    assert clash(claims, "out/K\u00e4se.npy", "K\u00e4se.jpg") == ""
    assert bool(clash(claims, "out/ka\u0308se.npy", "other.jpg")) == clashes


def test_output_equal_to_its_candidate_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", ARRAY)
    before = (tmp_path / "x.npy").read_bytes()
    with pytest.raises(OutputError, match="is the candidate itself"):
        Outputs(folder=str(tmp_path), form="npy", force=True).write(item(str(tmp_path / "x.npy"), "x"), ARRAY + 1)
    assert (tmp_path / "x.npy").read_bytes() == before


@POSIX
def test_links_inside_the_output_folder_are_not_followed(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="outside of"):
        Outputs(folder=str(tmp_path / "out"), form="npy", force=True).write(item("a/x.jpg", "a", "x"), ARRAY)
    assert not list((tmp_path / "elsewhere").iterdir())
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "out" / "y.npy").symlink_to(tmp_path / "precious")
    with pytest.raises(OutputError, match="exists"):
        Outputs(folder=str(tmp_path / "out"), form="npy").write(item("y.jpg", "y"), ARRAY)
    Outputs(folder=str(tmp_path / "out"), form="npy", force=True).write(item("y.jpg", "y"), ARRAY)
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / "out" / "y.npy").is_symlink()


def test_full_disk_leaves_no_partial_output(tmp_path):
    def chunks():
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"x\.npy cannot be written: No space left on device"):
        write(str(tmp_path / "x.npy"), chunks())
    assert not list(tmp_path.iterdir())


def test_ctrl_c_leaves_no_partial_output(tmp_path):
    def chunks():
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(str(tmp_path / "x.npy"), chunks())
    assert not list(tmp_path.iterdir())


def test_file_as_output_folder_is_refused(tmp_path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(OutputError, match="got a file, expected a folder"):
        Outputs(folder=str(tmp_path / "out"), form="npy").write(item("x.jpg", "x"), ARRAY)


@POSIX
def test_folders_devices_and_pipes_are_not_replaced(tmp_path):
    (tmp_path / "folder.npy").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    for name, what in (("folder.npy", "a folder"), ("pipe", "a device, a pipe or a socket"), ("link", "a device")):
        for force in (False, True):
            with pytest.raises(OutputError, match=rf"{name} is {what}.*, which is not replaced"):
                write(str(tmp_path / name), (b"x",), force=force)
    (tmp_path / "nowhere").symlink_to("gone")
    write(str(tmp_path / "nowhere"), (b"x",), force=True)
    assert (tmp_path / "nowhere").read_bytes() == b"x"


def test_unreadable_output_counts_as_different(tmp_path, monkeypatch):
    write(str(tmp_path / "x.npy"), (b"one",))
    monkeypatch.setattr(os.path, "isfile", lambda _: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    assert not local._holds(str(tmp_path / "x.npy"), (b"one",))


def test_second_tensor_to_standard_output_is_refused():
    stream = Stream(form="npy", file=io.BytesIO())
    assert stream.write(item("a.jpg", "a"), ARRAY).place == "-"
    stream.file.seek(0)
    assert np.array_equal(np.load(stream.file), ARRAY)
    with pytest.raises(OutputError, match=r"a\.jpg and of b\.jpg"):
        stream.write(item("b.jpg", "b"), ARRAY)


def test_full_standard_output_is_an_error(tmp_path):
    class Full(io.BytesIO):
        def flush(self):
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="standard output cannot be written: No space left"):
        Stream(form="npy", file=Full()).write(item("a.jpg", "a"), ARRAY)


def test_nan_to_json_is_refused_before_a_file_is_created(tmp_path):
    with pytest.raises(OutputError, match="1 of 12 values is NaN or infinite"):
        Outputs(folder=str(tmp_path), form="json").write(item("x.jpg", "x"), np.where(ARRAY == 3, np.nan, ARRAY))
    assert not list(tmp_path.iterdir())


# Formats


FLOATS = st.sampled_from(["<f2", "<f4", "<f8", ">f4"])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def bytes_of(form, array):
    return b"".join(tensors.load(form).encode(array))


@given(
    hnp.arrays(st.one_of(FLOATS, hnp.integer_dtypes(), st.just(np.dtype(bool))), SHAPES, elements={"allow_nan": True})
)
def test_npy_bytes_equal_numpy_save(array):
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
    saved = io.BytesIO()
    np.save(saved, plain)
    for order in (array, np.array(array, order="F")):
        assert bytes_of("npy", order) == saved.getvalue()
    with np.load(io.BytesIO(bytes_of("npz", array))) as archive:
        assert archive["arr_0"].tobytes() == plain.tobytes()
        assert archive["arr_0"].shape == array.shape


@given(hnp.arrays(FLOATS, SHAPES, elements={"allow_nan": False, "allow_infinity": False}))
def test_json_array_round_trips_bit_exactly(array):
    document = json.loads(bytes_of("json", array))
    assert document["shape"] == list(array.shape)
    assert document["dtype"] == array.dtype.name
    back = np.array(document["data"], dtype=array.dtype).reshape(array.shape)
    assert back.tobytes() == np.ascontiguousarray(array).tobytes()


def test_large_json_array_is_nested_and_compact():
    array = np.random.default_rng(0).random((2, 3, 70, 50), dtype=np.float32)
    document = json.loads(bytes_of("json", array))
    assert np.array_equal(np.array(document["data"], dtype=np.float32), array)
    assert len(bytes_of("json", array)) < 0.56 * len(json.dumps(array.tolist()))
