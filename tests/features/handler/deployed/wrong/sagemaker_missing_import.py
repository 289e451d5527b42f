# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND101
import io

from PIL import Image


def input_fn(body, content_type):
    image = Image.open(io.BytesIO(body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return np.asarray(image, dtype="float32")[None] / 255
