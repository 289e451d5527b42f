"""``--statistics``: counts, distributions, the slowest and the largest; in text and in JSON."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from report_values import image, tensor
from sample_images import jpeg

from sm_imgcheck.cli import main
from sm_imgcheck.core.types import Candidate, Header
from sm_imgcheck.features.pictures.levels import count_levels
from sm_imgcheck.report._statistics import FileStatistics

SPEC = "{shape: [N, 64, 64, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch}}\n"


@pytest.fixture
def statistics(tmp_path, monkeypatch, capsys):
    """The statistics of a folder, and its text report."""
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC)
    Path("in").mkdir()
    Path("in/a.jpg").write_bytes(jpeg())
    Path("in/empty.jpg").touch()
    Image.new("L", (10, 40)).save("in/b.png")
    np.save("in/c.npy", np.full((1, 64, 64, 3), 0.5, np.float32))
    main(["validate", "in", "-s", "spec.yaml", "--statistics", "--format", "json"])
    record = json.loads(capsys.readouterr().out)["summary"]["statistics"]
    main(["validate", "in", "-s", "spec.yaml", "--statistics"])
    return record, capsys.readouterr().out


def test_json_has_counts_distributions_slowest_and_largest(statistics):
    record, _ = statistics
    assert (record["format"], record["mode"]) == ({"JPEG": 1, "PNG": 1}, {"RGB": 1, "L": 1})
    assert (record["dtype"], record["size"]["40x10"]) == ({"float32": 1}, 1)
    assert record["distributions"]["Aspect ratio"]["0.25 to 0.33"] == 1
    assert sum(record["distributions"]["File size"].values()) == 3
    assert record["distributions"]["Mean of each image"]["below 16"] == 1  # the black PNG; the empty file has none
    assert sum(record["distributions"]["Pixel values"].values()) >= 2 * 16 * 16 - 16 * 6
    assert record["largest"][0] == {"path": "in/c.npy", "bytes": Path("in/c.npy").stat().st_size}
    assert len(record["slowest"]) == 4


def test_text_has_the_same_statistics(statistics):
    _, text = statistics
    for line in ("format: JPEG (1), PNG (1)", "mode: RGB (1), L (1)", "orientation: 1 (2)", "largest: in/c.npy ("):
        assert line in text


def test_report_without_statistics_option_has_no_statistics(statistics, capsys):
    main(["validate", "in", "-s", "spec.yaml", "--format", "json"])
    assert "statistics" not in json.loads(capsys.readouterr().out)["summary"]


def test_statistics_are_bounded_for_many_files():
    statistics = FileStatistics()
    for index in range(3_000):
        statistics.add(image(f"{index}.jpg", height=index + 1, width=7), index, index / 1000)
    assert len(statistics.counts["size"]) == 1_001
    assert [path for _, path in statistics.slowest] == [f"{index}.jpg" for index in range(2999, 2994, -1)]
    assert [size for size, _ in statistics.largest] == [2999, 2998, 2997, 2996, 2995]


def test_every_value_is_in_one_interval():
    statistics = FileStatistics()
    for index in range(50):
        statistics.add(image("a.jpg", height=2 ** (index % 12), width=2 ** (index % 7)), 10 ** (index % 9), 0.1)
        statistics.add(tensor("b.npy"), 0, 0.1)
    for item in statistics.distributions():
        assert sum(item.counts) == 50
        assert len(item.labels) == len(item.counts)


@pytest.mark.parametrize(
    ("pixels", "mode", "counts"),
    [
        (np.full((8, 8, 3), 17, np.uint8), "RGB", {1: 192}),
        (np.full((8, 8, 1), 0xFFFF, np.uint16), "L", {15: 64}),
        (np.dstack([np.zeros((8, 8)), np.full((8, 8), 255)]).astype(np.uint8), "LA", {0: 64}),
        (np.zeros((8, 8, 4), np.uint8), "CMYK", {}),
    ],
    ids=["RGB", "16 bits", "alpha is not counted", "CMYK is not counted"],
)
def test_levels_of_a_decoded_image_are_counted(pixels, mode, counts):
    header = Header(format="PNG", mode=mode, height=8, width=8)
    candidate = Candidate(path="a.png", kind="image", header=header, pixels=pixels)
    levels = count_levels(candidate)
    assert {index: number for index, number in enumerate(levels) if number} == counts


def test_levels_of_a_large_image_are_sampled():
    header = Header(format="PNG", mode="L", height=3000, width=2000)
    pixels = np.zeros((3000, 2000, 1), np.uint8)
    levels = count_levels(Candidate(path="a.png", kind="image", header=header, pixels=pixels))
    assert 16 * 16 <= levels[0] <= 32 * 32
