# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io

import modal

image = modal.Image.debian_slim(python_version="3.11").pip_install("numpy", "pillow", "onnxruntime")
app = modal.App("embedder", image=image)
volume = modal.Volume.from_name("weights", create_if_missing=True)

with image.imports():
    import numpy as np
    from PIL import Image


@app.cls(gpu="T4", volumes={"/weights": volume}, scaledown_window=300)
class Embedder:
    @modal.enter()
    def load(self):
        import onnxruntime

        self.session = onnxruntime.InferenceSession("/weights/embedder.onnx")

    @modal.method()
    def embed(self, image_bytes: bytes) -> list[float]:
        picture = Image.open(io.BytesIO(image_bytes)).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(picture, dtype=np.float32)[None].transpose(0, 3, 1, 2) / 255
        return self.session.run(None, {"x": np.ascontiguousarray(x)})[0][0].tolist()


@app.local_entrypoint()
def main(path: str):
    with open(path, "rb") as f:
        print(Embedder().embed.remote(f.read()))
