# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: SHP106 PIX105
import base64
import io
import kfserving
import numpy as np
from PIL import Image
class Birds(kfserving.KFModel):
    def __init__(self, name, predictor_host):
        super().__init__(name)
        self.predictor_host = predictor_host
    def preprocess(self, inputs):
        rows = [np.asarray(Image.open(io.BytesIO(base64.b64decode(row["picture"]["b64"])))) for row in inputs["instances"]]
        return {"instances": [(row.transpose(2, 0, 1) / 255).tolist() for row in rows]}
if __name__ == "__main__":
    kfserving.KFServer(workers=1).start([Birds("pictures", "predictor")])
