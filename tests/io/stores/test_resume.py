"""Journals, manifests and packs in a store: the same as in a folder, and resumed like those."""

import json

import pytest
from sample_images import jpeg, picture

from sm_imgcheck.io.stores import join, s3, store

SPEC = "shape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
NAMES = ("a/one", "a/two", "b/three", "five", "four")
BATCHES = ("--as", "npy", "--batch-size", "2")


@pytest.fixture
def store_root(bucket, tmp_path, monkeypatch):
    """A folder in a store, with photos and a damaged file in ``in``; a spec in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sm-imgcheck.yaml").write_text(SPEC)
    for seed, name in enumerate(NAMES):
        store(bucket).write(join(bucket, "in", f"{name}.jpg"), (jpeg(picture(seed=seed)),))
    store(bucket).write(join(bucket, "in", "none.jpg"), (b"no picture",))
    return bucket


def convert(run_cli, store_root, out, *more):
    """Convert to the end: the report, the manifest, the outputs."""
    out = join(store_root, out)
    given = ("convert", join(store_root, "in"), "-o", out, "--manifest", f"{out}.jsonl", "--format", "json", "-j", "1")
    code, report, err = run_cli(*given, *more)
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
def test_resume_in_a_store_skips_unchanged_inputs(store_root, run_cli, decoded_names, form):
    first = convert(run_cli, store_root, "out", *form)
    decoded_names.clear()
    assert convert(run_cli, store_root, "out", *form, "--resume") == first
    assert decoded_names == []
    store(store_root).write(join(store_root, "in", "five.jpg"), (jpeg(picture(seed=77)),), force=True)
    resumed = convert(run_cli, store_root, "out", *form, "--resume")
    assert decoded_names[-1:] == ["none.jpg"] or "five.jpg" in decoded_names
    assert len(decoded_names) <= 3
    assert resumed == convert(run_cli, store_root, "anew", *form)


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
def test_resume_after_failed_writes_equals_a_complete_run(store_root, run_cli, form, room, monkeypatch):
    whole = convert(run_cli, store_root, "whole", *form)
    real, left = s3._call, [room]

    def call(method, place, **more):
        left[0] -= method == "put_object"
        if left[0] < 0 and method == "put_object":
            raise s3.S3RequestError("AccessDenied", "Access Denied")
        return real(method, place, **more)

    with monkeypatch.context() as patch:
        patch.setattr(s3, "_call", call)
        code, _, err = run_cli("convert", join(store_root, "in"), "-o", join(store_root, "out"), "-j", "1", *form)
    assert code == 2
    assert "cannot be written" in err
    assert convert(run_cli, store_root, "out", *form, "--resume") == whole


def test_manifests_of_shards_merge_in_a_store(store_root, run_cli):
    for index in range(2):
        code, _, err = run_cli(
            *(
                "validate",
                join(store_root, "in"),
                "--shard",
                f"{index}/2",
                "--manifest",
                join(store_root, f"{index}.jsonl"),
            ),
            *("-j", "1"),
        )
        assert code in {0, 1}, err
    code, out, err = run_cli("merge", join(store_root, "0.jsonl"), join(store_root, "1.jsonl"))
    assert (code, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["path"] for line in lines] == [join(store_root, "in", f"{name}.jpg") for name in (*NAMES, "none")]
