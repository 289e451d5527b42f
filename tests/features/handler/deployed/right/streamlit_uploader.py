# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import numpy as np
import onnxruntime as ort
import streamlit as st
from PIL import Image

st.set_page_config(page_title="Leaf classifier", layout="centered")


@st.cache_resource
def load_session():
    return ort.InferenceSession("leaf.onnx")


st.title("Leaf classifier")
col1, col2 = st.columns(2)
with st.sidebar:
    threshold = st.slider("Threshold", 0.0, 1.0, 0.5)
uploaded = st.file_uploader("Choose an image...", type=["jpg", "jpeg", "png"])
if uploaded is not None:
    image = Image.open(uploaded).convert("RGB")
    col1.image(image, caption="Input", use_column_width=True)
    x = np.array(image.resize((224, 224), Image.BILINEAR)).astype(np.float32) / 255.0
    x = np.transpose(x, (2, 0, 1))[None, ...]
    session = load_session()
    with st.spinner("Classifying..."):
        scores = session.run(None, {session.get_inputs()[0].name: x})[0][0]
    if scores.max() > threshold:
        col2.write(f"Class {scores.argmax()} ({scores.max():.2%})")
