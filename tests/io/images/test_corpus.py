"""The public corpus: unusual files from other projects, each with the verdict of real decoders."""

import csv
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from sm_imgcheck import rules as checks
from sm_imgcheck.core.types import Decode
from sm_imgcheck.pipeline.read import read
from sm_imgcheck.spec.parse import parse

SPEC = parse({"shape": ["N", 224, 224, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]})
CODES = {
    "ok": (
        "SRC116",
        "SRC130",
        "SRC131",
        "SRC134",
        "SRC135",
        "SRC136",
        "SRC137",
        "SRC138",
        "SRC139",
        "SRC140",
        "SRC141",
    ),
    "warning": ("SRC110", "SRC113", "SRC114", "SRC115", "SRC117", "SRC118", "SRC132", "SRC133"),
    "corrupt": ("SRC101", "SRC102", "SRC105", "SRC107", "SRC111", "SRC112"),
    "unsupported": ("SRC103", "SRC104", "SRC106", "SRC108"),
    "bomb": ("SRC120", "SRC121"),
}
"""Verdict on the file by rule, the mildest first."""
VERDICTS = {code: name for name, codes in CODES.items() for code in codes}
WORDS = {"ok-with-warning": "warning", "reject-corrupt": "corrupt", "reject-unsupported": "unsupported"}
WORDS |= {"reject-bomb": "bomb", "ok": "ok"}
SECONDS = 5


def rows(folder):
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def verdict(path):
    candidate = read(path, SPEC.decode)
    if candidate.problem is not None:
        return VERDICTS[candidate.problem.code]
    findings = [finding for finding in checks.run(candidate, SPEC) if finding.code.startswith("SRC")]
    return max((VERDICTS[finding.code] for finding in findings), key=[*CODES].index, default="ok")


def test_corpus_files_get_their_expected_verdict(shared_corpus, capfd):
    wrong = []
    for row in rows(shared_corpus):
        start = time.process_time()
        found = verdict(shared_corpus / row["file"])
        allowed = [WORDS[word] for word in (row["expected"], *filter(None, row["also_acceptable"].split(";")))]
        if found not in allowed or time.process_time() - start > SECONDS:
            wrong.append((row["file"], found, allowed, time.process_time() - start))
    assert wrong == []
    assert capfd.readouterr() == ("", "")


MEASURE = """
import json, sys
from sm_imgcheck.core.types import Decode
from sm_imgcheck.pipeline.read import read
found = read(sys.argv[1], Decode(bit_depth="scale"))
pixels = found.header.height * found.header.width if found.header else 0
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([found.problem is None, pixels, int(peak.split()[1]) / 1024]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
def test_corpus_files_stay_within_the_memory_limit(shared_corpus):
    """A refused file at most 200 MiB, an accepted one 12 bytes a declared pixel and 150 MiB."""
    over = []
    for row in rows(shared_corpus):
        command = [sys.executable, "-c", MEASURE, str(shared_corpus / row["file"])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert done.stderr == ""
        accepted, pixels, peak = json.loads(done.stdout)
        if peak > (150 + 12 * pixels / 2**20 if accepted else 200):
            over.append((row["file"], accepted, pixels, peak))
    assert over == []


BYTES_PER_PIXEL = {"cmyk.jpg": 12, "alpha.png": 12, "avif.avif": 12, "tiff.tif": 12, "webp.webp": 16, "j2k.jp2": 20}


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
@pytest.mark.parametrize("name", BYTES_PER_PIXEL)
def test_large_images_stay_within_the_memory_limit(name, tmp_path):
    """A complete conversion with alpha composited: bytes a pixel and 150 MiB. WebP and JPEG 2000: their libraries."""
    small = np.random.default_rng(0).integers(0, 255, (500, 500, 4), np.uint8)
    pixels = small.repeat(6, 0).repeat(6, 1)
    mode = {"cmyk.jpg": "CMYK", "alpha.png": "RGBA"}.get(name, "RGB")
    Image.fromarray(pixels[..., : len(mode)], mode).save(tmp_path / name)
    (tmp_path / "s.yaml").write_text(
        "shape: [1, 3, 224, 224]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\ndecode: {alpha: composite}\n"
    )
    words = [sys.executable, "-c", CONVERT, "convert", name, "-s", "s.yaml", "-o", "out", "--quiet"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=True)
    assert int(done.stdout) / 1024 <= 150 + BYTES_PER_PIXEL[name] * 9_000_000 / 2**20


CONVERT = """
import sys
from sm_imgcheck.cli import main
code = main(sys.argv[1:])
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
sys.exit(code)
"""


def test_headers_alone_give_the_declared_size(shared_corpus):
    for row in rows(shared_corpus):
        found = read(shared_corpus / row["file"], Decode(), depth="header")
        assert found.pixels is None
        if row["expected"] == "ok":
            assert found.problem is None, row["file"]
            assert (found.header.height, found.header.width) == (
                int(row["declared_height"]),
                int(row["declared_width"]),
            )
