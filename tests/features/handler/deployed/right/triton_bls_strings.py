# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import cv2
import numpy as np
import triton_python_backend_utils as pb_utils
from PIL import Image
from io import BytesIO


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            encoded = pb_utils.get_input_tensor_by_name(request, "image").as_numpy().reshape(-1)
            batch = np.stack([self._prep(item) for item in encoded])
            infer = pb_utils.InferenceRequest(
                model_name="classifier",
                requested_output_names=["probs"],
                inputs=[pb_utils.Tensor("input_1", batch)],
            )
            result = infer.exec()
            if result.has_error():
                raise pb_utils.TritonModelException(result.error().message())
            probs = pb_utils.get_output_tensor_by_name(result, "probs")
            responses.append(pb_utils.InferenceResponse(output_tensors=[probs]))
        return responses

    @staticmethod
    def _prep(item):
        img = Image.open(BytesIO(item)).convert("RGB").resize((224, 224), Image.BILINEAR)
        return np.asarray(img, dtype=np.float32) / 255.0
