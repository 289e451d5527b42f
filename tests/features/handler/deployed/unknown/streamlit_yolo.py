# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: unknown
import streamlit as st
from PIL import Image
from ultralytics import YOLO

model = YOLO("best.pt")
confidence = float(st.sidebar.slider("Confidence", 25, 100, 40)) / 100
source = st.sidebar.file_uploader("Choose an image...", type=("jpg", "jpeg", "png", "bmp", "webp"))
if source:
    image = Image.open(source)
    if st.sidebar.button("Detect Objects"):
        boxes = model.predict(image, conf=confidence)[0].boxes
        st.write(boxes)
