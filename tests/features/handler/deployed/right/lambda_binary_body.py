# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: ok
import base64
import json

import cv2
import numpy as np

net = cv2.dnn.readNetFromONNX("model.onnx")


def handler(event, context):
    raw = base64.b64decode(event["body"]) if event.get("isBase64Encoded") else event["body"].encode()
    img = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    if img is None:
        return {"statusCode": 400, "body": "not an image"}
    img = cv2.cvtColor(img, cv2.COLOR_BGR2RGB)
    img = cv2.resize(img, (224, 224), interpolation=cv2.INTER_LINEAR)
    net.setInput(img[np.newaxis].astype(np.float32) / 255.0)
    scores = net.forward()
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(scores.tolist())}
