# spec: {shape: [N, 3, 192, 320], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: SHP106 SHP105 SHP104 SHP107 SHP108
import io

import modal
from fastapi import File

app = modal.App("lanes")
image = modal.Image.debian_slim().pip_install("pillow", "numpy", "onnxruntime", "fastapi[standard]")


@app.function(image=image)
@modal.fastapi_endpoint(method="POST")
def predict(image: bytes = File()):
    import numpy as np
    import onnxruntime
    from PIL import Image

    session = onnxruntime.InferenceSession("lanes.onnx")
    picture = Image.open(io.BytesIO(image)).convert("RGB").resize((192, 320), Image.BILINEAR)
    x = np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255
    return {"lanes": session.run(None, {"x": x})[0].tolist()}
