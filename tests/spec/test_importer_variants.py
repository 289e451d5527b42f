"""Rare forms of each vocabulary: one field of the draft, or a reason why it is unknown; and damaged model files."""

import io
import json
import random
from contextlib import suppress

import pytest
from importer_cases import organizations
from importer_cases.others import mlmodel, torchscript
from model_files import chunk, number, onnx_model, saved_model, tflite_model, varint

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.spec.importers import read_draft
from sm_imgcheck.spec.importers._protobuf import WireError, WireReader, signed_of
from sm_imgcheck.spec.importers._source_file import SourceFile


def draft_of(name, content):
    return read_draft(SourceFile.of_bytes(name, content if isinstance(content, bytes) else content.encode()))


def processor(kind, **keys):
    return "preprocessor_config.json", json.dumps({"image_processor_type": f"{kind}ImageProcessor", **keys})


def fast(kind, **keys):
    return json.dumps({"image_processor_type": f"{kind}ImageProcessorFast", **keys})


def timm(**keys):
    return "config.json", json.dumps({"pretrained_cfg": {"input_size": [3, 64, 64], **keys}})


def clip(**keys):
    return "open_clip_config.json", json.dumps(
        {"model_cfg": {"vision_cfg": {"image_size": 64}}, "preprocess_cfg": keys}
    )


def hub(**keys):
    return "image_converter.json", json.dumps({"class_name": "ViTImageConverter", "config": keys})


def converted_model(mean, info=""):
    layer = (
        '<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,3,32,48" element_type="f32"/></layer>'
    )
    parameters = f'<conversion_parameters><mean_values value="{mean}"/></conversion_parameters>'
    return f'<net name="n" version="11"><layers>{layer}</layers><rt_info>{parameters}{info}</rt_info></net>'


def ai_hub(**keys):
    tensor = {"shape": [1, 3, 48, 64], "dtype": "float32", "io_type": "image", **keys}
    files = {"m.onnx": {"inputs": {"image": tensor}, "outputs": {"y": {"shape": [1, 10], "dtype": "float32"}}}}
    return "metadata.json", json.dumps({"model_id": "m", "runtime": "onnx", "model_files": files})


PAD_300 = {"height": 300, "width": 300}
KEEP_RATIO = (
    "ResizeKeepRatio(size=(71, 96), interpolation={}, longest={}, random_scale_prob=0.000, random_aspect_prob=0.000)"
)
TIMM = """Compose(
    {}
    CenterCrop(size=(64, 64))
    MaybeToTensor()
    Normalize(mean=tensor([0.4850, 0.4560, 0.4060]), std=tensor([0.2290, 0.2240, 0.2250]))
)"""


def core_array(flexible=b""):
    kind = chunk(5, number(1, 1), number(1, 3), chunk(1, varint(8), varint(9)), number(2, 65568), flexible)
    return number(1, 4) + chunk(2, chunk(1, chunk(1, "x"), chunk(3, kind)))


def paddle(*operations):
    lines = [f"- {json.dumps(each)}\n" for each in (*operations, {"type": "Permute"})]
    return "infer_cfg.yml", f"Preprocess:\n{''.join(lines)}"


def checker(*steps, **dataset):
    entry = {"name": "d", "preprocessing": [*steps], **dataset}
    model = {"launchers": [{"framework": "a"}, {"framework": "b"}], "datasets": [entry, {"name": "e"}]}
    lines = [f"    {key}: {json.dumps(value)}\n" for key, value in model.items()]
    return "accuracy-check.yml", f"models:\n  - name: m\n{''.join(lines)}#\n# preprocessing:\nreader: x\n"


def nvinfer(**keys):
    lines = [f"{key.replace('_', '-')}={value}" for key, value in {"onnx_file": "x", **keys}.items()]
    return "config_infer.txt", "[property]\n" + "\n".join(lines) + "\n"


def preprocess(**keys):
    settings = {
        "network_input_order": 0,
        "network_input_shape": "1;3;32;48",
        "network_color_format": 0,
        "tensor_data_type": 0,
        "custom_lib_path": "libcustom2d_preprocess.so",
        **keys,
    }
    lines = [f"{key.replace('_', '-')}={value}" for key, value in settings.items()]
    return "config_preprocess.txt", "[property]\n" + "\n".join(lines) + "\n"


def server(inside=""):
    return "server.txt", f'infer_config {{ backend {{ inputs {{ name: "x" }} }} preprocess {{ {inside} }} }}\n'


def data_set(*steps):
    listed = "".join(f"* {step}\n" for step in steps)
    return "README.roboflow.txt", f"The following pre-processing was applied to each image:\n{listed}\nroboflow\n"


def compose(*steps):
    return "t.txt", "Compose(\n" + "".join(f"    {step}\n" for step in steps) + ")\n"


def mm(*steps, top=""):
    return "c.py", f"{top}\ntest_pipeline = [{', '.join(steps)}]\n"


RESIZED = {"type": "resize", "size": 64}
NORMALIZED = {"type": "NormalizeImage", "mean": [0.5], "std": [0.5]}
RESIZE = {"type": "Resize", "target_size": [48, 64], "keep_ratio": False}
YOLO = {"stride": "32", "task": "detect", "names": "{0: 'a'}"}


def ultralytics(words):
    return f"description: Ultralytics {words}\nstride: 32\ntask: detect\nimgsz: [64, 64]\nnames: {{0: a}}\n"


VALUES = {
    "sam-geometry": (*processor("Sam"), "geometry[1]", {"pad": {"size": [1024, 1024], "position": "top_left", "units": "final", "fill": 0}}),
    "perceiver": (*processor("Perceiver"), "geometry[0]", {"crop": {"square": 0.875}}),
    "levit": (*processor("Levit", size=224), "resize.size", 256),
    "poolformer": (*processor("PoolFormer", size={"height": 200, "width": 200}), "resize.size", 222),
    "convnext-large": (*processor("ConvNext", size=384), "resize.mode", "stretch"),
    "convnext-no-share": (*processor("ConvNext", size=224, crop_pct=9), "resize.size", 224),
    "no-resize": (*processor("ViT", do_resize=False), "resize.mode", "none"),
    "pair": (*processor("ViT", size=[48, 64]), "resize.size", [48, 64]),
    "crop-shortest": (*processor("CLIP", crop_size={"shortest_edge": 64}), "shape", ["N", 3, 64, 64]),
    "resample-word": (*processor("ViT", resample="PILImageResampling.BICUBIC"), "resize.interpolation", "bicubic"),
    "float-dtype": (*processor("DINOv3ViT"), "resize.dtype", "float32"),
    "no-antialias": (*processor("RfDetr"), "resize.antialias", False),
    "dpt-pad": (*processor("DPT", do_pad=True, size_divisor=14, size=[48, 64]), "geometry[1]", {"pad": {"multiple_of": 14, "position": "center", "units": "final", "fill": 0}}),
    "glpn": (*processor("GLPN"), "resize.mode", "keep"),
    "vilt": (*processor("Vilt"), "resize.max_size", 639),
    "textnet": (*processor("TextNet"), "resize.multiple_rounding", "ceil"),
    "llava-pad": (*processor("Llava", do_pad=True), "geometry[0]", {"pad": {"square": True, "fill": [122, 116, 104]}}),
    "detr-crop-ignored": (*processor("Detr", do_center_crop=True, crop_size=64), "resize.mode", "shortest_edge"),
    "vit-crop-varies": (*processor("ViT", do_center_crop=True, crop_size=64), "resize", None),
    "vit-4-crop-ignored": ("preprocessor_config.json", json.dumps({"feature_extractor_type": "ViTFeatureExtractor", "do_center_crop": True, "crop_size": 64}), "resize.size", [224, 224]),
    "vit-fast-crop": ("preprocessor_config.json", json.dumps({"image_processor_type": "ViTImageProcessorFast", "do_center_crop": True, "crop_size": 64}), "shape", ["N", 3, 64, 64]),
    "beit-pad-ignored": (*processor("Beit", do_pad=True, pad_size=PAD_300), "resize.size", [224, 224]),
    "clip-pad-varies": (*processor("CLIP", do_pad=True, pad_size=PAD_300), "resize", None),
    "clip-longest-varies": (*processor("CLIP", size={"shortest_edge": 64, "longest_edge": 96}), "resize", None),
    "sam-pad-alone": (*processor("Sam", do_resize=False), "geometry[0]", {"pad": {"size": [1024, 1024], "position": "top_left", "units": "final", "fill": 0}}),
    "eomt-pad": (*processor("Eomt", do_pad=True), "geometry[1]", {"pad": {"size": [640, 640], "position": "top_left", "fill": 0}}),
    "eomt-pad-wide": (*processor("Eomt", do_pad=True, size={"shortest_edge": 64, "longest_edge": 96}), "resize", None),
    "sapiens-pad": (*processor("Sapiens2", do_pad=True), "resize", None),
    "owlv2-pad-alone": (*processor("Owlv2", do_resize=False), "resize", None),
    "perceiver-wide": (*processor("Perceiver", size={"height": 64, "width": 96}), "resize", None),
    "perceiver-no-crop-size": (*processor("Perceiver", size={"shortest_edge": 64}), "resize", None),
    "poolformer-wide": (*processor("PoolFormer", size={"height": 90, "width": 180}), "geometry[0]", {"resize": {"mode": "stretch", "size": [100, 200], "interpolation": "bicubic", "library": "pillow"}}),
    "yolos-wide": (*processor("Yolos", size={"height": 100, "width": 132}), "resize.size", [100, 132]),
    "textnet-longest": (*processor("TextNet", size={"shortest_edge": 64, "longest_edge": 70}), "resize.size", 64),
    "glpn-size": (*processor("GLPN", size=96), "resize.mode", "keep"),
    "glpn-normalize-varies": (*processor("GLPN", do_normalize=True, image_mean=[0.5], image_std=[0.5]), "value_range", None),
    "idefics-size": (*processor("Idefics", image_size=96), "resize.size", [96, 96]),
    "idefics-no-resize-varies": (*processor("Idefics", do_resize=False), "resize", None),
    "idefics-bytes-vary": (*processor("Idefics", do_rescale=False), "value_range", None),
    "glpn-factor-varies": (*processor("GLPN", rescale_factor=0.1), "value_range", None),
    "bridgetower-crop-varies": (*processor("BridgeTower", size={"shortest_edge": 300}), "resize", None),
    "bridgetower-large": (*processor("BridgeTower", size={"shortest_edge": 294}, crop_size={"height": 294, "width": 294}), "resize.size", 294),
    "eomt-no-resize-layout": (*processor("Eomt", do_resize=False), "layout", None),
    "convnext-fast": ("preprocessor_config.json", fast("ConvNext", size=224), "shape", ["N", 3, 224, 224]),
    "convnext-fast-crop": ("preprocessor_config.json", fast("ConvNext", size=224, do_center_crop=True, crop_size=200), "shape", ["N", 3, 200, 200]),
    "poolformer-fast-equal-pad": ("preprocessor_config.json", fast("PoolFormer", do_pad=True, pad_size={"height": 224, "width": 224}), "shape", ["N", 3, 224, 224]),
    "poolformer-fast-pad": ("preprocessor_config.json", fast("PoolFormer", do_pad=True, pad_size=PAD_300), "resize", None),
    "superpoint-gray": (*processor("SuperPoint", do_grayscale=True), "channel_order", None),
    "mobilevit-normalize-ignored": (*processor("MobileViT", do_normalize=True, image_mean=[0.5], image_std=[0.5]), "value_range", [0, 1]),
    "efficientnet-one-division": (*processor("EfficientNet", do_normalize=False), "normalize.std", [0.5, 0.5, 0.5]),
    "float-resize-of-bytes": (*processor("DINOv3ViT", do_rescale=False, do_normalize=False), "dtype", "uint8"),
    "lanczos-of-torch": ("preprocessor_config.json", json.dumps({"image_processor_type": "ChameleonImageProcessorFast"}), "resize", None),
    "normalize-default-varies": ("preprocessor_config.json", json.dumps({"image_processor_type": "OwlViTImageProcessorFast"}), "value_range", None),
    "timm-printed": ("t.txt", TIMM.format("Resize(size=73, interpolation=bicubic, max_size=None, antialias=True)"), "normalize.mean", [0.485, 0.456, 0.406]),
    "timm-printed-cover": ("t.txt", TIMM.format(KEEP_RATIO.format("bilinear", "0.000")), "geometry[0]", {"resize": {"mode": "cover", "size": [71, 96], "rounding": "round", "interpolation": "bilinear"}}),
    "timm-printed-border": ("t.txt", TIMM.format(KEEP_RATIO.format("bilinear", "1.000")), "resize", None),
    "timm-printed-random": ("t.txt", TIMM.format(KEEP_RATIO.format("bilinear bicubic", "0.000")), "resize", None),
    "gray-repeated": ("t.txt", "Compose(\n    Grayscale(num_output_channels=3)\n    ToTensor()\n)", "channel_order", None),
    "timm-random": (*timm(interpolation="random", crop_pct=1.0), "resize", None),
    "timm-wide": (*timm(input_size=[3, 48, 64]), "resize.mode", "cover"),
    "timm-border": (*timm(crop_mode="border"), "resize", None),
    "timm-four-channels": (*timm(input_size=[4, 64, 64]), "channel_order", None),
    "timm-bad-size": (*timm(input_size=[3, 64]), "shape", None),
    "timm-bad-share": (*timm(crop_pct=9), "resize", None),
    "clip-longest": (*clip(resize_mode="longest", fill_color=3), "geometry[1]", {"pad": {"size": [64, 64], "fill": 3}}),
    "clip-wide": (*clip(size=[48, 64]), "resize.mode", "cover"),
    "clip-wide-kernel": (*clip(size=[48, 64], interpolation="bilinear"), "resize.interpolation", "bicubic"),
    "clip-bad-mode": (*clip(resize_mode="odd"), "resize", None),
    "clip-bad-size": (*clip(size="x"), "shape", None),
    "hub-open": (*hub(), "resize.mode", "none"),
    "hub-bad-kernel": (*hub(image_size=64, interpolation="odd"), "resize", None),
    "hub-antialias": (*hub(image_size=64, antialias=True, crop_to_aspect_ratio=False), "geometry[0]", {"resize": {"size": [64, 64], "interpolation": "bilinear", "library": "tensorflow", "antialias": True}}),
    "hub-pad": (*hub(image_size=[48, 64], pad_to_aspect_ratio=True), "geometry[0]", {"pad": {"aspect": [48, 64]}}),
    "paddle-keep-ratio": (*paddle({**RESIZE, "keep_ratio": True}, NORMALIZED), "geometry[0]", {"resize": {"mode": "shortest_edge", "size": 48, "max_size": 64, "rounding": "round", "interpolation": "bilinear", "library": "opencv"}}),
    "paddle-pad": (*paddle(RESIZE, {"type": "PadStride", "stride": 32}), "shape", ["N", 3, "H", "W"]),
    "paddle-bad-resize": (*paddle({"type": "Resize", "interp": 9}, NORMALIZED), "resize", None),
    "paddle-bad-crop": (*paddle(RESIZE, {"type": "CenterCrop"}), "resize", None),
    "paddle-odd-shape": (*paddle(RESIZE, {"type": "Odd"}), "shape", None),
    "paddle-letterbox": (*paddle({"type": "LetterBoxResize", "target_size": [48, 64]}, NORMALIZED), "shape", ["N", 3, 48, 64]),
    "paddle-odd": (*paddle(RESIZE, {"type": "WarpAffine"}), "resize", None),
    "paddle-none": (*paddle(RESIZE, {"type": "NormalizeImage", "norm_type": "none"}), "value_range", [0, 1]),
    "paddle-no-scale": (*paddle(RESIZE, {**NORMALIZED, "is_scale": False}), "normalize.units", "byte"),
    "paddle-bad-scale": (*paddle(RESIZE, {**NORMALIZED, "scale": "1/2/3"}), "value_range", None),
    "paddle-frame": (*paddle({**RESIZE, "keep_ratio": True}, {"type": "Pad", "size": [64, 64], "fill_value": [114.0, 114.0, 114.0]}, NORMALIZED), "shape", ["N", 3, 64, 64]),
    "paddle-frame-fill": (*paddle({**RESIZE, "keep_ratio": True}, {"type": "Pad", "size": [64, 64]}, NORMALIZED), "resize", None),
    "paddle-wide": (*paddle({"type": "ResizeImage", "size": [64, 48]}, NORMALIZED), "geometry[0]", {"resize": {"mode": "stretch", "size": [48, 64], "interpolation": "bilinear", "library": "opencv"}}),
    "paddle-wide-crop": (*paddle({"type": "ResizeImage", "resize_short": 64}, {"type": "CropImage", "size": [64, 48]}, NORMALIZED), "shape", ["N", 3, 48, 64]),
    "paddle-half": (*paddle(RESIZE, {**NORMALIZED, "output_fp16": True}), "dtype", "float16"),
    "paddle-four-channels": (*paddle(RESIZE, {**NORMALIZED, "channel_num": 4}), "channel_order", None),
    "paddle-text-line": (*paddle(RESIZE, {"type": "RecResizeImg", "image_shape": [3, 32, 100]}), "shape", ["N", 3, 32, "W"]),
    "checker-pad": (*checker(RESIZED, {"type": "normalization", "std": 255}, {"type": "padding", "stride": 32, "pad_type": "right_bottom"}), "geometry[1]", {"pad": {"multiple_of": 32, "position": "top_left", "fill": [0], "units": "final"}}),
    "checker-word": (*checker(RESIZED, {"type": "normalization", "mean": "imagenet"}), "normalize.mean", [104.00698793, 116.66876762, 122.67891434]),
    "checker-bad-mean": (*checker(RESIZED, {"type": "normalization", "mean": "odd"}), "value_range", None),
    "checker-fraction": (*checker({"type": "crop", "central_fraction": 0.875}), "geometry[0]", {"crop": {"fraction": 0.875}}),
    "checker-bad-crop": (*checker({"type": "crop"}), "resize", None),
    "checker-bad-pad": (*checker({"type": "padding"}), "resize", None),
    "checker-auto": (*checker({"type": "auto_resize"}), "resize", None),
    "checker-tensorflow": (*checker({**RESIZED, "use_tensorflow": True}), "resize", None),
    "checker-odd": (*checker({"type": "free_form_mask"}), "resize", None),
    "checker-gray": (*checker({"type": "bgr_to_gray"}), "shape", ["N", 1, "H", "W"]),
    "checker-order": (*checker({"type": "bgr_to_rgb"}), "channel_order", "RGB"),
    "checker-reader": (*checker(RESIZED, reader={"type": "pillow_imread"}), "channel_order", "RGB"),
    "checker-cubic": (*checker({**RESIZED, "interpolation": "CUBIC", "dst_width": 32}), "geometry[0]", {"resize": {"mode": "stretch", "size": [64, 32], "interpolation": "bicubic", "library": "opencv"}}),
    "nvinfer-nhwc": (*nvinfer(infer_dims="32;48;3", network_input_order=1), "layout", "NHWC"),
    "nvinfer-uff": (*nvinfer(uff_input_dims="32;48;3;1", num_detected_classes=2), "shape", ["N", 32, 48, 3]),
    "nvinfer-bad-color": (*nvinfer(model_color_format=9), "channel_order", None),
    "nvinfer-bad-factor": (*nvinfer(net_scale_factor="x"), "value_range", None),
    "nvinfer-bad-dims": (*nvinfer(infer_dims="3;0;8"), "shape", None),
    "nvinfer-super-sampling": (*nvinfer(infer_dims="3;32;48", scaling_filter=3), "resize", None),
    "nvinfer-made-elsewhere": (*nvinfer(infer_dims="3;32;48", input_tensor_from_meta=1), "value_range", None),
    "nvinfer-mean-file": (*nvinfer(infer_dims="3;32;48", mean_file="mean.ppm"), "value_range", None),
    "preprocess-custom-layout": (*preprocess(network_input_order=2), "layout", None),
    "preprocess-custom-library": (*preprocess(custom_lib_path="mine.so"), "value_range", None),
    "preprocess-no-factor": (*preprocess(), "value_range", None),
    "preprocess-bad-shape": (*preprocess(network_input_shape="1;3;0;8"), "shape", None),
    "server-no-dims": (*server(), "shape", None),
    "server-mean-file": (*server('normalize { mean_file: "m.ppm" }'), "value_range", None),
    "server-pixels": (*server("tensor_order: TENSOR_ORDER_NHWC"), "value_range", [0, 255]),
    "paddlex": ("model.yml", "Transforms:\n- Resize:\n    interp: CUBIC\n    target_size: 64\n- Normalize:\n    mean: [0.5]\n    std: [0.5]\n", "geometry[0]", {"resize": {"mode": "stretch", "size": [64, 64], "interpolation": "bicubic", "library": "opencv"}}),
    "ai-hub": (*ai_hub(value_range=[0.0, 1.0]), "value_range", [0, 1]),
    "ai-hub-shape": (*ai_hub(shape=[1, 48, 64, 3], dtype="uint8"), "shape", [1, 48, 64, 3]),
    "ai-hub-order": (*ai_hub(image_metadata={"color_format": "bgr"}), "channel_order", "BGR"),
    "ai-hub-default-order": (*ai_hub(image_metadata={}), "channel_order", "RGB"),
    "ai-hub-assumed-order": (*ai_hub(), "channel_order", "RGB"),
    "ai-hub-odd-range": (*ai_hub(value_range=[-2.1, 2.6]), "value_range", None),
    "ai-hub-no-range": (*ai_hub(), "value_range", None),
    "ai-hub-quantized": (*ai_hub(dtype="uint8", value_range=[0.0, 1.0], quantization_parameters={"scale": 0.00392, "zero_point": 0}), "quantize.scale", 0.00392),
    "ai-hub-tensor": (*ai_hub(io_type="tensor"), "channel_order", None),
    "zoo-unit": ("model.yml", "task_type: detection\nframework: caffe\nmodel_optimizer_args:\n- --input=x\n- --input_shape=[1,3,8,9]\n- --mean_values=x[0.485,0.456,0.406]\n", "value_range", None),
    "openvino-unit": ("m.xml", converted_model("[0.485,0.456,0.406]"), "value_range", None),
    "openvino-two-inputs": ("m.xml", converted_model("x-224[.485,.456],y[0.5]"), "value_range", None),
    "openvino-pixels": ("m.xml", converted_model("data640[1e2]"), "value_range", [0, 255]),
    "openvino-fit": ("m.xml", converted_model("", '<model_info><resize_type value="fit_to_window"/></model_info>'), "geometry[1]", {"pad": {"size": [32, 48], "position": "top_left", "fill": [0]}}),
    "onnx-gray-sample": ("m.onnx", onnx_model([("sample", "float32", ["b", 1, 28, 28])]), "channel_order", "GRAY"),
    "onnx-open-sample": ("m.onnx", onnx_model([("sample", "float32", ["b", 3, "h", "w"])]), "layout", "NCHW"),
    "onnx-encoder": ("m.onnx", onnx_model([("sample", "float32", [1, 3, 32, 48])]), "shape", [1, 3, 32, 48]),
    "zoo-lab": ("model.yml", "task_type: colorization\nframework: caffe\nmodel_optimizer_args:\n- --input=light\n- --input_shape=[1,1,8,9]\n- --mean_values=light[50]\n", "value_range", None),
    "checker-no-preprocessing": ("accuracy-check.yml", "models:\n  - name: m\n    launchers:\n      - adapter: classification\n    datasets:\n      - name: d\n", "resize", None),
    "custom-vision-bad-range": ("metadata_properties.json", json.dumps({"CustomVision.Preprocess.TargetWidth": "8", "CustomVision.Preprocess.TargetHeight": "8", "Image.NominalPixelRange": "Odd"}), "value_range", None),
    "custom-vision-mean": ("metadata_properties.json", json.dumps({"CustomVision.Preprocess.NormalizeMean": "[0.4, 0.5, 0.6]", "CustomVision.Preprocess.NormalizeStd": "[1, 1, 1]", "Image.NominalPixelRange": "Normalized_0_1"}), "normalize.units", "unit"),
    "zoo-spaces": ("model.yml", "task_type: detection\nframework: caffe\nmodel_optimizer_args:\n- --input_shape=[1 3 8 9]\n", "shape", [1, 3, 8, 9]),
    "roboflow-crlf": ("README.roboflow.txt", data_set("Resize to 8x9 (Stretch)")[1].replace("\nroboflow", "\n\nroboflow\n* Cropped").replace("\n", "\r\n"), "resize.size", [9, 8]),
    "roboflow-contrast": (*data_set("Resize to 8x9 (Stretch)", "Auto-contrast via contrast stretching"), "resize", None),
    "roboflow-not-resized": (*data_set("Auto-orientation of pixel data"), "resize", None),
    "compose-float": (*compose("ToTensor()", "Resize(size=(48, 64), antialias=False)"), "geometry[0]", {"resize": {"mode": "stretch", "size": [48, 64], "interpolation": "bilinear", "library": "torch", "dtype": "float32", "antialias": False}}),
    "compose-limit": (*compose("Resize(size=64, max_size=99)", "ToTensor()"), "geometry[0]", {"resize": {"mode": "shortest_edge", "size": 64, "interpolation": "bilinear", "max_size": 99, "rounding": "floor"}}),
    "compose-gray": (*compose("Grayscale(num_output_channels=1)", "ToTensor()"), "channel_order", "GRAY"),
    "compose-no-crop-size": (*compose("CenterCrop(size=x)", "ToTensor()"), "resize", None),
    "compose-bytes": (*compose("Resize(size=(48, 64))", "PILToTensor()", "ToDtype(torch.float32)"), "value_range", [0, 255]),
    "compose-pil-again": (*compose("ToImage()", "ToPILImage()", "Resize(64)", "ToTensor()"), "geometry[0]", {"resize": {"mode": "shortest_edge", "size": 64, "interpolation": "bilinear"}}),
    "mm-square-pad": (*mm("dict(type='Pad', pad_to_square=True, pad_val=114)"), "geometry[0]", {"pad": {"square": True, "position": "top_left", "fill": 114}}),
    "mm-bad-pad": (*mm("dict(type='Pad')"), "resize", None),
    "mm-area": (*mm("dict(type='Resize', scale=64, interpolation='area')"), "geometry[0]", {"resize": {"mode": "stretch", "size": [64, 64], "interpolation": "area", "library": "opencv"}}),
    "mm-short": (*mm("dict(type='ResizeShortestEdge', scale=64, max_size=99)"), "geometry[0]", {"resize": {"mode": "shortest_edge", "size": 64, "max_size": 99, "rounding": "half_up", "interpolation": "bilinear", "library": "opencv"}}),
    "mm-classification": (*mm("dict(type='Resize', size=(64, -1))"), "geometry[0]", {"resize": {"mode": "shortest_edge", "size": 64, "rounding": "floor", "interpolation": "bilinear", "library": "opencv"}}),
    "mm-bad-scale": (*mm("dict(type='Resize', scale=(1, 2, 3))"), "resize", None),
    "mm-efficientnet": (*mm("dict(type='CenterCrop', crop_size=64, efficientnet_style=True)"), "resize", None),
    "mm-pillow": (*mm("dict(type='LoadImageFromFile', imdecode_backend='pillow')", "dict(type='CenterCrop', crop_size=(48, 64))"), "decode.library", "pillow"),
    "mm-nested": (*mm("dict(type='MultiScaleFlipAug', img_scale=[(64, 48)], transforms=[dict(type='Resize')])"), "shape", ["N", 3, 48, 64]),
    "mm-divisor": (*mm("dict(type='Resize', scale=50)", top="data_preprocessor = dict(mean=[1], std=[2], pad_size_divisor=32)"), "shape", ["N", 3, 64, 64]),
    "mm-no-pipeline": ("c.py", "data_preprocessor = dict(mean=[1., 2., 3.], std=[2.])\n", "resize", None),
    "mm-dataloader": ("c.py", "test_dataloader = dict(dataset=dict(pipeline=[dict(type='Resize', scale=8)]))\nimg_norm_cfg = dict(\n mean=[1], std=[2])\n", "shape", ["N", 3, 8, 8]),
    "coreml-array": ("m.mlmodel", core_array(), "shape", [1, 3, 8, 9]),
    "coreml-half-gray": ("m.mlmodel", mlmodel(40, 32, 48), "dtype", "float16"),
    "coreml-range": ("m.mlmodel", mlmodel(20, 32, 48, chunk(31, chunk(1, number(1, 16), number(2, 64)), chunk(2, number(1, 48), number(2, 48)))), "shape", [48, "W", 3]),
    "coreml-sizes": ("m.mlmodel", mlmodel(20, 32, 48, chunk(21, chunk(1, number(1, 32), number(2, 48)), chunk(1, number(1, 32), number(2, 64)))), "shape", ["H", 32, 3]),
    "coreml-array-range": ("m.mlmodel", core_array(chunk(31, chunk(1, number(1, 1), number(2, 8)), *[chunk(1, number(1, side), number(2, side)) for side in (3, 8, 9)])), "shape", ["N", 3, 8, 9]),
    "coreml-array-shapes": ("m.mlmodel", core_array(chunk(21, chunk(1, chunk(1, varint(1), varint(3), varint(8), varint(9))), chunk(1, chunk(1, varint(1), varint(3), varint(16), varint(9))))), "shape", [1, 3, "H", 9]),
    "coreml-gray": ("m.mlmodel", mlmodel(10, 32, 48), "channel_order", "GRAY"),
    "yolo-classify": ("y.torchscript", torchscript({**YOLO, "task": "classify", "imgsz": "[64, 64]"}), "resize.mode", "shortest_edge"),
    "yolo-classify-wide": ("y.torchscript", torchscript({**YOLO, "task": "classify", "imgsz": "[64, 96]"}), "resize.mode", "stretch"),
    "yolo-depth": ("y.torchscript", torchscript({**YOLO, "task": "depth", "imgsz": "[64, 96]"}), "resize.mode", "stretch"),
    "yolo-rtdetr": ("y.torchscript", torchscript({**YOLO, "head": "RTDETRDecoder", "imgsz": "[64, 64]"}), "resize.mode", "stretch"),
    "yolo-rtdetr-run": ("args.yaml", "task: detect\nimgsz: 64\nmode: train\nmosaic: 1\nmodel: weights/rtdetr-l.pt\n", "resize.mode", "stretch"),
    "yolo-rtdetr-decode": ("y.torchscript", torchscript({**YOLO, "head": "RTDETRDecoder", "imgsz": "[64, 64]"}), "decode.library", "opencv"),
    "yolo-rtdetr-by-name": ("metadata.yaml", ultralytics("rtdetr-l model trained on /data/sets/coco.yaml"), "resize.mode", "stretch"),
    "yolo-data-of-rtdetr": ("metadata.yaml", ultralytics("YOLO11n model trained on /data/rtdetr.yaml"), "resize.mode", "letterbox"),
    "yolo-data-beside-rtdetr": ("metadata.yaml", ultralytics("YOLO11n model trained on rtdetr_compare.yaml"), "resize.mode", "letterbox"),
    "yolo-spaces-in-name": ("metadata.yaml", ultralytics("my rtdetr model trained on C:/data/coco.yaml"), "resize.mode", "stretch"),
    "yolo-square": ("y.torchscript", torchscript({**YOLO, "imgsz": 64}), "shape", ["N", 3, 64, 64]),
    "yolo-one-side": ("y.torchscript", torchscript({**YOLO, "imgsz": "[64]", "half": "true"}), "dtype", "float16"),
    "yolo-bad-size": ("y.torchscript", torchscript({**YOLO, "imgsz": "[[["}), "resize", None),
    "yolo-size-of-input": ("y.onnx", onnx_model([("images", "float32", [1, 3, 32, 48])], metadata=YOLO.items()), "resize.size", [32, 48]),
    "yolo-dynamic": ("y.onnx", onnx_model([("images", "float32", ["b", 3, "h", "w"])], metadata={**YOLO, "imgsz": "[64, 64]", "dynamic": "True"}.items()), "resize.size", [64, 64]),
    "roboflow-fill": ("environment.json", json.dumps({"PREPROCESSING": json.dumps({"resize": {"format": "Fill (with center crop) in", "width": 8, "height": 9}})}), "resize.mode", "cover"),
    "roboflow-black": ("environment.json", json.dumps({"PREPROCESSING": {"resize": {"format": "Fit (black edges) in", "width": 8, "height": 9}}}), "resize.fill", 0),
    "roboflow-odd": ("environment.json", json.dumps({"PREPROCESSING": {"resize": {"format": "Odd", "width": 8, "height": 9}}}), "resize", None),
    "roboflow-no-size": ("environment.json", json.dumps({"PREPROCESSING": {"resize": {"format": "Stretch to"}}}), "resize", None),
}  # fmt: skip


@pytest.mark.parametrize("case", VALUES)
def test_variant_becomes_a_field_or_unknown(case):
    name, content, key, value = VALUES[case]
    draft = draft_of(name, content)
    if value is None:
        assert key in {field.key for field in draft.fields if field.certainty == "unknown"}
    else:
        assert draft.values()[key] == value


MODELS = {
    "onnx": ("m.onnx", onnx_model([("x", "float32", [1, 3, 8, 8])], metadata=YOLO.items())),
    "saved-model": ("saved_model.pb", saved_model({"serving_default": [("x", "float32", [1, 8, 8, 3])]})),
    "tflite": ("m.tflite", tflite_model([1, 8, 8, 3], "uint8", quantization=(0.5, 3), metadata={"mean": [1.0], "std": [2.0]})),
    "coreml": ("m.mlmodel", mlmodel(20, 8, 9)),
    "torchscript": ("m.torchscript", torchscript({**YOLO, "imgsz": 64})),
}  # fmt: skip


@pytest.mark.parametrize("kind", MODELS)
def test_damaged_model_file_has_a_draft_or_an_error(kind):
    name, body = MODELS[kind]
    generator = random.Random(1)
    for step in range(120):
        broken = bytearray(body)
        for _ in range(generator.choice((1, 3))):
            broken[generator.randrange(len(broken))] = generator.choice((0, 1, 8, 127, 128, 255))
        if step % 3 == 0:
            broken = broken[: generator.randrange(8, len(broken))]
        with suppress(ImgcheckError):
            assert draft_of(name, bytes(broken)).fields


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x00\x01", "field number 0"),
        (b"\x0b", "wire type 3"),
        (b"\x0a\x05a", "longer than what contains it"),
        (b"\x0d\x01", "ends early"),
        (b"\x08" + b"\xff" * 11, "more than 10 bytes"),
    ],
)
def test_damaged_protobuf_is_refused(body, message):
    with pytest.raises(WireError, match=message):
        list(WireReader(io.BytesIO(body), len(body)).fields(None))
    with pytest.raises(WireError, match="more than 10 bytes"):
        signed_of(b"\xff" * 12)


def test_protobuf_of_a_stream_is_skipped_without_seeking():
    class Stream(io.BytesIO):
        def seekable(self):
            return False

    body = chunk(1, b"x" * 300_000) + number(2, 7) + varint(3 << 3 | 1) + bytes(8)
    assert [(field, kind) for field, kind, _ in WireReader(Stream(body), None).fields(None)] == [(1, 2), (2, 0), (3, 1)]
    with pytest.raises(WireError, match="ends early"):
        list(WireReader(Stream(body[:-400]), None).fields(None))


def test_table_of_organizations_has_forty_configurations():
    assert len(organizations.CASES) >= 40
