"""Save the configuration of each library's preprocessors, import it, and compare the tensors that both make.

    make parity, or: PYTHONPATH=.:tests:tests/support python -m parity.imports [--store] [NAME ...]

Needs tests/parity/requirements.txt. NAME: the beginning of one or more names. ``--store`` writes the configurations
with samples of the libraries' results for use without the libraries.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from parity.compare import complete_torchvision, major, small_images
from parity.preprocessor import CLOSE, EXACT, open_image
from sm_imgcheck import Options, process
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.features.spec_import.validate import valid_draft
from sm_imgcheck.spec.importers import read_draft
from sm_imgcheck.spec.importers._huggingface_classes import CLASSES
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.parse import parse

STORED = Path(__file__).parent / "stored" / "imports.npz"
SAMPLE, STORED_IMAGES = 32, 3


@dataclass(frozen=True, kw_only=True)
class ImportCase:
    """One preprocessor with its saved configuration."""

    name: str
    file: str
    text: str
    """The configuration as the library saves or prints it."""
    library: str = "pillow"
    """The library that the real one resizes with: its configuration does not state it."""
    real: Callable[[bytes], np.ndarray] | None = None
    tolerance: float = EXACT


def import_case(case):
    """The spec, or None with the fields that are unknown."""
    draft = valid_draft(read_draft(SourceFile.of_bytes(case.file, case.text.encode())))
    unknown = [field.key for field in draft.fields if field.certainty == "unknown"]
    if unknown:
        return None, unknown
    fields = tuple(_with_library(field, case.library) for field in draft.fields)
    mapping = replace(draft, fields=fields).mapping()
    return parse({**mapping, "decode": {**mapping.get("decode", {}), "exif": "ignore"}}), []


def _with_library(field, library):
    """The field with the backend that made the reference."""
    if field.key == "resize.library" and field.value != "tensorflow":
        return replace(field, value=library)
    if field.key.startswith("geometry[") and "resize" in field.value and library != "pillow":
        return replace(field, value={"resize": {**field.value["resize"], "library": library}})
    return field


def transformers_cases() -> Iterator[ImportCase]:
    """Every class of the table, in the backends that it has."""
    import transformers

    detr_like = dict.fromkeys(("Detr", "ConditionalDetr", "DeformableDetr", "GroundingDino", "RfDetr"), DETR)
    variants = [(stem, "", detr_like.get(stem, {})) for stem in CLASSES] + VARIANTS
    for stem, variant, settings in variants:
        for suffix, library in (("Pil", "pillow"), ("", "torch")):
            try:
                kind = getattr(transformers, f"{stem}ImageProcessor{suffix}")
                more = {"apply_ocr": False} if stem.startswith("LayoutLM") else {}
                processor = kind(**settings, **more)
            except (AttributeError, ImportError, ValueError, TypeError):
                continue
            text = json.dumps(json.loads(processor.to_json_string()))
            tolerance = CLOSE if stem in ("DINOv3ViT", "PPDocLayoutV2", "PPDocLayoutV3", "RfDetr") else EXACT
            name = f"transformers {stem}{variant} {suffix or 'torchvision'}"
            yield ImportCase(
                name=name, file="preprocessor_config.json", text=text, library=library, real=_with_processor(processor),
                tolerance=tolerance,
            )  # fmt: skip


DETR = {"size": {"shortest_edge": 200, "longest_edge": 270}, "do_pad": False}
DEPTH_ANYTHING = {"size": {"height": 252, "width": 252}, "keep_aspect_ratio": True, "ensure_multiple_of": 14}
VARIANTS = [
    ("DPT", "/depth-anything", DEPTH_ANYTHING),
    ("DPT", "/multiple", {"size": {"height": 200, "width": 210}, "ensure_multiple_of": 32}),
    ("DPT", "/pad", {"size": {"height": 200, "width": 210}, "do_pad": True, "size_divisor": 14}),
    ("Llava", "/pad", {"do_pad": True}),
    ("Mask2Former", "/small", {"size": {"shortest_edge": 100, "longest_edge": 130}}),
    ("Yolos", "/small", {"size": {"shortest_edge": 100, "longest_edge": 130}}),
    ("TextNet", "/small", {"size": {"shortest_edge": 100}}),
    ("Vilt", "/small", {"size": {"shortest_edge": 100}}),
]
"""Other settings of classes: class, name, settings."""


def _with_processor(processor):
    def real(body):
        result = processor(images=open_image(body), return_tensors="np")
        return result if isinstance(result, np.ndarray) else result["pixel_values"]

    return real


def timm_cases() -> Iterator[ImportCase]:
    """Each kind of transform among all pretrained configurations of timm once."""
    import timm
    from timm.data import create_transform, resolve_data_config

    kinds = {}
    for name in timm.list_pretrained():
        config = timm.get_pretrained_cfg(name).to_dict()
        resolved = resolve_data_config({}, pretrained_cfg=config)
        mode = resolved["crop_mode"]
        kind = (
            resolved["interpolation"],
            mode,
            resolved["crop_pct"],
            resolved["mean"],
            resolved["input_size"][1] > 400,
        )
        if resolved["input_size"][1] <= 400 and kind not in kinds:
            kinds[kind] = (name, config, resolved)
    for name, config, resolved in kinds.values():
        saved = {
            key: value for key, value in config.items() if isinstance(value, str | int | float | list | tuple | bool)
        }
        text = json.dumps({"architecture": name.partition(".")[0], "pretrained_cfg": saved})
        transform = create_transform(**resolved)
        yield ImportCase(name=f"timm {name}", file="config.json", text=text, real=_with_transform(transform))


def _with_transform(transform):
    return lambda body: np.asarray(transform(open_image(body)))[None]


def torchvision_cases() -> Iterator[ImportCase]:
    """Each different preset of image classification and segmentation weights once."""
    import torchvision

    texts = {}
    for name in torchvision.models.list_models():
        try:
            weights = torchvision.models.get_model_weights(name)
        except ValueError:
            continue
        for weight in weights:
            transform = weight.transforms()
            text = str(transform)
            if text.startswith(("ImageClassification", "SemanticSegmentation", "ObjectDetection")):
                texts.setdefault(text, (f"torchvision {weight}", transform))
    for text, (name, transform) in texts.items():
        yield ImportCase(name=name, file="transforms.txt", text=text, real=_with_transform(transform))


def cases() -> Iterator[ImportCase]:
    """All of them."""
    yield from transformers_cases()
    yield from timm_cases()
    yield from torchvision_cases()


def gap(spec, tensor, real):
    """The largest difference in gray levels."""
    axis = spec.contract.layout.index("C")
    scale = np.array(canonical(spec.contract.values, spec.contract.channels).scale)
    difference = np.abs(tensor.astype(np.float64) - np.asarray(real, np.float64))
    return float((difference / scale.reshape([-1 if at == axis else 1 for at in range(tensor.ndim)])).max())


def convert_body(spec, body):
    result = process(body, spec, Options(want_array=True))
    if result.array is None:
        raise ValueError(result.skipped or "; ".join(finding.message for finding in result.findings))
    return result.array


def compare(chosen):
    """Print a line for each case; return failed names and counts."""
    images = small_images()
    counts = {"equal": 0, "unknown": 0, "failed": 0}
    for case in chosen:
        notes, worst = [], 0.0
        try:
            spec, unknown = import_case(case)
            if spec is None:
                counts["unknown"] += 1
                print(f"unkn {case.name:60} {', '.join(unknown)}", flush=True)
                continue
            for name, body in images.items():
                real = result_of(case, body)
                if real is None:
                    continue
                tensor = convert_body(spec, body)
                if tensor.shape != np.shape(real):
                    notes.append(f"{name}: shape {tensor.shape}, the library gives {np.shape(real)}")
                    continue
                worst = max(worst, gap(spec, tensor, real))
        except Exception as error:  # noqa: BLE001 - one case must not hide the others
            notes.append(f"{type(error).__name__}: {error}")
        failed = bool(notes) or worst > case.tolerance
        counts["failed" if failed else "equal"] += 1
        print(f"{'FAIL' if failed else 'ok  '} {case.name:60} {worst:9.2g} {'; '.join(notes)[:200]}", flush=True)
    return counts


def result_of(case, body):
    """The library's result; None where the library refuses the image, such as a side below size_divisor."""
    try:
        return case.real(body)
    except ValueError:
        return None


def sample_values(array, seed):
    """Some values of a tensor, by position."""
    flat = np.asarray(array, np.float32).ravel()
    return flat[np.random.default_rng(seed).integers(0, flat.size, SAMPLE)]


def store(chosen):
    """Write configurations and samples of the real results of the small images."""
    images = dict(list(small_images().items())[:STORED_IMAGES])
    heads, samples = [], []
    for case in chosen:
        if import_case(case)[0] is None:
            continue
        reals = [np.asarray(case.real(body)) for body in images.values()]
        keys = {"name": case.name, "file": case.file, "text": case.text, "library": case.library}
        heads.append({**keys, "tolerance": case.tolerance, "shapes": [list(real.shape) for real in reals]})
        samples.append([sample_values(real, index) for index, real in enumerate(reals)])
    head = json.dumps({"pillow": major("pillow"), "cases": heads}).encode()
    bodies = {f"image|{name}": np.frombuffer(body, np.uint8) for name, body in images.items()}
    np.savez_compressed(STORED, head=np.frombuffer(head, np.uint8), samples=np.array(samples), **bodies)


def main():
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="beginnings of names; none: all")
    parser.add_argument("--store", action="store_true", help="write tests/parity/stored/imports.npz instead")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    complete_torchvision()
    chosen = [case for case in cases() if not arguments.names or case.name.startswith(tuple(arguments.names))]
    if arguments.store:
        store(chosen)
        return 0
    counts = compare(chosen)
    print(f"{len(chosen)} configurations: {counts}")
    return int(counts["failed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
