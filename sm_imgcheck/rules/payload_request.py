"""PAY: the request as its serving stack takes or refuses it: type, form, size.

What a stack makes of a body is found out once, by its ``receive``; here stands what each finding means. None of them is
mended by ``convert``: ``payload`` makes a right body from the image.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.core.types import Candidate, Received, Request, Severity, Spec
from sm_imgcheck.rules import Mismatch, check, told


@check("PAY101", severity="error", see="https://github.com/aws/sagemaker-tensorflow-serving-container/issues/138")
def refused_content_type(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The serving stack does not take this content type.

    Most containers compare the header letter by letter: ``image/jpg``, ``application/json; charset=utf-8`` and a
    missing header are refused where ``image/jpeg`` and ``application/json`` are taken. What is taken without a handler
    of your own differs from stack to stack; encoded images only by Hugging Face and the built-in algorithms.

    At an endpoint: ``Content type image/jpeg is not supported by this framework`` (500), ``Unsupported Media Type``
    (415), wrapped into a 424 ``ModelError``.

    In the client: set ``ContentType`` (boto3) or the serializer's ``content_type`` to one of those listed; in the
    model's code: ``input_fn`` or ``input_handler`` may take any (``code --for STACK`` writes one; then say ``stack:
    custom``). Here: ``payload`` sends each body under its right type.
    """
    yield from told(candidate, spec, "PAY101")


@check("PAY102", severity="error")
def other_bytes_than_the_type_says(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The bytes are not what the content type says.

    A JPEG under ``application/json``, JSON under ``application/x-npy``, base64 text under ``image/jpeg``, an empty
    body.

    At an endpoint: ``'utf-8' codec can't decode byte 0xff``, ``Failed to interpret file <_io.BytesIO object> as a
    pickle``, ``cannot identify image file``, ``failed to parse the request JSON buffer: Invalid value. at 0``.

    In the client: look at the first bytes and at the serializer; the SageMaker SDK's ``JSONSerializer`` and
    ``DataSerializer`` set a type of their own. Here: ``payload`` writes body and type together.
    """
    yield from told(candidate, spec, "PAY102")


@check("PAY103", severity="error")
def body_not_understood(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The body can be read, but not in the form that the stack's default code takes.

    A dict where a bare list is wanted (PyTorch refuses it; the toolkit wraps it into a 0-d object array without a
    word), a bare list where a key is wanted (MLflow), a TensorFlow body sent to Triton, numbers sent to a pipeline of
    pictures.

    At an endpoint: ``can't convert np.ndarray of type numpy.object_``; ``The input must be a JSON dictionary with
    exactly one of the input fields``; ``attempt to access non-existing object member 'inputs'``; or a 200 and a
    failure in predict.

    In the client: send the envelope that the stack knows (``payload.envelope``). Here: ``payload`` writes it.
    """
    yield from told(candidate, spec, "PAY103")


@check("PAY104", severity="error", see="https://github.com/kserve/kserve/issues/942")
def wrong_input_name(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The body calls the input by another name than the model.

    At an endpoint: ``does not have named input: image_bytes`` (TensorFlow Serving), ``unexpected inference input
    'input_1'`` (Triton). MLServer does not look.

    In the client: use the signature's name (``saved_model_cli show --all``, ``config.pbtxt``). In the spec: ``name``.
    Here: ``payload`` uses that.
    """
    yield from told(candidate, spec, "PAY104")


@check("PAY110", severity="error", see="https://github.com/mdietrichstein/tensorflow-open_nsfw/issues/1")
def bad_base64(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The base64 text is not what the reader decodes.

    The prefix of a data URL (``data:image/jpeg;base64,``), the URL-safe alphabet, missing ``=`` at the end, or base64
    of something that is no image.

    At an endpoint: ``Invalid character found in base64``; ``Unable to base64 decode``; ``Incorrect padding``; ``cannot
    identify image file``.

    In the client: ``base64.b64encode(body).decode()``, nothing in front and nothing behind. Here: ``payload`` with
    ``instances-b64`` or ``hf-inputs-b64``.
    """
    yield from told(candidate, spec, "PAY110")


@check("PAY111", severity="error", see="https://github.com/eragonruan/text-detection-ctpn/issues/355")
def base64_for_numbers(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """Base64 text stands where the model takes numbers.

    An encoded picture is short, but only a model that was exported to decode it (a string input) can take it.

    At an endpoint: ``JSON Value: {"b64": ...} Type: Object is not of expected type: float``; ``data-type is 'BYTES',
    but model expects 'FP32'``.

    In the client: send the tensor's numbers, or export the model with the decoding inside (then ``envelope:
    instances-b64``). Here: ``payload`` writes the numbers.
    """
    yield from told(candidate, spec, "PAY111")


@check("PAY112", severity="error")
def pickled_body(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The body is a pickle, or an .npy of Python objects, which is one.

    The toolkit, PyTorch and Hugging Face containers load it (``allow_pickle=True``): whoever can send a request can
    run code there. It is never loaded here.

    At an endpoint: predict gets an object array (``can't convert np.ndarray of type numpy.object_``).

    In the client: ``np.asarray(x, dtype=np.float32)`` before ``np.save``; it fails where rows are unequal, which is
    how such arrays come about. Here: ``payload`` writes numbers only.
    """
    yield from told(candidate, spec, "PAY112")


@check("PAY114", severity="error", see="https://github.com/aws/sagemaker-python-sdk/issues/1882")
def too_large_body(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The body is larger than the stack, the endpoint or the spec allows.

    The server in the container has a limit of its own (6,553,500 bytes for PyTorch and the toolkit), the endpoint in
    front another; where AWS's texts differ, the lower number is a warning. ``payload.max_bytes`` overrides: what is
    above it is an error, all other limits only warn.

    At an endpoint: a 413 without a word, ``oversize body``, ``HTTP content length exceeded``, or a connection that is
    closed before any answer comes.

    In the client: float32 as .npy takes a third of its JSON, uint8 a quarter of float32, the encoded picture 1/50. The
    setting that raises the limit stands in the message. Here: ``payload --sizes`` shows which form fits.
    """
    request = candidate.request
    if request is None:
        return
    own = spec.payload.get("max_bytes")
    for mismatch in told(candidate, spec, "PAY114", payload_helps=False):
        yield mismatch if own is None else _warned(mismatch)
    if own is not None and request.size > own:
        yield _over(request, own, "payload.max_bytes of the spec", "send less, or change it there", "error")
    kind = spec.payload.get("endpoint", "realtime")
    broken = [limit for limit in request.limits if request.size > limit.bytes]
    for limit in broken[-1:]:  # the widest that is broken is the most severe
        severity: Severity = "notice" if limit.inline else "warning" if own or limit.severity != "error" else "error"
        yield _over(request, limit.bytes, f"a {kind} endpoint ({limit.source})", limit.remedy, severity)


def _warned(mismatch: Mismatch) -> Mismatch:
    return replace(mismatch, severity="warning")


def _over(request: Request, most: int, whose: str, remedy: str, severity: Severity) -> Mismatch:
    return Mismatch(
        message=f"the body has {request.size:,} bytes; {whose} takes {most:,}: {remedy}",
        expected=f"at most {most}",
        actual=str(request.size),
        severity=severity,
    )


@check("PAY116", severity="error", see="https://github.com/tensorflow/serving/issues/1484")
def unreadable_body(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The body breaks the rules of its own form.

    JSON that ends too early or was printed by Python's ``str`` (single quotes, ``1.``), several documents in one,
    lists nested a thousand deep, a damaged .npy header.

    At an endpoint: ``Expecting value: line 1 column 2``; ``Extra data``; ``JSON Parse error: Miss fraction part in
    number``; ``maximum recursion depth exceeded``.

    In the client: ``json.dumps``, never ``str``. Here: ``payload`` writes it.
    """
    yield from told(candidate, spec, "PAY116")


@check("PAY119", severity="warning")
def image_under_another_type(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The encoded image is of another kind than the content type says.

    Hugging Face decodes by the bytes and takes it; other software goes by the type.

    In the client: ``image/png`` for PNG, ``image/jpeg`` for JPEG. Here: ``payload`` writes the type that the bytes
    have.
    """
    yield from told(candidate, spec, "PAY119", payload_helps=False)


@check("PAY120", severity="notice")
def not_checked(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """Something could not be checked.

    The spec names no stack, so that the body is judged by its content type alone; or the body is larger, or of another
    kind, than is looked into; or it holds several encoded images; or the name of the input is not told.

    Where neither an image nor a tensor could be examined, the candidate is ``not checked``, and the exit code is 1.

    Here: ``payload: {stack: ...}``, ``name`` and ``endpoint`` in the spec tell what is missing (``spec init`` lists
    them).
    """
    request = candidate.request
    if request is None:
        return
    if not request.stack:
        yield Mismatch(
            message="the spec names no stack (payload.stack), so the body is judged by its content type alone: whether "
            "the server takes this type and form, what it makes of the dtype, and its own size limit are not checked",
            actual="no stack",
        )
    outcome = request.outcome
    if isinstance(outcome, Received) and outcome.form == "object" and not outcome.flaws:
        yield Mismatch(
            message=f"not examined: {outcome.what}; only a tensor or a single image is: check each image by itself",
            actual=outcome.what,
        )
    yield from told(candidate, spec, "PAY120", payload_helps=False)
