"""Tensors of a spec with exactly one thing changed, and the words that name the change.

Each kind is a function from a case (a spec of a real preprocessor and an image file) to the changed tensor, or to None
where the spec has no such thing to change. Values, axes and channels are changed by NumPy; pixels by another geometry.
"""

import io
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from PIL import Image

from sm_imgcheck import Options, process
from sm_imgcheck.spec.parse import parse


@dataclass(frozen=True)
class SpecAndImage:
    """A spec in the spec language, and the bytes of an image file."""

    spec: dict
    body: bytes

    @cached_property
    def contract_spec(self):
        return parse(self.spec)

    @property
    def layout(self):
        return self.contract_spec.contract.layout

    @property
    def channels(self):
        return self.contract_spec.contract.channels

    @cached_property
    def geometry(self):
        return deepcopy(self.contract_spec.resolved["geometry"])

    @property
    def resizes(self):
        return any("resize" in step for step in self.geometry)

    def pixels(self, *, geometry=None, decode=None, body=None, order=None):
        """HxWxC in 0..255, in the order of the spec's channels; None where the spec's frame has no gray level."""
        geometry = self.geometry if geometry is None else geometry
        if any(step.get("pad", {}).get("units") == "final" for step in geometry):
            return None
        # sizes follow from the geometry
        shape = ["H", "W", 1 if self.channels == 1 else 3]
        spec = {
            "shape": shape,
            "layout": "HWC",
            "dtype": "float32",
            "channel_order": order or self.contract_spec.contract.channel_order,
            "value_range": [0, 255],
            "decode": {**self.spec["decode"], **(decode or {})},
            "geometry": geometry,
        }
        result = process(self.body if body is None else body, parse(spec), Options(want_array=True))
        return result.array

    def values(self, pixels):
        """The pixels with the spec's mapping."""
        values = self.contract_spec.contract.values
        if values.mean is None:
            return pixels * np.float32((values.high - values.low) / 255) + np.float32(values.low)
        mean, std, unit = self.mean_and_std()
        return (pixels / np.float32(unit) - mean) / std

    def mean_and_std(self):
        values = self.contract_spec.contract.values
        mean = np.array(values.mean, np.float32)
        std = np.array(values.std or [1.0] * len(mean), np.float32)
        return mean, std, 255.0 if values.units == "unit" else 1.0

    def arrange(self, image):
        """HxWxC in the layout of the spec."""
        axes = self.layout.replace("N", "")
        array = image.transpose([("HWC").index(axis) for axis in axes])
        return np.ascontiguousarray(array[None] if self.layout.startswith("N") else array)

    def tensor(self, pixels):
        """The tensor of these pixels as the spec has it; None without pixels."""
        return None if pixels is None else self.arrange(self.values(pixels).astype(np.float32))

    def with_geometry(self, geometry):
        """The tensor by another geometry; None where only the rounding changes."""
        plain, other = self.pixels(), self.pixels(geometry=geometry)
        return self.tensor(other) if differs(plain, other) else None


def differs(plain, other):
    """Whether two results exist and differ by more than rounding."""
    if plain is None or other is None:
        return False
    return plain.shape != other.shape or float(np.abs(plain - other).max()) > 3


def changed_step(case, kind, change):
    """The geometry with the last step of a kind changed; None without one."""
    geometry = deepcopy(case.geometry)
    for step in reversed(geometry):
        if kind in step:
            step[kind] = change(dict(step[kind]))
            return None if step[kind] is None else geometry
    return None


def decodes_roughly(case):
    """Whether the spec decodes JPEG files by TensorFlow's default, which other files do not have."""
    return case.spec["decode"].get("dct") == "tensorflow"


def png(image):
    """The bytes of a PNG file of a Pillow image."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


# Channels


def swapped_channels(case):
    pixels = case.pixels()
    return None if pixels is None or case.channels != 3 else case.tensor(pixels[..., ::-1])


def swapped_mean(case):
    if case.contract_spec.contract.values.mean is None or case.channels != 3 or case.pixels() is None:
        return None
    mean, std, unit = case.mean_and_std()
    if np.ptp(mean) == np.ptp(std) == 0:
        return None
    return case.arrange((case.pixels() / np.float32(unit) - mean[::-1]) / std[::-1])


def gray_expanded(case):
    """``convert("L").convert("RGB")`` before the resize."""
    if case.channels != 3 or decodes_roughly(case):
        return None
    gray = Image.open(io.BytesIO(case.body)).convert("L").convert("RGB")
    return case.tensor(case.pixels(body=png(gray)))


def alpha_added(case):
    tensor = case.tensor(case.pixels()) if case.channels == 3 else None
    if tensor is None:
        return None
    axis = case.layout.index("C")
    opaque = np.full_like(tensor.take([0], axis), case.values(np.full((1, 1, 3), 255, np.float32))[0, 0, 0])
    return np.concatenate([tensor, opaque], axis)


# Values


def is_plain(case):
    """0..255 has no scaling to omit."""
    values = case.contract_spec.contract.values
    return values.mean is None and (values.low, values.high) == (0, 255)


def scale_omitted(case):
    pixels = case.pixels()
    if pixels is None or is_plain(case):
        return None
    if case.contract_spec.contract.values.mean is None:
        return case.arrange(pixels)
    mean, std, unit = case.mean_and_std()
    return None if unit == 1 else case.arrange((pixels - mean) / std)


def scaled_twice(case):
    pixels = case.pixels()
    values = case.contract_spec.contract.values
    if pixels is None or (values.mean is not None and values.units != "unit"):
        return None
    if values.mean is None and (values.low, values.high) != (0, 1):
        return None
    return case.tensor(pixels / np.float32(255))


def shift_omitted(case):
    pixels, values = case.pixels(), case.contract_spec.contract.values
    if pixels is None or values.mean is not None or values.low == 0:
        return None
    return case.arrange(pixels * np.float32((values.high - values.low) / 255))


def divisor_omitted(case):
    """x - 1 instead of x / 127.5 - 1."""
    pixels, values = case.pixels(), case.contract_spec.contract.values
    if pixels is None or values.mean is not None or values.low == 0:
        return None
    return case.arrange(pixels + np.float32(values.low))


def mean_in_wrong_units(case):
    values = case.contract_spec.contract.values
    pixels = case.pixels()
    if pixels is None or values.mean is None:
        return None
    mean, std, unit = case.mean_and_std()
    wrong = mean * np.float32(255) if unit == 255 else mean / np.float32(255)
    return case.arrange((pixels / np.float32(unit) - wrong) / std)


def std_omitted(case):
    values = case.contract_spec.contract.values
    pixels = case.pixels()
    if pixels is None or values.mean is None or values.std is None:
        return None
    mean, _, unit = case.mean_and_std()
    return case.arrange(pixels / np.float32(unit) - mean)


def mean_omitted(case):
    values = case.contract_spec.contract.values
    pixels = case.pixels()
    if pixels is None or values.mean is None or values.std is None:
        return None
    _, std, unit = case.mean_and_std()
    return case.arrange(pixels / np.float32(unit) / std)


def uint8_wrapped(case):
    """The mean subtracted in uint8, then float32 as specified: 0..255 models with a mean."""
    values = case.contract_spec.contract.values
    pixels = case.pixels()
    if pixels is None or values.mean is None or values.units != "byte" or values.std is not None:
        return None
    levels = np.rint(pixels.clip(0, 255)).astype(np.uint8) - np.rint(values.mean).astype(np.uint8)
    return case.arrange(levels.astype(np.float32))


def float16(case):
    tensor = case.tensor(case.pixels())
    return None if tensor is None else tensor.astype(np.float16)


def through_float16(case):
    """Rounded to half precision, stored as specified: right."""
    tensor = float16(case)
    return None if tensor is None else tensor.astype(np.float32)


# Axes


def transpose_missing(case):
    tensor = case.tensor(case.pixels())
    if tensor is None or not case.layout.endswith("CHW") or case.channels != 3:
        return None
    return np.ascontiguousarray(np.moveaxis(tensor, -3, -1))


def reshape_instead(case):
    tensor = case.tensor(case.pixels())
    if tensor is None or case.channels != 3:
        return None
    other = np.moveaxis(tensor, -3, -1) if case.layout.endswith("CHW") else np.moveaxis(tensor, -1, -3)
    return np.ascontiguousarray(other).reshape(tensor.shape)


def batch_missing(case):
    tensor = case.tensor(case.pixels())
    return None if tensor is None or not case.layout.startswith("N") else tensor[0]


def mirror(case):
    pixels = case.pixels()
    return None if pixels is None else case.tensor(pixels[:, ::-1])


def upside_down(case):
    pixels = case.pixels()
    return None if pixels is None else case.tensor(pixels[::-1])


def axes_swapped(case):
    """transpose(2, 1, 0) instead of (2, 0, 1), of a square tensor."""
    pixels = case.pixels()
    if pixels is None or pixels.shape[0] != pixels.shape[1]:
        return None
    return case.tensor(pixels.transpose(1, 0, 2))


# Geometry


def crop_shifted(case):
    """One pixel below and right of the center."""
    crop = next((step["crop"] for step in reversed(case.geometry) if "crop" in step), None)
    resize = [step for step in case.geometry if "resize" in step]
    if crop is None or "size" not in crop or "crop" not in case.geometry[-1] or not resize:
        return None
    whole, plain = case.pixels(geometry=case.geometry[:-1]), case.pixels()
    if whole is None or plain is None:
        return None
    height, width = plain.shape[:2]
    down, right = whole.shape[0] - height, whole.shape[1] - width
    top, left = round(down / 2) + 1, round(right / 2) + 1
    if top > down or left > right:
        return None
    return case.tensor(whole[top : top + height, left : left + width])


def corner_crop(case):
    crop = next((step["crop"] for step in reversed(case.geometry) if "crop" in step), None)
    if crop is None or "size" not in crop or "crop" not in case.geometry[-1]:
        return None
    whole, plain = case.pixels(geometry=case.geometry[:-1]), case.pixels()
    if whole is None or plain is None or not differs(plain, whole):
        return None
    height, width = plain.shape[:2]
    if whole.shape[0] < height or whole.shape[1] < width:
        return None
    return case.tensor(whole[:height, :width])


def crop_size(case):
    """Another share of the image: 0.95 for 0.875, 1 for 0.9."""

    def change(params):
        if params.get("mode") != "shortest_edge" or not isinstance(params.get("size"), int) or params.get("max_size"):
            return None
        return {**params, "size": round(params["size"] * 0.93)}

    if not any("crop" in step and "size" in step["crop"] for step in case.geometry):
        return None
    geometry = changed_step(case, "resize", change)
    if geometry is None:
        return None
    plain, whole = case.pixels(), case.pixels(geometry=geometry[:-1])
    if plain is None or whole is None or min(whole.shape[:2]) < max(plain.shape[:2]):
        return None
    return case.with_geometry(geometry)


def size_swapped(case):
    """Height and width swapped in the call: (h, w) for (w, h)."""

    def change(params):
        size = params.get("size")
        if not isinstance(size, list) or size[0] == size[1]:
            return None
        return {**params, "size": size[::-1]}

    if len(case.geometry) != 1 or case.geometry[0].get("resize", {}).get("mode", "stretch") != "stretch":
        return None
    geometry = changed_step(case, "resize", change)
    return None if geometry is None else case.with_geometry(geometry)


def arithmetic(resize):
    """The library and the kernel of a resize."""
    return {key: resize[key] for key in ("interpolation", "library", "dtype", "antialias") if key in resize}


def sides_swapped(case):
    """resize((256, 341)) for (341, 256), then the crop."""
    steps = case.geometry
    if len(steps) != 2 or "size" not in steps[1].get("crop", {}):
        return None
    if steps[0].get("resize", {}).get("mode") != "shortest_edge":
        return None
    first = case.pixels(geometry=steps[:1])
    if first is None or first.shape[0] == first.shape[1]:
        return None
    resize = {"mode": "stretch", "size": [first.shape[1], first.shape[0]], **arithmetic(steps[0]["resize"])}
    return case.with_geometry([{"resize": resize}, steps[1]])


def stretch(case):
    """A plain resize where the spec keeps the aspect ratio."""
    if not any(step.get("resize", {}).get("mode") in ("shortest_edge", "letterbox", "cover") for step in case.geometry):
        return None
    plain = case.pixels()
    if plain is None or not isinstance(case.spec["shape"][case.layout.index("H")], int):
        return None
    params = arithmetic(next(step["resize"] for step in case.geometry if "resize" in step))
    return case.with_geometry([{"resize": {"mode": "stretch", "size": list(plain.shape[:2]), **params}}])


def kernel(case):
    others = {"bilinear": "bicubic", "bicubic": "bilinear", "nearest": "bilinear"}

    def change(params):
        other = others.get(params["interpolation"], "bilinear")
        in_float = params["library"] == "tensorflow" and params["interpolation"] == "nearest"
        dtype = {"dtype": "float32"} if in_float else {}  # a copy is uint8; TensorFlow computes others in float32
        return {**params, "interpolation": other, **dtype}

    geometry = changed_step(case, "resize", change) if case.resizes else None
    return None if geometry is None else case.with_geometry(geometry)


def antialias(case):
    """The other switch of TensorFlow and torch; OpenCV's bilinear instead of Pillow's."""

    def change(params):
        if params["interpolation"] not in ("bilinear", "bicubic"):
            return None
        if params["library"] == "pillow":
            return {**params, "library": "opencv"}
        if params["library"] == "opencv":
            return {**params, "library": "pillow"}
        return {**params, "antialias": not params.get("antialias", True)}

    geometry = changed_step(case, "resize", change) if case.resizes else None
    if geometry is None:
        return None
    return case.with_geometry(geometry)


def fill(case):
    """Another color around the image."""
    for kind in ("pad", "resize"):
        geometry = changed_step(case, kind, other_fill)
        if geometry is not None:
            return case.with_geometry(geometry)
    return None


def other_fill(params):
    if params.get("mode", "letterbox") != "letterbox":
        return None
    color = params.get("fill", 0)
    black = not any(color if isinstance(color, list) else [color])
    return {**params, "fill": 114 if black else 0}


def exif_ignored(case):
    """The orientation tag not applied, or applied where the spec ignores it; the file has one."""
    body = case.body
    other = "apply" if case.spec["decode"]["exif"] == "ignore" else "ignore"
    plain, changed = case.pixels(body=body), case.pixels(body=body, decode={"exif": other})
    if changed is None or plain is None:
        return None
    if plain.shape == changed.shape and not differs(plain, changed):
        return None
    return case.tensor(changed)


def recompress(case):
    """A JPEG round trip between the file and the pipeline."""
    if decodes_roughly(case):
        return None
    out = io.BytesIO()
    Image.open(io.BytesIO(case.body)).convert("RGB").save(out, "JPEG", quality=75)
    return case.tensor(case.pixels(body=out.getvalue()))


def encoded_opencv(case):
    """The image written by cv2.imwrite without a conversion: red and blue swapped."""
    if case.channels != 3 or decodes_roughly(case):
        return None
    pixels = np.asarray(Image.open(io.BytesIO(case.body)).convert("RGB"))
    return case.tensor(case.pixels(body=cv2.imencode(".png", pixels)[1].tobytes()))


def rotate_by_exif(body, orientation=6):
    """The JPEG file with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    segment = exif.tobytes()
    return body[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + body[2:]


@dataclass(frozen=True)
class Change:
    """One kind of change, and what names it."""

    make: Callable
    expected: str
    """A pattern of ``CODE message`` of one finding."""
    implied: str = "^$"
    """A pattern of the codes of further errors and warnings with the same cause."""


CHANGES = {
    "red and blue swapped": Change(swapped_channels, "CHN101|CHN103"),
    "mean and std in the other order": Change(swapped_mean, "CHN103"),
    "gray in three channels": Change(gray_expanded, "PIX108.*gray|CHN1"),
    "alpha added": Change(alpha_added, "SHP.*(4|channels)|CHN.*(alpha|RGBA)"),
    "scale omitted": Change(scale_omitted, "VAL10[13]"),
    "scaled twice": Change(scaled_twice, "VAL102"),
    "shift omitted": Change(shift_omitted, "VAL103"),
    "divisor omitted": Change(divisor_omitted, "VAL10[134]"),
    "mean in the wrong units": Change(mean_in_wrong_units, "VAL103"),
    "std omitted": Change(std_omitted, "VAL103"),
    "mean omitted": Change(mean_omitted, "VAL103"),
    "wrapped around in uint8": Change(uint8_wrapped, "PIX109.*wrap"),
    "float16": Change(float16, "DTY101"),
    "transpose missing": Change(transpose_missing, "SHP.*(NHWC|layout|transpose)"),
    "reshape instead of transpose": Change(reshape_instead, "SHP.*reshape"),
    "batch axis missing": Change(batch_missing, "SHP.*batch"),
    "mirrored": Change(mirror, "PIX107"),
    "upside down": Change(upside_down, "PIX103|flip"),
    "height and width swapped in the transpose": Change(axes_swapped, "PIX103.*height and width"),
    "crop a pixel off": Change(crop_shifted, "PIX105 crop.*1 pixel"),
    "crop at the corner": Change(corner_crop, "PIX105 crop.*top left"),
    "another share of the image": Change(crop_size, "PIX105"),
    "size in the other order": Change(size_swapped, "SHP10|PIX105"),
    "height and width swapped in the resize": Change(sides_swapped, "PIX105.*height and width swapped"),
    "stretched": Change(stretch, "PIX105.*stretch"),
    "another kernel": Change(kernel, "PIX106"),
    "another antialias": Change(antialias, "PIX106"),
    "another fill color": Change(fill, "PIX105"),
    "EXIF orientation": Change(exif_ignored, "PIX103"),
    "JPEG round trip": Change(recompress, "PIX109.*JPEG.*75"),
    "encoded in the other order": Change(encoded_opencv, "CHN101", implied="CHN103"),
}
NEEDS_ORIENTATION = ("EXIF orientation",)


def match_findings(change, findings):
    """Whether the findings name the change, and the errors and warnings that name another thing."""
    texts = [f"{finding.code} {finding.message}" for finding in findings]
    loud = [text for text, finding in zip(texts, findings, strict=True) if finding.severity != "notice"]
    match = any(re.search(change.expected, text) for text in texts)
    others = [text for text in loud if not re.search(change.expected, text) and not re.search(change.implied, text)]
    return match, others
