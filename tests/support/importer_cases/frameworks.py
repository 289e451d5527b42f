"""Python code of DALI, RKNN Toolkit and Detectron2's LazyConfig, and files of Edge Impulse."""

import json

from importer_cases.exports import RKNN
from importer_cases.models import tensor

BYTE_IMAGENET = "mean=[0.485 * 255, 0.456 * 255, 0.406 * 255], std=[0.229 * 255, 0.224 * 255, 0.225 * 255]"
IMAGENET_255 = {"units": "byte", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "order": "RGB"}
DALI = """import nvidia.dali.fn as fn
import nvidia.dali.types as types
from nvidia.dali import pipeline_def

MEAN = [127.5, 127.5, 127.5]

@pipeline_def(batch_size=8, num_threads=2, device_id=0)
def {}(data_dir, training=False):
    jpegs, labels = fn.readers.file(file_root=data_dir, name="Reader")
    images = fn.decoders.image(jpegs, device="mixed", output_type=types.RGB)
{}
    return images, labels.gpu()
"""


def dali(*lines, name="val_pipe"):
    return "pipe.py", DALI.format(name, "\n".join(f"    {line}" for line in lines))


DALI_SHORT = "images = fn.resize(images, resize_shorter=256, interp_type=types.INTERP_TRIANGULAR)"
DALI_NORMALIZE = f"images = fn.crop_mirror_normalize(images.gpu(), dtype=types.FLOAT, crop=(224, 224), {BYTE_IMAGENET})"
DALI_RANDOM = "images = fn.crop_mirror_normalize(images, crop=(224, 224), mirror=fn.random.coin_flip(probability=0.5))"
SHORT_256 = {
    "resize": {
        "mode": "shortest_edge",
        "size": 256,
        "rounding": "half_up",
        "interpolation": "bilinear",
        "library": "torch",
    }
}
CENTER_224 = {"crop": {"size": [224, 224], "rounding": "ceil"}}
ALL_UNKNOWN = ("shape", "layout", "dtype", "channel_order", "value_range", "resize")

LAZY = """import detectron2.data.transforms as T
from detectron2.config import LazyCall as L
from detectron2.data import DatasetMapper, build_detection_test_loader
from omegaconf import OmegaConf

size = 640
dataloader = OmegaConf.create()
dataloader.train = L(build_detection_train_loader)(
    mapper=L(DatasetMapper)(is_train=True, augmentations=[L(T.RandomFlip)()], image_format="RGB"),
)
dataloader.test = L(build_detection_test_loader)(
    mapper=L({})(is_train=False, augmentations=[{}], image_format="${{...train.mapper.image_format}}"),
)
"""


def lazy(augmentation, *lines, mapper="DatasetMapper"):
    return "coco.py", LAZY.format(mapper, augmentation) + "".join(f"{line}\n" for line in lines)


SHORTEST = "L(T.ResizeShortestEdge)(short_edge_length=size, max_size=1024)"
D2_KERNEL = {"rounding": "half_up", "interpolation": "bilinear", "library": "pillow"}
D2_VALUES = {
    "layout": "CHW",
    "dtype": "uint8",
    "channel_order": "RGB",
    "value_range": [0, 255],
    "decode": {"exif": "apply"},
}
D2_SHORTEST = {"shape": [3, "H", "W"], "resize": {"mode": "shortest_edge", "size": 640, "max_size": 1024, **D2_KERNEL}}

HEADER = """#ifndef _EI_CLASSIFIER_MODEL_METADATA_H_
#define EI_CLASSIFIER_NN_INPUT_FRAME_SIZE        {}
#define EI_CLASSIFIER_INPUT_WIDTH                96
#define EI_CLASSIFIER_INPUT_HEIGHT               64
#define EI_CLASSIFIER_TFLITE_INPUT_DATATYPE      EI_CLASSIFIER_DATATYPE_{}
#define EI_CLASSIFIER_RESIZE_MODE                EI_CLASSIFIER_RESIZE_{}
{}
#endif
"""


def header(count=3, dtype="FLOAT32", mode="SQUASH", *lines):
    return "model_metadata.h", HEADER.format(96 * 64 * count, dtype, mode, "\n".join(lines))


PARAMETERS = {
    "image_input_width": 96,
    "image_input_height": 64,
    "image_channel_count": 1,
    "image_resize_mode": "fit-longest",
}
QUANTIZED = (
    "#define EI_CLASSIFIER_TFLITE_INPUT_SCALE 0.003921568859368563",
    "#define EI_CLASSIFIER_TFLITE_INPUT_ZEROPOINT -128",
)

CASES = {
    "rknn-format-by-position": ("c.py", f"{RKNN}rknn.inference([x], ['nchw'])\n", tensor([1, 3, 480, 640], "NCHW", "uint8", value_range=[0, 255]), ("channel_order", "resize")),
    "rknn-1-format-by-position": ("c.py", f"{RKNN}rknn.inference([x], 'uint8', 'nchw')\n", tensor([1, 3, 480, 640], "NCHW", "uint8", value_range=[0, 255]), ("channel_order", "resize")),
    "rknn-variable-by-position": ("c.py", f"{RKNN}rknn.inference([x], form)\n", {"dtype": "uint8", "value_range": [0, 255]}, ("shape", "layout", "channel_order", "resize")),
    "rknn-pass-through-by-position": ("c.py", f"{RKNN}rknn.inference([x], ['nhwc'], [1])\n", {"shape": [1, 480, 640, 3], "layout": "NHWC"}, ("dtype", "channel_order", "value_range", "resize")),
    "dali": (*dali(DALI_SHORT, DALI_NORMALIZE), tensor(["N", 3, 224, 224], "NCHW", order="RGB", normalize=IMAGENET_255, geometry=[SHORT_256, CENTER_224]), ()),
    "dali-channels-last": (*dali("images = fn.resize(images, resize_x=64, resize_y=48)", "images = images / 255.0", "images = fn.crop_mirror_normalize(images, output_layout='HWC')"), tensor(["N", 48, 64, 3], "NHWC", order="RGB", value_range=[0, 1], resize={"mode": "stretch", "size": [48, 64], "interpolation": "bilinear", "library": "torch"}), ()),
    "dali-constant": (*dali("images = fn.crop_mirror_normalize(images, mean=MEAN, std=MEAN, dtype=types.FLOAT16)"), tensor(["N", 3, "H", "W"], "NCHW", "float16", order="RGB", value_range=[-1, 1], resize="none"), ()),
    "dali-pixels": (*dali("images = fn.transpose(fn.resize(images, size=[48, 64]), perm=[2, 0, 1])"), tensor(["N", 3, 48, 64], "NCHW", "uint8", order="RGB", value_range=[0, 255], resize={"mode": "stretch", "size": [48, 64], "interpolation": "bilinear", "library": "torch"}), ()),
    "dali-gray": (*dali("images = fn.color_space_conversion(images, image_type=types.RGB, output_type=types.GRAY)", "images = fn.resize(images, resize_x=64)"), {"layout": "NHWC", "dtype": "uint8", "channel_order": "GRAY", "value_range": [0, 255]}, ("shape", "resize")),
    "dali-order-of-another": (*dali("images = fn.color_space_conversion(images, image_type=types.BGR, output_type=types.RGB)"), {"resize": "none"}, ALL_UNKNOWN[:-1]),
    "dali-float": (*dali("images = images / 255.0", "images = fn.resize(images, size=[48, 64], antialias=False)"), tensor(["N", 48, 64, 3], "NHWC", order="RGB", value_range=[0, 1], resize={"mode": "stretch", "size": [48, 64], "interpolation": "bilinear", "library": "tensorflow", "dtype": "float32"}), ()),
    "dali-whole-factor": (*dali("images = images * 2"), tensor(["N", "H", "W", 3], "NHWC", "int32", order="RGB", value_range=[0, 510], resize="none"), ()),
    "dali-factors": (*dali("images = images * 2 * 0.5"), tensor(["N", "H", "W", 3], "NHWC", order="RGB", value_range=[0, 255], resize="none"), ()),
    "dali-rotated": (*dali("images = fn.rotate(images, angle=5.0)"), {}, ALL_UNKNOWN),
    "dali-early-return": (*dali("if training:", "    return fn.crop_mirror_normalize(images, mean=[1.0], std=[2.0])"), {}, ALL_UNKNOWN),
    "dali-order-after-values": (*dali("images = fn.crop_mirror_normalize(images, mean=[1, 2, 3], std=[4, 5, 6], output_layout='HWC')", "images = fn.color_space_conversion(images, image_type=types.RGB, output_type=types.BGR)"), {"resize": "none"}, ALL_UNKNOWN[:-1]),
    "dali-nested-axes": (*dali("images = fn.transpose(images, perm=[[2], 0, 1])"), {"resize": "none"}, ALL_UNKNOWN[:-1]),
    "dali-huge-factor": (*dali("images = images * 1" + "0" * 400), {"resize": "none"}, ALL_UNKNOWN[:-1]),
    "dali-list-as-mode": (*dali("images = fn.resize(images, size=[48, 64], mode=['stretch'])"), {"layout": "NHWC", "dtype": "uint8", "channel_order": "RGB", "value_range": [0, 255]}, ("shape", "resize")),
    "dali-branch": (*dali("if training:", "    images = fn.flip(images)"), {}, ALL_UNKNOWN),
    "dali-parameter": (*dali("images = fn.resize(images, resize_shorter=data_dir)"), {"layout": "NHWC", "dtype": "uint8", "channel_order": "RGB", "value_range": [0, 255]}, ("shape", "resize")),
    "dali-training-beside": ("pipe.py", dali(DALI_SHORT, DALI_NORMALIZE)[1] + DALI.format("train_pipe", f"    {DALI_RANDOM}"), tensor(["N", 3, 224, 224], "NCHW", order="RGB", normalize=IMAGENET_255, geometry=[SHORT_256, CENTER_224]), ()),
    "lazy-config": (*lazy(SHORTEST), {**D2_VALUES, **D2_SHORTEST}, ()),
    "lazy-config-replaced": (*lazy("", f"dataloader.test.mapper.augmentations = [{SHORTEST}]"), {**D2_VALUES, **D2_SHORTEST}, ()),
    "lazy-config-stretched": (*lazy("L(T.Resize)(shape=(480, 640))"), {**D2_VALUES, "shape": [3, 480, 640], "resize": {"mode": "stretch", "size": [480, 640], "interpolation": "bilinear", "library": "pillow"}}, ()),
    "lazy-config-format-replaced": (*lazy(SHORTEST, "dataloader.train.mapper.image_format = 'BGR'"), {**D2_VALUES, **D2_SHORTEST, "channel_order": "BGR"}, ()),
    "lazy-config-empty": (*lazy(""), {**D2_VALUES, "shape": [3, "H", "W"], "resize": "none"}, ()),
    "lazy-config-random": (*lazy("L(T.ResizeShortestEdge)(short_edge_length=(640, 672), max_size=1333)"), {**D2_VALUES, "shape": [3, "H", "W"]}, ("resize",)),
    "lazy-config-other-mapper": (*lazy(SHORTEST, mapper="DetrDatasetMapper"), {}, ALL_UNKNOWN),
    "lazy-config-item": (*lazy(SHORTEST, "dataloader['test'] = other"), {}, ALL_UNKNOWN),
    "lazy-config-branch": (*lazy(SHORTEST, "if FAST:", "    dataloader.test.mapper.augmentations = []"), {}, ALL_UNKNOWN),
    "lazy-config-alias": (*lazy(SHORTEST, "for loader in [dataloader]:", "    loader.test.mapper.image_format = 'BGR'"), {}, ALL_UNKNOWN),
    "lazy-config-setattr": (*lazy(SHORTEST, "setattr(dataloader.test.mapper, 'image_format', 'BGR')"), {}, ALL_UNKNOWN),
    "lazy-config-reads-another": (*lazy(SHORTEST, "names = [dataloader.test.dataset.names]"), {**D2_VALUES, **D2_SHORTEST}, ()),
    "lazy-config-method": (*lazy(SHORTEST, "dataloader.test.mapper.augmentations.clear()"), {}, ALL_UNKNOWN),
    "edge-impulse": (*header(), tensor(["N", 64, 96, 3], "NHWC", order="RGB", value_range=[0, 1], resize={"mode": "stretch", "size": [64, 96]}), ()),
    "edge-impulse-int8": (*header(1, "INT8", "FIT_LONGEST", *QUANTIZED), tensor(["N", 64, 96, 1], "NHWC", "int8", order="GRAY", value_range=[0, 1], quantize={"scale": 0.003921568859368563, "zero_point": -128}, resize={"mode": "letterbox", "size": [64, 96], "fill": 0}), ()),
    "edge-impulse-no-scale": (*header(3, "INT8", "FIT_SHORTEST"), tensor(["N", 64, 96, 3], "NHWC", "int8", order="RGB", resize={"mode": "cover", "size": [64, 96]}), ("value_range",)),
    "edge-impulse-scaling": (*header(3, "FLOAT32", "NONE", "#define EI_CLASSIFIER_LOAD_IMAGE_SCALING 1"), tensor(["N", 64, 96, 3], "NHWC", order="RGB"), ("value_range", "resize")),
    "edge-impulse-frames": (*header(6), {"layout": "NHWC", "dtype": "float32", "value_range": [0, 1], "resize": {"mode": "stretch", "size": [64, 96]}}, ("shape", "channel_order")),
    "edge-impulse-runner": ("info.json", json.dumps({"model_parameters": PARAMETERS}), {"shape": ["N", 64, 96, 1], "layout": "NHWC", "channel_order": "GRAY", "resize": {"mode": "letterbox", "size": [64, 96], "fill": 0}}, ("dtype", "value_range")),
}  # fmt: skip
REFUSED = {
    "edge-impulse-sound": ("model_metadata.h", header()[1].replace("96\n", "0\n"), "sensor data and sound"),
    "dali-of-sound": ("pipe.py", DALI.format("pipe", "    images = fn.audio(labels)").replace("fn.decoders.image", "fn.decoders.audio"), "decodes images"),
    "dali-two": ("pipe.py", dali(name="a")[1] + dali(name="b")[1], "got a, b"),
    "lazy-config-syntax": ("c.py", lazy(SHORTEST, "(")[1], "cannot be parsed"),
}  # fmt: skip
