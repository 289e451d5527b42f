# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io, json
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import onnxruntime as ort
from PIL import Image
from tornado import web, ioloop, gen
from tornado.concurrent import run_on_executor
class BaseHandler(web.RequestHandler):
    def set_default_headers(self): self.set_header("Access-Control-Allow-Origin", "*")
class InferHandler(BaseHandler):
    executor = ThreadPoolExecutor(2)
    @run_on_executor
    def infer(self, data):
        im = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.BILINEAR)
        return self.application.sess.run(None, {"x": np.asarray(im, np.float32)[None] / 255})[0]
    @gen.coroutine
    def post(self):
        files = self.request.files.get("img") or self.request.files["file"]
        result = yield self.infer(files[0]["body"])
        self.write(json.dumps(result.tolist()))
class App(web.Application):
    def __init__(self):
        self.sess = ort.InferenceSession("m.onnx")
        super().__init__([(r"/infer/?", InferHandler), (r"/item/(\d+)", BaseHandler)])
def main():
    App().listen(80); ioloop.IOLoop.current().start()
if __name__ == "__main__": main()
