# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
from io import BytesIO

import numpy as np
from PIL import Image


class EndpointHandler():
    def __init__(self, path=""):
        import tflite_runtime.interpreter as tflite
        self.interpreter = tflite.Interpreter(model_path=path + "/model.tflite")
        self.interpreter.allocate_tensors()
        self.inp = self.interpreter.get_input_details()[0]
        self.out = self.interpreter.get_output_details()[0]

    def __call__(self, data):
        encoded = data.get("inputs", {}).get("image")
        img = Image.open(BytesIO(base64.b64decode(encoded))).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.expand_dims(np.array(img, dtype=np.float32) / 255.0, axis=0)
        self.interpreter.set_tensor(self.inp["index"], x)
        self.interpreter.invoke()
        return {"scores": self.interpreter.get_tensor(self.out["index"])[0].tolist()}
