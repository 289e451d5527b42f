# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io

import numpy as np
import onnxruntime as ort
from aiohttp import web
from PIL import Image

routes = web.RouteTableDef()
session = ort.InferenceSession("model.onnx")


@routes.get("/ping")
async def ping(request):
    return web.Response(text="ok")


@routes.post("/predict")
async def predict(request: web.Request) -> web.Response:
    data = await request.post()
    picture = Image.open(io.BytesIO(data["image"].file.read())).convert("RGB")
    x = np.asarray(picture.resize((224, 224), Image.BILINEAR), np.float32) / 255.0
    y = session.run(None, {"input": x.transpose(2, 0, 1)[np.newaxis]})[0]
    return web.json_response({"scores": y.tolist()})


app = web.Application(client_max_size=20 * 1024**2)
app.add_routes(routes)

if __name__ == "__main__":
    web.run_app(app, port=8080)
