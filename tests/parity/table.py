"""Every preprocessor that is compared."""

from parity import of_keras, of_opencv, of_pillow, of_tensorflow, of_timm, of_torchvision, of_transformers

FAMILIES = (of_pillow, of_keras, of_tensorflow, of_torchvision, of_transformers, of_timm, of_opencv)
TABLE = {one.name: one for family in FAMILIES for one in family.TABLE}
