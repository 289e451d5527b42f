"""Libraries by the names that ops and specs give them."""

__all__ = ["LIBRARIES", "PILLOW_UP_TO_12"]

PILLOW_UP_TO_12 = " (up to 12)"
"""Marks Pillow's order of passes before 13."""
LIBRARIES = {
    "pillow": "Pillow",
    "pillow12": f"Pillow{PILLOW_UP_TO_12}",
    "opencv": "OpenCV",
    "tensorflow": "TensorFlow",
    "torch": "PyTorch",
}
