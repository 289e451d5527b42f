"""``--engine ray`` without a cluster: order, crashes, errors. With one: ``test_ray_cluster.py``."""

import json
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from fake_ray import Ray, RayTaskError
from sample_images import jpeg

from sm_imgcheck.cli import main
from sm_imgcheck.core.errors import ImgcheckError, OutputError
from sm_imgcheck.core.types import Options
from sm_imgcheck.run import threads
from sm_imgcheck.run.engine import run
from sm_imgcheck.run.executors import _ray_cluster, ray
from sm_imgcheck.run.executors import ray as engine
from sm_imgcheck.run.inputs.item import Item, Listing
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.fingerprint import libraries
from sm_imgcheck.run.work import Chunk, RunJob, process_items
from sm_imgcheck.spec import load

SPEC = "pillow-rgb-01"


@pytest.fixture(autouse=True)
def settings_undone(monkeypatch):
    for name in (*_ray_cluster._SETTINGS, *threads.VARIABLES):
        monkeypatch.setenv(name, os.environ.get(name, "1"))
    monkeypatch.setattr(ray, "_read", ray._read.__wrapped__)  # a process serves one run only


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(70):
        (folder / f"{number:02}.jpg").write_bytes(jpeg() if number % 9 else b"<!doctype html>")
    return folder


@pytest.fixture
def job():
    return RunJob(spec=load.load(SPEC), options=Options())


def items(*paths):
    return list(list_candidates(map(str, paths), Listing(passed_over=Counter())))


def plain(records):
    return [(record.item, record.result, record.size) for record in records]


def names(chunk):
    return {item.output[-1] for item in chunk.items}


def test_records_are_ordered_and_tasks_in_flight_bounded(photos, job, monkeypatch, capsys):
    alone = plain(run(items(photos), job))
    for jobs, most in ((0, 6), (2, 2)):
        ray = Ray().install(monkeypatch)
        assert plain(run(items(photos), job, jobs=jobs, engine="ray")) == alone
        assert 1 < ray.most <= most
        assert not ray.flying
        assert ray.given is None, "it was shut down"
    assert capsys.readouterr().out == ""


def test_private_instance_is_local_and_removes_its_folder(photos, job, monkeypatch):
    seen = []
    ray = Ray(lambda *_: seen.append(ray.given)).install(monkeypatch)
    assert len(list(run(items(photos)[:3], job, jobs=2, engine="ray"))) == 3
    address, more = seen[0]
    assert (address, more["num_cpus"], more["include_dashboard"], more["log_to_driver"]) == ("local", 2, False, False)
    assert not Path(more["_temp_dir"]).exists()


@pytest.mark.slow
def test_ray_engine_writes_the_same_bytes(photos, tmp_path, monkeypatch, capsys):
    seen = []
    for name, more in (("plain", ["-j", "1"]), ("ray", ["--engine", "ray"])):
        Ray().install(monkeypatch)
        out, manifest = tmp_path / name, tmp_path / f"{name}.jsonl"
        words = ["-s", SPEC, "-o", str(out), "--manifest", str(manifest), "--format", "jsonl", *more]
        assert main(["convert", str(photos), *words]) == 1
        tensors = {path.relative_to(out): path.read_bytes() for path in sorted(out.rglob("*.npy"))}
        seen.append((capsys.readouterr().out.replace(str(out), "OUT"), manifest.read_bytes(), tensors))
    assert seen[0] == seen[1]
    assert len(seen[0][2]) == 62


def test_known_records_and_standard_input_stay_in_the_driver(photos, job, monkeypatch):
    ray = Ray().install(monkeypatch)
    one, *others = items(photos)
    known = next(process_items(job, (one,)))
    with (photos / "01.jpg").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        records = list(run([known, Item(path="stdin", output=("stdin",), stdin=True), *others], job, engine="ray"))
    assert records[0] is known
    assert records[1].result.kind == "image"
    assert [
        item for _, chunk, _ in sorted(ray.submitted, key=lambda one: one[1].number) for item in chunk.items
    ] == others


# Deaths


def test_chunk_of_crashed_node_is_retried_item_by_item(photos, job, monkeypatch):
    alone = plain(run(items(photos), job))
    ray = Ray(lambda _, chunk, careful: chunk.number == 4 and not careful).install(monkeypatch)
    assert plain(run(items(photos), job, engine="ray")) == alone
    assert [careful for _, chunk, careful in ray.submitted if chunk.number == 4] == [False, True]


def test_candidate_crashing_every_process_is_isolated(photos, job, monkeypatch):
    Ray(lambda _, chunk, careful: "13" in names(chunk)).install(monkeypatch)
    records = list(run(items(photos), job, engine="ray"))
    assert [record.item for record in records] == items(photos)
    dead = [record for record in records if any(finding.code == "SRC107" for finding in record.result.findings)]
    assert [record.item.output[-1] for record in dead] == ["13"]
    assert "ended the process that read it: WorkerCrashedError, 5 times" in dead[0].result.findings[0].message


def test_cluster_with_only_crashing_workers_ends_the_run(photos, job, monkeypatch):
    Ray(lambda *_: True).install(monkeypatch)
    with pytest.raises(ImgcheckError, match=r"crash at their start \(WorkerCrashedError\)"):
        list(run(items(photos), job, engine="ray"))


def test_node_without_sm_imgcheck_is_reported(photos, job, monkeypatch):
    Ray(lambda *_: RayTaskError("ray::do()\n  Traceback (most\n  ^^^\nModuleNotFoundError: No module\n")).install(
        monkeypatch
    )
    with pytest.raises(ImgcheckError, match="do the work: ModuleNotFoundError: No module; sm-imgcheck has to be "):
        list(run(items(photos), job, engine="ray"))


def test_lost_cluster_connection_ends_the_run(photos, job, monkeypatch):
    Ray(lambda _, chunk, careful: ConnectionError("gone") if chunk.number == 3 else False).install(monkeypatch)
    with pytest.raises(ImgcheckError, match=r"the Ray cluster cannot be reached \(gone\): start again"):
        list(run(items(photos), job, engine="ray"))


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_signal_swallowed_by_ray_still_stops_the_run(photos, job, monkeypatch):
    def swallow_interrupt(*_):
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    Ray(swallow_interrupt).install(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        list(run(items(photos), job, engine="ray"))
    assert signal.getsignal(signal.SIGINT) is before


# Messages


class Full:
    """A sink that is full at its first candidate."""

    folder, form = "", "npy"

    def write(self, item, array):
        if item.output[-1] == "13":
            raise OutputError("disk full")
        return type("Written", (), {"place": "", "output": "x", "size": 1})


def test_output_error_is_raised_after_earlier_records(photos, job, monkeypatch):
    Ray().install(monkeypatch)
    wanting = replace(job, options=Options(want_array=True), sink=Full())
    seen = []
    with pytest.raises(OutputError, match="disk full"):
        seen.extend(iter(run(items(photos), wanting, engine="ray").__next__, None))
    assert len(seen) == 13


def test_listing_error_is_raised_after_earlier_records(photos, job, monkeypatch):
    Ray().install(monkeypatch)

    def failing_listing():
        yield from items(photos)[:40]
        raise ImgcheckError("the list ends here")

    seen = []
    with pytest.raises(ImgcheckError, match="the list ends here"):
        seen.extend(iter(run(failing_listing(), job, engine="ray").__next__, None))
    assert len(seen) == 40


def test_outputs_invisible_to_the_driver_are_reported(photos, job, tmp_path, monkeypatch):
    Ray().install(monkeypatch)
    monkeypatch.setattr(engine, "_SHOWING", 0.0)
    monkeypatch.setattr(engine, "_TICK", 0.001)
    monkeypatch.setattr(Outputs, "write", lambda *_: type("W", (), {"place": "/no/x.npy", "output": "x", "size": 1}))
    wanting = replace(job, options=Options(want_array=True), sink=Outputs(folder=str(tmp_path / "out"), form="npy"))
    with pytest.raises(
        ImgcheckError, match=r"wrote /no/x.npy, which does not exist here: .* location that all nodes can write"
    ):
        list(run(items(photos)[1:], wanting, engine="ray"))


def test_inputs_visible_only_to_the_driver_are_reported(photos, job, monkeypatch):
    Ray().install(monkeypatch)
    system_open = os.open

    def refuse_photos(path, *words, **options):
        """Refuse what the test is about alone: `shutil.rmtree`, which removes Ray's folder, calls `os.open` too."""
        if str(path).endswith(".jpg"):
            raise FileNotFoundError(2, "No")
        return system_open(path, *words, **options)

    monkeypatch.setattr("sm_imgcheck.pipeline.read.os.open", refuse_photos)
    with pytest.raises(ImgcheckError, match=r"cannot read .*00.jpg, which can be read here: use a location that"):
        list(run(items(photos), job, engine="ray"))


def test_file_unreadable_on_every_node_reports_src101(photos, job, monkeypatch):
    Ray().install(monkeypatch)
    (record,) = run(items(photos / "gone.jpg"), job, engine="ray")
    assert [finding.code for finding in record.result.findings] == ["SRC101"]


def message_of(job, **other):
    ticket = ray.RayTaskInput(**{"job": job, "folder": str(Path.cwd()), "libraries": libraries(), **other})
    chunk = Chunk(number=0, items=(Item(path="relative.jpg", output=("relative",)),))
    return ray.do(ray.pickle.dumps(ticket), chunk, False)


def test_node_with_different_library_versions_is_reported(job):
    message = message_of(job, libraries={**libraries(), "pillow": "1.1.7"})
    assert f"has pillow {libraries()['pillow']} instead of 1.1.7: its pixels may differ" in str(message.failure)


def test_relative_paths_start_at_the_folder_of_the_command(job, tmp_path, monkeypatch):
    (tmp_path / "relative.jpg").write_bytes(jpeg())
    monkeypatch.chdir("/")
    assert message_of(job, folder=str(tmp_path)).records[0].result.kind == "image"
    failure = message_of(job, folder=str(tmp_path / "none")).failure
    assert "has no folder" in str(failure)
    assert "absolute paths that all nodes can read" in str(failure)


# Addresses and words


def test_missing_ray_package_names_the_extra(photos, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["validate", str(photos), "-s", SPEC, "--engine", "ray"]) == 2
    assert "--engine ray needs a package: pip install 'sm-imgcheck[ray]'" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
@pytest.mark.sample(2)
def test_address_without_server_is_reported(photos, monkeypatch, capsys, address):
    ray = Ray().install(monkeypatch)
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert main(["validate", str(photos), "-s", SPEC, "--engine", "ray"]) == 2
    assert f"error: RAY_ADDRESS={address}: no server is listening" in capsys.readouterr().err
    assert not ray.submitted


@pytest.mark.parametrize(
    ("address", "said"), [("auto", "RAY_ADDRESS=auto: versions differ"), ("local", "--engine pool")]
)
@pytest.mark.sample(2)
def test_cluster_init_error_is_reported_with_the_address(photos, monkeypatch, capsys, address, said):
    ray = Ray().install(monkeypatch)
    monkeypatch.setenv("RAY_ADDRESS", address)

    def refuse(*_, **__):
        raise RuntimeError("versions differ\n")

    ray.init = refuse
    assert main(["validate", str(photos), "-s", SPEC, "--engine", "ray"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_cluster_without_response_times_out(photos, job, monkeypatch):
    ray = Ray().install(monkeypatch)
    monkeypatch.setattr(_ray_cluster, "_START_SECONDS", 0.05)
    ray.init = lambda *_, **__: _ray_cluster.Event().wait(0.5)
    with pytest.raises(ImgcheckError, match="no response within"):
        list(run(items(photos), job, engine="ray"))


def test_existing_ray_connection_is_reused_and_stays_open(photos, job, monkeypatch):
    ray = Ray().install(monkeypatch)
    ray.is_initialized = lambda: True
    ray.given = "mine"
    assert len(list(run(items(photos)[:3], job, engine="ray"))) == 3
    assert ray.given == "mine"


def test_invalid_engine_options_are_refused(photos, capsys):
    assert main(["validate", str(photos), "-s", SPEC, "--engine", "rey"]) == 2
    assert "did you mean ray?" in capsys.readouterr().err
    assert main(["convert", str(photos), "-s", SPEC, "-o", "-", "--as", "json", "--engine", "ray"]) == 2
    assert "--engine ray needs a folder" in capsys.readouterr().err
    for name in ("here", "pool"):
        assert main(["validate", str(photos / "01.jpg"), "-s", SPEC, "--engine", name, "--format", "jsonl"]) == 1
        assert "summary" in json.loads(capsys.readouterr().out.splitlines()[-1])
