# spec: {shape: [N, 299, 299, 3], dtype: uint8, channel_order: RGB, value_range: [0, 255], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import os

import numpy as np
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse
from PIL import Image


def init():
    global model
    import joblib
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))


@rawhttp
def run(request):
    if request.method != "POST":
        return AMLResponse("bad request", 500)
    file_bytes = request.files["image"]
    image = Image.open(file_bytes).convert("RGB").resize((299, 299), Image.BILINEAR)
    prediction = model.predict(np.asarray(image)[None])
    return AMLResponse(str(prediction), 200)
