"""Usual preprocessing mistakes in NumPy, Pillow and OpenCV, each with the expected description.

The package itself is not used here: the limits of its steps would not be found.
"""

import io

import cv2
import numpy as np
from PIL import Image, ImageEnhance

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
SIDE, EDGE = 224, 256
"""Pixels of the tensors, and of the shorter edge before a crop: tests may set smaller ones."""
BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC


def pillow(body):
    return Image.open(io.BytesIO(body)).convert("RGB")


def opencv(body):
    return cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)


def unit(image):
    return np.asarray(image, np.float32) / np.float32(255)


def imagenet(image):
    return (unit(image) - MEAN) / STD


def nchw(array):
    return np.ascontiguousarray(array.transpose(2, 0, 1)[None])


def shortest(image):
    edge, (width, height) = EDGE, image.size
    if width < height:
        return image.resize((edge, int(edge * height / width)), BILINEAR)
    return image.resize((int(edge * width / height), edge), BILINEAR)


def cut(image, top, left):
    return image.crop((left, top, left + SIDE, top + SIDE))


def middle(image):
    return round((image.height - SIDE) / 2), round((image.width - SIDE) / 2)


def center(image):
    return cut(image, *middle(image))


def stretch(body):
    return pillow(body).resize((SIDE, SIDE), BILINEAR)


def crop_off_by(down, right):
    def make(body):
        image = shortest(pillow(body))
        top, left = middle(image)
        return nchw(imagenet(cut(image, top + down, left + right)))

    return make


def crop_at_corner(bottom, right):
    def make(body):
        image = shortest(pillow(body))
        return nchw(imagenet(cut(image, bottom * (image.height - SIDE), right * (image.width - SIDE))))

    return make


def swapped_resize(body):
    """PIL expects (width, height): (height, width) of the result of ``shortest``."""
    image = pillow(body)
    width, height = shortest(image).size
    return nchw(imagenet(center(image.resize((height, width), BILINEAR))))


def swapped_axes(body):
    return np.ascontiguousarray(imagenet(center(shortest(pillow(body)))).transpose(2, 1, 0)[None])


def square_pillow(body):
    """LLaVA's expand2square."""
    image = pillow(body)
    edge = max(image.size)
    square = Image.new("RGB", (edge, edge), (0, 0, 0))
    square.paste(image, ((edge - image.width) // 2, (edge - image.height) // 2))
    return unit(square.resize((SIDE, SIDE), BILINEAR))[None]


def square_opencv(body):
    image = opencv(body)
    high, wide = image.shape[:2]
    edge = max(high, wide)
    top, left = (edge - high) // 2, (edge - wide) // 2
    gray = (114, 114, 114)
    image = cv2.copyMakeBorder(image, top, edge - high - top, left, edge - wide - left, cv2.BORDER_CONSTANT, value=gray)
    return nchw(unit(cv2.resize(image, (SIDE, SIDE))[..., ::-1]))


def square_top_left(body):
    image = opencv(body)
    edge = max(image.shape[:2])
    square = np.zeros((edge, edge, 3), np.uint8)
    square[: image.shape[0], : image.shape[1]] = image
    return nchw(unit(cv2.resize(square, (640, 640), interpolation=cv2.INTER_AREA)[..., ::-1]))


def bilinear(body, positions):
    """Bilinear by the positions of the new pixels among the old ones, from the middle of the first."""
    image = unit(pillow(body)).astype(np.float64)
    for _ in range(2):
        at = positions(len(image))
        first = np.floor(at).astype(int)
        share = (at - first)[:, None, None]
        image = image[first] * (1 - share) + image[np.minimum(first + 1, len(image) - 1)] * share
        image = image.transpose(1, 0, 2)
    return nchw((image.astype(np.float32) - MEAN) / STD)


def align_corners(body):
    return bilinear(body, lambda old: np.linspace(0, old - 1, SIDE))


def resize_as_tensorflow_1(body):
    return bilinear(body, lambda old: np.arange(SIDE) * (old / SIDE))


def reshape_to_planes(body):
    return unit(stretch(body)).reshape(1, 3, SIDE, SIDE)


def reshaped_back(body):
    return unit(stretch(body)).transpose(2, 0, 1).reshape(1, SIDE, SIDE, 3)


def gray_before(body):
    return nchw(imagenet(pillow(body).convert("L").convert("RGB").resize((SIDE, SIDE), BILINEAR)))


def gray_after(body):
    image = cv2.cvtColor(cv2.resize(opencv(body), (SIDE, SIDE)), cv2.COLOR_BGR2GRAY)
    return nchw(imagenet(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)))


def luma_after(body):
    return np.asarray(stretch(body).convert("L"), np.float32)[None, None] / np.float32(255)


def wrapped_mean(body):
    """NumPy's uint8 arithmetic wraps around."""
    return (np.asarray(stretch(body)) - np.array([124, 116, 104], np.uint8))[None]


def wrapped_cast(body):
    image = np.asarray(stretch(body), np.float32) - np.array([123.68, 116.779, 103.939], np.float32)
    return image.astype(np.int32).astype(np.uint8)[None]


def clipped_mean(body):
    image = np.asarray(stretch(body), np.float32) - np.array([123.68, 116.779, 103.939], np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)[None]


def clipped_normalized(body):
    return np.clip(imagenet(stretch(body)) * 255, 0, 255).astype(np.uint8)[None]


def hsv(body):
    return nchw(unit(cv2.cvtColor(cv2.resize(opencv(body), (SIDE, SIDE)), cv2.COLOR_BGR2HSV)))


def hsv_before(body):
    return nchw(unit(cv2.resize(cv2.cvtColor(opencv(body), cv2.COLOR_BGR2HSV), (SIDE, SIDE))))


def lab(body):
    return nchw(unit(cv2.cvtColor(cv2.resize(opencv(body), (SIDE, SIDE)), cv2.COLOR_BGR2LAB)))


def gbr(body):
    return nchw(imagenet(stretch(body))[..., [1, 2, 0]])


def zero_channel(body):
    array = nchw(imagenet(stretch(body)))
    array[:, 1] = 0
    return array


def thumbnail(body):
    image = pillow_lazy(body)
    image.thumbnail((64, 64))
    return nchw(unit(image.convert("RGB")))


def pillow_lazy(body):
    return Image.open(io.BytesIO(body))


def draft(body):
    image = pillow_lazy(body)
    image.draft("RGB", (160, 120))
    return nchw(imagenet(image.convert("RGB").resize((112, 112), BILINEAR)))


def reduced_decode(body):
    image = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
    return nchw(unit(cv2.resize(image, (128, 128))[..., ::-1]))


def reducing_gap(body):
    return nchw(imagenet(pillow(body).resize((96, 96), BICUBIC, reducing_gap=2.0)))


def twice(body):
    return nchw(imagenet(pillow(body).resize((EDGE, EDGE), BILINEAR).resize((SIDE, SIDE), BILINEAR)))


def twice_opencv(body):
    return nchw(unit(cv2.resize(cv2.resize(opencv(body), (300, 300)), (SIDE, SIDE))[..., ::-1]))


def compress(image, quality=75):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def compressed_before(body):
    return nchw(imagenet(compress(pillow(body)).resize((SIDE, SIDE), BILINEAR)))


def compressed_after(body):
    return nchw(imagenet(compress(stretch(body), 90)))


def compressed_opencv(body):
    image = cv2.resize(opencv(body), (SIDE, SIDE))
    return nchw(unit(opencv(cv2.imencode(".jpg", image)[1].tobytes())[..., ::-1]))


def bgr(body):
    return nchw(imagenet(cv2.resize(opencv(body), (SIDE, SIDE))))


def divided_twice(body):
    return nchw(unit(unit(stretch(body))))


def mirror(body):
    return nchw(imagenet(stretch(body))[:, ::-1])


def squash(body):
    return nchw(imagenet(center(pillow(body).resize((EDGE, EDGE), BILINEAR))))


def random_crop(body):
    image = shortest(pillow(body))
    return nchw(imagenet(cut(image, (image.height - SIDE) // 3, (image.width - SIDE) // 4)))


def padded_after(body):
    """PaddleOCR and RapidOCR: (x - 0.5) / 0.5, then zeros on the right."""
    image = opencv(body)
    wide = int(image.shape[1] * 48 / image.shape[0])
    array = np.zeros((1, 3, 48, 192), np.float32)
    array[0, :, :, :wide] = (unit(cv2.resize(image, (wide, 48))).transpose(2, 0, 1) - 0.5) / 0.5
    return array


def repeat_buffer(body):
    return nchw(imagenet(np.resize(opencv(body)[..., ::-1], (SIDE, SIDE, 3))))


def repeat_buffer_as_planes(body):
    return unit(np.resize(opencv(body), (3, SIDE, SIDE)))[None]


def four_channels(image, mode="RGBA"):
    """The pixels of a canvas or a screen, of which the first numbers are read as RGB."""
    pixels = np.asarray(image)[..., :: 1 if mode == "RGBA" else -1]
    height, width = pixels.shape[:2]
    buffer = np.dstack([pixels, np.full((height, width), 255, np.uint8)]).tobytes()
    return np.frombuffer(buffer, np.uint8, height * width * 3).reshape(height, width, 3)


def alpha_after(body):
    return unit(four_channels(stretch(body)))[None]


def alpha_after_bgra(body):
    return nchw(unit(four_channels(stretch(body), "BGRA")))


def alpha_before(body):
    image = Image.fromarray(four_channels(pillow(body)))
    return unit(image.resize((SIDE, SIDE), BILINEAR))[None]


def upside_down(body):
    image = cv2.resize(opencv(body)[..., ::-1], (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    return nchw(unit(image[::-1]))


def part_of_the_image(body):
    """RandomResizedCrop of a training pipeline."""
    image = pillow(body)
    width, height = image.size
    box = width // 5, height // 7, width // 5 + width // 2, height // 7 + height // 2 + 3
    return nchw(imagenet(image.crop(box).resize((SIDE, SIDE), BILINEAR)))


def darken(body):
    return nchw(imagenet(ImageEnhance.Brightness(stretch(body)).enhance(0.8)))


def cast_to_int8(body):
    """int8 of a quantized model without the zero point."""
    return np.asarray(stretch(body)).astype(np.int8)[None]


def truncate(body):
    image = cv2.resize(opencv(body).astype(np.float32), (SIDE, SIDE)).astype(np.uint8)
    return unit(image[..., ::-1])[None]


def gray_of_bgr(body):
    """COLOR_RGB2GRAY of BGR pixels."""
    return unit(cv2.cvtColor(cv2.resize(opencv(body), (SIDE, SIDE)), cv2.COLOR_RGB2GRAY))[None, None]


def side_of_a_square(body):
    return nchw(imagenet(cut(pillow(body).resize((300, 300), BILINEAR), 76, 0)))


def half_of_the_bits(body):
    """bfloat16 by dropping the lower half of float32."""
    bits = nchw(imagenet(stretch(body))).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


MISTAKES = {
    "part of the image": (
        part_of_the_image,
        "crop .*(below|above|right of|left of).*then stretched to 224x224 by Pillow b",
    ),
    "darker": (darken, "brightness or contrast changed|tone curve"),
    "int8 without a zero point": (cast_to_int8, "wrapped around in int8"),
    "fractions truncated": (truncate, "fractions truncated to uint8 after the resize"),
    "gray of BGR": (gray_of_bgr, "luma with red and blue swapped after the resize"),
    "side of a square": (side_of_a_square, "stretched to 300x300 by Pillow bilinear, then bottom left crop 224x224"),
    "bfloat16 by truncation": (half_of_the_bits, "Pillow bilinear.*ImageNet mean and std"),
    "crop a pixel down": (crop_off_by(1, 0), "crop 224x224, 1 pixel below the center"),
    "crop a pixel down and right": (crop_off_by(1, 1), "crop 224x224, 1 pixel below and 1 pixel right of"),
    "crop two pixels left": (crop_off_by(0, -2), "crop 224x224, 2 pixels left of the center"),
    "crop at the top left": (crop_at_corner(0, 0), "top left crop"),
    "crop at the bottom right": (crop_at_corner(1, 1), "bottom right crop"),
    "random crop": (random_crop, "crop 224x224.*pixels (above|left)"),
    "height and width swapped in the resize": (swapped_resize, "height and width swapped"),
    "height and width swapped in the transpose": (swapped_axes, "height and width swapped"),
    "square by Pillow": (square_pillow, "padded to a square with black, then stretched to 224x224 by Pillow bilinear"),
    "square by OpenCV": (square_opencv, "padded to a square with gray 114, then .* by OpenCV"),
    "square in the corner": (square_top_left, "padded to a square.*INTER_AREA"),
    "reshaped to channels first": (reshape_to_planes, "reshape"),
    "reshaped to channels last": (reshaped_back, "reshape"),
    "gray before the resize": (gray_before, "RGB to gray by luma, repeated in each channel"),
    "gray after the resize": (gray_after, "RGB to gray by the Y plane after the resize, repeated in each channel"),
    "convert L after the resize": (luma_after, "to gray by luma after the resize"),
    "wrapped mean": (wrapped_mean, "wrap"),
    "wrapped cast": (wrapped_cast, "wrap.*caffe mean, uint8"),
    "clipped mean": (clipped_mean, "clipped"),
    "clipped mean and std": (clipped_normalized, "clipped"),
    "HSV": (hsv, "HSV"),
    "HSV before the resize": (hsv_before, "HSV"),
    "Lab": (lab, "Lab"),
    "GBR": (gbr, "GBR"),
    "zeroed channel": (zero_channel, "channel 1 set to 0"),
    "thumbnail": (thumbnail, "at 1/2 of its size.*(to|into) 4.*thumbnail|at 1/2 of its size.*64.*thumbnail"),
    "draft": (draft, "1/2|1/4|draft"),
    "reduced decode": (reduced_decode, "1/2"),
    "reducing gap": (reducing_gap, "reducing_gap"),
    "aligned corners": (align_corners, "bilinear with align_corners=True"),
    "TensorFlow 1": (resize_as_tensorflow_1, "bilinear of TensorFlow 1"),
    "two resizes": (twice, "256x256.*224x224"),
    "two resizes by OpenCV": (twice_opencv, "300x300.*224x224"),
    "JPEG before the resize": (compressed_before, "JPEG.*75.*before"),
    "JPEG after the resize": (compressed_after, "JPEG.*90.*after"),
    "JPEG by OpenCV": (compressed_opencv, "JPEG.*95.*after"),
    "BGR": (bgr, "BGR"),
    "divided twice": (divided_twice, "255 twice"),
    "mirrored": (mirror, "mirrored|flipped"),
    "squashed": (squash, "stretched to 256x256, then center crop|256x256"),
    "padded after normalization": (padded_after, "padded to 48x192.*0"),
    "np.resize": (repeat_buffer, "np.resize instead of a resize"),
    "np.resize to channels first": (repeat_buffer_as_planes, "np.resize.*HWC values under the shape CHW"),
    "RGBA read as RGB": (alpha_after, r"four channels \(RGBA\) read as three after the resize"),
    "BGRA read as BGR": (alpha_after_bgra, r"four channels \(BGRA\) read as three after the resize.*NCHW"),
    "RGBA read as RGB before the resize": (alpha_before, r"four channels \(RGBA\) read as three before the resize"),
    "upside down after nearest neighbor": (
        upside_down,
        "flipped vertically.*INTER_NEAREST|INTER_NEAREST.*flipped vertically",
    ),
}
"""Name: the function from the bytes of an image file to the tensor, and a pattern of its description."""
