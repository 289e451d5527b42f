"""Frozen types and pure arithmetic on them. The version of the package, which the build reads from here."""

__all__ = ["__version__"]

__version__ = "0.1.0"
