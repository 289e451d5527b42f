"""Media types and file suffixes of images and tensors."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["IMAGE_TYPES", "TENSOR_TYPES"]

IMAGE_TYPES: Mapping[str, str] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
"""By Pillow's name of the format: the types that containers of SageMaker know."""
TENSOR_TYPES: Mapping[str, str] = {
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".json": "application/json",
    ".csv": "text/csv",
}
"""By suffix of the file."""
