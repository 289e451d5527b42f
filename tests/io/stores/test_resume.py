"""Journals, manifests and packs in a store: the same as in a folder, and as good to go on with."""

import json

import pytest
from pictures import jpeg, picture

from sm_imgcheck import cli
from sm_imgcheck.io.stores import join, s3, store
from sm_imgcheck.pipeline.process import process

SPEC = "shape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
NAMES = ("a/one", "a/two", "b/three", "five", "four")
BATCHES = ("--as", "npy", "--batch-size", "2")


@pytest.fixture
def there(bucket, tmp_path, monkeypatch):
    """A place in a store, with photos and what is none in its folder ``in``; a spec in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sm-imgcheck.yaml").write_text(SPEC)
    for seed, name in enumerate(NAMES):
        store(bucket).write(join(bucket, "in", f"{name}.jpg"), (jpeg(picture(seed=seed)),))
    store(bucket).write(join(bucket, "in", "none.jpg"), (b"no picture",))
    return bucket


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
    """The names of what was decoded since it was last cleared."""
    seen = []

    def noted(what, *more, **trace):
        seen.append(what.path.rpartition("/")[2])
        return process(what, *more, **trace)

    monkeypatch.setattr("sm_imgcheck.pipeline.process.process", noted)
    return seen


def convert(say, there, out, *more):
    """Convert to the end: the report, the manifest, the outputs."""
    out = join(there, out)
    given = ("convert", join(there, "in"), "-o", out, "--manifest", f"{out}.jsonl", "--format", "json", "-j", "1")
    code, report, err = say(*given, *more)
    assert code in {0, 1}, err
    names = [name for name, _ in store(out).below(out)]
    own = {name for name in names if name.startswith(".sm-imgcheck/")}
    assert all(name.endswith((".gz", "made-by.json")) for name in own), own
    found = {name: store(out).read(join(out, name), 1 << 20) for name in names if name not in own}
    return report.replace(out, "OUT"), store(out).read(f"{out}.jsonl", 1 << 20), found


@pytest.mark.parametrize(
    "form",
    [(), ("--as", "tar", "--batch-size", "3"), pytest.param(BATCHES, marks=pytest.mark.slow)],
    ids=["files", "archives", "batches"],
)
@pytest.mark.sample(2)
def test_a_run_goes_on_where_it_was(there, say, looked_at, form):
    first = convert(say, there, "out", *form)
    looked_at.clear()
    assert convert(say, there, "out", *form, "--resume") == first
    assert looked_at == []
    store(there).write(join(there, "in", "five.jpg"), (jpeg(picture(seed=77)),), force=True)
    resumed = convert(say, there, "out", *form, "--resume")
    assert looked_at[-1:] == ["none.jpg"] or "five.jpg" in looked_at
    assert len(looked_at) <= 3
    assert resumed == convert(say, there, "anew", *form)


@pytest.mark.parametrize(
    ("form", "room"),
    [
        pytest.param((), 2, marks=pytest.mark.slow, id="files 2"),
        pytest.param((), 5, id="files 5"),
        pytest.param(BATCHES, 2, id="batches 2"),
        pytest.param(BATCHES, 5, marks=pytest.mark.slow, id="batches 5"),
    ],
)
@pytest.mark.sample(2)
def test_cut_short_and_gone_on_with(there, say, form, room, monkeypatch):
    whole = convert(say, there, "whole", *form)
    real, left = s3._call, [room]

    def call(method, place, **more):
        left[0] -= method == "put_object"
        if left[0] < 0 and method == "put_object":
            raise s3.S3RequestError("AccessDenied", "Access Denied")
        return real(method, place, **more)

    with monkeypatch.context() as patch:
        patch.setattr(s3, "_call", call)
        code, _, err = say("convert", join(there, "in"), "-o", join(there, "out"), "-j", "1", *form)
    assert code == 2
    assert "cannot be written" in err
    assert convert(say, there, "out", *form, "--resume") == whole


def test_a_manifest_of_shards_in_a_store(there, say):
    for index in range(2):
        code, _, err = say(
            *("validate", join(there, "in"), "--shard", f"{index}/2", "--manifest", join(there, f"{index}.jsonl")),
            *("-j", "1"),
        )
        assert code in {0, 1}, err
    code, out, err = say("merge", join(there, "0.jsonl"), join(there, "1.jsonl"))
    assert (code, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["path"] for line in lines] == [join(there, "in", f"{name}.jpg") for name in (*NAMES, "none")]
