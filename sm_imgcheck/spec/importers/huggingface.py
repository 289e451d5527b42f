"""Hugging Face ``preprocessor_config.json``: image processors and feature extractors; the class has the defaults."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.suggestions import nearest
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._huggingface_classes import AUDIO_WORDS, CLASSES, DYNAMIC, MODEL_TYPES, ProcessorClass
from sm_imgcheck.spec.importers._huggingface_geometry import add_geometry
from sm_imgcheck.spec.importers._huggingface_steps import (
    ignored_settings,
    release_of,
    unsettled_geometry,
    unsettled_layout,
    unsettled_values,
)
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "Hugging Face image processor"
_NESTED = ("config", "image_processor", "feature_extractor")
_OLD_NAMES = {"size_divisibility": "size_divisor", "pad_and_return_pixel_mask": "do_pad", "rescale": "do_rescale"}
_TILES = ("do_pan_and_scan", "crop_to_patches", "do_split_image")
"""Switches by which a class cuts one image into several."""
_TYPES = ("image_processor_type", "feature_extractor_type")
_VISION = {"image_size", "num_channels", "patch_size", "vision_config", "backbone"}
_AUDIO_KEYS = {"sampling_rate", "feature_size", "num_mel_bins", "chunk_length", "n_fft"}
_SUFFIXES = ("Fast", "Pil")
_KINDS = ("ImageProcessor", "FeatureExtractor")


def matches(file: SourceFile) -> float:
    """By the keys of the JSON object, those of other processors included."""
    document = file.object
    settings = _settings_of(document)
    if "pretrained_cfg" in document or "preprocess_cfg" in document:
        return 0.0
    if _is_model_configuration(settings):
        return 0.6 if file.base != "config.json" or file.sibling("preprocessor_config.json") is None else 0.0
    if any(key in settings for key in (*_TYPES, "video_processor_type", "tokenizer_class")):
        return 0.95
    own_keys = {
        "do_resize",
        "do_normalize",
        "do_rescale",
        "do_center_crop",
        "image_mean",
        "image_std",
        "do_convert_rgb",
    }
    if len(own_keys & settings.keys()) >= 2:
        return 0.9
    return 0.9 if len(_AUDIO_KEYS & settings.keys()) >= 2 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of ``pixel_values``."""
    del input_name
    given_keys = _current_names(_settings_of(file.object))
    class_name = _class_name(file, given_keys)
    stem, kind, backend = _split(class_name)
    processor = _find_class(file, class_name, stem, given_keys)
    release = release_of(kind, backend)
    builder = DraftBuilder(file)
    settings = _settings(builder, processor, class_name, given_keys, ignored_settings(stem, release))
    if reason := unsettled_values(stem, settings, release):
        builder.unknown("value_range", reason)
    else:
        _add_values(builder, settings)
    if reason := unsettled_layout(stem, settings):
        builder.unknown("layout", reason)
        builder.unknown("shape", reason)
    library = "torch" if processor.torch_only or release == "fast" else "pillow"
    size = None
    if problem := unsettled_geometry(stem, processor, settings, release):
        builder.unknown("resize", problem)
    else:
        size = add_geometry(builder, settings, processor, library=library)
    _add_library(builder, processor, backend, library, old=release == "4")
    _add_tensor(builder, settings, processor, size, open_reason=problem or "no fixed size")
    if release != "4":
        _note_old_defaults(builder, processor, class_name, given_keys)
    if processor.note:
        builder.note(processor.note)
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=10,
    title=_TITLE,
    requires="preprocessor_config.json with image_processor_type or feature_extractor_type",
    marks=("preprocessor_config", "image_processor_type", "image_mean", "do_resize", "do_normalize", "transformers"),
    matches=matches,
    read=read,
)


def _settings(
    builder: DraftBuilder,
    processor: ProcessorClass,
    class_name: str,
    given_keys: Mapping[str, Json],
    ignored_keys: frozenset[str],
) -> ClassSettings:
    """The settings that the class applies, over its defaults; others are noted."""
    old = processor.old or {}
    is_old = class_name.endswith("FeatureExtractor")
    label = f"{class_name} of transformers {'4' if is_old else '5'}" if old else class_name
    unused_keys = sorted(key for key in ignored_keys if given_keys.get(key))
    if unused_keys:
        builder.note(
            f"{', '.join(unused_keys)}: {class_name} does not apply {'it' if len(unused_keys) == 1 else 'them'}"
        )
    if given_keys.get(processor.size_key) is not None:
        given_keys = {**given_keys, "size": given_keys[processor.size_key]}
    return ClassSettings(
        given_keys={key: value for key, value in given_keys.items() if key not in ignored_keys},
        defaults={
            key: value
            for key, value in {**processor.defaults, **(old if is_old else {})}.items()
            if key not in ignored_keys
        },
        owner=label,
    )


def _note_old_defaults(
    builder: DraftBuilder, processor: ProcessorClass, class_name: str, given_keys: Mapping[str, Json]
) -> None:
    """Note absent keys whose default differs between transformers 4 and 5."""
    old = processor.old or {}
    keys = [key for key in old if old[key] != processor.defaults.get(key) and key not in given_keys]
    if keys:
        values = ", ".join(f"{key} {old[key]}" for key in keys)
        builder.note(
            f"{', '.join(keys)}: absent, with different defaults of {class_name} in transformers 4 and 5; assumed 5, "
            f"4 has {values}"
        )


def _is_model_configuration(settings: Mapping[str, Json]) -> bool:
    """Whether it is the config.json of a vision model, sometimes saved under the name of the processor's file."""
    has_model = "model_type" in settings and "architectures" in settings
    return has_model and not any(key in settings for key in (*_TYPES, "image_mean")) and bool(_VISION & settings.keys())


def _settings_of(document: Mapping[str, Json]) -> Mapping[str, Json]:
    """The settings, which some files nest under another key."""
    if any(key in document for key in _TYPES):
        return document
    for key in _NESTED:
        inner = document.get(key)
        if isinstance(inner, Mapping) and (any(name in inner for name in _TYPES) or "image_mean" in inner):
            return inner
    return document


def _current_names(given_keys: Mapping[str, Json]) -> Mapping[str, Json]:
    """Keys that older files spell differently, under their name of today."""
    current = {_OLD_NAMES[key]: value for key, value in given_keys.items() if key in _OLD_NAMES}
    return {**current, **given_keys}


def _class_name(file: SourceFile, given_keys: Mapping[str, Json]) -> str:
    for key in _TYPES:
        if isinstance(name := given_keys.get(key), str) and name:
            return name
    where = for_terminal(file.name)
    if _is_model_configuration(given_keys):
        model_type = for_terminal(str(given_keys["model_type"])[:40])
        raise ImgcheckError(
            f"{where}: content: got the configuration of a {model_type} model, which has no preprocessing, expected "
            "the preprocessor_config.json that image_processor.save_pretrained writes"
        )
    if _AUDIO_KEYS & given_keys.keys():
        raise ImgcheckError(f"{where}: processor: got an audio processor (sampling_rate), expected an image processor")
    if "tokenizer_class" in given_keys:
        raise ImgcheckError(f"{where}: processor: got a tokenizer (text), expected an image processor")
    if "video_processor_type" in given_keys:
        raise ImgcheckError(f"{where}: processor: got a video processor, expected an image processor")
    model_type = _model_type(file)
    if model_type in MODEL_TYPES:
        return f"{MODEL_TYPES[model_type]}FeatureExtractor"
    raise ImgcheckError(
        f"{where}: image_processor_type: got none, expected the class, which decides the defaults; add it, such as "
        '"image_processor_type": "ViTImageProcessor", or import the folder with config.json'
    )


def _model_type(file: SourceFile) -> str:
    neighbor = file.sibling("config.json")
    return str(neighbor.object.get("model_type", "")) if neighbor is not None else ""


def _split(class_name: str) -> tuple[str, str, str]:
    """Stem, kind and backend of a class name: CLIP, ImageProcessor, Fast."""
    bare, backend = class_name, ""
    for suffix in _SUFFIXES:
        if bare.endswith(suffix):
            bare, backend = bare.removesuffix(suffix), suffix
    for kind in _KINDS:
        if bare.endswith(kind):
            return bare.removesuffix(kind), kind, backend
    return bare, "", backend


def _find_class(file: SourceFile, class_name: str, stem: str, given_keys: Mapping[str, Json]) -> ProcessorClass:
    where, label = for_terminal(file.name), for_terminal(class_name)
    if stem in CLASSES and not any(given_keys.get(key) is True for key in _TILES):
        return CLASSES[stem]
    is_image_class = "image_processor_type" in given_keys and "auto_map" in given_keys
    if any(word in class_name.lower() for word in AUDIO_WORDS) or (
        _AUDIO_KEYS & given_keys.keys() and not is_image_class
    ):
        raise ImgcheckError(f"{where}: processor: got an audio processor ({label}), expected an image processor")
    if stem in DYNAMIC or stem in CLASSES:
        raise ImgcheckError(
            f"{where}: image_processor_type: got {label}, whose result is not one image tensor from one resize "
            "(patches, tiles, frames, pairs, an image trimmed by its content or resized twice); expected a class with "
            "one resize"
        )
    is_custom = "auto_map" in given_keys
    hint = ("" if is_custom else nearest(stem, tuple(CLASSES))) or f"; {len(CLASSES)} classes are known"
    own_keys = " (custom code: auto_map)" if is_custom else ""
    raise ImgcheckError(
        f"{where}: image_processor_type: got {label}{own_keys}, expected a known class, because the class decides the "
        f"defaults{hint}"
    )


def _add_values(builder: DraftBuilder, settings: ClassSettings) -> None:
    rescale, normalize = settings.flag("do_rescale"), settings.flag("do_normalize")
    factor = settings.number("rescale_factor") if rescale else 1.0
    if factor is None:
        builder.unknown("value_range", "rescale_factor: expected a number")
        return
    offset = -1.0 if rescale and settings.flag("rescale_offset") else 0.0
    source = settings.source("rescale_factor" if rescale else "do_rescale")
    certainty = settings.certainty("rescale_factor" if rescale else "do_rescale")
    if offset:
        source += ", rescale_offset"
    divides_again = settings.flag("include_top")  # EfficientNet: after the normalization, and also without it
    if not normalize and not divides_again:
        add_scaled(builder, factor=factor, mean=None, std=None, offset=offset, source=source, certainty=certainty)
        return
    mean = numbers(settings.get("image_mean")) if normalize else [0.0]
    std = numbers(settings.get("image_std"))
    if mean is None or std is None:
        builder.unknown("value_range", "image_mean and image_std: expected numbers")
        return
    std_source = settings.source("image_std")
    if divides_again:
        std = [entry * entry for entry in std] if normalize else std
        std_source += ", include_top (a second division by image_std)" if normalize else ", include_top"
    add_scaled(
        builder,
        factor=factor,
        mean=mean,
        std=std,
        offset=offset,
        order="RGB" if len(mean) > 1 or len(std) > 1 else "",
        source=source,
        certainty=certainty,
        mean_source=settings.source("image_mean"),
        std_source=std_source,
        mean_certainty=settings.certainty("image_mean"),
        std_certainty=settings.certainty("image_std"),
    )


def _add_library(builder: DraftBuilder, processor: ProcessorClass, backend: str, library: str, *, old: bool) -> None:
    geometry = [field for field in builder.fields.values() if field.top in ("resize", "geometry")]
    if not any(field.certainty != "unknown" for field in geometry):
        return
    if processor.torch_only or backend or old:
        reason = "the only backend" if processor.torch_only else "by the class name"
        builder.note(f"resize.library: {library}: {reason}")
        return
    builder.note(
        "resize.library: assumed pillow, as in transformers 4 without use_fast; transformers 5 with torchvision "
        "resizes like library: torch, a difference of at most 2 gray levels"
    )


def _add_gray(builder: DraftBuilder, *, last: bool, size: tuple[int, int] | None) -> None:
    """One channel, which custom code or a gray image gives the class."""
    height, width = size or ("H", "W")
    builder.state("channel_order", "GRAY", "num_channels")
    builder.state("shape", ["N", height, width, 1] if last else ["N", 1, height, width], "num_channels, size")


def _add_tensor(
    builder: DraftBuilder,
    settings: ClassSettings,
    processor: ProcessorClass,
    size: tuple[int, int] | None,
    *,
    open_reason: str,
) -> None:
    """Add the tensor's fields. size: height and width; None where they are open. open_reason: the reason."""
    last = settings.get("data_format") in ("channels_last", "ChannelDimension.LAST")
    order = "BGR" if processor.bgr or settings.flag("do_flip_channel_order") else "RGB"
    if settings.flag("do_grayscale"):
        builder.unknown("channel_order", "do_grayscale: gray, repeated in three channels, which a spec cannot express")
    elif settings.get("num_channels") == 1:
        _add_gray(builder, last=last, size=size)
        order = "GRAY"
    elif processor.bgr:
        builder.default("channel_order", order, f"{settings.owner} reverses the channels")
    elif order == "BGR":
        builder.infer("channel_order", order, settings.source("do_flip_channel_order"))
    elif settings.flag("do_convert_rgb") and "do_convert_rgb" in settings.given_keys:
        builder.state("channel_order", order, "do_convert_rgb")
    else:
        builder.assume("channel_order", order, "not stated; RGB by convention of transformers")
    height, width = size or ("H", "W")
    source = "size and crop_size" if size else open_reason
    shape: list[Json] = ["N", height, width, 3] if last else ["N", 3, height, width]
    builder.infer("shape", shape, source)
    if "data_format" in settings.given_keys:
        builder.state("layout", "NHWC" if last else "NCHW", "data_format")
    else:
        builder.default("layout", "NCHW", "pixel_values of transformers: channels first where data_format is absent")
    builder.default("name", "pixel_values", "name of the image input in transformers")
    if settings.flag("do_rescale") or settings.flag("do_normalize"):
        builder.assume("dtype", "float32", "not stated; float32 by convention of transformers")
    else:
        builder.infer("dtype", "uint8", "neither do_rescale nor do_normalize: pixels stay uint8")
    builder.assume("decode.exif", "apply", "not stated; load_image of transformers applies the orientation")
