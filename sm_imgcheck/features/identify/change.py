"""One change of the spec's result that explains most of the difference of a tensor: blur, colors, noise.

These have too many variants to be reproduced exactly, so they are described with what they leave unexplained.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["describe_change"]

_SIDE = 512
"""Pixels of a side of the central part that is compared: all of most inputs."""
_MIN_DIFFERENCE = 1.0
"""Gray levels, on average, below which other decoders and roundings explain the difference."""
_MAX_REST, _MAX_REST_OF_SUM = 0.3, 0.15
"""Share of the difference that a change, and a sum of the channels, may leave. On 12 photographs blurs, sharpening,
saturation and hue of Pillow and OpenCV leave up to 0.32 (a blur of half a pixel 0.51); a median filter, CLAHE, JPEG,
another interpolation and another part of the image leave 0.31 and more. Many curves are nearly sums."""
_AS_GOOD, _ROUNDING = 1.2, 0.3
"""How much farther off a simpler description may be than the nearest one, as a factor or in gray levels."""
_SAME_GAIN = 0.01
"""Difference from 1 below which a gain changes no gray level by more than the rounding of two libraries."""
_SIGMAS = tuple(float(sigma) for sigma in np.geomspace(0.4, 6.0, 28))
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_COLORFUL = 24.0
"""Gray levels between the largest and smallest channel from which a pixel has a hue."""
_WHITE = 0.08
"""Correlation up to which neighbors, and image and noise, are independent."""


def describe_change(
    image: np.ndarray, result: np.ndarray, scale: np.ndarray | float = 1.0, offset: np.ndarray | float = 0.0
) -> str:
    """Return the change from the spec's result to an image, in words; empty for any other change.

    image, result: HxWxC, three channels in RGB order. scale, offset: of a gray level 0..255, also for each channel.
    """
    image, result = ((_central(pixels) - offset) / scale for pixels in (image, result))
    distance = _distance(image, result)
    if not _MIN_DIFFERENCE <= distance < np.inf:
        return ""
    changes = [(_distance(image, pixels), words) for words, pixels in _changes(image, result)]
    near = [(rest, words) for rest, words in changes if rest <= _largest_rest(words) * distance]
    if near:
        least = min(rest for rest, _ in near)
        rest, words = next(change for change in near if change[0] <= max(_AS_GOOD * least, least + _ROUNDING))
        return f"{words} is {rest:.2g} gray levels off on average, the spec's result {distance:.2g}"
    return _noise(image, result)


def _largest_rest(words: str) -> float:
    return _MAX_REST_OF_SUM if words.startswith(_SUMS) else _MAX_REST


def _central(image: np.ndarray) -> np.ndarray:
    top, left = (max(0, length - _SIDE) // 2 for length in image.shape[:2])
    return np.ascontiguousarray(image[top : top + _SIDE, left : left + _SIDE], np.float32)


def _distance(image: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(image - other).mean())


def _changes(image: np.ndarray, result: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield changes of the result that are nearest to the image, the simplest first: in words, and as pixels."""
    import cv2

    yield from _level_changes(image, result)
    blurs = {sigma: cv2.GaussianBlur(result, (0, 0), sigma).reshape(result.shape) for sigma in _SIGMAS}
    sigma = min(_SIGMAS, key=lambda sigma: _distance(image, blurs[sigma]))
    yield f"the spec's result with a Gaussian blur (standard deviation {sigma:.1f} pixels)", blurs[sigma]
    sharpness, pixels, sigma = max(
        ((*_along(image, result, result - blurs[sigma]), sigma) for sigma in _SIGMAS[::3]),
        key=lambda each: -_distance(image, each[1]),
    )
    if sharpness > 0:
        yield f"the spec's result sharpened ({sharpness:.1f} x its details below {sigma:.1f} pixels added)", pixels
    if result.shape[2] != len(_LUMA):
        return
    gray = (result @ _LUMA)[..., np.newaxis]
    saturation, pixels = _along(image, gray, result - gray)
    yield f"the spec's result with its saturation multiplied by {saturation:.2f}", pixels
    yield from _hsv_changes(image, result)
    terms = np.concatenate([result, np.ones_like(gray)], axis=2).reshape(-1, 4)
    weights = np.linalg.lstsq(terms, image.reshape(-1, 3), rcond=None)[0]
    pixels = np.clip(terms @ weights, 0, 255).reshape(result.shape)
    yield _SUM, pixels


_SUM = "the spec's result with each channel replaced by a weighted sum of the three"
_LEVELS, _ORDER = "the spec's result with its gray levels", "the spec's result with its channels in the order"
_SUMS = (_SUM, _LEVELS, _ORDER)


def _level_changes(image: np.ndarray, result: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield other channels, a gain and a constant of all channels, then of each, and a power."""
    if not np.ptp(result):
        return
    channels = range(result.shape[2])
    if len(channels) == len(_LUMA):
        order = [min(channels, key=lambda at: _distance(plane, result[..., at])) for plane in np.moveaxis(image, 2, 0)]
        yield f"{_ORDER} {''.join('RGB'[channel] for channel in order)}", result[..., order]
    fits = [_linear_fit(image, result)] * len(channels)
    yield _linear_words(fits[:1]), _linear_pixels(result, fits)
    fits = [_linear_fit(image[..., channel], result[..., channel]) for channel in channels]
    yield _linear_words(fits), _linear_pixels(result, fits)
    inside = (image > 1) & (image < 254) & (result > 1) & (result < 254)
    power = float(np.median(np.log(image[inside] / 255) / np.log(result[inside] / 255))) if inside.any() else 1.0
    yield f"{_LEVELS} (0..1) raised to the power {power:.2f}", 255 * np.clip(result / 255, 0, 1) ** power


def _linear_fit(image: np.ndarray, result: np.ndarray) -> tuple[float, float]:
    """The gain and the constant that bring the result nearest to the image where the image is not clipped."""
    inside = (image > 1) & (image < 254)
    values, levels = result[inside], image[inside]
    if not values.size or not np.ptp(values):
        return 0.0, float(np.median(image))
    gain, constant = np.polyfit(values, levels, 1)
    return float(gain), float(constant)


def _linear_pixels(result: np.ndarray, fits: list[tuple[float, float]]) -> np.ndarray:
    gains, constants = np.array(fits, np.float32).T
    return np.asarray(np.clip(result * gains + constants, 0, 255))


def _linear_words(fits: list[tuple[float, float]]) -> str:
    """A gain and a constant, of each channel where there are several; not a gain of 1 and a constant of 0."""
    gains, constants = (np.array(numbers) for numbers in zip(*fits, strict=True))
    if (np.abs(gains) < _SAME_GAIN).all():
        return f"{_LEVELS} replaced by {_join(constants, 0)}"
    if (np.abs(gains + 1) < _SAME_GAIN).all() and (np.abs(constants - 255) < 1).all():
        return f"{_LEVELS} inverted"
    has_gain = (np.abs(gains - 1) >= _SAME_GAIN).any()
    words = [f"multiplied by {_join(gains, 2)}"] if has_gain else []
    words += [f"{_join(constants, 0, '+')} added"] if not has_gain or (np.abs(constants) >= 1).any() else []
    return f"{_LEVELS} {' and '.join(words)}"


def _join(numbers: np.ndarray, digits: int, sign: str = "-") -> str:
    """The numbers with as many decimals; never -0. sign: ``+`` prints that of positive numbers too."""
    return ", ".join(f"{round(float(number), digits) + 0.0:{sign}.{digits}f}" for number in numbers)


def _along(image: np.ndarray, start: np.ndarray, direction: np.ndarray) -> tuple[float, np.ndarray]:
    """The factor of ``direction`` that brings ``start`` nearest to the image, and the pixels, 0..255."""
    steps = np.where((image > 1) & (image < 254), direction, 0)  # not where the image is clipped
    factor = float(((image - start) * steps).sum() / max(float((steps * steps).sum()), 1e-9))
    return factor, np.clip(start + factor * direction, 0, 255)


def _hsv_changes(image: np.ndarray, result: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the result with the saturation and with the hue of the image, as far as one number changes them."""
    import cv2

    hsv, other = (cv2.cvtColor(np.clip(each, 0, 255) / 255, cv2.COLOR_RGB2HSV) for each in (result, image))
    colorful = np.minimum(np.ptp(result, axis=2), np.ptp(image, axis=2)) >= _COLORFUL
    if not colorful.any():
        return
    factor = float(np.median(other[..., 1][colorful] / hsv[..., 1][colorful]))
    pixels = hsv.copy()
    pixels[..., 1] = np.clip(factor * hsv[..., 1], 0, 1)
    yield f"the spec's result with its saturation in HSV multiplied by {factor:.2f}", _from_hsv(pixels)
    angles = np.deg2rad(other[..., 0] - hsv[..., 0])[colorful]
    angle = float(np.rad2deg(np.angle(np.exp(1j * angles).sum())))
    hsv[..., 0] = (hsv[..., 0] + angle) % 360
    yield f"the spec's result with its hue rotated by {angle:.0f} degrees", _from_hsv(hsv)


def _from_hsv(pixels: np.ndarray) -> np.ndarray:
    import cv2

    return np.asarray(255 * cv2.cvtColor(pixels, cv2.COLOR_HSV2RGB))


def _noise(image: np.ndarray, result: np.ndarray) -> str:
    """Describe a difference that is independent of the image and of its neighbors; empty where it is not."""
    noise = image - result
    inside = (result > 32) & (result < 223)  # noise is clipped elsewhere
    if not inside[1:, 1:].any():
        return ""
    pairs = [(noise[1:, 1:], noise[:-1, 1:]), (noise[1:, 1:], noise[1:, :-1]), (noise[1:, 1:], result[1:, 1:])]
    if max(abs(_correlation(first, other, inside[1:, 1:])) for first, other in pairs) > _WHITE:
        return ""
    return f"the difference is independent noise (standard deviation {noise[inside].std():.2g} gray levels)"


def _correlation(first: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    values = np.stack([first[where], other[where]]).astype(np.float64)
    values -= values.mean(axis=1, keepdims=True)
    return float(values[0] @ values[1] / max(float(np.linalg.norm(values[0]) * np.linalg.norm(values[1])), 1e-9))
