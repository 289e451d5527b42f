"""Vocabularies of other frameworks and services."""

import io
import json
import zipfile

from model_files import chunk, number, varint

from importer_cases.huggingface import IMAGENET
from importer_cases.models import COLOR, LETTERBOX, tensor

CV = {"decode": {"library": "opencv"}}
BYTE = {"units": "byte", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "order": "RGB"}

DETECTION = """mode: paddle
arch: YOLO
min_subgraph_size: 3
Preprocess:
- interp: 2
  keep_ratio: false
  target_size: [608, 608]
  type: Resize
- is_scale: true
  mean: [0.485, 0.456, 0.406]
  std: [0.229, 0.224, 0.225]
  type: NormalizeImage
- type: Permute
label_list: [person]
"""
CLASSIFICATION = """Global: {model_name: PP-LCNet_x1_0}
PreProcess:
  transform_ops:
  - ResizeImage: {resize_short: 256}
  - CropImage: {size: 224}
  - NormalizeImage: {scale: 1.0/255.0, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], order: ''}
  - ToCHWImage: null
"""
PADDLE = {
    "paddle-detection": (
        "infer_cfg.yml",
        DETECTION,
        tensor(["N", 3, 608, 608], "NCHW", order="RGB", normalize={"units": "unit", **IMAGENET}, **CV, resize={"mode": "stretch", "size": [608, 608], "interpolation": "bicubic", "library": "opencv"}),
        (),
    ),
    "paddle-classification": (
        "inference.yml",
        CLASSIFICATION,
        tensor(["N", 3, 224, 224], "NCHW", order="RGB", normalize={"units": "unit", **IMAGENET}, **CV, geometry=[
            {"resize": {"mode": "shortest_edge", "size": 256, "rounding": "round", "interpolation": "bilinear", "library": "opencv"}},
            {"crop": {"size": [224, 224], "rounding": "floor", "pad_side": "after"}},
        ]),
        (),
    ),
    "paddle-no-normalization": (
        "infer_cfg.yml",
        DETECTION.replace("- is_scale: true\n  mean: [0.485, 0.456, 0.406]\n  std: [0.229, 0.224, 0.225]\n  type: NormalizeImage\n", "- type: DecodeImage\n  img_mode: BGR\n"),
        tensor(["N", 3, 608, 608], "NCHW", order="BGR", value_range=[0, 255], **CV, resize={"mode": "stretch", "size": [608, 608], "interpolation": "bicubic", "library": "opencv"}),
        (),
    ),
}  # fmt: skip

MMDET = """_base_ = ['../_base_/datasets/coco.py']
model = dict(
    type='RetinaNet',
    data_preprocessor=dict(
        type='DetDataPreprocessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True,
        pad_size_divisor=32))
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(1333, 800), keep_ratio=True),
    dict(type='PackDetInputs'),
]
"""
MMPRETRAIN = """data_preprocessor = dict(num_classes=1000, mean=[127.5, 127.5, 127.5], std=[127.5] , to_rgb=True)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=248, edge='short', backend='pillow', interpolation='bicubic'),
    dict(type='CenterCrop', crop_size=224),
    dict(type='PackInputs'),
]
"""
CAFFE = """img_norm_cfg = dict(mean=[103.530, 116.280, 123.675], std=[1.0, 1.0, 1.0], to_rgb=False)
img_scale = (640, 480)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='MultiScaleFlipAug', img_scale=img_scale, flip=False, transforms=[
        dict(type='Resize', keep_ratio=False), dict(type='RandomFlip'), dict(type='Normalize', **img_norm_cfg),
        dict(type='ImageToTensor', keys=['img']), dict(type='Collect', keys=['img'])]),
]
"""
DETECTRON = """_BASE_: "../Base-RCNN-FPN.yaml"
MODEL:
  META_ARCHITECTURE: GeneralizedRCNN
INPUT:
  MIN_SIZE_TEST: 640
DATASETS:
  TEST: ("coco_2017_val",)
"""
RESEARCH = {
    "mmdetection": (
        "retinanet.py",
        MMDET,
        tensor(["N", 3, "H", "W"], "NCHW", order="RGB", normalize=BYTE, **CV, geometry=[
            {"resize": {"mode": "shortest_edge", "size": 800, "max_size": 1333, "rounding": "half_up", "interpolation": "bilinear", "library": "opencv"}},
            {"pad": {"multiple_of": 32, "position": "top_left", "units": "final", "fill": 0}},
        ]),
        (),
    ),
    "mmpretrain": (
        "vit.py",
        MMPRETRAIN,
        tensor(["N", 3, 224, 224], "NCHW", order="RGB", value_range=[-1, 1], **CV, geometry=[
            {"resize": {"mode": "shortest_edge", "size": 248, "interpolation": "bicubic", "library": "pillow"}},
            {"crop": {"size": [224, 224], "rounding": "round"}},
        ]),
        (),
    ),
    "mmdetection-caffe": (
        "caffe.py",
        CAFFE,
        tensor(["N", 3, 480, 640], "NCHW", order="BGR", normalize={"units": "byte", "mean": [103.53, 116.28, 123.675], "std": [1, 1, 1], "order": "BGR"}, **CV, resize={"mode": "stretch", "size": [480, 640], "interpolation": "bilinear", "library": "opencv"}),
        (),
    ),
    "detectron2": (
        "config.yaml",
        DETECTRON,
        tensor([3, "H", "W"], "CHW", order="BGR", value_range=[0, 255], decode={"exif": "apply"}, resize={"mode": "shortest_edge", "size": 640, "max_size": 1333, "rounding": "half_up", "interpolation": "bilinear"}),
        (),
    ),
}  # fmt: skip

NVINFER = """[property]
gpu-id=0
net-scale-factor=0.0039215697906911373
model-color-format=0
onnx-file=yolo.onnx
infer-dims=3;640;640
maintain-aspect-ratio=1
symmetric-padding=1
"""
SSD = """[property]
net-scale-factor=0.0078431372
offsets=127.5;127.5;127.5
model-color-format=1 # BGR
infer-dims=3;300;300
num-detected-classes=4
"""
PGIE_YAML = """property:
  gpu-id: 0
  net-scale-factor: 1.0
  offsets: 103.939;116.779;123.68
  model-color-format: 1
  onnx-file: ./model.onnx
  infer-dims: 3;384;1248
  maintain-aspect-ratio: 0
  scaling-filter: 1
"""
PREPROCESS = """[property]
enable=1
maintain-aspect-ratio=1
symmetric-padding=1
processing-width=100
processing-height=32
network-input-order=0
network-input-shape=1;1;32;100
network-color-format=2
tensor-data-type=0
scaling-filter=0
custom-lib-path=/opt/nvidia/deepstream/deepstream/lib/gst-plugins/libcustom2d_preprocess.so

[user-configs]
pixel-normalization-factor=0.0078431372
offsets=127.5

[group-0]
process-on-roi=1
"""
SERVER = """infer_config {
  max_batch_size: 2
  backend {
    inputs [ { name: "input", dims: [3, 640, 640] } ]
    triton { model_name: "yolo" version: -1 }
  }
  preprocess {
    network_format: IMAGE_FORMAT_RGB
    tensor_order: TENSOR_ORDER_LINEAR
    maintain_aspect_ratio: 0
    normalize { scale_factor: 0.0039215697906911373 channel_offsets: [0, 0, 0] }
  }
}
"""
VISION = {
    "CustomVision.Preprocess.NormalizeMean": "[0.0, 0.0, 0.0]",
    "CustomVision.Preprocess.NormalizeStd": "[1.0, 1.0, 1.0]",
    "CustomVision.Preprocess.ResizeMethod": "Stretch",
    "CustomVision.Preprocess.CropMethod": "NoCrop",
    "CustomVision.Preprocess.TargetHeight": "300",
    "CustomVision.Preprocess.TargetWidth": "300",
}
ZOO = """description: >-
  The model.
task_type: classification
files: []
input_info:
  - name: data
    shape: [1, 3, 224, 224]
    layout: NCHW
model_optimizer_args:
  - --input_shape=[1,3,224,224]
  - --mean_values=data[123.675,116.28,103.53]
  - --scale_values=data[58.624]
  - --reverse_input_channels
framework: pytorch
"""
ZOO_ARGUMENTS = """description: >-
  The model.
task_type: classification
model_optimizer_args:
  - --input_shape=[1,3,128,128]
  - --input=actual_input_1
  - --mean_values=actual_input_1[151.2405,119.5950,107.8395]
  - --reverse_input_channels
framework: onnx
"""
DATA_SET = """
Hands - v1
==============================

This dataset was exported via roboflow.com on June 10, 2024 at 8:34 PM GMT

The following pre-processing was applied to each image:
* Auto-orientation of pixel data (with EXIF-orientation stripping)
* Resize to 640x416 (Fit (white edges))
* Grayscale (CRT phosphor)

The following augmentation was applied to create 3 versions of each source image:
* Random brightness adjustment of between -25 and +25 percent
"""
ROBOFLOW = {
    "PREPROCESSING": json.dumps(
        {
            "auto-orient": {"enabled": True},
            "resize": {"enabled": True, "width": 640, "height": 416, "format": "Stretch to"},
        }
    )
}


def mlmodel(color, width, height, flexible=b""):
    image = number(1, width) + number(2, height) + number(3, color) + flexible
    feature = chunk(1, chunk(1, "image"), chunk(3, chunk(4, image)))
    return (
        number(1, 4)
        + chunk(2, feature, chunk(10, chunk(1, "classLabel")))
        + varint(403 << 3 | 2)
        + varint(3)
        + b"\x08\x01\x10"[:3]
    )


def torchscript(extra):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as out:
        out.writestr("model/constants.pkl", b"\x80\x02.")
        out.writestr("model/code/__torch__.py", "def forward(self, x: Tensor): return x\n")
        if extra is not None:
            out.writestr("model/extra/config.txt", json.dumps(extra))
    return body.getvalue()


YOLO = {"stride": 32, "task": "detect", "imgsz": [640, 640], "names": {"0": "person"}, "batch": 1}
SERVICES = {
    "neo": ("input.json", '{"input0": [1, 3, 224, 224]}', tensor([1, 3, 224, 224], "NCHW"), COLOR),
    "neo-job": ("job.json", json.dumps({"CompilationJobName": "x", "InputConfig": {"DataInputConfig": '{"data": [1, 299, 299, 3]}', "Framework": "TENSORFLOW"}}), tensor([1, 299, 299, 3], "NHWC"), COLOR),
    "custom-vision": ("metadata_properties.json", json.dumps(VISION), {"dtype": "float32", "value_range": [0, 255], "resize": {"mode": "stretch", "size": [300, 300]}}, ("shape", "layout", "channel_order")),
    "deepstream-yolo": ("config_infer.txt", NVINFER, tensor(["N", 3, 640, 640], "NCHW", order="RGB", value_range=[0, 1], geometry=[
        {"resize": {"mode": "longest_edge", "size": [640, 640], "interpolation": "nearest", "library": "opencv"}},
        {"pad": {"size": [640, 640], "position": "center", "fill": 0}},
    ]), ()),
    "deepstream-ssd": ("config_infer.txt", SSD, tensor(["N", 3, 300, 300], "NCHW", order="BGR", value_range=[-1, 1], resize={"mode": "stretch", "size": [300, 300], "interpolation": "nearest", "library": "opencv"}), ()),
    "deepstream-yaml": ("pgie.yml", PGIE_YAML, tensor(["N", 3, 384, 1248], "NCHW", order="BGR", normalize={"units": "byte", "mean": [103.939, 116.779, 123.68], "std": [1], "order": "BGR"}, resize={"mode": "stretch", "size": [384, 1248], "interpolation": "bilinear", "library": "opencv"}), ()),
    "deepstream-preprocess": ("config_preprocess.txt", PREPROCESS, tensor(["N", 1, 32, 100], "NCHW", order="GRAY", value_range=[-1, 1], geometry=[
        {"resize": {"mode": "longest_edge", "size": [32, 100], "interpolation": "nearest", "library": "opencv"}},
        {"pad": {"size": [32, 100], "position": "center", "fill": 0}},
    ]), ()),
    "deepstream-server": ("config_infer_triton.txt", SERVER, tensor(["N", 3, 640, 640], "NCHW", order="RGB", value_range=[0, 1], resize={"mode": "stretch", "size": [640, 640], "interpolation": "nearest", "library": "opencv"}), ()),
    "custom-vision-normalized": ("metadata_properties.json", json.dumps({**VISION, "Image.BitmapPixelFormat": "Rgb8", "Image.NominalPixelRange": "Normalized_0_1"}), {"dtype": "float32", "channel_order": "RGB", "value_range": [0, 1], "resize": {"mode": "stretch", "size": [300, 300]}}, ("shape", "layout")),
    "roboflow-data-set": ("README.roboflow.txt", DATA_SET, {"decode": {"exif": "apply"}, "resize": {"mode": "letterbox", "size": [416, 640], "fill": 255, "library": "opencv"}}, ("shape", "layout", "dtype", "channel_order", "value_range")),
    "open-model-zoo-arguments": ("model.yml", ZOO_ARGUMENTS, {"name": "actual_input_1", **tensor([1, 3, 128, 128], "NCHW", order="BGR", value_range=[0, 255])}, ("resize",)),
    "coreml-bgr": ("m.mlmodel", mlmodel(30, 227, 224), tensor([224, 227, 3], "HWC", "uint8", order="BGR", value_range=[0, 255]), ("resize",)),
    "roboflow": ("environment.json", json.dumps(ROBOFLOW), {"resize": {"mode": "stretch", "size": [416, 640], "library": "opencv"}}, ("shape", "layout", "dtype", "channel_order", "value_range")),
    "torchscript-ultralytics": ("y.torchscript", torchscript(YOLO), tensor(["N", 3, 640, 640], "NCHW", order="RGB", value_range=[0, 1], **LETTERBOX), ()),
    "open-model-zoo": ("model.yml", ZOO, tensor([1, 3, 224, 224], "NCHW", order="BGR", value_range=[0, 255]), ("resize",)),
    "own-spec": ("spec.yaml", "shape: [N, 64, 64, 1]\ndtype: uint8\nchannel_order: GRAY\nresize: none\n", tensor(["N", 64, 64, 1], "NHWC", "uint8", order="GRAY", value_range=[0, 255], resize="none"), ()),
}  # fmt: skip


CASES = {**PADDLE, **RESEARCH, **SERVICES}
