# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [-1, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}, payload: {stack: tensorflow-serving}}
# expect: VAL101 VAL102 VAL103 VAL104
import io
import json

import numpy as np
from PIL import Image


def input_handler(data, context):
    if context.request_content_type.startswith("image/"):
        image = Image.open(data).convert("RGB").resize((224, 224), Image.BILINEAR)
        return json.dumps({"instances": [(np.asarray(image, np.float32) / 255).tolist()]})
    raise ValueError(context.request_content_type)


def output_handler(response, context):
    return response.content, context.accept_header
