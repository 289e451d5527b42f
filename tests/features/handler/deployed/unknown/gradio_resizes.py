# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: unknown
import gradio as gr
import numpy as np
import onnxruntime
session = onnxruntime.InferenceSession("birds.onnx")
def name_bird(photo):
    return session.run(None, {"x": photo.astype(np.float32).transpose(2, 0, 1)[None] / 255})[0].tolist()
gr.Interface(name_bird, gr.inputs.Image(shape=(96, 96)), gr.outputs.Label()).launch()
