"""Stub of TorchServe's package ``ts``: base classes of handlers, with the preprocessing of the vision handlers.

Source: pytorch/serve, ts/torch_handler/vision_handler.py, image_classifier.py, object_detector.py, image_segmenter.py.
"""

from __future__ import annotations

import base64
import importlib
import io
from functools import cached_property
from typing import Any

from ..server_stubs import RequestContext
from . import PackageStub

__all__ = ["STUB"]


class BaseHandler:
    """``ts.torch_handler.base_handler.BaseHandler``."""

    def __init__(self) -> None:
        self.model = self.mapping = self.context = self.manifest = self.model_pt_path = self.map_location = None
        self.device = "cpu"
        self.initialized = False
        self.explain = False
        self.target = 0

    def initialize(self, context: Any) -> None:
        """Keep the context; no model is loaded."""
        self.manifest, self.context = context.manifest, context


class VisionHandler(BaseHandler):
    """Applies ``image_processing`` to each image of the batch."""

    def preprocess(self, data: Any) -> Any:
        """The batch of bytes, base64 text or numbers of each row."""
        torch: Any = importlib.import_module("torch")
        images = []
        for row in data:
            image = row.get("data") or row.get("body")
            image = base64.b64decode(image) if isinstance(image, str) else image
            is_file = isinstance(image, (bytes, bytearray))
            images.append(self._transform(image) if is_file else torch.FloatTensor(image))
        return torch.stack(images).to(self.device)

    def _transform(self, body: Any) -> Any:
        from PIL import Image

        return self.image_processing(Image.open(io.BytesIO(body)))  # type: ignore[attr-defined]


class ImageClassifier(VisionHandler):
    """The default of classifiers, which derived classes and their instances may replace."""

    @cached_property
    def image_processing(self) -> Any:
        """Shorter edge to 256, center 224, ImageNet mean and std."""
        transforms: Any = importlib.import_module("torchvision.transforms")
        return transforms.Compose(
            [
                transforms.Resize(256),
                transforms.CenterCrop(224),
                transforms.ToTensor(),
                transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
            ]
        )


class ImageSegmenter(ImageClassifier):
    """Has the default of classifiers."""


class ObjectDetector(VisionHandler):
    """The default of detectors, which derived classes and their instances may replace."""

    @cached_property
    def image_processing(self) -> Any:
        """Pixels / 255."""
        transforms: Any = importlib.import_module("torchvision.transforms")
        return transforms.Compose([transforms.ToTensor()])


_HANDLERS = (BaseHandler, VisionHandler, ImageClassifier, ImageSegmenter, ObjectDetector)


def _modules(_: object) -> dict[str, dict[str, Any]]:
    """Members of each module of the package."""
    handlers: dict[str, Any] = {kind.__name__: kind for kind in _HANDLERS}
    names = ("base_handler", "vision_handler", "image_classifier", "image_segmenter", "object_detector")
    utilities: dict[str, Any] = {
        "list_classes_from_module": lambda *_, **__: [],
        "load_label_mapping": lambda *_, **__: {},
        "map_class_to_label": lambda outputs, *_, **__: outputs,
    }
    return {
        **{f"ts.torch_handler.{name}": handlers for name in names},
        "ts.utils.util": utilities,
        "ts.context": {"Context": RequestContext},
    }


STUB = PackageStub("ts", _modules, is_part_of_server=True, classes=_HANDLERS)
