# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io

import numpy as np
import onnxruntime
from mlserver import MLModel, types
from mlserver.codecs import Base64Codec, NumpyCodec
from PIL import Image


class ImageRuntime(MLModel):
    async def load(self) -> bool:
        self._session = onnxruntime.InferenceSession(self.settings.parameters.uri)
        self.ready = True
        return self.ready

    async def predict(self, payload: types.InferenceRequest) -> types.InferenceResponse:
        encoded = Base64Codec.decode_input(payload.inputs[0])
        image = Image.open(io.BytesIO(encoded[0])).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255
        scores = self._session.run(None, {"input": x})[0]
        return types.InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("scores", scores)])
