# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101
import base64, io
import numpy as np, onnxruntime
from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse
from mlserver.utils import get_model_uri
from PIL import Image
class R(MLModel):
    async def load(self) -> bool:
        uri = await get_model_uri(self._settings if hasattr(self, "_settings") else self.settings)
        self._m = onnxruntime.InferenceSession(uri)
        return True
    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        for inp in payload.inputs:
            if inp.name == "image":
                s = StringCodec.decode_input(inp)[0]
        img = Image.open(io.BytesIO(base64.b64decode(s))).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(img, np.float32).transpose(2, 0, 1)[None]
        return InferenceResponse(model_name=self.name, outputs=[StringCodec.encode_output("o", [str(self._m.run(None, {"x": x}))])])
