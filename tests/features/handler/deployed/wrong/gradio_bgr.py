# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: PIX103 CHN101 CHN102
import cv2
import gradio
import numpy as np
import onnxruntime
session = onnxruntime.InferenceSession("birds.onnx")
def name_bird(photo):
    photo = cv2.resize(cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), (96, 96), interpolation=cv2.INTER_CUBIC)
    scores = session.run(None, {"x": photo.astype(np.float32).transpose(2, 0, 1)[None] / 255})[0]
    return {"finch": float(scores[0][0])}
gradio.Interface(fn=name_bird, inputs="image", outputs="label").launch()
