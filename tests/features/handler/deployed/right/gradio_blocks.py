# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: ok
import gradio as gr
import numpy as np
import onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession("birds.onnx")
names = ["finch", "heron"]
def name_bird(photo, limit, progress=gr.Progress()):
    progress(0.1, "reading")
    if photo is None:
        raise gr.Error("no photo")
    tensor = np.asarray(photo.resize((96, 96), Image.BICUBIC), np.float32).transpose(2, 0, 1)[None] / 255
    return dict(zip(names, session.run(None, {"x": tensor})[0][0].tolist()))
with gr.Blocks(theme=gr.themes.Soft()) as page:
    with gr.Row():
        photo = gr.Image(type="pil", label="photo")
        limit = gr.Slider(1, 5, value=2)
    result = gr.Label()
    gr.Button("name").click(name_bird, [photo, limit], result)
page.queue().launch(share=True)
