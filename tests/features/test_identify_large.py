"""A tensor of twelve megapixels against its source: within 1 GiB."""

import subprocess
import sys
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageFilter
from sample_images import encode_image, picture

from sm_imgcheck.core.types import Decode
from sm_imgcheck.features.identify import candidates, find, kernels
from sm_imgcheck.features.identify.budget import Budget
from sm_imgcheck.features.identify.mistakes import MISTAKES, Evidence
from sm_imgcheck.features.identify.placement import SourceImage
from sm_imgcheck.features.identify.plan import Preparation
from sm_imgcheck.features.identify.search import Search, SearchOutcome
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.ops.execute import ArrayCache, step_names

CODE = """
import sm_imgcheck
spec = {"shape": ["N", 3000, 4000, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
report = sm_imgcheck.validate("x.npy", spec, source="source.png")
assert report.origins and report.origins[0].exact, report.findings
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
@pytest.mark.parametrize("size", [(4000, 3000), (640, 480)], ids=["same size", "small source"])
def test_large_tensor_is_compared_within_one_gibibyte(size, tmp_path):
    image = Image.fromarray(picture(480, 640)).resize(size, Image.Resampling.BICUBIC)
    (tmp_path / "source.png").write_bytes(encode_image(image, "PNG", compress_level=1))
    large = image.resize((4000, 3000), Image.Resampling.BILINEAR)
    np.save(tmp_path / "x.npy", np.asarray(large, np.float32)[np.newaxis] / np.float32(255))
    done = subprocess.run([sys.executable, "-c", CODE], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1 << 20


UNKNOWN = CODE.replace(
    "assert report.origins and report.origins[0].exact, report.findings",
    'assert any("search stopped after" in finding.message for finding in report.findings), report.findings',
)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
@pytest.mark.parametrize("is_other", [False, True], ids=["blurred", "another image"])
def test_search_for_a_large_tensor_stops_within_one_gibibyte(is_other, tmp_path):
    source = Image.fromarray(picture(480, 640)).resize((4000, 3000), Image.Resampling.BICUBIC)
    (tmp_path / "source.png").write_bytes(encode_image(source, "PNG", compress_level=1))
    other = Image.fromarray(picture(480, 640, seed=9)).resize((4000, 3000))
    tensor = other if is_other else source.filter(ImageFilter.GaussianBlur(9))
    np.save(tmp_path / "x.npy", np.asarray(tensor, np.float32)[np.newaxis] / np.float32(255))
    result = subprocess.run([sys.executable, "-c", UNKNOWN], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 1 << 20


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
def test_reshaped_tensor_of_one_megapixel_is_compared_within_one_gibibyte(tmp_path):
    image = Image.fromarray(picture(480, 640)).resize((1200, 900), Image.Resampling.BICUBIC)
    (tmp_path / "source.png").write_bytes(encode_image(image, "PNG", compress_level=1))
    pixels = np.asarray(image.resize((900, 1200), Image.Resampling.BILINEAR), np.float32) / np.float32(255)
    np.save(tmp_path / "x.npy", pixels.reshape(1, 3, 900, 1200))
    code = UNKNOWN.replace("3000, 4000, 3", "3, 900, 1200")
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 1 << 20


def reshape_evidence(height, width, channels):
    """The evidence of noise that does not resemble the source, in the layout NCHW."""
    budget = Budget()
    body = encode_image(Image.fromarray(picture(48, 64)), "PNG")
    budget.cache = ArrayCache({(): body})
    preparation = Preparation(decode=Decode())
    header = read_header(body, max_pixels=preparation.decode.max_pixels)
    source = SourceImage(header=header, preparation=preparation, geometry=None, values=None, budget=budget)
    pixels = np.random.default_rng(1).random((height, width, channels), np.float32)
    image = candidates.TensorImage(layout="NCHW", image=0, array=pixels, pixels=pixels)
    nearest = SearchOutcome(image=image, origins=[], guesses=[])
    return Evidence(search=Search(images=[image], source=source), nearest=nearest)


@pytest.mark.parametrize("size", [(600, 800), (1200, 1600)], ids=["all pixels", "sampled"])
def test_readings_of_a_reshaped_tensor_are_compared_one_by_one(size):
    evidence = reshape_evidence(*size, 3)
    tracemalloc.start()
    try:
        assert list(MISTAKES["reshape"].searches(evidence)) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 9 * evidence.images[0].pixels.nbytes  # two copies and the sums in float64 of two readings


@pytest.mark.parametrize(("size", "count"), [((50, 40, 1), 4), ((50, 40, 3), 22), ((40, 40, 1), 0)])
def test_each_reading_of_a_reshaped_tensor_is_compared_once(size, count, monkeypatch):
    compared = []

    def record(_, images, source):
        compared.extend(image.pixels.tobytes() + bytes(image.size) for image in images)
        return 1.0

    monkeypatch.setattr(Evidence, "misfit", record)
    assert list(MISTAKES["reshape"].searches(reshape_evidence(*size))) == []
    assert len(compared) == len(set(compared)) == count


def test_large_tensor_is_resized_once_by_each_method(monkeypatch):
    monkeypatch.setattr(candidates, "_LARGE", 1 << 12)
    rendered = Counter()

    def count(steps, source, view):
        rendered[step_names(kernels.concrete_steps(steps, view))] += 1
        return render(steps, source, view)

    render = kernels.render_hypothesis
    monkeypatch.setattr(kernels, "render_hypothesis", count)
    image = Image.fromarray(picture(24, 32))
    large = image.resize((128, 96), Image.Resampling.BICUBIC)
    origins = find(np.asarray(large, np.float32)[np.newaxis] / np.float32(255), encode_image(image, "PNG"))
    assert origins[0].exact
    assert any(step.op == "resize_pillow" for step in origins[0].steps)
    assert set(rendered.values()) == {1}
    assert not [names for names in rendered if any(name.startswith("fit") for name in names)]


def test_array_cache_drops_the_oldest_and_keeps_the_first():
    cache = ArrayCache({(): b"file"})
    for at in range(40):
        cache[str(at),] = np.zeros(1 << 20, np.float64)
    assert cache[()] == b"file"
    assert ("39",) in cache
    assert ("0",) not in cache
    assert sum(array.nbytes for array in cache.values() if isinstance(array, np.ndarray)) <= 192 << 20


def test_cache_counts_an_array_under_two_keys_once():
    cache = ArrayCache({(): b"file"})
    array = np.zeros(12 << 20, np.float64)  # 96 MiB
    for at in range(9):
        cache[str(at),] = array
    assert len(cache) == 10
    cache["other",] = np.zeros(12 << 20, np.float64)
    assert len(cache) == 11
    cache["last",] = np.zeros(1, np.uint8)
    assert [key for key in cache if key] == [("other",), ("last",)]
