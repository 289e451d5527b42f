"""Usual preprocessing with torchvision, timm, albumentations, Keras and TensorFlow.

Each function has the spec that it must become. The libraries are imported inside: they are in another environment.
"""

import numpy as np

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def torchvision_v1(image):
    from torchvision import transforms as T

    steps = [T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize(MEAN, STD)]
    return T.Compose(steps)(image.convert("RGB")).unsqueeze(0).numpy()


def torchvision_stretch_bicubic(image):
    from torchvision import transforms as T

    resize = T.Resize((160, 160), interpolation=T.InterpolationMode.BICUBIC)
    return T.Compose([resize, T.ToTensor()])(image.convert("RGB"))[None].numpy()


def torchvision_v2_tensor(image):
    import torch
    from torchvision.transforms import v2

    steps = [v2.ToImage(), v2.Resize((96, 128), antialias=True), v2.ToDtype(torch.float32, scale=True)]
    return v2.Compose([*steps, v2.Normalize([0.5] * 3, [0.5] * 3)])(image.convert("RGB"))[None].numpy()


def torchvision_v2_pil(image):
    import torch
    from torchvision.transforms import v2

    steps = [v2.Resize(232), v2.CenterCrop(224), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)]
    return v2.Compose([*steps, v2.Normalize(MEAN, STD)])(image.convert("RGB"))[None].numpy()


def torchvision_weights(image):
    from torchvision.models import EfficientNet_B1_Weights

    return EfficientNet_B1_Weights.IMAGENET1K_V2.transforms()(image.convert("RGB"))[None].numpy()


def torchvision_read_image(path):
    from torchvision.io import read_image
    from torchvision.transforms.v2 import functional

    return (functional.resize(read_image(path), [112, 96], antialias=True).float() / 255)[None].numpy()


def torchvision_gray(image):
    from torchvision import transforms as T

    steps = [T.Grayscale(1), T.Resize((32, 32)), T.ToTensor(), T.Normalize([0.5], [0.5])]
    return T.Compose(steps)(image)[None].numpy()


def timm_eval(image):
    from timm.data import create_transform

    return create_transform((3, 224, 224), crop_pct=0.9, interpolation="bicubic")(image.convert("RGB"))[None].numpy()


def timm_squash(image):
    from timm.data import create_transform

    transform = create_transform((3, 192, 192), crop_pct=1.0, crop_mode="squash", interpolation="bilinear")
    return transform(image.convert("RGB"))[None].numpy()


def albumentations_imagenet(path):
    import albumentations as A
    import cv2

    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    return A.Compose([A.Resize(224, 224), A.Normalize(MEAN, STD)])(image=image)["image"].transpose(2, 0, 1)[None]


def albumentations_unit(path):
    import albumentations as A
    import cv2

    image = cv2.imread(path)[..., ::-1]
    resize = A.Resize(96, 160, interpolation=cv2.INTER_AREA)
    return (resize(image=np.ascontiguousarray(image))["image"] / np.float32(255))[None]


def opencv_blob(path):
    import cv2

    return cv2.dnn.blobFromImage(cv2.imread(path), 1 / 127.5, (224, 224), (127.5,) * 3, swapRB=True)


def keras_load_img(path):
    from keras.utils import img_to_array, load_img

    return np.expand_dims(img_to_array(load_img(path, target_size=(224, 224))), 0) / 127.5 - 1


def keras_caffe(path):
    from keras.applications.resnet50 import preprocess_input
    from keras.utils import img_to_array, load_img

    return preprocess_input(np.expand_dims(img_to_array(load_img(path, target_size=(224, 224))), 0))


def keras_torch_mode(path):
    from keras.applications.densenet import preprocess_input
    from keras.utils import img_to_array, load_img

    image = load_img(path, target_size=(224, 224), interpolation="bilinear")
    return preprocess_input(np.expand_dims(img_to_array(image), 0))


def tensorflow_resize(path):
    import tensorflow as tf

    image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
    return (tf.image.resize(image, (128, 128)) / 255.0)[None].numpy()


def tensorflow_central_crop(path):
    import tensorflow as tf

    image = tf.image.central_crop(tf.io.decode_jpeg(tf.io.read_file(path), channels=3), 0.875)
    return (tf.image.resize(image, (96, 96)) - 127.5)[None].numpy() / 127.5


def tensorflow_pad(path):
    import tensorflow as tf

    image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
    return tf.image.resize_with_pad(image, 160, 160)[None].numpy() / 127.5 - 1


def _spec(shape, order="RGB", dtype="float32", exif="ignore", **keys):
    layout = "NCHW" if shape[1] in (1, 3) else "NHWC"
    decode = {"exif": exif, **keys.pop("decode", {})}
    base = {"shape": ["N", *shape[1:]], "layout": layout, "dtype": dtype, "channel_order": order, "decode": decode}
    return {**base, **keys}


IMAGENET = {"normalize": {"mean": MEAN, "std": STD, "order": "RGB"}}
TF = {"dct": "tensorflow", "library": "tensorflow"}


def _stretch(size, interpolation="bilinear", library="pillow", **keys):
    return {"mode": "stretch", "size": list(size), "interpolation": interpolation, "library": library, **keys}


def _cut(edge, interpolation="bilinear"):
    return {"mode": "shortest_edge", "size": edge, "crop": "center", "interpolation": interpolation}


LIBRARY_PIPELINES = {
    "torchvision_v1": _spec([1, 3, 224, 224], **IMAGENET, resize=_cut(256)),
    "torchvision_stretch_bicubic": _spec([1, 3, 160, 160], value_range=[0, 1], resize=_stretch((160, 160), "bicubic")),
    "torchvision_v2_tensor": _spec([1, 3, 96, 128], value_range=[-1, 1], resize=_stretch((96, 128), library="torch")),
    "torchvision_v2_pil": _spec([1, 3, 224, 224], **IMAGENET, resize=_cut(232)),
    "torchvision_weights": _spec([1, 3, 240, 240], **IMAGENET, resize=_cut(255)),
    "torchvision_gray": _spec([1, 1, 32, 32], "GRAY", value_range=[-1, 1], resize=_stretch((32, 32))),
    "timm_eval": _spec([1, 3, 224, 224], **IMAGENET, resize=_cut(248, "bicubic")),
    "timm_squash": _spec([1, 3, 192, 192], **IMAGENET, resize=_stretch((192, 192))),
    "albumentations_imagenet": _spec(
        [1, 3, 224, 224], exif="apply", decode={"library": "opencv"}, **IMAGENET,
        resize=_stretch((224, 224), library="opencv"),
    ),
    "albumentations_unit": _spec(
        [1, 96, 160, 3], exif="apply", decode={"library": "opencv"}, value_range=[0, 1],
        resize=_stretch((96, 160), "area", "opencv"),
    ),
    "opencv_blob": _spec(
        [1, 3, 224, 224], exif="apply", decode={"library": "opencv"}, value_range=[-1, 1],
        resize=_stretch((224, 224), library="opencv"),
    ),
    "keras_load_img": _spec([1, 224, 224, 3], value_range=[-1, 1], resize=_stretch((224, 224), "nearest")),
    "keras_caffe": _spec(
        [1, 224, 224, 3], "BGR", normalize={"units": "byte", "mean": [103.939, 116.779, 123.68], "order": "BGR"},
        resize=_stretch((224, 224), "nearest"),
    ),
    "keras_torch_mode": _spec([1, 224, 224, 3], **IMAGENET, resize=_stretch((224, 224))),
    "tensorflow_resize": _spec(
        [1, 128, 128, 3], decode=TF, value_range=[0, 1], resize=_stretch((128, 128), library="tensorflow"),
    ),
    "torchvision_read_image": _spec([1, 3, 112, 96], value_range=[0, 1], resize=_stretch((112, 96), library="torch")),
    "tensorflow_central_crop": _spec(
        [1, 96, 96, 3], decode=TF, value_range=[-1, 1],
        geometry=[{"crop": {"fraction": 0.875}}, {"resize": _stretch((96, 96), library="tensorflow")}],
    ),
    "tensorflow_pad": _spec(
        [1, 160, 160, 3], decode=TF, value_range=[-1, 1],
        resize={"mode": "letterbox", "size": [160, 160], "interpolation": "bilinear", "library": "tensorflow"},
    ),
}  # fmt: skip
