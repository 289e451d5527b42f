"""Settings that classes of transformers store without applying them: in every release, or in some.

Measured: each class of transformers 5.24 and 4.57 in both backends, with a setting and without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._huggingface_classes import ProcessorClass
from sm_imgcheck.spec.importers._huggingface_sizes import pair_of

__all__ = ["Release", "ignored_settings", "release_of", "unsettled_geometry", "unsettled_layout", "unsettled_values"]

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

_GEOMETRY_VARIES = {"Idefics": ("do_resize", "resample")}
_VALUES_VARY = {"GLPN": ("rescale_factor",), "Idefics": ("do_rescale", "do_normalize")}
_LAYOUT_VARIES = {"Eomt": ("do_resize",)}
"""Settings by class that transformers 4 replaces by their defaults; Eomt leaves channels last without a resize."""


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
    if processor.torch_only:
        return ""
    key = _changed_key(stem, settings, _GEOMETRY_VARIES) or _crop_of_release(stem, settings, release)
    key = key or ("" if release else _key_of_backend(stem, processor, settings))
    return _reason(key, settings) if key else ""


def _key_of_backend(stem: str, processor: ProcessorClass, settings: ClassSettings) -> str:
    """The key of the geometry that only some backends apply; empty: none."""
    if settings.flag("do_center_crop") and stem in _CROP_VARIES:
        return "do_center_crop"
    if stem not in _PAD and _pads_to_other_size(settings):
        return "pad_size"
    is_plain = processor.rule == "plain" and not processor.multiple_rounding
    return "longest_edge" if is_plain and _has_unused_longest(settings) else ""


def unsettled_values(stem: str, settings: ClassSettings, release: Release) -> str:
    """A setting of the values that only some releases apply, as a reason; empty: none."""
    if key := _changed_key(stem, settings, _VALUES_VARY):
        return _reason(key, settings)
    varies = stem in _NORMALIZE_VARIES and settings.flag("do_normalize") and not release
    default_varies = stem in _NORMALIZE_DEFAULT_VARIES and not settings.has("do_normalize") and release == "fast"
    return _reason("do_normalize", settings) if varies or default_varies else ""


def unsettled_layout(stem: str, settings: ClassSettings) -> str:
    """A setting of the layout that differs between releases, as a reason; empty: none."""
    key = _changed_key(stem, settings, _LAYOUT_VARIES)
    return _reason(key, settings) if key else ""


def _changed_key(stem: str, settings: ClassSettings, table: Mapping[str, tuple[str, ...]]) -> str:
    """The first of the keys of a class whose value is not the default; empty: none."""
    return next((key for key in table.get(stem, ()) if settings.get(key) != settings.defaults.get(key)), "")


def _crop_of_release(stem: str, settings: ClassSettings, release: Release) -> str:
    """The key of a crop or pad that the torchvision classes of 4 and 5 apply differently; empty: none."""
    size = settings.get("size")
    edge = size.get("shortest_edge") if isinstance(size, dict) else size
    if (
        stem == "BridgeTower"
        and settings.flag("do_center_crop")
        and pair_of(settings.get("crop_size")) != pair_of(edge)
    ):
        return "crop_size"
    return "pad_size" if release == "fast" and stem == "PoolFormer" and _pads_to_other_size(settings) else ""


def _pads_to_other_size(settings: ClassSettings) -> bool:
    """Whether ``pad_size`` is given and is not the size of the crop before it."""
    pad = settings.get("pad_size")
    if not settings.flag("do_pad") or not pad:
        return False
    return not settings.flag("do_center_crop") or pair_of(pad) != pair_of(settings.get("crop_size"))


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
