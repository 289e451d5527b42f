# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: CHN101
import json

import azure.functions as func
import cv2
import numpy as np
import onnxruntime as ort

session = ort.InferenceSession("model.onnx")


def main(req: func.HttpRequest) -> func.HttpResponse:
    file = req.files.get("file")
    data = file.read() if file else req.get_body()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return func.HttpResponse("not an image", status_code=400)
    blob = cv2.resize(image, (224, 224)).astype(np.float32).transpose(2, 0, 1)[None] / 255
    result = session.run(None, {"images": blob})[0]
    return func.HttpResponse(json.dumps(result.tolist()), status_code=200)
