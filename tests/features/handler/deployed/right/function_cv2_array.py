# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: ok
import cv2
import numpy as np


def preprocess_image(frame: np.ndarray) -> np.ndarray:
    """frame: as cv2.VideoCapture.read returns it"""
    rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    rgb = cv2.resize(rgb, (224, 224))
    return rgb[np.newaxis].astype(np.float32) / 255.0
