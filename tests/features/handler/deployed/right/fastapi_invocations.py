# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
from contextlib import asynccontextmanager

import joblib
import numpy as np
from fastapi import FastAPI, Request, Response
from PIL import Image

models = {}


@asynccontextmanager
async def lifespan(app):
    models["clf"] = joblib.load("/opt/ml/model/model.joblib")
    yield
    models.clear()


app = FastAPI(lifespan=lifespan)


@app.get("/ping")
async def ping():
    return Response(status_code=200)


@app.post("/invocations")
async def invocations(request: Request):
    img = Image.open(io.BytesIO(await request.body()))
    img = img.convert("RGB").resize((224, 224), Image.BILINEAR)
    return models["clf"].predict(np.float32(img)[None] / 255).tolist()
