# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: CHN101
import base64

import cv2
import numpy as np

net = cv2.dnn.readNetFromONNX("/opt/model.onnx")


def lambda_handler(event, context):
    raw = base64.b64decode(event["body"])
    img = cv2.resize(cv2.imdecode(np.frombuffer(raw, np.uint8), 1), (224, 224))
    net.setInput((img / 255.0).astype(np.float32)[None])
    return net.forward().tolist()
