"""Peak memory of a run in a separate process: limits for untrusted files and bodies."""

import io
import subprocess
import sys

import pytest
from contradictions import CONTRADICTIONS, chunk, ihdr, png
from PIL import Image

pytest.importorskip("resource", reason="only Unix measures the memory of a process")

MIB = 1 << 20
SPEC = """\
{name: image, shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], payload: {stack: %s}}
"""


# The peak of a process starts with that of its parent: a small process is started in between.
MEASURE = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
code = subprocess.run(sys.argv[1:]).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""


def run(folder, body, stack, *options):
    """Exit code, output, peak of resident MiB and seconds of CPU of ``validate`` for a body."""
    (folder / "spec.yaml").write_text(SPEC % stack)
    (folder / "body").write_bytes(body)
    tool = [sys.executable, "-m", "sm_imgcheck", "validate", folder / "body", "-s", folder / "spec.yaml", *options]
    output = subprocess.run([sys.executable, "-c", MEASURE, *tool], capture_output=True, text=True, check=True).stdout
    output, _, measured = output.rstrip().rpartition("\n")
    code, peak, cpu = measured.split()
    return int(code), " ".join(output.split()), int(peak) * (1 if sys.platform == "darwin" else 1024) / MIB, float(cpu)


@pytest.mark.parametrize("name", CONTRADICTIONS)
@pytest.mark.sample(5)
def test_contradicting_sizes_need_little_memory(name, tmp_path):
    code, output, peak, cpu = run(tmp_path, CONTRADICTIONS[name][0](), "custom")
    assert (code, any(f"SRC1{number}" in output for number in (11, 12, 20)), "Traceback" in output) == (
        1,
        True,
        False,
    ), output
    assert peak < 200
    assert cpu < 2


BODIES = {
    "lines": (lambda: b"1\n" * (75 * MIB), "text/csv"),
    "carriage returns": (lambda: b"1\r" * (7 * MIB), "text/csv"),
    "short texts": (lambda: b"[" + b'"a",' * (15 * MIB) + b'"a"]', "application/json"),
    "numbers": (lambda: b"[" + b"0.1," * (14 * MIB) + b"1]", "application/json"),
    "short lists": (lambda: b'{"instances":[' + b"[0.5]," * (4 * MIB) + b"[1]]}", "application/json"),
    "empty lists": (lambda: b"[" + b"[]," * (7 * MIB) + b"[]]", "application/json"),
    "objects": (lambda: b"[" + b'{"a":1},' * (2 * MIB) + b"{}]", "application/json"),
    "numbers beside a text": (lambda: b'["a",' + b"1," * (12 * MIB) + b"NaN]", "application/json"),
    "JSON lines": (lambda: b"[1]\n" * (5 * MIB), "application/jsonlines"),
    "CSV within the estimate": (lambda: b"10\n" * (27 * MIB // 10), "text/csv"),
}


@pytest.mark.slow
@pytest.mark.parametrize("stack", ["custom", "tensorflow-serving", "mlflow", "mlserver"])
@pytest.mark.parametrize("name", BODIES)
def test_text_body_needs_less_than_a_gibibyte(name, stack, tmp_path):
    make_body, content_type = BODIES[name]
    code, output, peak, _ = run(tmp_path, make_body(), stack, "--content-type", content_type)
    assert code in (0, 1), output
    assert "Traceback" not in output
    assert peak < 1024


@pytest.mark.parametrize(("name", "estimate"), [("lines", "13,369,344,005"), ("short texts", "3,208,642,830")])
@pytest.mark.slow
def test_expensive_body_is_refused_with_its_memory_estimate(name, estimate, tmp_path):
    make_body, content_type = BODIES[name]
    code, output, peak, _ = run(tmp_path, make_body(), "tensorflow-serving", "--content-type", content_type)
    assert code == 1
    assert f"takes about {estimate} bytes of memory, at most 943,718,400 are used: send fewer images" in output
    assert peak < 400


@pytest.mark.slow
def test_png_of_many_pixels_without_data_needs_little_memory(tmp_path):
    code, _, peak, _ = run(tmp_path, png(ihdr(13_000, 13_000), chunk(b"IDAT", b"")), "custom")
    assert code == 1
    assert peak < 200


@pytest.mark.slow
def test_convert_of_large_gray_png_needs_less_than_a_gibibyte(tmp_path):
    buffer = io.BytesIO()
    Image.new("L", (13_000, 13_000), 7).save(buffer, "PNG", compress_level=1)
    code, output, peak, _ = run(tmp_path, buffer.getvalue(), "custom", "--emit", str(tmp_path / "out"))
    assert code == 1, output
    assert "Written to" in output
    assert peak < 1024
