"""The sizes and positions computed by the libraries themselves, for thousands of image sizes."""

import numpy as np

from sm_imgcheck.core.placement import crop_box, letterbox_place, pad_place
from sm_imgcheck.core.sizes import resized_size

EDGE, LIMIT, FRAME = 224, 333, (192, 256)


def to(mode, size, rounding="floor", max_size=None, **multiple):
    def tool_size(height, width):
        return resized_size(
            mode=mode, size=size, max_size=max_size, rounding=rounding, **multiple, height=height, width=width
        )

    return tool_size


def torchvision_edges(max_size):
    def library_size(height, width):
        from torchvision.transforms.functional import _compute_resized_output_size

        return tuple(_compute_resized_output_size((height, width), [EDGE], max_size))

    return library_size


def detr_edges(height, width):
    from transformers.image_transforms import get_size_with_aspect_ratio

    return get_size_with_aspect_ratio((height, width), EDGE, LIMIT)


def sam_edges(height, width):
    from transformers import SamImageProcessor

    return SamImageProcessor()._get_preprocess_shape((height, width), EDGE)


def dpt_edges(multiple):
    def library_size(height, width):
        from transformers.models.dpt.image_processing_dpt import get_resize_output_image_size

        size = get_resize_output_image_size(np.empty((height, width)), FRAME, True, multiple)
        return max(size.height, multiple), max(size.width, multiple)

    return library_size


def vilt_edges(height, width):
    from transformers.models.bridgetower.image_processing_bridgetower import get_resize_output_image_size

    longer = int(1333 / 800 * EDGE)
    edges = get_resize_output_image_size(np.empty((3, height, width)), EDGE, longer, 32)
    return tuple(max(edge, 32) for edge in edges)


def yolos_edges(height, width):
    from transformers.models.yolos.image_processing_yolos import get_size_with_aspect_ratio_yolos

    return tuple(max(edge, 16) for edge in get_size_with_aspect_ratio_yolos((height, width), EDGE, LIMIT))


def keras_frame(height, width):
    """Ones in a frame of zeros, resized to the frame's own size, show the frame."""
    import keras

    ones = np.ones((1, height, width, 1), np.float32)
    frame = pad_place(aspect=FRAME, position="center", height=height, width=width)
    scaled = [side * 4 for side in FRAME]
    library_size = keras.ops.image.resize(
        ones, scaled, "nearest", pad_to_aspect_ratio=True, data_format="channels_last"
    )
    tool_size = np.zeros((1, *frame[2:], 1), np.float32)
    tool_size[:, frame[0] : frame[0] + height, frame[1] : frame[1] + width] = 1
    same = np.array_equal(
        keras.ops.image.resize(tool_size, scaled, "nearest", data_format="channels_last"), library_size
    )
    return frame if same else None


def frame_of_aspect(height, width):
    return pad_place(aspect=FRAME, position="center", height=height, width=width)


def timm_edges(longest, size):
    def library_size(height, width):
        from timm.data.transforms import ResizeKeepRatio

        class ImageSize:
            """The attributes that the rule reads."""

        import timm.data.transforms as module

        kept, module.F.get_dimensions = module.F.get_dimensions, lambda _: [3, height, width]
        try:
            return tuple(ResizeKeepRatio.get_params(ImageSize(), size, longest))
        finally:
            module.F.get_dimensions = kept

    return library_size


def letterbox_rule(library, size=FRAME, multiple_of=None):
    def tool_size(height, width):
        return letterbox_place(library=library, size=size, multiple_of=multiple_of, height=height, width=width)

    return tool_size


def ultralytics_box(auto):
    def library_size(height, width):
        from ultralytics.data.augment import LetterBox

        found = LetterBox(FRAME, auto=auto, stride=32).get_params({"img": np.empty((height, width, 1), np.uint8)})
        inner_width, inner_height = found["new_unpad"]
        frame = (inner_height + found["top"] + found["bottom"], inner_width + found["left"] + found["right"])
        return (found["top"], found["left"], inner_height, inner_width, *frame)

    return library_size


def tensorflow_box(height, width):
    """Ones in the frame of zeros show the position of the image."""
    import tensorflow as tf

    done = tf.image.resize_with_pad(np.ones((height, width, 1), np.float32), *FRAME, method="nearest").numpy()
    rows, columns = np.flatnonzero(done.any(axis=(1, 2))), np.flatnonzero(done.any(axis=(0, 2)))
    return (rows[0], columns[0], len(rows), len(columns), *FRAME)


def cut(**how):
    def tool_size(height, width):
        return crop_box(**how, height=height, width=width)[:2]

    return tool_size


def torchvision_cut(height, width):
    """Where the first pixel of the crop, or of the image inside it, comes from."""
    from torchvision.transforms.v2 import functional

    return first_pixel(lambda image: functional.center_crop(image, list(FRAME)), height, width)


def transformers_cut(backend):
    def library_size(height, width):
        import transformers

        processor = getattr(transformers, f"CLIPImageProcessor{backend}")()
        size = transformers.image_utils.SizeDict(height=FRAME[0], width=FRAME[1])
        return first_pixel(lambda image: processor.center_crop(image, size), height, width, numpy=bool(backend))

    return library_size


def first_pixel(crop, height, width, *, numpy=False):
    import torch

    rows = torch.arange(1, height + 1, dtype=torch.int32)[None, :, None].expand(1, height, width)
    columns = torch.arange(1, width + 1, dtype=torch.int32)[None, None, :].expand(1, height, width)
    found = []
    for axis, line in enumerate((rows, columns)):
        done = np.asarray(crop(line.numpy() if numpy else line))[0]
        done = done.max(axis=1 - axis)
        start = int(np.flatnonzero(done)[0])
        found.append(int(done[start]) - 1 - start)
    return tuple(found)


RULES = {
    "torchvision shorter edge": (to("shortest_edge", EDGE, "floor"), torchvision_edges(None)),
    "torchvision max_size": (to("shortest_edge", EDGE, "floor", LIMIT), torchvision_edges(LIMIT)),
    "transformers DETR": (to("shortest_edge", EDGE, "detr", LIMIT), detr_edges),
    "transformers SAM": (to("longest_edge", EDGE, "half_up"), sam_edges),
    "transformers DPT": (to("closest_edge", list(FRAME)), dpt_edges(1)),
    "transformers DPT multiple": (to("closest_edge", list(FRAME), multiple_of=14), dpt_edges(14)),
    "transformers ViLT": (
        to("shortest_edge", EDGE, "half_up", int(1333 / 800 * EDGE), multiple_of=32, multiple_rounding="floor"),
        vilt_edges,
    ),
    "transformers YOLOS": (
        to("shortest_edge", EDGE, "detr", LIMIT, multiple_of=16, multiple_rounding="floor"),
        yolos_edges,
    ),
    "keras pad_to_aspect_ratio": (frame_of_aspect, keras_frame),
    "timm longest": (to("longest_edge", EDGE, "round"), timm_edges(1.0, (EDGE, EDGE))),
    "timm cover": (to("cover", list(FRAME), "round"), timm_edges(0.0, FRAME)),
    "ultralytics": (letterbox_rule("opencv"), ultralytics_box(auto=False)),
    "ultralytics auto": (letterbox_rule("opencv", multiple_of=32), ultralytics_box(auto=True)),
    "tf resize_with_pad": (letterbox_rule("tensorflow"), tensorflow_box),
    "torchvision crop": (cut(size=FRAME, rounding="round"), torchvision_cut),
    "transformers crop": (cut(size=FRAME, rounding="floor"), transformers_cut("")),
    "transformers crop Pil": (cut(size=FRAME, rounding="floor", pad_side="before"), transformers_cut("Pil")),
}
SLOW = {
    "keras pad_to_aspect_ratio", "tf resize_with_pad", "torchvision crop", "transformers crop", "transformers crop Pil",
    "transformers SAM",
}  # fmt: skip


def sizes(number):
    """Ordinary and odd image sizes, many of them with exact halves in some rule."""
    rng = np.random.default_rng(0)
    drawn = [(int(h), int(w)) for h, w in rng.integers(20, 1400, (number, 2))]
    return [*((h, w) for h in (224, 448, 449, 1024, 2048) for w in (223, 224, 225, 447, 1025)), *drawn]


def compare_rules():
    """Print a line for each rule; return the names of those that differ anywhere."""
    failed = []
    for name, (tool_size, library_size) in RULES.items():
        checked = sizes(200 if name in SLOW else 5000)
        apart = [size for size in checked if tuple(tool_size(*size)) != tuple(library_size(*size))]
        print(f"{'FAIL' if apart else 'ok  '} {name:52} {len(checked)} sizes, {len(apart)} differ", flush=True)
        for height, width in apart[:2]:
            print(f"     {height}x{width} (HxW): {tool_size(height, width)}, the library {library_size(height, width)}")
        failed += [name] if apart else []
    return failed
