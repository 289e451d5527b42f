# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import numpy as np
from PIL import Image
IMG = 224
def load_image(path):
    return Image.open(path).convert("RGB")
def preprocess(image):
    image = image.resize((IMG, IMG), Image.BILINEAR)
    return np.expand_dims(np.asarray(image, np.float32) / 255.0, 0)
