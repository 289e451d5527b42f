# ruff: noqa: ISC004 - texts of several lines
"""Configurations as different organizations write them: name, content, the spec, and what must stay unknown."""

import json

from model_files import onnx_model, tflite_model

from importer_cases.huggingface import CLIP, HALF, IMAGENET
from importer_cases.models import COLOR, cut, tensor, torch_like

CV = {"decode": {"library": "opencv"}}
BYTE = {"units": "byte", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "order": "RGB"}
BYTE_BGR = {"units": "byte", "mean": [103.53, 116.28, 123.675], "std": [57.375, 57.12, 58.395], "order": "BGR"}
MEAN, STD = IMAGENET["mean"], IMAGENET["std"]


def hub(mapping_of_values, shape=("H", "W"), *, order="RGB", **geometry):
    mapping = {"shape": ["N", 3, *shape], "layout": "NCHW", "dtype": "float32", "channel_order": order, **geometry}
    return mapping | (
        {"normalize": {"units": "unit", **mapping_of_values}}
        if isinstance(mapping_of_values, dict)
        else {"value_range": mapping_of_values}
    )


def config(**keys):
    return json.dumps(keys, indent=2)


def detr(size, most, **multiple):
    return {
        "resize": {
            "mode": "shortest_edge", "size": size, "max_size": most, "rounding": "detr", "interpolation": "bilinear", **multiple,
        }
    }  # fmt: skip


def clip_cut(edge):
    cut = {"mode": "shortest_edge", "size": edge, "crop": "center", "crop_rounding": "floor"}
    return {"resize": {**cut, "interpolation": "bicubic"}}


def stretch(size, interpolation="bilinear", **more):
    height, width = size if isinstance(size, tuple) else (size, size)
    return {"resize": {"mode": "stretch", "size": [height, width], "interpolation": interpolation, **more}}


P = "preprocessor_config.json"
HUGGING_FACE = {
    "depth-anything-v2": (
        P,
        config(
            do_normalize=True, do_pad=False, do_rescale=True, do_resize=True, ensure_multiple_of=14, image_mean=MEAN,
            image_processor_type="DPTImageProcessor", image_std=STD, keep_aspect_ratio=True, resample=3,
            rescale_factor=0.00392156862745098, size={"height": 518, "width": 518}, size_divisor=None,
        ),
        hub(IMAGENET, resize={"mode": "closest_edge", "size": [518, 518], "multiple_of": 14, "interpolation": "bicubic"}),
        (),
    ),
    "siglip-null-convert": (
        P,
        config(
            do_convert_rgb=None, do_normalize=True, do_rescale=True, do_resize=True, image_mean=[0.5] * 3,
            image_processor_type="SiglipImageProcessor", image_std=[0.5] * 3, processor_class="SiglipProcessor", resample=2,
            rescale_factor=0.00392156862745098, size={"height": 384, "width": 384},
        ),
        hub(HALF, (384, 384), **stretch(384)),
        (),
    ),
    "table-transformer": (
        P,
        config(
            do_normalize=True, do_resize=True, feature_extractor_type="DetrFeatureExtractor", format="coco_detection",
            image_mean=MEAN, image_std=STD, max_size=1000, size=800,
        ),
        hub(IMAGENET, **detr(800, 1000)),
        (),
    ),
    "segformer-reduce-labels": (
        P,
        config(
            do_normalize=True, do_resize=True, feature_extractor_type="SegformerFeatureExtractor", image_mean=MEAN,
            image_std=STD, reduce_labels=True, resample=2, size=640,
        ),
        hub(IMAGENET, (640, 640), **stretch(640)),
        (),
    ),
    "mobilevit-feature-extractor": (
        P,
        config(
            crop_size=256, do_center_crop=True, do_flip_channel_order=True, do_resize=True,
            feature_extractor_type="MobileViTFeatureExtractor", resample=2, size=288,
        ),
        hub([0, 1], (256, 256), order="BGR", resize={
            "mode": "shortest_edge", "size": 288, "crop": "center", "crop_rounding": "floor", "interpolation": "bilinear",
        }),
        (),
    ),
    "llava-1.5": (
        P,
        config(
            crop_size={"height": 336, "width": 336}, do_center_crop=True, do_convert_rgb=True, do_normalize=True,
            do_rescale=True, do_resize=True, image_mean=CLIP["mean"], image_processor_type="CLIPImageProcessor",
            image_std=CLIP["std"], processor_class="LlavaProcessor", resample=3, rescale_factor=0.00392156862745098,
            size={"shortest_edge": 336},
        ),
        hub(CLIP, (336, 336), **clip_cut(336)),
        (),
    ),
    "maskformer-size-divisibility": (
        P,
        config(
            do_normalize=True, do_resize=True, feature_extractor_type="MaskFormerFeatureExtractor", ignore_index=255,
            image_mean=MEAN, image_std=STD, max_size=1333, reduce_labels=False, resample=2, size=800, size_divisibility=0,
        ),
        hub(IMAGENET, **detr(800, 1333)),
        (),
    ),
    "mask2former-fixed": (
        P,
        config(
            do_normalize=True, do_reduce_labels=False, do_rescale=True, do_resize=True, ignore_index=255, image_mean=MEAN,
            image_processor_type="Mask2FormerImageProcessor", image_std=STD, num_labels=150, resample=2,
            rescale_factor=0.00392156862745098, size={"height": 500, "width": 500}, size_divisor=32,
        ),
        hub(IMAGENET, (512, 512), **stretch(512)),
        (),
    ),
    "vit-extractor-under-new-key": (
        P,
        config(
            do_normalize=True, do_rescale=True, do_resize=True, image_mean=[0.5] * 3,
            image_processor_type="ViTFeatureExtractor", image_std=[0.5] * 3, resample=2,
            rescale_factor=0.00392156862745098, size={"height": 224, "width": 224},
        ),
        hub(HALF, (224, 224), **stretch(224)),
        (),
    ),
    "processor-config": (
        "processor_config.json",
        config(
            image_processor={
                "data_format": "channels_first", "do_normalize": True, "do_rescale": True, "do_resize": True,
                "image_mean": [0.5] * 3, "image_processor_type": "SiglipImageProcessorFast", "image_std": [0.5] * 3,
                "resample": 2, "rescale_factor": 0.00392156862745098, "size": {"height": 224, "width": 224},
            },
            image_seq_length=256, processor_class="PaliGemmaProcessor",
        ),
        hub(HALF, (224, 224), **stretch(224, library="torch")),
        (),
    ),
    "transformers-js": (
        P,
        config(
            config={
                "do_normalize": True, "do_pad": False, "do_rescale": True, "do_resize": True, "image_mean": [0.5] * 3,
                "feature_extractor_type": "ImageFeatureExtractor", "image_std": [1, 1, 1], "resample": 2,
                "rescale_factor": 0.00392156862745098, "size": {"width": 1024, "height": 768},
            }
        ),
        hub({"mean": [0.5] * 3, "std": [1, 1, 1], "order": "RGB"}, (768, 1024), **stretch((768, 1024))),
        (),
    ),
    "gray-vit": (
        P,
        config(
            do_convert_rgb=False, do_normalize=True, do_rescale=True, do_resize=True, image_mean=[0.9545467],
            image_processor_type="ViTFeatureExtractor", image_std=[0.15394445], num_channels=1, resample=3,
            rescale_factor=0.00392156862745098, size={"height": 448, "width": 448},
        ),
        {
            "shape": ["N", 1, 448, 448], "layout": "NCHW", "dtype": "float32", "channel_order": "GRAY",
            "normalize": {"units": "unit", "mean": [0.9545467], "std": [0.15394445]}, **stretch(448, "bicubic"),
        },
        (),
    ),
    "sam-without-longest-edge": (
        P,
        config(
            do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, image_mean=MEAN, image_std=STD,
            image_processor_type="SamImageProcessor", resample=3, size={"height": 384, "width": 384}, target_size=1024,
        ),
        hub(IMAGENET, (384, 384)),
        ("resize",),
    ),
    "detr-longest-edge-alone": (
        P,
        config(do_resize=True, image_processor_type="DetrImageProcessor", size={"longest_edge": 800}),
        hub(IMAGENET),
        ("resize",),
    ),
    "gemma-3": (
        P,
        config(
            do_convert_rgb=None, do_normalize=True, do_pan_and_scan=None, do_rescale=True, do_resize=True,
            image_mean=[0.5] * 3, image_processor_type="Gemma3ImageProcessor", image_seq_length=256, image_std=[0.5] * 3,
            processor_class="Gemma3Processor", resample=2, rescale_factor=0.00392156862745098,
            size={"height": 896, "width": 896},
        ),
        hub(HALF, (896, 896), **stretch(896)),
        (),
    ),
    "owlv2": (
        P,
        config(
            do_normalize=True, do_pad=True, do_rescale=True, do_resize=True, image_mean=CLIP["mean"],
            image_processor_type="Owlv2ImageProcessor", image_std=CLIP["std"], processor_class="Owlv2Processor", resample=2,
            rescale_factor=0.00392156862745098, size={"height": 960, "width": 960},
        ),
        hub(CLIP, (960, 960)),
        ("resize",),
    ),
    "timm-wrapper": (
        P,
        config(
            architecture="mobilenetv4_conv_small", image_processor_type="TimmWrapperImageProcessor",
            pretrained_cfg={
                "crop_mode": "center", "crop_pct": 0.875, "input_size": [3, 224, 224], "interpolation": "bicubic", "mean": MEAN,
                "std": STD, "test_crop_pct": 0.95, "test_input_size": [3, 256, 256],
            },
        ),
        torch_like(224, IMAGENET, **cut(256, "bicubic")),
        (),
    ),
}  # fmt: skip

TIMM = {
    "timm-squash-384": (
        "config.json",
        config(
            architecture="convnextv2_tiny", num_classes=1000, num_features=768, global_pool="avg",
            pretrained_cfg={
                "tag": "fcmae_ft_in22k_in1k_384", "custom_load": False, "input_size": [3, 384, 384],
                "fixed_input_size": False, "interpolation": "bicubic", "crop_pct": 1.0, "crop_mode": "squash", "mean": MEAN,
                "std": STD, "num_classes": 1000, "pool_size": [12, 12], "first_conv": "stem.0", "classifier": "head.fc",
            },
        ),
        torch_like(384, IMAGENET, geometry=[
            {"resize": {"mode": "stretch", "size": [384, 384], "interpolation": "bicubic"}}, {"crop": {"size": [384, 384]}},
        ]),
        (),
    ),
    "timm-mean-zero": (
        "config.json",
        config(
            architecture="tresnet_l",
            pretrained_cfg={
                "input_size": [3, 224, 224], "interpolation": "bilinear", "crop_pct": 0.875, "crop_mode": "center",
                "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0],
            },
        ),
        torch_like(224, values=[0, 1], **cut(256, "bilinear")),
        (),
    ),
    "open-clip-siglip": (
        "open_clip_config.json",
        config(
            model_cfg={
                "embed_dim": 768, "init_logit_bias": -10, "custom_text": True,
                "vision_cfg": {"image_size": 256, "timm_model_name": "vit_base_patch16_siglip_256", "timm_pool": "map"},
                "text_cfg": {"context_length": 64, "vocab_size": 32000},
            },
            preprocess_cfg={"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"},
        ),
        torch_like(256, HALF, **stretch(256, "bicubic")),
        (),
    ),
    "open-clip-whole": (
        "open_clip_config.json",
        config(
            model_cfg={"embed_dim": 1024, "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14}},
            preprocess_cfg={
                "size": [378, 378], "mode": "RGB", "mean": CLIP["mean"], "std": CLIP["std"], "interpolation": "bicubic",
                "resize_mode": "shortest", "fill_color": 0,
            },
        ),
        torch_like(378, CLIP, **cut(378, "bicubic")),
        (),
    ),
    "compose-v1": (
        "transforms.txt",
        "Compose(\n    Resize(size=256, interpolation=bilinear, max_size=None, antialias=True)\n"
        "    CenterCrop(size=(224, 224))\n    ToTensor()\n"
        "    Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])\n)\n",
        torch_like(224, IMAGENET, **cut(256, "bilinear")),
        (),
    ),
    "compose-v2": (
        "transform.txt",
        "Compose(\n      ToImage()\n      Resize(size=[232], interpolation=InterpolationMode.BILINEAR, antialias=True)\n"
        "      CenterCrop(size=(224, 224))\n      ToDtype(dtype=torch.float32, scale=True)\n"
        "      Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], inplace=False)\n)\n",
        torch_like(224, IMAGENET, resize={
            "mode": "shortest_edge", "size": 232, "crop": "center", "interpolation": "bilinear", "library": "torch",
        }),
        (),
    ),
    "compose-openai-clip": (
        "preprocess.txt",
        "Compose(\n    Resize(size=224, interpolation=bicubic, max_size=None, antialias=warn)\n"
        "    CenterCrop(size=(224, 224))\n    <function _convert_image_to_rgb at 0x7f0f5c2a1d30>\n    ToTensor()\n"
        "    Normalize(mean=(0.48145466, 0.4578275, 0.40821073), std=(0.26862954, 0.26130258, 0.27577711))\n)\n",
        torch_like(224, CLIP, **cut(224, "bicubic")),
        (),
    ),
}  # fmt: skip


def lambda_layer(name, function, **arguments):
    return {
        "class_name": "TFOpLambda",
        "config": {"name": name, "trainable": True, "dtype": "float32", "function": function},
        "name": name,
        "inbound_nodes": [["input_2", 0, 0, {**arguments, "name": None}]],
    }


def input_layer(*shape, **keys):
    return {
        "class_name": "InputLayer",
        "config": {"batch_input_shape": [None, *shape], "dtype": "float32", "sparse": False, "ragged": False, "name": "input_2"},
        "name": "input_2",
        "inbound_nodes": [],
        **keys,
    }  # fmt: skip


def functional(*layers):
    model = {"name": "model", "trainable": True, "layers": list(layers)}
    return json.dumps({"class_name": "Functional", "config": model, "keras_version": "2.15.0", "backend": "tensorflow"})


CONV = {
    "class_name": "Conv2D",
    "config": {"name": "Conv1", "data_format": "channels_last", "filters": 32},
    "name": "Conv1",
}
NHWC = {"layout": "NHWC", "order": "RGB", "value_range": [0, 255]}
KERAS = {
    "keras-tutorial-mobilenet": (
        "model.json",
        functional(
            input_layer(160, 160, 3),
            lambda_layer("tf.math.truediv", "math.truediv", y=127.5),
            lambda_layer("tf.math.subtract", "math.subtract", y=1.0),
            {"class_name": "Functional", "config": {"name": "mobilenetv2_1.00_160", "layers": [CONV]}, "name": "m"},
        ),
        tensor(["N", 160, 160, 3], **NHWC),
        ("resize",),
    ),
    "keras-preprocess-caffe": (
        "model.json",
        functional(
            input_layer(224, 224, 3),
            lambda_layer("tf.__operators__.getitem", "__operators__.getitem", slice_spec=[None, None]),
            lambda_layer("tf.nn.bias_add", "nn.bias_add", bias=[-103.939, -116.779, -123.68]),
            CONV,
        ),
        tensor(["N", 224, 224, 3], **NHWC),
        ("resize",),
    ),
    "keras-sequential-rescaling": (
        "config.json",
        json.dumps({
            "module": "keras", "class_name": "Sequential", "registered_name": None,
            "config": {
                "name": "sequential", "trainable": True, "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}},
                "layers": [
                    {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 180, 180, 3], "dtype": "float32", "name": "input_layer"}},
                    {"module": "keras.layers", "class_name": "Rescaling", "config": {"name": "rescaling", "scale": 0.00784313725490196, "offset": -1}},
                    {"module": "keras.layers", **CONV},
                ],
            },
        }),
        tensor(["N", 180, 180, 3], **NHWC),
        ("resize",),
    ),
}  # fmt: skip

YOLO_METADATA = {
    "description": "Ultralytics YOLO11n model trained on coco.yaml", "author": "Ultralytics", "date": "2025-01-01T00:00:00",
    "version": "8.3.0", "license": "AGPL-3.0", "docs": "https://docs.ultralytics.com", "stride": "32", "task": "detect",
    "batch": "1", "imgsz": "[480, 640]", "names": "{0: 'person', 1: 'bicycle'}", "args": "{'batch': 1, 'half': False}",
}  # fmt: skip
TFS_METADATA = {
    "model_spec": {"name": "resnet", "signature_name": "", "version": "1"},
    "metadata": {
        "signature_def": {
            "signature_def": {
                "serving_default": {
                    "inputs": {
                        "input_1": {
                            "dtype": "DT_FLOAT", "name": "serving_default_input_1:0",
                            "tensor_shape": {"dim": [{"size": "-1", "name": ""}, {"size": "224", "name": ""}, {"size": "224", "name": ""}, {"size": "3", "name": ""}], "unknown_rank": False},
                        }
                    },
                    "outputs": {"predictions": {"dtype": "DT_FLOAT", "name": "x:0", "tensor_shape": {"dim": [], "unknown_rank": False}}},
                    "method_name": "tensorflow/serving/predict",
                }
            }
        }
    },
}  # fmt: skip
SAVED_MODEL_CLI = """
MetaGraphDef with tag-set: 'serve' contains the following SignatureDefs:

signature_def['__saved_model_init_op']:
  The given SavedModel SignatureDef contains the following input(s):
  The given SavedModel SignatureDef contains the following output(s):
    outputs['__saved_model_init_op'] tensor_info:
        dtype: DT_INVALID
        shape: unknown_rank
        name: NoOp
  Method name is:

signature_def['serving_default']:
  The given SavedModel SignatureDef contains the following input(s):
    inputs['input_tensor'] tensor_info:
        dtype: DT_UINT8
        shape: (1, -1, -1, 3)
        name: serving_default_input_tensor:0
  The given SavedModel SignatureDef contains the following output(s):
    outputs['detection_boxes'] tensor_info:
        dtype: DT_FLOAT
        shape: (1, 100, 4)
        name: StatefulPartitionedCall:0
  Method name is: tensorflow/serving/predict
"""
TRITON_YOLO = """
# exported by export.py
name: "yolov8_trt"
platform: "tensorrt_plan"
max_batch_size: 8
input [
  {
    name: "images"
    data_type: TYPE_FP16
    dims: [ 3, 640, 640 ]
  }
]
output [ { name: "output0" data_type: TYPE_FP16 dims: [ 84, 8400 ] } ]
instance_group [ { count: 1 kind: KIND_GPU gpus: [ 0 ] } ]
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
parameters: { key: "FORCE_CPU_ONLY_INPUT_TENSORS" value: { string_value: "no" } }
"""
TRITON_ENSEMBLE = """
name: "ensemble_dali_inception"
platform: "ensemble"
max_batch_size: 256
input [
  {
    name: "INPUT"
    data_type: TYPE_UINT8
    dims: [ -1 ]
  }
]
output [
  {
    name: "OUTPUT"
    data_type: TYPE_FP32
    dims: [ 1001 ]
  }
]
ensemble_scheduling { step [ { model_name: "dali" model_version: -1 input_map { key: "DALI_INPUT_0" value: "INPUT" } } ] }
"""
SERVERS = {
    "ultralytics-onnx-wide": (
        "yolo11n.onnx",
        onnx_model([("images", "float32", [1, 3, 480, 640])], metadata=YOLO_METADATA.items()),
        tensor([1, 3, 480, 640], "NCHW", order="RGB", value_range=[0, 1], **CV, resize={
            "mode": "letterbox", "size": [480, 640], "interpolation": "bilinear", "library": "opencv", "fill": [114, 114, 114],
        }),
        (),
    ),
    "tf2onnx": (
        "model.onnx",
        onnx_model([("input_1:0", "float32", ["unk__615", 299, 299, 3])]),
        tensor(["N", 299, 299, 3], "NHWC"),
        COLOR,
    ),
    "tf-serving-metadata": (
        "metadata.json",
        json.dumps(TFS_METADATA),
        tensor(["N", 224, 224, 3], "NHWC", payload={"stack": "tensorflow-serving"}),
        COLOR,
    ),
    "object-detection-api": (
        "saved_model_cli.txt",
        SAVED_MODEL_CLI,
        tensor([1, "H", "W", 3], "NHWC", "uint8", payload={"stack": "tensorflow-serving"}),
        COLOR,
    ),
    "triton-tensorrt": (
        "config.pbtxt", TRITON_YOLO, tensor(["N", 3, 640, 640], "NCHW", "float16", payload={"stack": "triton"}), COLOR,
    ),
    "triton-dali": (
        "config.pbtxt",
        TRITON_ENSEMBLE,
        {"payload": {"stack": "triton"}},
        ("shape", "layout", "dtype", *COLOR),
    ),
    "kserve-torchscript": (
        "metadata.json",
        config(
            name="resnet50", versions=["1"], platform="pytorch_torchscript",
            inputs=[{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, 3, 224, 224]}],
            outputs=[{"name": "OUTPUT__0", "datatype": "FP32", "shape": [-1, 1000]}],
        ),
        tensor(["N", 3, 224, 224], "NCHW"),
        COLOR,
    ),
    "neo-compilation-job": (
        "compile.json",
        config(
            CompilationJobName="resnet-neo", RoleArn="arn:aws:iam::123456789012:role/x",
            InputConfig={
                "S3Uri": "s3://bucket/model.tar.gz", "DataInputConfig": '{"input0":[1,3,224,224]}', "Framework": "PYTORCH",
                "FrameworkVersion": "1.13",
            },
            OutputConfig={"S3OutputLocation": "s3://bucket/out", "TargetDevice": "ml_c5"},
        ),
        tensor([1, 3, 224, 224], "NCHW"),
        COLOR,
    ),
    "mlflow-torch": (
        "MLmodel",
        "artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.pytorch\n    data: data\n  pytorch:\n"
        "    model_data: data\n    pytorch_version: 2.3.0\nmlflow_version: 2.14.1\nsignature:\n"
        "  inputs: '[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"float32\", \"shape\": [-1, 3, 224, 224]}}]'\n"
        "  outputs: '[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"float32\", \"shape\": [-1, 10]}}]'\n"
        "  params: null\nutc_time_created: '2025-01-01 00:00:00.000000'\n",
        tensor(["N", 3, 224, 224], "NCHW", payload={"stack": "mlflow"}),
        COLOR,
    ),
}  # fmt: skip

ACCURACY_CHECK = """models:
  - name: resnet-50-pytorch

    launchers:
      - framework: openvino
        adapter: classification

    datasets:
      - name: imagenet_1000_classes
        reader: pillow_imread
        preprocessing:
          - type: resize
            size: 256
            aspect_ratio_scale: greater
            use_pillow: True
            interpolation: BILINEAR
          - type: crop
            size: 224
            use_pillow: True
          - type: normalization
            mean: 123.675, 116.28, 103.53
            std: 58.395, 57.12, 57.375
"""
ACCURACY_CHECK_CV = """models:
  - name: mobilenet-ssd
    launchers:
      - framework: caffe
        model: mobilenet-ssd.prototxt
        adapter: ssd
    datasets:
      - name: VOC2012
        preprocessing:
          - type: resize
            size: 300
        metrics:
          - type: map
global_definitions:
  datasets: []
"""
ACCURACY_CHECK_WINDOW = """models:
  - name: deeplabv3-onnx
    launchers:
      - framework: onnx_runtime
        adapter: segmentation
    datasets:
      - name: VOC2012_Segmentation
        preprocessing:
          - type: resize
            aspect_ratio_scale: fit_to_window
            size: 513
            interpolation: ANTIALIAS
            use_pillow: True
          - type: padding
            pad_value: '127,127,127'
            size: 513
        postprocessing:
          - type: resize_segmentation_mask
  - name: deeplabv3
    launchers: [{framework: openvino, adapter: segmentation}]
    datasets: [{name: VOC2012_Segmentation}]
"""
MODEL_YML = """description: >-
  The "densenet-121" model.
task_type: classification
files:
  - name: densenet-121.prototxt
    size: 1234
    checksum: abc
    source: https://example.org/densenet-121.prototxt
input_info:
  - name: data
    shape: [1, 3, 224, 224]
    layout: NCHW
model_optimizer_args:
  - --input=data
  - --mean_values=data[103.94,116.78,123.68]
  - --scale_values=data[58.8235294117647]
  - --output=fc6
  - --input_model=$dl_dir/densenet-121.caffemodel
  - --input_proto=$dl_dir/densenet-121.prototxt
framework: caffe
license: https://example.org/LICENSE
"""
OPENVINO = {
    "accuracy-checker-pillow": (
        "accuracy-check.yml",
        ACCURACY_CHECK,
        tensor(["N", 3, 224, 224], "NCHW", order="RGB", normalize=BYTE, geometry=[
            {"resize": {"mode": "shortest_edge", "size": 256, "interpolation": "bilinear", "library": "pillow"}},
            {"crop": {"size": [224, 224]}},
        ]),
        (),
    ),
    "accuracy-checker-opencv": (
        "accuracy-check.yml",
        ACCURACY_CHECK_CV,
        tensor(["N", 3, 300, 300], "NCHW", order="BGR", value_range=[0, 255], **CV, **stretch(300, library="opencv")),
        (),
    ),
    "accuracy-checker-fit-to-window": (
        "accuracy-check.yml",
        ACCURACY_CHECK_WINDOW,
        tensor(["N", 3, 513, 513], "NCHW", order="BGR", value_range=[0, 255], **CV, geometry=[
            {"resize": {"mode": "longest_edge", "size": [513, 513], "interpolation": "lanczos", "library": "pillow"}},
            {"pad": {"size": [513, 513], "fill": [127, 127, 127]}},
        ]),
        (),
    ),
    "open-model-zoo-densenet": (
        "model.yml",
        MODEL_YML,
        tensor([1, 3, 224, 224], "NCHW", value_range=[0, 255]),
        ("channel_order", "resize"),
    ),
}  # fmt: skip

OCR_REC = """Global:
  model_name: PP-OCRv4_mobile_rec
Hpi:
  backend_configs: {paddle_infer: {trt_dynamic_shapes: {x: [[1, 3, 48, 160], [1, 3, 48, 320], [8, 3, 48, 3200]]}}}
PreProcess:
  transform_ops:
  - DecodeImage:
      channel_first: false
      img_mode: BGR
  - MultiLabelEncode:
      gtc_encode: NRTRLabelEncode
  - RecResizeImg:
      image_shape:
      - 3
      - 48
      - 320
  - KeepKeys:
      keep_keys:
      - image
PostProcess:
  name: CTCLabelDecode
"""
OCR_DET = """Global: {model_name: PP-OCRv4_mobile_det}
PreProcess:
  transform_ops:
  - DecodeImage: {channel_first: false, img_mode: BGR}
  - DetLabelEncode: null
  - DetResizeForTest: {resize_long: 960}
  - NormalizeImage: {mean: [0.485, 0.456, 0.406], order: hwc, scale: 1./255., std: [0.229, 0.224, 0.225]}
  - ToCHWImage: null
  - KeepKeys: {keep_keys: [image, shape]}
"""
PADDLE_SEG = """Deploy:
  input_shape:
  - -1
  - 3
  - 512
  - 1024
  model: model.pdmodel
  output_dtype: int32
  output_op: argmax
  params: model.pdiparams
  transforms:
  - target_size: [1024, 512]
    type: Resize
  - mean: [0.5, 0.5, 0.5]
    std: [0.5, 0.5, 0.5]
    type: Normalize
"""
PADDLE_KEYPOINTS = """mode: paddle
draw_threshold: 0.5
metric: KeyPointTopDownCOCOEval
arch: HRNet
min_subgraph_size: 3
Preprocess:
- trainsize: [192, 256]
  type: TopDownEvalAffine
- is_scale: true
  mean: [0.485, 0.456, 0.406]
  std: [0.229, 0.224, 0.225]
  type: NormalizeImage
- type: Permute
label_list: [keypoint]
"""
PADDLE = {
    "paddle-keypoints": (
        "infer_cfg.yml",
        PADDLE_KEYPOINTS,
        tensor(["N", 3, 256, 192], "NCHW", order="RGB", normalize={"units": "unit", **IMAGENET}, **CV),
        ("resize",),
    ),
    "paddle-ocr-recognition": (
        "inference.yml",
        OCR_REC,
        tensor(["N", 3, 48, "W"], "NCHW", order="BGR", value_range=[-1, 1], **CV),
        ("resize",),
    ),
    "paddle-ocr-detection": (
        "inference.yml",
        OCR_DET,
        tensor(["N", 3, "H", "W"], "NCHW", order="BGR", normalize={"units": "unit", **IMAGENET, "order": "BGR"}, **CV),
        ("resize",),
    ),
    "paddle-seg": (
        "deploy.yaml",
        PADDLE_SEG,
        tensor(["N", 3, 512, 1024], "NCHW", order="RGB", value_range=[-1, 1], **CV, **stretch((512, 1024), library="opencv")),
        (),
    ),
}  # fmt: skip

RTMDET = """_base_ = './rtmdet_l_8xb32-300e_coco.py'
backend_args = None
model = dict(
    type='RTMDet',
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[103.53, 116.28, 123.675],
        std=[57.375, 57.12, 58.395],
        bgr_to_rgb=False,
        batch_augments=None),
    backbone=dict(type='CSPNeXt'))
test_pipeline = [
    dict(type='LoadImageFromFile', backend_args=backend_args),
    dict(type='Resize', scale=(640, 640), keep_ratio=True),
    dict(type='Pad', size=(640, 640), pad_val=dict(img=(114, 114, 114))),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'))
]
"""
MMDET_2 = """img_norm_cfg = dict(
    mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='MultiScaleFlipAug',
        img_scale=(1333, 800),
        flip=False,
        transforms=[
            dict(type='Resize', keep_ratio=True),
            dict(type='RandomFlip'),
            dict(type='Normalize', **img_norm_cfg),
            dict(type='Pad', size_divisor=32),
            dict(type='ImageToTensor', keys=['img']),
            dict(type='Collect', keys=['img']),
        ])
]
"""
MMPRETRAIN = """_base_ = ['../_base_/models/resnet50.py', '../_base_/default_runtime.py']
dataset_type = 'ImageNet'
data_preprocessor = dict(
    num_classes=1000,
    # RGB format normalization parameters
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    # convert image from BGR to RGB
    to_rgb=True,
)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=256, edge='short', backend='pillow', interpolation='bicubic'),
    dict(type='CenterCrop', crop_size=224),
    dict(type='PackInputs'),
]
"""
MMYOLO = """_base_ = '../_base_/default_runtime.py'
img_scale = (640, 640)  # width, height
model = dict(
    type='YOLODetector',
    data_preprocessor=dict(
        type='mmdet.DetDataPreprocessor',
        mean=[0., 0., 0.],
        std=[255., 255., 255.],
        bgr_to_rgb=True))
test_pipeline = [
    dict(type='LoadImageFromFile', backend_args=_base_.backend_args),
    dict(type='YOLOv5KeepRatioResize', scale=img_scale),
    dict(type='LetterResize', scale=img_scale, allow_scale_up=False, pad_val=dict(img=114)),
    dict(type='mmdet.PackDetInputs'),
]
"""
DETECTRON = """_BASE_: "../Base-RCNN-FPN.yaml"
MODEL:
  WEIGHTS: "detectron2://ImageNetPretrained/MSRA/R-50.pkl"
  META_ARCHITECTURE: "GeneralizedRCNN"
  RESNETS:
    DEPTH: 50
INPUT:
  MIN_SIZE_TRAIN: (640, 672, 704, 736, 768, 800)
  MIN_SIZE_TEST: 600
  FORMAT: "RGB"
SOLVER:
  STEPS: (210000, 250000)
"""
OPENMM = {
    "mmdet-rtmdet": (
        "rtmdet_tiny_8xb32-300e_coco.py",
        RTMDET,
        tensor(["N", 3, 640, 640], "NCHW", order="BGR", normalize=BYTE_BGR, **CV, geometry=[
            {"resize": {"mode": "shortest_edge", "size": 640, "max_size": 640, "rounding": "half_up", "interpolation": "bilinear", "library": "opencv"}},
            {"pad": {"size": [640, 640], "fill": [114, 114, 114], "position": "top_left"}},
        ]),
        (),
    ),
    "mmdet-2": (
        "faster_rcnn_r50_fpn_1x_coco.py",
        MMDET_2,
        tensor(["N", 3, "H", "W"], "NCHW", order="RGB", normalize=BYTE, **CV, geometry=[
            {"resize": {"mode": "shortest_edge", "size": 800, "max_size": 1333, "rounding": "half_up", "interpolation": "bilinear", "library": "opencv"}},
            {"pad": {"multiple_of": 32, "fill": 0, "position": "top_left", "units": "final"}},
        ]),
        (),
    ),
    "mmpretrain-resize-edge": (
        "resnet50_8xb32_in1k.py",
        MMPRETRAIN,
        tensor(["N", 3, 224, 224], "NCHW", order="RGB", normalize=BYTE, **CV, geometry=[
            {"resize": {"mode": "shortest_edge", "size": 256, "rounding": "floor", "interpolation": "bicubic", "library": "pillow"}},
            {"crop": {"size": [224, 224]}},
        ]),
        (),
    ),
    "mmyolo-letter-resize": (
        "yolov5_s-v61_syncbn_8xb16-300e_coco.py",
        MMYOLO,
        {"layout": "NCHW", "dtype": "float32", "channel_order": "RGB", "value_range": [0, 1], **CV},
        ("shape", "resize"),
    ),
    "detectron2-rgb": (
        "faster_rcnn_R_50_FPN_3x.yaml",
        DETECTRON,
        tensor([3, "H", "W"], "CHW", order="RGB", value_range=[0, 255], resize={
            "mode": "shortest_edge", "size": 600, "max_size": 1333, "rounding": "half_up", "interpolation": "bilinear", "library": "pillow",
        }),
        (),
    ),
}  # fmt: skip

DEEPSTREAM_YOLO = """[property]
gpu-id=0
net-scale-factor=0.0039215697906911373
model-color-format=0
onnx-file=yolov8s.onnx
model-engine-file=yolov8s.onnx_b1_gpu0_fp32.engine
#int8-calib-file=calib.table
labelfile-path=labels.txt
batch-size=1
network-mode=0
num-detected-classes=80
interval=0
gie-unique-id=1
process-mode=1
network-type=0
cluster-mode=2
maintain-aspect-ratio=1
symmetric-padding=1
infer-dims=3;640;640
parse-bbox-func-name=NvDsInferParseYolo

[class-attrs-all]
nms-iou-threshold=0.45
"""
DEEPSTREAM_TAO = """[property]
gpu-id=0
net-scale-factor=1.0
offsets=103.939;116.779;123.68
model-color-format=1
tlt-model-key=tlt_encode
uff-input-order=0
input-dims=3;384;1248;0
uff-input-blob-name=Input
batch-size=1
network-mode=0
network-type=0
"""
DEEPSTREAM = {
    "deepstream-yolo": (
        "config_infer_primary_yoloV8.txt",
        DEEPSTREAM_YOLO,
        tensor(["N", 3, 640, 640], "NCHW", order="RGB", value_range=[0, 1], geometry=[
            {"resize": {"mode": "longest_edge", "size": [640, 640], "interpolation": "nearest", "library": "opencv"}},
            {"pad": {"size": [640, 640], "position": "center", "fill": 0}},
        ]),
        (),
    ),
    "deepstream-tao": (
        "pgie_frcnn_tlt_config.txt",
        DEEPSTREAM_TAO,
        tensor(["N", 3, 384, 1248], "NCHW", order="BGR", normalize={"units": "byte", "mean": [103.939, 116.779, 123.68], "std": [1, 1, 1], "order": "BGR"}, **stretch((384, 1248), "nearest", library="opencv")),
        (),
    ),
}  # fmt: skip

EVEN_STD = [0.47853944, 0.4732864, 0.47434163]
MORE = {
    "dpt-large-2": (P,config(do_normalize=True,do_resize=True,ensure_multiple_of=1,feature_extractor_type="DPTFeatureExtractor",image_mean=[.5]*3,image_std=[.5]*3,keep_aspect_ratio=False,resample=2,size=384),hub(HALF,(384,384),**stretch(384)),()),
    "beit-2": (P,config(crop_size=224,do_center_crop=False,do_normalize=True,do_resize=True,feature_extractor_type="BeitFeatureExtractor",image_mean=[.5]*3,image_std=[.5]*3,resample=2,size=224),hub(HALF,(224,224),**stretch(224)),()),
    "levit-2": (P,config(do_center_crop=True,do_normalize=True,do_resize=True,feature_extractor_type="LevitFeatureExtractor",image_mean=MEAN,image_std=STD,resample=3,size=224),hub(IMAGENET,(224,224),resize={"mode":"shortest_edge","size":256,"crop":"center","crop_rounding":"floor","interpolation":"bicubic"}),()),
    "efficientnet-2": (P,config(crop_size={"height":289,"width":289},do_center_crop=False,do_normalize=True,do_rescale=True,do_resize=True,image_mean=MEAN,image_processor_type="EfficientNetImageProcessor",image_std=EVEN_STD,include_top=True,resample=0,rescale_factor=0.00392156862745098,rescale_offset=False,size={"height":224,"width":224}),hub({"mean":MEAN,"std":[x*x for x in EVEN_STD],"order":"RGB"},(224,224),**stretch(224,"nearest")),()),
    "owlvit-2": (P,config(crop_size=768,do_center_crop=False,do_normalize=True,do_resize=True,feature_extractor_type="OwlViTFeatureExtractor",image_mean=CLIP["mean"],image_std=CLIP["std"],resample=3,size=[768,768]),hub(CLIP,(768,768),**stretch(768,"bicubic")),()),
    "timm-flat-2": ("config.json",config(architecture="resnet50",num_classes=1000,num_features=2048,pool_size=[7,7],crop_pct=0.95,interpolation="bicubic",mean=MEAN,std=STD,first_conv="conv1",classifier="fc",input_size=[3,224,224]),torch_like(224,IMAGENET,**cut(235,"bicubic")),()),
    "tv-detection-2": ("t.txt","ObjectDetection()\n",{"shape":["N",3,"H","W"],"layout":"NCHW","dtype":"float32","channel_order":"RGB","value_range":[0,1],"resize":"none"},()),
    "tv-lambda-2": ("t.txt","Compose(\n    Resize(size=(224, 224), interpolation=bilinear, max_size=None, antialias=True)\n    Lambda()\n    ToTensor()\n    Normalize(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5])\n)\n",{},("shape","layout","dtype","channel_order","value_range","resize")),
    "triton-nhwc-2": ("config.pbtxt",'name: "inception_graphdef"\nplatform: "tensorflow_graphdef"\nmax_batch_size: 128\ninput [\n  {\n    name: "input"\n    data_type: TYPE_FP32\n    format: FORMAT_NHWC\n    dims: [ 299, 299, 3 ]\n  }\n]\noutput [ { name: "InceptionV3/Predictions/Softmax" data_type: TYPE_FP32 dims: [ 1001 ] label_filename: "inception_labels.txt" } ]\n',tensor(["N",299,299,3],"NHWC",payload={"stack":"triton"}),COLOR),
    "triton-nobatch-2": ("config.pbtxt",'name: "densenet_onnx"\nplatform: "onnxruntime_onnx"\nmax_batch_size : 0\ninput [\n  {\n    name: "data_0"\n    data_type: TYPE_FP32\n    format: FORMAT_NCHW\n    dims: [ 3, 224, 224 ]\n    reshape { shape: [ 1, 3, 224, 224 ] }\n  }\n]\noutput [{ name: "fc6_1" data_type: TYPE_FP32 dims: [ 1000 ] reshape { shape: [ 1, 1000, 1, 1 ] } }]\n',tensor([3,224,224],"CHW",payload={"stack":"triton"}),COLOR),
    "mlflow-binary-2": ("MLmodel","flavors:\n  python_function: {loader_module: mlflow.pyfunc.model}\nsignature:\n  inputs: '[{\"type\": \"binary\", \"name\": \"image\", \"required\": true}]'\n  outputs: null\n",{"payload":{"stack":"mlflow"}},("shape","layout","dtype",*COLOR)),
    "kserve-bytes-2": ("metadata.json",config(name="ensemble",versions=["1"],platform="ensemble",inputs=[{"name":"raw_image","datatype":"BYTES","shape":[-1,1]}],outputs=[]),{},("shape","layout","dtype",*COLOR)),
    "optimum-2": ("model.onnx",onnx_model([("pixel_values","float32",["batch_size","num_channels","height","width"])]),tensor(["N",3,"H","W"],"NCHW"),("channel_order","value_range","resize")),
    "yolov5-2": ("yolov5s.onnx",onnx_model([("images","float32",[1,3,640,640])],metadata={"stride":"32","names":"{0: 'person'}"}.items()),tensor([1,3,640,640],"NCHW",order="RGB",value_range=[0,1],**CV,resize={"mode":"letterbox","size":[640,640],"interpolation":"bilinear","library":"opencv","fill":[114,114,114]}),()),
    "mmseg-2": ("segformer.py","data_preprocessor = dict(\n    type='SegDataPreProcessor',\n    mean=[123.675, 116.28, 103.53],\n    std=[58.395, 57.12, 57.375],\n    bgr_to_rgb=True,\n    pad_val=0,\n    seg_pad_val=255,\n    size=(512, 512))\ntest_pipeline = [\n    dict(type='LoadImageFromFile'),\n    dict(type='Resize', scale=(2048, 512), keep_ratio=True),\n    dict(type='LoadAnnotations', reduce_zero_label=True),\n    dict(type='PackSegInputs')\n]\n",tensor(["N",3,"H","W"],"NCHW",order="RGB",normalize=BYTE,**CV,resize={"mode":"shortest_edge","size":512,"max_size":2048,"rounding":"half_up","interpolation":"bilinear","library":"opencv"}),()),
    "paddleclas-pil-2": ("inference.yml","Global: {model_name: SwinTransformer_tiny}\nPreProcess:\n  transform_ops:\n  - ResizeImage: {size: [384, 384], interpolation: bicubic, backend: pil}\n  - NormalizeImage: {channel_num: 3, mean: [0.485, 0.456, 0.406], order: '', scale: 0.00392156862745098, std: [0.229, 0.224, 0.225]}\n  - ToCHWImage: null\n",tensor(["N",3,384,384],"NCHW",order="RGB",normalize={"units":"unit",**IMAGENET},**CV,**stretch(384,"bicubic")),()),
    "effnetv2-2": ("model.json",functional(input_layer(384,384,3),{"class_name":"Rescaling","config":{"name":"rescaling","scale":0.0078125,"offset":-1.0}},CONV),tensor(["N",384,384,3],**NHWC),("resize",)),
    "clipa-2": ("open_clip_config.json",config(model_cfg={"embed_dim":1024,"vision_cfg":{"image_size":336}},preprocess_cfg={"mean":MEAN,"std":STD,"interpolation":"bilinear","resize_mode":"squash"}),torch_like(336,IMAGENET,**stretch(336)),()),
    "tflite-uint8-2": ("m.tflite",tflite_model([1,300,300,3],"uint8",quantization=(0.0078125,128),name="normalized_input_image_tensor"),tensor([1,300,300,3],"NHWC","uint8",value_range=[-1,1],quantize={"scale":0.0078125,"zero_point":128,"rounding":"half_away"}),("channel_order","resize")),
    "sam2-2": (P,config(image_mean=MEAN,image_std=STD,image_processor_type="Sam2ImageProcessorFast",do_normalize=True,do_rescale=True,do_resize=True,resample=2,rescale_factor=0.00392156862745098,size={"height":1024,"width":1024},mask_size={"height":256,"width":256},data_format="channels_first",device=None,default_to_square=True),hub(IMAGENET,(1024,1024),**stretch(1024,library="torch")),()),
    "nvidia-hfresnet-2": (P,config(crop_pct=0.875,do_normalize=True,do_resize=True,feature_extractor_type="ConvNextFeatureExtractor",image_mean=MEAN,image_std=STD,resample=3,size=224),hub(IMAGENET,(224,224),resize={"mode":"shortest_edge","size":256,"crop":"center","crop_rounding":"floor","interpolation":"bicubic"}),()),
}  # fmt: skip

CASES = HUGGING_FACE | TIMM | KERAS | SERVERS | OPENVINO | PADDLE | OPENMM | DEEPSTREAM | MORE
