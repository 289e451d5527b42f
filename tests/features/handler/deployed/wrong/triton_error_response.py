# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND105 HND101
import cv2
import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            try:
                raw = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
                img = cv2.imdecode(np.frombuffer(raw.tobytes(), np.uint8), cv2.IMREAD_COLOR)
                img = cv2.resize(img, (224, 224, 3))
                out = pb_utils.Tensor("OUTPUT", img[None].astype(np.float32) / 255)
                responses.append(pb_utils.InferenceResponse([out]))
            except Exception as e:
                responses.append(pb_utils.InferenceResponse([], error=pb_utils.TritonError(str(e))))
        return responses
