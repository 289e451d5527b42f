# spec: {shape: [N, 3, 640, 640], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: letterbox, size: [640, 640]}}
# expect: unknown
import io
import numpy as np
from PIL import Image
from ultralytics import YOLO
def model_fn(model_dir):
    return YOLO(model_dir + "/best.pt")
def input_fn(body, content_type):
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))[..., ::-1]
def predict_fn(data, model):
    return [box.tolist() for box in model(data)[0].boxes.xyxy]
