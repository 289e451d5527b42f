# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import numpy as np
from PIL import Image
from ray import serve
from starlette.requests import Request


@serve.deployment(num_replicas=2)
class ImageModel:
    def __init__(self, path="model.onnx"):
        import onnxruntime
        self.net = onnxruntime.InferenceSession(path)

    async def __call__(self, http_request: Request) -> dict:
        payload = await http_request.body()
        im = Image.open(io.BytesIO(payload)).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(im, np.float32)[None] / 255
        return {"r": self.net.run(None, {"x": x})[0].tolist()}


deployment = ImageModel.bind()
