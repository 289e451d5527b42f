"""Rare forms of networks, training files, graphs and command lines: one field, or the reason for its absence."""

import json
import re

import pytest
from model_files import onnx_model

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.spec.importers import read_draft
from sm_imgcheck.spec.importers._source_file import SourceFile


def draft_of(name, content, input_name=""):
    return read_draft(
        SourceFile.of_bytes(name, content if isinstance(content, bytes) else content.encode()), input_name
    )


def data_layer(transform, images="new_height: 32 new_width: 48", phase="TEST"):
    data = f"transform_param {{ {transform} }} image_data_param {{ {images} }}"
    return "net.prototxt", f'layer {{ name: "d" top: "data" include {{ phase: {phase} }} {data} }}\n'


def graph(options):
    node = f'node {{\n  calculator: "ImageToTensorCalculator"\n  options {{ {options} }}\n}}\n'
    return "graph.pbtxt", node


def sdk(*transforms):
    return "pipeline.json", json.dumps({"pipeline": {"tasks": [{"module": "Transform", "transforms": [*transforms]}]}})


def models(**entries):
    keys = {"width": 64, "height": 48, "mean": [0, 0, 0], "scale": 1, "rgb": False, "sample": "x", "model": "m"}
    return "models.yml", "".join(
        f"{name}:\n" + "".join(f"  {key}: {json.dumps(value)}\n" for key, value in {**keys, **entry}.items())
        for name, entry in entries.items()
    )


def tao(channel=3, mean="[0.5]", width="input_width: 64"):
    augmentation = f"dataset:\n  augmentation:\n    input_mean: {mean}\n    input_std: [0.5]\n"
    return (
        "spec.yaml",
        f"{augmentation}export:\n  input_channel: {channel}\n  input_height: 48\n  {width}\n  onnx_file: m.onnx\n",
    )


def mo(options):
    return "c.sh", f"mo --input_model m.onnx --input_shape [1,3,8,8] {options}\n"


NORMALIZE = {"type": "Normalize", "mean": [1.0], "std": [2.0], "to_rgb": True}
TEACHABLE = '{"tmVersion": "2", "imageSize": %s, "grayscale": true}'
VALUES = {
    "caffe-mean-file": (*data_layer('crop_size: 24 mean_file: "mean.binaryproto"'), "value_range", None),
    "caffe-scale-alone": (*data_layer("crop_size: 24 scale: 0.5"), "value_range", [0, 127.5]),
    "caffe-gray": (*data_layer("force_gray: true"), "shape", ["N", 1, 32, 48]),
    "caffe-training-only": (*data_layer("crop_size: 24", phase="TRAIN"), "", "input: got none"),
    "caffe-resized-before": (*data_layer("crop_size: 24", images="batch_size: 1"), "geometry[0]", None),
    "caffe-damaged": ("net.prototxt", 'layer { top: "x" input_param { shape { dim: }', "", "prototxt: line 1"),
    "mediapipe-uint": (*graph("output_tensor_uint_range { min: 0 max: 255 }"), "dtype", "uint8"),
    "mediapipe-no-size": (*graph("output_tensor_float_range { min: 0 max: 1 }"), "shape", None),
    "mediapipe-no-range": (*graph("output_tensor_width: 8 output_tensor_height: 8"), "value_range", None),
    "mediapipe-two": ("graph.pbtxt", graph("a: 1")[1] * 2, "", "got 2 nodes"),
    "mmdeploy-sides": (*sdk({"type": "Resize", "size": [32, 48], "keep_ratio": False}, NORMALIZE), "shape", None),
    "opencv-mean": (*models(a={"mean": [1, 2, 3], "scale": 0.5, "rgb": True}), "normalize.order", "RGB"),
    "opencv-bad-scale": (*models(a={"scale": 0}), "value_range", None),
    "opencv-no-width": (*models(a={"width": None}), "shape", None),
    "opencv-default-order": (*models(a={"rgb": None}), "channel_order", "BGR"),
    "opencv-std": (*models(a={"mean": 9, "std": [50, 60, 70], "scale": 0.5}), "normalize.std", [100, 120, 140]),
    "opencv-std-without-mean": (*models(a={"std": [0.5, 0.25, 1], "scale": 0.5}), "normalize.std", [1, 0.5, 2]),
    "opencv-std-of-one": (*models(a={"std": [1, 1, 1], "scale": 0.5}), "value_range", [0, 127.5]),
    "opencv-std-of-zero": (*models(a={"std": [0, 0, 0], "scale": 0.5}), "value_range", [0, 127.5]),
    "opencv-std-partly-zero": (*models(a={"std": [0, 1, 1]}), "normalize.std", None),
    "opencv-bad-std": (*models(a={"std": "x"}), "value_range", None),
    "opencv-crop": (*models(a={"crop": True}), "resize.mode", None),
    "opencv-no-crop": (*models(a={"crop": False}), "resize.mode", "stretch"),
    "opencv-resized-before": (*models(a={"initial_width": 72, "initial_height": 56}), "resize.mode", None),
    "opencv-several": (*models(a={}, b={}), "", "got 2 models, expected one of a, b"),
    "tao-gray": (*tao(1), "channel_order", "GRAY"),
    "tao-no-width": (*tao(width="a: 1  # input_width"), "shape", None),
    "tao-mean-without-units": (*tao(mean="[0.0]"), "value_range", None),
    "teachable-gray": ("metadata.json", TEACHABLE % 96, "shape", ["N", 96, 96, 1]),
    "teachable-no-size": ("metadata.json", TEACHABLE % '"x"', "shape", None),
    "ultralytics-no-size": ("args.yaml", "task: detect\nimgsz: x\nmode: train\nmosaic: 1\n", "", "imgsz: got x"),
    "darknet-no-size": ("y.cfg", "[net]\nchannels=3\n[yolo]\n", "shape", None),
    "hailo-conversion": ("m.alls", "a = input_conversion(yuv_to_rgb)\n", "value_range", None),
    "command-without-shape": ("c.sh", "mo --input_model m.onnx --input x\n", "", "mo: got no shape"),
    "command-open-quote": ("c.sh", "mo --input_shape '[1,3,8,8]\n", "", "command: No closing quotation"),
    "command-scale": ("c.sh", "mo -m m.onnx -s 255 --input_shape [1,3,8,8]\n", "value_range", [0, 255]),
    "command-name-with-number": (*mo("--mean_values x-224[0.485,0.456,0.406]"), "value_range", None),
    "command-point-at-end": (*mo("--mean_values [127.,127.,127.] --scale_values [127.]"), "value_range", [0, 255]),
    "command-point-first": (*mo("--mean_values [.485,.456] --scale_values [58.]"), "value_range", [0, 255]),
    "command-parentheses": (*mo("--mean_values 'x(123.68, 116.78, 103.94)'"), "value_range", [0, 255]),
    "command-exponent": (*mo("--scale 2.55e2"), "value_range", [0, 255]),
    "mo-tensorflow": ("c.sh", "mo_tf.py --input_shape [1,8,16,3]\n", "shape", None),
    "mo-tensorflow-file": ("c.sh", "mo --input_model m.pb --input_shape [1,3,8,16]\n", "layout", None),
    "mo-saved-model": ("c.sh", "mo --saved_model_dir m --input_shape [1,8,16,3]\n", "layout", None),
    "mo-channels-last": ("c.sh", "mo --input_model $M --input_shape [1,8,16,3]\n", "layout", None),
    "mo-onnx-channels-last": ("c.sh", "mo --input_model m.onnx --input_shape [1,8,16,3]\n", "layout", "NHWC"),
    "mo-kept": ("c.sh", "mo_tf.py --input_shape [1,8,16,3] --disable_nhwc_to_nchw\n", "shape", [1, 8, 16, 3]),
    "ovc-tensorflow": ("c.sh", "ovc m.pb --input [1,8,16,3]\n", "layout", "NHWC"),
    "mo-layout": ("c.sh", "mo -m m.pb --input_shape [1,8,16,3] --layout nhwc\n", "layout", "NHWC"),
    "mo-layout-change": ("c.sh", "mo -m m.onnx --input_shape [1,3,8,9] --layout 'nchw->nhwc'\n", "shape", [1, 8, 9, 3]),
    "mo-layout-of-input": (
        "c.sh", "mo -m m --input x --input_shape [1,8,9,3] --layout 'y(nchw),x([n,h,w,c] -> [n,c,h,w])'\n",
        "shape", [1, 3, 8, 9],
    ),
    "mo-target-layout": ("c.sh", "mo -m m.onnx --input_shape [1,3,8,16] --target_layout nhwc\n", "layout", "NHWC"),
    "mo-source-layout": (
        "c.sh", "mo -m m.pb --input_shape [1,8,16,3] --source_layout nhwc --target_layout nchw\n", "layout", "NCHW",
    ),
    "mo-layout-not-read": ("c.sh", "mo -m m.onnx --input_shape [1,3,8,16] --layout 'n...c->nc...'\n", "layout", None),
    "snpe": ("c.sh", "snpe-onnx-to-dlc --input_network m.onnx --input_dim data 1,3,8,16\n", "layout", None),
    "trtexec-type": ("c.sh", "trtexec --shapes=x:1x3x8x8 --inputIOFormats=fp16:chw\n", "dtype", "float16"),
    "trtexec-memory": ("c.sh", "trtexec --shapes=x:1x3x8x8 --inputIOFormats=int8:chw32\n", "layout", None),
    "trtexec-types": ("c.sh", "trtexec --shapes=x:1x3x8x8 --inputIOFormats=fp16:chw,int32:chw\n", "dtype", None),
    "trtexec-linear": ("c.sh", "trtexec --shapes=x:1x3x8x8 --inputIOFormats=int8:chw,int32:chw\n", "layout", "NCHW"),
    "trtexec-other-profile": ("c.sh", "trtexec --optShapes=x:1x3x8x8 --minShapes=y:1x3x8x8\n", "shape", [1, 3, 8, 8]),
}  # fmt: skip


@pytest.mark.parametrize("case", VALUES)
def test_rare_form_states_the_field_or_the_reason(case):
    name, content, key, expected = VALUES[case]
    if key:
        assert draft_of(name, content).values().get(key) == expected
    else:
        with pytest.raises(ImgcheckError, match=expected):
            draft_of(name, content)


def test_model_of_several_is_selected_by_name():
    name, content = models(a={}, b={"width": 32})
    assert draft_of(name, content, "b").values()["shape"] == ["N", 3, 48, 32]


def test_mean_of_a_unit_range_before_scale_is_noted():
    name, content = models(
        a={"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "scale": 0.003921, "rgb": True}
    )
    draft = draft_of(name, content)
    assert draft.values()["normalize.mean"] == [0.485, 0.456, 0.406]
    assert any("at most 1" in note for note in draft.notes)


@pytest.mark.parametrize("command", ["snpe-onnx-to-dlc --input_dim x 1,3,8,16", "mo_tf.py --input_shape [1,3,8,16]"])
def test_unknown_shape_of_a_converted_model_has_a_note_with_the_source_shape(command):
    assert any("[1, 3, 8, 16]" in note for note in draft_of("c.sh", f"{command}\n").notes)


@pytest.mark.parametrize(
    ("content", "key", "expected"),
    [
        ("mode: train\nmosaic: 1\nhalf: true\n", "dtype", ("float16", "assumed")),
        ("mode: train\nmosaic: 1\nhalf: false\n", "dtype", ("float32", "default")),
        ("stride: 32\nnames: {0: a}\nargs: {half: true}\n", "dtype", ("float16", "inferred")),
    ],
)
def test_half_of_a_run_is_only_an_assumption_for_its_export(content, key, expected):
    draft = draft_of("args.yaml", f"task: detect\nimgsz: 64\n{content}")
    (field,) = (field for field in draft.fields if field.key == key)
    assert (field.value, field.certainty) == expected


def test_arguments_of_a_run_are_not_called_metadata():
    draft = draft_of("args.yaml", "task: detect\nimgsz: 64\nmode: train\nmosaic: 1\n")
    sources = {field.key: field.source for field in draft.fields}
    assert "arguments of Ultralytics" in sources["value_range"]
    assert not any("metadata" in source for source in sources.values())


def hub(**keys):
    files = {"m.onnx": {"inputs": {"image": {"io_type": "image", **keys}}, "outputs": {}}}
    return "metadata.json", json.dumps({"model_files": files})


def processor(**keys):
    return "preprocessor_config.json", json.dumps(keys)


CONVNEXT = {"image_processor_type": "ConvNextImageProcessorFast", "size": {"shortest_edge": 224}, "crop_pct": 0.875}
SIDES = {"height": 256, "width": 256}
REASONS = {
    "ai-hub-no-shape": (*hub(value_range=[0, 1]), "layout", "unknown", "absent in inputs image"),
    "ai-hub-no-range": (*hub(shape=[1, 3, 8, 8]), "value_range", "unknown", "absent in inputs image"),
    "ai-hub-three-ends": (
        *hub(shape=[1, 3, 8, 8], value_range=[0, 1, 2]),
        "value_range",
        "unknown",
        "expected two numbers",
    ),
    "ai-hub-resize": (*hub(shape=[1, 3, 8, 8]), "resize", "unknown", "metadata of AI Hub have no resize"),
    "command-of-variables": (*mo("--mean_values $MEAN"), "value_range", "unknown", "got no number"),
    "command-of-two": (*mo("--scale_values [2,2,2]"), "value_range", "unknown", "no number above 2"),
    "crop-of-convnext": (
        *processor(**CONVNEXT),
        "resize.crop_rounding",
        "assumed",
        "this class of transformers 4 rounds",
    ),
    "two-crops-of-convnext": (
        *processor(**CONVNEXT, do_center_crop=True, crop_size=200),
        "geometry[1]",
        "assumed",
        "this class of transformers 4 rounds",
    ),
    "pad-of-poolformer": (
        *processor(image_processor_type="PoolFormerImageProcessorFast", do_pad=True, pad_size=SIDES),
        "shape",
        "inferred",
        "pad_size: .* in some releases",
    ),
    "sides-without-resize": (
        *processor(image_processor_type="ViTImageProcessor", do_resize=False),
        "shape",
        "inferred",
        "no fixed size",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_field_has_its_true_reason(case):
    name, content, key, certainty, words = REASONS[case]
    (field,) = (field for field in draft_of(name, content).fields if field.key == key)
    assert field.certainty == certainty
    assert re.search(words, field.source)


@pytest.mark.parametrize("sides", [[1, 4, 64, 64], [2, 64, 64, 4], [1, 16, 64, 64]])
def test_latents_are_not_an_image(sides):
    body = onnx_model([("sample", "float32", sides)])
    with pytest.raises(ImgcheckError, match="got no image"):
        draft_of("m.onnx", body)


VGG16 = "from keras.applications.vgg16 import preprocess_input\n"


@pytest.mark.parametrize(
    ("code", "is_keras"),
    [
        ("from my.resnet import preprocess_input\n", False),
        ("from torch_models import resnet\nresnet.preprocess_input(x)\n", False),
        ("import keras\nfrom my.resnet import preprocess_input\n", True),
        ("from keras.applications.imagenet_utils import preprocess_input\n", True),
        (f"{VGG16}from keras.applications import resnet_v2 as net\nnet.preprocess_input(x)\n", True),
        (f"{VGG16}from keras.applications.inception_v3 import preprocess_input as p2\n", True),
    ],
)
def test_preprocess_input_of_another_or_two_modules_names_no_preset(code, is_keras):
    with pytest.raises(ImgcheckError) as error:
        draft_of("train.py", code)
    assert ("Keras code" in str(error.value)) == is_keras
    assert "its preprocess_input is" not in str(error.value)
