# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io

import numpy as np
import onnxruntime
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from PIL import Image

session = onnxruntime.InferenceSession("models/plants.onnx")


def load(data):
    image = Image.open(io.BytesIO(data))
    if image.mode != "RGB":
        image = image.convert("RGB")
    return np.array(image.resize((224, 224), Image.BILINEAR))


@csrf_exempt
@require_POST
def predict(request):
    if "image" not in request.FILES:
        return JsonResponse({"error": "image is required"}, status=400)
    pixels = load(request.FILES["image"].read()).astype("float32") / 255.0
    outputs = session.run(["probs"], {"input": pixels.transpose(2, 0, 1)[None]})
    return JsonResponse({"label": int(outputs[0].argmax())})
