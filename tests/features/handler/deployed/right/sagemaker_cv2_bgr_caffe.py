# spec: {shape: [N, 3, 300, 300], dtype: float32, channel_order: BGR, value_range: [0, 255], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {library: opencv, exif: apply}}
# expect: ok
import os

import cv2
import numpy as np


def model_fn(model_dir):
    proto = os.path.join(model_dir, "deploy.prototxt")
    weights = os.path.join(model_dir, "res10_300x300_ssd.caffemodel")
    return cv2.dnn.readNetFromCaffe(proto, weights)


def input_fn(request_body, content_type):
    frame = cv2.imdecode(np.frombuffer(request_body, dtype=np.uint8), cv2.IMREAD_COLOR)
    if frame is None:
        raise ValueError("could not decode image")
    return frame


def predict_fn(frame, net):
    h, w = frame.shape[:2]
    blob = cv2.dnn.blobFromImage(cv2.resize(frame, (300, 300)), 1.0, (300, 300))
    net.setInput(blob)
    detections = net.forward()
    return [(float(d[2]), d[3:7] * np.array([w, h, w, h])) for d in detections[0, 0]]
