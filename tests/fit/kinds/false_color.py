"""Numbers shown as colors: color maps, satellites, depth, flow, labels, normals."""

from __future__ import annotations

import cv2
import numpy as np

from kinds.tools import blur, clip, cloud, color, gradient, luma

_MAPS = [
    getattr(cv2, f"COLORMAP_{name}")
    for name in (
        *("VIRIDIS", "MAGMA", "INFERNO", "PLASMA", "CIVIDIS", "TWILIGHT", "JET"),
        *("TURBO", "HOT", "COOL", "WINTER", "OCEAN", "RAINBOW", "HSV"),
    )
]


def color_map(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Numbers drawn in the colors of a map."""
    gray = luma(photo) if rng.random() < 0.7 else blur(luma(photo), 8)
    return np.asarray(cv2.applyColorMap(gray, int(rng.choice(_MAPS)))[..., ::-1])


def thermal(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A thermal camera's iron or rainbow colors, blurred, with a scale at the side."""
    gray = blur(255 - luma(photo), rng.uniform(1, 4))
    which = rng.choice([cv2.COLORMAP_INFERNO, cv2.COLORMAP_HOT, cv2.COLORMAP_JET, cv2.COLORMAP_PLASMA])
    gray[:, -6:] = np.linspace(255, 0, len(gray))[:, None]
    return np.asarray(cv2.applyColorMap(gray, int(which))[..., ::-1])


def ironbow(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The usual palette of thermal cameras: black, blue, violet, orange, yellow, white."""
    heat = blur(luma(photo) if rng.random() < 0.5 else 255 - luma(photo), rng.uniform(0.5, 4)) / 255
    return gradient(heat, "#00000a", "#20007d", "#95009a", "#d3414a", "#f18800", "#ffd700", "#fffff6")


def vegetation_index(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """NDVI in red, yellow and green, or brown to green, at times with blue water."""
    index = np.clip(0.5 + 0.35 * (luma(photo) / 127.5 - 1) + 0.1 * cloud(photo.shape, rng, 10), 0, 1)
    if rng.random() < 0.5:
        return gradient(index, "#a50026", "#f46d43", "#fee08b", "#d9ef8b", "#66bd63", "#006837")
    return gradient(index, "#0c3b9c", "#ceb48a", "#f1e6c1", "#9dc15a", "#3f8f29", "#0b4a12")


def near_infrared(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Near infrared, red, green as red, green, blue, each band stretched or not: plants are red."""
    red, green, blue = np.moveaxis(photo / 255.0, 2, 0)
    near = rng.uniform(1.2, 2) * green - rng.uniform(0.2, 0.8) * red + rng.uniform(-0.3, 0.3) * blue
    bands = np.stack([near + rng.normal(0, 0.02, red.shape), 0.9 * red, 0.8 * green], axis=2)
    if rng.random() < 0.5:
        low, high = np.quantile(bands, [0.02, 0.98], axis=(0, 1))
        bands = (bands - low) / np.maximum(high - low, 0.1)
    return clip(255 * np.clip(bands, 0, 1))


def shortwave_infrared(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bands of a satellite in another order than colors: shortwave, near infrared, red or blue."""
    red, green, blue = np.moveaxis(photo / 255.0, 2, 0)
    near = np.clip(1.6 * green - 0.5 * red, 0, 1)
    short = np.clip(0.8 * red + 0.3 * near - 0.3 * blue, 0, 1)
    bands = np.stack([(short, near, red), (short, near, blue), (near, short, red)][rng.integers(3)], axis=-1)
    low, high = np.quantile(bands, [0.02, 0.98], axis=(0, 1))
    return clip(255 * (bands - low) / np.maximum(high - low, 0.1))


def radar_composite(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Polarimetric radar: three powers with speckle in red, green and blue."""
    gray = luma(photo) / 255.0
    bands = [blur(gray, 1) * rng.uniform(0.5, 1) + 0.12 * cloud(photo.shape, rng, 15) for _ in range(3)]
    speckle = rng.gamma(rng.uniform(2, 8), 1, photo.shape)
    return clip(255 * np.sqrt(np.clip(np.stack(bands, axis=-1), 0, 1) * speckle / speckle.mean()))


def depth_map(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Near below, far above, with objects as smooth steps, in a color map."""
    height, width = photo.shape[:2]
    far = np.repeat(np.linspace(0.1, 0.9, height)[:, None], width, axis=1) + 0.15 * np.sign(cloud(photo.shape, rng, 12))
    smooth = cv2.bilateralFilter((0.7 * far + 0.3 * luma(photo) / 255).astype(np.float32), 9, 0.3, 5)
    maps = [cv2.COLORMAP_PLASMA, cv2.COLORMAP_MAGMA, cv2.COLORMAP_TURBO, cv2.COLORMAP_JET, cv2.COLORMAP_INFERNO]
    return np.asarray(cv2.applyColorMap(clip(255 * smooth), int(rng.choice(maps)))[..., ::-1])


def optical_flow(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Direction as hue and speed as saturation (on white) or as value (on black)."""
    moves = [cloud(photo.shape, rng, rng.uniform(10, 40)) + rng.normal(0, 0.7) for _ in range(2)]
    edges = np.sign(luma(photo).astype(float) - np.median(luma(photo)))
    angle = (np.arctan2(moves[0], moves[1]) + edges * rng.uniform(0, 1)) / np.pi * 90 % 180
    speed = np.clip(np.hypot(*moves) * 90, 0, 255)
    full = np.full(speed.shape, 255.0)
    hsv = np.stack([angle, speed, full] if rng.random() < 0.6 else [angle, full, speed], axis=-1)
    return np.asarray(cv2.cvtColor(clip(hsv), cv2.COLOR_HSV2RGB))


def labels(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Segmentation in plain colors, alone or over the photograph."""
    regions = np.digitize(blur(luma(photo), 5), np.sort(rng.uniform(30, 220, rng.integers(2, 7))))
    palette = np.array([color(rng) for _ in range(8)])
    share = 1 if rng.random() < 0.5 else rng.uniform(0.4, 0.8)
    return clip(share * palette[regions] + (1 - share) * photo)


def normal_map(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Directions of a surface: mostly (128, 128, 255)."""
    relief = blur(luma(photo).astype(np.float32), rng.uniform(1, 3)) * rng.uniform(0.02, 0.1)
    down, right = np.gradient(relief)
    normals = np.stack([-right, -down, np.ones_like(right)], axis=-1)
    return clip(127.5 * (normals / np.linalg.norm(normals, axis=-1, keepdims=True) + 1))


def elevation(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blue sea, green plains, brown and white mountains, shaded."""
    height = 0.5 + 0.2 * cloud(photo.shape, rng, rng.uniform(8, 25)) + 0.3 * (luma(photo) / 255 - 0.5)
    shade = 1 + np.clip(np.gradient(height)[1] * 5, -0.4, 0.4)[..., None]
    colors = gradient(
        np.clip(height, 0, 1), "#0a2f6b", "#3f7fc0", "#a8d0e6", "#3b8f4a", "#c9c27a", "#8a5a33", "#ffffff"
    )
    return clip(colors * shade)


def weather_radar(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rain in steps of blue, green, yellow, red over a pale or dark map."""
    rain = np.clip((cloud(photo.shape, rng, rng.uniform(6, 20)) + 0.5) / 3, 0, 0.999)
    steps = np.floor(rain * 7) / 7
    colors = gradient(steps, "#9ad9ff", "#2c7fe0", "#1d3fa8", "#2fb344", "#f6e23a", "#f08a1d", "#d7191c")
    ground = 0.3 * photo + 0.7 * (np.array([232, 236, 228]) if rng.random() < 0.6 else np.array([40, 44, 52]))
    return clip(np.where(rain[..., None] < 0.12, ground, colors))


def spectrogram(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Frequencies over time: noise, and harmonics as bent lines."""
    height, width = photo.shape[:2]
    rows = np.arange(height)[:, None]
    power = 0.25 + 0.1 * rng.normal(0, 1, (height, width)) + 0.3 * rows / height
    pitch = height / 12 * (1 + 0.3 * cloud((1, width), rng, 12))
    loud = np.clip(0.5 + 0.5 * cloud((1, width), rng, 10), 0, 1)
    power += 0.5 * loud * np.exp(-((((height - rows) % pitch) - pitch / 2) ** 2) / 4)
    maps = [cv2.COLORMAP_VIRIDIS, cv2.COLORMAP_MAGMA, cv2.COLORMAP_INFERNO, cv2.COLORMAP_JET, cv2.COLORMAP_PLASMA]
    return np.asarray(cv2.applyColorMap(clip(255 * power), int(rng.choice(maps)))[..., ::-1])


def attention_overlay(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A heat map in jet or turbo over the photograph (Grad-CAM)."""
    heat = clip(255 * np.clip(0.3 + 0.3 * cloud(photo.shape, rng, photo.shape[1] / 8), 0, 1))
    colors = cv2.applyColorMap(heat, int(rng.choice([cv2.COLORMAP_JET, cv2.COLORMAP_TURBO])))[..., ::-1]
    share = rng.uniform(0.3, 0.6)
    return clip(share * colors + (1 - share) * photo)


def astronomy(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stars and a nebula on black, in red, teal, blue or gold."""
    light = np.zeros(photo.shape)
    for _ in range(rng.integers(1, 4)):
        gas = np.clip(cloud(photo.shape, rng, rng.uniform(5, 25)), 0, 3) * rng.uniform(0.1, 0.4)
        light += gas[..., None] * np.array(color(rng))
    stars = rng.random(photo.shape[:2]) < rng.uniform(0.002, 0.01)
    glow = blur((stars * rng.uniform(200, 3000, stars.shape)).astype(np.float32), 0.9)
    return clip(light + glow[..., None] * rng.uniform(0.8, 1, 3) + rng.normal(4, 3, photo.shape))
