"""PAY: the values in a request body, as its serving stack reads them. See ``payload_request``."""

from __future__ import annotations

from sm_imgcheck.rules import Rule

PAY105 = Rule(
    "PAY105",
    "batch-dimension-mismatch",
    severity="error",
    see="https://github.com/tensorflow/serving/issues/2104",
    doc="""The server reads a different batch size than intended.

    TensorFlow Serving reads every entry of ``instances`` as one instance: a bare list of height x width x 3 becomes one
    instance per image row, and a flat list gains a dimension. Triton reads the first axis as the batch dimension and
    rejects an image of 224 rows as a batch of 224.

    At an endpoint: ``inference request batch-size must be <= 8``; ``Shape of input ... does not match expected
    shape``; ``Matrix size-incompatible``; or a 200 with one prediction per row.

    In the client: ``array[np.newaxis].tolist()``. Here: ``payload`` writes the batch dimension of the spec.
    """,
)


PAY106 = Rule(
    "PAY106",
    "silent-cast",
    severity="error",
    doc="""The server casts the values to its dtype, and they change.

    MLflow casts all input to the signature's dtype: 0..1 floats for a uint8 signature become zeros, ``null`` becomes
    NaN, text becomes numbers.

    At an endpoint: 200, and the prediction for a different image; only integers out of range are rejected (``Python
    integer 300 out of bounds for uint8``).

    In the client: send the values that the signature expects. Here: ``payload`` sends the spec's dtype and range.
    """,
)


PAY107 = Rule(
    "PAY107",
    "float-for-integer-input",
    severity="error",
    doc="""The body contains numbers with a point or an exponent, and the input is an integer.

    Even ``1.0`` is rejected: JSON parsers distinguish it from ``1``.

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

    Images of several sizes in one batch, or a truncated row.

    At an endpoint: ``setting an array element with a sequence. The requested array has an inhomogeneous shape``;
    ``Encountered list at unexpected size``.

    In the client: resize all images of a request to one size, or send one image per request. Here: ``payload`` resizes
    as specified before it joins them.
    """,
)


PAY109 = Rule(
    "PAY109",
    "nan-in-json",
    severity="error",
    doc="""The JSON body contains NaN or Infinity, which are not valid JSON.

    Python writes and reads them anyway; some servers reject the body, and the others pass NaN to the model.

    At an endpoint: 422 (MLServer), ``failed to parse the request JSON buffer`` (Triton), or NaN for every class.

    In the client: fix the division by zero; ``json.dumps(..., allow_nan=False)`` raises before the server does. Here:
    ``payload`` refuses to write it.
    """,
)


PAY113 = Rule(
    "PAY113",
    "big-endian-body",
    severity="error",
    doc="""The .npy body is big-endian.

    At an endpoint: PyTorch: ``given numpy array has byte order different from the native byte order``.

    In the client: ``array.astype(array.dtype.newbyteorder("="))``. Here: ``payload`` writes little-endian.
    """,
)


PAY115 = Rule(
    "PAY115",
    "body-size-mismatch",
    severity="error",
    doc="""The number of values does not match the declared shape.

    A truncated body, a dtype of another width (twice as many bytes: float64), the shape of another array.

    At an endpoint: ``input byte size mismatch ... Expected 602112, got 1204224``; ``Shape does not match true shape of
    'data' field``; ``cannot reshape array``; ``EOF: reading array data``.

    In the client: derive shape, datatype and bytes from the same array. Here: ``payload`` does.
    """,
)


PAY117 = Rule(
    "PAY117",
    "wrong-datatype",
    severity="error",
    doc="""The datatype in the request is not the model's, or not defined by the protocol.

    v2 requests use ``FP32``, not ``float32``; NumPy's default of 64 bits is ``FP64``. TensorFlow Serving does not
    support half-precision inputs in JSON.

    At an endpoint: ``inference input 'image' data-type is 'FP64', but model expects 'FP32'``; ``invalid datatype for
    input image``; 501 ``Conversion of JSON Value ... to type: half``.

    In the client: cast the array and name its dtype. Here: ``payload`` uses the spec for both.
    """,
)


PAY118 = Rule(
    "PAY118",
    "shape-mismatch",
    severity="error",
    doc="""The server rejects the shape because it does not match the model's.

    Channels first instead of last, another size, an extra axis.

    At an endpoint: ``unexpected shape for input 'image' ... Expected [-1,224,224,3], got [1,3,224,224]`` (Triton);
    ``Shape of input (1, 3, 224, 224) does not match expected shape`` (MLflow).

    In the client: ``np.transpose(x, (0, 2, 3, 1))``, never ``reshape``. Here: ``payload`` resizes and transposes as
    specified.
    """,
)
