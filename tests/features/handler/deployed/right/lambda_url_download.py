# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io, json, urllib.request
import numpy as np
from PIL import Image
def lambda_handler(event, context):
    url = event["url"]
    with urllib.request.urlopen(url) as r:
        img = Image.open(io.BytesIO(r.read())).convert("RGB").resize((224,224), Image.BILINEAR)
    import onnxruntime
    s = onnxruntime.InferenceSession("x.onnx")
    return s.run(None, {"x": np.asarray(img, np.float32)[None]/255})[0].tolist()
