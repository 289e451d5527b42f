"""Mutable types with short creation times."""

from dataclasses import field, fields

import pytest

from sm_imgcheck.core.frozen import frozen, mutable, replace_fields


@mutable
class Counts:
    """A type with every kind of field."""

    name: str
    number: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.number += 1
        self.names.append(name)


def test_mutable_value_changes_and_equals_itself_only():
    counts, other = Counts(name="a"), Counts(name="a")
    counts.add("x")
    assert (counts.number, counts.names, other.number, other.names) == (1, ["x"], 0, [])
    assert counts == counts
    assert Counts(name="a") != other
    assert len({counts, other}) == 2


def test_mutable_type_is_a_dataclass_with_slots_and_keyword_arguments():
    assert [entry.name for entry in fields(Counts)] == ["name", "number", "names"]
    assert repr(replace_fields(Counts(name="a"), number=2)) == "Counts(name='a', number=2, names=[])"
    with pytest.raises(AttributeError):
        Counts(name="a").other = 1
    with pytest.raises(TypeError, match="missing a required keyword argument: 'name'"):
        Counts()
    with pytest.raises(TypeError):
        Counts("a")


def test_compiled_constructor_creates_equal_values():
    first, *_, last = (Counts(name="a", names=["x"]) for _ in range(40))
    assert repr(first) == repr(last)
    assert first.names is not last.names


@pytest.mark.parametrize("make", [frozen, mutable])
def test_class_with_post_init_is_refused(make):
    class Total:
        count: int

        def __post_init__(self):
            raise AssertionError

    with pytest.raises(TypeError, match=r"Total: __post_init__ would not be called"):
        make(Total)
