# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import json, io
import numpy as np
import triton_python_backend_utils as pb_utils
from PIL import Image
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        return config
    def initialize(self, args):
        self.logger = pb_utils.Logger
        cfg = json.loads(args["model_config"])
        params = cfg["parameters"]
        self.size = int(params.get("size", {"string_value": "224"})["string_value"])
        import onnxruntime
        self.sess = onnxruntime.InferenceSession(args["model_repository"] + "/1/m.onnx")
    async def execute(self, requests):
        out = []
        for r in requests:
            data = pb_utils.get_input_tensor_by_name(r, "raw").as_numpy()[0]
            if isinstance(data, np.ndarray): data = data.tobytes()
            im = Image.open(io.BytesIO(data)).convert("RGB").resize((self.size, self.size), Image.BILINEAR)
            y = self.sess.run(None, {"x": np.asarray(im, np.float32)[None] / 255})[0]
            out.append(pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor("y", y)]))
        return out
