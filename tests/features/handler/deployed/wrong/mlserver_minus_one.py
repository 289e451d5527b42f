# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101 VAL102 VAL103 VAL104
import io

import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput
from PIL import Image


class Classifier(MLModel):
    async def load(self):
        self.session = onnxruntime.InferenceSession("model.onnx")
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        images = self.decode(payload.inputs[0])
        image = Image.open(io.BytesIO(images[0])).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 127.5 - 1
        scores = self.session.run(None, {"input": x})[0]
        output = ResponseOutput(name="s", shape=list(scores.shape), datatype="FP32", data=scores.ravel().tolist())
        return InferenceResponse(model_name=self.name, outputs=[output])
