# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: unknown
import io
import onnxruntime
def model_fn(model_dir):
    return onnxruntime.InferenceSession(model_dir + "/labels.onnx")
def input_fn(body, content_type):
    return onnxruntime.InferenceSession("decoder.onnx").run(None, {"bytes": [body]})[0]
