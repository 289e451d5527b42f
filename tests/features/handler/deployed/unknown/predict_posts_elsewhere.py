# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: unknown
# serve with kserve or ray later; streamlit: st.file_uploader(...)
import requests
def predict(image_path):
    return requests.post("http://localhost:9999/v2/models/m/infer", files={"f": open(image_path, "rb")}).json()
