"""``size``, ``crop_size``, ``crop_pct`` and ``pad_size`` of transformers as ``resize`` or ``geometry``."""

from __future__ import annotations

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Certainty, DraftBuilder
from sm_imgcheck.spec.importers._huggingface_classes import ProcessorClass
from sm_imgcheck.spec.importers._huggingface_sizes import (
    FULL_SIZE,
    MOST,
    Edges,
    edges_of,
    fixed_size,
    pair_of,
    pixels_of,
    short_text,
)
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["add_geometry"]

_RESAMPLE = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
"""Pillow's numbers: ``PIL.Image.Resampling``."""
_TORCH = {"nearest": "nearest-exact", "bilinear": "bilinear", "bicubic": "bicubic", "lanczos": "lanczos"}
_FLOAT_ROUNDING = (
    "max_height and max_width: an edge may be one pixel short by float rounding, which resize cannot express"
)
_ROUNDED_IN_4 = "crop offset of transformers 5; this class of transformers 4 rounds"
"""ConvNext, in whose torchvision class of transformers 4 the crop is torchvision's ``center_crop``."""
_LIBRARY_SOURCE = "not stated: the installed backend of transformers decides"
Size = tuple[int, int] | None
_Resize = tuple[dict[str, Json], Size, str]


@frozen
class _Step:
    """One step with the key that it comes from."""

    step: dict[str, Json]
    source: str
    certainty: Certainty
    placement: str = ""
    """Why the placement of a crop is only assumed; empty: it is known."""


def add_geometry(
    builder: DraftBuilder, settings: ClassSettings, processor: ProcessorClass, *, library: str
) -> tuple[int, int] | None:
    """Add ``resize`` or ``geometry``; returns height and width where every image gets the same."""
    if not any(settings.flag(key) for key in ("do_resize", "do_center_crop")) and not _pads(settings, processor):
        builder.infer("resize.mode", "none", settings.source("do_resize"))
        return None
    kernel = _kernel(builder, settings, processor, library)
    if kernel is None:
        return None
    edges = edges_of(settings.get("size"), settings, square=processor.square)
    if settings.flag("do_resize") and edges is None and processor.rule not in ("keep", "inexpressible"):
        builder.unknown("resize", f"size: got {short_text(settings.get('size'))}, expected pixels")
        return None
    reason = _class_problem(settings, processor, edges) or _inexpressible(processor, edges)
    if reason:
        builder.unknown("resize", reason)
        return fixed_size(edges)
    steps, size = _steps(settings, processor, edges or Edges(), kernel)
    if any(not 0 < side <= MOST for side in size or ()):
        builder.unknown("resize", "sizes: expected pixels from 1 to 65535")
        return None
    _write(builder, settings, steps, size)
    return size


def _pads(settings: ClassSettings, processor: ProcessorClass) -> bool:
    """Whether one image is padded."""
    if not settings.flag("do_pad"):
        return False
    has_own_pad = processor.rule in ("inexpressible", "eomt", "sapiens") or "Llava" in settings.owner
    return has_own_pad or _padding_divisor(settings) is not None or settings.get("pad_size") is not None


def _padding_divisor(settings: ClassSettings) -> int | None:
    """``size_divisor`` of a class that pads the image to its multiples, as DPT does; None for others."""
    if "ensure_multiple_of" not in settings.defaults or not settings.flag("do_pad"):
        return None
    return pixels_of(settings.get("size_divisor")) if settings.get("pad_size") is None else None


def _class_problem(settings: ClassSettings, processor: ProcessorClass, edges: Edges | None) -> str:
    """A step that only one class has and that the spec language cannot express."""
    if processor.rule == "perceiver" and settings.flag("do_center_crop"):
        return _not_square(settings, edges)
    if processor.rule == "eomt" and settings.flag("do_pad") and (edges is None or edges.shortest != edges.longest):
        return "do_pad: expected equal shortest_edge and longest_edge, because others pad by the orientation"
    if processor.rule == "sapiens" and settings.flag("do_resize") and settings.flag("do_pad"):
        return _FLOAT_ROUNDING
    return ""


def _inexpressible(processor: ProcessorClass, edges: Edges | None) -> str:
    if processor.rule == "inexpressible":
        return processor.note
    if processor.rule == "sam" and edges is not None and edges.longest is None:
        return "size: got height and width, expected longest_edge, which this class requires"
    if edges is not None and edges.longest is not None and edges.shortest is None and "max_size" in processor.defaults:
        return "size: got longest_edge alone, which transformers refuses for this class; add shortest_edge"
    if edges is not None and edges.bounded:
        return _FLOAT_ROUNDING
    return ""


def _not_square(settings: ClassSettings, edges: Edges | None) -> str:
    """Why the crop of Perceiver, a share of the shorter side, is not a square within the image; empty: it is one."""
    crop = pair_of(settings.get("crop_size"))
    if not crop or edges is None or not edges.height or not edges.width:
        return "size and crop_size: expected height and width"
    shares = edges.height / crop[0], edges.width / crop[1]
    if shares[0] != shares[1] or shares[0] > 1:
        return "size / crop_size: expected the same share, at most 1, of height and width, which crop can express"
    return ""


def _kernel(
    builder: DraftBuilder, settings: ClassSettings, processor: ProcessorClass, library: str
) -> dict[str, Json] | None:
    """Interpolation and library of the resize."""
    word = _interpolation(settings.get("resample"))
    if library == "torch":
        word = _TORCH.get(word, "")
    if not word:
        builder.unknown("resize", f"resample: got {short_text(settings.get('resample'))}, expected 0 to 5")
        return None
    if word == "lanczos" and library == "torch" and not processor.torch_only:
        builder.unknown("resize", "resample: lanczos, for which transformers 4 and torchvision before 0.27 use bicubic")
        return None
    kernel: dict[str, Json] = {"interpolation": word, "library": library}
    if processor.rule == "float" and (settings.flag("do_rescale") or settings.flag("do_normalize")):
        kernel["dtype"] = "float32"
    if not processor.antialias and word in ("bilinear", "bicubic", "lanczos"):
        kernel["antialias"] = False
    return kernel


def _interpolation(value: Json) -> str:
    if isinstance(value, str):
        word = value.lower().rpartition(".")[2].replace("pil_", "")
        return word if word in _RESAMPLE.values() else ""
    return _RESAMPLE.get(value, "") if isinstance(value, int) and not isinstance(value, bool) else ""


def _steps(
    settings: ClassSettings, processor: ProcessorClass, edges: Edges, kernel: dict[str, Json]
) -> tuple[list[_Step], Size]:
    source, certainty = settings.source("size"), settings.certainty("size")
    crop = pair_of(settings.get("crop_size")) if settings.flag("do_center_crop") else None
    steps: list[_Step] = []
    size: Size = None
    if processor.rule == "perceiver" and crop and edges.height and edges.width:
        steps.append(
            _Step(step={"crop": {"square": edges.height / crop[0]}}, source="size / crop_size", certainty="inferred")
        )
        crop = None
    if "Llava" in settings.owner and settings.flag("do_pad"):
        steps.append(_square_pad(settings))
    if settings.flag("do_resize"):
        resize, size, source = _resize(settings, processor, edges, source)
        steps.append(_Step(step={"resize": {**resize, **kernel}}, source=source, certainty=certainty))
        if processor.rule == "convnext" and edges.shortest is not None and edges.shortest < FULL_SIZE:
            size = (edges.shortest, edges.shortest)
            is_rounded = settings.owner.startswith("ConvNextImageProcessorFast")
            steps.append(_crop(size, source, certainty, placement=_ROUNDED_IN_4 if is_rounded else ""))
    if crop is not None:
        steps.append(_crop(crop, settings.source("crop_size"), settings.certainty("crop_size")))
        size = crop
    if processor.rule == "eomt" and settings.flag("do_pad") and edges.shortest:
        size = (edges.shortest, edges.shortest)
        square: Json = {"size": [*size], "position": "top_left", "fill": 0}
        steps.append(_Step(step={"pad": square}, source=settings.source("do_pad"), certainty=certainty))
    pad_size = pair_of(settings.get("pad_size")) if settings.flag("do_pad") else None
    divisor = _padding_divisor(settings)
    if divisor is not None:
        pad_step: Json = {"multiple_of": divisor, "position": "center", "units": "final", "fill": 0}
        source, certainty = settings.source("size_divisor"), settings.certainty("size_divisor")
        steps.append(_Step(step={"pad": pad_step}, source=source, certainty=certainty))
        size = None if size is None else (-(-size[0] // divisor) * divisor, -(-size[1] // divisor) * divisor)
    if pad_size is not None:
        pad: Json = {"size": list(pad_size), "position": "top_left", "units": "final", "fill": 0}
        steps.append(
            _Step(step={"pad": pad}, source=settings.source("pad_size"), certainty=settings.certainty("pad_size"))
        )
        size = pad_size
    return steps, size


def _crop(size: tuple[int, int], source: str, certainty: Certainty, *, placement: str = "") -> _Step:
    crop: Json = {"size": [*size], "rounding": "floor"}
    return _Step(step={"crop": crop}, source=source, certainty=certainty, placement=placement)


def _resize(settings: ClassSettings, processor: ProcessorClass, edges: Edges, source: str) -> _Resize:
    """Mode and size, the final size where it is fixed, and the source."""
    special = _special(settings, processor, edges, source) or _multiple(settings, processor, edges, source)
    if special is not None:
        return special
    if edges.shortest is not None:
        mode: dict[str, Json] = {"mode": "shortest_edge", "size": edges.shortest}
        if edges.longest is not None:
            mode |= {"max_size": edges.longest, "rounding": "detr"}
        return mode, None, source
    if edges.longest is not None:
        rounding = "half_up" if processor.rule == "sam" else "floor"
        return {"mode": "longest_edge", "size": edges.longest, "rounding": rounding}, None, source
    height, width = edges.height or 1, edges.width or 1
    return {"mode": "stretch", "size": [height, width]}, (height, width), source


def _special(settings: ClassSettings, processor: ProcessorClass, edges: Edges, source: str) -> _Resize | None:
    """The edge by the rule of the class; None for classes without such a rule."""
    edge, share = edges.shortest, settings.number("crop_pct")
    if processor.rule == "poolformer" and edge is None and edges.height == edges.width:
        edge = edges.height
    if processor.rule == "poolformer" and edge is None and edges.height and edges.width and share:
        height, width = int(edges.height / share), int(edges.width / share)
        return {"mode": "stretch", "size": [height, width]}, (height, width), f"{source}, {settings.source('crop_pct')}"
    if edge is None or processor.rule not in ("convnext", "levit", "poolformer"):
        return None
    if processor.rule == "convnext" and edge >= FULL_SIZE:
        return {"mode": "stretch", "size": [edge, edge]}, (edge, edge), f"{source}, from 384 on stretched"
    if processor.rule == "levit":
        return {"mode": "shortest_edge", "size": int(256 / 224 * edge)}, None, f"{source} x 256 / 224"
    if not share or not 0 < share <= 4:
        return None
    return {"mode": "shortest_edge", "size": int(edge / share)}, None, f"{source}, {settings.source('crop_pct')}"


def _multiple(settings: ClassSettings, processor: ProcessorClass, edges: Edges, source: str) -> _Resize | None:
    """A resize whose sides are rounded to multiples; None for others."""
    if edges.height and edges.width and "ensure_multiple_of" in settings.defaults:
        return _nearest_multiple(settings, (edges.height, edges.width), source)
    divisor = pixels_of(settings.get("size_divisor"))
    if divisor is None or not processor.multiple_rounding:
        return None
    source = f"{source}, {settings.source('size_divisor')}"
    if processor.rule != "keep" and edges.height and edges.width:
        if processor.multiple_rounding != "ceil":
            return None
        height, width = (-(-side // divisor) * divisor for side in (edges.height, edges.width))
        return {"mode": "stretch", "size": [height, width]}, (height, width), source
    mode: dict[str, Json] = {"mode": "keep"} if processor.rule == "keep" else {"mode": "shortest_edge"}
    if processor.rule != "keep":
        if edges.shortest is None:
            return None
        mode["size"] = edges.shortest
        if processor.rule == "vilt":
            mode |= {"max_size": int(1333 / 800 * edges.shortest), "rounding": "half_up"}
        elif edges.longest is not None and "longest_edge" in str(settings.defaults.get("size")):
            mode |= {"max_size": edges.longest, "rounding": "detr"}
    return {**mode, "multiple_of": divisor, "multiple_rounding": processor.multiple_rounding}, None, source


def _nearest_multiple(settings: ClassSettings, size: tuple[int, int], source: str) -> _Resize:
    """DPT: stretched, or scaled as little as possible, to multiples of ``ensure_multiple_of``."""
    multiple = pixels_of(settings.get("ensure_multiple_of")) or 1
    source = f"{source}, {settings.source('keep_aspect_ratio')}, {settings.source('ensure_multiple_of')}"
    if settings.flag("keep_aspect_ratio"):
        mode: dict[str, Json] = {"mode": "closest_edge", "size": [*size]}
        return {**mode, "multiple_of": multiple, "multiple_rounding": "round"}, None, source
    height, width = (max(round(side / multiple), 1) * multiple for side in size)
    return {"mode": "stretch", "size": [height, width]}, (height, width), source


def _square_pad(settings: ClassSettings) -> _Step:
    """LLaVA's padding to a square in the color of the mean, before the resize."""
    mean = numbers(settings.get("image_mean")) or [0.0]
    fill: list[Json] = [min(max(int(255 * entry), 0), 255) for entry in mean]
    pad: Json = {"square": True, "fill": fill}
    return _Step(step={"pad": pad}, source=settings.source("do_pad"), certainty=settings.certainty("do_pad"))


def _write(builder: DraftBuilder, settings: ClassSettings, steps: list[_Step], size: Size) -> None:
    """As ``resize`` if it has the keys for it, else as ``geometry``."""
    names = [next(iter(step.step)) for step in steps]
    resize = steps[0].step.get("resize") if steps else None
    shorthand = names == ["resize", "crop"] and size and isinstance(resize, dict) and resize["mode"] == "shortest_edge"
    if not isinstance(resize, dict) or not (shorthand or names == ["resize"]):
        for index, step in enumerate(steps):
            certainty = "assumed" if step.placement else step.certainty
            builder.add(f"geometry[{index}]", step.step, step.placement or step.source, certainty)
        return
    for key in ("mode", "size", "max_size", "rounding", "multiple_of", "multiple_rounding"):
        if key in resize:
            builder.add(f"resize.{key}", resize[key], steps[0].source, steps[0].certainty)
    if shorthand:
        builder.add("resize.crop", "center", steps[1].source, steps[1].certainty)
        placement = steps[1].placement
        source = placement or "crop offset of transformers"
        builder.add("resize.crop_rounding", "floor", source, "assumed" if placement else "default")
    builder.add(
        "resize.interpolation", resize["interpolation"], settings.source("resample"), settings.certainty("resample")
    )
    for key in ("library", "dtype", "antialias"):
        if key in resize:
            builder.add(f"resize.{key}", resize[key], _LIBRARY_SOURCE, "assumed")
