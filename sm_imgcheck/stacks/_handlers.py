"""Text that several handlers share."""

__all__ = ["ACCEPTS"]

ACCEPTS = '''IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff", "image/gif")


def to_tensor(body: bytes, content_type: str) -> np.ndarray:
    """The model's tensor from an encoded image, or from a tensor that was made beforehand (.npy, pickles refused)."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind in IMAGE_TYPES or kind == "application/x-image":
        return preprocess(body)
    if kind == "application/x-npy":
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise ValueError(f"content type {content_type!r}: send one of {', '.join(IMAGE_TYPES)} or application/x-npy")'''
