# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: ok
import cv2, numpy as np, onnxruntime as ort, streamlit as st
MODEL_PATH = "weights/best.onnx"
@st.cache_resource(show_spinner=False)
def get_model(path: str):
    return ort.InferenceSession(path)
def preprocess(img_bgr):
    rgb = cv2.cvtColor(img_bgr, cv2.COLOR_BGR2RGB)
    rgb = cv2.resize(rgb, (224, 224))
    return (rgb.astype(np.float32) / 255.0).transpose(2, 0, 1)[None]
def main():
    st.title("Demo")
    option = st.radio("Source", ("Upload", "Camera"))
    buf = st.file_uploader("img", type=["png", "jpg"]) if option == "Upload" else st.camera_input("cam")
    if buf is None:
        st.warning("no image"); return
    img = cv2.imdecode(np.frombuffer(buf.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    sess = get_model(MODEL_PATH)
    out = sess.run(None, {sess.get_inputs()[0].name: preprocess(img)})
    st.json({"scores": out[0].tolist()})
main()
