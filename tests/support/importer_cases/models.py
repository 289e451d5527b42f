"""Model files and other configurations: name, content, the spec that each must become, and what must stay unknown."""

import json

from model_files import onnx_model, saved_model, tflite_model

from importer_cases.huggingface import CLIP, HALF, IMAGENET

PIXELS = ("value_range", "resize")
COLOR = ("channel_order", *PIXELS)
ALL = ("shape", "layout", "dtype", *COLOR)


def torch_like(size, normalize=None, *, values=None, order="RGB", exif="ignore", dtype="float32", **geometry):
    height, width = size if isinstance(size, tuple) else (size, size)
    channels = 1 if order == "GRAY" else 3
    mapping = {"shape": ["N", channels, height, width], "layout": "NCHW", "dtype": dtype, "channel_order": order}
    mapping |= {"decode": {"exif": exif}, **geometry}
    return mapping | ({"normalize": {"units": "unit", **normalize}} if normalize else {"value_range": values})


def cut(edge, interpolation):
    return {"resize": {"mode": "shortest_edge", "size": edge, "crop": "center", "interpolation": interpolation}}


def tensor(shape, layout, dtype="float32", order=None, **more):
    mapping = {"shape": shape, "layout": layout, "dtype": dtype, **more}
    return mapping | ({"channel_order": order} if order else {})


def preset(name, crop, resize, interpolation, mean=IMAGENET["mean"], std=IMAGENET["std"]):
    lines = [f"crop_size=[{crop}]", f"resize_size=[{resize}]", f"mean={mean}", f"std={std}"]
    lines.append(f"interpolation=InterpolationMode.{interpolation}")
    return f"{name}(\n" + "".join(f"    {line}\n" for line in lines) + ")\n"


def timm_config(**keys):
    return json.dumps({"architecture": "resnet50", "num_classes": 1000, "pretrained_cfg": keys})


TIMM = {
    "timm-nested": (
        "config.json",
        timm_config(
            input_size=[3, 224, 224], test_input_size=[3, 288, 288], crop_pct=0.95, interpolation="bicubic",
            test_crop_pct=1.0, mean=IMAGENET["mean"], std=IMAGENET["std"], fixed_input_size=False,
        ),
        torch_like(224, IMAGENET, **cut(235, "bicubic")),
        (),
    ),
    "timm-flat": (
        "config.json",
        json.dumps({
            "architecture": "vit_base_patch16_224", "input_size": [3, 224, 224], "interpolation": "bicubic",
            "crop_pct": 0.9, "mean": [0.5] * 3, "std": [0.5] * 3, "pool_size": None, "num_classes": 1000,
        }),
        torch_like(224, HALF, **cut(248, "bicubic")),
        (),
    ),
    "timm-defaults": (
        "config.json",
        timm_config(input_size=[3, 240, 240]),
        torch_like(240, IMAGENET, **cut(274, "bicubic")),
        (),
    ),
    "timm-squash": (
        "config.json",
        timm_config(input_size=[3, 384, 384], crop_pct=1.0, crop_mode="squash", interpolation="bicubic", mean=[0.5] * 3, std=[0.5] * 3),
        torch_like(384, HALF, geometry=[
            {"resize": {"mode": "stretch", "size": [384, 384], "interpolation": "bicubic"}},
            {"crop": {"size": [384, 384]}},
        ]),
        (),
    ),
    "timm-border": (
        "config.json",
        timm_config(input_size=[3, 256, 256], crop_pct=1.0, crop_mode="border", interpolation="bilinear", mean=[0.5] * 3, std=[0.5] * 3),
        torch_like(256, HALF, geometry=[
            {"resize": {"mode": "longest_edge", "size": [256, 256], "rounding": "round", "interpolation": "bilinear"}},
            {"pad": {"size": [256, 256], "fill": [128, 128, 128]}},
        ]),
        (),
    ),
    "timm-gray": (
        "config.json",
        timm_config(input_size=[1, 28, 28], crop_pct=1.0, interpolation="bilinear", mean=[0.1307], std=[0.3081]),
        torch_like(28, {"mean": [0.1307], "std": [0.3081]}, order="GRAY", **cut(28, "bilinear")),
        (),
    ),
    "open-clip": (
        "open_clip_config.json",
        json.dumps({
            "model_cfg": {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12}, "text_cfg": {}},
            "preprocess_cfg": {"mean": CLIP["mean"], "std": CLIP["std"]},
        }),
        torch_like(224, CLIP, **cut(224, "bicubic")),
        (),
    ),
    "open-clip-empty": (
        "open_clip_config.json",
        json.dumps({"model_cfg": {"embed_dim": 512, "vision_cfg": {"image_size": 256}}, "preprocess_cfg": {}}),
        torch_like(256, CLIP, **cut(256, "bicubic")),
        (),
    ),
    "open-clip-squash": (
        "open_clip_config.json",
        json.dumps({
            "model_cfg": {"embed_dim": 768, "vision_cfg": {"image_size": 384}},
            "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"},
        }),
        torch_like(384, HALF, resize={"mode": "stretch", "size": [384, 384], "interpolation": "bicubic"}),
        (),
    ),
}  # fmt: skip

TORCHVISION = {
    "torchvision-resnet50-v2": (
        "t.txt",
        preset("ImageClassification", 224, 232, "BILINEAR"),
        torch_like(224, IMAGENET, **cut(232, "bilinear")),
        (),
    ),
    "torchvision-efficientnet-b2": (
        "t.txt",
        preset("ImageClassification", 288, 288, "BICUBIC"),
        torch_like(288, IMAGENET, **cut(288, "bicubic")),
        (),
    ),
    "torchvision-vgg16-features": (
        "t.txt",
        preset("ImageClassification", 224, 256, "BILINEAR", [0.48235, 0.45882, 0.40784], [1 / 255] * 3),
        torch_like(
            224, {"mean": [0.48235, 0.45882, 0.40784], "std": [1 / 255] * 3, "order": "RGB"}, **cut(256, "bilinear")
        ),
        (),
    ),
    "torchvision-segmentation": (
        "t.txt",
        "SemanticSegmentation(\n    resize_size=[520]\n    mean=[0.485, 0.456, 0.406]\n    std=[0.229, 0.224, 0.225]\n    interpolation=InterpolationMode.BILINEAR\n)\n",
        torch_like(
            ("H", "W"),
            IMAGENET,
            resize={"mode": "shortest_edge", "size": 520, "crop": "none", "interpolation": "bilinear"},
        ),
        (),
    ),
    "torchvision-detection": ("t.txt", "ObjectDetection()\n", torch_like(("H", "W"), values=[0, 1], resize="none"), ()),
    "torchvision-compose": (
        "t.txt",
        "Compose(\n    Resize(size=256, interpolation=bilinear, max_size=None, antialias=True)\n    CenterCrop(size=(224, 224))\n    ToTensor()\n    Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])\n)\n",
        torch_like(
            224,
            IMAGENET,
            geometry=[
                {"resize": {"mode": "shortest_edge", "size": 256, "interpolation": "bilinear"}},
                {"crop": {"size": [224, 224]}},
            ],
        ),
        (),
    ),
    "torchvision-compose-v2-stretch": (
        "t.txt",
        "Compose(\n      ToImage()\n      Resize(size=[192, 256], interpolation=InterpolationMode.BICUBIC, antialias=True)\n      ToDtype(scale=True)\n)\n",
        torch_like(
            (192, 256),
            values=[0, 1],
            resize={"mode": "stretch", "size": [192, 256], "interpolation": "bicubic", "library": "torch"},
        ),
        (),
    ),
    "torchvision-compose-augmented": (
        "t.txt",
        "Compose(\n    RandomResizedCrop(size=(224, 224), scale=(0.08, 1.0))\n    ToTensor()\n)\n",
        {key: value for key, value in torch_like(224, values=[0, 1]).items() if key != "shape"},
        ("shape", "resize"),
    ),
}


def layers(*entries, dtype="float32", shape=(None, 224, 224, 3)):
    first = {"class_name": "InputLayer", "config": {"batch_shape": list(shape), "dtype": dtype, "name": "input_1"}}
    named = [{"class_name": name, "config": config} for name, config in entries]
    return json.dumps(
        {"class_name": "Functional", "config": {"name": "m", "layers": [first, *named]}, "keras_version": "3"}
    )


CONV = ("Conv2D", {"data_format": "channels_last"})
NHWC = tensor(["N", 224, 224, 3], "NHWC")
KERAS = {
    "keras-rescaling": ("model.json", layers(("Rescaling", {"scale": 1 / 255, "offset": 0.0}), CONV), NHWC | {"value_range": [0, 255], "channel_order": "RGB"}, ("resize",)),
    "keras-mobilenet-v3": ("model.json", layers(("Rescaling", {"scale": 1 / 127.5, "offset": -1.0}), CONV), NHWC | {"value_range": [0, 255], "channel_order": "RGB"}, ("resize",)),
    "keras-normalization-of-pixels": (
        "model.json",
        layers(("Normalization", {"mean": [123.7, 116.3, 103.5], "variance": [3400, 3300, 3300]}), CONV),
        NHWC | {"value_range": [0, 255], "channel_order": "RGB"},
        ("resize",),
    ),
    "keras-rescaling-of-unit": ("model.json", layers(("Rescaling", {"scale": 2.0, "offset": -1.0}), CONV), NHWC | {"value_range": [0, 1]}, ("channel_order", "resize")),
    "keras-plain": ("model.json", layers(CONV), NHWC, COLOR),
    "keras-sequential-old": (
        "model.json",
        json.dumps({"class_name": "Sequential", "config": [{"class_name": "Conv2D", "config": {"batch_input_shape": [None, 28, 28, 1], "dtype": "float32", "name": "c", "data_format": "channels_last"}}], "keras_version": "2.2.4"}),
        tensor(["N", 28, 28, 1], "NHWC", order="GRAY"),
        PIXELS,
    ),
    "keras-channels-first": ("model.json", layers(("Conv2D", {"data_format": "channels_first"}), shape=(None, 3, 96, 96)), tensor(["N", 3, 96, 96], "NCHW"), COLOR),
    "keras-hub-imagenet": (
        "image_converter.json",
        json.dumps({"class_name": "keras_hub>ResNetImageConverter", "config": {
            "image_size": [224, 224], "scale": [1 / (255 * s) for s in IMAGENET["std"]],
            "offset": [-m / s for m, s in zip(IMAGENET["mean"], IMAGENET["std"], strict=True)], "interpolation": "bicubic",
        }}),
        tensor(["N", 224, 224, 3], "NHWC", order="RGB", normalize={"units": "unit", **IMAGENET}, decode={"exif": "ignore"}, geometry=[
            {"crop": {"aspect": [224, 224], "rounding": "floor"}},
            {"resize": {"size": [224, 224], "interpolation": "bicubic", "library": "tensorflow"}},
        ]),
        (),
    ),
    "keras-hub-stretch": (
        "preprocessor.json",
        json.dumps({"class_name": "ViTImageClassifierPreprocessor", "config": {"image_converter": {"class_name": "ViTImageConverter", "config": {
            "image_size": 224, "scale": 1 / 127.5, "offset": -1, "crop_to_aspect_ratio": False,
        }}}}),
        tensor(["N", 224, 224, 3], "NHWC", order="RGB", value_range=[-1, 1], decode={"exif": "ignore"}, geometry=[
            {"resize": {"size": [224, 224], "interpolation": "bilinear", "library": "tensorflow"}},
        ]),
        (),
    ),
}  # fmt: skip

ULTRALYTICS = (
    ("description", "Ultralytics YOLOv8n model"),
    ("task", "detect"),
    ("stride", "32"),
    ("batch", "1"),
    ("imgsz", "[640, 640]"),
    ("names", "{0: 'person'}"),
)
LETTERBOX = {
    "resize": {
        "mode": "letterbox",
        "size": [640, 640],
        "fill": [114, 114, 114],
        "interpolation": "bilinear",
        "library": "opencv",
    },
    "decode": {"library": "opencv"},
}
ONNX = {
    "onnx-dynamic-batch": (
        "m.onnx",
        onnx_model([("input", "float32", ["batch", 3, 224, 224])]),
        tensor(["N", 3, 224, 224], "NCHW"),
        COLOR,
    ),
    "onnx-initializer-in-inputs": (
        "m.onnx",
        onnx_model([("w", "float32", [64, 3, 7, 7]), ("data", "float32", [1, 3, 224, 224])], initializers=["w"]),
        tensor([1, 3, 224, 224], "NCHW"),
        COLOR,
    ),
    "onnx-minus-one": (
        "m.onnx",
        onnx_model([("x", "float32", [-1, 224, 224, 3])]),
        tensor(["N", 224, 224, 3], "NHWC"),
        COLOR,
    ),
    "onnx-windows-ml": (
        "m.onnx",
        onnx_model(
            [("data", "float32", [1, 3, 416, 416])],
            metadata=[("Image.BitmapPixelFormat", "Bgr8"), ("Image.NominalPixelRange", "NominalRange_0_255")],
        ),
        tensor([1, 3, 416, 416], "NCHW", order="BGR", value_range=[0, 255]),
        ("resize",),
    ),
    "onnx-ultralytics": (
        "y.onnx",
        onnx_model([("images", "float32", [1, 3, 640, 640])], metadata=ULTRALYTICS),
        tensor([1, 3, 640, 640], "NCHW", order="RGB", value_range=[0, 1], **LETTERBOX),
        (),
    ),
    "onnx-gray": (
        "m.onnx",
        onnx_model([("Input3", "float32", [1, 1, 28, 28])]),
        tensor([1, 1, 28, 28], "NCHW", order="GRAY"),
        PIXELS,
    ),
    "onnx-clip-with-text": (
        "m.onnx",
        onnx_model(
            [
                ("input_ids", "int64", ["b", 77]),
                ("pixel_values", "float32", ["b", 3, "h", "w"]),
                ("attention_mask", "int64", ["b", 77]),
            ]
        ),
        tensor(["N", 3, "H", "W"], "NCHW"),
        COLOR,
    ),
    "onnx-open-channels": (
        "m.onnx",
        onnx_model([("x", "float16", [None, None, None, None])]),
        {"dtype": "float16"},
        ("shape", "layout", *COLOR),
    ),
}
TFLITE = {
    "tflite-uint8-mobilenet": (
        "m.tflite",
        tflite_model(
            [1, 224, 224, 3], "uint8", quantization=(0.0078125, 128), metadata={"mean": [127.5], "std": [127.5]}
        ),
        tensor(
            [1, 224, 224, 3],
            "NHWC",
            "uint8",
            order="RGB",
            value_range=[-1, 1],
            quantize={"scale": 0.0078125, "zero_point": 128, "rounding": "half_away"},
        ),
        ("resize",),
    ),
    "tflite-uint8-plain": (
        "m.tflite",
        tflite_model([1, 224, 224, 3], "uint8", quantization=(1.0, 0), metadata={"mean": [0], "std": [1]}),
        tensor([1, 224, 224, 3], "NHWC", "uint8", order="RGB", value_range=[0, 255]),
        ("resize",),
    ),
    "tflite-float-minus-one": (
        "m.tflite",
        tflite_model([1, 299, 299, 3], metadata={"mean": [127.5] * 3, "std": [127.5] * 3}),
        tensor([1, 299, 299, 3], "NHWC", order="RGB", value_range=[-1, 1]),
        ("resize",),
    ),
    "tflite-no-metadata": ("m.tflite", tflite_model([1, 320, 320, 3]), tensor([1, 320, 320, 3], "NHWC"), COLOR),
    "tflite-int8-no-metadata": (
        "m.tflite",
        tflite_model([1, 96, 96, 1], "int8", quantization=(1 / 255, -128)),
        tensor(
            [1, 96, 96, 1],
            "NHWC",
            "int8",
            order="GRAY",
            value_range=[0, 1],
            quantize={"scale": 0.003921568859368563, "zero_point": -128, "rounding": "half_away"},
        ),
        ("resize",),
    ),
    "tflite-signature-shape": (
        "m.tflite",
        tflite_model([1, 1, 1, 3], signature=[-1, -1, -1, 3]),
        tensor(["N", "H", "W", 3], "NHWC"),
        COLOR,
    ),
}


def serving(dtype, sizes, *, doubled=True, unknown=False, camel=False):
    shape = {"unknown_rank": unknown, "dim": [{"size": str(size), "name": ""} for size in sizes]}
    entry = {"dtype": dtype, ("tensorShape" if camel else "tensor_shape"): shape, "name": "x:0"}
    inner = {"serving_default": {"inputs": {"input_1": entry}, "outputs": {}}, "__saved_model_init_op": {"inputs": {}}}
    definitions = {"signature_def": inner} if doubled else inner
    return json.dumps(
        {"model_spec": {"name": "m"}, "metadata": {("signatureDef" if camel else "signature_def"): definitions}}
    )


TFS = {"payload": {"stack": "tensorflow-serving"}}
CLI_TEXT = """MetaGraphDef with tag-set: 'serve' contains the following SignatureDefs:

signature_def['__saved_model_init_op']:
  The given SavedModel SignatureDef contains the following input(s):
  The given SavedModel SignatureDef contains the following output(s):
    outputs['__saved_model_init_op'] tensor_info:
        dtype: DT_INVALID
        shape: unknown_rank
        name: NoOp

signature_def['serving_default']:
  The given SavedModel SignatureDef contains the following input(s):
    inputs['input_1'] tensor_info:
        dtype: DT_FLOAT
        shape: (-1, 96, 96, 3)
        name: serving_default_input_1:0
  The given SavedModel SignatureDef contains the following output(s):
    outputs['dense'] tensor_info:
        dtype: DT_FLOAT
        shape: (-1, 10)
"""
TENSORFLOW = {
    "saved-model": (
        "saved_model.pb",
        saved_model({"serving_default": [("input_1", "float32", [-1, 224, 224, 3])]}),
        tensor(["N", 224, 224, 3], "NHWC", **TFS),
        COLOR,
    ),
    "saved-model-encoded": (
        "saved_model.pb",
        saved_model({"serving_default": [("image_bytes", "string", [-1])]}),
        {"payload": {"stack": "tensorflow-serving", "envelope": "instances-b64"}},
        ALL,
    ),
    "saved-model-unknown-rank": (
        "saved_model.pb",
        saved_model({"serving_default": [("x", "float32", None)]}),
        {"dtype": "float32", **TFS},
        ("shape", "layout", *COLOR),
    ),
    "serving-metadata": (
        "metadata.json",
        serving("DT_FLOAT", [-1, 224, 224, 3]),
        tensor(["N", 224, 224, 3], "NHWC", **TFS),
        COLOR,
    ),
    "serving-metadata-single-level": (
        "metadata.json",
        serving("DT_UINT8", [1, 300, 300, 3], doubled=False),
        tensor([1, 300, 300, 3], "NHWC", "uint8", **TFS),
        COLOR,
    ),
    "serving-metadata-camel-case": (
        "metadata.json",
        serving("dt_float", [-1, 3, 64, 64], camel=True),
        tensor(["N", 3, 64, 64], "NCHW", **TFS),
        COLOR,
    ),
    "serving-metadata-string": (
        "metadata.json",
        serving("DT_STRING", [-1]),
        {"payload": {"stack": "tensorflow-serving", "envelope": "instances-b64"}},
        ALL,
    ),
    "saved-model-cli": (
        "out.txt",
        CLI_TEXT,
        tensor(["N", 96, 96, 3], "NHWC", **TFS),
        COLOR,
    ),
}
TRITON = {"payload": {"stack": "triton"}}
SERVERS = {
    "triton-format": (
        "config.pbtxt",
        'name: "r" # c\nmax_batch_size: 8\ninput [ { name: "x" data_type: TYPE_FP32 format: FORMAT_NCHW dims: [ 3, 224, 224 ] } ]\n',
        tensor(["N", 3, 224, 224], "NCHW", **TRITON),
        COLOR,
    ),
    "triton-repeated-dims": (
        "config.pbtxt",
        'platform: "tensorflow_savedmodel"\nmax_batch_size: 1\ninput {\n  name: "x"\n  data_type: TYPE_UINT8\n  dims: 300\n  dims: 300\n  dims: 3\n}\n',
        tensor(["N", 300, 300, 3], "NHWC", "uint8", **TRITON),
        COLOR,
    ),
    "triton-no-batch": (
        "config.pbtxt",
        'name: "y"\nbackend: "onnxruntime"\ninput: [{ name: "images", data_type: TYPE_FP16, dims: [ 1, 3, -1, -1 ] }]\n',
        tensor([1, 3, "H", "W"], "NCHW", "float16", **TRITON),
        COLOR,
    ),
    "triton-curly-quotes": (
        "config.pbtxt",
        "name: \u201cr\u201d\nplatform: \u201ctensorrt_plan\u201d\nmax_batch_size: 4\ninput [{name: \u201cx\u201d data_type: TYPE_FP32 dims: [3, 64, 64]}]\n",
        tensor(["N", 3, 64, 64], "NCHW", **TRITON),
        COLOR,
    ),
    "kserve": (
        "meta.json",
        json.dumps(
            {
                "name": "m",
                "platform": "tensorrt_plan",
                "inputs": [{"name": "images", "datatype": "FP16", "shape": [-1, 3, 640, 640]}],
                "outputs": [],
            }
        ),
        tensor(["N", 3, 640, 640], "NCHW", "float16", **TRITON),
        COLOR,
    ),
    "kserve-bytes": (
        "meta.json",
        json.dumps(
            {"name": "e", "platform": "ensemble", "inputs": [{"name": "IMAGE", "datatype": "BYTES", "shape": [-1, 1]}]}
        ),
        TRITON,
        ALL,
    ),
    "mlflow-tensor": (
        "MLmodel",
        'flavors:\n  pytorch: {data: d}\nmlflow_version: 2.1\nsignature:\n  inputs: \'[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3, 224, 224]}}]\'\n',
        tensor(["N", 3, 224, 224], "NCHW", payload={"stack": "mlflow"}),
        COLOR,
    ),
    "mlflow-binary": (
        "MLmodel",
        'flavors: {python_function: {}}\nmlflow_version: 2.1\nsignature: {inputs: \'[{"name": "image", "type": "binary"}]\'}\n',
        {"payload": {"stack": "mlflow"}},
        ALL,
    ),
}


def ir(info, shape="1,3,224,224"):
    return f'<?xml version="1.0"?>\n<net name="n" version="11"><layers><layer id="0" name="x" type="Parameter" version="opset1"><data shape="{shape}" element_type="f32"/></layer></layers><edges/><rt_info>{info}</rt_info></net>'


OPENVINO = {
    "openvino-baked-values": (
        "m.xml",
        ir(
            '<conversion_parameters><mean_values value="[123.675,116.28,103.53]"/><scale_values value="[58.395,57.12,57.375]"/></conversion_parameters>'
        ),
        tensor([1, 3, 224, 224], "NCHW", value_range=[0, 255]),
        ("channel_order", "resize"),
    ),
    "openvino-plain": ("m.xml", ir("", "?,3,?,?"), tensor(["N", 3, "H", "W"], "NCHW"), COLOR),
    "openvino-model-info": (
        "m.xml",
        ir(
            '<model_info><mean_values value="127.5 127.5 127.5"/><scale_values value="127.5 127.5 127.5"/><reverse_input_channels value="True"/><resize_type value="fit_to_window_letterbox"/><pad_value value="114"/></model_info>'
        ),
        tensor(
            [1, 3, 224, 224],
            "NCHW",
            order="RGB",
            value_range=[-1, 1],
            resize={
                "mode": "letterbox",
                "size": [224, 224],
                "fill": 114,
                "interpolation": "bilinear",
                "library": "opencv",
            },
        ),
        (),
    ),
}

CASES = {**TIMM, **TORCHVISION, **KERAS, **ONNX, **TFLITE, **TENSORFLOW, **SERVERS, **OPENVINO}
