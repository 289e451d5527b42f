"""MLflow models: a ``python_function`` model that decodes base64 images and calls the model inside it.

Source: mlflow.org, "Custom Python Models"; mlflow/mlflow, scoring_server, proto_json_utils.py and models/utils.py.
Measured: 3.17.2, with a tensor signature.
"""

from __future__ import annotations

from typing import NoReturn

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.layouts import lost_axis
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY102, PAY103, PAY104
from sm_imgcheck.rules.payload_values import PAY105, PAY118
from sm_imgcheck.serving.stacks import (
    DEFAULT_NAME,
    ParseLimitExceeded,
    RequestRejection,
    Stack,
    describe_dtype_shape,
    refuse,
    reject_content_type,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._cast import cast_values
from sm_imgcheck.serving.stacks._json import parse
from sm_imgcheck.serving.stacks._mlflow_dataframe import decode_dataframe

__all__ = ["STACK"]

CONTENT_TYPES = ("text/csv", "application/json", "application/vnd.apache.parquet")
_KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_LLM_KEYS = ("messages", "prompt", "input")
"""Keys of requests to language models, which are passed to the model unchanged."""
_JSON_ERROR = "Ensure that input is a valid JSON formatted string. Error: "
_ONE_OF = "The input must be a JSON dictionary with exactly one of the input fields {"


@wrap_rejections(400)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What predict gets: an array of the signature's dtype, cast without an error, its shape checked."""
    kind = _type(content_type)
    if kind != "application/json":
        _refuse_table(body, kind)
    array, findings = _tensor(_document(body), spec)
    _check_shape(array, spec)
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array), findings=findings)


def _refuse_table(body: bytes, kind: str) -> None:
    """A table under a tensor signature: CSV is refused, Parquet is not read here."""
    if kind == "text/csv":
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as problem:
            text = f"Ensure that input is a valid UTF-8 encoded string. Error: {str(problem)!r}"
            refuse(text, PAY102, f"content type: got text/csv, but the body is not UTF-8 text: {problem}")
        text = "Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid CSV-formatted"
        message = "CSV is refused where the signature is a tensor's: send instances or inputs as application/json"
        refuse(text, PAY103, message, expected="application/json", actual="text/csv")
    if not body.startswith(b"PAR1"):
        text = "Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid Parquet"
        refuse(text, PAY102, "content type: got Parquet, but the body does not begin with PAR1", is_measured=False)
    raise ParseLimitExceeded("a Parquet body is not parsed; send instances as JSON")


def _document(body: bytes) -> Json:
    """The JSON document, in UTF-8, UTF-16 or UTF-32, with or without a byte order mark, as Python detects it."""
    try:
        return parse(body, detect=True)
    except RequestRejection as no:
        crash = "nested" in no.finding.message or "Exceeds the limit" in no.text
        raise reword_rejection(
            no, "" if crash else _JSON_ERROR, status=500 if crash else None, is_measured=True
        ) from None


def _type(content_type: str) -> str:
    """The type without its parameters, of which charset=utf-8 is the only one. Raises RequestRejection."""
    if not content_type:
        raise reject_content_type(content_type, CONTENT_TYPES, "", status=500)
    kind, *parameters = [part.strip() for part in content_type.split(";")]
    said = dict(part.partition("=")[::2] for part in parameters)
    if said.get("charset", "utf-8").lower() != "utf-8":
        raise reject_content_type(content_type, CONTENT_TYPES, "The scoring server only supports UTF-8", status=415)
    if others := said.keys() - {"charset"}:
        text = f"Unrecognized content type parameters: {', '.join(sorted(others))}"
        raise reject_content_type(content_type, CONTENT_TYPES, text, status=415)
    if kind not in CONTENT_TYPES:
        text = (
            "This predictor only supports the following content types: Types: "
            f"{['text/csv', 'application/json', 'application/vnd.apache.parquet']}. Got '{content_type}'."
        )
        raise reject_content_type(content_type, CONTENT_TYPES, text, status=415)
    return kind


def _tensor(document: Json, spec: Spec) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """The array of the only input, in the signature's dtype."""
    if not isinstance(document, dict):
        what = "a list" if isinstance(document, list) else f"unexpected input type '{type(document)}'"
        message = 'the body has no key around it: write {"instances": [...]}'
        refuse(f"{_ONE_OF}", PAY103, message, expected="a JSON object", actual=what)
    if keys := [key for key in _LLM_KEYS if key in document]:
        message = f"the key {keys[0]!r} makes it a request to a language model, which is not parsed; write instances"
        refuse("Failed to predict data", PAY103, message, expected="instances", actual=keys[0])
    keys = [key for key in _KEYS if key in document]
    if len(keys) != 1:
        names = ", ".join(map(str, list(document)[:5]))
        message = f"keys: got {names[:80]}, expected exactly one of {', '.join(_KEYS)}"
        refuse(_ONE_OF, PAY103, message, expected="instances", actual=names[:80])
    if keys[0].startswith("dataframe"):
        return decode_dataframe(keys[0], document[keys[0]], spec)
    return _cast(_value(keys[0], document[keys[0]], spec), spec)


def _value(key: str, value: Json, spec: Spec) -> Json:
    """What is cast: a list or a scalar, or the member with the input's name."""
    if key == "instances" and isinstance(value, list) and value and isinstance(value[0], dict):
        value = _columns(value)
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        _refuse_structure("values: got objects, expected numbers: v2 requests are not supported")
    if not isinstance(value, dict):
        return value
    names = ", ".join(map(str, list(value)[:5]))[:80]
    if spec.name == DEFAULT_NAME:
        message = "the body names its input; a signature without names needs the list alone (name: is the model's name)"
        text = "Failed to parse input data. This model contains an un-named"
        refuse(text, PAY104, message, expected="a list", actual=names)
    if spec.name not in value:
        message = f"input: got {names}, expected {spec.name!r}"
        refuse(f"Model is missing inputs ['{spec.name}'].", PAY104, message, expected=spec.name, actual=names)
    return value[spec.name]


def _columns(rows: list[Json]) -> dict[str, Json]:
    """Rows as columns; a name that names rows lack has fewer entries."""
    columns: dict[str, list[Json]] = {}
    for row in rows:
        if not isinstance(row, dict):
            _refuse_structure("instances: got other entries, expected objects as the first")
        for name, entry in row.items():
            columns.setdefault(name, []).append(entry)
    return dict(columns)


def _cast(value: Json, spec: Spec) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """The array in the signature's dtype, and what that does to its values."""
    return cast_values(value, np.dtype("float32" if spec.contract.dtype == "bfloat16" else spec.contract.dtype))


def _refuse_structure(message: str) -> NoReturn:
    refuse("Failed to parse data as TF serving input.", PAY103, message)


def _check_shape(array: np.ndarray, spec: Spec) -> None:
    dims = spec.contract.shape
    if array.ndim == len(dims) and all(
        dim.fixed is None or dim.allows(length) for dim, length in zip(dims, array.shape, strict=True)
    ):
        return
    shape = tuple(-1 if dim.fixed is None else dim.fixed for dim in dims)
    text = f"Shape of input {array.shape} does not match expected shape {shape}."
    lacks_batch = lost_axis(array.shape, spec.contract) == "N"
    message = f"the shape is {list(array.shape)}; the signature's is {list(shape)}" + (
        ": missing batch dimension" if lacks_batch else ""
    )
    refuse(text, PAY105 if lacks_batch else PAY118, message, expected=str(shape), actual=str(array.shape))


_HANDLER = '''class ImageModel(mlflow.pyfunc.PythonModel):
    """Wraps the model that is saved as the artifact ``model``; each row holds one base64 image in ``image``."""

    def load_context(self, context):
        """Load the wrapped model once."""
        self.model = mlflow.pyfunc.load_model(context.artifacts["model"])

    def predict(self, context, model_input, params=None):
        """One response a row."""
        tensors = [preprocess(base64.b64decode(text, validate=True)) for text in model_input["image"]]
        return self.model.predict($join)'''

STACK = Stack(
    rank=5,
    summary="MLflow models with the python_function flavor",
    receive=receive,
    content_types=CONTENT_TYPES,
    type_parameters=True,
    envelopes=("instances", "inputs"),
    handler_imports=("import base64", "import mlflow.pyfunc"),
    handler=_HANDLER,
)
