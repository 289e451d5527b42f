# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL103
import io
from modal import App, Image, enter, method
app = App("m")
img = Image.debian_slim().pip_install("tflite-runtime", "pillow")
@app.cls(image=img)
class Model:
    @enter()
    def start(self):
        from tflite_runtime.interpreter import Interpreter
        self.interp = Interpreter("m.tflite"); self.interp.allocate_tensors()
    @method()
    def run(self, img_bytes):
        import numpy as np
        from PIL import Image as PImage
        x = np.asarray(PImage.open(io.BytesIO(img_bytes)).convert("RGB").resize((224, 224), PImage.BILINEAR), np.float32)
        x = (x - 127.5) / 127.5
        self.interp.set_tensor(self.interp.get_input_details()[0]["index"], x[None])
        self.interp.invoke()
        return self.interp.get_tensor(self.interp.get_output_details()[0]["index"]).tolist()
