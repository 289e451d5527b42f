"""Steps of a plan computed together against the same steps one by one: milliseconds on one thread, and the bytes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from time import thread_time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OPENCV_FOR_THREADS_NUM"] = "1"

import numpy as np
from timing import claim

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.combined import apply_all
from sm_imgcheck.ops.combined.resize_crop import _BEFORE
from sm_imgcheck.ops.execute import apply
from sm_imgcheck.run.malloc import keep_freed_blocks

ROUNDS = 60
_EDGES = {"max_size": None, "rounding": "floor", "dtype": "uint8"}
_CROP = Step(op="crop", params={"size": [224, 224], "rounding": "round"})
_FLOAT = Step(op="cast", params={"dtype": "float32"})
_UNIT = Step(op="scale", params={"low": 0, "high": 1})
_IMAGENET = {"units": "unit", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def resize(library: str, mode: str, size: int | list[int], interpolation: str) -> Step:
    """A resize of uint8 pixels."""
    more = {
        "opencv": {},
        "pillow": {},
        "torch": {"antialias": True},
        "tensorflow": {"antialias": False, "dtype": "float32"},
    }[library]
    params = {**_EDGES, "mode": mode, "size": size, "interpolation": interpolation, **more}
    return Step(op=f"resize_{library}", params=params)


CASES = {
    "Pillow, bicubic to 224x224": [resize("pillow", "stretch", [224, 224], "bicubic")],
    "Pillow, bicubic to 248x330, crop 224": [resize("pillow", "shortest_edge", 248, "bicubic"), _CROP],
    "torch, bilinear to 224x224": [resize("torch", "stretch", [224, 224], "bilinear")],
    "torch, bilinear to 256x341, crop 224": [resize("torch", "shortest_edge", 256, "bilinear"), _CROP],
    "TensorFlow, bilinear to 224x224": [resize("tensorflow", "stretch", [224, 224], "bilinear")],
}
TAILS = {
    "reorder, cast, scale": [Step(op="reorder", params={"order": "RGB", "to": "BGR"}), _FLOAT, _UNIT],
    "cast, normalize, transpose": [
        _FLOAT,
        Step(op="normalize", params=_IMAGENET),
        Step(op="transpose", params={"layout": "HWC", "to": "CHW"}),
    ],
}


def main() -> None:
    """Print a claim for each case."""
    keep_freed_blocks()
    y, x = np.mgrid[0:375, 0:500].astype(np.float32)
    waves = [np.sin(x / (3 + c)) * np.cos(y / (4 + c)) for c in range(3)]
    image = (np.stack(waves, axis=-1) * 100 + 128).astype(np.uint8)
    for cases, source in ((CASES, image), (TAILS, np.ascontiguousarray(image[:224, :224]))):
        for name, steps in cases.items():
            for _ in range(_BEFORE + 1):
                apply_all(steps, source)
            alone, together = fastest(partial(one_by_one, steps, source), partial(apply_all, steps, source))
            same = np.array_equal(one_by_one(steps, source), apply_all(steps, source)[0])
            measured = f"{together * 1000:.2f} ms together, {alone * 1000:.2f} one by one, the same bytes: {same}"
            claim(name, measured, "faster, the same bytes", holds=same and together < alone)


def one_by_one(steps: list[Step], image: np.ndarray) -> np.ndarray:
    """The image after the steps."""
    source = image
    for step in steps:
        image = apply(step, image, reuse=image is not source)
    return image


def fastest(*calls: Callable[[], object]) -> list[float]:
    """The least processor seconds of each call over alternating rounds."""
    least = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for at, call in enumerate(calls):
            start = thread_time()
            call()
            least[at] = min(least[at], thread_time() - start)
    return least


if __name__ == "__main__":
    main()
