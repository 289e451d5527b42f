# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import bentoml
import numpy as np
from bentoml.io import JSON, Image
from PIL.Image import BILINEAR
from PIL.Image import Image as PILImage

runner = bentoml.keras.get("flowers:latest").to_runner()
svc = bentoml.Service("flowers", runners=[runner])


@svc.api(input=Image(), output=JSON())
async def classify(img: PILImage) -> dict:
    arr = np.array(img.convert("RGB").resize((224, 224), BILINEAR)).astype("float32") / 255.0
    arr = np.expand_dims(arr, axis=0)
    preds = await runner.async_run(arr)
    return {"class": int(np.argmax(preds))}
