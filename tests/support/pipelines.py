"""Usual preprocessing with Pillow, OpenCV and NumPy: each with the spec that it must become."""

import io

import cv2
import numpy as np
from PIL import Image, ImageOps

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def pillow_stretch_unit(image):
    return np.asarray(image.convert("RGB").resize((224, 224)), np.float32)[None] / 255.0


def pillow_stretch_minus_one(image):
    pixels = np.array(image.convert("RGB").resize((160, 160), Image.BILINEAR)).astype("float32")
    return np.expand_dims(pixels / 127.5 - 1, 0)


def pillow_shortest_crop_imagenet(image):
    image = image.convert("RGB")
    width, height = image.size
    size = (int(256 * width / height), 256) if width > height else (256, int(256 * height / width))
    image = image.resize(size, Image.BILINEAR)
    left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
    return ((pixels - MEAN) / STD).transpose(2, 0, 1)[None]


def pillow_exif_lanczos(image):
    image = ImageOps.exif_transpose(image).convert("RGB").resize((128, 96), Image.LANCZOS)
    return np.asarray(image, np.uint8)[None]


def pillow_gray(image):
    pixels = np.asarray(image.convert("L").resize((28, 28), Image.BICUBIC), np.float32) / 255
    return pixels[None, None]


def pillow_bytes(body):
    image = Image.open(io.BytesIO(body)).convert("RGB").resize((64, 64), Image.NEAREST)
    return (np.asarray(image, np.float32).transpose(2, 0, 1) / 255)[None]


def opencv_caffe(path):
    pixels = cv2.resize(cv2.imread(path), (224, 224)).astype(np.float32)
    return (pixels - np.array([103.939, 116.779, 123.68], np.float32))[None]


def opencv_rgb_unit(path):
    pixels = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    return (cv2.resize(pixels, (320, 240)).astype(np.float32) / 255).transpose(2, 0, 1)[None]


def opencv_area(path):
    return cv2.resize(cv2.imread(path), (96, 96), interpolation=cv2.INTER_AREA)[None]


def opencv_cubic_bgr_half(path):
    pixels = cv2.resize(cv2.imread(path), (112, 112), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return ((pixels - 127.5) / 127.5).transpose(2, 0, 1)[None]


def opencv_letterbox(path):
    pixels = cv2.imread(path)
    scale = min(320 / pixels.shape[0], 320 / pixels.shape[1])
    width, height = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
    across, down = (320 - width) / 2, (320 - height) / 2
    top, bottom, left, right = round(down - 0.1), round(down + 0.1), round(across - 0.1), round(across + 0.1)
    pixels = cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return (pixels[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 255)[None]


def opencv_blob(path):
    return cv2.dnn.blobFromImage(cv2.imread(path), 1.0, (300, 300), (104, 117, 123))


def unknown_contrast(image):
    pixels = np.asarray(image.convert("RGB").resize((64, 64)), np.float32) / 255
    return np.clip(pixels**0.45 + 0.1 * np.sin(7 * pixels[:, ::-1]), 0, 1)[None]


RGB = {"layout": "NCHW", "dtype": "float32", "channel_order": "RGB"}
LAST = {**RGB, "layout": "NHWC"}
BGR = {**RGB, "channel_order": "BGR"}
IGNORE, OPENCV = {"exif": "ignore"}, {"exif": "apply"}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "RGB"}


def stretch(height, width, interpolation, library="pillow"):
    return {"mode": "stretch", "size": [height, width], "interpolation": interpolation, "library": library}


PIPELINES = {
    "pillow_stretch_unit": {
        **LAST,
        "shape": ["N", 224, 224, 3],
        "value_range": [0, 1],
        "decode": IGNORE,
        "resize": stretch(224, 224, "bicubic"),
    },
    "pillow_stretch_minus_one": {
        **LAST,
        "shape": ["N", 160, 160, 3],
        "value_range": [-1, 1],
        "decode": IGNORE,
        "resize": stretch(160, 160, "bilinear"),
    },
    "pillow_shortest_crop_imagenet": {
        **RGB,
        "shape": ["N", 3, 224, 224],
        "normalize": IMAGENET,
        "decode": IGNORE,
        "resize": {"mode": "shortest_edge", "size": 256, "interpolation": "bilinear", "crop": "center"},
    },
    "pillow_exif_lanczos": {
        **LAST,
        "shape": ["N", 96, 128, 3],
        "dtype": "uint8",
        "value_range": [0, 255],
        "decode": OPENCV,
        "resize": stretch(96, 128, "lanczos"),
    },
    "pillow_gray": {
        **RGB,
        "shape": ["N", 1, 28, 28],
        "channel_order": "GRAY",
        "value_range": [0, 1],
        "decode": IGNORE,
        "resize": stretch(28, 28, "bicubic"),
    },
    "pillow_bytes": {
        **RGB,
        "shape": ["N", 3, 64, 64],
        "value_range": [0, 1],
        "decode": IGNORE,
        "resize": stretch(64, 64, "nearest"),
    },
    "opencv_caffe": {
        **BGR,
        "layout": "NHWC",
        "shape": ["N", 224, 224, 3],
        "normalize": {"units": "byte", "mean": [103.939, 116.779, 123.68], "order": "BGR"},
        "decode": OPENCV,
        "resize": stretch(224, 224, "bilinear", "opencv"),
    },
    "opencv_rgb_unit": {
        **RGB,
        "shape": ["N", 3, 240, 320],
        "value_range": [0, 1],
        "decode": OPENCV,
        "resize": stretch(240, 320, "bilinear", "opencv"),
    },
    "opencv_area": {
        **BGR,
        "layout": "NHWC",
        "shape": ["N", 96, 96, 3],
        "dtype": "uint8",
        "value_range": [0, 255],
        "decode": OPENCV,
        "resize": stretch(96, 96, "area", "opencv"),
    },
    "opencv_cubic_bgr_half": {
        **BGR,
        "shape": ["N", 3, 112, 112],
        "value_range": [-1, 1],
        "decode": OPENCV,
        "resize": stretch(112, 112, "bicubic", "opencv"),
    },
    "opencv_letterbox": {
        **RGB,
        "shape": ["N", 3, 320, 320],
        "value_range": [0, 1],
        "decode": OPENCV,
        "resize": {
            "mode": "letterbox",
            "size": [320, 320],
            "fill": [114, 114, 114],
            "interpolation": "bilinear",
            "library": "opencv",
        },
    },
    "opencv_blob": {
        **BGR,
        "shape": ["N", 3, 300, 300],
        "normalize": {"units": "byte", "mean": [104, 117, 123], "order": "BGR"},
        "decode": OPENCV,
        "resize": stretch(300, 300, "bilinear", "opencv"),
    },
}
