# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
from aiohttp import web
import base64, io, numpy as np, onnxruntime
from PIL import Image
class Handler:
    def __init__(self): self.sess = onnxruntime.InferenceSession("a.onnx")
    async def infer(self, request):
        js = await request.json()
        im = Image.open(io.BytesIO(base64.b64decode(js["image"]))).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = (np.asarray(im) / 255).astype("float32").transpose(2, 0, 1)
        return web.json_response(self.sess.run(None, {"i": x[None]})[0].tolist())
def make_app():
    app = web.Application(); h = Handler()
    app.router.add_route("POST", "/infer", h.infer)
    return app
app = make_app()
