"""HND: the user's own handler, run on a request. ``features.handler`` runs it and finds out what it did."""

from __future__ import annotations

from sm_imgcheck.rules import Rule

HND101 = Rule(
    "HND101",
    "handler-raised",
    severity="error",
    doc="""The handler raised an exception.

    The message names the exception and the innermost line of your own file on its way; in brackets stands the file of
    a library, where it was raised there.

    At an endpoint: a 500 with the exception's text and a trace (Hugging Face: a 400), over InvokeEndpoint a 424
    ``ModelError``. One that is raised while the file is imported keeps the container from answering its ping.

    In the model's code: mend that line; ``sm-imgcheck code --for STACK`` writes a handler that makes the spec's tensor.
    Here: HND110 says what is known of this text.
    """,
)


HND102 = Rule(
    "HND102",
    "handler-ended",
    severity="error",
    doc="""The handler ended its process, or closed what its answer goes through.

    ``sys.exit``, ``os._exit``, a crash in a library's C code, the kernel that takes a process when memory runs out.

    At an endpoint: the worker dies and is started anew with the model; the request gets a 500 or 503 after a while, and
    so do those that wait.

    In the model's code: raise an exception for a bad request. The line is told where Python could still print it.
    """,
)


HND103 = Rule(
    "HND103",
    "handler-too-slow",
    severity="error",
    doc="""The handler was not done within the time limit.

    A loop, a download, a lock, a question to standard input; or a large framework that is imported on a slow disk.

    At an endpoint: the container has 60 seconds to answer a request; after that the client sees a 424 or a time-out.

    In the model's code: load and download while the file is imported, or in ``model_fn``, not for each request. Here:
    ``--timeout SECONDS`` sets the limit, for importing the file and for each request.
    """,
)


HND104 = Rule(
    "HND104",
    "handler-too-large",
    severity="error",
    doc="""The handler took more memory or processes than the limit, or returned more than is taken.

    An image that is enlarged without bound (a size that came with the request), height and width exchanged with a batch
    axis, a list that grows from request to request.

    At an endpoint: the kernel kills the worker, and every request that it holds is lost.

    In the model's code: check the size before pixels are decoded (``Image.open`` reads the header only). Here:
    ``--memory GIB`` sets the limit; it is the resident memory of the process and of all that it starts.
    """,
)


HND105 = Rule(
    "HND105",
    "no-tensor-returned",
    severity="error",
    doc="""What the handler returned is no tensor.

    ``None`` (a forgotten ``return``), a generator, a coroutine, an object of your own, text that TensorFlow Serving
    refuses, several tensors of which none has the spec's name.

    At an endpoint: the next function fails, far from the cause: ``'NoneType' object has no attribute 'shape'``,
    ``conv2d() received an invalid combination of arguments``.

    In the model's code: return the array. Where preprocessing happens elsewhere, name that function: ``--function``.
    """,
)


HND106 = Rule(
    "HND106",
    "content-type-refused-by-handler",
    severity="error",
    doc="""The handler refused the content type of the request.

    Handlers compare the header letter by letter, and the one that was written for ``application/x-image`` refuses
    ``image/jpeg``.

    At an endpoint: the handler's own error for every request of a client that sends another type.

    In the client: send the type that the handler takes; in the model's code: take ``image/*``. Here: ``--content-type``
    sends another.
    """,
)


HND110 = Rule(
    "HND110",
    "known-trouble",
    severity="notice",
    doc="""The text of the exception is known.

    The same answer as ``sm-imgcheck explain`` gives to it, which has more: the reasons, and what this tool can do.
    """,
)


HND120 = Rule(
    "HND120",
    "functions-exclude-each-other",
    severity="error",
    doc="""The file defines ``transform_fn`` beside ``input_fn``.

    The toolkits of the PyTorch, MXNet, scikit-learn and Hugging Face containers take the one or the other.

    At an endpoint: ``Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn
    implementation``, for every request.

    In the model's code: remove one of them.
    """,
)


HND121 = Rule(
    "HND121",
    "functions-missing",
    severity="error",
    doc="""The file defines ``input_handler`` without ``output_handler``.

    The TensorFlow Serving container takes both, or a function ``handler`` that does all.

    At an endpoint: it does not start: ``NotImplementedError: Handlers are not implemented correctly in user script.``

    In the model's code: add ``def output_handler(response, context): return response.content, context.accept_header``.
    """,
)


HND122 = Rule(
    "HND122",
    "dict-posted-as-form",
    severity="error",
    doc="""``input_handler`` returns a dict instead of its JSON.

    The container hands the result to ``requests.post(uri, data=...)``, which writes a dict as the fields of a form.

    At an endpoint: TensorFlow Serving answers ``JSON Parse error: Invalid value. at offset: 0``.

    In the model's code: ``return json.dumps({"instances": ...})``. The dict was checked as if it had been sent so.
    """,
)


HND123 = Rule(
    "HND123",
    "several-classes",
    severity="error",
    doc="""The file of a TorchServe handler defines more than one class.

    TorchServe takes the one class of the file, or a function ``handle`` at its top.

    At an endpoint: ``Expected only one class in custom service code or a function entry point``.

    In the model's code: move the others into a file of their own. The first with ``preprocess`` was checked.
    """,
)


HND124 = Rule(
    "HND124",
    "posted-text-reads-otherwise",
    severity="warning",
    doc="""TensorFlow Serving reads what the handler posts otherwise than it was meant.

    Values that leave the range of the signature's dtype, a batch axis that is missing, a name that is not the spec's.

    At an endpoint: 200 with an answer for each row of the image, or wrong numbers.

    In the model's code: one more pair of brackets around each image; numbers that the signature's dtype holds.
    """,
)


HND130 = Rule(
    "HND130",
    "as-the-handler-was-run",
    severity="notice",
    doc="""What stood in for the server when the handler was run, and what was taken of what it returned.

    A class of TorchServe that is not installed, ``initialize`` that was called without a model, one tensor of several,
    a tensor that was fetched from a GPU.
    """,
)
