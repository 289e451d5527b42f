"""Operations of DALI, one after another, as steps of ``geometry`` and a value mapping.

Defaults: https://docs.nvidia.com/deeplearning/dali/user-guide/docs/operations/nvidia.dali.fn.html
"""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._dali_flow import SCALE
from sm_imgcheck.spec.importers._draft import DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import add_affine, numbers

__all__ = ["DaliState"]

_KERNELS = {
    "INTERP_NN": "nearest",
    "INTERP_LINEAR": "bilinear",
    "INTERP_TRIANGULAR": "bilinear",
    "INTERP_CUBIC": "bicubic",
    "INTERP_LANCZOS3": "lanczos",
}
_TYPES = {"FLOAT": "float32", "FLOAT16": "float16", "UINT8": "uint8"}
_ORDERS = {"RGB": "RGB", "BGR": "BGR", "GRAY": "GRAY"}
_WITHOUT_EFFECT = {"device", "name", "seed", "preserve", "bytes_per_sample_hint", "minibatch_size", "temp_buffer_hint"}
_RESIZE = {"size", "mode", "resize_x", "resize_y", "resize_shorter", "resize_longer", "interp_type", "antialias"}
_CROP = {"crop", "crop_h", "crop_w", "crop_pos_x", "crop_pos_y", "rounding"}
_NORMALIZE = {"mean", "std", "scale", "shift", "dtype", "output_layout", "mirror"}
_ARGUMENTS: dict[str, set[str]] = {
    "decoders.image": {"output_type", "hw_decoder_load", "adjust_orientation"},
    "resize": _RESIZE,
    "crop": _CROP,
    "crop_mirror_normalize": _CROP | _NORMALIZE,
    "cast": {"dtype"},
    "transpose": {"perm"},
    "color_space_conversion": {"image_type", "output_type"},
    SCALE: set(),
}
"""Operations that are read, with their arguments."""


class DaliState:
    """Operations read so far."""

    def __init__(self, builder: DraftBuilder) -> None:
        self.builder = builder
        self.steps: list[tuple[dict[str, Json], str]] = []
        self.size: tuple[int, int] | None = None
        self.order = "RGB"
        self.layout = "NHWC"
        self.dtype = "uint8"
        self.scale, self.offset = [1.0], [0.0]
        self.exif = "apply"
        self.unknown = ""
        """Why the geometry is unknown."""
        self.unknown_values = ""
        """Why everything else is unknown too."""

    def add(self, call: PythonCall) -> None:
        """Take one operation in."""
        name, arguments = call.name, {key: value for key, value in call.arguments.items() if key != "0"}
        further = sorted(arguments.keys() - _ARGUMENTS.get(name, set()) - _WITHOUT_EFFECT)
        if name not in _ARGUMENTS or further:
            text = " ".join([f"fn.{name}", *further])
            self.unknown = self.unknown_values = f"{text}: an operation or argument that is not read"
        elif name == "decoders.image":
            self._set_order(arguments.get("output_type", "RGB"))
            self.exif = "ignore" if arguments.get("adjust_orientation", True) is False else "apply"
        elif name == "resize":
            self._resize(arguments)
        elif name == SCALE:
            factor = call.arguments["0"]
            assert isinstance(factor, float | int)
            if abs(factor) > _LARGEST_FACTOR:
                self.unknown_values = "a factor beyond float32"
                return
            self._apply_affine([float(factor)], [0.0])
            if self.dtype in ("uint8", "int32"):
                self.dtype = "int32" if isinstance(factor, int) else "float32"
        elif name == "color_space_conversion":
            if _word(arguments.get("image_type")) != self.order:
                self.unknown_values = "image_type: expected the order of the image"
            if len(self.scale) > 1 or len(self.offset) > 1:
                self.unknown_values = "fn.color_space_conversion: expected before mean and std by channel"
            self._set_order(arguments.get("output_type"))
        elif name == "transpose":
            self._transpose(arguments)
        else:
            self._crop(arguments)
            if name != "crop":
                self._normalize(name, arguments)

    def finish(self, problem: str) -> None:
        """Add everything to the builder. problem: why the operations are not known, or empty."""
        builder, reason = self.builder, problem or self.unknown_values
        builder.geometry(self.steps, problem=problem or self.unknown, absent="no resize and no crop")
        builder.assume("decode.exif", self.exif, "adjust_orientation of fn.decoders.image, since DALI 1.5")
        if reason:
            for key in ("shape", "layout", "dtype", "channel_order", "value_range"):
                builder.unknown(key, reason)
            return
        if self.steps and not self.unknown:
            builder.note("DALI has its own arithmetic: a resize differs by 0.2 gray levels in the mean, at edges by 14")
        height, width = self.size or ("H", "W")
        sides: dict[str, Json] = {"N": "N", "C": 1 if self.order == "GRAY" else 3, "H": height, "W": width}
        if self.unknown:
            builder.unknown("shape", self.unknown)
        builder.infer("shape", [sides[axis] for axis in self.layout], "sizes and output_layout")
        builder.infer("layout", self.layout, "output_layout")
        builder.infer("dtype", self.dtype, "dtype")
        builder.infer("channel_order", self.order, "output_type of fn.decoders.image")
        if self.order == "GRAY":
            builder.note("GRAY: DALI converts with its own rounding, a difference of 1 gray level")
        order = "" if len(self.scale) == len(self.offset) == 1 else self.order
        add_affine(builder, scale=self.scale, offset=self.offset, order=order, source="mean, std, scale and shift")

    def _set_order(self, value: Json) -> None:
        order = _ORDERS.get(_word(value))
        if order is None:
            self.unknown_values = "output_type: expected RGB, BGR or GRAY"
        self.order = order or self.order

    def _resize(self, arguments: Mapping[str, Json]) -> None:
        kernel = _kernel(arguments)
        step = _resize_step(arguments)
        if kernel is None or step is None:
            self.unknown = "fn.resize: expected sizes in pixels, a known interpolation and antialias"
            self.size = None
            return
        if self.dtype != "uint8":
            kernel["dtype"] = "float32"
        self.steps.append(({"resize": {**step, **kernel}}, "fn.resize"))
        size = step["size"]
        is_fixed = step["mode"] == "stretch" and isinstance(size, list)
        self.size = (size[0], size[1]) if is_fixed else None  # type: ignore[assignment, index]

    def _crop(self, arguments: Mapping[str, Json]) -> None:
        if not {"crop", "crop_h", "crop_w"} & arguments.keys():
            return
        size = _pair(arguments.get("crop", [arguments.get("crop_h"), arguments.get("crop_w")]))
        rounding = {"round": "ceil", "truncate": "floor"}.get(str(arguments.get("rounding", "round")))
        positions = [arguments.get(f"crop_pos_{axis}", 0.5) for axis in "xy"]
        if size is None or rounding is None or positions != [0.5, 0.5]:
            self.unknown = "crop: expected a centered window in pixels"
            self.size = None
            return
        self.steps.append(({"crop": {"size": [*size], "rounding": rounding}}, "crop"))
        self.size = size

    def _normalize(self, name: str, arguments: Mapping[str, Json]) -> None:
        """``scale * (x - mean) / std + shift`` of crop_mirror_normalize, and its type and layout; cast: its type."""
        dtype = _TYPES.get(_word(arguments.get("dtype", "FLOAT")))
        if dtype is None:
            self.unknown_values = "dtype: expected FLOAT, FLOAT16 or UINT8"
        self.dtype = dtype or self.dtype
        if name == "cast":
            return
        values = [numbers(arguments.get(key, default)) for key, default in _AFFINE]
        mean, std, scale, shift = values
        if mean is None or std is None or scale is None or shift is None or not min(std) > 0:
            self.unknown_values = "mean, std, scale and shift: expected numbers"
            return
        count = max(len(mean), len(std))
        means, stds = mean * (count // len(mean)), std * (count // len(std))
        if len(means) != len(stds) or self.dtype == "uint8":
            self.unknown_values = "mean and std: expected as many entries, and a type of floating point"
            return
        slopes = [scale[0] / entry for entry in stds]
        offsets = [shift[0] - slope * entry for slope, entry in zip(slopes, means, strict=True)]
        self._apply_affine(slopes, offsets)
        layout = str(arguments.get("output_layout", "CHW"))
        if layout not in ("CHW", "HWC") or arguments.get("mirror", 0) not in (0, False):
            self.unknown = self.unknown_values = "output_layout or mirror: expected CHW or HWC, and no mirror"
        self.layout = f"N{layout}"

    def _apply_affine(self, scale: list[float], offset: list[float]) -> None:
        count = max(len(self.scale), len(scale))
        lists = [entry * (count // len(entry)) for entry in (self.scale, self.offset, scale, offset)]
        old_scale, old_offset, new_scale, new_offset = lists
        self.scale = [old * new for old, new in zip(old_scale, new_scale, strict=True)]
        self.offset = [new * old + more for new, old, more in zip(new_scale, old_offset, new_offset, strict=True)]

    def _transpose(self, arguments: Mapping[str, Json]) -> None:
        layout = {"NHWC": {(2, 0, 1): "NCHW"}, "NCHW": {(1, 2, 0): "NHWC"}}[self.layout]
        perm = arguments.get("perm")
        is_read = isinstance(perm, list) and all(isinstance(axis, int) for axis in perm)
        new_layout = layout.get(tuple(perm)) if is_read else None  # type: ignore[arg-type]
        if new_layout is None:
            self.unknown_values = "fn.transpose: expected [2, 0, 1] of HWC or [1, 2, 0] of CHW"
        self.layout = new_layout or self.layout


def _kernel(arguments: Mapping[str, Json]) -> dict[str, Json] | None:
    """Interpolation, and the library that is closest to DALI 2.4; None for other interpolations."""
    word, antialias = (
        _KERNELS.get(_word(arguments.get("interp_type", "INTERP_LINEAR"))),
        arguments.get("antialias", True),
    )
    if word is None or not isinstance(antialias, bool):
        return None
    if word == "nearest":
        return {"interpolation": "nearest-exact", "library": "torch"}
    return {"interpolation": word, "library": "torch" if antialias else "tensorflow"}


_LARGEST_FACTOR = 3.4e38
"""The largest finite float32, rounded down."""
_AFFINE: tuple[tuple[str, Json], ...] = (("mean", [0.0]), ("std", [1.0]), ("scale", 1.0), ("shift", 0.0))


def _resize_step(arguments: Mapping[str, Json]) -> dict[str, Json] | None:
    """Mode and size of ``fn.resize``; None for other forms."""
    keys = {key for key in arguments if key in ("size", "resize_x", "resize_y", "resize_shorter", "resize_longer")}
    mode = arguments.get("mode", "default")
    if keys == {"resize_shorter"} and mode == "default":
        edge: Json = side(arguments["resize_shorter"])
        return {"mode": "shortest_edge", "size": edge, "rounding": "half_up"} if edge else None
    if keys == {"resize_longer"} and mode == "default":
        edge = side(arguments["resize_longer"])
        return {"mode": "longest_edge", "size": edge, "rounding": "half_up"} if edge else None
    if keys not in ({"size"}, {"resize_x", "resize_y"}):
        return None
    pair = _pair(arguments.get("size", [arguments.get("resize_y"), arguments.get("resize_x")]))
    modes = {"default": "stretch", "stretch": "stretch", "not_smaller": "cover", "not_larger": "longest_edge"}
    if pair is None or not isinstance(mode, str) or mode not in modes:
        return None
    step: dict[str, Json] = {"mode": modes[mode], "size": [*pair]}
    return step if step["mode"] == "stretch" else {**step, "rounding": "half_up"}


def _pair(value: Json) -> tuple[int, int] | None:
    """Height and width; one number is both."""
    sides = [side(entry) for entry in value] if isinstance(value, list) else [side(value)] * 2
    return (sides[0], sides[1]) if len(sides) == 2 and sides[0] and sides[1] else None


def _word(value: Json) -> str:
    """The last part of ``types.RGB``."""
    return str(value).rpartition(".")[2]
