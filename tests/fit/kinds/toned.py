"""Photographs with unusual colors: film, grading, filters, light."""

from __future__ import annotations

import cv2
import numpy as np

from kinds.tools import clip, cloud, color, luma


def underwater(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Water: red is lost with distance, and a blue or green veil is added."""
    linear = (photo / 255.0) ** 2.2
    keep = np.exp(-rng.uniform(0.6, 2.5) * np.array([1, rng.uniform(0.15, 0.35), rng.uniform(0.1, 0.3)]))
    veil = np.array([0.01, rng.uniform(0.08, 0.3), rng.uniform(0.12, 0.4)]) * rng.uniform(0.3, 1)
    return clip(255 * np.clip(linear * keep + veil, 0, 1) ** (1 / 2.2))


def night(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Low light: dark, noisy, with a blue (moon, screen) or an orange (sodium lamp) cast."""
    cast = np.array([0.5, 0.7, 1.1]) if rng.random() < 0.6 else np.array([1.1, 0.75, 0.35])
    dark = (photo / 255.0) ** rng.uniform(1.3, 2.2) * rng.uniform(0.25, 0.6) * cast
    return clip(255 * dark + rng.normal(0, rng.uniform(2, 7), photo.shape))


def sepia(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Toned gray: sepia, selenium, cyanotype."""
    dark, light = [((30, 15, 5), (255, 240, 200)), ((20, 15, 25), (240, 230, 240)), ((5, 20, 60), (235, 245, 255))][
        rng.choice(3, p=[0.5, 0.2, 0.3])
    ]
    gray = luma(photo)[..., None] / 255
    return clip(np.array(dark) * (1 - gray) + np.array(light) * gray)


def film_tint(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A strong cast over a photograph: blue films and shade, cyan, violet."""
    values = photo / 255.0
    gray = values.mean(axis=2, keepdims=True)
    tone = [np.array([0.6, 0.85, 1.2]), np.array([0.7, 1.05, 1.1]), np.array([0.75, 0.75, 1.25])][rng.integers(3)]
    strength = rng.uniform(0.3, 1)
    mixed = values * (1 - strength / 2) + gray * strength / 2
    return clip(255 * mixed * (1 + strength * (tone - 1)))


def cross_processed(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slide film in the chemicals of negative film, or the reverse: another curve for each channel."""
    values, strength = photo / 255.0, rng.uniform(0.4, 1)
    steep = [3 * values[..., at] ** 2 - 2 * values[..., at] ** 3 for at in (0, 1)]
    low, high = rng.uniform(0.1, 0.3), rng.uniform(0.65, 0.85)
    blue = low + (high - low) * values[..., 2]
    green = steep[1] ** rng.uniform(0.8, 1)
    red = steep[0] ** (rng.uniform(0.8, 1) if rng.random() < 0.5 else rng.uniform(1, 1.3))
    return clip(255 * (values * (1 - strength) + strength * np.stack([red, green, blue], axis=-1)))


def split_toned(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One hue in the shadows and another in the highlights."""
    values = photo / 255.0
    gray = luma(photo)[..., None] / 255
    dark, light = (np.array(color(rng)) / 255 for _ in range(2))
    tones = (dark - dark.mean()) * (1 - gray) + (light - light.mean()) * gray
    return clip(255 * (values * 0.8 + gray * 0.2 + rng.uniform(0.2, 0.7) * tones))


def teal_and_orange(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The grading of films: teal shadows, orange skin and highlights."""
    values = photo / 255.0
    gray = luma(photo)[..., None] / 255
    warm = np.clip((values[..., :1] - values[..., 2:]) * 2 + gray - 0.4, 0, 1)
    tones = np.array([0.16, 0.03, -0.18]) * warm + np.array([-0.16, 0.04, 0.1]) * (1 - warm)
    return clip(255 * (values + rng.uniform(0.5, 1.6) * tones))


def lookup_table(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A smooth random map of colors, as a 3D lookup table: 3x3x3 colors, each moved, linear between them."""
    places = photo / 255.0 * 2
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 3)] * 3, indexing="ij"), axis=-1)
    grid = grid + rng.normal(0, rng.uniform(0.05, 0.15), grid.shape)
    low = np.minimum(places.astype(int), 1)
    share, out = places - low, np.zeros(photo.shape)
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(corner, share, 1 - share), axis=-1, keepdims=True)
        out += weight * grid[tuple(np.moveaxis(low + np.array(corner), -1, 0))]
    return clip(255 * out)


def duotone(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gray in two or three random colors from dark to light."""
    gray = luma(photo) / 255.0
    stops = np.array(sorted((color(rng) for _ in range(rng.integers(2, 4))), key=sum), float)
    stops[0] *= rng.uniform(0.1, 0.8)
    places = np.linspace(0, 1, len(stops))
    return clip(np.stack([np.interp(gray, places, channel) for channel in stops.T], axis=-1))


def solarization(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values above a threshold inverted, in all channels or with a threshold for each."""
    limit = rng.uniform(90, 180, 3) if rng.random() < 0.5 else rng.uniform(90, 180)
    return clip(np.where(photo > limit, 255 - photo.astype(float), photo) * rng.uniform(1, 1.6))


def color_negative(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The complement, or negative film with its orange mask."""
    values = 1 - photo / 255.0
    if rng.random() < 0.5:
        return clip(255 * values)
    return clip(255 * (0.15 + 0.85 * values) * np.array([0.95, rng.uniform(0.5, 0.7), rng.uniform(0.3, 0.5)]))


def old_print(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An old print: little contrast, dyes lost, most often cyan, so that it is red or yellow."""
    values = photo / 255.0
    gray = values.mean(axis=2, keepdims=True)
    kept = [np.array([0.4, 0.8, 0.8]), np.array([0.6, 0.75, 0.5]), np.array([0.7, 0.55, 0.7])][rng.integers(3)]
    lift = rng.uniform(0.1, 0.35)
    return clip(255 * (1 - (1 - lift) * (1 - (0.7 * values + 0.3 * gray)) * kept * rng.uniform(0.8, 1)))


def sodium_light(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A street under sodium lamps: almost one color, dark, noisy."""
    values = (photo / 255.0) ** rng.uniform(1, 1.8)
    gray = values.mean(axis=2, keepdims=True)
    mixed = gray * 0.75 + values * 0.25
    light = np.array([1, rng.uniform(0.5, 0.68), rng.uniform(0.08, 0.3)])
    return clip(255 * mixed * light * rng.uniform(0.5, 1) + rng.normal(0, rng.uniform(1, 6), photo.shape))


def stage_light(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colored lights from one to three sides on a dark scene: red, blue, magenta, green."""
    height, width = photo.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    light = np.full(photo.shape, 0.03)
    lamps = np.array([(1, 0.05, 0.1), (0.1, 0.1, 1), (1, 0.1, 0.9), (0.1, 1, 0.3), (0.5, 0.1, 1)])
    for _ in range(rng.integers(1, 4)):
        row, column = rng.uniform(0, 1, 2)
        near = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / rng.uniform(0.1, 0.8))
        light += near[..., None] * lamps[rng.integers(len(lamps))]
    mixed = 0.5 * photo + 0.5 * luma(photo)[..., None]
    return clip(mixed * np.minimum(light, 1.2) * rng.uniform(0.7, 1.3))


def white_balance(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Daylight mistaken for tungsten light (blue), tungsten for daylight (orange), or fluorescent tubes (green)."""
    linear = (photo / 255.0) ** 2.2
    gains = [
        (rng.uniform(0.35, 0.75), 1, rng.uniform(1.3, 2.2)),
        (rng.uniform(1.2, 1.8), 1, rng.uniform(0.3, 0.7)),
        (0.8, 1.15, 0.8),
    ][rng.choice(3, p=[0.4, 0.4, 0.2])]
    return clip(255 * np.clip(linear * np.array(gains), 0, 1) ** (1 / 2.2))


def vignette(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark corners and, at times, the colors of a toy camera."""
    height, width = photo.shape[:2]
    rows, columns = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    dark = np.clip(1 - rng.uniform(0.4, 1) * (rows**2 + columns**2) ** rng.uniform(0.6, 1.5) / 1.6, 0, 1)
    tone = np.array([1.05, 1.05, 0.8]) if rng.random() < 0.5 else np.ones(3)
    return clip(((photo - 128.0) * 1.2 + 128) * dark[..., None] * tone)


def high_saturation(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Saturation in HSV multiplied by 2 to 5, or set to the maximum."""
    hsv = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2HSV).astype(float)
    hsv[..., 1] = 255 if rng.random() < 0.3 else hsv[..., 1] * rng.uniform(2, 5)
    return np.asarray(cv2.cvtColor(clip(hsv), cv2.COLOR_HSV2RGB))


def hue_rotated(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """All hues rotated by one random angle."""
    hsv = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + rng.integers(20, 160)) % 180
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def color_gel(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A photograph through glass or a gel of a random color."""
    strength = rng.uniform(0.4, 1)
    return clip(photo * (1 - strength + strength * np.array(color(rng)) / 255))


def selective_color(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gray except for one range of hues."""
    hsv = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2HSV).astype(int)
    away = np.abs((hsv[..., 0] - rng.integers(0, 180) + 90) % 180 - 90)
    hsv[..., 1] = np.where(away < rng.uniform(10, 30), hsv[..., 1] * rng.uniform(1, 1.5), 0)
    return np.asarray(cv2.cvtColor(clip(hsv), cv2.COLOR_HSV2RGB))


def anaglyph(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Red from the left eye, cyan from the right one, gray or in color."""
    base = photo if rng.random() < 0.5 else np.repeat(luma(photo)[..., None], 3, axis=2)
    out = base.copy()
    out[..., 0] = np.roll(base[..., 0], int(rng.integers(3, 12)), axis=1)
    return out


def bleach_bypass(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Silver kept in the film: little color, much contrast, at times a cold or green tone."""
    gray = luma(photo)[..., None] / 255.0
    mixed = gray + (photo / 255.0 - gray) * rng.uniform(0.2, 0.5)
    tone = [np.ones(3), np.array([0.9, 1, 1.08]), np.array([0.92, 1.05, 0.95])][rng.integers(3)]
    return clip(255 * ((mixed - 0.5) * rng.uniform(1.2, 1.8) + 0.5) * tone)


def light_leak(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Red and orange light on part of the film, or colored lens flare."""
    leak = np.clip(cloud(photo.shape, rng, photo.shape[1] / 5) - 0.3, 0, 2)[..., None]
    tone = np.array([255, rng.uniform(40, 160), rng.uniform(0, 120)]) if rng.random() < 0.7 else np.array(color(rng))
    return clip(255 - (255 - photo.astype(float)) * (1 - np.clip(leak * rng.uniform(0.3, 0.7), 0, 1) * tone / 255))


def haze(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fog, smoke or dust: more of it at the top, gray, blue, or orange."""
    veil = np.array([(200, 205, 215), (170, 190, 225), (225, 180, 120), (215, 140, 80)][rng.integers(4)], float)
    far = np.linspace(rng.uniform(0.5, 0.95), rng.uniform(0.1, 0.5), len(photo))[:, None, None]
    return clip(photo * (1 - far) + veil * far)


def sunset(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The scene dark and warm against a sky from violet to orange."""
    values = (photo / 255.0) ** rng.uniform(1.2, 2)
    sky = np.linspace(0, 1, len(photo))[:, None, None]
    tone = np.array([0.7, 0.45, 0.8]) * (1 - sky) + np.array([1.4, 0.75, 0.3]) * sky
    return clip(255 * values * (0.3 + tone * rng.uniform(0.6, 1)))
