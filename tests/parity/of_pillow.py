"""Usual recipes with Pillow and NumPy."""

import numpy as np

from parity.preprocessor import HALF, Preprocessor, first, open_image, spec

SQUARE = ["N", 224, 224, 3]


def article(body):
    """The three classic ones share it: the default filter, float32."""
    return first(np.asarray(open_image(body).resize((224, 224)), np.float32))


def resize_with(name):
    def real(body):
        from PIL import Image

        return first(np.asarray(open_image(body).resize((224, 192), Image.Resampling[name.upper()]), np.float32) / 255)

    return real


def pad_with_color(body):
    from PIL import ImageOps

    return first(np.asarray(ImageOps.pad(open_image(body), (160, 120), color=(9, 99, 199)), np.float32) / 255)


def fit_image(body):
    from PIL import ImageOps

    return first(np.asarray(ImageOps.fit(open_image(body), (160, 120)), np.float32) / 255)


def expand_to_square(body):
    """LLaVA's expand2square."""
    from PIL import Image

    image = open_image(body)
    edge = max(image.size)
    square = Image.new("RGB", (edge, edge), (122, 116, 104))
    square.paste(image, ((edge - image.width) // 2, (edge - image.height) // 2))
    return first(np.asarray(square.resize((224, 224)), np.float32) / 255)


def gray(body):
    return first(np.asarray(open_image(body, "L").resize((64, 48)), np.float32)[:, :, None] / 255)


def mode_f(body):
    """A float image, channel by channel."""
    from PIL import Image

    planes = [Image.fromarray(plane) for plane in np.asarray(open_image(body), np.float32).transpose(2, 0, 1).copy()]
    small = [np.asarray(plane.resize((90, 110), Image.Resampling.LANCZOS)) for plane in planes]
    return np.stack(small)[None] / np.float32(127.5) - 1


TABLE = (
    Preprocessor(
        name="pillow expand2square",
        spec=spec(
            SQUARE,
            values=[0, 1],
            geometry=[{"pad": {"square": True, "fill": [122, 116, 104]}}, {"resize": {"size": [224, 224]}}],
        ),
        real=expand_to_square,
    ),
    Preprocessor(
        name="article /255", spec=spec(SQUARE, values=[0, 1]), real=lambda body: article(body) / np.float32(255)
    ),
    Preprocessor(
        name="article BGR",
        spec=spec(SQUARE, values=[0, 1], channel_order="BGR"),
        real=lambda body: article(body)[..., ::-1] / np.float32(255),
    ),
    Preprocessor(
        name="article -1..1",
        spec=spec(SQUARE, values=[-1, 1]),
        real=lambda body: article(body) / np.float32(127.5) - np.float32(1),
    ),
    *(
        Preprocessor(
            name=f"pillow {name}",
            spec=spec(["N", 192, 224, 3], values=[0, 1], resize={"interpolation": name}),
            real=resize_with(name),
        )
        for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
    ),
    Preprocessor(
        name="pillow ImageOps.pad",
        spec=spec(["N", 120, 160, 3], values=[0, 1], resize={"mode": "letterbox", "fill": [9, 99, 199]}),
        real=pad_with_color,
    ),
    Preprocessor(
        name="pillow ImageOps.fit",
        spec=spec(
            ["N", 120, 160, 3],
            values=[0, 1],
            geometry=[{"crop": {"aspect": [120, 160], "rounding": "none"}}, {"resize": {"size": [120, 160]}}],
        ),
        real=fit_image,
    ),
    Preprocessor(
        name="pillow gray",
        spec=spec(["N", 48, 64, 1], values=[0, 1], channel_order="GRAY", layout="NHWC"),
        real=gray,
    ),
    Preprocessor(
        name="pillow float lanczos",
        spec=spec(["N", 3, 110, 90], values=HALF, resize={"interpolation": "lanczos", "dtype": "float32"}),
        real=mode_f,
    ),
)
