"""``--engine ray`` on a real cluster of two nodes, both on this machine: the same bytes, also after a crash of one."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from sample_images import jpeg, picture

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
    pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray"),
]
IMAGES = 330
SPEC = "shape: [N, 64, 64, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
RAY = [sys.executable, "-m", "ray.scripts.scripts"]


def session(leader):
    """The living processes that were started by one, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            state, _, _, number = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            if number == str(leader) and state not in "ZX":
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
    return found


def until(what, within=60.0):
    end = time.monotonic() + within
    while not (seen := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return seen


def remove_folder(folder):
    """Remove a folder, also while a killed process still writes to it."""
    until(lambda: rmtree(folder, ignore_errors=True) or not folder.exists())


def kill_session(leader):
    """Kill all processes of a session, as far as possible together."""
    while living := session(leader):
        for number in living:
            os.kill(number, signal.SIGKILL)
        time.sleep(0.02)


def surroundings(address="", **more):
    """The environment of a command; with an address: on a cluster whose nodes require no token."""
    rest = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    return {**rest, **({"RAY_ADDRESS": address, "RAY_AUTH_MODE": "disabled"} if address else {}), **more}


class Cluster:
    """Nodes with a processor each, every one in a separate session."""

    def __init__(self, run_folder):
        self.place = run_folder
        ports = [socket.socket() for _ in range(2)]
        for one in ports:
            one.bind(("127.0.0.1", 0))
        self.port, self.client_port = (one.getsockname()[1] for one in ports)
        for one in ports:
            one.close()
        self.nodes = []
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        client = [f"--ray-client-server-port={self.client_port}"] if find_spec("grpc") else []
        self.add("--head", f"--port={self.port}", f"--temp-dir={self.place}", *client)
        self.add(f"--address=127.0.0.1:{self.port}")

    def add(self, *more):
        """Start a node. ``--node-ip-address``: independent of the addresses of the machine."""
        words = ["start", "--block", "--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats"]
        log = (self.place / f"{len(self.nodes)}.log").open("wb")
        words += ["--include-dashboard=false"] if "--head" in more else []
        node = subprocess.Popen(
            [*RAY, *words, "--node-ip-address=127.0.0.1", *more],
            env=surroundings("none"),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.nodes.append(node)
        until(lambda: "Ray runtime started" in Path(log.name).read_text())

    def workers(self, node):
        return [line for line in session(self.nodes[node].pid).values() if line.startswith("ray::")]

    def close(self):
        for node in self.nodes:
            kill_session(node.pid)
            node.wait()


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A folder of images, some of which cannot be converted, and a spec."""
    run_folder = tmp_path_factory.mktemp("cluster")
    (run_folder / "spec.yaml").write_text(SPEC)
    bodies = [jpeg(picture(900, 1200 + odd)) for odd in range(5)]
    for number in range(IMAGES):
        file = run_folder / "in" / f"{number % 7}" / f"{number:03}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bodies[number % 5] if number % 50 else b"no picture")
    return run_folder


@pytest.fixture
def cluster():
    name = Path(mkdtemp(prefix="imgcheck-", dir="/tmp"))  # a short name, for sockets
    made = None
    try:
        made = Cluster(name)
        yield made
    finally:
        if made is not None:
            made.close()
        remove_folder(name)


def command(out, *more):
    given = ["in", "-s", "spec.yaml", "-o", out, "--manifest", f"{out}.jsonl", "--format", "jsonl", *more]
    return [sys.executable, "-m", "sm_imgcheck", "convert", *given]


def written_files(run_folder, out, report):
    """All outputs of a run except the journal, with OUT for the names of folders."""
    files = {
        file.relative_to(run_folder / out).as_posix(): file for file in (run_folder / out).rglob("*") if file.is_file()
    }
    tensors = {name: sha256(file.read_bytes()).hexdigest() for name, file in files.items() if name[0] != "."}
    return tensors, (run_folder / f"{out}.jsonl").read_text(), report.replace(out, "OUT")


@pytest.fixture(scope="module")
def alone(run_folder):
    done = subprocess.run(command("alone", "-j", "1"), cwd=run_folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    tensors, manifest, report = written_files(run_folder, "alone", done.stdout)
    assert len(tensors) == IMAGES - 7
    assert len(manifest.splitlines()) == IMAGES
    return tensors, manifest, report


def finish_run(run_folder, out, address, *more):
    """A run on the cluster."""
    done = subprocess.run(
        command(out, "--engine", "ray", *more),
        cwd=run_folder,
        env=surroundings(address),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "ray" not in done.stderr.lower().replace("in/", ""), "no chatter"
    return written_files(run_folder, out, done.stdout)


def test_two_nodes_give_the_same_bytes(run_folder, alone, cluster):
    assert finish_run(run_folder, "nodes", f"127.0.0.1:{cluster.port}") == alone
    assert finish_run(run_folder, "nodes", f"127.0.0.1:{cluster.port}", "--resume") == alone
    if find_spec("grpc"):
        assert finish_run(run_folder, "client", f"ray://127.0.0.1:{cluster.client_port}") == alone


def test_node_killed_during_the_run_changes_no_output(run_folder, alone, cluster):
    with (run_folder / "killed.report").open("wb") as report:  # a pipe that is not read would hold the run up
        running = subprocess.Popen(
            command("killed", "--engine", "ray"),
            cwd=run_folder,
            env=surroundings(f"127.0.0.1:{cluster.port}"),
            stdout=report,
        )
    try:
        until(lambda: (run_folder / "killed.report").read_bytes().count(b"\n") >= 50)
        until(lambda: any("::do" in line for line in cluster.workers(1)))
        kill_session(cluster.nodes[1].pid)
        assert running.poll() is None, "it was half-way"
        assert running.wait(120) == 1
    finally:
        running.kill()
        running.wait()
    assert written_files(run_folder, "killed", (run_folder / "killed.report").read_text()) == alone


# On a private instance

DEADLY = """
import json, os, signal, sys
from collections import Counter
from sm_imgcheck.spec.load import load
from sm_imgcheck.run.work import RunJob
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.engine import run
from sm_imgcheck.core.types import Options

class Deadly(Outputs):
    def write(self, item, array):
        if item.output[-1] in {"013", "157"}:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().write(item, array)

def main(engine):
    sink = Deadly(folder=engine, form="npy")
    job = RunJob(spec=load("spec.yaml"), options=Options(want_array=True), sink=sink)
    for done in run(list_candidates(["in"], Listing(passed_over=Counter())), job, jobs=2, engine=engine):
        print(json.dumps([done.item.path, done.size, [(one.code, one.message) for one in done.result.findings]]))
"""


def test_decoder_crash_is_the_same_finding_with_pool_and_ray(run_folder, tmp_path):
    (tmp_path / "deadly.py").write_text(DEADLY)
    seen = []
    for engine in ("pool", "ray"):
        code = f"import deadly; deadly.main({engine!r})"
        environment = surroundings(PYTHONPATH=str(tmp_path))
        words = [sys.executable, "-c", code]
        ended = subprocess.run(
            words, cwd=run_folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert ended.returncode == 0, ended.stderr
        tensors = {file.name: file.read_bytes() for file in sorted((run_folder / engine).rglob("*.npy"))}
        seen.append((ended.stdout, tensors))
    assert seen[0] == seen[1]
    rows = [json.loads(line) for line in seen[0][0].splitlines()]
    dead = {path: findings for path, _, findings in rows if any(code == "SRC107" for code, _ in findings)}
    assert sorted(name[-7:] for name in dead) == ["013.jpg", "157.jpg"]
    assert all("SIGSEGV" in str(findings) for findings in dead.values())
    assert len(seen[0][1]) == IMAGES - 7 - 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_signal_leaves_no_ray_process(run_folder, tmp_path, number, code):
    before = set(Path("/tmp").glob("imgcheck-*"))
    running = subprocess.Popen(
        command(f"stopped-{code}", "--engine", "ray", "-j", "1"),
        cwd=run_folder,
        env=surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert "path" in json.loads(running.stdout.readline())
        assert any("raylet" in line for line in session(running.pid).values())
        os.kill(running.pid, number)
        _, err = running.communicate(timeout=60)
        until(lambda: not any("Agent" not in line for line in session(running.pid).values()))
        # After a SIGKILL no process ends the two agents that Ray's C++ code started.
        assert number == signal.SIGKILL or not session(running.pid)
    finally:
        kill_session(running.pid)
        left = set(Path("/tmp").glob("imgcheck-*")) - before
        for folder in left:
            remove_folder(folder)
    assert running.returncode == code
    if number != signal.SIGKILL:
        assert err.startswith("stopped by ")
        assert "Traceback" not in err
        assert not left
