"""Compare every preprocessor with the real library, and store small results for use without the libraries.

    make parity, or: PYTHONPATH=.:tests:tests/support python -m parity.compare [--store] [NAME ...]

Needs tests/parity/requirements.txt. NAME: the beginning of one or more names of the table.
"""

import argparse
import io
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from parity.rules import compare_rules
from parity.table import TABLE
from sm_imgcheck import Options, process
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.spec.parse import parse

STORED = Path(__file__).parent / "stored"
SAMPLE = 96  # pixels of each result that are stored, corners among them


def texture(height, width, seed, *, gray=False):
    """An image with edges, gradients and noise of every size, HxWx3 (or HxW), uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    image = np.zeros((height, width, 3))
    for grain in (4, 9, 23, 64):
        small = rng.uniform(-1, 1, (grain, grain, 3))
        image += small[(y * grain).astype(int) % grain, (x * grain).astype(int) % grain] * 90 / np.log2(grain)
    image += 60 * np.sin(40 * (x * rng.uniform(0.2, 1) + y))[:, :, None] + rng.normal(128, 8, image.shape)
    image = np.clip(image, 0, 255).astype(np.uint8)
    return image[:, :, 0] if gray else image


def jpeg(height, width, seed, *, gray=False, **options):
    """The bytes of a JPEG of such an image; ``options`` are Pillow's."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(texture(height, width, seed, gray=gray)).save(out, "JPEG", **{"quality": 90, **options})
    return out.getvalue()


def fresh_images():
    """Landscape, portrait, square, tall, tiny and odd ones; every chroma subsampling, and gray."""
    return {
        "375x500 4:2:0": jpeg(375, 500, 1),
        "640x427 4:4:4": jpeg(640, 427, 2, subsampling=0),
        "512x512 4:2:2": jpeg(512, 512, 3, subsampling=1),
        "301x451 4:2:0": jpeg(301, 451, 4),
        "1031x97 4:4:4": jpeg(1031, 97, 5, subsampling=0),
        "20x16 4:2:0": jpeg(20, 16, 6),
        "97x61 progressive": jpeg(97, 61, 7, progressive=True),
        "225x223 gray": jpeg(225, 223, 8, gray=True),
        "1200x1599 4:2:0": jpeg(1200, 1599, 9),
    }


def small_images():
    """Images with stored results: kept as files, since encoders differ."""
    return {
        "61x97": jpeg(61, 97, 11),
        "130x85": jpeg(130, 85, 12, subsampling=0),
        "20x16": jpeg(20, 16, 13),
        "90x90 gray": jpeg(90, 90, 14, gray=True),
        "150x301": jpeg(150, 301, 15, quality=75),
    }


def spec_tensor(preprocessor, body):
    """The tensor of the spec, as made by ``convert``."""
    result = process(body, parse(preprocessor.spec), Options(want_array=True))
    if result.array is None:
        raise ValueError(result.skipped or "; ".join(finding.message for finding in result.findings))
    return result.array


def gaps(preprocessor, mine, real):
    """Difference of each value, in gray levels, of two results or two samples (pixel, channel)."""
    contract = parse(preprocessor.spec).contract
    axis = contract.layout.index("C") if mine.ndim == len(contract.layout) else mine.ndim - 1
    scale = np.array(canonical(contract.values, contract.channels).scale)
    apart = np.abs(mine.astype(np.float64) - real.astype(np.float64))
    return apart / scale.reshape([-1 if at == axis else 1 for at in range(mine.ndim)])


def verdict(preprocessor, apart):
    """The largest gap, the share of values beyond the tolerance, and whether that is allowed."""
    beyond = apart > preprocessor.tolerance
    share = float(beyond.mean())
    allowed = share <= preprocessor.one_off and bool((apart[beyond] <= 1 + 1e-3).all())
    return float(apart.max()), share, allowed


def sample_pixels(preprocessor, array):
    """Some pixels of a result, (pixel, channel): the corners and others that its size decides."""
    layout = parse(preprocessor.spec).contract.layout
    pixels = array.transpose([layout.index(axis) for axis in "NHWC"])[0]
    height, width = pixels.shape[:2]
    rng = np.random.default_rng([height, width])
    rows = np.concatenate([[0, 0, height - 1, height - 1], rng.integers(0, height, SAMPLE - 4)])
    columns = np.concatenate([[0, width - 1, 0, width - 1], rng.integers(0, width, SAMPLE - 4)])
    return pixels[rows, columns].astype(np.float32)


def compare(chosen):
    """Print a line for each preprocessor; return the names of those with a too large difference."""
    images, failed = fresh_images(), []
    for preprocessor in chosen:
        worst, most, notes, started = 0.0, 0.0, [], time.perf_counter()
        for name, body in images.items():
            try:
                mine, real = spec_tensor(preprocessor, body), preprocessor.real(body)
            except Exception as error:  # noqa: BLE001  # one that cannot be made must not hide the others
                notes.append(f"{name}: {type(error).__name__}: {error}")
                continue
            if mine.shape != real.shape:
                notes.append(f"{name}: shape {mine.shape}, the library gives {real.shape}")
                continue
            gap, share, allowed = verdict(preprocessor, gaps(preprocessor, mine, real))
            worst, most = max(worst, gap), max(most, share)
            notes += [] if allowed else [f"{name}: {gap:.4g} gray levels, {share:.2%} beyond"]
        spent = time.perf_counter() - started
        print(
            f"{'FAIL' if notes else 'ok  '} {preprocessor.name:52} {worst:9.2g} {most:7.2%} {spent:6.1f} s", flush=True
        )
        for note in notes[:2]:
            print(f"     {note}", flush=True)
        failed += [preprocessor.name] if notes else []
    return failed


def major(library):
    """The first number of the installed version of Pillow or OpenCV."""
    from importlib.metadata import version

    return version({"pillow": "pillow", "opencv": "opencv-python-headless"}[library]).partition(".")[0]


def libraries(preprocessor):
    """The resize library of the spec."""
    return {step.op.partition("_")[2] for step in parse(preprocessor.spec).geometry}


def store(chosen):
    """Write the real libraries' results on small images, and the images."""
    images = small_images()
    STORED.mkdir(exist_ok=True)
    kept = {f"image|{name}": np.frombuffer(body, np.uint8) for name, body in images.items()}
    kept["versions"] = np.array([("pillow", "opencv"), (major("pillow"), major("opencv"))])
    for preprocessor in chosen:
        for name, body in images.items():
            real = preprocessor.real(body)
            kept[f"{preprocessor.name}|{name}|shape"] = np.array(real.shape)
            kept[f"{preprocessor.name}|{name}"] = sample_pixels(preprocessor, real)
    np.savez_compressed(STORED / "results.npz", **kept)


def complete_torchvision():
    """Let torchvision be imported with a torch of another build: only its NMS is missing."""
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        operators = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        complete_torchvision.kept = operators


def main():
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="beginnings of names; none: all")
    parser.add_argument("--store", action="store_true", help="write tests/parity/stored instead")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    complete_torchvision()
    chosen = [one for name, one in TABLE.items() if not arguments.names or name.startswith(tuple(arguments.names))]
    if arguments.store:
        store(chosen)
        return 0
    failed = compare(chosen)
    rules = compare_rules() if not arguments.names else []
    print(f"{len(chosen)} preprocessors, {len(failed)} too far apart; {len(rules)} rules of size differ")
    return 1 if failed or rules else 0


if __name__ == "__main__":
    sys.exit(main())
