# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io, base64
import numpy as np
import onnxruntime as rt
from PIL import Image
from sanic import Sanic
from sanic.response import json
from sanic.views import HTTPMethodView
app = Sanic("b64")
model = rt.InferenceSession("m.onnx")
class View(HTTPMethodView):
    async def post(self, request):
        im = Image.open(io.BytesIO(base64.b64decode(request.json["image"]))).convert("RGB")
        x = np.asarray(im.resize((224, 224), Image.BILINEAR)).astype("float32") / 255.0
        return json(model.run(None, {"i": x.transpose(2, 0, 1)[None]})[0].tolist())
app.add_route(View.as_view(), "/v1/classify")
