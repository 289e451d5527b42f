"""Recorded responses of real servers to request bodies, and the agreement of the stacks' predictions."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sm_imgcheck import load_spec
from sm_imgcheck.core.types import DecodedRequest, RejectedRequest, Spec
from sm_imgcheck.serving.stacks import STACKS

__all__ = ["RECORDED_VERSIONS", "Row", "Verdict", "compare_row", "rows"]

RECORDED_VERSIONS = {"tensorflow-serving": "2.19"}
"""Version of a stack that the rows were recorded with, where it is not the newest."""
_PYTHON_JSON = re.compile(r"exp-39|huge-64|inputs|rows-mixed|(inputs|instances)-(2p\d+|1e39|dup2?|bom)")
"""Bodies that RapidJSON and Python read differently; the rows of TensorFlow Serving were recorded with Python:
the first of duplicate keys, a byte order mark, numbers that lose precision (json_tensor.cc, IsLosslessDecimal)."""


@dataclass(frozen=True)
class Row:
    """One body and one stack."""

    stack: str
    spec: Spec
    body: Path
    content_type: str
    status: str
    """HTTP status; empty: the server sent no response."""
    received: str
    """Type of the object that the model's code received."""
    dtype: str
    shape: str
    """JSON list."""
    digest: str
    """First 16 hexadecimal digits of the SHA-256 of the values; empty: not recorded."""
    agreed: bool
    """Whether the prediction agreed when the row was recorded."""

    @property
    def is_conclusive(self) -> bool:
        """Whether the row was recorded from the parser of the server itself."""
        return self.stack != "tensorflow-serving" or not _PYTHON_JSON.fullmatch(self.body.stem)

    @property
    def name(self) -> str:
        """The row in a report."""
        return f"{self.stack} {self.spec.source} {self.body.name} {self.content_type!r}"


@dataclass(frozen=True)
class Verdict:
    """How a prediction compares with the recorded response."""

    agrees: bool
    predicted: str
    exception: str = ""


def rows(folder: Path) -> Iterator[Row]:
    """The rows of ``outcomes.csv``."""
    specs: dict[str, Spec] = {}
    with (folder / "outcomes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            name = f"{row['stack']}-{row['spec']}"
            if name not in specs:
                specs[name] = load_recorded(folder / "specs" / f"{name}.yaml", row["stack"])
            yield Row(
                stack=row["stack"],
                spec=specs[name],
                body=folder / "bodies" / row["body"],
                content_type=row["content_type"],
                status=row["status"],
                received=row["received"],
                dtype=row["dtype"],
                shape=row["shape"],
                digest=row["sha256_16"],
                agreed=row["today"].strip() == "agrees",
            )


def load_recorded(path: Path, stack: str) -> Spec:
    """The spec, with the version of the stack that the rows were recorded with."""
    spec = load_spec(path)
    version = RECORDED_VERSIONS.get(stack)
    return spec if version is None else replace(spec, payload={**spec.payload, "stack_version": version})


def compare_row(row: Row) -> Verdict:
    """Compare the prediction for a row in verdict, status, dtype, shape and values."""
    try:
        outcome = STACKS[row.stack].receive(row.body.read_bytes(), row.content_type, row.spec)
    except Exception as error:  # noqa: BLE001 - an exception is a result here
        return Verdict(agrees=False, predicted="", exception=f"{type(error).__name__}: {error}")
    if isinstance(outcome, RejectedRequest):
        return Verdict(agrees=row.status == str(outcome.status), predicted=f"{outcome.status} {outcome.text[:60]}")
    return Verdict(agrees=row.status == "200" and same_object(row, outcome), predicted=outcome.what)


def same_object(row: Row, outcome: DecodedRequest) -> bool:
    """Whether predict gets what was recorded: an array to the last bit, another object by its kind."""
    if outcome.form == "image":
        return row.received == "PIL.Image.Image"
    if outcome.form == "object" and outcome.data is None:
        return True
    array = np.asarray(outcome.data)
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
    same = str(array.dtype) == row.dtype and list(array.shape) == json.loads(row.shape)
    return same and row.digest in ("", digest)
