# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: SHP104 SHP105 SHP103 SHP101 SHP108
import numpy as np, onnxruntime
from django.views.generic import View
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.http import JsonResponse
from PIL import Image
@method_decorator(csrf_exempt, name="dispatch")
class ClassifyView(View):
    session = onnxruntime.InferenceSession("net.onnx")
    def post(self, request):
        img = Image.open(request.FILES["upload"]).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(img, np.float32)[None] / 255.0
        y = self.session.run(None, {"input": x})[0]
        return JsonResponse({"y": y.tolist()})
