"""Text that several handlers share."""

from sm_imgcheck.core.media_types import IMAGE_TYPES

__all__ = ["ACCEPTS"]

_TYPES = ", ".join(f'"{IMAGE_TYPES[form]}"' for form in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"))
ACCEPTS = f"""IMAGE_TYPES = ({_TYPES})
"""
ACCEPTS += '''


def to_tensor(body: bytes, content_type: str) -> np.ndarray:
    """The model's tensor from an encoded image, or from a tensor that was made beforehand (.npy, pickles refused)."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind in IMAGE_TYPES or kind == "application/x-image":
        return preprocess(body)
    if kind == "application/x-npy":
        return ready_tensor(body)
    raise ValueError(f"content type {content_type!r}: send one of {', '.join(IMAGE_TYPES)} or application/x-npy")


def ready_tensor(body: bytes) -> np.ndarray:
    """The tensor of a .npy body; its header is compared with the model's input before memory is allocated."""
    file = io.BytesIO(body)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in read:
        raise ValueError(f".npy version {version} cannot be read: write 1.0 or 2.0")
    shape, _, dtype = read[version](file)
    lengths = $lengths  # shortest and longest length of each axis; None: no limit
    fits = len(shape) == len(lengths) and all(
        low <= length <= (length if high is None else high)
        for length, (low, high) in zip(shape, lengths)
    )
    if dtype.name != $dtype or not dtype.isnative or not fits:
        raise ValueError(f"got a tensor {list(shape)} of {dtype}, expected " + $input)
    if dtype.itemsize * math.prod(shape) != len(body) - file.tell():
        raise ValueError(f"the .npy header declares {list(shape)} of {dtype}, {len(body) - file.tell()} bytes follow")
    return np.ascontiguousarray(np.load(io.BytesIO(body), allow_pickle=False))'''
