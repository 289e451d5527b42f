"""Stores with only the general methods of fsspec, such as ``memory://``; and the local disk by the same methods."""

from pathlib import Path

import pytest
from sample_images import jpeg

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.io import stores
from sm_imgcheck.io.stores import FileSizeError, LocationError, OutputRefused, StoreObject, _connect, join, store
from sm_imgcheck.run.inputs import prefetch
from sm_imgcheck.run.inputs.item import Item


@pytest.fixture(params=["memory", "disk"])
def root(request, tmp_path):
    return f"memory://{tmp_path.name}" if request.param == "memory" else str(tmp_path / "store")


def test_every_store_lists_reads_and_writes(root):
    pytest.importorskip("fsspec")
    kind = store(root)
    assert list(kind.below(root)) == []
    kind.make_folder(join(root, "a/b"), root)
    for name, chunks in (("a/b/x", (b"one", memoryview(b"two"))), ("a-b", iter((b"1",))), ("a/c", ()), ("é ü", (b"",))):
        kind.make_folder(join(root, name).rpartition("/")[0], root)
        kind.write(join(root, name), chunks)
    found = dict(kind.below(root))
    assert list(found) == ["a-b", "a/b/x", "a/c", "é ü"]
    for name, state in found.items():
        assert kind.stat(join(root, name)) == state
        assert kind.fetch(join(root, name), 9).tag == state.tag != ""
    assert kind.read(join(root, "a/b/x"), 6) == b"onetwo"
    assert kind.head(join(root, "a/b/x"), 4) == b"onet"
    assert kind.head(join(root, "a/c"), 4) == b""
    assert kind.stat(join(root, "a")) is kind.stat(join(root, "none")) is None


def test_store_refuses_overwrites_and_leaves_no_partial_file(root):
    kind, place = store(root), join(root, "x")
    kind.make_folder(root, root)
    kind.write(place, (b"one",))
    kind.write(place, iter((b"o", b"ne")))
    for other in (b"two", b"on", b"ones", b""):
        with pytest.raises(OutputError, match=r"x exists with other content: --force replaces it"):
            kind.write(place, (other,))
    with pytest.raises(FileSizeError, match="has 3 bytes; more than 2 are not read"):
        kind.read(place, 2)
    kind.write(place, iter((b"two",)), force=True)
    assert kind.read(place, 3) == b"two"
    with pytest.raises(ZeroDivisionError):
        kind.write(join(root, "y"), (bytes(1 // number) for number in (1, 0)), force=True)
    kind.remove(place)
    kind.remove(place)
    assert list(kind.below(root)) == [], "nothing half-written stays"
    with pytest.raises(LocationError, match=r"cannot be read"):
        kind.read(place, 9)


def test_join_refuses_names_outside_of_the_folder():
    assert join("s3://b/out/", "a/x.npy") == "s3://b/out/a/x.npy"
    assert join("s3://b", "x.npy") == "s3://b/x.npy"
    assert join("memory://", "x") == "memory://x"
    assert join("out", "a/b", "c") == str(Path("out", "a", "b", "c"))
    for name in ("../x", "/x", "a//b", ".", ""):
        with pytest.raises(OutputRefused, match="expected names of folders"):
            join("s3://b/out", name)


def test_symlink_out_of_the_output_folder_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    try:
        (tmp_path / "out" / "a").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(OutputRefused, match="outside of"):
        store("out").make_folder(str(tmp_path / "out" / "a"), str(tmp_path / "out"))
    with pytest.raises(OutputRefused, match="cannot be made"):
        store("out").make_folder(str(tmp_path / "out" / ("x" * 300)), str(tmp_path / "out"))
    with pytest.raises(OutputRefused, match="cannot be written"):
        store("out").write(str(tmp_path / "out" / ("x" * 300)), (b"",))


@pytest.mark.parametrize(
    ("place", "scheme"),
    [("s3://b/x", "s3"), ("S3A://b", "s3a"), ("C:\\x", ""), ("C://x", ""), ("a/b://c", ""), ("./s3://b", ""), ("", "")],
)
def test_scheme_of_urls_and_windows_paths(place, scheme):
    assert stores.scheme_of(place) == scheme


def test_equivalent_locations_are_recognized(tmp_path):
    assert stores.same("s3://b/x/", "s3a://b/x")
    assert not stores.same("s3://b/x", "s3://b/y")
    assert not stores.same("s3://b/x", "b/x")
    assert stores.same(str(tmp_path), f"{tmp_path}/.")
    assert not stores.same("none", "none\0")
    assert stores.inside("s3://b/x/y", "s3a://b/x")
    assert not stores.inside("s3://b/xy", "s3://b/x")
    assert stores.inside("s3://b/x", "s3://b")
    assert not stores.inside("x/y", "x")
    assert stores.strip_file_scheme("file:///a/b") == "/a/b"
    assert stores.strip_file_scheme("s3://a/b") == "s3://a/b"


def test_file_of_unknown_size_is_read_within_the_limit(monkeypatch):
    pytest.importorskip("fsspec")
    place = "memory://untold"
    store(place).write(place, (b"12345",), force=True)
    memory = _connect.filesystem(place)
    info = memory.info
    monkeypatch.setattr(memory, "info", lambda place: info(place) | {"size": None})
    assert store(place).read(place, 5) == b"12345"
    with pytest.raises(FileSizeError, match="has 5 bytes; more than 4"):
        store(place).read(place, 4)


class FailingFileSystem:
    """A file system whose methods all fail."""

    def __getattr__(self, _):
        def fail(*_, **__):
            raise RuntimeError("on \x1b[31mfire")

        return fail


def test_file_system_exceptions_become_one_line_errors(monkeypatch):
    pytest.importorskip("fsspec")
    monkeypatch.setattr("sm_imgcheck.io.stores.fsspec_store.filesystem", lambda _: FailingFileSystem())
    kind = store("memory://x")
    for act in (kind.stat, lambda place: kind.read(place, 1), lambda place: kind.head(place, 1)):
        with pytest.raises(LocationError, match=r"^cannot be (read|inspected): on \\x1b\[31mfire$"):
            act("memory://x")
    with pytest.raises(LocationError, match=r"^cannot be listed: on"):
        list(kind.below("memory://x"))
    for act in (kind.remove, lambda place: kind.write(place, (b"",)), lambda place: kind.make_folder(place, place)):
        with pytest.raises(OutputError, match=r"^memory://x: the folder cannot be made|^memory://x cannot be"):
            act("memory://x")


def test_listing_failure_raises_store_error(monkeypatch):
    memory = _connect.filesystem("memory://")
    for name in ("half/a/x", "half/b/y"):
        memory.pipe_file(f"memory://{name}", b"")
    ls = memory.ls

    def failing(place, **more):
        if place.endswith("half/b"):
            raise TimeoutError("too slow")
        return ls(place, **more)

    monkeypatch.setattr(memory, "ls", failing)
    names = store("memory://").below("memory://half")
    assert next(names)[0] == "a/x"
    with pytest.raises(StoreError, match=r"^memory://half/b cannot be listed: too slow") as caught:
        next(names)
    assert type(caught.value) is StoreError


def test_large_objects_are_fetched_alone_and_in_order(monkeypatch):
    place = "memory://turn"
    for number in range(3):
        store(place).write(f"{place}/{number}.jpg", (jpeg(),), force=True)
    items = [Item(path=f"{place}/{number}.jpg", output=(str(number),)) for number in range(3)]
    items[1:1] = [Item(path="here.jpg", output=("here",)), Item(path=f"{place}/none.jpg", output=("none",))]
    limits = []
    fetched = prefetch._fetch
    monkeypatch.setattr(prefetch, "_SMALL", 10)
    monkeypatch.setattr(prefetch, "_fetch", lambda item, limit: limits.append(limit) or fetched(item, limit))
    found = list(prefetch.contents(items))
    assert [item for item, _ in found] == items
    assert [getattr(one, "body", None) == jpeg() for _, one in found] == [True, False, False, True, True]
    assert found[1][1] is None
    assert isinstance(found[2][1], LocationError)
    assert isinstance(found[0][1], StoreObject)
    assert sorted(limits) == [10] * 4 + [prefetch.MAX_FILE_BYTES] * 3
