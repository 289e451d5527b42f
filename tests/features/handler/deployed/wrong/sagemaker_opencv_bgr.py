# spec: {shape: [N, 3, 640, 640], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: CHN101
import os

import cv2
import numpy as np
import onnxruntime as ort


def model_fn(model_dir):
    return ort.InferenceSession(os.path.join(model_dir, "yolov5s.onnx"))


def input_fn(request_body, request_content_type):
    jpg_as_np = np.frombuffer(request_body, dtype=np.uint8)
    return cv2.imdecode(jpg_as_np, flags=1)


def predict_fn(img, sess):
    img = cv2.resize(img, (640, 640))
    img = img.astype(np.float32) / 255.0
    img = img.transpose(2, 0, 1)[None]
    return sess.run([sess.get_outputs()[0].name], {sess.get_inputs()[0].name: img})
