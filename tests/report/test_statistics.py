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
from sm_imgcheck.features.pictures.levels import sample_levels
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
    assert sum(record["distributions"]["Pixel values"].values()) == 3 * 6 * 8 + 5  # blocks of 8x8 in all channels
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


def test_equally_frequent_sizes_are_in_the_order_of_the_files():
    statistics = FileStatistics()
    for result in (image("a.jpg", height=9), tensor("b.npy"), image("c.jpg", height=5)):
        statistics.add(result, 1, 0.1)
    assert list(statistics.record()["size"].items()) == [("9x500", 1), ("375x500x3", 1), ("5x500", 1)]


def test_every_value_is_in_one_interval():
    statistics = FileStatistics()
    for index in range(50):
        statistics.add(image("a.jpg", height=2 ** (index % 12), width=2 ** (index % 7)), 10 ** (index % 9), 0.1)
        statistics.add(tensor("b.npy"), 0, 0.1)
    for item in statistics.distributions():
        assert sum(item.counts) == 50
        assert len(item.labels) == len(item.counts)


@pytest.mark.parametrize(
    ("pixels", "mode", "sample"),
    [
        (np.full((16, 8, 3), 17, np.uint8), "RGB", bytes([17] * 6)),
        (np.full((8, 8, 1), 0xFE01, np.uint16), "L", bytes([0xFE])),
        (np.dstack([np.zeros((8, 16)), np.full((8, 16), 255)]).astype(np.uint8), "LA", bytes(2)),
        (np.arange(5 * 8, dtype=np.uint8).reshape(5, 8, 1), "L", bytes([20])),
        (np.arange(23 * 9, dtype=np.uint8).reshape(23, 9, 1), "L", bytes([35, 107])),
        (np.zeros((8, 8, 4), np.uint8), "CMYK", b""),
        (np.zeros((8, 8, 1), np.float32), "L", b""),
    ],
    ids=["RGB", "16 bits", "without alpha", "small", "whole blocks", "none of CMYK", "none of floats"],
)
def test_sample_of_a_decoded_image_has_the_means_of_its_blocks(pixels, mode, sample):
    header = Header(format="PNG", mode=mode, height=8, width=8)
    assert sample_levels(Candidate(path="a.png", kind="image", header=header, pixels=pixels)) == sample


def test_sample_of_a_large_image_is_small():
    header = Header(format="PNG", mode="L", height=3000, width=2000)
    pixels = np.zeros((3000, 2000, 1), np.uint8)
    levels = sample_levels(Candidate(path="a.png", kind="image", header=header, pixels=pixels))
    assert 16 * 16 <= len(levels) <= 32 * 32


@pytest.mark.parametrize("images", [1, 255, 256, 600])
def test_levels_and_means_of_all_samples_are_counted(images):
    statistics = FileStatistics()
    for index in range(images):
        statistics.add(image("a.jpg"), 1, 0.1, bytes([0, 255]) if index else bytes([40, 41, 42]))
    counts = {item.name: item.counts for item in statistics.distributions()}
    assert counts["Pixel values"] == (images - 1, 0, 3, *[0] * 12, images - 1)
    assert counts["Mean of each image"] == (0, 0, 1, *[0] * 4, images - 1, *[0] * 8)
