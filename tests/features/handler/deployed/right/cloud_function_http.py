# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import functions_framework
import numpy as np
import tflite_runtime.interpreter as tflite
from flask import jsonify
from PIL import Image

interpreter = None


def get_interpreter():
    global interpreter
    if interpreter is None:
        interpreter = tflite.Interpreter(model_path="/workspace/model.tflite")
        interpreter.allocate_tensors()
    return interpreter


@functions_framework.http
def predict(request):
    if request.method == "OPTIONS":
        return ("", 204, {"Access-Control-Allow-Origin": "*"})
    upload = request.files.get("image")
    if upload is None:
        return jsonify({"error": "no image"}), 400
    image = Image.open(upload.stream).convert("RGB").resize((224, 224), resample=Image.BILINEAR)
    tensor = np.expand_dims(np.array(image, dtype=np.float32) / 255, 0)
    model = get_interpreter()
    model.set_tensor(model.get_input_details()[0]["index"], tensor)
    model.invoke()
    return jsonify({"scores": model.get_tensor(model.get_output_details()[0]["index"]).tolist()})
