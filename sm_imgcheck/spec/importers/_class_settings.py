"""Keys of a configuration with the defaults of its class."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._draft import Certainty
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["ClassSettings"]


@frozen
class ClassSettings:
    """What a file gives, over the defaults of a class."""

    given_keys: Mapping[str, Json]
    defaults: Mapping[str, Json]
    owner: str
    """The class, as messages name it."""

    def has(self, key: str) -> bool:
        """Whether the file gives the key; null is absent."""
        return self.given_keys.get(key) is not None

    def get(self, key: str) -> Json:
        """The value in the file, or the default."""
        return self.given_keys[key] if self.has(key) else self.defaults.get(key)

    def flag(self, key: str) -> bool:
        """Whether the value is true."""
        value = self.get(key)
        return value.strip().lower() in ("true", "yes", "1") if isinstance(value, str) else bool(value)

    def number(self, key: str) -> float | None:
        """One finite number, or None."""
        values = numbers(self.get(key))
        return values[0] if values is not None and len(values) == 1 else None

    def source(self, key: str) -> str:
        """The key, or whose default it is where the file does not give it."""
        return key if self.has(key) else f"{key}: default of {self.owner}, the key is absent"

    def certainty(self, key: str) -> Certainty:
        """Stated or default."""
        return "stated" if self.has(key) else "default"
