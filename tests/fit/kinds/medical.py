"""Images of laboratories and clinics: stains, films, endoscopes, fluorescence."""

from __future__ import annotations

import cv2
import numpy as np

from kinds.tools import blur, clip, cloud, luma


def _stain(dyes: list[tuple[np.ndarray, tuple[float, float, float]]]) -> np.ndarray:
    """Light through dyes: (amount HxW, optical density of red, green, blue) each."""
    density = sum(np.maximum(amount, 0)[..., None] * np.array(dye) for amount, dye in dyes)
    return clip(250 * np.exp(-density))


def x_ray(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A gray film with the blue (or a slight other) cast of its base."""
    gray = 255 - blur(luma(photo), rng.uniform(1, 3)).astype(np.float32)
    cast = np.float32([rng.uniform(0.55, 1), rng.uniform(0.75, 1), 1]) if rng.random() < 0.8 else rng.uniform(0.9, 1, 3)
    return clip(gray[..., None] * cast)


def histology(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hematoxylin and eosin: two dyes by their optical densities (Ruifrok and Johnston, 2001)."""
    nuclei = np.clip(cloud(photo.shape, rng, rng.uniform(1, 3)) - 0.8, 0, 2) * rng.uniform(0.3, 0.8)
    eosin = (1 - luma(photo) / 255) * rng.uniform(0.4, 1.2)
    return _stain([(nuclei, (0.65, 0.70, 0.29)), (eosin, (0.07, 0.99, 0.11))])


def immunohistology(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hematoxylin (blue) and DAB (brown)."""
    nuclei = np.clip(cloud(photo.shape, rng, rng.uniform(1, 3)) - 0.5, 0, 2) * rng.uniform(0.3, 0.9)
    brown = (1 - luma(photo) / 255) * np.clip(cloud(photo.shape, rng, 8), 0, 2) * rng.uniform(0.3, 1.5)
    return _stain([(nuclei, (0.65, 0.70, 0.29)), (brown, (0.27, 0.57, 0.78)), (nuclei * 0 + 0.05, (0.6, 0.7, 0.3))])


def pas_stain(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Periodic acid-Schiff: magenta, with blue nuclei."""
    nuclei = np.clip(cloud(photo.shape, rng, rng.uniform(1, 3)) - 1, 0, 2) * rng.uniform(0.3, 0.8)
    magenta = (1 - luma(photo) / 255) * rng.uniform(0.4, 1.4)
    return _stain([(nuclei, (0.65, 0.70, 0.29)), (magenta, (0.18, 0.91, 0.37))])


def blood_smear(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Giemsa: pink discs on a pale ground, a few violet cells."""
    height, width = photo.shape[:2]
    red, violet = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for _ in range(rng.integers(20, 120)):
        at, radius = (int(rng.integers(0, width)), int(rng.integers(0, height))), int(rng.integers(5, 12))
        cv2.circle(red, at, radius, float(rng.uniform(0.2, 0.5)), -1)
        cv2.circle(red, at, radius // 2, float(rng.uniform(0.1, 0.3)), -1)
    for _ in range(rng.integers(0, 5)):
        at = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(violet, at, int(rng.integers(8, 20)), float(rng.uniform(0.6, 1.3)), -1)
    grain = 0.03 * cloud(photo.shape, rng, 1)
    red, violet = blur(red, 1) + 0.04 + grain, blur(violet, 1.5) * (1 + 4 * grain)
    return _stain([(red, (0.1, 0.9, 0.5)), (violet, (0.75, 0.9, 0.25))])


def fundus(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A retina: an orange disc on black, with dark vessels and a bright spot."""
    height, width = photo.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    inside = np.hypot(rows - height / 2, columns - width / 2) < min(height, width) * rng.uniform(0.45, 0.5)
    spot = np.exp(-((rows - height / 2) ** 2 + (columns - width * rng.choice([0.3, 0.7])) ** 2) / (width / 14) ** 2)
    vessels = np.exp(-((cloud(photo.shape, rng, 6) / 0.08) ** 2)) * 0.3
    light = (0.55 + 0.15 * luma(photo) / 255 + 0.05 * cloud(photo.shape, rng, 20) - vessels)[..., None]
    base = np.array([rng.uniform(0.75, 1), rng.uniform(0.35, 0.55), rng.uniform(0.1, 0.3)])
    return clip(255 * (light * base + 0.5 * spot[..., None] * np.array([0.5, 0.6, 0.5])) * inside[..., None])


def endoscopy(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Wet red and pink walls, lit in the middle, with highlights, in a dark frame."""
    height, width = photo.shape[:2]
    rows, columns = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    lamp = np.clip(1.1 - 0.6 * np.hypot(rows, columns), 0, 1)
    relief = blur(luma(photo), 3) / 255.0 * 0.5 + 0.5 + 0.06 * cloud(photo.shape, rng, 4)
    shine = np.clip(cloud(photo.shape, rng, 3) - 2, 0, 1)[..., None] * 200
    base = np.array([1, rng.uniform(0.4, 0.65), rng.uniform(0.3, 0.6)])
    return clip(255 * (relief * lamp)[..., None] * base + shine)


def fluorescence(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dyes on black: blue nuclei (DAPI), and green, red, or both."""
    dyes = [(0.15, 0.25, 1), (0.1, 1, 0.2), (1, 0.15, 0.1), (0.9, 0.1, 0.9)]
    chosen = [0, *rng.choice([1, 2, 3], rng.integers(0, 3), replace=False)]
    light = np.zeros(photo.shape)
    for at in chosen:
        cells = np.clip(cloud(photo.shape, rng, rng.uniform(2, 6)) - rng.uniform(0.2, 1), 0, 2)
        light += (cells * (0.4 + 0.6 * luma(photo) / 255) * rng.uniform(0.4, 1))[..., None] * np.array(dyes[at])
    return clip(255 * light + rng.normal(3, 2, photo.shape))


def doppler(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ultrasound in gray with flow in red (towards) and blue (away)."""
    height, width = photo.shape[:2]
    speckle = np.abs(rng.normal(1, 0.4, (height, width)))
    gray = np.repeat((blur(luma(photo), 2) * 0.7 * speckle)[..., None], 3, axis=2)
    flow = cloud(photo.shape, rng, 12)[..., None]
    window = (np.abs(cloud(photo.shape, rng, 10)) > rng.uniform(0.6, 1.4))[..., None]
    away, towards = np.array([20, 90, 255]), np.array([255, 80, 10])
    colors = np.where(flow > 0, towards, away) * np.clip(np.abs(flow), 0.3, 1)
    return clip(np.where(window, colors, gray))
