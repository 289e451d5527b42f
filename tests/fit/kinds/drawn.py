"""Images made by programs and artists: charts, pages, screens, maps, drawings, games."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from kinds.tools import blur, clip, cloud, color, gradient, luma

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
    colors = list(_PALETTES[rng.integers(len(_PALETTES))]) if rng.random() < 0.7 else [color(rng) for _ in range(5)]
    form, count = rng.integers(0, 3), int(rng.integers(2, 12))
    for at in range(count):
        fill = colors[at % (1 if rng.random() < 0.3 else len(colors))]
        left, right = at * width // count, (at + 1) * width // count - 3
        if form == 0:
            draw.rectangle((left, int(rng.uniform(0.1, 0.9) * height), max(right, left), height - 5), fill=fill)
        elif form == 1:
            points = [(x, rng.uniform(0.1, 0.9) * height) for x in range(0, width, 12)]
            draw.line(points, fill=fill, width=int(rng.integers(1, 4)))
        else:
            side = min(height, width) - 4
            draw.pieslice((2, 2, side, side), at * 360 / count, (at + 1) * 360 / count, fill=fill)
    draw.line((3, 3, 3, height - 4, width - 4, height - 4), fill=(90, 90, 90))
    return np.asarray(image)


def _words(draw: ImageDraw.ImageDraw, row: tuple[int, int, int], fill: tuple[int, ...], rng: np.random.Generator):
    """Strokes like words in one row: left, right, top."""
    left, right, top = row
    while left < right - 20 and rng.random() < 0.95:
        long = int(rng.integers(4, 22))
        for x in range(left, min(left + long, right - 6), 3):
            draw.line((x, top, x + int(rng.integers(0, 3)), top + 5), fill=fill)
        left += long + 4
    return left


def document(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A page of text, some of it colored, sometimes with a tinted ground."""
    height, width = photo.shape[:2]
    paper = tuple(int(value) for value in rng.integers(225, 256, 3)) if rng.random() < 0.5 else (255, 255, 255)
    image = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    heading = color(rng)
    for row, top in enumerate(range(6, height - 8, 9)):
        if rng.random() >= 0.1:
            _words(draw, (6, width, top), heading if row == 0 or rng.random() < 0.15 else (20, 20, 30), rng)
    if rng.random() < 0.3:
        draw.rectangle((0, 0, width, height // 8), fill=color(rng))
    return np.asarray(image)


def drawing(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Polygons and discs of plain random colors: diagrams, cartoons, icons."""
    height, width = photo.shape[:2]
    image = Image.new("RGB", (width, height), color(rng) if rng.random() < 0.6 else (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(2, 15))):
        points = [tuple(rng.uniform(0, 1, 2) * (width, height)) for _ in range(int(rng.integers(3, 6)))]
        if rng.random() < 0.5:
            draw.polygon(points, fill=color(rng))
        else:
            (x, y), radius = points[0], rng.uniform(0.05, 0.4) * width
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color(rng))
    return np.asarray(image)


def editor(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Source text in colors on a dark or light ground, with bars of a program around it."""
    height, width = photo.shape[:2]
    dark = rng.random() < 0.6
    ground = [(30, 30, 30), (40, 44, 52), (0, 43, 54), (39, 40, 34)] if dark else [(255, 255, 255), (253, 246, 227)]
    image = Image.new("RGB", (width, height), ground[rng.integers(len(ground))])
    draw = ImageDraw.Draw(image)
    usual = [(212, 212, 212), (86, 156, 214), (206, 145, 120), (106, 153, 85), (197, 134, 192), (220, 220, 170)]
    colors = usual if dark else [(0, 0, 0), (0, 0, 255), (163, 21, 21), (0, 128, 0), (121, 94, 38)]
    if rng.random() < 0.6:
        draw.rectangle((0, height - 8, width, height), fill=(0, 122, 204) if rng.random() < 0.5 else color(rng))
    for top in range(4, height - 14, 8):
        left = 14 + 8 * int(rng.integers(0, 4))
        while left < width and rng.random() < 0.8:
            left = (
                _words(draw, (left, left + int(rng.integers(24, 60)), top), colors[rng.integers(len(colors))], rng) + 3
            )
    return np.asarray(image)


def web_page(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White with a colored bar, buttons, text, and the photograph in a corner."""
    height, width = photo.shape[:2]
    image = Image.fromarray(document(photo, rng))
    draw = ImageDraw.Draw(image)
    theme = color(rng)
    draw.rectangle((0, 0, width, int(height * rng.uniform(0.08, 0.25))), fill=theme)
    if rng.random() < 0.5:
        small = Image.fromarray(photo).resize((width // 3, height // 3))
        image.paste(small, (int(rng.integers(0, width * 2 // 3)), height // 3))
    for _ in range(rng.integers(1, 5)):
        x, y = int(rng.integers(0, width - 40)), int(rng.integers(height // 4, height - 12))
        draw.rounded_rectangle((x, y, x + 36, y + 11), 4, fill=theme)
    return np.asarray(image)


def street_map(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ground, water, parks and roads, on a screen or on noisy paper."""
    height, width = photo.shape[:2]
    areas = cloud(photo.shape, rng, rng.uniform(8, 25))
    lands = [((242, 239, 233), (170, 211, 223), (200, 230, 190)), ((36, 47, 62), (23, 38, 60), (38, 60, 63))]
    lands.append(((245, 235, 200), (150, 190, 230), (190, 215, 150)))
    land, water, park = (np.array(part, float) for part in lands[rng.integers(len(lands))])
    level = rng.uniform(0.5, 1.5)
    pixels = np.where((areas > level)[..., None], water, np.where((areas < -0.7)[..., None], park, land))
    image = Image.fromarray(clip(pixels))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(5, 30)):
        points = [tuple(rng.uniform(-0.2, 1.2, 2) * (width, height)) for _ in range(2)]
        road = [(255, 255, 255), (252, 214, 164), (247, 250, 191), (232, 146, 162)][rng.integers(4)]
        draw.line(points, fill=road, width=int(rng.integers(1, 5)))
    paper = rng.normal(0, rng.uniform(1, 5), photo.shape) if rng.random() < 0.5 else 0
    return clip(np.asarray(image) + paper)


def blueprint(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White lines on blue paper."""
    lines = cv2.Canny(luma(photo), 60, 160) / 255.0
    ground = np.array([rng.uniform(10, 60), rng.uniform(50, 110), rng.uniform(120, 190)])
    paper = ground * (1 + rng.uniform(0, 0.06) * cloud(photo.shape, rng, 10)[..., None])
    return clip(paper + (255 - paper) * blur(lines, 0.6)[..., None] * rng.uniform(0.6, 1.2))


def cartoon(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The photograph in few plain colors of strong saturation, with dark outlines."""
    smooth = cv2.bilateralFilter(np.ascontiguousarray(photo), 9, 60, 7)
    hsv = cv2.cvtColor(smooth, cv2.COLOR_RGB2HSV).astype(float)
    hsv[..., 0] = (np.round(hsv[..., 0] / 15) * 15 + rng.choice([0, rng.integers(0, 180)])) % 180
    hsv[..., 1:] = np.round(hsv[..., 1:] * np.array([1.6, 1.1]) / 51) * 51
    plain = cv2.cvtColor(clip(hsv), cv2.COLOR_HSV2RGB)
    return np.where((cv2.Canny(luma(smooth), 60, 120) > 0)[..., None], np.uint8(20), plain)


def flat_illustration(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Layers of hills, a sky and a sun in a palette of a designer, with soft gradients and grain."""
    height, width = photo.shape[:2]
    hues = [np.array(color(rng), float) for _ in range(2)]
    rows = np.linspace(0, 1, height)[:, None, None]
    pixels = hues[0] * (1 - rows * 0.6) + 255 * rows * 0.6 + np.zeros(photo.shape)
    for layer in range(rng.integers(2, 6)):
        line = height * (0.3 + 0.13 * layer) + 12 * cloud((1, width), rng, rng.uniform(8, 40))[0]
        tone = hues[1] * (1 - 0.13 * layer) + rng.normal(0, 10, 3)
        pixels = np.where((np.arange(height)[:, None] > line)[..., None], tone, pixels)
    return clip(pixels + rng.normal(0, rng.choice([0, 2, 6]), photo.shape))


def game(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A rendered scene: gradient sky, textured ground, blocks in bright colors, bars of health."""
    height, width = photo.shape[:2]
    skies = [("#4a90d9", "#c8e6ff"), ("#1a1033", "#b0413e"), ("#0b0f2a", "#27406b"), ("#87d3c0", "#f4f1bb")]
    rows = np.repeat(np.linspace(0, 1, height)[:, None], width, axis=1)
    pixels = gradient(rows, *skies[rng.integers(len(skies))]).astype(float)
    line = int(height * rng.uniform(0.4, 0.7))
    grain = 1 + 0.2 * cloud(photo.shape, rng, rng.uniform(0.5, 3))[..., None]
    pixels[line:] = (np.array(color(rng)) * 0.7 * grain)[line:]
    for _ in range(rng.integers(2, 12)):
        x, y, size = rng.integers(0, width), rng.integers(line // 2, height), rng.integers(8, 50)
        fill = np.array(color(rng)) * grain
        pixels[y : y + size, x : x + size] = fill[y : y + size, x : x + size] * rng.uniform(0.5, 1)
    image = Image.fromarray(clip(pixels))
    draw = ImageDraw.Draw(image)
    draw.rectangle((6, 6, 6 + int(rng.integers(20, 70)), 12), fill=(220, 40, 40))
    draw.rectangle((6, 15, 6 + int(rng.integers(20, 70)), 21), fill=(50, 110, 240))
    return np.asarray(image)


def spheres(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shaded spheres in random colors on a plain ground."""
    height, width = photo.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(float)
    pixels = np.array(color(rng)) * (0.4 + 0.6 * rows / height)[..., None]
    for _ in range(rng.integers(1, 9)):
        radius = rng.uniform(0.08, 0.3) * width
        down, right = (rows - rng.uniform(0, height)) / radius, (columns - rng.uniform(0, width)) / radius
        up = np.sqrt(np.clip(1 - down**2 - right**2, 0, 1))
        light = np.clip(0.15 + 0.85 * (0.6 * up - 0.5 * down - 0.5 * right), 0.1, 1)
        ball = np.array(color(rng)) * light[..., None] + 255 * (light[..., None] ** 30) * 0.7
        pixels = np.where((up > 0)[..., None], ball, pixels)
    return clip(pixels + rng.normal(0, rng.choice([0, 1.5]), photo.shape))


def wallpaper(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two to four colors that pass into each other."""
    wide = photo.shape[1] / 6
    weights = np.stack([np.exp(1.5 * cloud(photo.shape, rng, wide)) for _ in range(rng.integers(2, 5))], axis=-1)
    pixels = (weights / weights.sum(axis=-1, keepdims=True)) @ np.array([color(rng) for _ in range(weights.shape[-1])])
    return clip(pixels + rng.normal(0, rng.choice([0, 1, 4]), photo.shape))


def painting(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Broad strokes in the colors of another range: fauvist, pastel, or with yellowed varnish."""
    smooth = cv2.medianBlur(np.ascontiguousarray(photo), 9).astype(float)
    strokes = smooth * (1 + 0.08 * cloud(photo.shape, rng, 1.2)[..., None])
    form = rng.integers(0, 3)
    if form == 0:
        mixed = (strokes - 128) @ (np.eye(3) + rng.normal(0, 0.35, (3, 3))) + 128
        return clip(mixed * 1.3 - 30)
    return clip(strokes * 0.6 + 100) if form == 1 else clip(strokes * np.array([1, 0.85, 0.55]))


def comic(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Halftone dots in two or three colors on paper."""
    rows, columns = np.mgrid[0 : photo.shape[0], 0 : photo.shape[1]]
    pitch = rng.uniform(2.5, 5)
    paper = np.array([250, 245, 225], float) * np.ones(photo.shape)
    for at in range(rng.integers(2, 4)):
        angle = np.pi * (0.1 + 0.2 * at)
        wave = np.cos((rows * np.cos(angle) + columns * np.sin(angle)) * 2 * np.pi / pitch)
        other = np.cos((columns * np.cos(angle) - rows * np.sin(angle)) * 2 * np.pi / pitch)
        dots = (wave + other) / 4 + 0.5 > photo[..., at] / 255
        paper = np.where(dots[..., None], paper * np.array(color(rng)) / 255, paper)
    return clip(paper)


def mosaic(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stained glass: cells of random colors with light and dark joints."""
    height, width = photo.shape[:2]
    count = int(rng.integers(10, 80))
    points = rng.uniform(0, 1, (count, 2)) * (height, width)
    rows, columns = np.mgrid[0:height, 0:width]
    away = (rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2
    cells, edge = away.argmin(axis=-1), np.diff(np.sort(np.sqrt(away), axis=-1)[..., :2])[..., 0] < 2
    glass = np.array([color(rng) for _ in range(count)])[cells] * (0.6 + 0.4 * luma(photo)[..., None] / 255)
    return clip(np.where(edge[..., None], 25, glass))


def product(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Part of the photograph cut out, recolored at times, on white, with a soft shadow."""
    height, width = photo.shape[:2]
    mask = np.zeros((height, width), np.float32)
    middle, axes = (
        (width // 2, height // 2),
        (int(width * rng.uniform(0.15, 0.42)), int(height * rng.uniform(0.15, 0.42))),
    )
    if rng.random() < 0.5:
        cv2.ellipse(mask, middle, axes, 0, 0, 360, 1.0, -1)
    else:
        mask[middle[1] - axes[1] : middle[1] + axes[1], middle[0] - axes[0] : middle[0] + axes[0]] = 1
    shape = blur(mask, 0.8)[..., None]
    shadow = 255 - 60 * blur(np.roll(mask, 6, axis=0), 8)[..., None]
    if rng.random() < 0.5:
        photo = clip(luma(photo)[..., None] * (0.3 + np.array(color(rng)) / 255))
    return clip(shape * photo + (1 - shape) * shadow)


def green_screen(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Part of the photograph before a green or blue screen with uneven light."""
    height, width = photo.shape[:2]
    screen = np.array([40, 190, 70] if rng.random() < 0.6 else [30, 70, 200]) * (
        1 + 0.08 * cloud(photo.shape, rng, width / 6)[..., None]
    )
    rows, columns = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    person = np.hypot((columns - rng.uniform(0.3, 0.7)) * 2.5, rows - 0.8) < rng.uniform(0.4, 0.7)
    soft = blur(person.astype(np.float32), 1)[..., None]
    return clip(soft * photo + (1 - soft) * screen + rng.normal(0, 2, photo.shape))


def code_square(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A QR code in one color on white or a pale color, sharp or photographed."""
    side = int(rng.integers(21, 41))
    squares = (rng.random((side, side)) < 0.5).astype(np.uint8)
    for row, column in ((0, 0), (0, side - 7), (side - 7, 0)):
        squares[row : row + 7, column : column + 7] = 1
        squares[row + 1 : row + 6, column + 1 : column + 6] = 0
        squares[row + 2 : row + 5, column + 2 : column + 5] = 1
    size = photo.shape[1], photo.shape[0]
    dark = cv2.resize(squares, size, interpolation=cv2.INTER_NEAREST)[..., None].astype(np.float32)
    ink = np.array(color(rng)) * rng.uniform(0.2, 0.8)
    light = np.array(color(rng)) * 0.2 + 204 if rng.random() < 0.5 else np.full(3, 255.0)
    pixels = dark * ink + (1 - dark) * light
    if rng.random() < 0.5:
        shade = 1 + 0.1 * cloud(photo.shape, rng, photo.shape[1] / 5)[..., None]
        pixels = blur(np.asarray(pixels, np.float32), 1) * shade + rng.normal(0, 3, photo.shape)
    return clip(pixels)
