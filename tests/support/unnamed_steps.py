"""Steps that `identify` has no name for: of their tensors no pipeline may be called exact."""

import io

import cv2
import numpy as np
from classic_mistakes import BILINEAR, SIDE, imagenet, nchw, opencv, pillow, stretch, unit
from PIL import Image, ImageEnhance, ImageFilter


def blur(body):
    return nchw(unit(cv2.GaussianBlur(cv2.resize(opencv(body), (SIDE, SIDE)), (5, 5), 0)[..., ::-1]))


def sharpen(body):
    return nchw(imagenet(stretch(body).filter(ImageFilter.SHARPEN)))


def saturate(body):
    return nchw(imagenet(ImageEnhance.Color(stretch(body)).enhance(1.5)))


def compress_as_webp(body):
    out = io.BytesIO()
    pillow(body).save(out, "WEBP", quality=80)
    return nchw(imagenet(stretch(out.getvalue())))


def square_by_reflection(body):
    image = opencv(body)
    high, wide = image.shape[:2]
    top, left = (max(high, wide) - high) // 2, (max(high, wide) - wide) // 2
    image = cv2.copyMakeBorder(image, top, top, left, left, cv2.BORDER_REFLECT_101)
    return nchw(unit(cv2.resize(image, (SIDE, SIDE))[..., ::-1]))


def erase(body):
    """RandomErasing of a training pipeline."""
    image = imagenet(stretch(body))
    image[60:120, 90:170] = 0
    return nchw(image)


def add_noise(body):
    return (unit(stretch(body)) + np.random.default_rng(1).normal(0, 0.02, (SIDE, SIDE, 3)).astype(np.float32))[None]


def few_colors(body):
    return nchw(unit(stretch(body).convert("P", palette=Image.Palette.ADAPTIVE).convert("RGB")))


def rotate(body):
    return nchw(imagenet(pillow(body).rotate(10).resize((SIDE, SIDE), BILINEAR)))


def roll(body):
    return nchw(imagenet(np.roll(np.asarray(stretch(body)), (3, 5), (0, 1))))


UNNAMED = {
    "blur": blur,
    "sharpening": sharpen,
    "saturation": saturate,
    "WebP": compress_as_webp,
    "border by reflection": square_by_reflection,
    "erased rectangle": erase,
    "noise": add_noise,
    "palette": few_colors,
    "rotation by 10 degrees": rotate,
    "roll": roll,
}
"""Name: the function from the bytes of an image file to a tensor of which no name is right."""
