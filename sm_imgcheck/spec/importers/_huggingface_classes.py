"""Image processor classes of transformers: geometry rule and defaults of keys that are absent.

Source: attributes and ``_preprocess`` of each class in transformers 5.24; values of 4.x where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json

__all__ = ["AUDIO_WORDS", "CLASSES", "DYNAMIC", "MODEL_TYPES", "ProcessorClass"]

Rule = Literal[
    "plain",
    "convnext",
    "levit",
    "poolformer",
    "perceiver",
    "sam",
    "eomt",
    "sapiens",
    "float",
    "vilt",
    "keep",
    "inexpressible",
]

_IMAGENET: dict[str, Json] = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
_CLIP: dict[str, Json] = {
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
_HALF: dict[str, Json] = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
_BILINEAR, _BICUBIC, _LANCZOS, _NEAREST = 2, 3, 1, 0
_COMMON: dict[str, Json] = {
    "do_resize": True,
    "do_center_crop": False,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "do_pad": False,
    "do_flip_channel_order": False,
}


@frozen
class ProcessorClass:
    """One class."""

    defaults: Mapping[str, Json]
    rule: Rule = "plain"
    square: bool = True
    """An int ``size`` is a square; False: the shortest edge."""
    old: Mapping[str, Json] | None = None
    """Defaults of transformers 4 where they differ."""
    torch_only: bool = False
    """The class has only the torchvision backend."""
    bgr: bool = False
    """The channels are always reversed."""
    antialias: bool = True
    multiple_rounding: str = ""
    """How both sides are rounded to multiples of ``size_divisor``; empty: not at all."""
    size_key: str = "size"
    """The key that replaces ``size`` where the file gives it."""
    note: str = ""


def _side(size: Json) -> Json:
    return {"height": size, "width": size}


def _short(edge: int) -> Json:
    return {"shortest_edge": edge}


def _stretch(size: Json, values: Mapping[str, Json], resample: int, **more: Json) -> dict[str, Json]:
    side = _side(size) if isinstance(size, int) else size
    return {**_COMMON, "size": side, "resample": resample, **values, **more}


def _cut(edge: int, crop: int, values: Mapping[str, Json], resample: int, **more: Json) -> dict[str, Json]:
    sizes: dict[str, Json] = {"size": _short(edge), "crop_size": _side(crop), "do_center_crop": True}
    return {**_COMMON, **sizes, "resample": resample, **values, **more}


_DETR = ProcessorClass(
    defaults={
        **_COMMON,
        "size": {"shortest_edge": 800, "longest_edge": 1333},
        "resample": _BILINEAR,
        **_IMAGENET,
        "do_pad": True,
        "max_size": 1333,
    },
    square=False,
    note="a batch of images of several sizes is padded at the bottom and right; a single image is not",
)
_CLIP_LIKE = ProcessorClass(defaults=_cut(224, 224, _CLIP, _BICUBIC), square=False)
_MASK_FORMER = ProcessorClass(
    defaults={**_DETR.defaults, "size_divisor": 32},
    square=False,
    multiple_rounding="ceil",
    note=_DETR.note,
)

CLASSES: dict[str, ProcessorClass] = {
    "Beit": ProcessorClass(
        defaults=_stretch(224, _HALF, _BICUBIC, crop_size=_side(224)),
        old=_stretch(256, _HALF, _BICUBIC, crop_size=_side(224), do_center_crop=True),
    ),
    "Bit": _CLIP_LIKE,
    "Blip": ProcessorClass(defaults=_stretch(384, _CLIP, _BICUBIC)),
    "BridgeTower": ProcessorClass(
        defaults=_cut(288, 288, _CLIP, _BICUBIC, size_divisor=32), rule="vilt", square=False, multiple_rounding="floor"
    ),
    "CHMv2": ProcessorClass(
        defaults=_stretch(
            384,
            {"image_mean": [0.420, 0.411, 0.296], "image_std": [0.213, 0.156, 0.143]},
            _BICUBIC,
            do_resize=False,
            do_pad=True,
            keep_aspect_ratio=True,
            ensure_multiple_of=16,
            size_divisor=16,
        ),
        torch_only=True,
    ),
    "CLIP": _CLIP_LIKE,
    "Chameleon": ProcessorClass(
        defaults=_cut(512, 512, {"image_mean": [1.0], "image_std": [1.0]}, _LANCZOS, rescale_factor=0.0078),
        square=False,
    ),
    "ChineseCLIP": _CLIP_LIKE,
    "ConditionalDetr": _DETR,
    "ConvNext": ProcessorClass(
        defaults={**_COMMON, "size": _short(384), "crop_pct": 224 / 256, "resample": _BICUBIC, **_HALF},
        old={**_COMMON, "size": _short(384), "crop_pct": 224 / 256, "resample": _BILINEAR, **_HALF},
        rule="convnext",
        square=False,
    ),
    "DINOv3ViT": ProcessorClass(defaults=_stretch(224, _IMAGENET, _BILINEAR), rule="float", torch_only=True),
    "DPT": ProcessorClass(defaults=_stretch(384, _HALF, _BICUBIC, keep_aspect_ratio=False, ensure_multiple_of=1)),
    "DeformableDetr": _DETR,
    "DeiT": ProcessorClass(
        defaults=_stretch(256, _HALF, _BICUBIC, crop_size=_side(224), do_center_crop=True),
    ),
    "Deta": _DETR,
    "DepthPro": ProcessorClass(
        defaults=_stretch(1536, _HALF, _BILINEAR), rule="float", torch_only=True, antialias=False
    ),
    "Detr": _DETR,
    "EfficientFormer": ProcessorClass(defaults=_cut(224, 224, _IMAGENET, _BICUBIC), square=False),
    "EfficientNet": ProcessorClass(
        defaults=_stretch(346, _HALF, _BICUBIC, crop_size=_side(289), rescale_offset=False, include_top=True),
        old=_stretch(346, _HALF, _NEAREST, crop_size=_side(289), rescale_offset=False, include_top=True),
    ),
    "Eomt": ProcessorClass(
        defaults={**_DETR.defaults, "size": {"shortest_edge": 640, "longest_edge": 640}, "do_pad": False},
        rule="eomt",
        square=False,
    ),
    "Flava": ProcessorClass(
        defaults=_stretch(224, _CLIP, _BICUBIC, crop_size=_side(224), do_center_crop=True),
        note="codebook_pixel_values, the second image input of FLAVA, is not imported",
    ),
    "GLPN": ProcessorClass(
        defaults={**_COMMON, "resample": _BILINEAR, "size_divisor": 32, "do_normalize": False},
        rule="keep",
        multiple_rounding="floor",
    ),
    "Gemma3": ProcessorClass(defaults=_stretch(224, _HALF, _BILINEAR, do_pan_and_scan=False)),
    "GotOcr2": ProcessorClass(defaults=_stretch(384, _CLIP, _BICUBIC, crop_to_patches=False)),
    "GroundingDINO": _DETR,
    "GroundingDino": _DETR,
    "Image": ProcessorClass(
        defaults=_stretch(224, _HALF, _BILINEAR),
        note="the general class of transformers.js, which resizes with sharp or a canvas, not like Pillow bit for bit",
    ),
    "Idefics": ProcessorClass(defaults=_stretch(224, _CLIP, _BICUBIC), size_key="image_size"),
    "LayoutLMv2": ProcessorClass(
        defaults={**_stretch(224, {}, _BILINEAR), "do_rescale": False, "do_normalize": False}, bgr=True
    ),
    "LayoutLMv3": ProcessorClass(defaults=_stretch(224, _HALF, _BILINEAR)),
    "Levit": ProcessorClass(defaults=_cut(224, 224, _IMAGENET, _BICUBIC), rule="levit", square=False),
    "Llava": _CLIP_LIKE,
    "Mask2Former": _MASK_FORMER,
    "MaskFormer": _MASK_FORMER,
    "MobileNetV1": ProcessorClass(defaults=_cut(256, 224, _HALF, _BILINEAR), square=False),
    "MobileNetV2": ProcessorClass(defaults=_cut(256, 224, _HALF, _BILINEAR), square=False),
    "MobileViT": ProcessorClass(
        defaults={**_cut(224, 256, {}, _BICUBIC), "do_normalize": False, "do_flip_channel_order": True},
        old={**_cut(224, 256, {}, _BILINEAR), "do_normalize": False, "do_flip_channel_order": True},
        square=False,
    ),
    "OneFormer": _DETR,
    "OwlViT": ProcessorClass(defaults=_stretch(768, _CLIP, _BICUBIC, crop_size=_side(768))),
    "Owlv2": ProcessorClass(
        defaults=_stretch(960, _CLIP, _BILINEAR, do_pad=True),
        rule="inexpressible",
        note="images are padded to a square and blurred by a Gaussian before the resize, which resize cannot express",
    ),
    "PI0": ProcessorClass(
        defaults={
            **_COMMON,
            "size": {"max_height": 224, "max_width": 224},
            "resample": _BICUBIC,
            **_HALF,
            "do_pad": True,
            "pad_size": _side(224),
        },
        torch_only=True,
        square=False,
    ),
    "PPChart2Table": ProcessorClass(defaults=_stretch(1024, _CLIP, _BICUBIC)),
    "PPDocLayoutV2": ProcessorClass(
        defaults=_stretch(800, {"image_mean": [0.0], "image_std": [1.0]}, _BICUBIC), torch_only=True, antialias=False
    ),
    "PPDocLayoutV3": ProcessorClass(
        defaults=_stretch(800, {"image_mean": [0.0], "image_std": [1.0]}, _BICUBIC), torch_only=True, antialias=False
    ),
    "Perceiver": ProcessorClass(
        defaults=_stretch(224, _IMAGENET, _BICUBIC, crop_size=_side(256), do_center_crop=True), rule="perceiver"
    ),
    "PoolFormer": ProcessorClass(
        defaults=_cut(224, 224, _IMAGENET, _BICUBIC, crop_pct=0.9), rule="poolformer", square=False
    ),
    "PromptDepthAnything": ProcessorClass(
        defaults=_stretch(384, _HALF, _BICUBIC, keep_aspect_ratio=False, ensure_multiple_of=1)
    ),
    "Pvt": ProcessorClass(defaults=_stretch(224, _IMAGENET, _BICUBIC)),
    "RTDetr": ProcessorClass(defaults={**_stretch(640, _IMAGENET, _BILINEAR), "do_normalize": False}, square=False),
    "RfDetr": ProcessorClass(
        defaults=_DETR.defaults,
        rule="float",
        square=False,
        torch_only=True,
        antialias=False,
        note=_DETR.note,
    ),
    "Sam": ProcessorClass(
        defaults={
            **_COMMON,
            "size": {"longest_edge": 1024},
            "resample": _BILINEAR,
            **_IMAGENET,
            "do_pad": True,
            "pad_size": _side(1024),
        },
        rule="sam",
    ),
    "Sam2": ProcessorClass(defaults=_stretch(1024, _IMAGENET, _BILINEAR), torch_only=True),
    "Sam3": ProcessorClass(defaults=_stretch(1008, _HALF, _BILINEAR), torch_only=True),
    "Sapiens2": ProcessorClass(
        defaults=_stretch({"height": 1024, "width": 768}, _IMAGENET, _BILINEAR, crop_size=_side(224)),
        rule="sapiens",
        torch_only=True,
    ),
    "SegGpt": ProcessorClass(defaults=_stretch(448, _IMAGENET, _BICUBIC)),
    "Segformer": ProcessorClass(defaults=_stretch(512, _IMAGENET, _BILINEAR)),
    "Siglip": ProcessorClass(defaults=_stretch(224, _HALF, _BICUBIC), square=False),
    "SuperPoint": ProcessorClass(
        defaults={
            **_stretch({"height": 480, "width": 640}, {}, _BILINEAR),
            "do_normalize": False,
            "do_grayscale": False,
        },
        square=False,
    ),
    "TextNet": ProcessorClass(
        defaults={
            **_COMMON,
            "size": _short(640),
            "crop_size": _side(224),
            "resample": _BILINEAR,
            **_IMAGENET,
            "size_divisor": 32,
        },
        square=False,
        multiple_rounding="ceil",
    ),
    "Tipsv2": ProcessorClass(defaults={**_stretch(448, {}, _BILINEAR), "do_normalize": False}, torch_only=True),
    "Tipsv2Dpt": ProcessorClass(defaults={**_stretch(448, {}, _BILINEAR), "do_normalize": False}, torch_only=True),
    "ViT": ProcessorClass(defaults=_stretch(224, _HALF, _BILINEAR)),
    "ViTHybrid": ProcessorClass(defaults=_cut(224, 224, _HALF, _BICUBIC), square=False),
    "Vilt": ProcessorClass(
        defaults={**_COMMON, "size": _short(384), "resample": _BICUBIC, **_HALF, "size_divisor": 32, "do_pad": True},
        rule="vilt",
        square=False,
        multiple_rounding="floor",
    ),
    "Yolos": ProcessorClass(
        defaults={**_DETR.defaults, "size_divisor": 16}, square=False, multiple_rounding="floor", note=_DETR.note
    ),
    "ZoeDepth": ProcessorClass(
        defaults=_stretch({"height": 384, "width": 512}, _HALF, _BILINEAR, keep_aspect_ratio=True, do_pad=True),
        rule="inexpressible",
        note="images are padded by reflection and resized with aligned corners, which resize cannot express",
    ),
}
"""By the name of the class without ``ImageProcessor``, ``FeatureExtractor`` and the suffix of its backend."""

DYNAMIC = frozenset(
    {
        "Apertus1p5", "Aria", "Cohere2Vision", "CohereCompass", "Cosmos3Edge", "DeepseekOcr2", "DeepseekVL",
        "DeepseekVLHybrid", "EfficientLoFTR", "Emu3", "LightGlue", "SuperGlue", "Ernie4_5_VLMoe",
        "Ernie4_5_VL_Moe", "Fuyu", "Gemma4", "Glm46V", "Glm4v", "Glm5Next", "GlmImage",
        "GraniteDocling", "HunYuanVL", "Idefics2", "Idefics3", "Kosmos2_5", "Lfm2Vl", "Llama4", "LlavaNext",
        "LlavaOnevision", "MiniCPMV", "MiniCPMV4_6", "MiniMaxM3VL", "Mllama", "Molmo2", "NeoMME", "Ovis2",
        "PaddleOCRVL", "PerceptionLM", "Phi4Multimodal", "Pix2Struct", "Pixtral", "Qwen2VL", "Qwen2_5_VL",
        "Qwen3VL", "Siglip2", "SmolVLM", "Step3p7", "VideoLlama3", "VideoMAE", "Vivit", "Tvlt", "Tvp",
        "InternVL", "Kimi_K25", "Llava-NeXT", "ImageGPT", "Donut", "Nougat",
    }
)  # fmt: skip
"""Classes that return patches, tiles, frames, pairs, or an image trimmed by its content."""

AUDIO_WORDS = (
    "wav2vec", "whisper", "speech", "audio", "clap", "encodec", "hubert", "univnet", "speecht5", "seamless",
    "musicgen", "pop2piano", "mctct", "astfeature", "tvltfeature", "dac", "mimi", "parakeet", "moshi",
)  # fmt: skip

MODEL_TYPES = {
    "vit": "ViT", "swin": "ViT", "swinv2": "ViT", "deit": "DeiT", "beit": "Beit", "data2vec-vision": "Beit",
    "clip": "CLIP", "convnext": "ConvNext", "convnextv2": "ConvNext", "dinov2": "Bit", "bit": "Bit", "resnet":
    "ConvNext", "regnet": "ConvNext", "van": "ConvNext", "cvt": "ConvNext", "focalnet": "Bit", "detr": "Detr",
    "dpt": "DPT", "efficientnet": "EfficientNet", "levit": "Levit", "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2", "mobilevit": "MobileViT", "mobilevitv2": "MobileViT", "perceiver":
    "Perceiver", "poolformer": "PoolFormer", "pvt": "Pvt", "segformer": "Segformer", "siglip": "Siglip",
    "sam": "Sam", "vit_mae": "ViT", "vit_msn": "ViT", "owlvit": "OwlViT", "blip": "Blip", "layoutlmv2":
    "LayoutLMv2", "layoutlmv3": "LayoutLMv3", "dinov3_vit": "DINOv3ViT", "table-transformer": "Detr",
    "conditional_detr": "ConditionalDetr", "deformable_detr": "DeformableDetr", "rt_detr": "RTDetr",
    "chinese_clip": "ChineseCLIP",
}  # fmt: skip
"""The class that transformers chooses where ``preprocessor_config.json`` names none, by ``model_type`` of
``config.json`` (``transformers.models.auto.image_processing_auto``)."""
