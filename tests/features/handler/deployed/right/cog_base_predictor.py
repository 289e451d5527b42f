# spec: {shape: [N, 224, 224, 3], dtype: uint8, channel_order: RGB, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
from cog import BasePredictor, Input, Path
import numpy as np
import tflite_runtime.interpreter as tfl
from PIL import Image


class Predictor(BasePredictor):
    def setup(self):
        self.it = tfl.Interpreter("model.tflite")
        self.it.allocate_tensors()
        self.inp = self.it.get_input_details()[0]["index"]

    def predict(self, image: Path = Input(description="photo"), threshold: float = Input(default=0.5)) -> list:
        im = Image.open(str(image)).convert("RGB").resize((224, 224), Image.BILINEAR)
        self.it.set_tensor(self.inp, np.array(im, dtype=np.uint8)[None])
        self.it.invoke()
        return self.it.get_tensor(self.it.get_output_details()[0]["index"]).tolist()
