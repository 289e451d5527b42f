"""SHA-256 of bytes and of values.

The libraries are imported when a digest is computed: hashlib loads OpenSSL in 2.3 ms, a twentieth of what ``validate``
adds to the import of NumPy and typer, and a report of text has no digest (``tests/bench/startup.py``).
"""

from __future__ import annotations

__all__ = ["sha256_of", "sha256_of_json"]


def sha256_of(body: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    import hashlib

    return hashlib.sha256(body).hexdigest()


def sha256_of_json(value: object) -> str:
    """Return the SHA-256 of a value as canonical JSON: keys sorted, no spaces. Raises ValueError for NaN."""
    import json

    return sha256_of(json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode())
