# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io

import flask
import numpy as np
from PIL import Image

app = flask.Flask(__name__)


class ScoringService:
    model = None

    @classmethod
    def get_model(cls):
        if cls.model is None:
            import onnxruntime
            cls.model = onnxruntime.InferenceSession("/opt/ml/model/model.onnx")
        return cls.model


@app.route("/ping", methods=["GET"])
def ping():
    return flask.Response(response="\n", status=200, mimetype="application/json")


@app.route("/invocations", methods=["POST"])
def transformation():
    if flask.request.content_type != "application/json":
        return flask.Response(response="This predictor only supports JSON", status=415, mimetype="text/plain")
    payload = flask.request.get_json()
    image = Image.open(io.BytesIO(base64.b64decode(payload["data"]))).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = np.asarray(image, np.float32) / 255
    y = ScoringService.get_model().run(None, {"input": np.moveaxis(x, -1, 0)[None]})
    return flask.jsonify(y[0].tolist())
