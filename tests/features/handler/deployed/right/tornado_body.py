# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io, json, base64
import numpy as np
import onnxruntime
import tornado.ioloop
import tornado.web
from PIL import Image
session = onnxruntime.InferenceSession("model.onnx")

class PredictHandler(tornado.web.RequestHandler):
    def post(self):
        img = Image.open(io.BytesIO(self.request.body)).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(img, dtype=np.float32)[None] / 255.0
        self.write(json.dumps({"p": session.run(None, {"x": x})[0].tolist()}))
class Ping(tornado.web.RequestHandler):
    def get(self): self.write("ok")
def make_app():
    return tornado.web.Application([(r"/ping", Ping), (r"/invocations", PredictHandler)])
if __name__ == "__main__":
    app = make_app(); app.listen(8080); tornado.ioloop.IOLoop.current().start()
