"""Settings that classes of transformers store without applying them: in every release, or in some.

Measured: each class of transformers 5.24 and 4.57 in both backends, with a setting and without it.
"""

from __future__ import annotations

from typing import Literal

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._huggingface_classes import ProcessorClass

__all__ = ["Release", "ignored_settings", "release_of", "unsettled_geometry", "unsettled_values"]

Release = Literal["4", "fast", ""]
"""4: the Pillow class of transformers 4; fast: the torchvision class of 4 or 5; empty: not stated by the class name."""

_NO_CROP = frozenset(
    {
        "ConditionalDetr", "DeformableDetr", "Deta", "Detr", "DepthPro", "Eomt", "GLPN", "Gemma3", "GroundingDINO",
        "GroundingDino", "LayoutLMv2", "Mask2Former", "MaskFormer", "OneFormer", "PromptDepthAnything", "RTDetr",
        "RfDetr", "SegGpt", "Segformer", "SuperPoint", "Vilt", "Yolos",
    }
)  # fmt: skip
"""Classes without a center crop."""
_CROP_VARIES = frozenset({"Blip", "ConvNext", "DPT", "GotOcr2", "Idefics", "Pvt", "Sam", "Siglip", "ViT"})
"""Classes without a center crop in the Pillow backend of transformers 4; DPT also in that of 5."""
_NO_PAD = frozenset(
    {
        "Beit", "BridgeTower", "CHMv2", "ConvNext", "DINOv3ViT", "DepthPro", "EfficientNet", "Eomt", "Flava", "GLPN",
        "Gemma3", "GotOcr2", "Llava", "MobileNetV2", "MobileViT", "OneFormer", "Perceiver", "PromptDepthAnything",
        "Sapiens2", "SegGpt", "Segformer", "SuperPoint", "TextNet", "Vilt",
    }
)  # fmt: skip
"""Classes that do not pad to ``pad_size``."""
_PAD = frozenset(
    {
        "ConditionalDetr", "DeformableDetr", "Deta", "Detr", "GroundingDINO", "GroundingDino", "Mask2Former",
        "MaskFormer", "RTDetr", "Sam", "Yolos",
    }
)  # fmt: skip
"""Classes that pad to ``pad_size`` in every release; those in neither list do in transformers 5 only."""
_NO_NORMALIZE = frozenset({"LayoutLMv2", "MobileViT", "SuperPoint"})
_NORMALIZE_VARIES = frozenset({"GLPN"})
"""Classes that do not normalize in transformers 4."""
_NORMALIZE_DEFAULT_VARIES = frozenset({"OwlViT"})
"""Classes whose torchvision backend does not normalize by default in transformers 4."""


def release_of(kind: str, backend: str) -> Release:
    """By the class name: ``FeatureExtractor`` and the suffix ``Fast``."""
    if kind == "FeatureExtractor":
        return "4"
    return "fast" if backend == "Fast" else ""


def ignored_settings(stem: str, release: Release) -> frozenset[str]:
    """Keys that the class does not read."""
    crop = stem in _NO_CROP or (release == "4" and stem in _CROP_VARIES)
    pad = stem in _NO_PAD or (release == "4" and stem not in _PAD)
    normalize = stem in _NO_NORMALIZE or (release == "4" and stem in _NORMALIZE_VARIES)
    flags = {"do_center_crop": crop, "pad_size": pad, "do_normalize": normalize}
    return frozenset(key for key, is_ignored in flags.items() if is_ignored)


def unsettled_geometry(stem: str, processor: ProcessorClass, settings: ClassSettings, release: Release) -> str:
    """A setting of the geometry that only some releases or backends apply, as a reason; empty: none."""
    if release or processor.torch_only:
        return ""
    if settings.flag("do_center_crop") and stem in _CROP_VARIES:
        return _reason("do_center_crop", settings)
    if settings.flag("do_pad") and settings.get("pad_size") and stem not in _PAD:
        return _reason("pad_size", settings)
    if processor.rule == "plain" and not processor.multiple_rounding and _has_unused_longest(settings):
        return _reason("longest_edge", settings)
    return ""


def unsettled_values(stem: str, settings: ClassSettings, release: Release) -> str:
    """A setting of the values that only some releases apply, as a reason; empty: none."""
    varies = stem in _NORMALIZE_VARIES and settings.flag("do_normalize") and not release
    default_varies = stem in _NORMALIZE_DEFAULT_VARIES and not settings.has("do_normalize") and release == "fast"
    return _reason("do_normalize", settings) if varies or default_varies else ""


def _has_unused_longest(settings: ClassSettings) -> bool:
    """Whether ``size`` adds a longest edge to the default of the class, which has the shortest edge alone."""
    size, default = settings.get("size"), settings.defaults.get("size")
    return settings.flag("do_resize") and _has_longest(size) is True and _has_longest(default) is False


def _has_longest(size: Json) -> bool | None:
    """Whether a size with ``shortest_edge`` has ``longest_edge`` too; None for other sizes."""
    if not isinstance(size, dict) or not size.get("shortest_edge"):
        return None
    return bool(size.get("longest_edge"))


def _reason(key: str, settings: ClassSettings) -> str:
    return f"{key}: {settings.owner} applies it in some releases or backends of transformers only"
