"""Keras: load_img and preprocess_input, smart_resize, image_dataset_from_directory."""

import io
import tempfile
from pathlib import Path

import numpy as np

from parity.preprocessor import CLOSE, IMAGENET, Preprocessor, first, open_image, spec

SQUARE = ["N", 224, 224, 3]
CAFFE = {"units": "byte", "mean": [103.939, 116.779, 123.68], "order": "BGR"}
MODES = {
    "tf": ({"values": [-1, 1]}, "mobilenet_v2"),
    "torch": ({"values": IMAGENET}, "densenet"),
    "caffe": ({"values": CAFFE, "channel_order": "BGR"}, "resnet50"),
    "plain": ({"values": [0, 255]}, "efficientnet"),
}


def load_with(interpolation, size=(224, 224), **more):
    def real(body):
        import keras

        picture = keras.utils.load_img(io.BytesIO(body), target_size=size, interpolation=interpolation, **more)
        return first(keras.utils.img_to_array(picture))

    return real


def application(module):
    def real(body):
        import keras

        return getattr(keras.applications, module).preprocess_input(load_with("nearest")(body))

    return real


def smart(interpolation, size):
    def real(body):
        import keras

        array = np.asarray(open_image(body), np.float32)
        return first(keras.preprocessing.image.smart_resize(array, size, interpolation=interpolation))

    return real


def dataset(size=(180, 200), **more):
    def real(body):
        import keras

        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "image.jpg").write_bytes(body)
            images = keras.utils.image_dataset_from_directory(
                folder, labels=None, image_size=size, batch_size=1, shuffle=False, verbose=False, **more
            )
            return next(iter(images)).numpy()

    return real


def from_dataset(name, real, tolerance=0.0002, dtype="float32", **resize):
    wanted = {"library": "tensorflow", **resize}
    decode = {"library": "tensorflow", "dct": "tensorflow"}
    return Preprocessor(
        name=f"keras image_dataset {name}",
        spec=spec(["N", 180, 200, 3], values=[0, 255], decode=decode, resize=wanted, dtype=dtype),
        real=real,
        tolerance=tolerance,
    )


TABLE = (
    *(
        Preprocessor(
            name=f"keras {mode} mode",
            spec=spec(SQUARE, resize={"interpolation": "nearest"}, **said),
            real=application(module),
        )
        for mode, (said, module) in MODES.items()
    ),
    *(
        Preprocessor(
            name=f"keras load_img {name}",
            spec=spec(SQUARE, values=[0, 255], resize={"interpolation": name}),
            real=load_with(name),
        )
        for name in ("bilinear", "bicubic", "lanczos", "box", "hamming")
    ),
    *(
        Preprocessor(
            name=f"keras load_img {name} keep_aspect_ratio",
            spec=spec(
                ["N", 150, 224, 3],
                values=[0, 255],
                geometry=[
                    {"crop": {"aspect": [150, 224], "rounding": "floor"}},
                    {"resize": {"size": [150, 224], "interpolation": name}},
                ],
            ),
            real=load_with(name, (150, 224), keep_aspect_ratio=True),
        )
        for name in ("nearest", "bilinear", "bicubic")
    ),
    Preprocessor(
        name="keras load_img grayscale",
        spec=spec(
            ["N", 50, 70, 1], values=[0, 255], channel_order="GRAY", layout="NHWC", resize={"interpolation": "bilinear"}
        ),
        real=load_with("bilinear", (50, 70), color_mode="grayscale"),
    ),
    *(
        Preprocessor(
            name=f"keras smart_resize {name}",
            spec=spec(
                ["N", 120, 200, 3],
                values=[0, 255],
                geometry=[
                    {"crop": {"aspect": [120, 200], "rounding": "floor"}},
                    {"resize": {"size": [120, 200], "interpolation": name, "library": "tensorflow"}},
                ],
            ),
            real=smart(name, (120, 200)),
            tolerance=CLOSE,
        )
        for name in ("bilinear", "bicubic")
    ),
    from_dataset("bilinear", dataset()),
    from_dataset("nearest", dataset(interpolation="nearest"), dtype="uint8", interpolation="nearest"),
    from_dataset("bicubic", dataset(interpolation="bicubic"), interpolation="bicubic"),
    from_dataset("area", dataset(interpolation="area"), CLOSE, interpolation="area"),
    from_dataset("lanczos3", dataset(interpolation="lanczos3"), CLOSE, interpolation="lanczos"),
    from_dataset("pad_to_aspect_ratio", dataset(pad_to_aspect_ratio=True), mode="letterbox"),
    Preprocessor(
        name="keras image_dataset crop_to_aspect_ratio",
        spec=spec(
            ["N", 180, 200, 3],
            values=[0, 255],
            decode={"library": "tensorflow", "dct": "tensorflow"},
            geometry=[
                {"crop": {"aspect": [180, 200], "rounding": "floor"}},
                {"resize": {"size": [180, 200], "library": "tensorflow"}},
            ],
        ),
        real=dataset(crop_to_aspect_ratio=True),
    ),
)
