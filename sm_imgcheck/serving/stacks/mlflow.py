"""MLflow models: a ``python_function`` flavour that takes base64 images and calls the model inside it.

Source: mlflow.org, "Custom Python Models"; mlflow/mlflow, scoring_server and proto_json_utils.py. Measured: 3.17.2,
with a tensor signature.
"""

from __future__ import annotations

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules import Rule
from sm_imgcheck.rules.payload_request import PAY103, PAY104, PAY111
from sm_imgcheck.rules.payload_values import PAY105, PAY106, PAY118
from sm_imgcheck.serving.stacks import (
    DEFAULT_NAME,
    ParseLimitExceeded,
    RequestRejection,
    Stack,
    describe_dtype_shape,
    reject_content_type,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._decoders import looks_encoded, texts
from sm_imgcheck.serving.stacks._json import as_array, nan_notice
from sm_imgcheck.serving.stacks.toolkit import json_body

__all__ = ["STACK"]

CONTENT_TYPES = ("text/csv", "application/json", "application/vnd.apache.parquet")
_KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_ONE_OF = "The input must be a JSON dictionary with exactly one of the input fields {"


@wrap_rejections(400)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What predict gets: an array of the signature's dtype, cast in silence, its shape checked."""
    kind = _type(content_type)
    if kind != "application/json":
        raise ParseLimitExceeded(
            f"a {kind} body becomes a pandas DataFrame, which is not looked into; send instances as JSON"
        )
    try:
        document = json_body(body)
    except RequestRejection as no:
        raise reword_rejection(no, "Ensure that input is a valid JSON formatted string. Error: ") from None
    value = _value(document, spec)
    array, findings = _cast(value, spec)
    _check_shape(array, spec)
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array), findings=findings)


def _type(content_type: str) -> str:
    """The type without its parameters, of which charset=utf-8 is the only one. Raises Refusal."""
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


def _value(document: Json, spec: Spec) -> Json:
    """What stands for the one input."""
    if not isinstance(document, dict):
        what = "a list" if isinstance(document, list) else f"unexpected input type '{type(document)}'"
        why = 'the body has no key around it: write {"instances": [...]}'
        raise RequestRejection(_ONE_OF, PAY103.finding(why, expected="a JSON object", actual=what))
    keys = [key for key in _KEYS if key in document]
    if len(keys) != 1:
        why = f"the body has the keys {list(document)[:5]}; exactly one of {', '.join(_KEYS)} is taken"
        raise RequestRejection(
            _ONE_OF, PAY103.finding(why, expected="instances", actual=", ".join(map(str, list(document)[:5])))
        )
    if keys[0].startswith("dataframe"):
        raise ParseLimitExceeded(f"{keys[0]} becomes a pandas DataFrame, which is not looked into; send instances")
    value = document[keys[0]]
    if keys[0] == "instances" and isinstance(value, list) and value and isinstance(value[0], dict):
        value = _joined(value)
    return _named(value, spec) if isinstance(value, dict) else value


def _joined(rows: list[Json]) -> dict[str, Json]:
    objects = [row for row in rows if isinstance(row, dict)]
    names = list(objects[0])
    if len(objects) != len(rows) or not all(list(row) == names for row in objects):
        raise _unparsed("the entries of instances differ in their keys")
    return {name: [row[name] for row in objects] for name in names}


def _named(value: dict[str, Json], spec: Spec) -> Json:
    if spec.name == DEFAULT_NAME:
        why = "the body names its input; a signature without names takes the list alone (name: says the model's name)"
        raise RequestRejection("", PAY104.finding(why, expected="a list", actual=", ".join(map(str, list(value)[:5]))))
    if list(value) != [spec.name]:
        why = f"the body names the inputs {list(value)[:5]}; the spec's is {spec.name!r}"
        raise RequestRejection("", PAY104.finding(why, expected=spec.name, actual=", ".join(map(str, list(value)[:5]))))
    return value[spec.name]


def _cast(value: Json, spec: Spec) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """The array in the signature's dtype, and what that does to its values."""
    dtype = np.dtype("float32" if spec.contract.dtype == "bfloat16" else spec.contract.dtype)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        raise _unparsed("objects stand where numbers are wanted: v2 requests are not understood here")
    array = as_array(value)
    if array.dtype.kind in "OU" and any(looks_encoded(text) for text in texts(value)):
        raise _unparsed(f"base64 text stands where the signature takes {dtype} numbers", PAY111)
    try:
        with np.errstate(all="ignore"):
            made = np.array(value, dtype=dtype) if array.dtype.kind in "iuOU" else array.astype(dtype)
    except OverflowError as problem:
        numeric = array.dtype.kind in "iuf"  # NumPy finds no minimum of texts, nulls and objects
        values = f"the values span {array.min()}..{array.max()}" if numeric else "a value is out of range"
        why = f"{values}; the signature's {dtype} holds less"
        raise RequestRejection(
            str(problem), PAY106.finding(why, expected=dtype.name, actual=array.dtype.name)
        ) from None
    except (ValueError, TypeError):
        raise _unparsed(f"not every value is a number, as the signature's {dtype} asks") from None
    return made, nan_notice(array) + _changed(array, made)


def _changed(array: np.ndarray, made: np.ndarray) -> tuple[Finding, ...]:
    if array.dtype.kind in "OU":
        why = f"texts or nulls are cast to {made.dtype} in silence; null becomes NaN"
        return (PAY106.finding(why, expected=made.dtype.name, actual="text or null"),)
    if made.dtype.kind in "iu" and array.dtype.kind == "f" and not np.array_equal(array, made):
        zeros = "; every value becomes 0" if not made.any() else ""
        why = f"{array.min():.4g}..{array.max():.4g} are cut to {made.dtype} in silence{zeros}, and the answer is a 200"
        return (PAY106.finding(why, expected=made.dtype.name, actual=f"{array.min():.4g}..{array.max():.4g}"),)
    return ()


def _check_shape(array: np.ndarray, spec: Spec) -> None:
    dims = spec.contract.shape
    if array.ndim == len(dims) and all(
        dim.fixed is None or dim.allows(length) for dim, length in zip(dims, array.shape, strict=True)
    ):
        return
    wanted = tuple(-1 if dim.fixed is None else dim.fixed for dim in dims)
    text = f"Shape of input {array.shape} does not match expected shape {wanted}."
    lost = array.ndim == len(dims) - 1 and "N" in spec.contract.layout
    why = f"the shape is {list(array.shape)}; the signature's is {list(wanted)}" + (": no batch axis" if lost else "")
    raise RequestRejection(
        text, (PAY105 if lost else PAY118).finding(why, expected=str(wanted), actual=str(array.shape))
    )


def _unparsed(why: str, rule: Rule = PAY103) -> RequestRejection:
    return RequestRejection("Failed to parse data as TF serving input.", rule.finding(why), measured=False)


_HANDLER = '''class ImageModel(mlflow.pyfunc.PythonModel):
    """Wraps the model that is saved as the artifact ``model``; each row holds one base64 image in ``image``."""

    def load_context(self, context):
        """Load the wrapped model once."""
        self.model = mlflow.pyfunc.load_model(context.artifacts["model"])

    def predict(self, context, model_input, params=None):
        """One answer a row."""
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
