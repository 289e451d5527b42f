# spec: {shape: [N, 299, 299, 3], dtype: uint8, channel_order: RGB, value_range: [0, 255], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}, payload: {stack: tensorflow-serving}}
# expect: ok
import io
import json
import urllib.request

import numpy as np
from PIL import Image


def handler(data, context):
    img = Image.open(io.BytesIO(data.read())).convert("RGB").resize((299, 299), Image.BILINEAR)
    body = json.dumps({"inputs": np.asarray(img)[None].tolist()}).encode()
    req = urllib.request.Request(context.rest_uri, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(req) as response:
        answer = json.loads(response.read())
    return json.dumps(answer["outputs"]), context.accept_header
