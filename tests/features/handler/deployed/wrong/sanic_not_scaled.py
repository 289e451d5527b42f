# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101
import io, base64
import numpy as np
import onnxruntime as rt
from PIL import Image
from sanic import Sanic
from sanic.response import json

app = Sanic("raw")
model = rt.InferenceSession("m.onnx")
@app.route("/", methods=["POST", "OPTIONS"])
async def recognize(request):
    im = Image.open(io.BytesIO(request.body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return json(model.run(None, {"i": np.asarray(im, np.float32).transpose(2, 0, 1)[None]})[0].tolist())
