"""Configurations as repositories contain them: older forms, comments, nested keys, contradictions, other extensions."""

import json

from importer_cases.huggingface import HALF, IMAGENET
from importer_cases.models import COLOR, cut, tensor, torch_like

CV = {"decode": {"library": "opencv"}}
BYTE = {"units": "byte", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "order": "RGB"}
MEAN, STD = IMAGENET["mean"], IMAGENET["std"]
P = "preprocessor_config.json"


def config(**keys):
    return json.dumps(keys, indent=2)


def stretch(height, width, interpolation="bilinear", **more):
    return {"resize": {"mode": "stretch", "size": [height, width], "interpolation": interpolation, **more}}


def letterbox(height, width):
    return {
        "resize": {
            "mode": "letterbox", "size": [height, width], "fill": [114, 114, 114], "interpolation": "bilinear",
            "library": "opencv",
        }
    }  # fmt: skip


def hub(size, values, **geometry):
    """Without a decoder, which the processors do not determine."""
    return {key: value for key, value in torch_like(size, values, **geometry).items() if key != "decode"}


HUGGING_FACE = {
    "vit-hybrid": (P, config(
        do_center_crop=True, do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, crop_size={"height": 384, "width": 384},
        image_mean=[0.5] * 3, image_std=[0.5] * 3, image_processor_type="ViTHybridImageProcessor", resample=3, rescale_factor=1 / 255,
        size={"shortest_edge": 384},
    ), hub(384, HALF, resize={"mode": "shortest_edge", "size": 384, "crop": "center", "crop_rounding": "floor", "interpolation": "bicubic"}), ()),
    "efficientformer": (P, config(
        crop_size={"height": 224, "width": 224}, do_center_crop=True, do_normalize=True, do_rescale=True, do_resize=True, image_mean=MEAN,
        image_std=STD, image_processor_type="EfficientFormerImageProcessor", resample=3, rescale_factor=1 / 255, size={"shortest_edge": 224},
    ), hub(224, IMAGENET, resize={"mode": "shortest_edge", "size": 224, "crop": "center", "crop_rounding": "floor", "interpolation": "bicubic"}), ()),
    "clipseg": ("clipseg.txt", config(
        do_normalize=True, do_rescale=True, do_resize=True, image_mean=MEAN, image_processor_type="ViTImageProcessor", image_std=STD,
        processor_class="CLIPSegProcessor", resample=2, rescale_factor=0.00392156862745098, size={"height": 352, "width": 352},
    ), hub(352, IMAGENET, **stretch(352, 352)), ()),
}  # fmt: skip

EVALUATION_ARGS = """aa: rand-m9-mstd0.5-inc1
amp: true
batch_size: 128
color_jitter: 0.4
crop_pct: 1.0
data_dir: /data/imagenet
img_size: 288
input_size: null
interpolation: bicubic
mean: [0.485, 0.456, 0.406]
std: [0.229, 0.224, 0.225]
model: resnetv2_50
num_classes: 12
train_interpolation: random
"""
VALIDATION_CODE = """import torch
from torchvision import transforms as T
from torchvision.transforms.functional import InterpolationMode

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

train_tfms = T.Compose([
    T.RandomResizedCrop(224),
    T.RandomHorizontalFlip(),  # the only augmentation
    T.ToTensor(),
    T.Normalize(IMAGENET_MEAN, IMAGENET_STD),
])
val_tfms = T.Compose([
    T.Resize(236, interpolation=InterpolationMode.BICUBIC),
    T.CenterCrop(224),
    T.ToTensor(),
    T.Normalize(IMAGENET_MEAN, IMAGENET_STD),
])
"""
INFERENCE_CODE = """# predict.py
import torchvision.transforms as transforms

tfm = transforms.Compose([transforms.Resize((192, 320)), transforms.ToTensor(), transforms.Normalize([0.5]*3, [0.5]*3)])
"""
MODEL_CARD = """---
license: mit
tags: [image-classification]
---
# Leaf diseases

Fine-tuned on 12 classes. Usage:

```python
from torchvision import transforms
import torch

preprocess = transforms.Compose([
    transforms.Resize(256),
    transforms.CenterCrop(224),
    transforms.ToTensor(),
    transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
])
batch = preprocess(image).unsqueeze(0)
```
"""
COMPOSE_LAMBDA = """Compose(
    Resize(size=(224, 224), interpolation=bilinear, max_size=None, antialias=True)
    ToTensor()
    Lambda()
    Normalize(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5])
)
"""
COMPOSE_MOST = """Compose(
    Resize(size=640, interpolation=bilinear, max_size=1333, antialias=True)
    ToTensor()
)
"""
SHORTEST_AND_CROP = [
    {"resize": {"mode": "shortest_edge", "size": 256, "interpolation": "bilinear"}},
    {"crop": {"size": [224, 224]}},
]
TORCH = {
    "timm-larger-crop": ("config.json", config(architecture="vit_small_patch14_dinov2", num_classes=5, pretrained_cfg={
        "tag": "lvd142m", "custom_load": False, "input_size": [3, 518, 518], "fixed_input_size": True, "interpolation": "bicubic",
        "crop_pct": 1.0, "crop_mode": "center", "mean": MEAN, "std": STD, "num_classes": 0, "first_conv": "patch_embed.proj",
    }), torch_like(518, IMAGENET, **cut(518, "bicubic")), ()),
    "timm-model-args-contradict": ("config.json", config(
        architecture="vit_small_patch14_dinov2", model_args={"img_size": 252}, pretrained_cfg={
            "input_size": [3, 518, 518], "interpolation": "bicubic", "crop_pct": 1.0, "mean": MEAN, "std": STD,
        }), {k: v for k, v in torch_like(518, IMAGENET).items() if k != "shape"}, ("shape", "resize")),
    "timm-training-args": ("args.yaml", EVALUATION_ARGS, torch_like(288, IMAGENET, **cut(288, "bicubic")), ()),
    "compose-code-of-validation": ("transforms.py", VALIDATION_CODE, torch_like(224, IMAGENET, geometry=[
        {"resize": {"mode": "shortest_edge", "size": 236, "interpolation": "bicubic"}}, {"crop": {"size": [224, 224]}},
    ]), ()),
    "compose-code-on-one-line": ("predict.py", INFERENCE_CODE, torch_like((192, 320), HALF, **stretch(192, 320)), ()),
    "compose-in-model-card": ("README.md", MODEL_CARD, torch_like(224, IMAGENET, geometry=SHORTEST_AND_CROP), ()),
    "compose-lambda": ("t.txt", COMPOSE_LAMBDA, {}, ("shape", "layout", "value_range", "resize", "channel_order", "dtype")),
    "compose-longest-edge": ("t.txt", COMPOSE_MOST, torch_like(("H", "W"), values=[0, 1], resize={
        "mode": "shortest_edge", "size": 640, "max_size": 1333, "rounding": "floor", "interpolation": "bilinear",
    }), ()),
}  # fmt: skip

LAMBDA_MODEL = config(class_name="Functional", keras_version="2.11.0", backend="tensorflow", config={"name": "model", "trainable": True, "layers": [
    {"class_name": "InputLayer", "name": "input_1", "inbound_nodes": [], "config": {"batch_input_shape": [None, 299, 299, 3], "dtype": "float32", "sparse": False, "name": "input_1"}},
    {"class_name": "Lambda", "name": "lambda", "config": {"name": "lambda", "function": ["4wEAAAAAAAAAAAAAAA==", None, None], "function_type": "lambda"}},
    {"class_name": "Conv2D", "name": "conv2d", "config": {"name": "conv2d", "data_format": "channels_last"}},
]})  # fmt: skip
TFJS_LAYERS = config(format="layers-model", generatedBy="keras v2.4.0", convertedBy="TensorFlow.js Converter v3.3.0", modelTopology={
    "keras_version": "2.4.0", "backend": "tensorflow", "model_config": {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 28, 28, 1], "dtype": "float32", "name": "i"}},
        {"class_name": "Conv2D", "config": {"name": "c", "data_format": "channels_last"}},
    ]}},
}, weightsManifest=[{"paths": ["group1-shard1of1.bin"], "weights": []}])  # fmt: skip
TFJS_GRAPH = config(format="graph-model", generatedBy="2.3.1", convertedBy="TensorFlow.js Converter v2.7.0", signature={
    "inputs": {"input": {"name": "input:0", "dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "-1"}, {"size": "224"}, {"size": "224"}, {"size": "3"}]}}},
    "outputs": {"logits": {"name": "logits:0", "dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "-1"}, {"size": "1001"}]}}},
}, modelTopology={"node": [], "versions": {}}, weightsManifest=[])  # fmt: skip
TEACHABLE = config(
    tfjsVersion="1.3.1", tmVersion="2.4.5", packageVersion="0.8.4-alpha2", packageName="@teachablemachine/image",
    timeStamp="2023-04-01T10:00:00.000Z", userMetadata={}, modelName="tm-my-image-model", labels=["Ripe", "Unripe"], imageSize=224,
)  # fmt: skip
TENSORFLOW = {
    "keras-lambda": ("model_architecture.json", LAMBDA_MODEL, tensor(["N", 299, 299, 3], "NHWC"), COLOR),
    "tfjs-layers": ("model.json", TFJS_LAYERS, tensor(["N", 28, 28, 1], "NHWC", order="GRAY"), ("value_range", "resize")),
    "tfjs-graph": ("model.json", TFJS_GRAPH, tensor(["N", 224, 224, 3], "NHWC"), COLOR),
    "teachable-machine": ("metadata.json", TEACHABLE, tensor(["N", 224, 224, 3], "NHWC", order="RGB", value_range=[-1, 1.007874]), ("resize",)),
}  # fmt: skip

TRITON_COMMENTS = """# max_batch_size: 0
name: "detector"   # the model's folder
backend: "onnxruntime"
max_batch_size: 16
input: [
  {
    name: "image"
    data_type: TYPE_UINT8
    format: FORMAT_NHWC
    dims: [ 512 ,
            768 , 3 ]   # H, W, C
  }
]
output: [ { name: "boxes" data_type: TYPE_FP32 dims: [ -1, 4 ] } ]
version_policy: { latest: { num_versions: 1 } }
optimization { execution_accelerators { gpu_execution_accelerator : [ { name : "tensorrt" parameters { key: "precision_mode" value: "FP16" } } ] } }
"""
TRITON_JSON = config(
    name="resnet50", platform="onnxruntime_onnx", backend="onnxruntime", version_policy={"latest": {"num_versions": 1}}, max_batch_size=8,
    input=[{"name": "data", "data_type": "TYPE_FP32", "format": "FORMAT_NCHW", "dims": [3, 224, 224], "is_shape_tensor": False}],
    output=[{"name": "prob", "data_type": "TYPE_FP32", "dims": [1000]}], instance_group=[],
)  # fmt: skip
NVINFER_OFFSETS = (
    "\ufeff"
    + """[property]
gpu-id=0
# preprocessing: (x - mean) / std with one std for all channels
net-scale-factor=0.0173520735727919486
offsets=123.675;116.28;103.53
model-color-format=0
## 0=FP32, 1=INT8, 2=FP16 mode
network-mode=2
network-type=1
tlt-encoded-model=resnet.etlt
infer-dims=3;544;960
maintain-aspect-ratio=0
scaling-filter=1
process-mode=2
""".replace("\n", "\r\n")
)
MO_SCRIPT = """#!/bin/bash
# convert the SSD to IR
set -e
source /opt/intel/openvino/bin/setupvars.sh
python3 $INTEL_OPENVINO_DIR/deployment_tools/model_optimizer/mo.py \\
    --input_model frozen_inference_graph.pb \\
    --input_shape [1,300,300,3] \\
    --mean_values [127.5,127.5,127.5] \\
    --scale_values [127.5] \\
    --reverse_input_channels \\
    --data_type FP16 --output_dir ir/
"""
TRTEXEC = """trtexec --onnx=yolov7.onnx --saveEngine=yolov7.plan --fp16 \\
  --minShapes=images:1x3x640x640 --optShapes=images:8x3x640x640 --maxShapes=images:16x3x640x640 --workspace=4096
"""
SNPE = """snpe-tensorflow-to-dlc --input_network inception_v3.pb --input_dim "input" "1,299,299,3" --out_node "probs" --output_path inception_v3.dlc
"""
NEO_COREML = config(CompilationJobName="mobilenet-coreml", RoleArn="arn:aws:iam::111122223333:role/neo", InputConfig={
    "S3Uri": "s3://bucket/model.tar.gz", "Framework": "TENSORFLOW",
    "DataInputConfig": '{"input_1": {"shape": [1,224,224,3], "default_shape": [1,224,224,3], "type": "Image", "bias": [-1,-1,-1], "scale": 0.00784313725}}',
}, OutputConfig={"S3OutputLocation": "s3://bucket/out", "TargetDevice": "coreml"})  # fmt: skip
SERVERS = {
    "triton-comments": ("config.pbtxt", TRITON_COMMENTS, tensor(["N", 512, 768, 3], "NHWC", "uint8"), COLOR),
    "triton-json": ("config.json", TRITON_JSON, tensor(["N", 3, 224, 224], "NCHW"), COLOR),
    "deepstream-offsets": ("pgie_config.txt", NVINFER_OFFSETS, tensor(["N", 3, 544, 960], "NCHW", order="RGB", normalize={
        "units": "byte", "mean": [123.675, 116.28, 103.53], "std": [57.63, 57.63, 57.63], "order": "RGB",
    }, **stretch(544, 960, library="opencv")), ()),
    "openvino-mo-script": ("convert.sh", MO_SCRIPT, {"dtype": "float32", "value_range": [0, 255]}, ("shape", "layout", "channel_order", "resize")),
    "trtexec": ("build.txt", TRTEXEC, tensor(["N", 3, 640, 640], "NCHW"), COLOR),
    "snpe": ("convert.sh", SNPE, {"dtype": "float32"}, ("shape", "layout", *COLOR)),
    "neo-coreml": ("job.json", NEO_COREML, tensor([1, 224, 224, 3], "NHWC", value_range=[0, 255]), ("channel_order", "resize")),
}  # fmt: skip

MMSEG = """norm_cfg = dict(type='SyncBN', requires_grad=True)
crop_size = (512, 1024)
data_preprocessor = dict(
    type='SegDataPreProcessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,
    pad_val=0,
    seg_pad_val=255,
    size=crop_size)
model = dict(type='EncoderDecoder', data_preprocessor=data_preprocessor, test_cfg=dict(mode='whole'))
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    dict(type='PackSegInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(2048, 1024), keep_ratio=True),
    # add loading annotation after ``Resize``
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs')
]
"""
MMPOSE = """codec = dict(
    type='MSRAHeatmap', input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
model = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(type='HRNet', in_channels=3))
val_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale'),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='PackPoseInputs')
]
val_dataloader = dict(dataset=dict(type='CocoDataset', pipeline=val_pipeline))
"""
MMDEPLOY = config(pipeline={"input": ["img"], "output": ["post_output"], "tasks": [
    {"type": "Task", "module": "Transform", "name": "Preprocess", "input": ["img"], "output": ["prep_output"], "transforms": [
        {"type": "LoadImageFromFile"}, {"type": "Resize", "size": [224, 224], "keep_ratio": False},
        {"type": "Normalize", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "to_rgb": True},
        {"type": "ImageToTensor", "keys": ["img"]}, {"type": "Collect", "keys": ["img"], "meta_keys": ["img_shape"]},
    ]},
    {"name": "resnet", "type": "Task", "module": "Net", "is_batched": False, "input": ["prep_output"], "output": ["infer_output"], "input_map": {"img": "input"}},
]})  # fmt: skip
DETECTRON_DUMP = """CUDNN_BENCHMARK: false
DATALOADER:
  ASPECT_RATIO_GROUPING: true
  NUM_WORKERS: 4
DATASETS:
  TEST:
  - my_val
INPUT:
  CROP:
    ENABLED: false
    SIZE:
    - 0.9
    - 0.9
    TYPE: relative_range
  FORMAT: BGR
  MASK_FORMAT: polygon
  MAX_SIZE_TEST: 1024
  MAX_SIZE_TRAIN: 1333
  MIN_SIZE_TEST: 768
  MIN_SIZE_TRAIN:
  - 640
MODEL:
  DEVICE: cuda
  META_ARCHITECTURE: GeneralizedRCNN
  PIXEL_MEAN:
  - 103.53
  - 116.28
  - 123.675
  PIXEL_STD:
  - 1.0
  - 1.0
  - 1.0
OUTPUT_DIR: ./output
VERSION: 2
"""
OPENMM = {
    "mmseg": ("pspnet_r50.py", MMSEG, tensor(["N", 3, "H", "W"], "NCHW", order="RGB", normalize=BYTE, **CV, resize={
        "mode": "shortest_edge", "size": 1024, "max_size": 2048, "rounding": "half_up", "interpolation": "bilinear", "library": "opencv",
    }), ()),
    "mmpose": ("td-hm_hrnet-w32.py", MMPOSE, tensor(["N", 3, 256, 192], "NCHW", order="RGB", normalize=BYTE, **CV), ("resize",)),
    "mmdeploy": ("pipeline.json", MMDEPLOY, tensor(["N", 3, 224, 224], "NCHW", order="RGB", normalize=BYTE, **CV, **stretch(224, 224, library="opencv")), ()),
    "detectron2-dump": ("config.yaml", DETECTRON_DUMP, tensor([3, "H", "W"], "CHW", order="BGR", value_range=[0, 255], resize={
        "mode": "shortest_edge", "size": 768, "max_size": 1024, "rounding": "half_up", "interpolation": "bilinear", "library": "pillow",
    }), ()),
}  # fmt: skip

RT_DETR = """Global:
  model_name: RT-DETR-L
mode: paddle
arch: DETR
use_dynamic_shape: false
Preprocess:
- interp: 2
  keep_ratio: false
  target_size:
  - 640
  - 480
  type: Resize
- mean:
  - 0.0
  - 0.0
  - 0.0
  norm_type: none
  std:
  - 1.0
  - 1.0
  - 1.0
  type: NormalizeImage
- type: Permute
label_list:
- person
"""
PADDLE_CLAS = """# global configs
Global:
  device: gpu
  image_shape: [3, 224, 224]
DataLoader:
  Train:
    dataset:
      name: ImageNetDataset
      transform_ops:
        - DecodeImage:
            to_rgb: True
            channel_first: False
        - RandCropImage:
            size: 224
        - NormalizeImage:
            scale: 1.0/255.0
            mean: [0.485, 0.456, 0.406]
            std: [0.229, 0.224, 0.225]
            order: ''
Infer:
  infer_imgs: docs/images/inference_deployment/whl_demo.jpg
  batch_size: 10
  transforms:
    - DecodeImage:
        to_rgb: True
        channel_first: False
    - ResizeImage:
        resize_short: 256
    - CropImage:
        size: 224
    - NormalizeImage:
        scale: 1.0/255.0
        mean: [0.485, 0.456, 0.406]
        std: [0.229, 0.224, 0.225]
        order: ''
    - ToCHWImage:
  PostProcess:
    name: Topk
"""
PADDLE = {
    "paddle-rt-detr": ("inference.yml", RT_DETR, tensor(["N", 3, 640, 480], "NCHW", order="RGB", value_range=[0, 1], **CV, **stretch(640, 480, "bicubic", library="opencv")), ()),
    "paddle-clas-training": ("PPLCNet_x1_0.yaml", PADDLE_CLAS, tensor(["N", 3, 224, 224], "NCHW", order="RGB", normalize={"units": "unit", **IMAGENET}, **CV, geometry=[
        {"resize": {"mode": "shortest_edge", "size": 256, "rounding": "round", "interpolation": "bilinear", "library": "opencv"}},
        {"crop": {"size": [224, 224], "rounding": "floor", "pad_side": "after"}},
    ]), ()),
}  # fmt: skip

YOLO_ARGS = """task: detect
mode: train
model: yolov8n.pt
data: coco128.yaml
epochs: 100
batch: 16
imgsz: 1280
rect: false
augment: false
half: false
hsv_h: 0.015
mosaic: 1.0
save_dir: runs/detect/train
"""
YOLO_METADATA = """description: Ultralytics YOLO11n-seg model trained on coco.yaml
author: Ultralytics
date: '2025-02-01T10:00:00.000000'
version: 8.3.70
license: AGPL-3.0 License (https://ultralytics.com/license)
docs: https://docs.ultralytics.com
stride: 32
task: segment
batch: 1
imgsz:
- 480
- 640
names:
  0: person
args:
  batch: 1
  half: false
"""
DARKNET = """[net]
# Testing
#batch=1
#subdivisions=1
# Training
batch=64
subdivisions=8
width=608
height=416
channels=3
momentum=0.949
angle=0
saturation = 1.5
exposure = 1.5
hue=.1

[convolutional]
batch_normalize=1
filters=32
size=3
stride=1
pad=1
activation=mish
"""
CAFFE_DEPLOY = """name: "SqueezeNet"
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape: { dim: 10 dim: 3 dim: 227 dim: 227 } }
}
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 64 kernel_size: 3 stride: 2 } }
"""
CAFFE_OLD = """name: "CaffeNet"
input: "data"
input_dim: 1
input_dim: 3
input_dim: 227
input_dim: 227
layers { name: "conv1" type: CONVOLUTION bottom: "data" top: "conv1" }
"""
CAFFE_TRAIN = """name: "MobileNet"
layer {
  name: "data"
  type: "ImageData"
  top: "data" top: "label"
  include { phase: TRAIN }
  transform_param { mirror: true crop_size: 224 scale: 0.017 mean_value: 103.94 mean_value: 116.78 mean_value: 123.68 }
  image_data_param { source: "train.txt" batch_size: 32 new_height: 256 new_width: 256 shuffle: true }
}
layer {
  name: "data"
  type: "ImageData"
  top: "data" top: "label"
  include { phase: TEST }
  transform_param { mirror: false crop_size: 224 scale: 0.017 mean_value: 103.94 mean_value: 116.78 mean_value: 123.68 }
  image_data_param { source: "val.txt" batch_size: 10 new_height: 256 new_width: 256 }
}
"""
TAO = """results_dir: /results
dataset:
  num_classes: 2
  augmentation:
    input_mean: [0.485, 0.456, 0.406]
    input_std: [0.229, 0.224, 0.225]
    horizontal_flip_prob: 0.5
train: {num_epochs: 10}
export:
  checkpoint: model.pth
  onnx_file: model.onnx
  input_channel: 3
  input_width: 960
  input_height: 544
  opset_version: 17
"""
ALBUMENTATIONS = config(__version__="1.3.1", transform={"__class_fullname__": "Compose", "p": 1.0, "transforms": [
    {"__class_fullname__": "LongestMaxSize", "always_apply": False, "p": 1, "max_size": 512, "interpolation": 1},
    {"__class_fullname__": "PadIfNeeded", "always_apply": False, "p": 1.0, "min_height": 512, "min_width": 512, "pad_height_divisor": None, "border_mode": 0, "value": [0, 0, 0], "mask_value": None},
    {"__class_fullname__": "Normalize", "always_apply": False, "p": 1.0, "mean": MEAN, "std": STD, "max_pixel_value": 255.0},
    {"__class_fullname__": "ToTensorV2", "always_apply": True, "p": 1.0, "transpose_mask": False},
], "bbox_params": None, "keypoint_params": None, "additional_targets": {}})  # fmt: skip
ALBUMENTATIONS_PRINT = """Compose([
  Resize(p=1.0, height=256, width=320, interpolation=1),
  Normalize(p=1.0, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), max_pixel_value=255.0),
  ToTensorV2(p=1.0, transpose_mask=False),
], p=1.0, bbox_params=None, keypoint_params=None, additional_targets={})
"""
OPENCV_MODELS = """%YAML 1.0
---
# This file contains a collection of models of different frameworks
yolov8n:
  load_info:
    url: "https://example.org/yolov8n.onnx"
    sha1: "68f864475d06e2ec4037181052739f268eeac38d"
  model: "yolov8n.onnx"
  mean: [0, 0, 0]
  scale: 0.00392
  width: 640
  height: 480
  rgb: true
  classes: "object_detection_classes_yolo.txt"
  postprocessing: "yolov8"
  sample: "object_detection"
"""
MEDIAPIPE = """# converts the image for the landmark model
input_stream: "IMAGE:image"
output_stream: "LANDMARKS:landmarks"
node: {
  calculator: "ImageToTensorCalculator"
  input_stream: "IMAGE:image"
  input_stream: "NORM_RECT:roi"
  output_stream: "TENSORS:input_tensors"
  options: {
    [mediapipe.ImageToTensorCalculatorOptions.ext] {
      output_tensor_width: 192
      output_tensor_height: 256
      keep_aspect_ratio: true
      output_tensor_float_range { min: -1.0 max: 1.0 }
      border_mode: BORDER_ZERO
    }
  }
}
"""
HAILO = """normalization1 = normalization([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
model_optimization_config(calibration, batch_size=2, calibset_size=64)
change_output_activation(conv42, sigmoid)
performance_param(compiler_optimization_level=max)
"""
OTHERS = {
    "ultralytics-args": ("args.yaml", YOLO_ARGS, tensor(["N", 3, 1280, 1280], "NCHW", order="RGB", value_range=[0, 1], **CV, **letterbox(1280, 1280)), ()),
    "ultralytics-metadata": ("metadata.yaml", YOLO_METADATA, tensor([1, 3, 480, 640], "NCHW", order="RGB", value_range=[0, 1], **CV, **letterbox(480, 640)), ()),
    "darknet": ("yolov4-custom.cfg", DARKNET, tensor(["N", 3, 416, 608], "NCHW", order="RGB", value_range=[0, 1]), ("resize",)),
    "caffe-deploy": ("deploy.prototxt", CAFFE_DEPLOY, tensor([10, 3, 227, 227], "NCHW", order="BGR"), ("value_range", "resize")),
    "caffe-input-dim": ("deploy.prototxt", CAFFE_OLD, tensor([1, 3, 227, 227], "NCHW", order="BGR"), ("value_range", "resize")),
    "caffe-train-val": ("train_val.prototxt", CAFFE_TRAIN, tensor(["N", 3, 224, 224], "NCHW", order="BGR", normalize={
        "units": "byte", "mean": [103.94, 116.78, 123.68], "std": [1 / 0.017] * 3, "order": "BGR",
    }, **CV, geometry=[
        {"resize": {"mode": "stretch", "size": [256, 256], "interpolation": "bilinear", "library": "opencv"}}, {"crop": {"size": [224, 224], "rounding": "floor"}},
    ]), ()),
    "tao": ("experiment_spec.yaml", TAO, tensor(["N", 3, 544, 960], "NCHW", normalize={"units": "unit", **IMAGENET}), ("channel_order", "resize")),
    "albumentations-json": ("val_transform.json", ALBUMENTATIONS, hub(512, IMAGENET, geometry=[
        {"resize": {"mode": "longest_edge", "size": [512, 512], "rounding": "round", "interpolation": "bilinear", "library": "opencv"}},
        {"pad": {"size": [512, 512], "fill": [0, 0, 0]}},
    ]), ()),
    "albumentations-print": ("transform.txt", ALBUMENTATIONS_PRINT, hub((256, 320), IMAGENET, **stretch(256, 320, library="opencv")), ()),
    "opencv-models": ("models.yml", OPENCV_MODELS, tensor(["N", 3, 480, 640], "NCHW", order="RGB", value_range=[0, 0.9996], **CV, **stretch(480, 640, library="opencv")), ()),
    "mediapipe": ("face_landmark.pbtxt", MEDIAPIPE, tensor(["N", 256, 192, 3], "NHWC", order="RGB", value_range=[-1, 1]), ("resize",)),
    "hailo": ("resnet.alls", HAILO, {"value_range": [0, 255]}, ("shape", "layout", "dtype", "channel_order", "resize")),
}  # fmt: skip

CASES = HUGGING_FACE | TORCH | TENSORFLOW | SERVERS | OPENMM | PADDLE | OTHERS

REFUSED = {
    "donut": (P, config(do_align_long_axis=False, do_pad=True, do_resize=True, do_thumbnail=True, image_mean=[0.5] * 3, image_processor_type="DonutImageProcessor", size={"height": 1280, "width": 960}), "resized twice"),
    "naflex": (P, config(image_processor_type="Siglip2ImageProcessor", max_num_patches=256, patch_size=16, image_mean=[0.5] * 3, image_std=[0.5] * 3), "patches"),
    "smolvlm": (P, config(image_processor_type="Idefics3ImageProcessor", do_image_splitting=True, max_image_size={"longest_edge": 512}, size={"longest_edge": 2048}), "Idefics3"),
    "videomae": (P, config(image_processor_type="VideoMAEImageProcessor", size={"shortest_edge": 224}, crop_size={"height": 224, "width": 224}, image_mean=MEAN, image_std=STD), "ideo"),
    "json-with-a-comment": (P, '{\n  "image_processor_type": "ViTImageProcessor",\n  // resized in advance\n  "do_resize": false,\n}\n', "JSON"),
    "data-set": ("data.yaml", "path: ../datasets/coco128\ntrain: images/train2017\nval: images/train2017\nnc: 2\nnames: ['person', 'car']\n", "data set of YOLO"),
    "hyperparameters": ("hyp.scratch-low.yaml", "lr0: 0.01\nlrf: 0.01\nmomentum: 0.937\nhsv_h: 0.015\nmosaic: 1.0\nmixup: 0.0\n", "hyperparameters of YOLO"),
    "inference-service": ("isvc.yaml", "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: cifar10}\nspec:\n  predictor:\n    model:\n      modelFormat: {name: tensorflow}\n      storageUri: gs://b/m\n", "Kubernetes manifest"),
    "code-with-two-pipelines": ("data.py", "import torchvision.transforms as T\na = T.Compose([T.Resize(256), T.ToTensor()])\nb = T.Compose([T.Resize(288), T.ToTensor()])\n", "Compose"),
}  # fmt: skip
