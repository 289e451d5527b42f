# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import numpy as np
import onnxruntime as ort
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

net = ort.InferenceSession("model.onnx")


async def invoke(request):
    form = await request.form()
    raw = await form["image"].read()
    im = Image.open(io.BytesIO(raw)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return JSONResponse(np.asarray(net.run(None, {"x": np.asarray(im, np.float32)[None] / 255})[0]).tolist())


app = Starlette(routes=[Mount("/v1", routes=[Route("/predict", invoke, methods=["POST"])])])
