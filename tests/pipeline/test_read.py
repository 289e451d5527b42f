"""Candidates from files, bytes and arrays: valid ones, and every kind of damage."""

import io
import json
import math
import os
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image
from sample_images import jpeg, picture

from sm_imgcheck.core.types import Decode
from sm_imgcheck.io import numpy_files
from sm_imgcheck.io.tensors import json as tensor_json
from sm_imgcheck.pipeline.read import array_candidate, from_bytes, read

DECODE = Decode()


def npy(array, **options):
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def npz(**arrays):
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def npy_with_header(header):
    """An .npy file whose header is this text."""
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text + bytes(64)


def code(body, path="x"):
    found = from_bytes(body, path, DECODE)
    assert found.problem is not None
    assert found.data is None or found.kind != "tensor"
    return found.problem.code, found.problem.message


def test_image_is_read_with_header_and_pixels():
    body = jpeg(orientation=6)
    found = from_bytes(body, "x.jpg", DECODE)
    assert (found.kind, found.problem, found.data) == ("image", None, body)
    assert (found.header.height, found.header.width, found.header.orientation.opencv) == (48, 64, 6)
    assert found.pixels.shape == (48, 64, 3)
    assert from_bytes(body, "x.jpg", DECODE, gray=True).pixels.shape == (48, 64, 1)
    seen = from_bytes(body, "x.jpg", DECODE, depth="header")
    assert (seen.header, seen.pixels) == (found.header, None)


def test_undecodable_image_keeps_its_header():
    body = jpeg(quality=95)
    found = from_bytes(body[: len(body) * 2 // 3], "x.jpg", DECODE)
    assert found.problem.code in ("SRC110", "SRC111")
    assert found.header.truncated
    assert from_bytes(jpeg(), "x.jpg", Decode(max_pixels=100)).problem.code == "SRC120"


ARRAYS = [
    np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    np.arange(24, dtype=">f4").reshape(2, 3, 4),
    np.asfortranarray(np.arange(24, dtype=np.uint8).reshape(4, 6)),
    np.float64(3.5),
    np.zeros((0, 3), np.int8),
    np.array([True, False]),
]


@pytest.mark.parametrize("most_bytes", [0, 1 << 20], ids=["mapped", "read"])
@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype.str}{array.shape}")
def test_npy_keeps_dtype_and_memory_order(array, most_bytes, tmp_path, monkeypatch):
    monkeypatch.setattr("sm_imgcheck.pipeline.read.MAX_FILE_BYTES", most_bytes)
    (tmp_path / "x.npy").write_bytes(npy(array))
    for found in (from_bytes(npy(array), "x.npy", DECODE), read(tmp_path / "x.npy", DECODE), array_candidate(array)):
        assert (found.kind, found.problem) == ("tensor", None)
        assert np.array_equal(found.data, array)
        assert found.data.dtype == array.dtype
        assert found.data.flags.f_contiguous == np.asarray(array).flags.f_contiguous


def test_npy_that_is_shortened_after_it_is_read_keeps_its_values(tmp_path):
    (tmp_path / "x.npy").write_bytes(npy(picture()))
    found = read(tmp_path / "x.npy", DECODE)
    os.truncate(tmp_path / "x.npy", 0)
    assert np.array_equal(found.data, picture())


def test_npy_of_100_mib_that_is_shortened_after_it_is_read_keeps_its_values(tmp_path):
    write_sparse(tmp_path / "x.npy", "|u1", (700, 224, 224, 3))
    found = read(tmp_path / "x.npy", DECODE)
    os.truncate(tmp_path / "x.npy", 0)
    assert not found.data.any()


def write_sparse(path, descr, shape):
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
        file.truncate(file.tell() + math.prod(shape) * np.dtype(descr).itemsize)


def test_npy_over_the_limit_is_refused_before_its_values_are_read(tmp_path):
    write_sparse(tmp_path / "x.npy", "|u1", (100_001, 400, 250, 1))
    problem = read(tmp_path / "x.npy", DECODE).problem
    assert problem.code == "SRC101"
    assert problem.message == (
        "tensor data: got 10,000,100,000 values ([100001, 400, 250, 1] uint8), expected at most 10,000,000,000; "
        "split the batch"
    )


def test_npy_of_60000_images_in_bytes_is_mapped(tmp_path):
    write_sparse(tmp_path / "x.npy", "|u1", (60_000, 224, 224, 3))
    found = read(tmp_path / "x.npy", DECODE)
    assert found.problem is None
    assert found.data.shape == (60_000, 224, 224, 3)


def test_npz_names_its_arrays(tmp_path):
    one, two = npz(only=picture()), npz(first=picture(), second=picture(seed=1))
    assert np.array_equal(from_bytes(one, "x.npz", DECODE).data, picture())
    (tmp_path / "x.npz").write_bytes(two)
    assert np.array_equal(read(f"{tmp_path / 'x.npz'}::second", DECODE).data, picture(seed=1))
    assert np.array_equal(from_bytes(two, "x.npz::first", DECODE).data, picture())
    problem = read(tmp_path / "x.npz", DECODE).problem
    assert (problem.code, problem.message) == (
        "SRC153",
        "archive: got 2 arrays, expected 1; select one as FILE.npz::NAME: first, second",
    )
    assert "array 'third' is not in the archive" in read(f"{tmp_path / 'x.npz'}::third", DECODE).problem.message


def test_file_name_with_two_colons_is_read(tmp_path):
    if os.name == "nt":
        pytest.skip("Windows allows no colon in a file name")
    (tmp_path / "a::b").write_bytes(npy(picture()))
    assert read(tmp_path / "a::b", DECODE).problem is None


BAD_NPY = [
    (
        npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (15032385536,), }"),
        "SRC152",
        "expected 60129542144",
    ),
    (
        npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"),
        "SRC150",
        "which no array can have",
    ),
    (
        npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 8), }"),
        "SRC150",
        "which no array can have",
    ),
    (
        npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (True,), }"),
        "SRC150",
        "which no array can have",
    ),
    (npy_with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), "SRC151", "pickle"),
    (npy_with_header("{'descr': '<U3', 'fortran_order': False, 'shape': (1,), }"), "SRC150", "expected numbers"),
    (npy_with_header("{'descr': '|V2', 'fortran_order': False, 'shape': (1,), }"), "SRC150", "bfloat16"),
    (npy_with_header("__import__('os').system('true')"), "SRC150", "corrupt"),
    (b"\x93NUMPY\x03\0" + bytes(20), "SRC150", "version: got 3.0"),
    (b"\x93NUMPY", "SRC150", "corrupt"),
    (b"\x93NUMPY\x01\0\xff\xff" + b"(" * 9000, "SRC150", "corrupt"),
    (npy(np.array([{}], dtype=object), allow_pickle=True), "SRC151", "pickle"),
    (npy(picture())[:-1], "SRC152", "expected"),
    (b"\x93NUMPY\x01\0\x02\0({", "SRC150", "corrupt .npy header"),
    (npy_with_header("---1"), "SRC150", "expected {'descr'"),
    (npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1 + 1,), }"), "SRC150", "expected {'descr', "),
]


@pytest.mark.parametrize(("body", "expected", "words"), BAD_NPY, ids=[case[2] for case in BAD_NPY])
def test_invalid_npy_is_a_problem_for_bytes_and_files(body, expected, words, tmp_path):
    (tmp_path / "x.npy").write_bytes(body)
    found = read(tmp_path / "x.npy", DECODE).problem
    for problem in (code(body), (found.code, found.message)):
        assert problem[0] == expected
        assert words in problem[1]


def test_python_2_npy_header_is_read_without_warning():
    body = npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }")
    assert from_bytes(body, "x.npy", DECODE).data.shape == (2, 3)


def zip_of(content, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as archive:
        archive.writestr("a.npy", content)
    return out.getvalue()


def test_unusual_zip_archives_are_problems():
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert "compression" in code(zip_of(npy(picture()), compression=method))[1]
    body = bytearray(zip_of(npy(picture())))
    body[6] |= 1
    body[body.rindex(b"PK\x01\x02") + 8] |= 1
    assert code(bytes(body)) == ("SRC150", "encrypted archive: 'a' needs a password")
    assert code(zip_of(b"\x93NUMPY\x01\0\x02\0({"))[0] == "SRC150"
    out = io.BytesIO(zip_of(npy(picture())))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.npy", npy(picture()))
    assert "same name" in code(out.getvalue())[1]


def test_bytes_after_the_values_are_counted(tmp_path):
    body = npy(picture()) + npy(picture())
    (tmp_path / "x.npy").write_bytes(body)
    rest = len(body) // 2
    for found in (
        from_bytes(body, "x", DECODE),
        read(tmp_path / "x.npy", DECODE),
        from_bytes(zip_of(body), "x", DECODE),
    ):
        assert (found.problem, found.trailing_bytes) == (None, rest)
    for found in (
        from_bytes(npy(picture()), "x", DECODE),
        array_candidate(picture()),
        from_bytes(document(), "x", DECODE),
    ):
        assert found.trailing_bytes == 0


def test_member_of_a_non_archive_is_a_problem(tmp_path):
    for name, body in (("x.npy", npy(picture())), ("x.json", document()), ("x.jpg", jpeg())):
        (tmp_path / name).write_bytes(body)
        found = read(f"{tmp_path / name}::foo", DECODE)
        assert found.problem.code == "SRC153"
        assert "array 'foo': the file is not an .npz archive" in found.problem.message
        assert read(f"{tmp_path / name}::", DECODE).problem.code == "SRC101"


def test_invalid_npz_is_a_problem(monkeypatch):
    good = npz(a=picture())
    assert code(good[:-30])[0] == "SRC150"
    assert code(npz(a=np.array([{}], dtype=object)))[0] == "SRC151"
    middle = len(good) // 3
    assert code(good[:middle] + bytes(20) + good[middle + 20 :])[0] in ("SRC150", "SRC152")
    monkeypatch.setattr(numpy_files, "MAX_UNPACKED_BYTES", 1000)
    assert "unpacked size" in code(npz(a=np.zeros(1_000_000, np.uint8)))[1]
    monkeypatch.setattr(numpy_files, "MAX_DIRECTORY_BYTES", 10)
    assert "central directory" in code(good)[1]


def test_npz_member_with_false_size_is_a_problem():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (100000000,), }"))
    assert code(out.getvalue())[0] == "SRC152"


def test_zip_without_arrays_is_not_a_tensor():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "hello")
    found = from_bytes(out.getvalue(), "x.npz", DECODE)
    assert (found.kind, found.problem.code, found.problem.message) == ("unknown", "SRC103", "a zip archive")


def document(**changes):
    made = {"shape": [1, 2], "dtype": "float32", "data": [[0.1, 2]], **changes}
    return json.dumps({key: value for key, value in made.items() if value is not None}).encode()


def test_json_is_read_in_its_dtype():
    found = from_bytes(document(), "x.json", DECODE)
    assert (found.kind, found.problem) == ("tensor", None)
    assert found.data.dtype == np.float32
    assert np.array_equal(found.data, np.array([[0.1, 2]], np.float32))
    for dtype, data in (("uint8", [[0, 255]]), ("int64", [[-(2**62), 2**62]]), ("bool", [[True, False]])):
        found = from_bytes(b"\xef\xbb\xbf" + document(dtype=dtype, data=data), "x.json", DECODE)
        assert (found.problem, found.data.tolist(), found.data.dtype.name) == (None, data, dtype)
    for shape, data in (([0], []), ([0, 224, 224, 3], []), ([2, 0, 3], [[], []])):
        assert from_bytes(document(shape=shape, data=data), "x.json", DECODE).data.shape == tuple(shape)
    largest = document(dtype="uint64", data=[[1, 2**64 - 1]])
    assert from_bytes(largest, "x.json", DECODE).data.tolist() == [[1, 2**64 - 1]]
    described = from_bytes(document(name="x", checked=True), "x.json", DECODE)
    assert np.array_equal(described.data, np.array([[0.1, 2]], np.float32))
    assert from_bytes(document(dtype="bfloat16"), "x.json", DECODE).data.dtype == np.float32


BAD_JSON = [
    (b'{"shape": [1', "invalid JSON"),
    (document(data=None), "has no 'data'"),
    (document(dtype="object"), "dtype 'object'"),
    (document(dtype=["f4"]), "dtype ['f4']"),
    (document(shape=[2, 1]), "expected the declared [2, 1]"),
    (document(shape="x"), "JSON tensor shape: got 'x', expected"),
    (document(shape=[1.0, 2]), "JSON tensor shape: got [1.0, 2], expected"),
    (document(shape=[True, 2]), "JSON tensor shape: got [True, 2], expected"),
    (document(shape=[-1, 2]), "JSON tensor shape: got [-1, 2], expected"),
    (document(shape=[0, 4611686018427387904, 8], data=[]), "JSON tensor shape: got"),
    (document(shape=list(range(1_000))), "JSON tensor shape: got [0, 1, 2, 3, 4, 5, ...]"),
    (document(shape=[0, 4], data=[[]]), "got data of [1, 0]"),
    (document(data=[[1, True]]), "non-numeric values"),
    (document(dtype="bool", data=[[1, 2]]), "other values, expected bool"),
    (document(dtype="bool", data=[[0.5, True]]), "non-numeric values"),
    (document(data=[[1, {"a": 1}]]), "non-numeric values"),
    (document(data=[["x" * 1_000_000] + ["y"] * 100_000]), "non-numeric values"),
    (document(data=[[1e39, 2]]), "got 1e+39, expected the range of float32"),
    (document(dtype="float16", data=[[70_000, 2]]), "got 70000, expected the range of float16"),
    (document(dtype="int64", data=[[2**63, -1]]), "no"),
    (document().replace(b'"dtype"', b'"shape": [2, 1], "dtype"'), "duplicate key 'shape'"),
    (document().replace(b"{", b'{"m": {"a": 1, "a": 2},'), "duplicate key 'a'"),
    (document(data=[[1, 2], [3]]), "cannot be converted to an array"),
    (document(data=[["1", "2"]]), "non-numeric values"),
    (document(data=[[None, 2]]), "non-numeric values"),
    (document(dtype="uint8", data=[[1, 256]]), "other values, expected uint8"),
    (document(dtype="uint8", data=[[1, 2.5]]), "expected uint8"),
    (b'{"data": ' + b"[" * 100_000, "invalid JSON"),
]


@pytest.mark.parametrize(("body", "words"), BAD_JSON, ids=[case[1] for case in BAD_JSON])
def test_invalid_json_is_a_problem(body, words):
    found, said = code(body)
    assert (found, words in said) == ("SRC150", True), said


def test_json_over_the_size_limit_is_not_parsed(monkeypatch):
    monkeypatch.setattr(tensor_json, "MAX_JSON_BYTES", 10)
    assert code(document())[0] == "SRC154"


@pytest.mark.parametrize(
    "unit",
    [b"[],", b"0,", b"{},", *(pytest.param(unit, marks=pytest.mark.slow) for unit in (b"[0],", b"[[[[0]]]],", b'"",'))],
)
@pytest.mark.sample(3)
def test_many_small_values_are_counted_before_they_are_parsed(unit, monkeypatch):
    monkeypatch.setattr("orjson.loads", None)
    inside = unit * ((tensor_json.MAX_JSON_BYTES - 100) // len(unit))
    body = b'{"shape": [1], "dtype": "float32", "data": [' + inside[:-1] + b"]}"
    found, said = code(body)
    assert (found, "store it as .npy" in said) == ("SRC154", True), said


def test_json_without_tensor_is_not_a_tensor():
    found = from_bytes(b'{"instances": []}', "x.json", DECODE)
    assert (found.kind, found.problem.code) == ("unknown", "SRC103")
    assert found.problem.message == 'JSON text: {"instances": []}'


def test_invalid_arrays_are_problems():
    assert array_candidate([[1, 2], [3]]).problem.code == "SRC150"
    objects = array_candidate(np.array([None])).problem
    assert (objects.code, objects.message.partition(";")[0]) == ("SRC151", "dtype: got object, expected numbers")
    assert array_candidate([1.0, 2.0]).data.shape == (2,)
    assert array_candidate(np.zeros(2, "M8[s]")).problem.code == "SRC150"

    class Refuses:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("it is on another device")

    problem = array_candidate(Refuses()).problem
    assert (problem.code, problem.message) == (
        "SRC150",
        "cannot be converted to numbers: it is on another device",
    )


def test_masked_values_are_a_problem():
    assert "2 of its values are hidden" in array_candidate(np.ma.masked_less(np.arange(4), 2)).problem.message
    plain = array_candidate(np.ma.masked_less(np.arange(4), 0))
    assert (plain.problem, type(plain.data)) == (None, np.ndarray)


@pytest.mark.parametrize(
    "what", [None, 5, {}, {1, 2}, object(), io.BytesIO(b""), "a.jpg"], ids=lambda what: type(what).__name__
)
def test_non_array_objects_raise_type_error(what):
    with pytest.raises(TypeError, match="expected a path, the bytes of a file, or an array, not"):
        array_candidate(what)


def test_pillow_image_as_array_raises_type_error_with_the_fix():
    with pytest.raises(TypeError, match=r'pass np.asarray\(image.convert\("RGB"\)\)'):
        array_candidate(Image.fromarray(picture()).convert("P"))


def test_paths_other_than_files_are_problems(tmp_path, monkeypatch):
    assert "No such file" in read(tmp_path / "missing.jpg", DECODE).problem.message
    assert read(tmp_path, DECODE).problem.code == "SRC101"
    assert read("a\0b", DECODE).problem.code == "SRC101"
    assert read("x" * 300, DECODE).problem.code == "SRC101"
    problem = read("", DECODE).problem
    assert (problem.code, problem.message) == ("SRC101", "empty file name")
    (tmp_path / "empty.jpg").touch()
    assert read(tmp_path / "empty.jpg", DECODE).problem.code == "SRC102"
    monkeypatch.setattr("sm_imgcheck.pipeline.read.MAX_FILE_BYTES", 10)
    (tmp_path / "large.jpg").write_bytes(jpeg())
    assert "expected at most 10" in read(tmp_path / "large.jpg", DECODE).problem.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_pipe_without_writer_is_a_problem(tmp_path):
    os.mkfifo(tmp_path / "x.jpg")
    problem = read(tmp_path / "x.jpg", DECODE).problem
    assert (problem.code, problem.message) == ("SRC101", "got a device, a pipe or a socket, expected a file")
    assert read("/dev/zero", DECODE).problem.code == "SRC101"
