# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND101
import io
import numpy as np, onnxruntime
from PIL import Image
import sanic
app = sanic.Sanic("svc2")
model = onnxruntime.InferenceSession("m.onnx")
@app.post("/")
async def predict(request):
    im = Image.open(io.BytesIO(request.body)).convert("RGB")
    x = np.asarray(im.resize((224, 224), Image.BILINEAR), np.float32) / 255
    x = x.transpose(2, 0, 1, 3)[None]
    return sanic.response.json(model.run(None, {"x": x})[0].tolist())
