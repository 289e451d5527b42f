# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io

import numpy as np
from fastapi import FastAPI, File, UploadFile
from PIL import Image
from ray import serve

app = FastAPI(title="classifier")


@serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 1})
@serve.ingress(app)
class Classifier:
    def __init__(self):
        import onnxruntime

        self.session = onnxruntime.InferenceSession("/models/classifier.onnx")

    @app.get("/healthz")
    def health(self):
        return {"status": "ok"}

    @app.post("/classify")
    async def classify(self, file: UploadFile = File(...)):
        image = Image.open(io.BytesIO(await file.read())).convert("RGB")
        x = np.asarray(image.resize((224, 224), Image.Resampling.BILINEAR), "float32") / 255
        scores = self.session.run(None, {"x": x.transpose(2, 0, 1)[None]})[0]
        return {"scores": scores.tolist()}


entrypoint = Classifier.bind()
