"""Which versions of which libraries make the pixels: another one may make others, by some grey levels."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from sm_imgcheck import __version__

__all__ = ["libraries"]

_OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")


def libraries() -> dict[str, str]:
    """By name. libjpeg-turbo is the one inside of Pillow; the others bring their own, which goes by their version."""
    from PIL import features

    found = {
        "libjpeg-turbo": features.version_feature("libjpeg_turbo") or "",
        "numpy": version("numpy"),
        "opencv": _opencv(),
        "pillow": version("pillow"),
        "simplejpeg": version("simplejpeg"),
        "sm-imgcheck": __version__,
    }
    return {name: str(number) for name, number in found.items()}


def _opencv() -> str:
    """By the name of its package, whichever it came in; asking the module itself takes 100 ms."""
    for name in _OPENCV:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return str(import_module("cv2").__version__)
