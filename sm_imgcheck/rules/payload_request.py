"""PAY: the request as its serving stack accepts or rejects it: content type, structure, size.

Each stack's ``receive`` evaluates the body and creates these findings. None is fixable by ``convert``: ``payload``
creates a correct body from the image.
"""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Finding, Request, Severity, Spec
from sm_imgcheck.rules import Rule

PAY101 = Rule(
    "PAY101",
    "unsupported-content-type",
    severity="error",
    see="https://github.com/aws/sagemaker-tensorflow-serving-container/issues/138",
    doc="""The serving stack does not accept this content type.

    Most containers compare the header exactly: ``image/jpg``, ``application/json; charset=utf-8`` and a missing header
    are rejected where ``image/jpeg`` and ``application/json`` are accepted. The types accepted without a custom handler
    differ by stack; only Hugging Face and the built-in algorithms accept encoded images.

    At an endpoint: ``Content type image/jpeg is not supported by this framework`` (500), ``Unsupported Media Type``
    (415), wrapped into a 424 ``ModelError``.

    In the client: set ``ContentType`` (boto3) or the serializer's ``content_type`` to one of those listed; in the
    model's code: ``input_fn`` or ``input_handler`` may accept any type (``code --for STACK`` writes one; then set
    ``stack: custom``). Here: ``payload`` sends each body with its correct type.
    """,
)


PAY102 = Rule(
    "PAY102",
    "content-type-mismatch",
    severity="error",
    doc="""The bytes do not match the content type.

    A JPEG sent as ``application/json``, JSON as ``application/x-npy``, base64 text as ``image/jpeg``, an empty body.

    At an endpoint: ``'utf-8' codec can't decode byte 0xff``, ``Failed to interpret file <_io.BytesIO object> as a
    pickle``, ``cannot identify image file``, ``failed to parse the request JSON buffer: Invalid value. at 0``.

    In the client: check the first bytes and the serializer; the SageMaker SDK's ``JSONSerializer`` and
    ``DataSerializer`` set their own content type. Here: ``payload`` writes body and type together.
    """,
)


PAY103 = Rule(
    "PAY103",
    "unsupported-body-structure",
    severity="error",
    doc="""The body is readable, but its structure is not supported by the stack's default code.

    A dict instead of a bare list (PyTorch rejects it; the toolkit wraps it into a 0-d object array without an error), a
    bare list instead of an object with a key (MLflow), a TensorFlow body sent to Triton, numbers sent to an image
    pipeline.

    At an endpoint: ``can't convert np.ndarray of type numpy.object_``; ``The input must be a JSON dictionary with
    exactly one of the input fields``; ``attempt to access non-existing object member 'inputs'``; or a 200 and a
    failure in predict.

    In the client: send the envelope that the stack supports (``payload.envelope``). Here: ``payload`` writes it.
    """,
)


PAY104 = Rule(
    "PAY104",
    "wrong-input-name",
    severity="error",
    see="https://github.com/kserve/kserve/issues/942",
    doc="""The input name in the body is not the model's.

    At an endpoint: ``does not have named input: image_bytes`` (TensorFlow Serving), ``unexpected inference input
    'input_1'`` (Triton). MLServer does not check it.

    In the client: use the signature's name (``saved_model_cli show --all``, ``config.pbtxt``). In the spec: ``name``.
    Here: ``payload`` uses ``name``.
    """,
)


PAY110 = Rule(
    "PAY110",
    "invalid-base64",
    severity="error",
    see="https://github.com/mdietrichstein/tensorflow-open_nsfw/issues/1",
    doc="""The base64 text cannot be decoded to an image.

    The prefix of a data URL (``data:image/jpeg;base64,``), the URL-safe alphabet, missing ``=`` at the end, or base64
    of other content.

    At an endpoint: ``Invalid character found in base64``; ``Unable to base64 decode``; ``Incorrect padding``; ``cannot
    identify image file``.

    In the client: ``base64.b64encode(body).decode()``, without prefix or suffix. Here: ``payload`` with
    ``instances-b64`` or ``hf-inputs-b64``.
    """,
)


PAY111 = Rule(
    "PAY111",
    "base64-for-numeric-input",
    severity="error",
    see="https://github.com/eragonruan/text-detection-ctpn/issues/355",
    doc="""The body contains base64 text, and the model's input is numeric.

    An encoded image is smaller, but only a model that was exported with decoding (a string input) accepts it.

    At an endpoint: ``JSON Value: {"b64": ...} Type: Object is not of expected type: float``; ``data-type is 'BYTES',
    but model expects 'FP32'``.

    In the client: send the tensor's values, or export the model with decoding (then ``envelope: instances-b64``).
    Here: ``payload`` writes the values.
    """,
)


PAY112 = Rule(
    "PAY112",
    "pickled-body",
    severity="error",
    doc="""The body is a pickle, or an .npy file of Python objects, which contains a pickle.

    The toolkit, PyTorch and Hugging Face containers load it (``allow_pickle=True``). Loading a pickle allows remote
    code execution; pickles are never loaded here.

    At an endpoint: predict gets an object array (``can't convert np.ndarray of type numpy.object_``).

    In the client: ``np.asarray(x, dtype=np.float32)`` before ``np.save``; it fails for unequal rows, the usual cause of
    such arrays. Here: ``payload`` writes numeric arrays only.
    """,
)


PAY114 = Rule(
    "PAY114",
    "body-too-large",
    severity="error",
    see="https://github.com/aws/sagemaker-python-sdk/issues/1882",
    doc="""The body is larger than the stack, the endpoint or the spec allows.

    The server in the container has a limit (6,553,500 bytes for PyTorch and the toolkit), and the endpoint in front has
    another; where AWS's documents differ, the lower limit is a warning. ``payload.max_bytes`` overrides both: a
    larger body is an error, and all other limits are warnings.

    At an endpoint: a 413 without a message, ``oversize body``, ``HTTP content length exceeded``, or a connection that
    is closed before the response.

    In the client: float32 as .npy is a fifth of its JSON (``json.dumps``), uint8 a quarter of that, and the encoded
    image smaller still. The message names the setting that raises the limit. Here: ``payload --sizes`` shows which
    envelope fits.
    """,
)


@PAY114.check
def _body_too_large(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    request = candidate.request
    if request is None:
        return
    max_bytes = spec.payload.get("max_bytes")
    if max_bytes is not None and request.size > max_bytes:
        yield _too_large(request, max_bytes, "payload.max_bytes of the spec", "reduce the body or raise it", "error")
    kind = spec.payload.get("endpoint", "realtime")
    over_limit = [limit for limit in request.limits if request.size > limit.bytes]
    for limit in over_limit[-1:]:  # the widest of these limits is the most severe
        is_error = not max_bytes and limit.severity == "error"
        severity: Severity = "notice" if limit.inline else "error" if is_error else "warning"
        yield _too_large(request, limit.bytes, f"{kind} endpoint; {limit.source}", limit.remedy, severity)


def _too_large(request: Request, limit: int, source: str, remedy: str, severity: Severity) -> Finding:
    return PAY114.finding(
        f"body size: got {request.size:,} bytes, expected at most {limit:,} ({source}); {remedy}",
        expected=f"at most {limit}",
        actual=str(request.size),
        severity=severity,
    )


PAY116 = Rule(
    "PAY116",
    "malformed-body",
    severity="error",
    see="https://github.com/tensorflow/serving/issues/1484",
    doc="""The body is not valid in its own format.

    Truncated JSON, JSON printed by Python's ``str`` (single quotes, ``1.``), several documents in one body, lists
    nested a thousand levels deep, a damaged .npy header.

    At an endpoint: ``Expecting value: line 1 column 2``; ``Extra data``; ``JSON Parse error: Miss fraction part in
    number``; ``maximum recursion depth exceeded``.

    In the client: ``json.dumps``, never ``str``. Here: ``payload`` writes it.
    """,
)


PAY119 = Rule(
    "PAY119",
    "image-type-mismatch",
    severity="warning",
    doc="""The format of the encoded image does not match the content type.

    Hugging Face detects the format from the bytes and accepts it; other software uses the content type.

    In the client: ``image/png`` for PNG, ``image/jpeg`` for JPEG. Here: ``payload`` writes the type of the bytes.
    """,
)


PAY121 = Rule(
    "PAY121",
    "converted-by-server",
    severity="notice",
    doc="""The server changes the body before the model.

    ``payload`` predicts how the spec's stack decodes each body. Where predict would receive another dtype, shape or
    values than the spec's, the notice quotes the finding that ``validate`` reports for this body: JSON becomes float64
    at the inference toolkit, CSV loses its axes, PyTorch casts JSON to float32. A body that the stack rejects is not
    written.

    Here: choose another envelope (``payload --sizes`` lists them), or convert in ``input_fn`` (``code --for STACK``).
    """,
)


PAY120 = Rule(
    "PAY120",
    "not-checked",
    severity="notice",
    doc="""Part of the request could not be checked.

    The spec names no stack, so the body is checked by its content type alone; or the body is larger than the checks
    support, or of an unsupported type; or it contains several encoded images; or the name of the input is unknown.

    Where neither an image nor a tensor could be examined, the candidate is ``not checked``, and the exit code is 1.

    Here: set ``payload: {stack: ...}``, ``name`` and ``endpoint`` in the spec (``spec init`` lists them).
    """,
)
