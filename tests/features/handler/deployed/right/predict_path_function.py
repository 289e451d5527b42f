# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import numpy as np, joblib
from PIL import Image
model = joblib.load("clf.joblib")
def load(path):
    return np.asarray(Image.open(path).convert("RGB").resize((224, 224), Image.BILINEAR), "float32")[None] / 255
def predict(image_path, verbose=False):
    return model.predict_proba(load(image_path))
