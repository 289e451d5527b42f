"""tf.image, after decode_jpeg with the accurate and with the default DCT."""

import numpy as np

from parity.preprocessor import CLOSE, EXACT, HALF, Preprocessor, first, spec

SQUARE = ["N", 224, 200, 3]
METHODS = {"nearest": "nearest", "bilinear": "bilinear", "bicubic": "bicubic", "area": "area", "lanczos": "lanczos3"}
ACCURATE = {"library": "tensorflow", "dct": "accurate"}
DEFAULT = {"library": "tensorflow", "dct": "tensorflow"}


def decode_bytes(body, dct="INTEGER_ACCURATE", channels=3):
    import tensorflow as tf

    return tf.io.decode_jpeg(body, channels=channels, dct_method=dct)


def then(change, dct="INTEGER_ACCURATE"):
    """The decoded image through ``change(tf.image, image)``, as float32 with a batch dimension."""

    def real(body):
        import tensorflow as tf

        return first(np.asarray(change(tf.image, decode_bytes(body, dct)), np.float32))

    return real


def resize_with(method, antialias, dct="INTEGER_ACCURATE"):
    return then(lambda image, x: image.resize(x, (224, 200), method=method, antialias=antialias), dct)


def resizing(name, antialias=False):
    switch = {"antialias": True} if antialias else {}
    return {"interpolation": name, "library": "tensorflow", **switch}


def padded_square(image, x):
    """The eval crop of EfficientNet for TPU: a padded center crop, then bicubic."""
    import tensorflow as tf

    height, width = int(x.shape[0]), int(x.shape[1])
    side = int(tf.cast((224 / (224 + 32)) * tf.cast(min(height, width), tf.float32), tf.int32))
    top, left = (height - side + 1) // 2, (width - side + 1) // 2
    return image.resize(x[top : top + side, left : left + side], (224, 200), method="bicubic")


def inception(image, x):
    """TF-Slim's preprocess_for_eval: central crop, bilinear, -1..1."""
    import tensorflow as tf

    x = image.central_crop(image.convert_image_dtype(x, tf.float32), 0.875)
    return (image.resize(x, (224, 200)) - 0.5) * 2


def row(name, said, real, tolerance=EXACT, values=(0, 255), decode=ACCURATE, **more):
    how = {"geometry": said} if isinstance(said, list) else {"resize": said}
    shape = more.pop("shape", SQUARE)
    return Preprocessor(
        name=f"tf {name}",
        spec=spec(shape, values=values if isinstance(values, dict) else list(values), decode=decode, **how, **more),
        real=real,
        tolerance=tolerance,
    )


TABLE = (
    *(
        row(f"{name}{' antialias' * smooth}", resizing(name, smooth), resize_with(method, smooth), CLOSE)
        for name, method in METHODS.items()
        for smooth in (False, True)
        if not smooth or name in ("bilinear", "bicubic", "lanczos")
    ),
    row(
        "resize_with_pad",
        {"mode": "letterbox", "library": "tensorflow"},
        then(lambda image, x: image.resize_with_pad(x, 224, 200)),
    ),
    row(
        "resize_with_pad antialias",
        {"mode": "letterbox", **resizing("bicubic", antialias=True)},
        then(lambda image, x: image.resize_with_pad(x, 224, 200, method="bicubic", antialias=True)),
    ),
    row(
        "preserve_aspect_ratio",
        {"mode": "longest_edge", "size": 100, "rounding": "round", "library": "tensorflow"},
        then(lambda image, x: image.resize(x, (100, 100), preserve_aspect_ratio=True)),
        shape=["N", "H", "W", 3],
    ),
    row(
        "central_crop",
        [{"crop": {"fraction": 0.7}}, {"resize": {"size": [224, 200], "library": "tensorflow"}}],
        then(lambda image, x: image.resize(image.central_crop(x, 0.7), (224, 200))),
    ),
    row(
        "resize_with_crop_or_pad",
        [{"crop": {"size": [80, 90], "rounding": "floor"}}],
        then(lambda image, x: image.resize_with_crop_or_pad(x, 80, 90)),
        shape=["N", 80, 90, 3],
    ),
    row(
        "padded centre crop",
        [{"crop": {"square": 0.875, "rounding": "ceil"}}, {"resize": {"size": [224, 200], **resizing("bicubic")}}],
        then(padded_square),
    ),
    row(
        "default decode bilinear",
        resizing("bilinear"),
        resize_with("bilinear", antialias=False, dct=""),
        decode=DEFAULT,
    ),
    row(
        "default decode bicubic antialias",
        resizing("bicubic", antialias=True),
        resize_with("bicubic", antialias=True, dct=""),
        decode=DEFAULT,
    ),
    row("default decode nearest", resizing("nearest"), resize_with("nearest", antialias=False, dct=""), decode=DEFAULT),
    row(
        "inception eval",
        [{"crop": {"fraction": 0.875}}, {"resize": {"size": [224, 200], "library": "tensorflow"}}],
        then(inception, ""),
        values=HALF,
        decode=DEFAULT,
    ),
    row(
        "gray",
        resizing("bilinear"),
        lambda body: first(__import__("tensorflow").image.resize(decode_bytes(body, "", 1), (224, 200)).numpy()),
        decode=DEFAULT,
        shape=["N", 224, 200, 1],
        channel_order="GRAY",
        layout="NHWC",
    ),
)
