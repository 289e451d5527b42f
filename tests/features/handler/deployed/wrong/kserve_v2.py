# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: CHN101
import base64, io
import numpy as np
from kserve import Model, InferRequest, InferInput
from PIL import Image
class T(Model):
    async def preprocess(self, payload, headers=None):
        im = Image.open(io.BytesIO(base64.b64decode(payload["instances"][0]["data"]))).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(im, np.float32)[:, :, ::-1].transpose(2, 0, 1)[None] / 255
        inp = InferInput("input", list(x.shape), "FP32")
        inp.set_data_from_numpy(x)
        return InferRequest(model_name=self.name, infer_inputs=[inp])
