# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import os, io, sys, json, logging
import numpy as np
from PIL import Image
SIZE = int(os.environ.get("IMAGE_SIZE", "224"))
logging.basicConfig(level=logging.INFO, stream=sys.stdout)
def model_fn(model_dir, context=None):
    import joblib
    return joblib.load(os.path.join(model_dir, "m.pkl"))
def input_fn(request_body, request_content_type, context=None):
    logging.info("got %s", request_content_type)
    if request_content_type == "application/octet-stream" or request_content_type.startswith("image"):
        im = Image.open(io.BytesIO(request_body)).convert("RGB").resize((SIZE, SIZE), Image.BILINEAR)
        return {"pixels": np.asarray(im, dtype=np.uint8)}
    raise ValueError
def predict_fn(input_data, model, context=None):
    batch = np.stack([input_data["pixels"]]).astype(np.float32) / 255.0
    scores = model.decision_function(batch)
    return sorted(scores)
def output_fn(prediction, accept, context=None):
    return json.dumps(prediction)
