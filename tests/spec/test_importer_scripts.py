"""Rare forms of networks, training files, graphs and command lines: one field, or the reason for its absence."""

import json

import pytest

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.spec.importers import read_draft
from sm_imgcheck.spec.importers._source_file import SourceFile


def draft_of(name, content, input_name=""):
    return read_draft(SourceFile.of_bytes(name, content.encode()), input_name)


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
