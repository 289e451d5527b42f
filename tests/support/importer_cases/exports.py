"""Scripts and files of exports: RKNN, YOLOX, MXNet, test-time augmentation; formats without an importer."""

import json

from importer_cases.huggingface import IMAGENET
from importer_cases.models import tensor
from importer_cases.repositories import BYTE, CV, stretch

YOLOX = """from yolox.exp import Exp as MyExp

class Exp(MyExp):
    def __init__(self):
        super().__init__()
        self.depth = 0.33
"""
BYTETRACK = (
    YOLOX
    + """        self.test_size = (608, 1088)

    def get_eval_loader(self, size):
        return load(preproc=ValTransform(rgb_means=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)))
"""
)
YOLOX_VALUES = {"layout": "NCHW", "dtype": "float32", "channel_order": "BGR", "value_range": [0, 255], **CV}


def yolox_of(*lines):
    """An experiment with further lines in its constructor, and the values that it states without a size."""
    return "e.py", YOLOX + "".join(f"        {line}\n" for line in lines), YOLOX_VALUES, ("shape", "resize")


ALL_UNKNOWN = ("shape", "layout", "dtype", "channel_order", "value_range", "resize")
OTHER_TEST_SIZE = "class Demo:\n    def __init__(self):\n        self.test_size = (9, 9)\n"
RKNN = """from rknn.api import RKNN
MEAN = [[123.675, 116.28, 103.53]]
rknn = RKNN()
rknn.config(mean_values=MEAN, std_values=[[58.395, 57.12, 57.375]], target_platform='rk3588')
rknn.load_onnx(model='m.onnx', inputs=['x'], input_size_list=[[1, 3, 480, 640]])
"""
RKNN_UNIT = """# Deployment
```python
from rknn.api import RKNN
rknn.config(mean_values=[[0, 0, 0]], std_values=[[1, 1, 1]])
rknn.load_pytorch(model='m.pt', input_size_list=[[3, 128, 64]])
```
"""
MM = "data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True)\n"
FLIPS = "[dict(type='RandomFlip', prob=1.), dict(type='RandomFlip', prob=0.)]"
PACK = "[dict(type='PackSegInputs')]"


def tta_config(*steps):
    return f"{MM}test_pipeline = [dict(type='TestTimeAug', transforms=[{', '.join(steps)}])]\n"


WIDE = "dict(type='Resize', scale=(512, 256))"
MM_VALUES = {"layout": "NCHW", "dtype": "float32", "channel_order": "RGB", "normalize": BYTE, **CV}
NESTED = f"{MM}test_pipeline = [dict(type='Compose', transforms=[{WIDE}, dict(type='Compose', transforms={PACK})])]\n"
CHOICE = (
    f"{MM}test_pipeline = [dict(type='RandomChoice', transforms=[[{WIDE}], [dict(type='Resize', scale=(64, 64))]])]\n"
)
CV_WIDE = {"shape": ["N", 3, 256, 512], **stretch(256, 512, library="opencv")}
SIGNATURE = {"inputs": [{"data_name": "data", "data_shape": [0, 3, 224, 224]}], "input_type": "image/jpeg"}
APPENDED = """import torchvision.transforms as T
def make():
    test_tf = T.Compose([T.ToTensor()])
    test_tf.transforms.append(T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    return test_tf
"""

CASES = {
    "yolox": ("yolox_s.py", YOLOX, tensor(["N", 3, 640, 640], "NCHW", order="BGR", value_range=[0, 255], **CV, geometry=[
        {"resize": {"mode": "longest_edge", "size": [640, 640], "rounding": "floor", "interpolation": "bilinear", "library": "opencv"}},
        {"pad": {"size": [640, 640], "position": "top_left", "fill": [114, 114, 114]}},
    ]), ()),
    "yolox-own-transform": ("mot.py", BYTETRACK, {}, ALL_UNKNOWN),
    "yolox-annotated": ("e.py", f"{YOLOX}        self.test_size: tuple = (416, 320)\n", {"shape": ["N", 3, 416, 320], **YOLOX_VALUES, "geometry": [
        {"resize": {"mode": "longest_edge", "size": [416, 320], "rounding": "floor", "interpolation": "bilinear", "library": "opencv"}},
        {"pad": {"size": [416, 320], "position": "top_left", "fill": [114, 114, 114]}},
    ]}, ()),
    "yolox-two-sizes": yolox_of("self.test_size = (9, 9)", "self.test_size = (8, 8)"),
    "yolox-pair-of-sizes": yolox_of("self.input_size, self.test_size = (9, 9), (9, 9)"),
    "yolox-setattr": yolox_of("setattr(self, 'test_size', (9, 9))"),
    "yolox-setattr-of-any-name": yolox_of("self.test_size = (9, 9)", "setattr(self, name, (8, 8))"),
    "yolox-set-on-object": yolox_of("self.test_size = (9, 9)", "other.test_size = (8, 8)"),
    "yolox-update": yolox_of("self.test_size = (9, 9)", "vars(self).update(test_size=(8, 8))"),
    "yolox-conditional-size": yolox_of("if SMALL:", "    self.test_size = (9, 9)"),
    "yolox-size-before-base": yolox_of("self.test_size = (9, 9)", "super().__init__()"),
    "yolox-other-class": ("e.py", YOLOX + OTHER_TEST_SIZE, YOLOX_VALUES, ("shape", "resize")),
    "yolox-own-preproc": ("e.py", f"{YOLOX}        self.data = load(preproc=MyTransform())\n", {}, ALL_UNKNOWN),
    "yolox-own-data": ("e.py", f"{YOLOX}    def get_eval_dataset(self):\n        return load(MyTransform())\n", {}, ALL_UNKNOWN),
    "rknn": ("convert.py", RKNN, tensor([1, 480, 640, 3], "NHWC", "uint8", value_range=[0, 255]), ("channel_order", "resize")),
    "rknn-without-normalization": ("README.md", RKNN_UNIT, {"shape": ["N", 128, 64, 3], "layout": "NHWC"}, ("dtype", "channel_order", "value_range", "resize")),
    "rknn-two-that-differ": ("c.py", f"{RKNN}rknn.config(mean_values=[[0]], std_values=[[255]])\n", {"shape": [1, 480, 640, 3], "layout": "NHWC"}, ("dtype", "channel_order", "value_range", "resize")),
    "rknn-nchw": ("c.py", f"{RKNN}rknn.inference(inputs=[x], data_format=['nchw'])\n", tensor([1, 3, 480, 640], "NCHW", "uint8", value_range=[0, 255]), ("channel_order", "resize")),
    "rknn-format-of-a-variable": ("c.py", f"{RKNN}rknn.inference(inputs=[x], data_format=form)\n", {"dtype": "uint8", "value_range": [0, 255]}, ("shape", "layout", "channel_order", "resize")),
    "rknn-pass-through": ("c.py", f"{RKNN}rknn.inference(inputs=[x], inputs_pass_through=[1])\n", {"shape": [1, 480, 640, 3], "layout": "NHWC"}, ("dtype", "channel_order", "value_range", "resize")),
    "multi-model-server": ("signature.json", json.dumps(SIGNATURE), tensor(["N", 3, 224, 224], "NCHW"), ("channel_order", "value_range", "resize")),
    "model-shapes": ("model-shapes.json", json.dumps([{"name": "data", "shape": [1, 512, 512, 3]}]), tensor([1, 512, 512, 3], "NHWC"), ("channel_order", "value_range", "resize")),
    "test-time-flips": ("c.py", tta_config(f"[{WIDE}]", FLIPS, PACK), MM_VALUES | CV_WIDE, ()),
    "test-time-sizes": ("c.py", tta_config(f"[{WIDE}, dict(type='Resize', scale=(640, 320))]", PACK), MM_VALUES, ("shape", "resize")),
    "pipeline-in-a-pipeline": ("c.py", NESTED, MM_VALUES | CV_WIDE, ()),
    "pipelines-to-choose-from": ("c.py", CHOICE, MM_VALUES, ("shape", "resize")),
    "pipeline-without-dict": ("c.py", f"{MM}test_pipeline = [*common, {WIDE}]\n", MM_VALUES, ("shape", "resize")),
    "normalized-twice": ("c.py", f"{MM}test_pipeline = [{WIDE}, dict(type='Normalize', mean=[1, 1, 1], std=[1, 1, 1], to_rgb=False)]\n", {"layout": "NCHW", "dtype": "float32", **CV, **CV_WIDE}, ("channel_order", "value_range")),
    "annotations-of-any-kind": ("c.py", f"{MM}test_pipeline = [dict(type='LoadPanopticAnnotations'), {WIDE}, dict(type='PackTrackInputs')]\n", MM_VALUES | CV_WIDE, ()),
    "shortest-edge-of-two": ("c.py", f"{MM}test_pipeline = [dict(type='ResizeShortestEdge', scale=(640, 512), max_size=2560)]\n", MM_VALUES | {"shape": ["N", 3, "H", "W"], "geometry": [
        {"resize": {"mode": "shortest_edge", "size": 512, "max_size": 2560, "rounding": "half_up", "interpolation": "bilinear", "library": "opencv"}},
    ]}, ()),
    "append-after-compose-on-its-line": ("t.py", "import torchvision.transforms as T\nops = [T.CenterCrop(8)]; val = T.Compose(ops); ops.append(T.ToTensor())\n", {}, ALL_UNKNOWN),
    "compose-appended": ("t.py", APPENDED, tensor(["N", 3, "H", "W"], "NCHW", order="RGB", normalize={"units": "unit", **IMAGENET}, resize="none", decode={"exif": "ignore"}), ()),
}  # fmt: skip
REFUSED = {
    "video": ("tsn.py", f"{MM}test_pipeline = [dict(type='SampleFrames', clip_len=8), {WIDE}]\n", "SampleFrames, whose result is not one image"),
    "yolox-syntax": ("e.py", f"{YOLOX}        (\n", "cannot be parsed"),
    "rknn-without-config": ("README.md", "from rknn.api import RKNN\nrknn.config() in prose\n", "got no call"),
    "signature-of-text": ("signature.json", json.dumps({"inputs": [{"data_name": "tokens", "data_shape": [0, 128]}]}), "got no image"),
    "keras-caffe": ("train.py", "from keras.applications.resnet50 import ResNet50, preprocess_input\n", "its preprocess_input is that of the preset keras-caffe"),
    "keras-tf": ("train.py", "from keras.applications import resnet_v2\nresnet_v2.preprocess_input(x)\n", "that of the preset keras-tf"),
    "keras-inside": ("train.py", "tf.keras.applications.efficientnet.preprocess_input(x)\n", "the model scales pixels of 0..255 itself"),
    "keras-lines": ("train.py", "from tensorflow.keras.applications.vgg16 import (\n    VGG16,\n    preprocess_input,\n)\n", "its preprocess_input is that of the preset keras-caffe"),
    "keras-alias": ("train.py", "from keras.applications import resnet, densenet as net\nnet.preprocess_input(x)\n", "its preprocess_input is that of the preset keras-torch"),
    "keras-load": ("train.py", "x = load_img(path, target_size=(8, 8))\n", "Keras code without an importer"),
    "monai-metadata": ("metadata.json", json.dumps({"network_data_format": {"inputs": {"image": {"dtype": "float32", "spatial_shape": [8, 8]}}}}), "got no known configuration"),
    "dali": ("pipe.py", "from nvidia.dali import fn\nfn.crop_mirror_normalize(x, mean=[0.5])\n", "an NVIDIA DALI pipeline"),
    "lazy-config": ("rcnn.py", "from detectron2.config import LazyCall as L\n", "a Detectron2 LazyConfig"),
    "bentofile": ("bentofile.yaml", 'service: "service:svc"\ninclude: ["*.py"]\n', "a bentofile of BentoML"),
    "edge-impulse": ("model_metadata.h", "#define EI_CLASSIFIER_INPUT_WIDTH 96\n", "got no width and height"),
    "torchserve": ("model-config.yaml", "minWorkers: 1\nhandler: {profile: true}\n", "TorchServe"),
    "sound": ("config.yaml", "sample_rate: 16000\nfeature_dim: 80\n", "no image input"),
    "yolo-architecture": ("yolov5s.yaml", "nc: 80\nbackbone:\n  [[-1, 1, Conv, [64, 6, 2, 2]]]\n", "an architecture of YOLO"),
    "create-ml": ("labels.json", json.dumps([{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {"x": 1}}]}]), "annotations of Create ML"),
    "video-preset": ("t.txt", "VideoClassification(\n    crop_size=[112, 112]\n)\n", "not one image"),
}  # fmt: skip
