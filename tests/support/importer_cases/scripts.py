"""Scripts, model cards and training files that contain a preprocessing: name, content, the spec, what is unknown."""

import json

from importer_cases.huggingface import HALF, IMAGENET
from importer_cases.models import COLOR, tensor, torch_like
from importer_cases.repositories import BYTE, CV, hub, stretch

CASES = {}
CASES["v2-in-class"] = (
    "model.py",
    """import torch
from torchvision.transforms import v2
class Net(torch.nn.Module):
    def __init__(self):
        self.transform = v2.Compose([
            v2.ToImage(), v2.Resize((256, 192), antialias=True), v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
        ])
""",
    torch_like((256, 192), IMAGENET, **stretch(256, 192, library="torch")),
    (),
)
CASES["imagenet-example"] = (
    "main.py",
    """import torchvision.transforms as transforms
import torchvision.datasets as datasets
def main(args):
    normalize = transforms.Normalize(mean=[0.485, 0.456, 0.406],
                                     std=[0.229, 0.224, 0.225])
    train_dataset = datasets.ImageFolder(traindir, transforms.Compose([
            transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor(), normalize]))
    val_dataset = datasets.ImageFolder(valdir, transforms.Compose([
            transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), normalize,
        ]))
""",
    torch_like(
        224,
        IMAGENET,
        geometry=[
            {"resize": {"mode": "shortest_edge", "size": 256, "interpolation": "bilinear"}},
            {"crop": {"size": [224, 224]}},
        ],
    ),
    (),
)
CASES["albumentations-class-constants"] = (
    "dataset.py",
    """import albumentations as A
from albumentations.pytorch import ToTensorV2
class CFG:
    size = 384
def get_transforms(*, data):
    if data == "train":
        return A.Compose([A.RandomResizedCrop(CFG.size, CFG.size), A.Normalize(), ToTensorV2()])
    elif data == "valid":
        return A.Compose([A.Resize(CFG.size, CFG.size), A.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]), ToTensorV2()])
""",
    hub(384, IMAGENET, **stretch(384, 384, library="opencv")),
    (),
)
CASES["yolo-classify"] = (
    "args.yaml",
    "task: classify\nmode: train\nmodel: yolov8s-cls.pt\ndata: imagenet10\nimgsz: 224\nmosaic: 0.0\nhsv_h: 0.015\n",
    tensor(
        ["N", 3, 224, 224],
        "NCHW",
        order="RGB",
        value_range=[0, 1],
        resize={
            "mode": "shortest_edge",
            "size": 224,
            "crop": "center",
            "interpolation": "bilinear",
            "library": "pillow",
        },
    ),
    (),
)
CASES["darknet-crlf"] = (
    "yolov3-tiny.cfg",
    "[net]\n# Testing\nbatch = 1\nwidth = 416\nheight = 416\nchannels = 1\n\n[convolutional]\nfilters=16\n\n[yolo]\nmask = 0,1,2\n".replace(
        "\n", "\r\n"
    ),
    tensor(["N", 1, 416, 416], "NCHW", order="GRAY", value_range=[0, 1]),
    ("resize",),
)
CASES["caffe-input-shape"] = (
    "deploy.prototxt",
    'name: "ResNet-50" # mean 104 117 123\ninput: "data"\ninput_shape {\n  dim: 1\n  dim: 3\n  dim: 224\n  dim: 224\n}\nlayer {\n\tbottom: "data"\n\ttop: "conv1"\n\tname: "conv1"\n\ttype: "Convolution"\n}\n',
    tensor([1, 3, 224, 224], "NCHW", order="BGR"),
    ("value_range", "resize"),
)
CASES["mo-short"] = (
    "README.md",
    "# Convert\n\n```bash\nmo -m yolov5s.onnx -s 255 --input_shape [1,3,640,640] --reverse_input_channels --output_dir ir\n```\n",
    tensor([1, 3, 640, 640], "NCHW", value_range=[0, 255]),
    ("channel_order", "resize"),
)
CASES["ovc"] = (
    "convert.sh",
    'ovc model.onnx --input "images[1,3,640,480]" --output_model m.xml\n',
    tensor([1, 3, 640, 480], "NCHW"),
    COLOR,
)
CASES["trtexec-dockerfile"] = (
    "Dockerfile",
    "FROM nvcr.io/nvidia/tensorrt:24.01-py3\nCOPY model.onnx /m/\nRUN /usr/src/tensorrt/bin/trtexec --onnx=/m/model.onnx --shapes=input:1x3x224x224 --saveEngine=/m/model.plan\n",
    tensor([1, 3, 224, 224], "NCHW"),
    COLOR,
)
CASES["triton-json-nobatch"] = (
    "cfg.json",
    json.dumps(
        {
            "name": "m",
            "max_batch_size": 0,
            "input": [{"name": "x", "data_type": "TYPE_UINT8", "format": "FORMAT_NHWC", "dims": [-1, 224, 224, 3]}],
        }
    ),
    tensor(["N", 224, 224, 3], "NHWC", "uint8"),
    COLOR,
)
CASES["mmdeploy-det"] = (
    "pipeline.json",
    json.dumps(
        {
            "pipeline": {
                "tasks": [
                    {
                        "type": "Task",
                        "module": "Transform",
                        "transforms": [
                            {"type": "LoadImageFromFile"},
                            {"type": "Resize", "keep_ratio": True, "size": [1333, 800]},
                            {
                                "type": "Normalize",
                                "to_rgb": True,
                                "mean": [123.675, 116.28, 103.53],
                                "std": [58.395, 57.12, 57.375],
                            },
                            {"type": "Pad", "size_divisor": 32},
                            {"type": "DefaultFormatBundle"},
                            {"type": "Collect", "keys": ["img"]},
                        ],
                    }
                ]
            }
        }
    ),
    tensor(
        ["N", 3, "H", "W"],
        "NCHW",
        order="RGB",
        normalize=BYTE,
        **CV,
        geometry=[
            {
                "resize": {
                    "mode": "shortest_edge",
                    "size": 800,
                    "max_size": 1333,
                    "rounding": "half_up",
                    "interpolation": "bilinear",
                    "library": "opencv",
                }
            },
            {"pad": {"multiple_of": 32, "fill": 0, "position": "top_left", "units": "final"}},
        ],
    ),
    (),
)
CASES["paddleseg-training"] = (
    "pp_liteseg.yml",
    "batch_size: 4\niters: 1000\ntrain_dataset:\n  type: Dataset\n  transforms:\n    - type: ResizeStepScaling\n    - type: RandomPaddingCrop\n      crop_size: [512, 512]\n    - type: Normalize\n  mode: train\nval_dataset:\n  type: Dataset\n  transforms:\n    - type: Resize\n      target_size: [1024, 512]\n    - type: Normalize\n      mean: [0.5, 0.5, 0.5]\n      std: [0.5, 0.5, 0.5]\n  mode: val\nmodel:\n  type: PPLiteSeg\n",
    tensor(["N", 3, 512, 1024], "NCHW", order="RGB", value_range=[-1, 1], **CV, **stretch(512, 1024, library="opencv")),
    (),
)
CASES["albumentations-yaml"] = (
    "transform.yml",
    "__version__: 1.4.0\ntransform:\n  __class_fullname__: Compose\n  bbox_params: null\n  p: 1.0\n  transforms:\n  - __class_fullname__: Resize\n    always_apply: true\n    height: 320\n    width: 256\n    interpolation: 2\n    p: 1\n  - __class_fullname__: Normalize\n    always_apply: false\n    max_pixel_value: 255.0\n    mean: !!python/tuple [0.5, 0.5, 0.5]\n    p: 1.0\n    std: !!python/tuple [0.5, 0.5, 0.5]\n  - __class_fullname__: ToTensorV2\n    p: 1.0\n",
    hub((320, 256), HALF, **stretch(320, 256, "bicubic", library="opencv")),
    (),
)
CASES["albumentations-yaml-plain"] = (
    "transform.yml",
    CASES["albumentations-yaml"][1].replace("!!python/tuple ", ""),
    *CASES["albumentations-yaml"][2:],
)
CASES["model-card-two"] = (
    "README.md",
    "# Model\n```python\nfrom torchvision import transforms\ntrain_transform = transforms.Compose([transforms.RandomCrop(32, padding=4), transforms.ToTensor()])\n```\nText\n```py\ntest_transform = transforms.Compose([\n    transforms.ToTensor(),\n    transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))])\n```\n",
    torch_like(("H", "W"), {"mean": [0.4914, 0.4822, 0.4465], "std": [0.247, 0.2435, 0.2616]}, resize="none"),
    (),
)
CASES["mnist-gray"] = (
    "mnist.py",
    "from torchvision import datasets, transforms\ntransform=transforms.Compose([\n    transforms.Grayscale(),\n    transforms.Resize((28, 28)),\n    transforms.ToTensor(),\n    transforms.Normalize((0.1307,), (0.3081,))\n    ])\n",
    torch_like(28, {"mean": [0.1307], "std": [0.3081]}, order="GRAY", **stretch(28, 28)),
    (),
)
CASES["tfjs-nested-config"] = (
    "model.json",
    json.dumps(
        {
            "format": "layers-model",
            "modelTopology": {
                "class_name": "Functional",
                "config": {
                    "name": "m",
                    "layers": [
                        {
                            "class_name": "InputLayer",
                            "name": "in",
                            "config": {"batch_input_shape": [None, 96, 96, 3], "dtype": "float32", "name": "in"},
                        },
                        {"class_name": "Conv2D", "config": {"name": "c", "data_format": "channels_last"}},
                    ],
                },
                "keras_version": "tfjs-layers 4.2.0",
            },
            "weightsManifest": [],
        }
    ),
    tensor(["N", 96, 96, 3], "NHWC"),
    COLOR,
)
CASES["timm-args-null"] = (
    "args.yaml",
    "aa: null\nmodel: convnext_tiny\nimg_size: null\ninput_size: null\ncrop_pct: null\nmean: null\nstd: null\ninterpolation: ''\ntrain_interpolation: random\ndrop_path: 0.1\n",
    {"layout": "NCHW", "dtype": "float32", "channel_order": "RGB"},
    ("shape", "value_range", "resize", "channel_order"),
)
REFUSED = {
    "readme-processor": (
        "README.md",
        "# ViT\n```python\nfrom transformers import AutoImageProcessor\nprocessor = AutoImageProcessor.from_pretrained('x')\n```\n",
        "got no known configuration or model file",
    ),
    "sequential": (
        "t.py",
        "import torch\nfrom torchvision import transforms\nt = torch.nn.Sequential(transforms.CenterCrop(10), transforms.Normalize([0.5], [0.5]))\n",
        "got no known configuration or model file",
    ),
    "fastai": (
        "train.py",
        "from fastai.vision.all import *\ndls = ImageDataLoaders.from_folder(path, item_tfms=Resize(224), batch_tfms=aug_transforms())\n",
        "fastai code",
    ),
    "tm-pose": (
        "metadata.json",
        json.dumps(
            {
                "tfjsVersion": "1.3.1",
                "tmVersion": "2.4.5",
                "packageName": "@teachablemachine/pose",
                "modelSettings": {"posenet": {"architecture": "MobileNetV1", "inputResolution": 257}},
                "labels": [],
            }
        ),
        "got no known configuration or model file",
    ),
    "tfjs-no-signature": (
        "model.json",
        json.dumps(
            {
                "format": "graph-model",
                "modelTopology": {"node": [{"name": "x", "op": "Placeholder"}]},
                "weightsManifest": [],
            }
        ),
        "got no known configuration or model file",
    ),
    "opt-yaml": (
        "opt.yaml",
        "weights: yolov5s.pt\ncfg: ''\ndata: data/coco128.yaml\nhyp:\n  lr0: 0.01\nepochs: 3\nbatch_size: 16\nimgsz: 640\nrect: false\n",
        "got no known configuration or model file",
    ),
    "two-converters": (
        "convert.sh",
        "mo --input_model a.onnx --input_shape [1,3,64,64]\nmo --input_model b.onnx --input_shape [1,3,32,32]\n",
        "2 conversions",
    ),
}
