# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101
import cv2
import onnxruntime
import numpy as np
import streamlit as st
from PIL import Image, ImageOps


@st.cache(allow_output_mutation=True)
def load_model():
    return onnxruntime.InferenceSession("my_model.onnx")


st.header("Cats and dogs")
file = st.file_uploader("Please upload an image", type=["jpg", "png"])


def import_and_predict(image_data, model):
    image = image_data.convert("RGB").resize((224, 224), Image.BILINEAR)
    data = np.asarray(image, dtype=np.float32)
    return model.run(None, {"x": data[np.newaxis, ...]})


if file is None:
    st.text("Please upload an image file")
else:
    st.image(Image.open(file), use_column_width=True)
    predictions = import_and_predict(Image.open(file), load_model())
    st.write(predictions)
