"""OpenCV: cv2.resize, cv2.dnn.blobFromImage, and Ultralytics' YOLO."""

import numpy as np

from parity.preprocessor import EXACT, Preprocessor, first, open_image, spec

OPENCV = {"library": "opencv", "exif": "apply"}
FLAGS = {
    "nearest": "INTER_NEAREST",
    "bilinear": "INTER_LINEAR",
    "bicubic": "INTER_CUBIC",
    "area": "INTER_AREA",
    "lanczos": "INTER_LANCZOS4",
    "nearest-exact": "INTER_NEAREST_EXACT",
}


def read(body):
    import cv2

    return cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)


def resize_with(name):
    def real(body):
        import cv2

        return first(cv2.resize(read(body), (224, 200), interpolation=getattr(cv2, FLAGS[name])).astype(np.float32))

    return real


def pad_border(body):
    import cv2

    image = read(body)
    high, wide = image.shape[:2]
    edge = max(high, wide)
    image = cv2.copyMakeBorder(image, 0, edge - high, 0, edge - wide, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return first(cv2.resize(image, (224, 224)).astype(np.float32))


def resize_in_float(body):
    import cv2

    small = cv2.resize(read(body).astype(np.float32) / 255, (224, 200), interpolation=cv2.INTER_AREA)
    return first(small[:, :, ::-1])


def gray(body):
    import cv2

    image = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_GRAYSCALE)
    return first(cv2.resize(image, (28, 28), interpolation=cv2.INTER_AREA).astype(np.float32)[:, :, None] / 255)


def blob(*settings, **more):
    def real(body):
        import cv2

        return cv2.dnn.blobFromImage(read(body), *settings, **more)

    return real


def letterbox_with(**settings):
    def real(body):
        from ultralytics.data.augment import LetterBox

        image = LetterBox(**settings)(image=read(body))
        return first(np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1)).astype(np.float32) / 255)

    return real


def classify(body):
    from ultralytics.data.augment import classify_transforms

    return classify_transforms(224)(open_image(body))[None].numpy()


def center_crop(body):
    from ultralytics.data.augment import CenterCrop

    return first(CenterCrop(224)(open_image(body)).astype(np.float32) / 255)


def row(name, shape, said, real, values=(0, 1), tolerance=EXACT, one_off=0.0, **more):
    how = {"geometry": said} if isinstance(said, list) else {"resize": {"library": "opencv", **said}}
    decode = more.pop("decode", OPENCV)
    return Preprocessor(
        name=name,
        spec=spec(shape, values=values if isinstance(values, dict) else list(values), decode=decode, **how, **more),
        real=real,
        tolerance=tolerance,
        one_off=one_off,
    )


SSD = {"units": "byte", "mean": [104, 177, 123], "order": "BGR"}
MOBILENET = {"units": "byte", "mean": 127.5, "std": 1 / 0.007843}
COVER = {"mode": "cover", "rounding": "round", "crop_rounding": "floor"}

TABLE = (
    Preprocessor(
        name="opencv copyMakeBorder to a square",
        spec=spec(
            ["N", 224, 224, 3],
            values=[0, 255],
            channel_order="BGR",
            decode=OPENCV,
            geometry=[
                {"pad": {"square": True, "position": "top_left", "fill": 114}},
                {"resize": {"size": [224, 224], "library": "opencv"}},
            ],
        ),
        real=pad_border,
    ),
    *(
        row(
            f"cv2 {name}",
            ["N", 200, 224, 3],
            {"interpolation": name},
            resize_with(name),
            (0, 255),
            channel_order="BGR",
            one_off=0.06 if name == "bicubic" else 0.0,  # OpenCV without IPP rounds it otherwise
        )
        for name in FLAGS
    ),
    row(
        "cv2 float area",
        ["N", 200, 224, 3],
        {"interpolation": "area", "dtype": "float32"},
        resize_in_float,
        tolerance=0.01,
    ),
    row("cv2 gray", ["N", 28, 28, 1], {"interpolation": "area"}, gray, channel_order="GRAY", layout="NHWC"),
    row(
        "blobFromImage SSD 300",
        ["N", 3, 300, 300],
        {},
        blob(1.0, (300, 300), (104, 177, 123)),
        SSD,
        channel_order="BGR",
    ),
    row(
        "blobFromImage SSD 300 crop",
        ["N", 3, 300, 300],
        COVER,
        blob(1.0, (300, 300), (104, 177, 123), crop=True),
        SSD,
        channel_order="BGR",
    ),
    row(
        "blobFromImage MobileNet-SSD swapRB",
        ["N", 3, 300, 300],
        {},
        blob(0.007843, (300, 300), (127.5, 127.5, 127.5), swapRB=True),
        MOBILENET,
    ),
    row(
        "blobFromImage 1/255 swapRB crop, not square",
        ["N", 3, 192, 256],
        COVER,
        blob(1 / 255, (256, 192), swapRB=True, crop=True),
    ),
    row("yolo letterbox", ["N", 3, 320, 320], {"mode": "letterbox"}, letterbox_with(new_shape=(320, 320))),
    row(
        "yolo letterbox auto",
        ["N", 3, "H", "W"],
        {"mode": "letterbox", "size": [320, 320], "multiple_of": 32},
        letterbox_with(new_shape=(320, 320), auto=True, stride=32),
    ),
    row(
        "yolo classify",
        ["N", 3, 224, 224],
        {"mode": "shortest_edge", "size": 224, "library": "pillow", "interpolation": "bilinear"},
        classify,
        decode={"exif": "ignore"},
    ),
    row(
        "yolo classify CenterCrop",
        ["N", 224, 224, 3],
        [{"crop": {"square": 1.0}}, {"resize": {"size": [224, 224], "library": "opencv"}}],
        center_crop,
        decode={"exif": "ignore"},
    ),
)
