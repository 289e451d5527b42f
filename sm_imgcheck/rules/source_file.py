"""SRC: a file that cannot be used. The readers (``io``, ``pipeline.read``) create these findings."""

from __future__ import annotations

from sm_imgcheck.rules import Rule

SRC101 = Rule(
    "SRC101",
    "unreadable-file",
    severity="error",
    doc="""The file cannot be read.

    It does not exist, is a folder, a device or a pipe, has no read permission, or exceeds the size limit for images.

    At an endpoint: ``FileNotFoundError`` or ``PermissionError`` in the client, before a request is sent.

    Check the path; ``sm-imgcheck`` expands folders, and reads standard input as ``-``.
    """,
)


SRC102 = Rule(
    "SRC102",
    "empty-file",
    severity="error",
    doc="""The file is empty.

    A failed download, a full disk, or an upload of a file that was still open for writing.

    At an endpoint: Pillow's ``cannot identify image file``, OpenCV's ``None``, or ``!buf.empty()`` from ``imdecode``.

    Download it again; check for zero length before sending.
    """,
)


SRC103 = Rule(
    "SRC103",
    "not-an-image",
    severity="error",
    doc="""The content is not an image, regardless of the file's name.

    An HTML page from a web server, JSON, undecoded base64 text, an archive, a Git LFS pointer.

    At an endpoint: ``cannot identify image file <_io.BytesIO object>`` (a 500 from most handlers), or OpenCV's
    ``None``, which fails one line later with ``'NoneType' object has no attribute 'shape'``.

    In the client: check the status and the content type of the download; decode base64 before sending bytes.
    """,
)


SRC104 = Rule(
    "SRC104",
    "unsupported-format",
    severity="error",
    severity_in_folder="warning",
    doc="""The image format is not supported.

    HEIC (the iPhone's format), JPEG XL, SVG, PDF, PSD and others: Pillow and OpenCV in inference containers support
    none of these.

    At an endpoint: ``cannot identify image file``.

    A HEIC, JPEG XL or camera raw file in a folder is a warning; named directly, it is an error.

    Convert it to JPEG or PNG before sending (``heif-convert``, ``djxl``, ``darktable-cli``, ``magick``), or set the
    phone to save JPEG.
    """,
)


SRC105 = Rule(
    "SRC105",
    "unknown-format",
    severity="error",
    doc="""The first bytes match no known file format.

    A damaged signature, an encrypted file, or a file without its first bytes. A PNG with line endings converted by FTP
    or Git has this problem too.

    At an endpoint: ``cannot identify image file``.

    Download the file again in binary mode; mark images as binary in ``.gitattributes``.
    """,
)


SRC106 = Rule(
    "SRC106",
    "unsupported-jpeg-encoding",
    severity="error",
    doc="""The JPEG encoding is not supported by common decoders.

    Scanners and medical devices write lossless, hierarchical and 12-bit JPEG. Standard builds of libjpeg read 8-bit DCT
    images only; a few builds read lossless ones, so the same file may work on a single machine only.

    At an endpoint: ``broken data stream when reading image file``, ``Unsupported JPEG data precision 12``.

    Convert it with the vendor's tool, or with ``gdcmconv`` for DICOM, to 8-bit JPEG or to PNG.
    """,
)


SRC107 = Rule(
    "SRC107",
    "decoder-crashed",
    severity="error",
    doc="""The process that read the file crashed or was terminated.

    A damaged file that causes an invalid memory access in the decoder (SIGSEGV, SIGABRT), an image that needs more
    memory than available (SIGKILL, by the kernel or by the container's limit), or a decoder that does not finish. Only
    runs with worker processes (``-j 2`` and more) survive it; all other candidates are checked normally.

    At an endpoint: the worker of the model server crashes and restarts. The request gets a 500 or a closed connection
    (``Worker died``, ``ModelError``, 502), and so do all requests in the same worker.

    Check the file alone: ``sm-imgcheck validate FILE``. If memory is the cause, use fewer jobs.
    """,
)


SRC108 = Rule(
    "SRC108",
    "unexpected-read-error",
    severity="error",
    doc="""Reading the file or the request body failed with an unexpected error.

    The candidate is not checked. It is probably damaged, but the error is also a bug in sm-imgcheck or in one of its
    libraries: a damaged file has a finding that names the damage. The message and ``actual`` in the JSON report give
    the exception's type.

    At an endpoint: unknown; the same library may fail with the same error.

    Report it, with the file if possible; ``SM_IMGCHECK_TRACEBACK=1`` shows the traceback.
    """,
)


SRC111 = Rule(
    "SRC111",
    "severely-truncated",
    severity="error",
    doc="""More than half of the image is missing.

    The file is truncated, or its image data is damaged, and the decoder left most rows gray. Pillow raises for a
    truncated file, and ignores damaged data.

    At an endpoint: an error, or a confident prediction for a gray rectangle.

    Download the file again. No policy of a spec accepts it.
    """,
)


SRC112 = Rule(
    "SRC112",
    "corrupt-image",
    severity="error",
    doc="""The image is corrupt and cannot be decoded.

    Its header is inconsistent, a checksum is wrong, or the encoded data violates its format.

    At an endpoint: ``broken data stream when reading image file``, ``image file is truncated``, or OpenCV's ``None``.

    Download the file again, or exclude it.
    """,
)


SRC120 = Rule(
    "SRC120",
    "decompression-bomb",
    severity="error",
    see="https://pillow.readthedocs.io/en/stable/reference/limits.html",
    doc="""The file declares more pixels than ``decode.max_pixels`` allows, or needs far more memory than its pixels.

    A few bytes can declare gigabytes of pixels, or millions of tiles and code-blocks. The sizes are read from the
    headers; no pixel memory is allocated.

    At an endpoint: Pillow's ``DecompressionBombError``; with OpenCV a container that runs out of memory.

    For genuine large images (satellites, microscopes), split them into tiles, or raise ``decode.max_pixels``.
    """,
)


SRC121 = Rule(
    "SRC121",
    "metadata-bomb",
    severity="error",
    doc="""A compressed text or profile inside the image exceeds the size limit when decompressed.

    PNG files may contain compressed comments; a comment in this file decompresses to more than a megabyte.

    At an endpoint: Pillow's ``Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK``.

    Save the image again without its comments (``oxipng --strip all``).
    """,
)


SRC150 = Rule(
    "SRC150",
    "unreadable-tensor",
    severity="error",
    doc="""The tensor file is damaged or non-numeric.

    A header that cannot be parsed, an archive without its central directory, ragged JSON lists, text, booleans mixed
    with numbers, values out of range for their dtype, a duplicate key, structured elements, a mask.

    At an endpoint: ``ValueError: Cannot parse header``, ``BadZipFile``, ``setting an array element with a sequence``.

    Write it with ``numpy.save(file, array)`` from a numeric array.
    """,
)


SRC151 = Rule(
    "SRC151",
    "pickled-tensor",
    severity="error",
    see="https://numpy.org/doc/stable/reference/generated/numpy.load.html",
    doc="""The tensor file contains pickled Python objects.

    ``numpy.save`` writes a pickle for a list of arrays of different shapes, or for None among numbers. Loading a
    pickle runs any code that it contains; pickles are never loaded here.

    At an endpoint: ``Object arrays cannot be loaded when allow_pickle=False``.

    Create one numeric array (``np.stack``), or one array for each item, and save that.
    """,
)


SRC152 = Rule(
    "SRC152",
    "truncated-tensor",
    severity="error",
    doc="""The tensor's header declares more values than the file contains.

    The file is truncated, or its header was forged to cause an allocation of gigabytes.

    At an endpoint: ``cannot reshape array of size``, ``No data left in file``, or a worker killed for its memory.

    Write the file again.
    """,
)


SRC153 = Rule(
    "SRC153",
    "ambiguous-array",
    severity="error",
    doc="""The archive contains several arrays and none was selected, or the selected array does not exist.

    An archive is treated as a folder of arrays, and the model's input cannot be guessed. Only archives have named
    members: a name for an ``.npy`` file or an image is an error.

    Select the array: ``file.npz::name``. The message lists the names.
    """,
)


SRC154 = Rule(
    "SRC154",
    "tensor-decompression-bomb",
    severity="error",
    doc="""The decompressed tensor exceeds the size limit.

    Two megabytes of archive can contain two gigabytes of zeros; in parsed JSON, each number needs about 50 bytes of
    memory, each list 128.

    At an endpoint: a worker killed for its memory.

    Split it into batches, or store it as an uncompressed ``.npy`` file, which is not unpacked in memory.
    """,
)
