"""timm's evaluation transforms: the three crop modes, square and not."""

from parity.preprocessor import HALF, IMAGENET, Preprocessor, open_image, spec


def eval_transform(size, **settings):
    def real(body):
        from timm.data import create_transform

        return create_transform(input_size=(3, *size), is_training=False, **settings)(open_image(body))[None].numpy()

    return real


def row(name, size, geometry, values=IMAGENET, **settings):
    chosen = {"interpolation": "bicubic", "mean": values["mean"], "std": values["std"], **settings}
    return Preprocessor(
        name=f"timm {name}",
        spec=spec(["N", 3, *size], values=values, geometry=geometry),
        real=eval_transform(size, **chosen),
    )


def resize(interpolation="bicubic", **how):
    return {"resize": {"interpolation": interpolation, **how}}


def crop(*size):
    return {"crop": {"size": list(size), "rounding": "round"}}


def shorter(edge, size, interpolation="bicubic"):
    return [resize(interpolation, mode="shortest_edge", size=edge), crop(size, size)]


BORDER = {"pad": {"size": [224, 224], "fill": [124, 116, 104], "position": "center"}}

TABLE = (
    row("resnet50 a1 (0.95)", (224, 224), shorter(235, 224), crop_pct=0.95),
    row("vit (0.9)", (224, 224), shorter(248, 224), HALF, crop_pct=0.9),
    row("inception (0.875)", (299, 299), shorter(341, 299), HALF, crop_pct=0.875),
    row("mobilenet bilinear", (224, 224), shorter(256, 224, "bilinear"), interpolation="bilinear", crop_pct=0.875),
    row(
        "squash",
        (224, 224),
        [resize(size=[235, 235]), crop(224, 224)],
        crop_pct=0.95,
        crop_mode="squash",
    ),
    row(
        "border",
        (224, 224),
        [resize(mode="longest_edge", size=224, rounding="round"), BORDER, crop(224, 224)],
        crop_pct=1.0,
        crop_mode="border",
    ),
    row(
        "border (0.875)",
        (224, 224),
        [resize(mode="longest_edge", size=256, rounding="round"), BORDER, crop(224, 224)],
        crop_pct=0.875,
        crop_mode="border",
    ),
    row(
        "not square",
        (192, 256),
        [resize(mode="cover", size=[213, 284], rounding="round"), crop(192, 256)],
        crop_pct=0.9,
    ),
)
