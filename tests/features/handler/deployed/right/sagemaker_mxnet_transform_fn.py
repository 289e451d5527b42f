# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import json

import numpy as np
from PIL import Image


def model_fn(model_dir):
    import mxnet as mx

    sym, arg_params, aux_params = mx.model.load_checkpoint("%s/image-classification" % model_dir, 0)
    mod = mx.mod.Module(symbol=sym, label_names=None)
    mod.bind(for_training=False, data_shapes=[("data", (1, 3, 224, 224))])
    mod.set_params(arg_params, aux_params)
    return mod


def transform_fn(net, data, input_content_type, output_content_type):
    img = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.BILINEAR)
    arr = np.asarray(img).astype(np.float32) / 255
    mean = np.array([0.485, 0.456, 0.406], np.float32)
    std = np.array([0.229, 0.224, 0.225], np.float32)
    arr = ((arr - mean) / std).transpose((2, 0, 1))
    prob = net(arr[None])
    return json.dumps(prob.tolist()), output_content_type
