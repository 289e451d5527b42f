"""PAY: the numbers in a request body, as its serving stack reads them. See ``payload_request``."""

from __future__ import annotations

from sm_imgcheck.rules import Rule

PAY105 = Rule(
    "PAY105",
    "batch-axis-lost-or-invented",
    severity="error",
    see="https://github.com/tensorflow/serving/issues/2104",
    doc="""The server reads another batch than was meant.

    TensorFlow Serving takes every entry of ``instances`` for one instance: a bare list of height x width x 3 becomes
    as many instances as the image has rows, and a flat list gains an axis. Triton takes the first axis for the batch
    and refuses an image of 224 rows as a batch of 224.

    At an endpoint: ``inference request batch-size must be <= 8``; ``Shape of input ... does not match expected
    shape``; ``Matrix size-incompatible``; or a 200 with as many answers as there are rows.

    In the client: ``array[np.newaxis].tolist()``. Here: ``payload`` writes the batch axis that the spec asks for.
    """,
)


PAY106 = Rule(
    "PAY106",
    "values-cast-in-silence",
    severity="error",
    doc="""The server changes the values to fit its own dtype.

    MLflow casts whatever comes to the signature's dtype: floats of 0..1 sent to a uint8 signature arrive as zeros,
    ``null`` as NaN, texts as numbers.

    At an endpoint: 200, and the answer to another picture; only integers that do not fit are refused (``Python integer
    300 out of bounds for uint8``).

    In the client: send the values that the signature takes. Here: ``payload`` sends the spec's dtype and range.
    """,
)


PAY107 = Rule(
    "PAY107",
    "floats-for-an-integer-input",
    severity="error",
    doc="""Numbers with a point or an exponent stand where the input takes whole numbers.

    Even ``1.0`` is refused: JSON parsers tell it from ``1``.

    At an endpoint: ``JSON Value: 1.5 Type: Number is not of expected type: uint8`` (TensorFlow Serving); ``attempt to
    access JSON non-unsigned-integer as unsigned-integer`` (Triton).

    In the client: ``array.astype(np.uint8).tolist()``. Here: ``payload`` writes integers for an integer dtype.
    """,
)


PAY108 = Rule(
    "PAY108",
    "ragged-lists",
    severity="error",
    doc="""The nested lists differ in length.

    Images of several sizes in one batch, or a row that was cut.

    At an endpoint: ``setting an array element with a sequence. The requested array has an inhomogeneous shape``;
    ``Encountered list at unexpected size``.

    In the client: resize all images of a request to one size, or send one a request. Here: ``payload`` resizes as the
    spec says before it joins them.
    """,
)


PAY109 = Rule(
    "PAY109",
    "nan-in-json",
    severity="error",
    doc="""The JSON body holds NaN or Infinity, for which JSON has no word.

    Python writes and reads them all the same; other servers refuse the body, and those that take it hand NaN to the
    model.

    At an endpoint: 422 (MLServer), ``failed to parse the request JSON buffer`` (Triton), or NaN for every class.

    In the client: find the division by zero; ``json.dumps(..., allow_nan=False)`` tells you before the server does.
    Here: ``payload`` refuses to write it.
    """,
)


PAY113 = Rule(
    "PAY113",
    "big-endian-body",
    severity="error",
    doc="""The .npy body has its bytes in the order of other machines.

    At an endpoint: PyTorch: ``given numpy array has byte order different from the native byte order``.

    In the client: ``array.astype(array.dtype.newbyteorder("="))``. Here: ``payload`` writes little-endian.
    """,
)


PAY115 = Rule(
    "PAY115",
    "bytes-do-not-fill-the-shape",
    severity="error",
    doc="""The values do not fill the shape that the body claims.

    A body that was cut on its way, a dtype of another width (twice as many bytes: float64), the shape of another
    array.

    At an endpoint: ``input byte size mismatch ... Expected 602112, got 1204224``; ``Shape does not match true shape of
    'data' field``; ``cannot reshape array``; ``EOF: reading array data``.

    In the client: take shape, datatype and bytes from the same array. Here: ``payload`` does.
    """,
)


PAY117 = Rule(
    "PAY117",
    "wrong-datatype-word",
    severity="error",
    doc="""The request says another datatype than the model takes, or a word that the protocol does not know.

    v2 requests say ``FP32``, not ``float32``; NumPy's default of 64 bits is ``FP64``. TensorFlow Serving fills no
    half-precision input from JSON at all.

    At an endpoint: ``inference input 'image' data-type is 'FP64', but model expects 'FP32'``; ``invalid datatype for
    input image``; 501 ``Conversion of JSON Value ... to type: half``.

    In the client: cast the array and name its dtype. Here: ``payload`` takes both from the spec.
    """,
)


PAY118 = Rule(
    "PAY118",
    "refused-shape",
    severity="error",
    doc="""The server holds the shape against the model's, and refuses it.

    Channels first for channels last, another size, an axis too many.

    At an endpoint: ``unexpected shape for input 'image' ... Expected [-1,224,224,3], got [1,3,224,224]`` (Triton);
    ``Shape of input (1, 3, 224, 224) does not match expected shape`` (MLflow).

    In the client: ``np.transpose(x, (0, 2, 3, 1))``, never ``reshape``. Here: ``payload`` resizes and transposes as
    the spec says.
    """,
)
