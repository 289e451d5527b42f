"""Known formats without an importer: what they are, and which file states the model's input instead."""

from __future__ import annotations

import re

from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["other_format"]

_NO_INPUT = "does not state a model's input"
_CODE = "code without an importer; write its values into a spec"
_ANY = ""
_KERAS = f"Keras {_CODE}, or import the model file"
_KERAS_MODES = (
    (r"resnet|resnet50|vgg16|vgg19", "that of the preset keras-caffe"),
    (
        r"mobilenet|mobilenet_v2|inception_v3|inception_resnet_v2|nasnet|xception|resnet_v2",
        "that of the preset keras-tf",
    ),
    (r"densenet", "that of the preset keras-torch"),
    (
        r"efficientnet|efficientnet_v2|mobilenet_v3|convnext",
        "without effect: by default the model scales pixels of 0..255 itself",
    ),
)
"""Modules of ``keras.applications``, and their ``preprocess_input``."""
_APPLICATIONS = r"(?:\bkeras(?:\.\w{1,40}){0,3}\.|(?<![\w.]))applications|\bkeras_applications"
_NAME_LIST = r"\s+import\s+(\([^)]{0,400}\)|[^\n(]{0,400})"
"""The names that an import statement lists, on one line or in parentheses."""
_KERAS_CALL = re.compile(rf"(?:{_APPLICATIONS})\.(\w+)\.preprocess_input\b")
_KERAS_FUNCTION = re.compile(rf"(?:{_APPLICATIONS})\.(\w+){_NAME_LIST}")
_KERAS_MODULE = re.compile(rf"(?:{_APPLICATIONS}){_NAME_LIST}")
_CALLER = re.compile(r"(?<![\w.])(\w+)\.preprocess_input\b")
_LISTED_NAME = re.compile(r"(\w+)(?:\s+as\s+(\w+))?")
_FORMATS = (
    (
        _ANY,
        r"nvidia\.dali",
        "an NVIDIA DALI pipeline without a function with @pipeline_def; write its values into a spec",
    ),
    (
        _ANY,
        r"\bLazyCall\b|\bLazyConfig\b",
        "a Detectron2 LazyConfig without dataloader.test; import the file of the data loader, such as coco.py",
    ),
    (_ANY, r"^\s*(from|import) fastai", f"fastai {_CODE}"),
    (_ANY, r"ImageDataGenerator\(|image_dataset_from_directory\(|\bload_img\(", _KERAS),
    (_ANY, r"\A(?=[\s\S]*\bkeras(?:_applications)?\b)(?=[\s\S]*\bpreprocess_input\b)", _KERAS),
    (_ANY, r"blobFromImages?\(", f"OpenCV {_CODE}"),
    (_ANY, r"^VideoClassification\(", "a preset of torchvision for videos, whose result is not one image"),
    (_ANY, r"^OpticalFlow\(", "a preset of torchvision for optical flow, whose result is a pair of images"),
    (_ANY, r'"type_of_model"\s*:', "an OpenVINO Model API configuration; import the .xml file"),
    (_ANY, r'"input_tensor_name"\s*:', f"explanation metadata of Vertex AI, which {_NO_INPUT}; import the SavedModel"),
    (_ANY, r'"itemInfoEntries"\s*:', "the manifest of a Core ML package; import the whole .mlpackage folder"),
    (_ANY, r'"annotations?"\s*:\s*\[[^\]]{0,400}"coordinates"', "annotations of Create ML; import the .mlmodel file"),
    (r"\.json$", r'"supercategory"\s*:', "annotations of COCO; import a configuration or the model file"),
    (
        _ANY,
        r"^kind\s*:\s*(InferenceService|ServingRuntime|InferenceGraph|SeldonDeployment|RayService|Deployment)\b",
        f"a Kubernetes manifest, which {_NO_INPUT}; save GET /v2/models/NAME of the server as JSON and import that",
    ),
    (
        _ANY,
        r"^(minWorkers|maxWorkers|maxBatchDelay|responseTimeout|parallelType)\s*:",
        f"a model configuration of TorchServe, which {_NO_INPUT}; import the model file",
    ),
    (r"^bentofile", r"^service\s*:", f"a bentofile of BentoML, which {_NO_INPUT}; import the model file"),
    (
        _ANY,
        r"^\s*\"?sampl(e|ing)_rate\"?\s*:\s*[1-9]\d{3,}\b",
        "a configuration of a speech or audio model: no image input",
    ),
    (_ANY, r"^(lr0|hsv_h)\s*:", f"hyperparameters of YOLO, which {_NO_INPUT}; import args.yaml or the model file"),
    (
        _ANY,
        r"\A(?=[\s\S]*^nc\s*:\s*\d)(?=[\s\S]*^backbone\s*:)",
        f"an architecture of YOLO, which {_NO_INPUT}; import args.yaml or the model file",
    ),
    (
        _ANY,
        r"\A(?=[\s\S]*^nc\s*:\s*\d)(?=[\s\S]*^(train|val|names)\s*:)",
        f"a data set of YOLO, which {_NO_INPUT}; import args.yaml or the model file",
    ),
)
"""Regular expressions for the file's name and for its first 64 KiB, and what it is. The first that matches counts."""


def other_format(file: SourceFile) -> str:
    """A known format without an importer, with the file to import instead; empty for any other file."""
    for name, content, title in _FORMATS:
        if re.search(name, file.base, re.IGNORECASE) and re.search(content, file.start, re.MULTILINE):
            return title + (_keras_mode(file.start) if title == _KERAS else "")
    return ""


def _keras_mode(text: str) -> str:
    """What ``preprocess_input`` of Keras does, where all that the code uses do the same; empty otherwise."""
    code = re.sub(r"#[^\n]*", "", text)
    modules = _keras_modules(code)
    modes = {next((mode for names, mode in _KERAS_MODES if re.fullmatch(names, module)), "") for module in modules}
    return f"; its preprocess_input is {next(iter(modes))}" if len(modes) == 1 and "" not in modes else ""


def _keras_modules(code: str) -> set[str]:
    """Modules of ``keras.applications`` whose ``preprocess_input`` the code imports or calls."""
    modules = set(_KERAS_CALL.findall(code))
    for module, names in _KERAS_FUNCTION.findall(code):
        if "preprocess_input" in [name for name, _ in _LISTED_NAME.findall(names)]:
            modules.add(module)
    callers = set(_CALLER.findall(code))
    for names in _KERAS_MODULE.findall(code):
        modules |= {module for module, alias in _LISTED_NAME.findall(names) if (alias or module) in callers}
    return modules
