# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}, payload: {stack: tensorflow-serving}}
# expect: ok
import io, json
import numpy as np
from PIL import Image
def input_handler(data, context):
    if context.request_content_type == "application/json":
        d = data.read().decode("utf-8")
        return d if len(d) else ""
    if context.request_content_type == "text/csv":
        return json.dumps({"instances": [float(x) for x in data.read().decode("utf-8").split(",")]})
    if context.request_content_type in ("image/jpeg", "image/png"):
        arr = np.asarray(Image.open(io.BytesIO(data.read())).convert("RGB").resize((224,224), Image.BILINEAR)) / 255.0
        return json.dumps({"instances": np.expand_dims(arr, axis=0).tolist()})
    raise ValueError("unsupported")
def output_handler(data, context):
    if data.status_code != 200:
        raise ValueError(data.content.decode("utf-8"))
    return data.content, context.accept_header
