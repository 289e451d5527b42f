"""Many small objects in a store with a delay of 50 ms for every response: S3 as moto serves it, behind a slow proxy.

One request at a time against several; and ``convert`` from bucket to bucket against the usual hand-written loop.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

from timing import TOOL, alternate, claim, middle

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from s3server import environment, serving

COUNT, HEIGHT, WIDTH, DELAY = 200, 150, 200, 0.05
AT_A_TIME, CONVERT = 8.0, 3.0
"""Times as fast: with 16 requests in flight, in a process that also makes them; the whole command."""
LOOP = """
import io, sys
import boto3
import numpy as np
from PIL import Image
s3 = boto3.client("s3")
for page in s3.get_paginator("list_objects_v2").paginate(Bucket="bench", Prefix="in/"):
    for one in page["Contents"]:
        body = s3.get_object(Bucket="bench", Key=one["Key"])["Body"].read()
        pixels = np.asarray(Image.open(io.BytesIO(body)).convert("RGB").resize((224, 224)))
        file = io.BytesIO()
        np.save(file, (pixels.astype(np.float32) / 255)[None])
        key = one["Key"].replace("in/", "plain/").replace(".jpg", ".npy")
        s3.put_object(Bucket="bench", Key=key, Body=file.getvalue())
"""


def serve(link: Connection) -> None:
    """Serve in a separate process with the delay that is received from the link, until None is received."""
    with serving() as (address, door):
        link.send(address)
        while (delay := link.recv()) is not None:
            door.delay = delay
            link.send(delay)


@contextmanager
def slow_store() -> Iterator[str]:
    """A bucket ``bench`` with COUNT images below ``in/``, whose server is then slow."""
    import numpy as np
    from PIL import Image

    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    os.environ.update(environment(ours.recv()))
    from sm_imgcheck.io.stores import _connect, s3

    _connect.filesystem("s3://bench").call_s3("create_bucket", Bucket="bench")
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    for index in range(COUNT):
        waves = [np.sin(x / (3 + c + index % 11)) * np.cos(y / (4 + c + index % 13)) for c in range(3)]
        file = io.BytesIO()
        Image.fromarray((np.stack(waves, axis=-1) * 100 + 128).astype(np.uint8)).save(file, "JPEG", quality=90)
        s3.write(f"s3://bench/in/{index:03}.jpg", (file.getvalue(),), force=True)
    ours.send(DELAY)
    ours.recv()
    try:
        yield "s3://bench"
    finally:
        ours.send(None)
        server.join(5)


def seconds(place: str, room: int) -> float:
    """Read all images with this many requests in flight."""
    from sm_imgcheck.io.stores import s3
    from sm_imgcheck.run.inputs.prefetch import ahead

    start = perf_counter()
    places = [f"{place}/in/{index:03}.jpg" for index in range(COUNT)]
    assert sum(1 for body in ahead(lambda one: s3.read(one, 1 << 20), places, room=room) if body) == COUNT
    return perf_counter() - start


def main() -> None:
    """Print the claims."""
    with slow_store() as place:
        seconds(place, 16)  # connections are made
        one, four, sixteen = (seconds(place, room) for room in (1, 4, 16))
        claim(
            f"{COUNT} objects, 50 ms an answer, 16 in flight against 1",
            f"{one / sixteen:.1f} times as fast (4 in flight: {one / four:.1f}; {one:.1f} s, {sixteen:.2f} s)",
            f"at least {AT_A_TIME}",
            holds=one / sixteen >= AT_A_TIME,
        )
        convert = [TOOL, "convert", f"{place}/in", "-s", "pillow-rgb-01", "-o", f"{place}/ours", "--quiet", "--force"]
        loop, tool, two = alternate(
            [[sys.executable, "-c", LOOP], [*convert, "-j", "1"], [*convert, "-j", "2"]], rounds=1
        )
        ratio = middle(loop) / middle(tool)
        claim(
            f"convert of {COUNT} from bucket to bucket against a loop with boto3, whole processes",
            f"{ratio:.1f} times as fast (-j 2: {middle(loop) / middle(two):.1f}; {middle(loop):.1f} s, "
            f"{middle(tool):.1f} s, {middle(two):.1f} s)",
            f"at least {CONVERT}",
            holds=ratio >= CONVERT,
        )


if __name__ == "__main__":
    main()
