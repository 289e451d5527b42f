# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: unknown
import json

import mxnet as mx
import numpy as np


def model_fn(model_dir):
    sym, arg, aux = mx.model.load_checkpoint(f"{model_dir}/image-classification", 0)
    mod = mx.mod.Module(symbol=sym, label_names=None)
    mod.bind(for_training=False, data_shapes=[("data", (1, 3, 224, 224))])
    return mod


def transform_fn(net, data, input_content_type, output_content_type):
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(data)).convert("RGB").resize((256, 256), Image.BILINEAR)
    x = np.asarray(image, np.float32).transpose(2, 0, 1)[np.newaxis] / 255
    prediction = net.predict(x)
    return json.dumps(prediction.tolist()), output_content_type
