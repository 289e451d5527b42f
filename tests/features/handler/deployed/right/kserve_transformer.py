# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import argparse
import base64
import io

import numpy as np
from kserve import Model, ModelServer
from PIL import Image


def image_transform(instance):
    byte_array = base64.b64decode(instance["image_bytes"]["b64"])
    image = Image.open(io.BytesIO(byte_array)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return (np.asarray(image, np.float32) / 255).transpose(2, 0, 1).tolist()


class ImageTransformer(Model):
    def __init__(self, name: str, predictor_host: str):
        super().__init__(name)
        self.predictor_host = predictor_host
        self.ready = True

    def preprocess(self, inputs, headers=None):
        return {"instances": [image_transform(instance) for instance in inputs["instances"]]}

    def postprocess(self, inputs, headers=None):
        return inputs


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--predictor_host", required=True)
    args, _ = parser.parse_known_args()
    ModelServer().start([ImageTransformer("model", predictor_host=args.predictor_host)])
