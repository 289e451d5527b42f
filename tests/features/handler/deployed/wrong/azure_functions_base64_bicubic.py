# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: PIX106
import azure.functions as func
import base64, io, json
import numpy as np
from PIL import Image
import onnxruntime as rt
app = func.FunctionApp()
sess = None
def load():
    global sess
    if sess is None: sess = rt.InferenceSession("m.onnx")
    return sess
@app.route(route="predict", auth_level=func.AuthLevel.ANONYMOUS)
def predict(req: func.HttpRequest) -> func.HttpResponse:
    try:
        body = req.get_json()
    except ValueError:
        return func.HttpResponse("bad json", status_code=400)
    data = body.get("image_base64")
    if data is None:
        return func.HttpResponse("image_base64 missing", status_code=400)
    img = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB").resize((224, 224))
    x = np.array(img, dtype=np.float32).transpose(2, 0, 1)[None] / 255
    return func.HttpResponse(json.dumps(load().run(None, {"x": x})[0].tolist()), mimetype="application/json")
