"""Hugging Face configurations as published repositories have them, with the spec that each must become."""

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "RGB"}
CLIP = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711], "order": "RGB"}
HALF = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "order": "RGB"}
I_MEAN, I_STD = IMAGENET["mean"], IMAGENET["std"]
C_MEAN, C_STD = CLIP["mean"], CLIP["std"]


def expected(size, normalize=None, *, values=None, order="RGB", **geometry):
    height, width = size if isinstance(size, tuple) else (size, size)
    mapping = {
        "shape": ["N", 3, height, width],
        "layout": "NCHW",
        "dtype": "float32",
        "channel_order": order,
        "decode": {"exif": "apply"},
        **geometry,
    }
    return mapping | ({"normalize": {"units": "unit", **normalize}} if normalize else {"value_range": values})


def cut(edge, interpolation, library="pillow"):
    mode = {"mode": "shortest_edge", "size": edge, "crop": "center", "crop_rounding": "floor"}
    return {"resize": {**mode, "interpolation": interpolation, "library": library}}


def stretch(size, interpolation, library="pillow", **more):
    height, width = size if isinstance(size, tuple) else (size, size)
    return {
        "resize": {
            "mode": "stretch",
            "size": [height, width],
            "interpolation": interpolation,
            "library": library,
            **more,
        }
    }


def detr(interpolation="bilinear", short=800, long=1333, library="pillow"):
    mode = {"mode": "shortest_edge", "size": short, "max_size": long, "rounding": "detr"}
    return {"resize": {**mode, "interpolation": interpolation, "library": library}}


OPEN = ("H", "W")
V4 = {"do_resize": True, "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}

CASES = {
    "vit-old-int-size": (
        {"feature_extractor_type": "ViTFeatureExtractor", "size": 224, "resample": 2, **V4},
        expected(224, HALF, **stretch(224, "bilinear")),
    ),
    "vit-new": (
        {
            "image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224}, "resample": 2,
            "do_rescale": True, "rescale_factor": 0.00392156862745098, **V4,
        },
        expected(224, HALF, **stretch(224, "bilinear")),
    ),
    "vit-384-fast": (
        {
            "image_processor_type": "ViTImageProcessorFast", "size": {"height": 384, "width": 384}, "resample": 3,
            "image_mean": I_MEAN, "image_std": I_STD, "data_format": "channels_first", "crop_size": None,
        },
        expected(384, IMAGENET, **stretch(384, "bicubic", "torch")),
    ),
    "swin-with-vit-processor": (
        {
            "feature_extractor_type": "ViTFeatureExtractor", "size": 224, "resample": 3, "do_resize": True,
            "do_normalize": True, "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(224, IMAGENET, **stretch(224, "bicubic")),
    ),
    "clip-old": (
        {
            "feature_extractor_type": "CLIPFeatureExtractor", "size": 224, "crop_size": 224, "do_center_crop": True,
            "do_normalize": True, "do_resize": True, "image_mean": C_MEAN, "image_std": C_STD, "resample": 3,
        },
        expected(224, CLIP, **cut(224, "bicubic")),
    ),
    "clip-new": (
        {
            "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 336},
            "crop_size": {"height": 336, "width": 336}, "do_center_crop": True, "image_mean": C_MEAN,
            "image_std": C_STD, "resample": 3, "do_convert_rgb": True,
        },
        expected(336, CLIP, **cut(336, "bicubic")),
    ),
    "siglip": (
        {
            "image_processor_type": "SiglipImageProcessor", "size": {"height": 384, "width": 384}, "resample": 3,
            "rescale_factor": 0.00392156862745098, "processor_class": "SiglipProcessor", **V4,
        },
        expected(384, HALF, **stretch(384, "bicubic")),
    ),
    "dinov2": (
        {
            "image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 256},
            "crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "image_mean": I_MEAN,
            "image_std": I_STD, "resample": 3,
        },
        expected(224, IMAGENET, **cut(256, "bicubic")),
    ),
    "dinov3": (
        {
            "image_processor_type": "DINOv3ViTImageProcessorFast", "size": {"height": 224, "width": 224},
            "resample": 2, "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(224, IMAGENET, **stretch(224, "bilinear", "torch", dtype="float32")),
    ),
    "convnext-224": (
        {
            "image_processor_type": "ConvNextImageProcessor", "crop_pct": 0.875, "size": {"shortest_edge": 224},
            "resample": 3, "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(224, IMAGENET, **cut(256, "bicubic")),
    ),
    "convnext-384": (
        {
            "feature_extractor_type": "ConvNextFeatureExtractor", "crop_pct": 0.875, "size": 384, "resample": 3,
            "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(384, IMAGENET, **stretch(384, "bicubic")),
    ),
    "convnext-mean-absent": (
        {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 288}, "resample": 3, "crop_pct": 0.95},
        expected(288, HALF, **cut(303, "bicubic")),
    ),
    "resnet-50-with-convnext-processor": (
        {
            "feature_extractor_type": "ConvNextFeatureExtractor", "crop_pct": 0.875, "do_normalize": True,
            "do_resize": True, "image_mean": I_MEAN, "image_std": I_STD, "resample": 3, "size": 224,
        },
        expected(224, IMAGENET, **cut(256, "bicubic")),
    ),
    "mobilevit": (
        {
            "image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 288},
            "crop_size": {"height": 256, "width": 256}, "do_center_crop": True, "do_flip_channel_order": True,
            "resample": 2,
        },
        expected(256, values=[0, 1], order="BGR", **cut(288, "bilinear")),
    ),
    "mobilenet-v1": (
        {
            "feature_extractor_type": "MobileNetV1FeatureExtractor", "size": {"shortest_edge": 256},
            "crop_size": {"height": 224, "width": 224}, "resample": 2, **V4,
        },
        expected(224, HALF, **cut(256, "bilinear")),
    ),
    "mobilenet-v2-defaults": (
        {"image_processor_type": "MobileNetV2ImageProcessor"},
        expected(224, HALF, **cut(256, "bilinear")),
    ),
    "levit": (
        {
            "feature_extractor_type": "LevitFeatureExtractor", "size": 224, "do_center_crop": True, "resample": 3,
            "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(224, IMAGENET, **cut(256, "bicubic")),
    ),
    "poolformer": (
        {
            "image_processor_type": "PoolFormerImageProcessor", "size": {"shortest_edge": 224}, "crop_pct": 0.95,
            "crop_size": {"height": 224, "width": 224}, "image_mean": I_MEAN, "image_std": I_STD, "resample": 3,
        },
        expected(224, IMAGENET, **cut(235, "bicubic")),
    ),
    "efficientnet-b0": (
        {
            "image_processor_type": "EfficientNetImageProcessor", "size": {"height": 224, "width": 224},
            "crop_size": {"height": 289, "width": 289}, "do_center_crop": False, "include_top": True, "resample": 0,
            "rescale_factor": 0.00392156862745098, "rescale_offset": False, "image_mean": I_MEAN, "image_std": [0.47853944, 0.4732864, 0.47434163],
        },
        expected(
            224,
            {"mean": I_MEAN, "std": [0.47853944**2, 0.4732864**2, 0.47434163**2], "order": "RGB"},
            **stretch(224, "nearest"),
        ),
    ),
    "efficientnet-offset": (
        {
            "image_processor_type": "EfficientNetImageProcessor", "size": {"height": 300, "width": 300},
            "include_top": False, "resample": 3, "rescale_factor": 0.00784313725490196, "rescale_offset": True,
            "do_normalize": False,
        },
        expected(300, values=[-1, 1], **stretch(300, "bicubic")),
    ),
    "deit": (
        {
            "feature_extractor_type": "DeiTFeatureExtractor", "size": 256, "crop_size": 224, "do_center_crop": True,
            "resample": 3, "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(
            224,
            IMAGENET,
            geometry=[
                {"resize": {"mode": "stretch", "size": [256, 256], "interpolation": "bicubic"}},
                {"crop": {"size": [224, 224], "rounding": "floor"}},
            ],
        ),
    ),
    "beit": (
        {
            "feature_extractor_type": "BeitFeatureExtractor", "size": 224, "crop_size": 224, "do_center_crop": False,
            "resample": 2, "reduce_labels": False, **V4,
        },
        expected(224, HALF, **stretch(224, "bilinear")),
    ),
    "segformer": (
        {
            "feature_extractor_type": "SegformerFeatureExtractor", "size": 512, "resample": 2, "reduce_labels": True,
            "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(512, IMAGENET, **stretch(512, "bilinear")),
    ),
    "detr-old": (
        {
            "feature_extractor_type": "DetrFeatureExtractor", "format": "coco_detection", "size": 800,
            "max_size": 1333, "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(OPEN, IMAGENET, **detr()),
    ),
    "detr-new": (
        {
            "image_processor_type": "DetrImageProcessor", "size": {"shortest_edge": 640, "longest_edge": 1000},
            "do_pad": True, "image_mean": I_MEAN, "image_std": I_STD, "resample": 2,
        },
        expected(OPEN, IMAGENET, **detr(short=640, long=1000)),
    ),
    "rt-detr": (
        {
            "image_processor_type": "RTDetrImageProcessor", "size": {"height": 640, "width": 640},
            "do_normalize": False, "do_pad": False, "image_mean": I_MEAN, "image_std": I_STD, "resample": 2,
        },
        expected(640, values=[0, 1], **stretch(640, "bilinear")),
    ),
    "sam": (
        {
            "image_processor_type": "SamImageProcessor", "size": {"longest_edge": 1024}, "do_pad": True,
            "pad_size": {"height": 1024, "width": 1024}, "image_mean": I_MEAN, "image_std": I_STD, "resample": 2,
        },
        expected(
            1024,
            IMAGENET,
            geometry=[
                {"resize": {"mode": "longest_edge", "size": 1024, "rounding": "half_up", "interpolation": "bilinear"}},
                {"pad": {"size": [1024, 1024], "position": "top_left", "units": "final", "fill": 0}},
            ],
        ),
    ),
    "perceiver": (
        {
            "feature_extractor_type": "PerceiverFeatureExtractor", "size": 224, "crop_size": 256, "resample": 3,
            "do_center_crop": True, "image_mean": I_MEAN, "image_std": I_STD,
        },
        expected(
            224,
            IMAGENET,
            geometry=[
                {"crop": {"square": 0.875}},
                {"resize": {"mode": "stretch", "size": [224, 224], "interpolation": "bicubic"}},
            ],
        ),
    ),
    "layoutlmv2": (
        {"feature_extractor_type": "LayoutLMv2FeatureExtractor", "size": 224, "resample": 2, "apply_ocr": True},
        expected(224, values=[0, 255], order="BGR", dtype="uint8", **stretch(224, "bilinear")),
    ),
    "layoutlmv2-with-settings-that-it-ignores": (
        {
            "image_processor_type": "LayoutLMv2ImageProcessor", "size": {"height": 224, "width": 224}, "resample": 2,
            "do_normalize": True, "image_mean": C_MEAN, "image_std": C_STD, "do_center_crop": True, "crop_size": 192,
        },
        expected(224, values=[0, 255], order="BGR", dtype="uint8", **stretch(224, "bilinear")),
    ),
    "blip": (
        {
            "image_processor_type": "BlipImageProcessor", "size": {"height": 384, "width": 384}, "resample": 3,
            "image_mean": C_MEAN, "image_std": C_STD, "do_pad": True, "size_divisor": 32,
        },
        expected(384, CLIP, **stretch(384, "bicubic")),
    ),
    "nested-under-config": (
        {"config": {"image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224}, "resample": 2}},
        expected(224, HALF, **stretch(224, "bilinear")),
    ),
    "processor-config-of-transformers-5": (
        {
            "image_processor": {
                "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 224}, "resample": 3,
                "crop_size": {"height": 224, "width": 224}, "do_center_crop": True,
            },
            "processor_class": "CLIPProcessor",
        },
        expected(224, CLIP, **cut(224, "bicubic")),
    ),
    "resample-as-string-and-size-beside-target-size": (
        {
            "image_processor_type": "ViTImageProcessor", "resample": "bicubic", "target_size": 1024,
            "size": {"height": 384, "width": 384},
        },
        expected(384, HALF, **stretch(384, "bicubic")),
    ),
    "no-rescale-no-normalize": (
        {
            "image_processor_type": "ViTImageProcessor", "do_rescale": False, "do_normalize": False, "resample": 2,
            "size": {"height": 224, "width": 224},
        },
        expected(224, values=[0, 255], dtype="uint8", **stretch(224, "bilinear")),
    ),
    "chameleon-scale": (
        {"image_processor_type": "ChameleonImageProcessor", "resample": 1},
        expected(512, values=[-1, 0.989], **cut(512, "lanczos")),
    ),
}  # fmt: skip
