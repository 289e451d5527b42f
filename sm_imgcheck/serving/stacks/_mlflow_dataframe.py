"""``dataframe_split`` and ``dataframe_records`` under a tensor signature: one image a row, flattened in one column.

Source: mlflow/mlflow, utils/proto_json_utils.py (dataframe_from_parsed_json) and models/utils.py
(_reshape_and_cast_pandas_column_values). Read in 3.17.2.
"""

from __future__ import annotations

from typing import NoReturn

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Finding, Spec
from sm_imgcheck.core.types.spec import DEFAULT_NAME
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules import Rule
from sm_imgcheck.rules.payload_request import PAY103, PAY104
from sm_imgcheck.rules.payload_values import PAY108, PAY115, PAY118
from sm_imgcheck.serving.stacks import refuse
from sm_imgcheck.serving.stacks._cast import cast_findings
from sm_imgcheck.serving.stacks._json import as_array

__all__ = ["decode_dataframe"]


def decode_dataframe(key: str, value: Json, spec: Spec) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """The tensor of a data frame, and what the cast does to its values. Raises RequestRejection."""
    columns = _records(value) if key == "dataframe_records" else _split(value)
    return _tensor(_column(columns, spec), spec)


def _records(value: Json) -> dict[str, list[Json]]:
    if not isinstance(value, list):
        _refuse("Dataframe records format must be a list of records.", "dataframe_records: expected a list of objects")
    rows = [row for row in value if isinstance(row, dict)]
    if len(rows) != len(value):
        _refuse("", "dataframe_records: expected an object with the input's name for each image")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}


def _split(value: Json) -> dict[str, list[Json]]:
    if not isinstance(value, dict):
        _refuse("Dataframe split format must be a dictionary.", 'dataframe_split: expected {"columns", "data"}')
    if "data" not in value or set(value) - {"columns", "data", "index"}:
        text = "Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields."
        _refuse(text, f'dataframe_split: got the keys {list(value)[:5]}, expected "data" and "columns"')
    rows, columns = value["data"], value.get("columns")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        _refuse("", "dataframe_split: data: expected a list of rows, each a list of cells")
    widths = {len(row) for row in rows if isinstance(row, list)}
    names = columns if isinstance(columns, list) else list(range(max(widths, default=0)))
    if len(widths) > 1 or widths - {len(names)}:
        text = "Provided dataframe_split field is not a valid dataframe representation in 'split' format."
        message = f"dataframe_split: got rows of {sorted(widths)[:3]} cells, expected {len(names)}"
        _refuse(text, message, PAY108)
    return {str(name): [row[at] for row in rows if isinstance(row, list)] for at, name in enumerate(names)}


def _column(columns: dict[str, list[Json]], spec: Spec) -> list[Json]:
    if spec.name == DEFAULT_NAME:
        if len(columns) != 1:
            _refuse("", f"the frame has {len(columns)} columns; a tensor without a name needs exactly one", PAY104)
        return next(iter(columns.values()))
    if spec.name not in columns:
        message = f"the columns are {list(columns)[:5]}; the signature's input is {spec.name!r}"
        _refuse(f"Model is missing inputs ['{spec.name}'].", message, PAY104)
    return columns[spec.name]


def _tensor(cells: list[Json], spec: Spec) -> tuple[np.ndarray, tuple[Finding, ...]]:
    dims = spec.contract.shape
    lengths = [dim.fixed for dim in dims[1:]]
    if dims[0].fixed is not None or None in lengths:
        text = "For pandas dataframe input, the first dimension of shape must be a variable dimension and other"
        _refuse(text, f"a data frame fills [N, fixed, ...] only; the signature is {[str(dim) for dim in dims]}", PAY118)
    if not cells:
        _refuse("", "the frame has no rows: expected one for each image")
    first = cells[0]
    if not isinstance(first, list) or not first or isinstance(first[0], list | dict):
        what = "scalar values" if not isinstance(first, list) else "nested lists"
        message = f"the cells hold {what}; expected the values of one image as a flat list in each"
        _refuse("the input pandas dataframe values should be either scalar value, python list", message)
    values = as_array(cells)
    count = int(np.prod([length for length in lengths if length is not None]))
    text = f"The value in the Input DataFrame column '{spec.name}' could not be converted to the expected shape of:"
    if values.ndim != 2:
        _refuse(text, "the lists of the rows differ in length", PAY108)
    if values.shape[1] != count:
        _refuse(text, f"each row has {values.shape[1]} values; an image has {count}", PAY115)
    dtype = np.dtype("float32" if spec.contract.dtype == "bfloat16" else spec.contract.dtype)
    try:
        with np.errstate(all="ignore"):
            array = values.astype(dtype)
    except (ValueError, TypeError, OverflowError) as problem:
        refuse(str(problem), PAY103, f"values: got non-numeric values, expected {dtype}", is_measured=False)
    shape = (len(cells), *(length for length in lengths if length is not None))
    return array.reshape(shape), cast_findings(values, array)


def _refuse(text: str, message: str, rule: Rule = PAY103) -> NoReturn:
    refuse(text, rule, message, is_measured=False)
