# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: SHP102 SHP101
import numpy as np, onnxruntime
from PIL import Image
sess = onnxruntime.InferenceSession("m.onnx")
def predict_http(request):
    """HTTP Cloud Function."""
    headers = {"Access-Control-Allow-Origin": "*"}
    file = request.files["file"]
    image = Image.open(file).convert("RGB").resize((224, 224), Image.BILINEAR)
    array = np.asarray(image).astype("float32").transpose((2, 0, 1)) / 255.0
    return (str(sess.run(None, {"input": array})), 200, headers)
