"""Detectors, segmentation networks and embeddings that are trained for the test, with known preprocessing."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "fit"), str(ROOT / "bench")]

small_outputs = pytest.importorskip("small_outputs")
bench = pytest.importorskip("discover")

CASES = {
    "detector-a": ("detector", 24),
    "detector-b": ("detector", 24),
    "segmentation-b": ("segmentation", 24),
    "embedding-b": ("embedding", 48),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_right_recipe_is_in_the_set(name, tmp_path, monkeypatch):
    kind, photos = CASES[name]
    monkeypatch.setattr(sys, "argv", ["small_outputs", str(tmp_path), "--images", "400", "--models", name])
    small_outputs.main()
    recipe = small_outputs.MODELS[name].recipe
    drawn = small_outputs.draw_all(60, 3)[0] if kind == "embedding" else [x.image for x in small_outputs.scenes(60, 3)]
    draws = bench.draws_of(tmp_path / f"{name}.onnx", recipe, drawn, photos, 3)
    assert all(draw.contained for draw in draws)
    assert all(draw.probability > 0.01 for draw in draws)


@pytest.mark.slow
@pytest.mark.parametrize("output", ["detr", "segmentation", "linear"])
def test_random_weights_have_no_result(output, tmp_path):
    rng = np.random.default_rng(0)
    options = {} if output == "linear" else {"strides": (2, 2, 1), "outputs": small_outputs.CLASSES + 5}
    network = small_outputs.Network(3, rng, **options)
    small_outputs.fold(network, small_outputs.RECIPES["a"])
    if output == "linear":
        small_outputs.export_embedding(network, 3, tmp_path / "m.onnx", output, "NCHW", 0)
    else:
        small_outputs.export_cells(network, 3, tmp_path / "m.onnx", output, "NCHW")
    images = [scene.image for scene in small_outputs.scenes(40, 5)]
    draws = bench.draws_of(tmp_path / "m.onnx", small_outputs.RECIPES["a"], images, 30, 3)
    assert not any(draw.determined for draw in draws)
