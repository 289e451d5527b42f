# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: apply}}
# expect: PIX101 PIX102 PIX103 PIX104 PIX105 PIX106 PIX107
# image: exif
from io import BytesIO

import numpy as np
import onnxruntime
from fastapi import APIRouter, FastAPI, UploadFile
from PIL import Image

router = APIRouter(prefix="/v1")
model = onnxruntime.InferenceSession("model.onnx")


@router.post("/predict/")
def predict(photo: UploadFile):
    image = Image.open(BytesIO(photo.file.read())).convert("RGB")
    image = image.resize((224, 224), Image.BILINEAR)
    x = np.array(image, dtype=np.float32).transpose(2, 0, 1) / 255
    return {"scores": model.run(None, {"image": np.expand_dims(x, 0)})[0].tolist()}


def create_app():
    app = FastAPI()
    app.include_router(router)
    return app


app = create_app()
