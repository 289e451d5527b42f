"""Request bodies of one float32 tensor against `numpy.save` and `json.dumps`: speed, bytes, memory; in one process.

Freed blocks are kept, as by ``payload``.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from statistics import median
from time import perf_counter

import numpy as np
from PIL import Image
from timing import DEMO, claim, one_core

from sm_imgcheck.run import malloc
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope
from sm_imgcheck.spec.load import load

NPY_SPEED, JSON_SPEED, JSON_SIZE, MEMORY = 0.9, 20, 0.56, 3
"""Minimum speed relative to the usual code; maximum bytes relative to its bytes; maximum memory in bodies."""
JSON = ("array", "instances", "inputs", "kserve-v2", "jsonlines")
SPEC = load("torchvision-imagenet")
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


def npy_bytes(array: np.ndarray) -> bytes:
    """As one does by hand."""
    out = BytesIO()
    np.save(out, array)
    return out.getvalue()


def alternate(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of each, A B A B, so that outside load hits both alike."""
    times: tuple[list[float], list[float]] = [], []
    for _ in range(rounds):
        for work, kept in zip((ours, theirs), times, strict=True):
            start = perf_counter()
            work()
            kept.append(perf_counter() - start)
    return median(times[0]), median(times[1])


def peak(work: Callable[[], object]) -> int:
    """Bytes allocated at the worst moment of a call, NumPy's too."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def compare(name: str, array: np.ndarray) -> None:
    """Print the claims for one tensor."""
    ours, theirs = alternate(lambda: ENVELOPES["npy"].build(array, SPEC), lambda: npy_bytes(array), 200)
    measured = f"{theirs / ours:.2f} times the speed ({ours * 1e6:.0f} against {theirs * 1e6:.0f} us)"
    claim(f"{name} as npy", measured, f"at least {NPY_SPEED} times", holds=theirs / ours >= NPY_SPEED)
    plain = {"instances": array.tolist()}
    text = len(json.dumps(plain))
    for form in JSON:
        build = ENVELOPES[form].build
        ours, theirs = alternate(
            lambda build=build: build(array, SPEC), lambda: json.dumps({"instances": array.tolist()}).encode(), 7
        )
        measured = f"{theirs / ours:.1f} times the speed ({ours * 1e3:.1f} against {theirs * 1e3:.0f} ms)"
        claim(f"{name} as {form}", measured, f"at least {JSON_SPEED} times", holds=theirs / ours >= JSON_SPEED)
        share = len(build(array, SPEC).body) / text
        claim(f"{name} as {form}, bytes", f"{share:.3f} times", f"at most {JSON_SIZE}", holds=share <= JSON_SIZE)


def memory(array: np.ndarray) -> None:
    """Print the memory of building each body, relative to its length."""
    for form in ENVELOPES.names():
        module = ENVELOPES[form]
        if isinstance(module, TensorEnvelope):
            length = len(module.build(array, SPEC).body)
            most = peak(lambda module=module: module.build(array, SPEC)) / length
            claim(f"{form}, memory", f"{most:.2f} bodies", f"at most {MEMORY}", holds=most <= MEMORY)


if __name__ == "__main__":
    one_core()
    malloc.keep_freed_blocks()
    pixels = np.asarray(Image.open(DEMO).resize((224, 224)))[None].astype(np.float32)
    normal = np.ascontiguousarray((pixels / 255 - MEAN) / STD)
    compare("NHWC with ImageNet mean and std", normal)
    compare("NCHW of it", np.ascontiguousarray(normal.transpose(0, 3, 1, 2)))
    memory(normal)
