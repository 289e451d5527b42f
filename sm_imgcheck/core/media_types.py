"""Media types and file suffixes of images and tensors."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "BODY_TYPES",
    "IMAGE_SUFFIXES",
    "IMAGE_TYPES",
    "INPUT_SUFFIXES",
    "JPG",
    "RARE_IMAGE_SUFFIXES",
    "TENSOR_TYPES",
    "UNSUPPORTED_SUFFIXES",
    "suffix_of",
]

IMAGE_TYPES: Mapping[str, str] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
"""The content types that SageMaker containers support, by Pillow's name of the format."""
JPG = "image/jpg"
"""What some clients and containers call ``image/jpeg``."""
IMAGE_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif", ".avifs"),
    "JPEG2000": (".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"),
    "ICO": (".ico",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
"""By format: the suffixes of the images in a folder, the usual one first."""
RARE_IMAGE_SUFFIXES: Mapping[str, tuple[str, ...]] = {"JPEG": (".jps",), "TIFF": (".btf", ".tf8")}
"""By format: suffixes that name it too; files of a folder that have them are skipped."""
TENSOR_TYPES: Mapping[str, str] = {
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".json": "application/json",
}
"""By suffix of a tensor file."""
BODY_TYPES: Mapping[str, str] = {**TENSOR_TYPES, ".csv": "text/csv"}
"""By suffix of a file that holds a tensor as a request body."""
UNSUPPORTED_SUFFIXES = frozenset(
    {
        *(".heic", ".heif", ".hif", ".jxl"),
        *(".cr2", ".cr3", ".nef", ".nrw", ".arw", ".dng", ".orf", ".rw2", ".raf", ".pef", ".srw"),
    }
)
"""Suffixes of photographs that no decoder here reads: HEIC, JPEG XL and camera raw files."""
INPUT_SUFFIXES = frozenset(TENSOR_TYPES).union(UNSUPPORTED_SUFFIXES, *IMAGE_SUFFIXES.values())
"""Suffixes of the files in a folder that are candidates."""
_SUFFIXES: Mapping[str, str] = {
    **{content_type: suffix for suffix, content_type in BODY_TYPES.items()},
    **{content_type: IMAGE_SUFFIXES[form][0] for form, content_type in IMAGE_TYPES.items()},
    JPG: IMAGE_SUFFIXES["JPEG"][0],
    "application/jsonlines": ".jsonl",
}


def suffix_of(content_type: str) -> str:
    """The suffix of a file that holds a body of this content type, without its dot; ``bin`` for an unknown type."""
    return _SUFFIXES.get(content_type.partition(";")[0].strip().lower(), ".bin").removeprefix(".")
