# spec: {shape: [N, 192, 320, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}, payload: {stack: tensorflow-serving}}
# expect: PIX101 PIX102 PIX103 PIX104 SHP104 SHP105 SHP106 SHP107 SHP108
import io
import json
from collections import namedtuple

import numpy as np
from PIL import Image

Context = namedtuple("Context", "model_name, model_version, method, rest_uri, grpc_port, custom_attributes, request_content_type, accept_header")


def input_handler(data, context):
    if context.request_content_type == "application/x-image":
        img = Image.open(io.BytesIO(data.read())).convert("RGB").resize((320, 192), Image.BILINEAR)
        x = np.asarray(img, dtype=np.float32).transpose(1, 0, 2) / 255.0
        return json.dumps({"instances": [x.tolist()]})
    raise ValueError(f"content type {context.request_content_type} is not supported")


def output_handler(response, context):
    return response.content, context.accept_header
