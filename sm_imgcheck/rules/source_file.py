"""SRC: a file that cannot be used at all. What reads it finds that out (``io``, ``pipeline.read``)."""

from __future__ import annotations

from sm_imgcheck.rules import Rule

SRC101 = Rule(
    "SRC101",
    "unreadable-file",
    severity="error",
    verdict="corrupt",
    doc="""The file cannot be read.

    It is not there, is a folder, a device or a pipe, is not yours to read, or is larger than any image needs to be.

    At an endpoint: ``FileNotFoundError`` or ``PermissionError`` in the client, before a request is made.

    Look at the path; ``sm-imgcheck`` walks folders itself, and reads standard input as ``-``.
    """,
)


SRC102 = Rule(
    "SRC102",
    "empty-file",
    severity="error",
    verdict="corrupt",
    doc="""The file has no bytes.

    A download that failed, a disk that was full, an upload of a file that was still open.

    At an endpoint: Pillow's ``cannot identify image file``, OpenCV's ``None``, or ``!buf.empty()`` from ``imdecode``.

    Fetch it again; check for length zero before you send.
    """,
)


SRC103 = Rule(
    "SRC103",
    "not-an-image",
    severity="error",
    verdict="unsupported",
    doc="""The content is no image, whatever the file is called.

    The page that a web server sent in place of the image, JSON, base64 text that was never decoded, an archive, a Git
    LFS pointer.

    At an endpoint: ``cannot identify image file <_io.BytesIO object>`` (a 500 from most handlers), or OpenCV's
    ``None``, which fails one line later with ``'NoneType' object has no attribute 'shape'``.

    In the client: look at the status and the content type of what you downloaded; decode base64 before you send bytes.
    """,
)


SRC104 = Rule(
    "SRC104",
    "unsupported-kind",
    severity="error",
    verdict="unsupported",
    doc="""The file is an image of a kind that is not read.

    HEIC (what an iPhone saves), JPEG XL, SVG, PDF, PSD and others: plain Pillow and OpenCV, as inference containers
    have them, read none of these.

    At an endpoint: ``cannot identify image file``.

    Convert it to JPEG or PNG before you send it (``heif-convert``, ``magick``), or let the phone save JPEG.
    """,
)


SRC105 = Rule(
    "SRC105",
    "unknown-content",
    severity="error",
    verdict="corrupt",
    doc="""The first bytes belong to no known kind of file.

    A signature that was damaged, a file that was encrypted, or one that lost its beginning. A PNG whose line ends were
    "corrected" by an FTP program or by Git looks like this too.

    At an endpoint: ``cannot identify image file``.

    Fetch the file again in binary mode; mark images as binary in ``.gitattributes``.
    """,
)


SRC106 = Rule(
    "SRC106",
    "unsupported-coding",
    severity="error",
    verdict="unsupported",
    doc="""The JPEG is of a kind that ordinary decoders do not read.

    Lossless, hierarchical and 12-bit JPEG come from scanners and medical devices. libjpeg of the usual kind reads
    8-bit DCT images only; a few builds read lossless ones, so that the same file works on one machine alone.

    At an endpoint: ``broken data stream when reading image file``, ``Unsupported JPEG data precision 12``.

    Convert it with the vendor's tool, or with ``gdcmconv`` for DICOM, to 8-bit JPEG or to PNG.
    """,
)


SRC107 = Rule(
    "SRC107",
    "decoder-died",
    severity="error",
    verdict="corrupt",
    doc="""The process that read the file died, or had to be ended.

    A damaged file that makes the decoder write where it must not (SIGSEGV, SIGABRT), a picture that needs more memory
    than there is (SIGKILL, by the kernel or by the container's limit), one that finds no end. Only runs with worker
    processes (``-j 2`` and more) live to tell it; all other candidates are looked at as if nothing had been.

    At an endpoint: the worker of the model server dies and is started anew. The request gets a 500 or a closed
    connection (``Worker died``, ``ModelError``, 502), and so do all that were in the same worker.

    Look at the file alone: ``sm-imgcheck validate FILE``. Where memory is the cause, use fewer jobs.
    """,
)


SRC108 = Rule(
    "SRC108",
    "reader-failed",
    severity="error",
    verdict="unsupported",
    doc="""Reading the file or the request body failed in a way that sm-imgcheck does not expect.

    The candidate is not checked. It is most likely damaged, but this is a bug in sm-imgcheck or in one of the libraries
    that it calls all the same: a damaged file has a finding that names the damage. The message and ``actual`` in the
    JSON report give the exception's type.

    At an endpoint: nothing is known; the same library may fail in the same way there.

    Report it with the file, if you may; ``SM_IMGCHECK_TRACEBACK=1`` shows the traceback.
    """,
)


SRC111 = Rule(
    "SRC111",
    "mostly-lost",
    severity="error",
    verdict="corrupt",
    doc="""More than half of the picture is missing.

    The file ends too early, or its image data is damaged, and the decoder left most rows grey. Pillow raises for the
    one and says nothing of the other.

    At an endpoint: an error, or a confident answer about a grey rectangle.

    Fetch the file again. No policy of a spec lets it pass.
    """,
)


SRC112 = Rule(
    "SRC112",
    "corrupt-image",
    severity="error",
    verdict="corrupt",
    doc="""The image is broken: no decoder makes a picture of it.

    Its header contradicts itself, a checksum is wrong, or the coded data breaks the rules of its format.

    At an endpoint: ``broken data stream when reading image file``, ``image file is truncated``, or OpenCV's ``None``.

    Fetch the file again, or leave it out.
    """,
)


SRC120 = Rule(
    "SRC120",
    "pixel-bomb",
    severity="error",
    verdict="bomb",
    see="https://pillow.readthedocs.io/en/stable/reference/limits.html",
    doc="""The file declares more pixels than ``decode.max_pixels`` allows, or takes far more memory than its pixels.

    A few bytes can declare gigabytes of pixels, or millions of tiles and code-blocks. The sizes are read from the
    headers; nothing of them is allocated.

    At an endpoint: Pillow's ``DecompressionBombError``; with OpenCV a container that runs out of memory.

    Where such images are real (satellites, microscopes), cut them into tiles, or raise ``decode.max_pixels``.
    """,
)


SRC121 = Rule(
    "SRC121",
    "text-bomb",
    severity="error",
    verdict="bomb",
    doc="""A compressed text or profile inside the image inflates beyond measure.

    PNG files may carry compressed comments; one of them unpacks to more than a megabyte.

    At an endpoint: Pillow's ``Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK``.

    Save the image again without its comments (``oxipng --strip all``).
    """,
)


SRC150 = Rule(
    "SRC150",
    "unreadable-tensor",
    severity="error",
    verdict="corrupt",
    doc="""The tensor file is damaged or holds no numbers.

    A header that does not parse, an archive without its table of contents, ragged JSON lists, texts, truth values among
    numbers, numbers that their dtype cannot hold, a key that stands there twice, records, a mask.

    At an endpoint: ``ValueError: Cannot parse header``, ``BadZipFile``, ``setting an array element with a sequence``.

    Write it with ``numpy.save(file, array)`` from an array of numbers.
    """,
)


SRC151 = Rule(
    "SRC151",
    "pickled-tensor",
    severity="error",
    verdict="unsupported",
    see="https://numpy.org/doc/stable/reference/generated/numpy.load.html",
    doc="""The tensor file holds Python objects, which only unpickling could read.

    ``numpy.save`` writes a pickle when it is given a list of arrays of different shapes, or None among the numbers.
    Loading a pickle runs whatever code it contains: it is never done here.

    At an endpoint: ``Object arrays cannot be loaded when allow_pickle=False``.

    Make one array of numbers (``np.stack``), or one array for each item, and save that.
    """,
)


SRC152 = Rule(
    "SRC152",
    "short-tensor",
    severity="error",
    verdict="corrupt",
    doc="""The tensor's header declares more numbers than the file holds.

    The file was cut off, or its header was made up to make a reader allocate gigabytes.

    At an endpoint: ``cannot reshape array of size``, ``No data left in file``, or a worker killed for its memory.

    Write the file again.
    """,
)


SRC153 = Rule(
    "SRC153",
    "several-arrays",
    severity="error",
    verdict="unsupported",
    doc="""The archive holds several arrays and none was named, or one was named that is not there.

    An archive of arrays is a folder of them, and which of them the model would get is not for this tool to guess. Only
    an archive has names: nothing in a ``.npy`` file or in an image can be called by one.

    Say which one: ``file.npz::name``. The message lists the names.
    """,
)


SRC154 = Rule(
    "SRC154",
    "tensor-bomb",
    severity="error",
    verdict="bomb",
    doc="""The tensor file unpacks to more than is ever read.

    Two megabytes of archive can hold two gigabytes of zeros; of a JSON text every number takes some 50 bytes in memory,
    every list 128.

    At an endpoint: a worker killed for its memory.

    Split it into batches, or store it as a plain ``.npy`` file, which is read where it lies.
    """,
)
