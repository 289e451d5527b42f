"""The fuzzer's seed inputs, made in code; images of the public corpus join them where that corpus is present."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from importer_cases import CASES
from PIL import Image, ImageCms
from sample_images import encode_image, picture

from sm_imgcheck.core.errors import PayloadError, SpecError
from sm_imgcheck.core.types import Spec
from sm_imgcheck.serving.envelopes import ENVELOPES, TensorEnvelope
from sm_imgcheck.serving.stacks import STACKS
from sm_imgcheck.spec.language_image import DECODE
from sm_imgcheck.spec.parse import parse
from specs import BASE, spec

PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "public"
LARGEST_PUBLIC = 8 << 10
"""Bytes of a public file: larger ones take most of the time and add few new code paths."""

MAX_PIXELS = 4_000_000
"""What a mutated header may declare: more takes time and memory, which a spec allows by default."""
CONTRACTS: tuple[dict[str, Any], ...] = (
    {"shape": ["N", 8, 8, 3]},
    {"shape": ["N", 8, 8, 1], "channel_order": "GRAY"},
    {"shape": ["N", 8, 8, 4], "channel_order": "RGBA"},
    {"shape": [8, 8, 3], "dtype": "uint8", "value_range": [0, 255], "channel_order": "BGR"},
    {"shape": ["N", 3, 8, 8], "dtype": "float16", "value_range": [-1, 1]},
    {"shape": ["N", 3, "1..64", "1..64"], "dtype": "float64", "normalize": {"mean": [0.5] * 3, "std": [0.2] * 3}},
    {"shape": ["N", 8, 8, 3], "dtype": "int8", "value_range": [-128, 127]},
    {"shape": [1, 8, 8, 3], "dtype": "int64", "value_range": [0, 255]},
    {"shape": ["N", 8, 8, 3], "dtype": "bfloat16", "value_range": [0, 1]},
)
"""Inputs of models: one of each kind that differs in code."""


def contract(number: int) -> dict[str, Any]:
    """The mapping of a spec; ``normalize`` replaces a range."""
    chosen = {**BASE, **CONTRACTS[number]}
    if "normalize" in chosen:
        del chosen["value_range"]
    return chosen


def any_spec(rng: Random) -> Spec:
    """A spec of any contract and any decode policy."""
    chosen = contract(rng.randrange(len(CONTRACTS)))
    decode = {key.name: rng.choice(key.choices) for key in DECODE if key.kind == "choice" and rng.random() < 0.5}
    decode = {key: value for key, value in decode.items() if value != "reject" or rng.random() < 0.3}
    mode = rng.choice(("stretch", "stretch", "letterbox", "cover", "none", None))
    library = rng.choice(("pillow", "opencv", "torch", "tensorflow"))
    resize = {} if mode is None else {"resize": {"mode": mode, "interpolation": "bilinear", "library": library}}
    try:
        return parse({**chosen, **resize, "decode": {**decode, "max_pixels": MAX_PIXELS}})
    except SpecError:  # a policy or resize that contradicts the contract
        return parse({**chosen, "decode": {"max_pixels": MAX_PIXELS}})


@dataclass(frozen=True)
class Sample:
    """A seed input: its bytes, the form that selects the parts to mutate, and the parameters of its target."""

    name: str
    body: bytes
    form: str = ""
    content_type: str = ""
    spec: str = ""
    stack: str = ""


def images() -> Iterator[Sample]:
    """Every format that the tool reads, in the modes and codings that differ in code."""
    base = Image.fromarray(picture(20, 24))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    extras = {"icc_profile": srgb, "exif": exif.tobytes()}
    for mode in ("L", "RGB", "CMYK"):
        yield Sample(f"jpeg-{mode}", encode_image(base.convert(mode), "JPEG", **extras), "jpeg")
    yield Sample("jpeg-progressive", encode_image(base, "JPEG", progressive=True, subsampling=0), "jpeg")
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield Sample(f"png-{mode}", encode_image(base.convert("L").convert(mode), "PNG", **extras), "png")
    turned = [base.rotate(90 * number) for number in range(3)]
    more: dict[str, Any] = {"save_all": True, "append_images": turned}
    for format_ in ("PNG", "GIF", "WEBP", "TIFF"):
        yield Sample(f"{format_}-frames", encode_image(base, format_, **more), format_.lower())
    for mode in ("1", "P", "RGB", "RGBA"):
        yield Sample(f"bmp-{mode}", encode_image(base.convert(mode), "BMP"), "bmp")
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "F", "I", "I;16", "YCbCr", "LAB"):
        source = base.convert("L").convert(mode) if mode in ("LA", "F", "I", "I;16") else lab(base, mode)
        yield Sample(f"tiff-{mode}", encode_image(source, "TIFF", **extras), "tiff")
    for coding in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield Sample(f"tiff-{coding}", encode_image(base, "TIFF", compression=coding), "tiff")
    yield Sample("tiff-group4", encode_image(base.convert("1"), "TIFF", compression="group4"), "tiff")
    yield Sample("webp", encode_image(base, "WEBP", **extras), "webp")
    yield Sample("webp-lossless", encode_image(base.convert("RGBA"), "WEBP", lossless=True), "webp")
    yield Sample("ico", encode_image(base, "ICO", sizes=[(16, 16), (8, 8)]), "ico")
    yield Sample("jp2", encode_image(base, "JPEG2000"), "box")
    yield Sample("jp2-16", encode_image(base.convert("L").convert("I;16"), "JPEG2000"), "box")
    yield Sample("avif", encode_image(base, "AVIF", **extras), "box")


def lab(image: Image.Image, mode: str) -> Image.Image:
    """The image in ``mode``; Pillow converts to LAB through profiles only."""
    if mode != "LAB":
        return image.convert(mode)
    profiles = [ImageCms.createProfile(name) for name in ("sRGB", "LAB")]
    made = ImageCms.profileToProfile(image, profiles[0], profiles[1], outputMode="LAB")
    assert made is not None
    return made


def public() -> Iterator[Sample]:
    """Small files of the public corpus; none where it is absent."""
    for path in sorted(PUBLIC.rglob("*")):
        if path.suffix.lower().strip(".") in FORMS and path.is_file() and path.stat().st_size <= LARGEST_PUBLIC:
            yield Sample(path.name, path.read_bytes(), FORMS[path.suffix.lower().strip(".")])


FORMS = {
    **{name: name for name in ("png", "gif", "webp", "tiff", "bmp", "ico")},
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "tif": "tiff",
    "jp2": "box",
    "avif": "box",
}


def npy_bytes(array: np.ndarray) -> bytes:
    """The bytes of a ``.npy`` file."""
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz_bytes(**arrays: np.ndarray) -> bytes:
    """The bytes of a ``.npz`` file."""
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def tensors() -> Iterator[Sample]:
    """Arrays of several dtypes and layouts as ``.npy``, ``.npz`` and JSON."""
    pixels = picture(8, 8)
    scaled = (pixels / 255).astype(np.float32)[None]
    arrays = {
        "uint8": pixels,
        "float32": scaled,
        "chw": scaled.transpose(0, 3, 1, 2),
        "float64": np.asfortranarray(scaled.astype(np.float64)),
        "float16": (scaled * 2 - 1).astype(np.float16),
        "int64": pixels.astype(np.int64),
        "complex": scaled.astype(np.complex64),
        "bool": pixels > 99,
        "empty": np.zeros((0, 8, 8, 3), np.float32),
        "text": np.array(["a", "bc"]),
        "date": np.zeros(3, "M8[s]"),
        "record": np.zeros(3, [("x", "<f4"), ("y", "<u1")]),
        "nan": np.full((1, 8, 8, 3), np.nan, np.float32),
    }
    for name, array in arrays.items():
        yield Sample(f"npy-{name}", npy_bytes(array), "npy")
    yield Sample("npz", npz_bytes(x=scaled, y=pixels), "zip")
    for dtype in ("float32", "uint8", "bfloat16"):
        flat = {"shape": list(pixels.shape), "dtype": dtype, "data": pixels.tolist()}
        yield Sample(f"json-{dtype}", json.dumps(flat).encode(), "json")


def bodies() -> Iterator[Sample]:
    """A request body of every envelope, for each stack that accepts it and for the custom one."""
    array = (picture(8, 8) / 255).astype(np.float32)[None]
    photo = encode_image(Image.fromarray(picture(8, 8)), "JPEG")
    for name in ENVELOPES.names():
        for stack in STACKS.by_rank():
            if name not in (STACKS[stack].envelopes or ENVELOPES.names()):
                continue
            for dtype, values in (("float32", array), ("uint8", picture(8, 8)[None])):
                yield from _body(name, stack, dtype, values, photo)
    for number, text in enumerate(ODD_JSON):
        for stack in STACKS.by_rank():
            yield Sample(f"odd-{number}-{stack}", text.encode(), "json", "application/json", "uint8", stack)


ODD_JSON = (
    '{"inputs": {}}',
    '{"inputs": 1.5}',
    '{"instances": ["-1"]}',
    '{"instances": [[1, 2], [9223372036854775808, {"a": 4}]]}',
    '{"instances": [{"b64": "AAAA"}, {"b64": "/9j/"}]}',
    '{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2.5]}], "parameters": {"a": true}}',
    '{"dataframe_split": {"columns": ["a"], "data": [[1]]}}',
    '{"signature_name": "serving_default", "instances": [[[[0, 0.5, null]]]]}',
)


def _body(name: str, stack: str, dtype: str, array: np.ndarray, photo: bytes) -> Iterator[Sample]:
    from sm_imgcheck.io.images.header import read_header

    form = ENVELOPES[name]
    one = request_spec(dtype, stack, name)
    try:
        if isinstance(form, TensorEnvelope):
            payload = form.build(array, one)
        else:
            payload = form.build_image(photo, read_header(photo, max_pixels=1 << 20), one)
    except PayloadError:
        return
    shape = {"npy": "npy", "npz": "zip", "image": "jpeg", "csv": "text", "raw": ""}.get(name, "json")
    yield Sample(f"{name}-{stack}-{dtype}", payload.body, shape, payload.content_type, f"{dtype}:{name}", stack)


def request_spec(dtype: str, stack: str, name: str) -> Spec:
    """The spec of a request body; stack and envelope as in its ``payload``."""
    low, high = (0, 1) if "float" in dtype else (-128, 127) if dtype == "int8" else (0, 255)
    payload = {"stack": stack, "envelope": name} if name else {"stack": stack}
    return spec(name="image", shape=["N", 8, 8, 3], dtype=dtype, value_range=[low, high], payload=payload)


def spec_texts() -> Iterator[Sample]:
    """The presets, and specs of sections that they omit."""
    for path in sorted((Path(__file__).resolve().parents[2] / "specs").glob("*.yaml")):
        yield Sample(path.name, path.read_bytes(), "yaml")
    yield Sample("anchors.yaml", ANCHORS.encode(), "yaml")
    yield Sample("payload.yaml", PAYLOAD.encode(), "yaml")


ANCHORS = """\
shape: &shape [N, 8, 8, 3]
dtype: uint8
channel_order: RGB
value_range: [0, 255]
expect_range: [0, 255]
decode: {icc: srgb, exif: apply, alpha: composite, background: [255, 255, 255]}
resize: {mode: letterbox, size: [8, 8], fill: 114, interpolation: bilinear, library: opencv}
"""
PAYLOAD = """\
extends: pillow-rgb-01
name: x
mean: [0.485, 0.456, 0.406]
std: [0.229, 0.224, 0.225]
value_range: null
payload: {stack: triton, envelope: triton-binary, endpoint: serverless}
golden: [{image: a.jpg, tensor: a.npy}]
"""


def configurations() -> Iterator[Sample]:
    """Configurations and model files of every vocabulary."""
    for name, (file, content, _, _) in CASES.items():
        text = isinstance(content, str)
        form = ("json" if content.lstrip().startswith("{") else "text") if text else ""
        yield Sample(f"{name} {file}", content.encode() if text else content, form)


def lists() -> Iterator[Sample]:
    """Lists of paths."""
    yield Sample("list", b"a.jpg\nb.npy\n# remark\n\ns3://bucket/key.jpg\nx.npz::name\n", "text")
    yield Sample("list-crlf", b"\xef\xbb\xbfa.jpg\r\n../a.jpg\r\n-\r\n@list\r\nhttp://127.0.0.1:1/a\r\n", "text")


def logs() -> Iterator[Sample]:
    """Error messages of every supported pattern, alone and in a log."""
    from sm_imgcheck.rules.endpoint_errors.known_errors import patterns

    for number, pattern in enumerate(patterns()):
        for example in pattern.get("examples", [pattern.get("example", "")])[:2]:
            text = example if isinstance(example, str) else json.dumps(example)
            yield Sample(f"log-{number}", text.encode(), "text")
    for number, text in enumerate(LOGS):
        yield Sample(f"words-{number}", text.encode(), "text")


LOGS = (
    "ValueError: Input 0 of layer is incompatible: expected shape=(None, 224, 224, 3), found shape=(None, 3, 224, 224)",
    "[E:onnxruntime] Got invalid dimensions for input\n index: 1 Got: 224 Expected: 3\n index: 3 Got: 3 Expected: 224",
    "RuntimeError: Given groups=1, weight of size [64, 3, 7, 7], expected input[1, 224, 224, 3] to have 3 channels",
    'expected scalar type Float but found Byte\n\x1b[31mTraceback (most recent call last):\x1b[0m\n  File "x.py"',
    "botocore.errorfactory.ModelError: Received server error (500) with message \"{'error': 'unexpected shape'}\"",
)
