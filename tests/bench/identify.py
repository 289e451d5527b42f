"""Create tensors of real photographs in thousands of ways, and count how many are named.

    PYTHONPATH=.:tests:tests/support python -m bench.identify [--number 3000] [--seed 0] [--photos DIR] FILE ...

Prints how many are named exactly, how many by a tie that differs by at most 0.01 gray levels on that very image, how
many wrongly, how many not at all and how many failed with an exception, and the time of a search; also when it is
interrupted. Without an exact result, an image and its tensor that have almost no details are counted as flat: the
command reports that it does not compare them.
"""

import argparse
import itertools
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from sm_imgcheck.core.errors import CandidateError, PlanError, SpecError
from sm_imgcheck.core.types import Candidate, Options
from sm_imgcheck.core.value_mapping import canonical, same
from sm_imgcheck.features.identify import find
from sm_imgcheck.features.identify.region import trace_region
from sm_imgcheck.features.identify.resemblance import has_few_details
from sm_imgcheck.io.images.decode import decode
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.ops.execute import apply
from sm_imgcheck.pipeline.plan import make_plan
from sm_imgcheck.spec.keys import LIBRARIES, SMOOTH
from sm_imgcheck.spec.parse import parse

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
CLIP = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}
MAPPINGS = {
    "0..255": {"value_range": [0, 255]},
    "0..1": {"value_range": [0, 1]},
    "-1..1": {"value_range": [-1, 1]},
    "ImageNet RGB": {"normalize": {"units": "unit", **IMAGENET, "order": "RGB"}},
    "ImageNet BGR": {"normalize": {"units": "unit", **IMAGENET, "order": "BGR"}},
    "caffe": {"normalize": {"units": "byte", "mean": [103.939, 116.779, 123.68], "order": "BGR"}},
    "CLIP": {"normalize": {"units": "unit", **CLIP, "order": "RGB"}},
    "0.5/0.5": {"normalize": {"units": "unit", "mean": [0.5] * 3, "std": [0.5] * 3, "order": "RGB"}},
    "/255 twice": {"value_range": [0, 1 / 255]},
    "/127.5": {"value_range": [0, 2]},
}
FRAMINGS = {
    "stretch": lambda size, how: [{"resize": {"size": size, **how}}],
    **{
        f"crop {share}": lambda size, how, share=share: [
            {"resize": {"mode": "shortest_edge", "size": int(min(size) / share), **how}},
            {"crop": {"size": size}},
        ]
        for share in (0.875, 0.9, 0.95, 1.0)
    },
    "crop floor": lambda size, how: [
        {"resize": {"mode": "shortest_edge", "size": 256 * min(size) // 224, "rounding": "round", **how}},
        {"crop": {"size": size, "rounding": "floor"}},
    ],
    "aspect": lambda size, how: [{"crop": {"aspect": size}}, {"resize": {"size": size, **how}}],
    "fit": lambda size, how: [{"crop": {"aspect": size, "rounding": "none"}}, {"resize": {"size": size, **how}}],
    "square 0.875": lambda size, how: [{"crop": {"square": 0.875}}, {"resize": {"size": size, **how}}],
    "central 0.875": lambda size, how: [{"crop": {"fraction": 0.875}}, {"resize": {"size": size, **how}}],
    "letterbox": lambda size, how: [{"resize": {"mode": "letterbox", "size": size, **how}}],
    "letterbox 128": lambda size, how: [{"resize": {"mode": "letterbox", "size": size, "fill": 128, **how}}],
    "top left": lambda size, how: [
        {"resize": {"mode": "longest_edge", "size": size, **how}},
        {"pad": {"size": size, "position": "top_left", "fill": 0}},
    ],
    "window": lambda size, how: [{"crop": {"size": size}}],
    "blob": lambda size, how: [
        {"resize": {"mode": "cover", "size": size, "rounding": "round", **how}},
        {"crop": {"size": size, "rounding": "floor"}},
    ],
}
SIZES = ([224, 224], [224, 224], [192, 256], [299, 299])
LAYOUTS = ("NHWC", "NCHW", "HWC", "CHW")
ORDERS = ("RGB", "BGR", "RGB", "BGR", "GRAY")


def arithmetics():
    """Every resize of the language."""
    for name, library in LIBRARIES.items():
        for interpolation, dtype in itertools.product(library.interpolations, ("uint8", "float32", "float32-rounded")):
            if dtype == "uint8" and interpolation in library.float_only:
                continue
            smooth = library.antialias is not None and interpolation in SMOOTH
            for antialias in (False, True) if smooth else (None,):
                how = {"library": name, "interpolation": interpolation, "dtype": dtype}
                yield how if antialias is None else {**how, "antialias": antialias}


def rotate_by_exif(body, orientation):
    """The JPEG file with an EXIF orientation, as cameras write it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    segment = exif.tobytes()
    return body[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + body[2:]


def draw_case(rng, framing, way):
    """One combination: its spec, the file's orientation, and whether the tensor is mirrored at last."""
    size = SIZES[rng.integers(len(SIZES))]
    order, layout = str(rng.choice(ORDERS)), str(rng.choice(LAYOUTS))
    mapping = str(rng.choice([name for name in MAPPINGS if order != "GRAY" or "value_range" in MAPPINGS[name]]))
    dtypes = ["float16", "float32", "float64", *(["uint8"] if mapping == "0..255" else [])]
    axes = {"N": 1, "H": size[0], "W": size[1], "C": 1 if order == "GRAY" else 3}
    chosen = {
        "shape": [axes[axis] for axis in layout],
        "layout": layout,
        "dtype": str(rng.choice(dtypes)),
        "channel_order": order,
        "decode": {
            "dct": str(rng.choice(["accurate", "accurate", "tensorflow"])),
            "exif": str(rng.choice(["apply", "ignore"])),
            "to_gray": str(rng.choice(["luma", "y_plane"])),
        },
        "geometry": framing(size, way),
        **MAPPINGS[mapping],
    }
    return chosen, int(rng.choice([1, 1, 3, 6, 8])), bool(rng.random() < 0.15)


def make_case(body, spec, *, mirrored):
    """The steps of the spec for the file, with a flip if it is to be, and their tensor. Raises PlanError."""
    plan = make_plan(spec, Candidate(path="", kind="image", header=read_header(body, max_pixels=1 << 28)), Options())
    steps, array = [], body
    for step in plan.steps:
        array = apply(step, array)
        steps.append(step)
    if mirrored:
        array = np.flip(array, spec.contract.layout.index("W"))
    return steps, np.ascontiguousarray(array)


def traits(steps, mirrored, order, height, width):
    """What is to be named, except the values."""
    turn = next((step.params["orientation"] for step in steps if step.op == "orient"), 1)
    geometry = [step for step in steps if step.op.startswith(("resize", "letterbox", "fit", "crop", "pad"))]
    upright = (height, width) if turn < 5 else (width, height)
    resizes = [
        (step.op.partition("_")[2], step.params["interpolation"], precision(step), smooth(step))
        for step in geometry
        if "interpolation" in step.params
    ]
    gray = next((step.params["to_gray"] for step in steps if step.op == "color"), "") if order == "GRAY" else ""
    decoding = steps[0].params["dct"], steps[0].params["gray"], gray
    return turn, mirrored, decoding, resizes, trace_region(geometry, *upright), order


def precision(step):
    """Its dtype, which nearest neighbor has in name only."""
    return None if step.params["interpolation"].startswith("nearest") else step.params["dtype"]


def smooth(step):
    """Its antialias switch, which torch's lanczos has in name only."""
    return step.params.get("antialias") or (step.params["interpolation"] == "lanczos" and "torch" in step.op)


def grade(body, steps, tensor, origins, *, mirrored, spec):
    """named, tied, wrong or not named."""
    header = read_header(body, max_pixels=1 << 28)
    if not any(origin.exact for origin in origins):
        return "not named"
    truth = traits(steps, mirrored, spec.contract.channel_order, header.height, header.width)
    values = canonical(spec.contract.values, spec.contract.channels)
    for origin in origins:
        seen = traits(
            origin.steps,
            any(step.op == "mirror" for step in origin.steps),
            origin.facts.channel_order,
            header.height,
            header.width,
        )
        if seen == truth and origin.facts.values is not None and same(origin.facts.values, values, tolerance=0.05):
            return "named"
    noise = 0.13 if tensor.dtype == np.float16 else 0
    return "tied" if all(origin.mean_difference <= 0.01 + noise for origin in origins) else "wrong"


def usable(paths):
    """The photographs that are neither square nor tiny nor all of one color: path, bytes and header."""
    for path in paths:
        body = Path(path).read_bytes()
        try:
            header = read_header(body, max_pixels=1 << 24)
            flat = header.format != "JPEG" or decode(body, truncated="allow").std(axis=(0, 1)).max() < 1
        except CandidateError:
            continue
        if not flat and header.height != header.width and min(header.height, header.width) >= 128:
            yield path, body, header


def cases(paths, seed):
    """Endless cases that the spec language allows: a line that describes the case, its file, spec, steps and tensor."""
    rng = np.random.default_rng(seed)
    photos = list(usable(paths))
    ways = itertools.cycle(rng.permutation(np.array(list(arithmetics()), dtype=object)))
    for name, framing in itertools.cycle(FRAMINGS.items()):
        chosen, orientation, mirrored = draw_case(rng, framing, next(ways))
        path, body, header = photos[rng.integers(len(photos))]
        body = rotate_by_exif(body, orientation) if header.orientation == 1 else body
        try:
            spec = parse(chosen)
            steps, tensor = make_case(body, spec, mirrored=mirrored)
        except (SpecError, PlanError, CandidateError):
            continue
        yield f"{Path(path).name} {name} {orientation=} {mirrored=} {chosen}", body, spec, steps, tensor, mirrored


def run(paths, number, seed, *, verbose):
    """Count verdicts; also the seconds of one core for each search. Stops early when interrupted."""
    counts, seconds = Counter(), []
    try:
        for line, body, spec, steps, tensor, mirrored in itertools.islice(cases(paths, seed), number):
            started, origins = time.process_time(), ()
            try:
                origins = find(tensor, body)
                seconds.append(time.process_time() - started)
                verdict = grade(body, steps, tensor, origins, mirrored=mirrored, spec=spec)
                if verdict == "not named" and is_flat(body, tensor, spec.contract.layout):
                    verdict = "flat"
            except Exception:  # noqa: BLE001 - one case must not end a run of hours
                verdict = "failed"
                traceback.print_exc(file=sys.stdout)
            counts[verdict] += 1
            if verdict not in ("named", "tied") or verbose:
                print(verdict, line, *(summarize(origin) for origin in origins[:2]), sep="\n", flush=True)
    except KeyboardInterrupt:
        print("interrupted")
    return counts, seconds


def is_flat(body, tensor, layout):
    """Whether the image and its tensor have almost no details."""
    picture = decode(body, truncated="allow")
    return has_few_details(picture, 2) and has_few_details(tensor, layout.find("C"))


def summarize(origin):
    """One line of what was found."""
    steps = [f"{step.op} {dict(step.params)}" for step in origin.steps]
    gap = f"{origin.mean_difference:.4f} {origin.max_difference:.4f}"
    return f"     {origin.exact} {gap} {origin.facts.channel_order} {origin.facts.recipe}: {'; '.join(steps)}"


def main():
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="photographs: files, or folders of them")
    parser.add_argument("--number", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    paths = [
        one
        for name in arguments.files
        for one in ([name] if Path(name).is_file() else sorted(Path(name).rglob("*.jp*g")))
    ]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    counts, seconds = run(paths, arguments.number, arguments.seed, verbose=arguments.verbose)
    total = sum(counts.values())
    if not total:
        print("no case was run")
        return 1
    print(", ".join(f"{name} {count} ({count / total:.2%})" for name, count in counts.most_common()))
    middle, most = np.median(seconds), np.quantile(seconds, 0.95)
    print(f"seconds of one core a search: median {middle:.2f}, 95 % {most:.2f}, longest {max(seconds):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
