"""The channel-order prior: properties by construction, images without evidence, and the accuracy of the table."""

import importlib.util
import sys
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sample_images import landscape

from sm_imgcheck import rules
from sm_imgcheck.core.types import Candidate, Facts
from sm_imgcheck.core.value_mapping import RECIPES, canonical, reverse_channels
from sm_imgcheck.pipeline.measure import channel_prior, measure
from sm_imgcheck.pipeline.measure.channel_prior.features import BINS, SIDE, histogram, planes, split, thumbnail
from sm_imgcheck.pipeline.measure.channel_prior.ordinary import (
    MAX_EQUAL,
    agrees,
    balance,
    color_statistics,
    equal_neighbors,
)
from sm_imgcheck.spec.parse import parse

RGB = {"shape": ["N", "H", "W", 3], "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1]}
FIT = Path(__file__).parents[2] / "fit" / "channel_prior.py"


def facts_of(array, assume=None, **spec):
    return measure(array, parse({**RGB, **spec}).contract, assume or {})


def test_landscape_order_is_recognized_as_rgb_and_bgr():
    assert channel_prior.probability(channel_prior.log_odds([landscape()])) > 0.9
    assert channel_prior.probability(channel_prior.log_odds([landscape()[..., ::-1]])) < 0.1


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float64])
@pytest.mark.parametrize("seed", range(4))
def test_swapping_channels_negates_the_log_odds(dtype, seed):
    rng = np.random.default_rng(seed)
    image = np.kron(rng.integers(0, 256, (6, 9, 3)), np.ones((11, 7, 1))).astype(dtype)
    odds = channel_prior.log_odds([image])
    assert odds != 0
    assert channel_prior.log_odds([image[..., ::-1]]) == pytest.approx(-odds, abs=1e-4)


@pytest.mark.parametrize(
    "image",
    [
        np.repeat(landscape().mean(axis=2, keepdims=True), 3, axis=2),
        np.repeat(landscape()[..., :1], 3, axis=2) + np.random.default_rng(0).normal(0, 1, (96, 128, 3)),  # nearly gray
        np.full((64, 64, 3), (200, 40, 10), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        landscape()[48 - 15 : 48 + 16],
        landscape()[..., [0, 1, 0]],  # magenta and green, but red is blue
    ],
    ids=["gray", "nearly gray", "constant", "one pixel", "31 rows", "red equals blue"],
)
def test_image_without_evidence_has_no_likely_order(image):
    assert channel_prior.log_odds([image]) == 0
    facts = facts_of((np.clip(image, 0, 255) / 255).astype(np.float32)[np.newaxis])
    assert (facts.likely_order, facts.order_probability) == ("", 0.0)


def test_log_odds_of_an_empty_batch_are_zero():
    assert channel_prior.log_odds([]) == 0


@pytest.mark.parametrize("fill", [0, 114, 255])
def test_letterbox_bars_are_excluded_from_the_thumbnail(fill):
    image = landscape()
    boxed = np.full((128, 128, 3), fill, np.uint8)
    boxed[16:112] = image
    np.testing.assert_array_equal(thumbnail(planes(boxed)), thumbnail(planes(image)))


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (7, 3), (32, 32), (333, 1000), (3000, 20)])
def test_thumbnail_of_every_size_keeps_the_mean(shape):
    image = np.random.default_rng(1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    small = thumbnail(planes(image))
    assert small is None if shape == (1, 1) else small.shape == (3, SIDE, SIDE)
    if min(shape) > 1 and max(shape) < 512:  # larger ones are sampled; one pixel may be a bar
        np.testing.assert_allclose(small.mean(axis=(1, 2), dtype=float), image.mean(axis=(0, 1)) / 255, atol=1e-5)


def test_histogram_distinguishes_smooth_and_rough_areas_of_one_color():
    smooth = np.full((3, SIDE, SIDE), 0.5, np.float32)
    rough = smooth + np.where(np.indices((SIDE, SIDE)).sum(axis=0) % 2, 0.3, -0.3).astype(np.float32)
    for image, bin_of_texture in ((smooth, 0), (rough, BINS[1] - 1)):
        texture = (histogram(image) ** 2).sum(axis=(0, 2, 3, 4))
        assert texture[bin_of_texture] == pytest.approx(1, abs=1e-5)


def test_histogram_spreads_each_pixel_linearly_over_its_nearest_bins():
    small = np.random.default_rng(3).random((3, SIDE, SIDE)).astype(np.float32) ** 2
    red, green, blue = small.astype(float)
    luminance = (red + green + blue) / 3
    squares = np.lib.stride_tricks.sliding_window_view(luminance, (3, 3))[::2, ::2]
    texture = np.log(squares.std(axis=(2, 3)) / 0.004 + 1) / np.log(0.2 / 0.004 + 1)
    opponents = [
        np.sign(each) * np.sqrt(abs(each)) / (2 * most) + 0.5
        for each, most in ((red - blue, 0.9), ((red + blue) / 2 - green, 0.6))
    ]
    inner = [each[1:-1:2, 1:-1:2] for each in (*opponents, luminance)]
    places = [np.clip(each, 0, 1) for each in (np.linspace(0, 1, 63)[:, None].repeat(63, 1), texture, *inner)]
    expected = np.zeros(BINS)
    for pixel in np.stack(places).reshape(len(BINS), -1).T * (np.array(BINS) - 1):
        weights = [np.maximum(0, 1 - abs(np.arange(bins) - at)) for bins, at in zip(BINS, pixel, strict=True)]
        expected += np.einsum("i,j,k,l,m", *weights)
    np.testing.assert_allclose(histogram(small) ** 2, expected / 63**2, atol=1e-6)


@pytest.mark.parametrize("shape", [(224, 160), (50, 75), (161, 241)])
def test_thumbnail_is_the_average_by_area(shape):
    image = np.random.default_rng(4).integers(0, 256, (*shape, 3)).astype(np.uint8)
    rows = image.repeat(SIDE, axis=0).reshape(SIDE, shape[0], shape[1], 3).mean(axis=1)
    expected = rows.repeat(SIDE, axis=1).reshape(SIDE, SIDE, shape[1], 3).mean(axis=2) / 255
    # To 1/256 gray level.
    np.testing.assert_allclose(thumbnail(planes(image)), expected.transpose(2, 0, 1), atol=0.51 / 256 / 255)


def test_color_statistics_of_equal_luminances_are_those_of_a_stable_order():
    """A checkerboard of two luminances and noise of colors: the darkest and the brightest are decided by the order."""
    noise = np.random.default_rng(5).integers(0, 64, (SIDE, SIDE)) / np.float32(255)
    level = np.where(np.indices((SIDE, SIDE)).sum(axis=0) % 2, np.float32(0.25), np.float32(0.75))
    small = np.stack([level + noise, level, level - noise]).astype(np.float32)
    luminance, across = ((small[0] + small[2] + small[1]) / 3).ravel(), (small[0] - small[2]).ravel()
    order = luminance.argsort(kind="stable")
    shares = ((0, 0.05), (0.45, 0.55), (0.95, 1))
    parts = [order[int(low * len(order)) : int(high * len(order))] for low, high in shares]
    statistics = color_statistics(small)
    np.testing.assert_allclose(statistics[11:20:3], [3 * across[part].mean() for part in parts], rtol=1e-5)
    dark, light = (across[luminance < 0.5], across[luminance > 0.5])
    left = (dark.var(dtype=float) + light.var(dtype=float)) / 2
    np.testing.assert_allclose(
        statistics[5:8], [np.log(left) / 4, np.log(across.var()) / 4, across.mean() * 3], rtol=0.01
    )


def test_swapping_channels_keeps_the_even_half_and_negates_the_odd_half():
    image = landscape()
    (even, odd), (same, negated) = split(thumbnail(planes(image))), split(thumbnail(planes(image[..., ::-1])))
    np.testing.assert_allclose(same, even, atol=1e-5)
    np.testing.assert_allclose(negated, -odd, atol=1e-5)
    assert np.abs(odd).max() > 0.05


def test_huge_image_is_sampled():
    view = np.broadcast_to(landscape(8, 8), (1, 8, 8, 3))
    assert channel_prior.sparse(np.broadcast_to(view[0, :1, :1], (30_000, 40_000, 3))).shape <= (512, 512, 3)


def test_evidence_of_a_batch_adds_up_without_duplicates():
    first, second = landscape(), landscape(seed=2)
    one, two = channel_prior.log_odds([first]), channel_prior.log_odds([second])
    assert channel_prior.log_odds([first] * 9) == pytest.approx(one, rel=1e-4)
    assert channel_prior.log_odds([first, first[..., ::-1]]) == pytest.approx(0, abs=1e-4)
    gray = np.repeat(first[..., :1], 3, axis=2)
    assert channel_prior.log_odds([first, gray]) == pytest.approx(one, rel=1e-6)
    assert min(one, two) < channel_prior.log_odds([first, second]) <= one + two + 1e-6


@pytest.mark.parametrize(("name", "layout"), [*zip(dict(RECIPES), cycle(["NHWC", "NCHW", "HWC"]), strict=False)])
@pytest.mark.sample(4)
def test_likely_order_is_measured_after_inverting_the_mapping(name, layout):
    affine = canonical(dict(RECIPES)[name], 3)
    image = landscape()[..., ::-1]
    array = (image * np.array(reverse_channels(affine).scale) + np.array(reverse_channels(affine).offset)).astype(
        np.float32
    )
    array = {"NHWC": array[None], "NCHW": array.transpose(2, 0, 1)[None], "HWC": array}[layout]
    facts = facts_of(array, {"layout": layout})
    assert facts.values is not None
    assert facts.likely_order == "BGR"
    assert facts.order_probability == pytest.approx(
        channel_prior.probability(-channel_prior.log_odds([image])), abs=1e-3
    )


def test_unknown_mapping_has_likely_order_only_for_known_range():
    image = landscape().astype(np.float32)
    image[:2, :2] = [[[0, 0, 0], [255, 255, 255]]]
    image[0] = (image[0] + image[1]) / 2 + 0.137  # off every lattice
    for scale, offset in ((1, 0), (1 / 255, 0), (2 / 255, -1)):
        facts = facts_of((image * scale + offset).astype(np.float32)[None])
        assert facts.values is None
        assert facts.likely_order == "RGB"
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    for array in ((image / 255 - mean) / std, image / 255 * 0.4 - 0.2, image - 128):
        assert facts_of(array.astype(np.float32)[None]).likely_order == ""


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_non_finite_values_have_no_likely_order(bad):
    array = (landscape() / 255).astype(np.float32)[None]
    array[0, 3, 3, 1] = bad
    assert facts_of(array).likely_order == ""


def test_four_channels_have_no_likely_order():
    four = np.concatenate([landscape(), landscape()[..., :1]], axis=2)
    assert facts_of(four[None], dtype="uint8", value_range=[0, 255]).likely_order == ""


def test_table_is_small_finite_and_documents_its_data():
    file = Path(channel_prior.__file__).with_name("table.npz")
    assert file.stat().st_size <= 128 * 1024
    with np.load(file, allow_pickle=False) as table:
        numbers = [table[name] for name in table.files if name != "about"]
    assert all(part.dtype == np.float16 and np.isfinite(part).all() for part in numbers)
    for word in ("990 photographs", "ImageNet", "BSDS500", "research", "Cross-validated", "calibration error"):
        assert word in channel_prior.about()


FALSE_COLOR = ["blue_film.png", "underwater.jpg", "viridis.png"]


@pytest.mark.parametrize("name", FALSE_COLOR)
def test_false_color_images_have_no_confident_order(name, shared_cases):
    image = Image.open(shared_cases / "silent" / "10-prior-false-color" / name).convert("RGB").resize((224, 224))
    facts = facts_of((np.asarray(image, np.float32) / 255)[np.newaxis])
    assert not (facts.likely_order == "BGR" and facts.order_probability >= 0.9)


def test_drawings_have_more_equal_neighbors_than_photographs():
    plain = np.zeros((96, 128, 3), np.uint8)
    plain[20:60, 30:90] = [10, 60, 250]
    assert equal_neighbors(planes(plain)) > MAX_EQUAL
    assert equal_neighbors(planes(landscape())) < MAX_EQUAL
    assert abs(channel_prior.log_odds([plain])) <= 0.5


def test_color_statistics_and_balance_are_equal_for_rgb_and_bgr():
    small = thumbnail(planes(landscape()))
    np.testing.assert_allclose(color_statistics(small), color_statistics(small[::-1]), atol=1e-4)
    np.testing.assert_array_equal(balance(small)[::-1], balance(small[::-1]))
    assert balance(small)[0].mean() == pytest.approx(balance(small)[2].mean(), rel=0.02)


def test_evidence_that_another_white_balance_reverses_does_not_agree():
    assert agrees(3.0, 2.0)
    assert agrees(-3.0, -2.0)
    assert not agrees(-3.0, 2.0)
    assert not agrees(3.0, 0.2)


@pytest.mark.parametrize("gains", [(0.5, 0.9, 1.0), (1.0, 0.8, 0.4)], ids=["blue", "orange"])
def test_strong_cast_of_a_photograph_is_not_evidence(gains):
    cast = landscape().mean(axis=2, keepdims=True) * np.array(gains)
    assert abs(channel_prior.log_odds([cast])) <= 0.5


def test_batch_of_mostly_drawings_has_weak_evidence():
    drawings = [np.kron(np.eye(8) + at, np.ones((16, 16)))[..., None] * [5.0, 10.0, 25.0] for at in range(3)]
    assert abs(channel_prior.log_odds([landscape(), *drawings])) <= 0.5
    assert channel_prior.log_odds([landscape(), landscape(seed=2), drawings[0]]) > 0.5


def test_batch_of_contradicting_images_has_weak_evidence():
    images = [landscape(seed=seed) for seed in range(1, 6)]
    assert channel_prior.log_odds(images) > 2
    assert channel_prior.log_odds([*images, landscape(seed=7)[..., ::-1]]) > 2
    assert 0 < channel_prior.log_odds([*images[:3], *(landscape(seed=seed)[..., ::-1] for seed in (8, 9))]) <= 0.5


@pytest.mark.slow
def test_non_photographs_are_rarely_confident(shared_photos, monkeypatch):
    """At most one in a hundred of each kind but two; the table is fitted on other images of these kinds."""
    monkeypatch.syspath_prepend(str(FIT.parent))
    kinds = importlib.import_module("kinds").KINDS
    photos = [np.asarray(Image.open(file).convert("RGB")) for file in sorted((shared_photos / "bsds").glob("*.jpg"))]
    assert len(kinds) == 68
    for name, kind in kinds.items():
        rng = np.random.default_rng(77)
        odds = np.array([channel_prior.log_odds([kind(photo, rng)]) for photo in photos[::5]])
        # Natural light and texture with other hues look like a swap of channels.
        most = 0.08 if name in ("color negative", "hue rotated") else 0.02
        assert (odds < -np.log(9)).mean() <= most, name


SEEN = Facts(
    shape=(1, 224, 224, 3),
    layout="NHWC",
    dtype="float32",
    channel_order="RGB",
    low=0.0,
    high=1.0,
    assumed=("channel_order=RGB",),
)


def order_findings(spec=None, **facts):
    candidate = Candidate(path="x.npy", kind="tensor", facts=replace(SEEN, **facts))
    return {one.code: one for one in rules.run(candidate, parse({**RGB, **(spec or {})})) if one.code[:3] == "CHN"}


def test_likely_wrong_order_is_a_warning_with_probability():
    said = order_findings(likely_order="BGR", order_probability=0.972)
    assert set(said) == {"CHN104"}
    warning = said["CHN104"]
    assert (warning.severity, warning.certainty, warning.probability) == ("warning", "likely", 0.972)
    assert warning.message == ("channel order is probably BGR (97 %), expected RGB; if so: --assume channel_order=BGR")


def test_bgr_model_is_warned_about_likely_rgb():
    said = order_findings(
        {"channel_order": "BGR"}, channel_order="BGR", assumed=("channel_order=BGR",), **likely("RGB", 0.95)
    )
    assert "probably RGB (95 %), expected BGR; if so: --assume channel_order=RGB" in said["CHN104"].message


def likely(order, probability):
    return {"likely_order": order, "order_probability": probability}


def test_likely_order_below_90_percent_has_no_warning():
    assert set(order_findings(**likely("BGR", 0.8999))) == {"CHN102"}
    assert order_findings(**likely("BGR", 0.8999))["CHN102"].message == order_findings()["CHN102"].message
    assert set(order_findings(**likely("BGR", 0.9))) == {"CHN104"}


def test_agreeing_likely_order_is_stated_in_the_notice():
    said = order_findings(**likely("RGB", 0.999))
    assert set(said) == {"CHN102"}
    assert "color statistics agree (99.9 %)" in said["CHN102"].message


def test_given_channel_order_has_no_warning():
    assert order_findings(assumed=(), **likely("BGR", 0.99)) == {}


def fit_script():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("channel_prior", FIT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_fit_script_measures_accuracy_and_calibration(shared_photos, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(FIT.parent))
    monkeypatch.setattr(sys, "argv", [str(FIT), str(shared_photos), "--check", "--repeats", "1", "--limit", "60"])
    fit_script().main()
    lines = capsys.readouterr().out.splitlines()
    measured = next(float(line.split()[1]) for line in lines if line.startswith("  photograph"))
    assert 0.75 <= measured < 1  # of 120 photographs; the package's table is fitted on 990
    assert sum("right there" in line for line in lines) > 10


@pytest.mark.slow
def test_packaged_table_recognizes_its_photographs(shared_photos):
    """On the photographs that it was fitted on: a bound that only a broken table misses."""
    files = sorted(one for name in ("imagenet", "bsds") for one in (shared_photos / name).glob("*.jp*g"))
    odds = np.array([channel_prior.log_odds([np.asarray(Image.open(file).convert("RGB"))]) for file in files])
    odds = odds[odds != 0]
    assert len(odds) >= 985
    assert (odds > 0).mean() >= 0.9
    surest = odds[np.argsort(-np.abs(odds))][: len(odds) // 2]
    assert (surest > 0).mean() >= 0.985
