"""torchvision: presets v1 on PIL images and on tensors, transforms v2, and plain torch interpolate."""

from parity.preprocessor import CLOSE, EXACT, HALF, IMAGENET, Preprocessor, levels, open_image, spec

# torchvision v1 on tensors resizes in float32 and rounds: a sum within 1e-5 of a half may fall on either side
ROUNDED = {"dtype": "float32-rounded", "library": "torch"}
KINETICS = {"mean": [0.43216, 0.394666, 0.37645], "std": [0.22803, 0.22145, 0.216989], "order": "RGB"}


def preset(kind, *, on_tensor, **settings):
    def real(body):
        from torchvision.transforms import InterpolationMode, _presets

        chosen = {**settings}
        if "interpolation" in chosen:
            chosen["interpolation"] = InterpolationMode(chosen["interpolation"])
        done = getattr(_presets, kind)(**chosen)(levels(body) if on_tensor else open_image(body))
        return done.numpy() if on_tensor else done[None].numpy()

    return real


def video(body):
    from torchvision.transforms import _presets

    done = _presets.VideoClassification(crop_size=(112, 112), resize_size=(128, 171))(levels(body))
    return done[:, 0][None].numpy()


def flow(body):
    from torchvision.transforms import _presets

    return _presets.OpticalFlow()(levels(body), levels(body))[0].numpy()


def version2(*, interpolation="bilinear", size=256, crop=224, max_size=None, on="uint8", antialias=True):
    def real(body):
        import torch
        from torchvision.transforms import InterpolationMode, v2

        steps = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True)] if on == "float" else []
        steps += [v2.ToImage()] if on == "uint8" else []
        steps += [v2.Resize(size, InterpolationMode(interpolation), max_size=max_size, antialias=antialias)]
        steps += [v2.CenterCrop(crop)] if crop else []
        steps += [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(IMAGENET["mean"], IMAGENET["std"])]
        return v2.Compose(steps)(open_image(body))[None].numpy()

    return real


def interpolate_with(name, antialias):
    def real(body):
        from torch.nn.functional import interpolate

        smooth = name in ("bilinear", "bicubic")
        switches = {"align_corners": False, "antialias": antialias} if smooth else {}
        return (interpolate(levels(body).float(), (200, 224), mode=name, **switches) / 255).numpy()

    return real


def shorter(size, interpolation="bilinear", **more):
    return {"mode": "shortest_edge", "size": size, "interpolation": interpolation, **more}


def classification_preset(name, edge, crop, interpolation="bilinear"):
    """A classification preset on a PIL image and on a uint8 tensor."""
    settings = {"crop_size": crop, "resize_size": edge, "interpolation": interpolation}
    shape = ["N", 3, crop, crop]
    yield Preprocessor(
        name=f"torchvision {name} PIL",
        spec=spec(shape, values=IMAGENET, resize=shorter(edge, interpolation)),
        real=preset("ImageClassification", on_tensor=False, **settings),
    )
    yield Preprocessor(
        name=f"torchvision {name} tensor",
        spec=spec(shape, values=IMAGENET, resize=shorter(edge, interpolation, **ROUNDED)),
        real=preset("ImageClassification", on_tensor=True, **settings),
        one_off=0.001,
    )


def second(name, said, real, tolerance=EXACT, shape=("N", 3, 224, 224)):
    return Preprocessor(
        name=f"torchvision v2 {name}",
        spec=spec(list(shape), values=IMAGENET, resize=said),
        real=real,
        tolerance=tolerance,
    )


ANY = ["N", 3, "H", "W"]
TORCH = {"library": "torch"}

TABLE = (
    *classification_preset("256/224", 256, 224),
    *classification_preset("232/224", 232, 224),
    *classification_preset("342/299", 342, 299),
    *classification_preset("238/224 bicubic", 238, 224, "bicubic"),
    Preprocessor(
        name="torchvision segmentation PIL",
        spec=spec(ANY, values=IMAGENET, resize=shorter(120)),
        real=preset("SemanticSegmentation", on_tensor=False, resize_size=120),
    ),
    Preprocessor(
        name="torchvision segmentation tensor",
        spec=spec(ANY, values=IMAGENET, resize=shorter(120, **ROUNDED)),
        real=preset("SemanticSegmentation", on_tensor=True, resize_size=120),
        one_off=0.001,
    ),
    Preprocessor(
        name="torchvision detection",
        spec=spec(ANY, values=[0, 1], resize={"mode": "none"}),
        real=preset("ObjectDetection", on_tensor=False),
    ),
    Preprocessor(
        name="torchvision video",
        spec=spec(
            ["N", 3, 112, 112],
            values=KINETICS,
            geometry=[
                {"resize": {"size": [128, 171], "interpolation": "bilinear", "antialias": False, **ROUNDED}},
                {"crop": {"size": [112, 112], "rounding": "round"}},
            ],
        ),
        real=video,
        one_off=0.001,
    ),
    Preprocessor(name="torchvision optical flow", spec=spec(ANY, values=HALF, resize={"mode": "none"}), real=flow),
    second("uint8 bilinear", shorter(256, **TORCH), version2()),
    second("uint8 bicubic", shorter(256, "bicubic", **TORCH), version2(interpolation="bicubic")),
    second("uint8 bilinear antialias=False", shorter(256, antialias=False, **TORCH), version2(antialias=False)),
    second("uint8 nearest", shorter(256, "nearest", **TORCH), version2(interpolation="nearest")),
    second("uint8 nearest-exact", shorter(256, "nearest-exact", **TORCH), version2(interpolation="nearest-exact")),
    second("PIL", shorter(256), version2(on="PIL")),
    second("float first", shorter(256, dtype="float32", **TORCH), version2(on="float"), CLOSE),
    second(
        "float first bicubic",
        shorter(256, "bicubic", dtype="float32", **TORCH),
        version2(on="float", interpolation="bicubic"),
        CLOSE,
    ),
    second(
        "max_size",
        shorter(200, max_size=250, rounding="floor", **TORCH),
        version2(size=200, crop=None, max_size=250),
        shape=ANY,
    ),
    second(
        "longest edge",
        {"mode": "longest_edge", "size": 150, **TORCH},
        version2(size=None, crop=None, max_size=150),
        shape=ANY,
    ),
    second("crop larger than the image", shorter(100, **TORCH), version2(size=100, crop=224)),
    *(
        Preprocessor(
            name=f"torch interpolate {name}{' antialias' * smooth}",
            spec=spec(
                ["N", 3, 200, 224],
                values=[0, 1],
                resize={
                    "interpolation": name,
                    "library": "torch",
                    "dtype": "float32",
                    **({"antialias": smooth} if name in ("bilinear", "bicubic") else {}),
                },
            ),
            real=interpolate_with(name, smooth),
            tolerance=CLOSE if name in ("bilinear", "bicubic", "area") else EXACT,
        )
        for name in ("nearest", "nearest-exact", "bilinear", "bicubic", "area")
        for smooth in (False, True)
        if not smooth or name in ("bilinear", "bicubic")
    ),
)
