# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: SHP102 SHP101
import numpy as np
import onnxruntime
from PIL import Image
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

SESSION = onnxruntime.InferenceSession("model.onnx")


class PredictView(APIView):
    parser_classes = [MultiPartParser]

    def post(self, request, *args, **kwargs):
        file = request.data.get("file")
        if not file:
            return Response({"detail": "file missing"}, status=status.HTTP_400_BAD_REQUEST)
        image = Image.open(file).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(image, dtype=np.float32).transpose(2, 0, 1) / 255.0
        return Response({"scores": SESSION.run(None, {"input": x})[0].tolist()})
