import pytest
import yaml

from sm_imgcheck.spec.yaml import document, flow, read


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["N", 224, 224, 3], "[N, 224, 224, 3]"),
        ({"mode": "stretch", "antialias": False}, "{mode: stretch, antialias: false}"),
        ("32..1024", '"32..1024"'),
        ("a: b", '"a: b"'),
        ("no", '"no"'),
        ("Null", '"Null"'),
        ("", '""'),
        ("it's", '"it\'s"'),
        ('say "x" \\', '"say \\"x\\" \\\\"'),
        ("a\nb\t\x1b\u2028\U000e0001é", '"a\\nb\\t\\u001b\\u2028\\U000e0001é"'),
        (1e-05, "1.0e-05"),
        (-1e22, "-1.0e+22"),
        (0.0078125, "0.0078125"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_flow_style_round_trips_through_yaml(value, text):
    assert flow(value) == text
    assert read(f"- {text}".encode(), "x").value == [value]
    assert yaml.safe_load(text) == value


def test_document_style_round_trips_through_yaml():
    whole = {"a": 1, "b": {"c": [1, 2], "d": {"e": "f"}}, "g": [{"h": {"i": 1}}, {"j": 2}], "k": [], "l": {}}
    assert document(whole) == ("a: 1\nb:\n  c: [1, 2]\n  d: {e: f}\ng:\n  - {h: {i: 1}}\n  - {j: 2}\nk: []\nl: {}\n")
    assert read(document(whole).encode(), "x").value == whole
