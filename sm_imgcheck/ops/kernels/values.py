"""Ops on values and axes: channel order, scaling, normalizing, quantizing, casting, transposing.

Arrays have their channels last (HWC or NHWC), except where a docstring differs. Floating point operations are float32,
in the written order, so that results equal the reference code bit for bit. No op modifies its input.
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.errors import CandidateError

__all__ = [
    "add_axis",
    "batch",
    "cast",
    "drop_axis",
    "normalize",
    "quantize",
    "reorder",
    "reshape",
    "scale",
    "to_pixels",
    "transpose",
]


def reorder(image: np.ndarray, *, order: str, to: str) -> np.ndarray:
    """Rearrange the channels (last axis) from ``order`` to ``to``, such as RGB to BGR."""
    result = np.empty((*image.shape[:-1], len(to)), image.dtype)
    for place, channel in enumerate(to):  # a fifth of the time of an index of all channels
        result[..., place] = image[..., order.index(channel)]
    return result


def scale(image: np.ndarray, *, low: float, high: float, out: np.ndarray | None = None) -> np.ndarray:
    """Map 0..255 to ``low``..``high`` in float32.

    [0, 1] is x / 255 and [-1, 1] is x / 127.5 - 1, the usual spelling: other spellings of the same line differ in the
    last bit. out: a float32 array of this shape for the result, which may be the image.
    """
    x = image.astype(np.float32, copy=False)
    if (low, high) == (0, 255):
        return x
    if (low, high) == (0, 1):
        return np.divide(x, np.float32(255), out=out)
    if (low, high) == (-1, 1):
        x = np.divide(x, np.float32(127.5), out=out)
        return np.subtract(x, np.float32(1), out=x)
    return np.float32(low) + x * np.float32(high - low) / np.float32(255)


def normalize(
    image: np.ndarray, *, units: str, mean: list[float], std: list[float] | None, out: np.ndarray | None = None
) -> np.ndarray:
    """(x - mean) / std in float32, one entry per stored channel.

    units: ``unit`` divides x by 255 first; ``byte`` has mean and std in 0..255. std None: no division.
    out: a contiguous float32 array of this shape for the result, which may be the image.
    """
    result = np.empty(image.shape, np.float32) if out is None else out
    # Per line of pixels: a fifth of the time of a loop over three channels.
    lines = result.reshape(-1, result.shape[-1] * (result.shape[-2] if result.ndim > 1 else 1))
    repeats = lines.shape[1] // result.shape[-1]
    source = image.astype(np.float32, copy=False)
    if units == "unit":
        source = np.divide(source, np.float32(255), out=result)
    np.subtract(source.reshape(lines.shape), np.tile(np.array(mean, np.float32), repeats), out=lines)
    if std is not None:
        lines /= np.tile(np.array(std, np.float32), repeats)
    return result


def quantize(image: np.ndarray, *, scale: float, zero_point: int, rounding: str) -> np.ndarray:
    """round(y / scale) + zero_point, as integers in float32; ``cast`` clips them to the dtype.

    rounding: ``half_even`` (NumPy, ONNX QuantizeLinear) or ``half_away`` (C's round, TensorFlow Lite).
    """
    y = image.astype(np.float32, copy=False) / np.float32(scale)
    rounded_toward_zero = np.trunc(y)
    # y + 0.5 would round 0.49999997 up: use the fraction
    rounded_toward_zero = (
        np.rint(y)
        if rounding == "half_even"
        else rounded_toward_zero + np.copysign(np.abs(y - rounded_toward_zero) >= np.float32(0.5), y)
    )
    integers: np.ndarray = rounded_toward_zero + np.float32(zero_point)
    return integers


def cast(image: np.ndarray, *, dtype: str, rounding: str = "half_even") -> np.ndarray:
    """Change the dtype (any layout), to native byte order. To integers: round, then clip.

    rounding: ``half_even``, or ``truncate`` towards zero, as ``astype`` and ``tf.cast`` do; no spec contains that.
    """
    target = np.dtype(dtype)
    if target.kind in "iu" and image.dtype.kind == "f":
        limits = np.iinfo(target)
        top = float(limits.max)
        if int(top) > limits.max:  # 2**63 - 1 has no float64: stay below, or the cast wraps around
            top = float(np.nextafter(top, 0))
        rounding_function = np.rint if rounding == "half_even" else np.trunc
        image = np.clip(rounding_function(image.astype(np.float64)), float(limits.min), top)
    elif target.kind in "iu" and image.dtype.kind in "iu":
        limits, source_limits = np.iinfo(target), np.iinfo(image.dtype)
        image = np.clip(image, max(limits.min, source_limits.min), min(limits.max, source_limits.max))
    return np.ascontiguousarray(image, dtype=target)


def to_pixels(image: np.ndarray, *, scale: list[float], offset: list[float], whole: bool) -> np.ndarray:
    """Undo y = scale * x + offset per stored channel: back to pixel values 0..255.

    ``whole``: the values came from integer gray levels; round to uint8. If not: float32, not rounded, and the
    overshoot of a filter is clipped, as for stored pixels.
    """
    x = (image.astype(np.float64) - np.array(offset)) / np.array(scale)
    levels: np.ndarray = np.clip(np.rint(x) if whole else x, 0, 255)
    return levels.astype(np.uint8 if whole else np.float32)


def reshape(image: np.ndarray, *, shape: list[int], layout: str) -> np.ndarray:
    """A flattened array in the lengths of its axes, whose order is ``layout``."""
    assert len(shape) == len(layout)
    return image.reshape(shape)


def transpose(image: np.ndarray, *, layout: str, to: str) -> np.ndarray:
    """Permute the axes from ``layout`` to ``to``, such as HWC to CHW; the result is contiguous."""
    return np.ascontiguousarray(image.transpose([layout.index(axis) for axis in to]))


def check_tensor(
    tensor: np.ndarray, *, lengths: list[list[int | None]], expect_range: list[float] | None
) -> np.ndarray:
    """The final tensor, unchanged. Raises CandidateError where it does not match the model's input.

    lengths: the shortest and longest length of each axis, None: no limit. expect_range: limits of all values.
    """
    fits = len(tensor.shape) == len(lengths) and all(
        length >= low and (high is None or length <= high) for length, (low, high) in zip(tensor.shape, lengths)
    )
    if not fits:
        raise CandidateError("SHP106", f"shape after all steps: got {list(tensor.shape)}, expected that of the spec")
    if expect_range is not None and not expect_range[0] <= tensor.min() <= tensor.max() <= expect_range[1]:
        actual = f"{tensor.min():.4g}..{tensor.max():.4g}"
        raise CandidateError("VAL108", f"value range: got {actual}, expected {expect_range} (expect_range)")
    return np.ascontiguousarray(tensor)


def add_axis(image: np.ndarray) -> np.ndarray:
    """Give an array without channels (HW or NHW) a last axis of one channel."""
    return image[..., np.newaxis]


def batch(image: np.ndarray) -> np.ndarray:
    """Add a batch dimension of length 1 in front (any layout)."""
    return image[np.newaxis]


def drop_axis(image: np.ndarray, *, axis: int) -> np.ndarray:
    """Remove an axis of length 1 (any layout). Raises ValueError where it is longer."""
    return np.squeeze(image, axis)
