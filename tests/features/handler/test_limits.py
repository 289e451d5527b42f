"""Handlers that hang, crash, fork or forge results: reported in bounded time, without leaving a process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from handlers import PIL_RGB, candidate_of, each, left_by, running
from sample_images import jpeg, picture

from sm_imgcheck import load_spec
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.handler import Handler, HandlerRunner, call_handler
from sm_imgcheck.features.handler import process as child
from sm_imgcheck.features.handler.guest.reply_folder import ReplyFolder
from sm_imgcheck.features.handler.session import ChildSession, resolve_interpreter
from sm_imgcheck.features.handler.target import HandlerTarget, find_target

linux = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes are seen through /proc")
SPEC = load_spec("pillow-rgb-01")
GOOD = "def input_fn(body, kind):\n    return pixels(body)\n"
INPUT_FN = "def input_fn(body, kind):\n    number = int(body)"


@pytest.fixture(autouse=True)
def _assert_no_process_or_folder_remains(tmp_path, monkeypatch):
    """Check that no process of the test and no folder of a run remains."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    yield
    assert left_by(tmp_path) == []
    assert not list(temporary.iterdir())


def problem(folder, code, **how):
    candidate = candidate_of(folder, code, **how)
    assert candidate.problem is not None
    return candidate.problem.code, candidate.problem.message


@pytest.fixture
def _unlimited_start(monkeypatch):
    """Apply the time limit to requests only: a busy machine starts a process slowly."""
    wait = child.HandlerProcess.wait

    def wait_for(self, number, *, seconds, most_bytes):
        wait(self, number, seconds=seconds if number else 600, most_bytes=most_bytes)

    monkeypatch.setattr(child.HandlerProcess, "wait", wait_for)


HANGING = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
)
MORE_HANGING = ("while True: pass", "import threading; threading.Event().wait()", "import os; os.read(os.pipe()[0], 1)")


@linux
@pytest.mark.parametrize("code", [*HANGING, *(pytest.param(code, marks=pytest.mark.slow) for code in MORE_HANGING)])
@pytest.mark.sample(2)
@pytest.mark.usefixtures("_unlimited_start")
def test_hanging_handler_is_terminated_after_timeout(tmp_path, code):
    found, message = problem(tmp_path, f"def input_fn(body, kind):\n    {code}", seconds=2)
    assert found == "HND103"
    assert "timed out after 2 s" in message
    assert "--timeout" in message
    assert "SIGSTOP" in code or " at inference.py:2 and was terminated" in message


@pytest.mark.slow
@linux
def test_handler_hanging_at_import_is_started_once(tmp_path):
    code = "import time; open('starts', 'a').write('.')\ntime.sleep(60)"
    with running(tmp_path, code, seconds=2) as run:
        found = [call_handler(jpeg(), run, SPEC)[0].problem for _ in range(5)]
    assert {problem.code for problem in found} <= {"HND103", "HND107"}  # later images: not checked
    assert found[0].code == "HND103"
    assert "importing inference.py timed out after 2 s at inference.py:2" in found[0].message
    assert (tmp_path / "starts").read_text() == "."


@linux
@pytest.mark.slow
@pytest.mark.usefixtures("_unlimited_start")
def test_handler_hanging_on_one_image_processes_the_others(tmp_path):
    code = "import time\ndef input_fn(body, kind):\n    while len(body) < 10: time.sleep(0.01)\n    return [1.0]"
    with running(tmp_path, code, seconds=2, content_type="image/jpeg") as run:
        found = [call_handler(body, run, SPEC)[0] for body in (jpeg(), b"short", jpeg())]
    assert [one.problem and one.problem.code for one in found] == [None, "HND103", None]


ENDING = {
    "import os; os._exit(3)": "ended the process with exit code 3",
    "import os; os._exit(0)": "ended the process with exit code 0",
    "import sys; sys.exit(4)": "called sys.exit(4) at inference.py:",
    "import os; os.abort()": "by SIGABRT at inference.py:",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)": "by SIGKILL, as the kernel does",
    "import ctypes; ctypes.string_at(0)": "by SIGSEGV, a crash in a library's C code at inference.py:",
    "print('so long'); import os; os._exit(1)": "last output: so long",
    "import os, signal; os.killpg(0, signal.SIGKILL)": "ended the process by SIGKILL",
}


@linux
@pytest.mark.slow
def test_handler_ending_its_process_reports_hnd102(tmp_path):
    for candidate, (code, clause) in zip(each(tmp_path, INPUT_FN, ENDING), ENDING.items(), strict=True):
        assert candidate.problem.code == "HND102", code
        assert clause in candidate.problem.message


def test_run_continues_after_a_crash(tmp_path):
    code = """
        import os
        def input_fn(body, kind):
            return [len(body)] if len(body) > 10 else os._exit(1)
    """
    with running(tmp_path, code, content_type="image/jpeg") as run:
        found = [call_handler(body, run, SPEC)[0] for body in (jpeg(), b"short", b"short", jpeg())]
    assert [one.problem and one.problem.code for one in found] == [None, "HND102", "HND102", None]
    assert found[0].data.tolist() == found[3].data.tolist() == [len(jpeg())]


RAISING = {
    "raise KeyboardInterrupt": "raised KeyboardInterrupt at inference.py:",
    "raise ValueError('no\\n such \\x1b[31m thing')": "`raise ValueError(",
    "input_fn(body, kind)": "raised RecursionError at inference.py:",
    "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})": "text unavailable",
    "np.zeros(3).reshape(2, 2)": "raised ValueError at inference.py:",
    "Image.open(io.BytesIO(PICTURE[:9]))": "(in PIL/",
}


def test_handler_exception_reports_hnd101(tmp_path):
    for candidate, (code, clause) in zip(each(tmp_path, INPUT_FN, RAISING), RAISING.items(), strict=True):
        assert candidate.problem.code == "HND101", code
        assert clause in candidate.problem.message


def test_known_exception_is_explained(tmp_path):
    code = "def input_fn(body, kind):\n    raise RuntimeError('expected scalar type Double but found Float')"
    findings = candidate_of(tmp_path, code).handled.findings
    assert findings[0].code == "HND110"
    assert "float32" in findings[0].message


@pytest.mark.parametrize("code", ["import nothing_like_it", "1 / 0", "def (", "raise SystemExit(2)"])
@pytest.mark.sample(2)
def test_file_with_import_error_is_imported_once(tmp_path, code):
    with running(tmp_path, f"print('once')\n{code}") as run:
        found = [call_handler(jpeg(), run, SPEC)[0].problem for _ in range(3)]
    assert [finding.code for finding in found[1:]] == ["HND107"] * 2
    assert found[0].code == {"r": "HND102", "i": "HND107"}.get(code[0], "HND101")
    assert "inference.py:2" in found[0].message


REFUSING = """
    def input_fn(body, kind):
        if kind != "application/x-image":
            raise ValueError("Unsupported content type: " + kind)
        return pixels(body)
"""


def test_content_type_that_the_file_mentions_is_sent(tmp_path):
    candidate = candidate_of(tmp_path, REFUSING)
    assert candidate.problem is None
    assert candidate.handled.content_type == "application/x-image"


def test_given_content_type_that_is_refused_is_an_error(tmp_path):
    found, message = problem(tmp_path, REFUSING, content_type="image/jpeg")
    assert found == "HND106"
    assert (
        "request content type: image/jpeg; the file mentions application/x-image (pass one as --content-type" in message
    )


STARTING = (
    "import subprocess; subprocess.Popen(['sleep', '60'])",
    "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True, env={})",
    "os.fork() == 0 and time.sleep(60)",
    "daemon()",
    "[os.fork() for _ in range(3)]; os.getpid() == me or time.sleep(60)",
)
DAEMON = """
    import os, time
    me = os.getpid()
    def daemon():
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(60)
            os._exit(0)
    def input_fn(body, kind):
        number = int(body)
"""


@linux
@pytest.mark.slow
def test_child_processes_of_handler_are_terminated(tmp_path):
    cases = [f"{code}\n{then}" for then in ("return [1.0]", "os._exit(1)") for code in STARTING]
    found = list(each(tmp_path, DAEMON, cases))
    assert [one.problem and one.problem.code for one in found] == [None] * 5 + ["HND102"] * 5


@pytest.mark.slow
@linux
@pytest.mark.usefixtures("_unlimited_start")
def test_child_processes_are_terminated_at_timeout(tmp_path):
    (found,) = each(tmp_path, DAEMON, [f"{STARTING[1]}\ndaemon()\ntime.sleep(60)"], seconds=2)
    assert found.problem.code == "HND103"


@linux
@pytest.mark.slow
def test_handler_killing_its_parent_leaves_no_process(tmp_path):
    code = """
        import os, signal, subprocess
        def input_fn(body, kind):
            subprocess.Popen(["sleep", "60"], start_new_session=True)
            os.kill(os.getppid(), signal.SIGKILL)
            signal.pause()
    """
    assert problem(tmp_path, code, seconds=5)[0] in ("HND102", "HND103")  # in a namespace it cannot be killed


def test_forked_handler_process_returns_no_second_result(tmp_path):
    code = PIL_RGB + "    import os\n    def input_fn(body, kind):\n        os.fork()\n        return pixels(body)"
    with running(tmp_path, code) as run:
        found = [call_handler(jpeg(picture(seed=seed)), run, SPEC)[0] for seed in range(4)]
    assert [one.problem for one in found] == [None] * 4
    assert len({one.data.tobytes() for one in found}) == 4


STREAMS = (
    "os.closerange(0, 256)",
    "[os.write(fd, b'{\"number\": 9}\\n[[[[\\n\\xff\\n') for fd in range(1, 8) if ready(fd)]",
    "print('x' * 100_000_000)",
    "[print('line', number, file=sys.stderr) for number in range(50_000)]",
    "os.chdir('/'), sys.path.clear()",
    "os.close(1), os.close(2)",
    "sys.stdout.close(), sys.stderr.close()",
)


@pytest.mark.slow
def test_handler_changing_its_streams_still_returns_a_result(tmp_path):
    function = """
        import os, sys
        def ready(fd):
            try:
                os.write(fd, b"")
            except OSError:
                return False
            return True
        def input_fn(body, kind):
            number, array = int(body), pixels(PICTURE)
    """
    for candidate, code in zip(
        each(tmp_path, function, [f"{one}\nreturn array" for one in STREAMS]), STREAMS, strict=True
    ):
        assert candidate.problem is None, code
        assert candidate.data.shape == (48, 64, 3)


@linux
@pytest.mark.slow
def test_memory_over_the_limit_reports_hnd104(tmp_path):
    code = "def input_fn(body, kind):\n    kept = []\n    while True:\n        kept.append(b'x' * (8 << 20))"
    found, message = problem(tmp_path, code, most_bytes=300 << 20)
    assert found == "HND104"
    assert "used more than 0.293 GiB of memory (--memory sets the limit)" in message


@linux
def test_too_many_processes_report_hnd104(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "MOST_PROCESSES", 12)
    code = "import os, time\ndef input_fn(body, kind):\n    while os.fork(): time.sleep(0.01)\n    time.sleep(60)"
    found, message = problem(tmp_path, code)
    assert found == "HND104"
    assert "processes and was terminated with all of them" in message


@pytest.mark.slow
@linux
def test_shared_memory_of_forks_is_counted_once(tmp_path):
    code = """
        import os, time
        kept = b"x" * (150 << 20)
        def input_fn(body, kind):
            copies = [os.fork() for _ in range(1)]
            if 0 in copies:
                time.sleep(60)
            time.sleep(0.5)
            return pixels(body)
    """
    assert candidate_of(tmp_path, code, most_bytes=280 << 20).problem is None


def test_array_over_the_size_limit_is_not_transferred(tmp_path):
    code = "def input_fn(body, kind):\n    return np.broadcast_to(np.zeros(1), (1 << 20, 1 << 10, 3))"
    found, message = problem(tmp_path, code)
    assert found == "HND104"
    assert "returned 25769803776 bytes" in message


TAMPERING = (
    "answers.write = lambda content, file: file.write(b'no array')",
    "answers.write = lambda content, file: file.write(b'\\x93NUMPY' + bytes(200))",
    "answers.write = lambda content, file: os.remove(file.name)",
    "answers.write = lambda content, file: (os.remove(file.name), os.mkfifo(file.name))",
    "answers.write = lambda content, file: np.save(file, np.array([Bad()]), allow_pickle=True)",
    "json.dump = lambda answer, file: file.write('[' * 100_000)",
    'json.dump = lambda answer, file: file.write(\'{"flaws": [1, [2], {}], "notes": 3, "raised": 4, "made": []}\')',
)


def test_forged_result_is_a_finding(tmp_path):
    """The user's code shares its process with the result writer: results are read like any untrusted file."""
    function = """
        import json, os, sys
        answers = sys.modules["guest.results"]
        write, dump = answers.write, json.dump
        class Bad:
            def __reduce__(self):
                return (open, ("loaded", "w"))
        def input_fn(body, kind):
            number, answers.write, json.dump = int(body), write, dump
    """
    found = list(each(tmp_path, function, [f"{one}\nreturn [1.0]" for one in TAMPERING]))
    codes = ["HND105", "SRC150", "HND102", "HND102", "SRC151"]
    assert [one.problem and one.problem.code for one in found] == [*codes, None, None]
    assert not Path("loaded").exists()


def test_loop_of_links_is_reported_as_a_missing_file(tmp_path):
    (tmp_path / "a.py").symlink_to("b.py")
    (tmp_path / "b.py").symlink_to("a.py")
    with pytest.raises(ImgcheckError, match=r"handler .*a\.py: no such file"):
        HandlerRunner(Handler(file=str(tmp_path / "a.py")))
    (tmp_path / "inference.py").write_text(GOOD)
    with pytest.raises(ImgcheckError, match=r"--model-dir .*a\.py: no such folder"):
        HandlerRunner(Handler(file=str(tmp_path / "inference.py"), model_dir=str(tmp_path / "a.py")))


def test_link_to_a_file_without_suffix_is_a_module_in_the_folder_of_the_link(tmp_path):
    for folder in ("blobs", "snapshot"):
        (tmp_path / folder).mkdir()
    (tmp_path / "blobs" / "ab12").write_text(GOOD)
    link = tmp_path / "snapshot" / "inference.py"
    link.symlink_to("../blobs/ab12")
    assert find_target(str(link), "", tmp_path) == HandlerTarget(file=link, model_dir=link.parent)


@pytest.mark.parametrize("encoding", ["rot13", "hex", "zlib", "undefined", "punycode"])
def test_source_encoding_that_cannot_decode_the_file_is_named(tmp_path, encoding):
    file = tmp_path / "inference.py"
    file.write_text(f"# -*- coding: {encoding} -*-\n{GOOD}")
    with pytest.raises(ImgcheckError, match=rf"inference\.py: source encoding: got {encoding}, which cannot decode it"):
        find_target(str(file), "", tmp_path)


@pytest.mark.parametrize("how", [{"python": "/nowhere/python"}, {"python": ""}])
def test_missing_file_or_interpreter_is_an_error(tmp_path, how):
    file = tmp_path / "inference.py"
    if how["python"]:
        file.write_text(GOOD)
    with (
        pytest.raises(ImgcheckError, match=r"no such file|cannot be started"),
        HandlerRunner(Handler(file=str(file), **how)) as run,
    ):
        run(b"", "image/jpeg")


def test_program_other_than_an_interpreter_reports_hnd102(tmp_path):
    found, message = problem(tmp_path, GOOD, python="/bin/true")
    assert found == "HND102"
    assert "importing inference.py ended the process" in message


def program(pid):
    """The path of the program of a process; empty for one that has ended."""
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""


@linux
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL]
)
@pytest.mark.sample(2)
def test_terminated_program_terminates_the_handler(tmp_path, number):
    (tmp_path / "inference.py").write_text("import subprocess, time\nsubprocess.Popen(['sleep', '60'])\ntime.sleep(60)")
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
        "from sm_imgcheck.features.handler import Handler, HandlerRunner\n"
        f"with HandlerRunner(Handler(file={str(tmp_path / 'inference.py')!r})) as run:\n"
        "    run(b'', 'image/jpeg')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    while not any(program(pid).endswith("sleep") for pid in left_by(tmp_path)):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    process.wait(60)
    until = time.monotonic() + 60
    while left_by(tmp_path) and time.monotonic() < until:
        time.sleep(0.02)
    if number == signal.SIGKILL:  # no process could remove it
        for folder in (tmp_path / "temporary").iterdir():
            shutil.rmtree(folder)


# The interpreter


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """``env``, laid out as by ``python -m venv``, with a base interpreter next to it."""
    monkeypatch.chdir(tmp_path)
    for folder in ("base", "env/bin", "links"):
        (tmp_path / folder).mkdir(parents=True)
    base = tmp_path / "base" / "python3.11"
    base.touch(mode=0o755)
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "env" / "bin" / "python").symlink_to(base)
    (tmp_path / "env" / "bin" / "python3").symlink_to("python")
    return tmp_path / "env"


@pytest.mark.parametrize(
    ("target", "name", "resolved"),
    [
        ("{env}/bin/python3", "links/it", "{env}/bin/python3"),
        ("../env/bin/python", "links/it", "{links}/../env/bin/python"),
        (None, "env/bin/python3", "{env}/bin/python3"),
        ("{env}/bin", "links/it/python", "{env}/bin/python"),
        ("{env}", "links/it/bin/python", "{links}/it/bin/python"),
        ("{base}/python3.11", "links/it", "{links}/it"),
        ("it", "links/it", "{links}/it"),
        (None, "links/missing", "{links}/missing"),
    ],
    ids=["absolute", "relative", "inside", "bin-folder", "environment", "no-environment", "loop", "missing"],
)
def test_interpreter_links_are_followed_up_to_the_environment(environment, target, name, resolved):
    places = {folder: environment.parent / folder for folder in ("env", "links", "base")}
    if target:
        (places["links"] / "it").symlink_to(target.format(**places))
    assert resolve_interpreter(name) == resolved.format(**places)


def test_interpreter_names_are_resolved_on_the_path_then_followed(environment, monkeypatch):
    links = environment.parent / "links"
    (links / "own-python").symlink_to(environment / "bin" / "python")
    monkeypatch.setenv("PATH", str(links))
    assert resolve_interpreter("own-python") == str(environment / "bin" / "python")
    assert resolve_interpreter("no-such-python") == "no-such-python"


def test_link_of_a_link_stops_at_the_environment(environment):
    links = environment.parent / "links"
    (links / "first").symlink_to("second")
    (links / "second").symlink_to(environment / "bin" / "python3")
    assert resolve_interpreter("links/first") == str(environment / "bin" / "python3")


def test_settings_that_cannot_be_written_are_an_error_of_the_command(tmp_path):
    session = ChildSession(python="", seconds=5, most_bytes=1 << 30)
    (session.folder / "settings.json").mkdir()
    with pytest.raises(ImgcheckError, match="request cannot be passed to the child process: "):
        session.start({}, str(tmp_path))
    session.close()


def test_result_that_cannot_be_written_is_not_checked(tmp_path):
    (tmp_path / "reply-1.body").mkdir()
    read_end, notices = os.pipe()
    ReplyFolder(str(tmp_path), notices).put(1, {"made": "array"}, np.zeros(3))
    assert os.read(read_end, 100) == b'{"number": 1}\n'
    reply = json.loads((tmp_path / "reply-1.json").read_text())
    assert reply["not_checked"] == f"returned a result that cannot be written to {tmp_path}: Is a directory"
    os.close(read_end)
    os.close(notices)
