"""Hugging Face image processors, each in its Pillow and its torchvision backend, with their own defaults."""

from parity.preprocessor import CLIP, CLOSE, EXACT, HALF, IMAGENET, Preprocessor, open_image, spec

SQUARE = ["N", 3, 224, 224]


def with_processor(name, **settings):
    def real(body):
        import transformers

        processor = getattr(transformers, name)(**settings)
        return processor(images=open_image(body), return_tensors="np")["pixel_values"]

    return real


def cut(edge, size, interpolation):
    """Shorter edge, then a center crop at a floored offset. In the order of the table: (geometry for a library)."""

    def geometry(library):
        side = {"pad_side": "before"} if library == "pillow" else {}
        return [
            {"resize": {"mode": "shortest_edge", "size": edge, "interpolation": interpolation, "library": library}},
            {"crop": {"size": [size, size], "rounding": "floor", **side}},
        ]

    return geometry


def stretch_geometry(size, interpolation):
    def geometry(library):
        return [{"resize": {"size": [size, size], "interpolation": interpolation, "library": library}}]

    return geometry


def deit(library):
    return [*stretch_geometry(256, "bicubic")(library), {"crop": {"size": [224, 224], "rounding": "floor"}}]


def perceiver(library):
    return [{"crop": {"square": 0.875, "rounding": "floor"}}, *stretch_geometry(224, "bicubic")(library)]


def detr(library):
    how = {"mode": "shortest_edge", "size": 200, "max_size": 270, "rounding": "detr", "interpolation": "bilinear"}
    return [{"resize": {**how, "library": library}}]


def sam(library):
    how = {"mode": "longest_edge", "size": 256, "rounding": "half_up", "interpolation": "bilinear", "library": library}
    return [{"resize": how}, {"pad": {"size": [256, 256], "position": "top_left", "units": "final", "fill": 0}}]


HALF_TWICE = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "order": "RGB"}  # EfficientNet divides by std twice
SAM = {"size": {"longest_edge": 256}, "pad_size": {"height": 256, "width": 256}}
DETR = {"size": {"shortest_edge": 200, "longest_edge": 270}, "do_pad": False}

# name: geometry for a library, values, shape, settings, spec keys
ROWS = {
    "ViT": (stretch_geometry(224, "bilinear"), HALF, SQUARE, {}, {}),
    "DeiT": (deit, HALF, SQUARE, {}, {}),
    "Beit": (stretch_geometry(224, "bicubic"), HALF, SQUARE, {}, {}),
    "CLIP": (cut(224, 224, "bicubic"), CLIP, SQUARE, {}, {}),
    "Siglip": (stretch_geometry(224, "bicubic"), HALF, SQUARE, {}, {}),
    "ConvNext": (cut(256, 224, "bicubic"), HALF, SQUARE, {"size": {"shortest_edge": 224}}, {}),
    "EfficientNet": (stretch_geometry(346, "bicubic"), HALF_TWICE, ["N", 3, 346, 346], {}, {}),
    "MobileNetV1": (cut(256, 224, "bilinear"), HALF, SQUARE, {}, {}),
    "MobileNetV2": (cut(256, 224, "bilinear"), HALF, SQUARE, {}, {}),
    "MobileViT": (cut(224, 256, "bicubic"), [0, 1], ["N", 3, 256, 256], {}, {"channel_order": "BGR"}),
    "Bit": (cut(224, 224, "bicubic"), CLIP, SQUARE, {}, {}),  # DINOv2's
    "Levit": (cut(256, 224, "bicubic"), IMAGENET, SQUARE, {}, {}),
    "PoolFormer": (cut(248, 224, "bicubic"), IMAGENET, SQUARE, {}, {}),
    "Pvt": (stretch_geometry(224, "bicubic"), IMAGENET, SQUARE, {}, {}),
    "Segformer": (stretch_geometry(512, "bilinear"), IMAGENET, ["N", 3, 512, 512], {}, {}),
    "Perceiver": (perceiver, IMAGENET, SQUARE, {}, {}),
    "Detr": (detr, IMAGENET, ["N", 3, "H", "W"], DETR, {}),
    "Sam": (sam, IMAGENET, ["N", 3, 256, 256], SAM, {}),
}


def row(name, backend, library, tolerance=EXACT):
    geometry, values, shape, settings, more = ROWS[name]
    return Preprocessor(
        name=f"transformers {name} {backend or 'torchvision'}",
        spec=spec(shape, values=values, geometry=geometry(library), **more),
        real=with_processor(f"{name}ImageProcessor{backend}", **settings),
        tolerance=tolerance,
    )


TABLE = (
    *(row(name, backend, library) for name in ROWS for backend, library in (("Pil", "pillow"), ("", "torch"))),
    Preprocessor(
        name="transformers DINOv3ViT torchvision",
        spec=spec(
            SQUARE,
            values=IMAGENET,
            resize={"interpolation": "bilinear", "library": "torch", "dtype": "float32"},
        ),
        real=with_processor("DINOv3ViTImageProcessor"),
        tolerance=CLOSE,
    ),
)
