"""A float32 tensor as JSON: the tool's writer against ``json.dumps(array.tolist())``, in one process.

Both with freed blocks kept, as in a worker of ``convert``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np
from PIL import Image
from timing import DEMO, claim, one_core

from sm_imgcheck.io.tensors.json import encode
from sm_imgcheck.run import malloc

SPEED, SIZE = 20, 0.56
"""At least this many times the speed; at most this many times the bytes."""
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


def once(work: Callable[[], bytes]) -> float:
    """Seconds of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


def compare(name: str, array: np.ndarray) -> None:
    """Print the claims for one tensor."""
    jobs = {"ours": lambda: b"".join(encode(array)), "theirs": lambda: json.dumps(array.tolist()).encode()}
    times: dict[str, list[float]] = {job: [] for job in jobs}
    for _ in range(9):
        for job, work in jobs.items():
            times[job].append(once(work))
    ours, theirs = median(times["ours"]), median(times["theirs"])
    body, plain = jobs["ours"](), jobs["theirs"]()
    back = np.asarray(json.loads(body)["data"], dtype=np.float32)
    measured = f"{theirs / ours:.0f} times the speed ({ours * 1e3:.1f} against {theirs * 1e3:.0f} ms)"
    claim(f"JSON of {name}, speed", measured, f"at least {SPEED} times", holds=theirs / ours >= SPEED)
    share = len(body) / len(plain)
    claim(f"JSON of {name}, bytes", f"{share:.3f} times ({len(body):,})", f"at most {SIZE}", holds=share <= SIZE)
    exact = back.shape == array.shape and back.tobytes() == array.tobytes()
    claim(f"JSON of {name}, read back", "the same bits" if exact else "OTHER BITS", "the same bits", holds=exact)


if __name__ == "__main__":
    one_core()
    malloc.keep_freed_blocks()
    pixels = np.asarray(Image.open(DEMO).resize((224, 224)))[None].astype(np.float32)
    compare("a picture / 255", pixels / 255)
    compare("a picture with ImageNet mean and std", (pixels / 255 - MEAN) / STD)
    compare("uniform noise", np.random.default_rng(0).random((1, 224, 224, 3), dtype=np.float32))
