"""Worker processes: the same records in the same order, also after crashes of workers."""

import gc
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from multiprocessing import Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace

import pytest
from sample_images import jpeg

from sm_imgcheck.cli import main
from sm_imgcheck.core.errors import ImgcheckError, InternalError, OutputError
from sm_imgcheck.core.types import Options
from sm_imgcheck.run import cpus as jobs
from sm_imgcheck.run.engine import run, split_chunks
from sm_imgcheck.run.executors import _processes, _worker, pool
from sm_imgcheck.run.inputs.item import Item, Listing
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.work import Outcome, RunJob, process_items
from sm_imgcheck.spec import load

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
SPEC = "pillow-rgb-01"


@pytest.fixture
def photos(tmp_path):
    """A folder of 70 small files: JPEGs, and some that cannot be used."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    bodies = [jpeg(), b"", b"<!doctype html>", jpeg()[:300]]
    for number in range(70):
        body = bodies[0] if number % 9 else bodies[number % 4]
        (tmp_path / "in" / ("sub" if number % 2 else "") / f"{number:02}.jpg").write_bytes(body)
    return tmp_path / "in"


@pytest.fixture
def job():
    return RunJob(spec=load.load(SPEC), options=Options())


def items(*paths):
    return list_candidates(map(str, paths), Listing(passed_over=Counter()))


def plain(records):
    return [(record.item, record.result, record.size) for record in records]


class Deadly:
    """A sink that ends the process that writes to it: like a decoder's crash."""

    folder, form = "", "npy"

    def __init__(self, how, *stems):
        self.how, self.stems = how, stems

    def write(self, item, array):
        if item.output[-1] in self.stems:
            how = self.how
            if how == "sleep":
                time.sleep(60)
            elif how == "exit":
                os._exit(3)
            elif isinstance(how, Exception):
                raise how
            elif isinstance(how, StopOnce):
                how.stop()
            else:
                os.kill(os.getpid(), how)
        return type("Written", (), {"place": "x", "output": "x", "size": 1})


class StopOnce:
    """Stop the process that calls it first."""

    def __init__(self, file):
        self.file = file

    def stop(self):
        if not self.file.exists():
            self.file.touch()
            os.kill(os.getpid(), signal.SIGSTOP)


def deadly(job, how, *stems):
    return RunJob(spec=job.spec, options=Options(want_array=True), sink=Deadly(how, *stems))


# Order


def test_records_are_the_same_for_every_number_of_jobs(photos, job):
    alone = plain(run(items(photos), job))
    assert len(alone) == 70
    for number in (2, 3):
        assert plain(run(items(photos), job, jobs=number)) == alone


@pytest.mark.parametrize("form", ["json", *(pytest.param(form, marks=pytest.mark.slow) for form in ("text", "jsonl"))])
def test_reports_and_outputs_are_the_same_bytes(photos, tmp_path, capsys, form):
    seen = []
    for number in ("1", "2"):
        out = tmp_path / number
        code = main(["convert", str(photos), "-s", SPEC, "-o", str(out), "-j", number, "--format", form])
        report = capsys.readouterr().out.replace(str(out), "OUT")
        tensors = {path.relative_to(out): path.read_bytes() for path in sorted(out.rglob("*.npy"))}
        seen.append((code, report, tensors))
    assert seen[0] == seen[1]
    assert len(seen[0][2]) == 64


def test_chunks_start_small_and_contain_every_item_once():
    numbers = [Item(path=str(n), output=(str(n),)) for n in range(100)]
    chunks = list(split_chunks(numbers))
    assert [len(chunk.items) for chunk in chunks][:6] == [1, 2, 4, 8, 16, 32]
    assert [item for chunk in chunks for item in chunk.items] == numbers
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))


def test_known_records_and_standard_input_stay_in_the_main_process(photos, job, monkeypatch):
    one, *others = items(photos)
    known = next(process_items(job, (one,)))
    with (photos / "01.jpg" if (photos / "01.jpg").exists() else photos / "sub" / "01.jpg").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        stdin = Item(path="stdin", output=("stdin",), stdin=True)
        records = list(run([known, stdin, *others], job, jobs=2))
    assert records[0] is known
    assert records[1].item.path == "stdin"
    assert records[1].result.kind == "image"
    assert [record.item for record in records[2:]] == others


@pytest.mark.slow
def test_listing_error_is_raised_after_earlier_records(photos, job):
    def failing_listing():
        yield from list(items(photos))[:40]
        raise ImgcheckError("the list ends here")

    records = run(failing_listing(), job, jobs=2)
    seen = []
    with pytest.raises(ImgcheckError, match="the list ends here"):
        seen.extend(iter(records.__next__, None))
    assert len(seen) == 40


# Deaths


@POSIX
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, "exit"])
@pytest.mark.sample(4)
def test_crashed_worker_reports_only_its_current_candidate(photos, job, how):
    records = list(run(items(photos), deadly(job, how, "13", "58", "59"), jobs=2))
    assert [record.item for record in records] == list(items(photos))
    dead = [record for record in records if any(finding.code == "SRC107" for finding in record.result.findings)]
    assert sorted(record.item.output[-1] for record in dead) == ["13", "58", "59"]
    name = "exit code 3" if how == "exit" else how.name
    assert all(f"ended the process that read it: {name}" in record.result.findings[0].message for record in dead)
    assert all(record.result.skipped for record in dead)
    assert sum(record.result.emitted is not None for record in records) == 64 - 3


@pytest.mark.slow
@POSIX
def test_candidate_over_the_time_limit_is_reported(photos, job, monkeypatch):
    monkeypatch.setattr(pool, "_LONGEST", 1.5)
    monkeypatch.setattr(pool, "_TICK", 0.1)
    records = list(run(items(photos), deadly(job, "sleep", "13"), jobs=2))
    (dead,) = [record for record in records if record.item.output[-1] == "13"]
    assert dead.result.findings[0].code == "SRC107"
    assert "no end after" in dead.result.findings[0].message
    assert len(records) == 70


@LINUX
def test_stopped_worker_is_replaced_and_its_candidate_processed(photos, job, monkeypatch, tmp_path):
    monkeypatch.setattr(pool, "_LONGEST_STOP", 0.2)
    monkeypatch.setattr(pool, "_TICK", 0.1)
    records = list(run(items(photos), deadly(job, StopOnce(tmp_path / "stopped"), "13"), jobs=2))
    assert (tmp_path / "stopped").exists()
    assert "SRC107" not in {finding.code for record in records for finding in record.result.findings}
    assert sum(record.result.emitted is not None for record in records) == 64


def test_stopped_worker_stays_so_while_it_ends(job, monkeypatch):
    monkeypatch.setattr(pool, "_LONGEST_STOP", 0.0)
    monkeypatch.setattr(pool, "_TICK", 0.01)
    states = iter([True, False])  # after the kill it ends, which takes time on a busy machine
    monkeypatch.setattr(pool, "_is_stopped", lambda _: next(states))
    (link, other), kills = Pipe(), []
    process = SimpleNamespace(pid=1, kill=lambda: kills.append(True))
    worker = pool._Worker(process=process, link=link, begun=other, tasks=deque(["a task"]))
    workers = pool._Pool(job, SimpleNamespace(has_room=lambda _: False), [worker])
    for _ in range(2):
        workers.wait_for_results()
    assert worker.stopped
    assert kills
    assert list(states) == []


@LINUX
@pytest.mark.slow
def test_candidate_that_stops_each_worker_is_reported(photos, job, monkeypatch):
    monkeypatch.setattr(pool, "_LONGEST_STOP", 0.2)
    monkeypatch.setattr(pool, "_TICK", 0.1)
    records = list(run(items(photos), deadly(job, signal.SIGSTOP, "13"), jobs=2))
    (dead,) = [record for record in records if record.item.output[-1] == "13"]
    assert "ended the process that read it: SIGSTOP" in dead.result.findings[0].message
    assert len(records) == 70


@LINUX
def test_few_file_descriptors_are_one_line_with_a_fix(photos, tmp_path):
    command = running("convert", str(photos), "-o", str(tmp_path / "out"), "-j", "2", preexec_fn=few_descriptors)
    _, err = command.communicate(timeout=60)
    assert command.returncode == 2
    assert err.startswith("error: worker processes cannot be started: got a limit on open files for 1 of them")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))


def test_chunks_and_records_larger_than_a_pipe_are_transferred(tmp_path):
    """Neither end waits for the other to read: that would be a deadlock."""
    (tmp_path / "list.txt").write_text("".join(f"{'d/' * 20_000}{number}.jpg\n" for number in range(128)))
    command = running("validate", f"@{tmp_path / 'list.txt'}", "-j", "2", "--format", "jsonl")
    try:
        out, err = command.communicate(timeout=60)
    finally:
        command.kill()
    *rows, last = map(json.loads, out.splitlines())
    assert (len(rows), last["summary"]["candidates"], err) == (128, 128, "")


@POSIX
def test_workers_crashing_at_start_raise_one_error_with_a_fix(photos, job, monkeypatch):
    monkeypatch.setattr(pool._worker, "serve", os._exit)
    with pytest.raises(ImgcheckError, match=r"crash at their start .*: -j 1 works without them"):
        list(run(items(photos), job, jobs=2))


@pytest.mark.parametrize(
    "error", [BlockingIOError(11, "Resource temporarily unavailable"), BrokenPipeError(32, "Gone")]
)
def test_failed_worker_start_is_reported_with_the_reason(photos, capsys, monkeypatch, error):
    """Not as an output that cannot be written, nor as a closed output pipe."""

    def start(_):
        raise error

    monkeypatch.setattr(BaseProcess, "start", start)
    assert main(["validate", str(photos), "-s", SPEC, "-j", "2"]) == 2
    said = f"worker processes cannot be started ({error.strerror}): -j 1 works without them"
    assert said in capsys.readouterr().err


@LINUX
@pytest.mark.parametrize(("is_command", "threads", "forks"), [(True, 1, 2), (True, 2, 0), (False, 1, 0)])
def test_workers_do_not_import_modules_of_the_current_folder(photos, tmp_path, is_command, threads, forks):
    """Forked from the command, or with a second thread and in another program from a separate process."""
    (hostile := tmp_path / "hostile").mkdir()
    for name in ("simplejpeg", "signal", "PIL", "numpy"):
        (hostile / f"{name}.py").write_text("raise SystemExit(f'{__name__} of the current folder')")
    code = f"""
import os, sys, threading
from pathlib import Path
from sm_imgcheck import validate_paths
from sm_imgcheck.core import own_process
if {is_command}:
    own_process.claim()
for _ in range({threads} - 1):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
own, children = Path("/proc/self/cmdline").read_bytes(), set()
for result in validate_paths(sys.argv[1], {SPEC!r}, jobs=2):
    for pid in Path(f"/proc/self/task/{{os.getpid()}}/children").read_text().split():
        children.add((pid, Path(f"/proc/{{pid}}/cmdline").read_bytes() == own))
print(sum(forked for _, forked in children))
"""
    command = [sys.executable, "-P", "-c", code, str(photos)]
    done = subprocess.run(command, cwd=hostile, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{forks}\n", "")


def test_worker_starts_where_the_system_has_no_signal_masks(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    for name in ("SIGHUP", "pthread_sigmask"):
        monkeypatch.delattr(signal, name, raising=False)
    assert _processes._context().get_start_method() == "spawn"
    with _processes._signals_blocked():
        pass


def test_worker_error_is_raised_after_earlier_records(photos, job):
    for error, kind in ((OutputError("disk full"), OutputError), (InternalError("odd"), None)):
        records = run(items(photos), deadly(job, error, "13"), jobs=2)
        if kind is None:
            (told,) = [record for record in records if record.result.bug]
            assert (told.item.output[-1], "InternalError: odd" in told.result.bug) == ("13", True)
            continue
        seen = []
        with pytest.raises(kind, match="disk full"):
            seen.extend(iter(records.__next__, None))
        before = [item.output[-1] for item in items(photos)].index("13")
        assert len(seen) == before


# Signals


def running(*arguments, **options):
    command = [sys.executable, "-m", "sm_imgcheck", *arguments, "-s", SPEC]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, text=True, start_new_session=True, **pipes, **options)


def group(leader):
    """The living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if session == str(leader) and state not in "ZX":
            found.append(int(entry.name))
    return found


def wait_for_end(leader, within=10.0):
    deadline = time.monotonic() + within
    while group(leader) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not group(leader)


@LINUX
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow), (signal.SIGKILL, -9)],
)
@pytest.mark.sample(2)
def test_signal_leaves_no_process_or_temporary_file(photos, tmp_path, number, code):
    """Ctrl-C reaches all processes of the command; the workers leave it to the first."""
    command = running("convert", f"{photos}/01.jpg", "@-", "-o", str(tmp_path / "out"), "-j", "2", "--format", "jsonl")
    command.stdin.write(f"{photos}/02.jpg\n{photos}/04.jpg\n")
    command.stdin.flush()
    first = json.loads(command.stdout.readline())
    assert len(group(command.pid)) > 1
    (os.kill if number == signal.SIGKILL else os.killpg)(command.pid, number)
    out, err = command.communicate(timeout=30)
    assert command.returncode == code
    assert "Traceback" not in err
    assert wait_for_end(command.pid)
    assert first["path"].endswith("01.jpg")
    if number != signal.SIGKILL:
        assert "summary" in json.loads(out.splitlines()[-1])
        assert err.startswith("stopped by ")
    assert not [path for path in (tmp_path / "out").rglob("*") if path.suffix == ".tmp"]


@LINUX
def test_externally_killed_worker_is_replaced_without_a_finding(photos, tmp_path):
    command = running("validate", f"{photos}/02.jpg", "@-", "-j", "2", "--format", "jsonl")
    assert json.loads(command.stdout.readline())["path"].endswith("02.jpg")
    workers = set(group(command.pid)) - {command.pid}
    assert len(workers) == 2
    for pid in workers:
        os.kill(pid, signal.SIGKILL)  # none of them is at work
    command.stdin.write("".join(f"{path}\n" for path in sorted(photos.glob("*.jpg"))))
    out, err = command.communicate(timeout=30)
    *rows, last = map(json.loads, out.splitlines())
    assert [row["path"] for row in rows] == sorted(map(str, photos.glob("*.jpg")))
    assert "SRC107" not in last["summary"]["by_code"], "no candidate is to blame"
    assert (command.returncode, err) == (1, "")


# How many


@pytest.mark.parametrize("words", ["0", "-1", "two", "513", "1.5"])
def test_invalid_number_of_jobs_is_refused(words, capsys):
    assert main(["validate", "x.jpg", "-s", SPEC, "-j", words]) == 2
    assert "-j" in capsys.readouterr().err


def test_few_candidates_run_without_workers(photos, monkeypatch):
    monkeypatch.setattr(jobs, "usable", lambda: 2)
    few = sorted(map(str, photos.glob("*.jpg")))[:3]
    assert jobs.number(None, few) == 1
    assert jobs.number(1, [str(photos)]) == 1
    assert jobs.number(None, [str(photos)]) == 2
    assert jobs.number(None, ["@-"]) == 2


@pytest.mark.parametrize(("requested", "processes"), [(2, 2), (3, 3), (512, 3)])
def test_requested_processes_are_at_most_the_candidates(photos, requested, processes):
    assert jobs.number(requested, sorted(map(str, photos.glob("*.jpg")))[:3]) == processes


def test_request_bodies_of_any_suffix_count_as_candidates(tmp_path):
    for index in range(6):
        (tmp_path / f"{index}.bin").write_bytes(b"body")
    assert jobs.number(4, [str(tmp_path)], any_suffix=True) == 4
    assert jobs.number(8, [str(tmp_path)], any_suffix=True) == 6


@pytest.mark.parametrize("path", ["@-", "s3://bucket/photos"])
def test_requested_processes_do_not_read_a_pipe_or_list_a_store(path):
    assert jobs.number(7, [path]) == 7


def test_requested_processes_for_one_candidate_are_two(photos):
    assert jobs.number(8, [str(photos / "02.jpg")]) == 2  # a crash of a worker does not end the command


@pytest.mark.parametrize(
    ("groups", "files", "limit"),
    [
        ("0::/\n", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b\n", {"cpu.max": "max 100000", "a/cpu.max": "400000 100000", "a/b/cpu.max": "50000 100000"}, 0.5),
        ("0::/a\n", {"a/cpu.max": "max 100000"}, 0),
        ("0::/\n", {"cpu.max": "nonsense"}, 0),
        ("4:cpu,cpuacct:/d\n", {"cpu/d/cpu.cfs_quota_us": "200000", "cpu/d/cpu.cfs_period_us": "100000"}, 2),
        ("4:cpu:/d\n", {"cpu/d/cpu.cfs_quota_us": "-1", "cpu/d/cpu.cfs_period_us": "100000"}, 0),
        ("1:memory:/d\n", {}, 0),
    ],
)
def test_cgroup_quota_limits_usable_processors(tmp_path, groups, files, limit):
    (tmp_path / "cgroup").write_text(groups)
    for name, text in files.items():
        path = tmp_path / "fs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    assert jobs._quota(str(tmp_path / "fs"), str(tmp_path / "cgroup")) == limit
    assert 1 <= jobs.usable() <= jobs.MOST


# What is odd


@POSIX
def test_unusual_names_broken_links_and_loops_give_equal_reports(photos, tmp_path, capsys):
    odd = os.fsdecode(b"\xff\xfe.jpg")
    (photos / odd).write_bytes(jpeg())
    (photos / "loop").symlink_to(photos)
    (photos / "gone.jpg").symlink_to("nowhere")
    reports = []
    for number in ("1", "2"):
        assert main(["validate", str(photos), "-s", SPEC, "-j", number, "--format", "jsonl"]) == 1
        reports.append(capsys.readouterr().out)
    assert reports[0] == reports[1]
    rows = [json.loads(line) for line in reports[0].splitlines()[:-1]]
    assert [row["findings"][0]["code"] for row in rows if row["path"].endswith("gone.jpg")] == ["SRC101"]
    assert [row["path_bytes"] for row in rows if "path_bytes" in row] == [os.fsencode(str(photos / odd)).hex()]
    assert len(rows) == 72


def test_output_collision_is_the_same_with_and_without_workers(photos, tmp_path, job):
    (photos / "02.png").write_bytes((photos / "02.jpg").read_bytes())
    seen = []
    for number in (1, 2):
        sink = Outputs(folder=str(tmp_path / str(number)), form="npy")
        records = list(
            run(items(photos), RunJob(spec=job.spec, options=Options(want_array=True), sink=sink), jobs=number)
        )
        (refused,) = [record for record in records if record.refused]
        seen.append((refused.item.path, refused.result.skipped.replace(str(tmp_path / str(number)), "OUT")))
    assert seen[0] == seen[1]
    assert seen[0][0].endswith("02.png")
    assert isinstance(records[0], Outcome)


# The wire


def test_shared_parts_of_records_are_sent_once(photos, job, monkeypatch):
    records = list(run(items(photos), job))
    sender, receiver = _worker.Sender(), _worker.Receiver()
    bodies = [sender.pack(record) for record in records]
    received = [receiver.unpack(body) for body in bodies]
    assert plain(received) == plain(records)
    plans = {id(record.result.plan) for record in received if record.result.plan is not None}
    assert len(plans) == 1
    assert len(bodies[1]) < len(bodies[0]) / 2
    monkeypatch.setattr(_worker, "_MOST", 3)
    forgetful, other = _worker.Sender(), _worker.Receiver()
    assert plain(other.unpack(forgetful.pack(record)) for record in records) == plain(records)


def test_received_message_leaves_no_reference_cycle(photos, job):
    records = list(run(items(photos), job))
    body, receiver = _worker.Sender().pack(records), _worker.Receiver()
    gc.disable()  # a cycle would stay until it is collected
    try:
        assert plain(receiver.unpack(body)) == plain(records)
        assert not [value for value in gc.get_objects() if isinstance(value, _worker._Unpickler)]
    finally:
        gc.enable()


def run_without(mounts, *words):
    """Run the command line with these mounts; skip where no mount is permitted."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not there: util-linux has it")
    script = " && ".join([*mounts, 'exec "$@"'])
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    probe = subprocess.run([*unshare, "true"], check=False, capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"no mount namespace is permitted here: {probe.stderr.strip()}")
    command = [*unshare, sys.executable, "-m", "sm_imgcheck", *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


READ_ONLY = "mount -t tmpfs -o ro tmpfs"


@pytest.mark.skipif(sys.platform != "linux", reason="needs mount namespaces")
class TestReadOnlyFolders:
    @pytest.mark.parametrize("mount", [f"{READ_ONLY} /dev/shm", f"{READ_ONLY} /dev"])
    @pytest.mark.sample(2)
    def test_missing_shared_memory_gives_the_same_outputs(self, photos, tmp_path, mount):
        if mount.endswith("/dev"):  # /dev without shm: what else is needed of it stays
            mount = "mount -t tmpfs tmpfs /dev && mknod /dev/null c 1 3 2>/dev/null || touch /dev/null"
        words = ("convert", photos, "-s", SPEC, "-q", "-o")
        command = [sys.executable, "-m", "sm_imgcheck", *map(str, words), tmp_path / "plain", "-j", "1"]
        plain = subprocess.run(command, check=False)
        run = run_without([mount], *words, tmp_path / "out", "-j", "2")
        assert (run.returncode, run.stderr) == (plain.returncode, "")
        outputs = [
            {path.relative_to(top): path.read_bytes() for path in top.rglob("*.npy")}
            for top in (tmp_path / "plain", tmp_path / "out")
        ]
        assert len(outputs[0]) > 50
        assert outputs[0] == outputs[1]

    @pytest.mark.slow
    def test_missing_temporary_folder_is_one_line_where_workers_need_it(self, tmp_path):
        folder, hidden = Path("/mnt"), ("/tmp", "/var/tmp")  # the folder of pytest is below one of these
        if any(Path(file).resolve().is_relative_to(place) for file in (sys.executable, __file__) for place in hidden):
            pytest.skip("Python or the project is in a folder that the test hides")
        photo = f"{folder}/photo.jpg"
        (tmp_path / "photo.jpg").write_bytes(jpeg())
        mounts = [
            f"mount -t tmpfs tmpfs {folder}",
            f"cp {tmp_path}/photo.jpg {photo}",
            f"mount -o remount,ro {folder}",
            *(f"{READ_ONLY} {place}" for place in hidden),
            f"cd {folder}",
            "export TMPDIR=/nowhere",
        ]
        plain, forked = (run_without(mounts, "validate", photo, "-s", SPEC, "-q", "-j", jobs) for jobs in ("1", "2"))
        assert (plain.returncode, plain.stderr) == (forked.returncode, forked.stderr) == (1, "")
        assert plain.stdout == forked.stdout
        mounts.append("mount -t tmpfs tmpfs /proc")  # without it a separate process forks the workers
        run = run_without(mounts, "validate", photo, "-s", SPEC, "-q", "-j", "2")
        assert run.returncode == 2
        assert run.stderr.startswith("error: worker processes cannot be started (No usable temporary directory found")
        assert run.stderr.endswith("): -j 1 works without them\n")
        assert run.stderr.count("\n") == 1

    @pytest.mark.parametrize("jobs", [1, 2])
    @pytest.mark.sample(2)
    def test_full_disk_is_one_line(self, photos, tmp_path, jobs):
        (tmp_path / "out").mkdir()
        mounts = [f"mount -t tmpfs -o size=2m tmpfs {tmp_path}/out"]
        run = run_without(mounts, "convert", photos, "-s", SPEC, "-q", "-o", tmp_path / "out", "-j", jobs)
        assert run.returncode == 2
        (error,) = (line for line in run.stderr.splitlines() if line.startswith("error: "))
        assert error.endswith("cannot be written: No space left on device")
        assert "Traceback" not in run.stderr
