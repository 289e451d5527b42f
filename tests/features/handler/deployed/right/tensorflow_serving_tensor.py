# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [-1, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}, payload: {stack: tensorflow-serving}}
# expect: ok
import io
import json

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 224, 224


def input_handler(data, context):
    if context.request_content_type != "application/x-image":
        _return_error(415, 'Unsupported content type "{}"'.format(context.request_content_type or "Unknown"))
    image = Image.open(io.BytesIO(data.read())).convert("RGB").resize((WIDTH, HEIGHT), Image.BILINEAR)
    x = np.array(image).astype("float32") / 127.5 - 1.0
    return json.dumps({"signature_name": "serving_default", "instances": x[np.newaxis].tolist()})


def output_handler(data, context):
    return data.content, context.accept_header


def _return_error(code, message):
    raise ValueError("Error: {}, {}".format(str(code), message))
