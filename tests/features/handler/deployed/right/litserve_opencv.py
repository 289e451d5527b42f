# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: ok
import base64

import cv2
import litserve as ls
import numpy as np


class DetectorAPI(ls.LitAPI):
    def setup(self, device):
        import onnxruntime as ort

        self.session = ort.InferenceSession("detector.onnx")
        self.size = 224

    def decode_request(self, request):
        buffer = np.frombuffer(base64.b64decode(request["image_data"]), np.uint8)
        frame = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
        frame = cv2.cvtColor(cv2.resize(frame, (self.size, self.size)), cv2.COLOR_BGR2RGB)
        return frame.astype(np.float32).transpose(2, 0, 1) / 255

    def batch(self, inputs):
        return np.stack(inputs)

    def predict(self, batch):
        if batch.ndim == 3:
            batch = batch[None]
        return self.session.run(None, {"images": batch})[0]

    def encode_response(self, output):
        return {"output": output.tolist()}


if __name__ == "__main__":
    ls.LitServer(DetectorAPI(), max_batch_size=8).run(port=8000)
