"""The time of ``frozen`` against ``dataclass``: to make types, which every command does at its start, and values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import thread_time

from sm_imgcheck.core.frozen import frozen

TYPES, VALUES, ROUNDS = 60, 20_000, 7
FIELDS = {f"field_{number}": "int" for number in range(8)}
REQUIRED = {f"field_{number}": number for number in range(4)}


def plain(kind: type) -> type:
    """The same by the standard library."""
    return dataclass(frozen=True, slots=True, kw_only=True)(kind)


def make_type(decorate: Callable[[type], type]) -> type:
    """A type of four required fields, three with defaults, and one with a factory."""
    defaults = {"field_4": 4, "field_5": 5, "field_6": 6, "field_7": field(default_factory=dict)}
    return decorate(type("Example", (), {"__module__": __name__, "__annotations__": dict(FIELDS), **defaults}))


def best(work: Callable[[], object]) -> float:
    """Least processor seconds of several rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = thread_time()
        work()
        seconds.append(thread_time() - start)
    return min(seconds)


def main() -> None:
    """Print both times of both."""
    for name, decorate in (("frozen", frozen), ("dataclass", plain)):
        types = best(lambda decorate=decorate: [make_type(decorate) for _ in range(TYPES)])
        kind = make_type(decorate)
        values = best(lambda kind=kind: [kind(**REQUIRED) for _ in range(VALUES)])
        print(f"{name:10}{TYPES} types {types * 1e3:5.1f} ms; a value {values / VALUES * 1e6:.2f} us")


if __name__ == "__main__":
    main()
