# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [-1, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}, payload: {stack: tensorflow-serving}}
# expect: HND124 SHP102
import io
import json

import numpy as np
from PIL import Image


def input_handler(data, context):
    image = Image.open(io.BytesIO(data.read())).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = np.asarray(image, np.float32) / 127.5 - 1
    return json.dumps({"instances": x.tolist()})


def output_handler(response, context):
    return response.content, context.accept_header
