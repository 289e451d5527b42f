# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: SHP106
import numpy as np
import onnxruntime


class EndpointHandler:
    def __init__(self, path=""):
        self.sess = onnxruntime.InferenceSession(path + "/model.onnx")

    def __call__(self, data):
        image = data["inputs"].convert("RGB").resize((256, 256), 2)
        x = np.asarray(image, dtype=np.float32) / 255
        x = (x - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
        return self.sess.run(None, {"pixel_values": x.transpose(2, 0, 1)[None]})[0].tolist()
