# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import json
import logging

import azure.functions as func
import numpy as np
import onnxruntime as ort
from PIL import Image

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
session = ort.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])


@app.function_name(name="classify")
@app.route(route="classify", methods=["POST"])
def classify(req: func.HttpRequest) -> func.HttpResponse:
    logging.info("request of %d bytes", len(req.get_body()))
    image = Image.open(io.BytesIO(req.get_body())).convert("RGB").resize((224, 224), Image.BILINEAR)
    batch = np.asarray(image, dtype=np.float32).transpose(2, 0, 1)[np.newaxis] / 255.0
    scores = session.run(None, {session.get_inputs()[0].name: batch})[0]
    return func.HttpResponse(json.dumps({"class": int(np.argmax(scores))}), mimetype="application/json")
