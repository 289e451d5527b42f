"""HND: the user's own handler, run on a request. ``features.handler`` runs it and reports the outcome."""

from __future__ import annotations

from sm_imgcheck.rules import Rule

HND101 = Rule(
    "HND101",
    "handler-exception",
    severity="error",
    doc="""The handler raised an exception.

    The message names the exception and the innermost line of your file in the traceback; in brackets, the library file
    where it was raised, if any.

    At an endpoint: a 500 with the exception's text and traceback (Hugging Face: a 400), through InvokeEndpoint a 424
    ``ModelError``. With an exception during the import of the file, the container fails its ping.

    In the model's code: fix that line; ``sm-imgcheck code --for STACK`` writes a handler that creates the spec's
    tensor. Here: HND110 explains the text if it is known.
    """,
)


HND102 = Rule(
    "HND102",
    "handler-exited",
    severity="error",
    doc="""The handler ended its process, or closed the channel for its result.

    ``sys.exit``, ``os._exit``, a crash in a library's C code, or the kernel when memory runs out (SIGKILL).

    At an endpoint: the worker exits and restarts with the model; the request and all queued requests get a 500 or 503
    after a delay.

    In the model's code: raise an exception for an invalid request. The message includes the line if Python could still
    print it.
    """,
)


HND103 = Rule(
    "HND103",
    "handler-timeout",
    severity="error",
    doc="""The handler exceeded the time limit.

    A loop, a download, a lock, a read from standard input; or the import of a large framework from a slow disk.

    At an endpoint: the container has 60 seconds to respond; after that the client gets a 424 or a timeout.

    In the model's code: load and download during the import of the file, or in ``model_fn``, not for each request.
    Here: ``--timeout SECONDS`` sets the limit, for importing the file and for each request.
    """,
)


HND104 = Rule(
    "HND104",
    "handler-limit-exceeded",
    severity="error",
    doc="""The handler exceeded the limit on memory, processes or result size.

    An image enlarged without limit (a size from the request), height and width swapped with the batch dimension, a list
    that grows with each request.

    At an endpoint: the kernel kills the worker, and all requests that it processes are lost.

    In the model's code: check the size before decoding (``Image.open`` reads the header only). Here: ``--memory GIB``
    sets the limit on the resident memory of the process and its child processes.
    """,
)


HND105 = Rule(
    "HND105",
    "no-tensor-returned",
    severity="error",
    doc="""The handler's return value is not a tensor.

    ``None`` (a missing ``return``), a generator, a coroutine, a custom object, text that TensorFlow Serving rejects, or
    several tensors without the spec's input name.

    At an endpoint: the next function fails, far from the cause: ``'NoneType' object has no attribute 'shape'``,
    ``conv2d() received an invalid combination of arguments``.

    In the model's code: return the array. If another function preprocesses, name it with ``--function``.
    """,
)


HND106 = Rule(
    "HND106",
    "content-type-rejected-by-handler",
    severity="error",
    doc="""The handler rejected the content type of the request.

    Handlers compare the header exactly: a handler for ``application/x-image`` rejects ``image/jpeg``.

    At an endpoint: the handler's error for every request with a different type.

    In the client: send the type that the handler accepts; in the model's code: accept ``image/*``. Here:
    ``--content-type`` sends another type.
    """,
)


HND107 = Rule(
    "HND107",
    "handler-not-checked",
    severity="warning",
    doc="""The model's input could not be observed, so the handler is neither right nor wrong.

    A package that is not installed for this Python; ``predict_fn`` raised with a stub of the model, before it called
    the model; a function that returned a prediction without calling a model. Status: not checked.

    At an endpoint: unknown.

    Here: ``--python PATH`` for an interpreter with the packages, ``--model-dir DIR`` for the model's files,
    ``--function NAME`` for the function that makes the tensor.
    """,
)


HND110 = Rule(
    "HND110",
    "known-error",
    severity="notice",
    doc="""The exception's text matches a known error.

    The message is the short form of the output of ``sm-imgcheck explain``, which adds the reasons and the commands.
    """,
)


HND120 = Rule(
    "HND120",
    "conflicting-functions",
    severity="error",
    doc="""The file defines both ``transform_fn`` and ``input_fn``.

    The toolkits of the PyTorch, MXNet, scikit-learn and Hugging Face containers accept only one of the two.

    At an endpoint: ``Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn
    implementation``, for every request.

    In the model's code: remove one of them.
    """,
)


HND121 = Rule(
    "HND121",
    "missing-functions",
    severity="error",
    doc="""The file defines ``input_handler`` without ``output_handler``.

    The TensorFlow Serving container requires both, or a function ``handler`` instead of the two.

    At an endpoint: it does not start: ``NotImplementedError: Handlers are not implemented correctly in user script.``

    In the model's code: add ``def output_handler(response, context): return response.content, context.accept_header``.
    """,
)


HND122 = Rule(
    "HND122",
    "dict-posted-as-form",
    severity="error",
    doc="""``input_handler`` returns a dict instead of its JSON.

    The container passes the result to ``requests.post(uri, data=...)``, which encodes a dict as form fields.

    At an endpoint: TensorFlow Serving returns ``JSON Parse error: Invalid value. at offset: 0``.

    In the model's code: ``return json.dumps({"instances": ...})``. The dict was checked as if sent as JSON.
    """,
)


HND123 = Rule(
    "HND123",
    "multiple-classes",
    severity="error",
    doc="""The file of a TorchServe handler defines more than one class.

    TorchServe expects exactly one class in the file, or a module-level function ``handle``.

    At an endpoint: ``Expected only one class in custom service code or a function entry point``.

    In the model's code: move the others into a separate file. The first class with ``preprocess`` was checked.
    """,
)


HND124 = Rule(
    "HND124",
    "serving-request-mismatch",
    severity="warning",
    doc="""TensorFlow Serving reads the handler's request in an unintended way.

    Values outside the range of the signature's dtype, a missing batch dimension, an input name that differs from the
    spec.

    At an endpoint: 200 with a prediction for each row of the image, or wrong values.

    In the model's code: add a pair of brackets around each image; send values within the signature's dtype.
    """,
)


HND130 = Rule(
    "HND130",
    "handler-run-conditions",
    severity="notice",
    doc="""Stubs and selections of this handler run.

    A TorchServe class that is not installed, ``initialize`` called without a model, one tensor selected from several,
    a tensor copied from a GPU.
    """,
)
