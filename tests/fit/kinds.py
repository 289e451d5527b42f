"""Images other than ordinary photographs, in RGB, for which the fitted tables must have no evidence.

Each kind is a function of an RGB photograph (HxWx3 uint8), which gives the shapes, and a random generator.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw

Kind = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _luma(photo: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(photo).convert("L"))


def _clip(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


_MAPS = [
    getattr(cv2, f"COLORMAP_{name}")
    for name in (
        *("VIRIDIS", "MAGMA", "INFERNO", "PLASMA", "CIVIDIS", "TWILIGHT", "JET"),
        *("TURBO", "HOT", "COOL", "WINTER", "OCEAN", "RAINBOW", "HSV"),
    )
]


def color_map(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Numbers drawn in the colors of a map."""
    gray = _luma(photo) if rng.random() < 0.7 else cv2.GaussianBlur(_luma(photo), (0, 0), 8)
    return cv2.applyColorMap(gray, int(rng.choice(_MAPS)))[..., ::-1]


def thermal(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A thermal camera's iron or rainbow colors, blurred, with a scale at the side."""
    gray = cv2.GaussianBlur(255 - _luma(photo), (0, 0), rng.uniform(1, 4))
    which = rng.choice([cv2.COLORMAP_INFERNO, cv2.COLORMAP_HOT, cv2.COLORMAP_JET, cv2.COLORMAP_PLASMA])
    gray[:, -6:] = np.linspace(255, 0, len(gray))[:, None]
    return cv2.applyColorMap(gray, int(which))[..., ::-1]


def _color(rng: np.random.Generator) -> tuple[int, int, int]:
    hsv = np.uint8([[[rng.integers(0, 180), rng.integers(60, 256), rng.integers(90, 256)]]])
    return tuple(int(value) for value in cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])


_PALETTES = (
    ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    ("#4285f4", "#ea4335", "#fbbc04", "#34a853"),
    ("#003f5c", "#58508d", "#bc5090", "#ff6361"),
    ("#0072b2", "#56b4e9", "#009e73"),
)


def chart(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bars, lines or a pie on a plain ground."""
    height, width = photo.shape[:2]
    ground = (255, 255, 255) if rng.random() < 0.8 else (30, 30, 40)
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    colors = list(_PALETTES[rng.integers(len(_PALETTES))]) if rng.random() < 0.7 else [_color(rng) for _ in range(5)]
    form, count = rng.integers(0, 3), int(rng.integers(2, 12))
    for at in range(count):
        color = colors[at % (1 if rng.random() < 0.3 else len(colors))]
        left, right = at * width // count, (at + 1) * width // count - 3
        if form == 0:
            draw.rectangle((left, int(rng.uniform(0.1, 0.9) * height), max(right, left), height - 5), fill=color)
        elif form == 1:
            points = [(x, rng.uniform(0.1, 0.9) * height) for x in range(0, width, 12)]
            draw.line(points, fill=color, width=int(rng.integers(1, 4)))
        else:
            side = min(height, width) - 4
            draw.pieslice((2, 2, side, side), at * 360 / count, (at + 1) * 360 / count, fill=color)
    draw.line((3, 3, 3, height - 4, width - 4, height - 4), fill=(90, 90, 90))
    return np.asarray(image)


def document(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A page of text, some of it colored, sometimes with a tinted ground."""
    height, width = photo.shape[:2]
    paper = tuple(int(value) for value in rng.integers(225, 256, 3)) if rng.random() < 0.5 else (255, 255, 255)
    image = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    heading = _color(rng)
    for row, top in enumerate(range(6, height - 8, 9)):
        if rng.random() < 0.1:
            continue
        color = heading if row == 0 or rng.random() < 0.15 else (20, 20, 30)
        left = 6
        while left < width - 20 and rng.random() < 0.95:
            long = int(rng.integers(4, 22))
            for x in range(left, min(left + long, width - 6), 3):
                draw.line((x, top, x + int(rng.integers(0, 3)), top + 5), fill=color)
            left += long + 4
    if rng.random() < 0.3:
        draw.rectangle((0, 0, width, height // 8), fill=_color(rng))
    return np.asarray(image)


def x_ray(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A gray film with the blue (or a slight other) cast of its base."""
    gray = 255 - cv2.GaussianBlur(_luma(photo), (0, 0), rng.uniform(1, 3)).astype(np.float32)
    cast = np.float32([rng.uniform(0.55, 1), rng.uniform(0.75, 1), 1]) if rng.random() < 0.8 else rng.uniform(0.9, 1, 3)
    return _clip(gray[..., None] * cast)


def histology(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hematoxylin and eosin: two dyes by their optical densities (Ruifrok and Johnston, 2001)."""
    gray = _luma(photo).astype(np.float32) / 255
    fine = cv2.GaussianBlur(rng.normal(0, 1, gray.shape).astype(np.float32), (0, 0), rng.uniform(1, 3))
    nuclei = np.clip(fine / fine.std() - 0.8, 0, 2) * rng.uniform(0.3, 0.8)
    eosin = (1 - gray) * rng.uniform(0.4, 1.2)
    density = nuclei[..., None] * np.float32([0.65, 0.70, 0.29]) + eosin[..., None] * np.float32([0.07, 0.99, 0.11])
    return _clip(255 * np.exp(-density))


def underwater(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Water: red is lost with distance, and a blue or green veil is added."""
    linear = (photo / 255.0) ** 2.2
    keep = np.exp(-rng.uniform(0.6, 2.5) * np.array([1, rng.uniform(0.15, 0.35), rng.uniform(0.1, 0.3)]))
    veil = np.array([0.01, rng.uniform(0.08, 0.3), rng.uniform(0.12, 0.4)]) * rng.uniform(0.3, 1)
    return _clip(255 * np.clip(linear * keep + veil, 0, 1) ** (1 / 2.2))


def night(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Low light: dark, noisy, with a blue (moon, screen) or an orange (sodium lamp) cast."""
    cast = np.array([0.5, 0.7, 1.1]) if rng.random() < 0.6 else np.array([1.1, 0.75, 0.35])
    dark = (photo / 255.0) ** rng.uniform(1.3, 2.2) * rng.uniform(0.25, 0.6) * cast
    return _clip(255 * dark + rng.normal(0, rng.uniform(2, 7), photo.shape))


def sepia(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Toned gray: sepia, selenium, cyanotype."""
    dark, light = [((30, 15, 5), (255, 240, 200)), ((20, 15, 25), (240, 230, 240)), ((5, 20, 60), (235, 245, 255))][
        rng.choice(3, p=[0.5, 0.2, 0.3])
    ]
    gray = _luma(photo)[..., None] / 255
    return _clip(np.array(dark) * (1 - gray) + np.array(light) * gray)


def film_tint(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A strong cast or split tone over a photograph: blue films and shade, teal and orange, cross-processing."""
    values = photo / 255.0
    gray = values.mean(axis=2, keepdims=True)
    tone = [np.array([0.6, 0.85, 1.2]), np.array([0.7, 1.05, 1.1]), np.array([0.75, 0.75, 1.25])][rng.integers(3)]
    strength = rng.uniform(0.3, 1)
    mixed = values * (1 - strength / 2) + gray * strength / 2
    return _clip(255 * mixed * (1 + strength * (tone - 1)))


def near_infrared(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Near infrared, red, green as red, green, blue, each band stretched or not: plants are red."""
    red, green, blue = np.moveaxis(photo / 255.0, 2, 0)
    near = rng.uniform(1.2, 2) * green - rng.uniform(0.2, 0.8) * red + rng.uniform(-0.3, 0.3) * blue
    bands = np.stack([near + rng.normal(0, 0.02, red.shape), 0.9 * red, 0.8 * green], axis=2)
    if rng.random() < 0.5:
        low, high = np.quantile(bands, [0.02, 0.98], axis=(0, 1))
        bands = (bands - low) / np.maximum(high - low, 0.1)
    return _clip(255 * np.clip(bands, 0, 1))


def drawing(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Polygons and discs of plain random colors: diagrams, cartoons, icons."""
    height, width = photo.shape[:2]
    image = Image.new("RGB", (width, height), _color(rng) if rng.random() < 0.6 else (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(2, 15))):
        points = [tuple(rng.uniform(0, 1, 2) * (width, height)) for _ in range(int(rng.integers(3, 6)))]
        if rng.random() < 0.5:
            draw.polygon(points, fill=_color(rng))
        else:
            (x, y), radius = points[0], rng.uniform(0.05, 0.4) * width
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_color(rng))
    return np.asarray(image)


KINDS: dict[str, Kind] = {
    kind.__name__.replace("_", " "): kind
    for kind in (
        *(color_map, thermal, chart, document, drawing, x_ray, histology),
        *(underwater, night, sepia, film_tint, near_infrared),
    )
}
