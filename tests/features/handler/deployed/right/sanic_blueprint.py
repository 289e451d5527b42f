# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import numpy as np, onnxruntime
from PIL import Image
from sanic import Blueprint, Sanic, response
bp = Blueprint("v1", url_prefix="/v1")
class Model:
    def __init__(self): self.s = onnxruntime.InferenceSession("m.onnx")
    def __call__(self, x): return self.s.run(None, {"x": x})[0]
model = Model()
@bp.post("/predict")
async def predict(request):
    if not request.files: return response.json({"error": "no file"}, status=400)
    f = request.files["file"][0]
    im = Image.open(io.BytesIO(f.body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = np.moveaxis(np.asarray(im, np.float32) / 255.0, -1, 0)[None]
    return response.json(model(x).tolist())
def create_app():
    app = Sanic("svc"); app.blueprint(bp); return app
app = create_app()
