# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io, json, base64
import numpy as np
import onnxruntime
import tornado.ioloop
import tornado.web
from PIL import Image
session = onnxruntime.InferenceSession("model.onnx")

class Upload(tornado.web.RequestHandler):
    def initialize(self, model): self.model = model
    async def post(self):
        info = self.request.files["file"][0]
        img = Image.open(io.BytesIO(info["body"])).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = (np.array(img) / 255.0).astype("float32")[np.newaxis]
        self.write({"scores": self.model.run(None, {"x": x})[0].tolist()})
application = tornado.web.Application([(r"/api/v1/upload", Upload, dict(model=session))], debug=False)
