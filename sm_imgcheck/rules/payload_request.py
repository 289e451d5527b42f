"""PAY: the request as its serving stack takes or refuses it: type, form, size.

What a stack makes of a body is found out once, by its ``receive``, which makes these findings. None of them is mended
by ``convert``: ``payload`` makes a right body from the image.
"""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Finding, Request, Severity, Spec
from sm_imgcheck.rules import Rule

PAY101 = Rule(
    "PAY101",
    "refused-content-type",
    severity="error",
    see="https://github.com/aws/sagemaker-tensorflow-serving-container/issues/138",
    doc="""The serving stack does not take this content type.

    Most containers compare the header letter by letter: ``image/jpg``, ``application/json; charset=utf-8`` and a
    missing header are refused where ``image/jpeg`` and ``application/json`` are taken. What is taken without a handler
    of your own differs from stack to stack; encoded images only by Hugging Face and the built-in algorithms.

    At an endpoint: ``Content type image/jpeg is not supported by this framework`` (500), ``Unsupported Media Type``
    (415), wrapped into a 424 ``ModelError``.

    In the client: set ``ContentType`` (boto3) or the serializer's ``content_type`` to one of those listed; in the
    model's code: ``input_fn`` or ``input_handler`` may take any (``code --for STACK`` writes one; then say ``stack:
    custom``). Here: ``payload`` sends each body under its right type.
    """,
)


PAY102 = Rule(
    "PAY102",
    "other-bytes-than-the-type-says",
    severity="error",
    doc="""The bytes are not what the content type says.

    A JPEG under ``application/json``, JSON under ``application/x-npy``, base64 text under ``image/jpeg``, an empty
    body.

    At an endpoint: ``'utf-8' codec can't decode byte 0xff``, ``Failed to interpret file <_io.BytesIO object> as a
    pickle``, ``cannot identify image file``, ``failed to parse the request JSON buffer: Invalid value. at 0``.

    In the client: look at the first bytes and at the serializer; the SageMaker SDK's ``JSONSerializer`` and
    ``DataSerializer`` set a type of their own. Here: ``payload`` writes body and type together.
    """,
)


PAY103 = Rule(
    "PAY103",
    "body-not-understood",
    severity="error",
    doc="""The body can be read, but not in the form that the stack's default code takes.

    A dict where a bare list is wanted (PyTorch refuses it; the toolkit wraps it into a 0-d object array without a
    word), a bare list where a key is wanted (MLflow), a TensorFlow body sent to Triton, numbers sent to a pipeline of
    pictures.

    At an endpoint: ``can't convert np.ndarray of type numpy.object_``; ``The input must be a JSON dictionary with
    exactly one of the input fields``; ``attempt to access non-existing object member 'inputs'``; or a 200 and a
    failure in predict.

    In the client: send the envelope that the stack knows (``payload.envelope``). Here: ``payload`` writes it.
    """,
)


PAY104 = Rule(
    "PAY104",
    "wrong-input-name",
    severity="error",
    see="https://github.com/kserve/kserve/issues/942",
    doc="""The body calls the input by another name than the model.

    At an endpoint: ``does not have named input: image_bytes`` (TensorFlow Serving), ``unexpected inference input
    'input_1'`` (Triton). MLServer does not look.

    In the client: use the signature's name (``saved_model_cli show --all``, ``config.pbtxt``). In the spec: ``name``.
    Here: ``payload`` uses that.
    """,
)


PAY110 = Rule(
    "PAY110",
    "bad-base64",
    severity="error",
    see="https://github.com/mdietrichstein/tensorflow-open_nsfw/issues/1",
    doc="""The base64 text is not what the reader decodes.

    The prefix of a data URL (``data:image/jpeg;base64,``), the URL-safe alphabet, missing ``=`` at the end, or base64
    of something that is no image.

    At an endpoint: ``Invalid character found in base64``; ``Unable to base64 decode``; ``Incorrect padding``; ``cannot
    identify image file``.

    In the client: ``base64.b64encode(body).decode()``, nothing in front and nothing behind. Here: ``payload`` with
    ``instances-b64`` or ``hf-inputs-b64``.
    """,
)


PAY111 = Rule(
    "PAY111",
    "base64-for-numbers",
    severity="error",
    see="https://github.com/eragonruan/text-detection-ctpn/issues/355",
    doc="""Base64 text stands where the model takes numbers.

    An encoded picture is short, but only a model that was exported to decode it (a string input) can take it.

    At an endpoint: ``JSON Value: {"b64": ...} Type: Object is not of expected type: float``; ``data-type is 'BYTES',
    but model expects 'FP32'``.

    In the client: send the tensor's numbers, or export the model with the decoding inside (then ``envelope:
    instances-b64``). Here: ``payload`` writes the numbers.
    """,
)


PAY112 = Rule(
    "PAY112",
    "pickled-body",
    severity="error",
    doc="""The body is a pickle, or an .npy of Python objects, which is one.

    The toolkit, PyTorch and Hugging Face containers load it (``allow_pickle=True``): whoever can send a request can
    run code there. It is never loaded here.

    At an endpoint: predict gets an object array (``can't convert np.ndarray of type numpy.object_``).

    In the client: ``np.asarray(x, dtype=np.float32)`` before ``np.save``; it fails where rows are unequal, which is
    how such arrays come about. Here: ``payload`` writes numbers only.
    """,
)


PAY114 = Rule(
    "PAY114",
    "too-large-body",
    severity="error",
    see="https://github.com/aws/sagemaker-python-sdk/issues/1882",
    doc="""The body is larger than the stack, the endpoint or the spec allows.

    The server in the container has a limit of its own (6,553,500 bytes for PyTorch and the toolkit), the endpoint in
    front another; where AWS's texts differ, the lower number is a warning. ``payload.max_bytes`` overrides: what is
    above it is an error, all other limits only warn.

    At an endpoint: a 413 without a word, ``oversize body``, ``HTTP content length exceeded``, or a connection that is
    closed before any answer comes.

    In the client: float32 as .npy takes a third of its JSON, uint8 a quarter of float32, the encoded picture 1/50. The
    setting that raises the limit stands in the message. Here: ``payload --sizes`` shows which form fits.
    """,
)


@PAY114.check
def _larger_than_allowed(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    request = candidate.request
    if request is None:
        return
    own = spec.payload.get("max_bytes")
    if own is not None and request.size > own:
        yield _over(request, own, "payload.max_bytes of the spec", "send less, or change it there", "error")
    kind = spec.payload.get("endpoint", "realtime")
    broken = [limit for limit in request.limits if request.size > limit.bytes]
    for limit in broken[-1:]:  # the widest that is broken is the most severe
        severity: Severity = "notice" if limit.inline else "warning" if own or limit.severity != "error" else "error"
        yield _over(request, limit.bytes, f"a {kind} endpoint ({limit.source})", limit.remedy, severity)


def _over(request: Request, most: int, whose: str, remedy: str, severity: Severity) -> Finding:
    return PAY114.finding(
        f"the body has {request.size:,} bytes; {whose} takes {most:,}: {remedy}",
        expected=f"at most {most}",
        actual=str(request.size),
        severity=severity,
    )


PAY116 = Rule(
    "PAY116",
    "unreadable-body",
    severity="error",
    see="https://github.com/tensorflow/serving/issues/1484",
    doc="""The body breaks the rules of its own form.

    JSON that ends too early or was printed by Python's ``str`` (single quotes, ``1.``), several documents in one,
    lists nested a thousand deep, a damaged .npy header.

    At an endpoint: ``Expecting value: line 1 column 2``; ``Extra data``; ``JSON Parse error: Miss fraction part in
    number``; ``maximum recursion depth exceeded``.

    In the client: ``json.dumps``, never ``str``. Here: ``payload`` writes it.
    """,
)


PAY119 = Rule(
    "PAY119",
    "image-under-another-type",
    severity="warning",
    doc="""The encoded image is of another kind than the content type says.

    Hugging Face decodes by the bytes and takes it; other software goes by the type.

    In the client: ``image/png`` for PNG, ``image/jpeg`` for JPEG. Here: ``payload`` writes the type that the bytes
    have.
    """,
)


PAY120 = Rule(
    "PAY120",
    "not-checked",
    severity="notice",
    doc="""Something could not be checked.

    The spec names no stack, so that the body is judged by its content type alone; or the body is larger, or of another
    kind, than is looked into; or it holds several encoded images; or the name of the input is not told.

    Where neither an image nor a tensor could be examined, the candidate is ``not checked``, and the exit code is 1.

    Here: ``payload: {stack: ...}``, ``name`` and ``endpoint`` in the spec tell what is missing (``spec init`` lists
    them).
    """,
)
