# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64, io
import numpy as np
import onnxruntime
from PIL import Image
def init():
    global model
    model = onnxruntime.InferenceSession("m.onnx")
def inference(model_inputs: dict) -> dict:
    global model
    image = model_inputs.get("image", None)
    if image is None:
        return {"message": "No image provided"}
    im = Image.open(io.BytesIO(base64.b64decode(image))).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = (np.asarray(im, np.float32) / 255).transpose(2, 0, 1)[None]
    return {"out": model.run(None, {"x": x})[0].tolist()}
