# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import apache_beam as beam
import numpy as np
from PIL import Image
from apache_beam.ml.inference.base import RunInference, KeyedModelHandler
from apache_beam.ml.inference.tensorflow_inference import TFModelHandlerTensor

def read_image(image_file_name):
    with open(image_file_name, "rb") as file:
        return image_file_name, Image.open(io.BytesIO(file.read())).convert("RGB")
def preprocess_image(name, data):
    img = data.resize((224, 224), Image.BILINEAR)
    return np.asarray(img, np.float32) / 255.0
def run(argv=None):
    with beam.Pipeline() as p:
        p | beam.Create(["a"]) | beam.Map(read_image) | beam.MapTuple(preprocess_image) | RunInference(TFModelHandlerTensor(argv[0]))
