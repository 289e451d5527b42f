"""SRC: a file that cannot be used at all. The reader finds it out; here stands what it means."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Spec
from sm_imgcheck.rules import Mismatch, check


def _found(candidate: Candidate, code: str) -> Iterator[Mismatch]:
    """The reader's own clause where it gave up with this code."""
    if candidate.problem is not None and candidate.problem[0] == code:
        yield Mismatch(message=candidate.problem[1])


@check("SRC101", severity="error", verdict="corrupt")
def unreadable_file(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The file cannot be read.

    It is not there, is a folder, a device or a pipe, is not yours to read, or is larger than any image needs to be.

    At an endpoint: ``FileNotFoundError`` or ``PermissionError`` in the client, before a request is made.

    Look at the path; ``sm-imgcheck`` walks folders itself, and reads standard input as ``-``.
    """
    yield from _found(candidate, "SRC101")


@check("SRC102", severity="error", verdict="corrupt")
def empty_file(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The file has no bytes.

    A download that failed, a disk that was full, an upload of a file that was still open.

    At an endpoint: Pillow's ``cannot identify image file``, OpenCV's ``None``, or ``!buf.empty()`` from ``imdecode``.

    Fetch it again; check for length zero before you send.
    """
    yield from _found(candidate, "SRC102")


@check("SRC103", severity="error", verdict="unsupported")
def not_an_image(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The content is no image, whatever the file is called.

    The page that a web server sent in place of the image, JSON, base64 text that was never decoded, an archive, a Git
    LFS pointer.

    At an endpoint: ``cannot identify image file <_io.BytesIO object>`` (a 500 from most handlers), or OpenCV's
    ``None``, which fails one line later with ``'NoneType' object has no attribute 'shape'``.

    In the client: look at the status and the content type of what you downloaded; decode base64 before you send bytes.
    """
    yield from _found(candidate, "SRC103")


@check("SRC104", severity="error", verdict="unsupported")
def unsupported_kind(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The file is an image of a kind that is not read.

    HEIC (what an iPhone saves), JPEG XL, SVG, PDF, PSD and others: plain Pillow and OpenCV, as inference containers
    have them, read none of these.

    At an endpoint: ``cannot identify image file``.

    Convert it to JPEG or PNG before you send it (``heif-convert``, ``magick``), or let the phone save JPEG.
    """
    yield from _found(candidate, "SRC104")


@check("SRC105", severity="error", verdict="corrupt")
def unknown_content(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The first bytes belong to no known kind of file.

    A signature that was damaged, a file that was encrypted, or one that lost its beginning. A PNG whose line ends were
    "corrected" by an FTP program or by Git looks like this too.

    At an endpoint: ``cannot identify image file``.

    Fetch the file again in binary mode; mark images as binary in ``.gitattributes``.
    """
    yield from _found(candidate, "SRC105")


@check("SRC106", severity="error", verdict="unsupported")
def unsupported_coding(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The JPEG is of a kind that ordinary decoders do not read.

    Lossless, hierarchical and 12-bit JPEG come from scanners and medical devices. libjpeg of the usual kind reads
    8-bit DCT images only; a few builds read lossless ones, so that the same file works on one machine alone.

    At an endpoint: ``broken data stream when reading image file``, ``Unsupported JPEG data precision 12``.

    Convert it with the vendor's tool, or with ``gdcmconv`` for DICOM, to 8-bit JPEG or to PNG.
    """
    yield from _found(candidate, "SRC106")


@check("SRC107", severity="error", verdict="corrupt")
def decoder_died(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The process that read the file died, or had to be ended.

    A damaged file that makes the decoder write where it must not (SIGSEGV, SIGABRT), a picture that needs more memory
    than there is (SIGKILL, by the kernel or by the container's limit), one that finds no end. Only runs with worker
    processes (``-j 2`` and more) live to tell it; all other candidates are looked at as if nothing had been.

    At an endpoint: the worker of the model server dies and is started anew. The request gets a 500 or a closed
    connection (``Worker died``, ``ModelError``, 502), and so do all that were in the same worker.

    Look at the file alone: ``sm-imgcheck validate FILE``. Where memory is the cause, use fewer jobs.
    """
    yield from _found(candidate, "SRC107")


@check("SRC108", severity="error", verdict="unsupported")
def reader_failed(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """Reading the file or the request body failed in a way that sm-imgcheck does not expect.

    The candidate is not checked. It is most likely damaged, but this is a bug in sm-imgcheck or in one of the libraries
    that it calls all the same: a damaged file has a finding that names the damage. The message and ``actual`` in the
    JSON report give the exception's type.

    At an endpoint: nothing is known; the same library may fail in the same way there.

    Report it with the file, if you may; ``SM_IMGCHECK_TRACEBACK=1`` shows the traceback.
    """
    if candidate.problem is not None and candidate.problem[0] == "SRC108":
        yield Mismatch(message=candidate.problem[1], actual=candidate.raised)


@check("SRC111", severity="error", verdict="corrupt")
def mostly_lost(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """More than half of the picture is missing.

    The file ends too early, or its image data is damaged, and the decoder left most rows grey. Pillow raises for the
    one and says nothing of the other.

    At an endpoint: an error, or a confident answer about a grey rectangle.

    Fetch the file again. No policy of a spec lets it pass.
    """
    yield from _found(candidate, "SRC111")


@check("SRC112", severity="error", verdict="corrupt")
def corrupt_image(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The image is broken: no decoder makes a picture of it.

    Its header contradicts itself, a checksum is wrong, or the coded data breaks the rules of its format.

    At an endpoint: ``broken data stream when reading image file``, ``image file is truncated``, or OpenCV's ``None``.

    Fetch the file again, or leave it out.
    """
    yield from _found(candidate, "SRC112")


@check("SRC120", severity="error", verdict="bomb", see="https://pillow.readthedocs.io/en/stable/reference/limits.html")
def pixel_bomb(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The file declares more pixels than ``decode.max_pixels`` allows, or takes far more memory than its pixels.

    A few bytes can declare gigabytes of pixels, or millions of tiles and code-blocks. The sizes are read from the
    headers; nothing of them is allocated.

    At an endpoint: Pillow's ``DecompressionBombError``; with OpenCV a container that runs out of memory.

    Where such images are real (satellites, microscopes), cut them into tiles, or raise ``decode.max_pixels``.
    """
    yield from _found(candidate, "SRC120")


@check("SRC121", severity="error", verdict="bomb")
def text_bomb(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """A compressed text or profile inside the image inflates beyond measure.

    PNG files may carry compressed comments; one of them unpacks to more than a megabyte.

    At an endpoint: Pillow's ``Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK``.

    Save the image again without its comments (``oxipng --strip all``).
    """
    yield from _found(candidate, "SRC121")


@check("SRC150", severity="error", verdict="corrupt")
def unreadable_tensor(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The tensor file is damaged or holds no numbers.

    A header that does not parse, an archive without its table of contents, ragged JSON lists, texts, truth values among
    numbers, numbers that their dtype cannot hold, a key that stands there twice, records, a mask.

    At an endpoint: ``ValueError: Cannot parse header``, ``BadZipFile``, ``setting an array element with a sequence``.

    Write it with ``numpy.save(file, array)`` from an array of numbers.
    """
    yield from _found(candidate, "SRC150")


@check(
    "SRC151",
    severity="error",
    verdict="unsupported",
    see="https://numpy.org/doc/stable/reference/generated/numpy.load.html",
)
def pickled_tensor(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The tensor file holds Python objects, which only unpickling could read.

    ``numpy.save`` writes a pickle when it is given a list of arrays of different shapes, or None among the numbers.
    Loading a pickle runs whatever code it contains: it is never done here.

    At an endpoint: ``Object arrays cannot be loaded when allow_pickle=False``.

    Make one array of numbers (``np.stack``), or one array for each item, and save that.
    """
    yield from _found(candidate, "SRC151")


@check("SRC152", severity="error", verdict="corrupt")
def short_tensor(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The tensor's header declares more numbers than the file holds.

    The file was cut off, or its header was made up to make a reader allocate gigabytes.

    At an endpoint: ``cannot reshape array of size``, ``No data left in file``, or a worker killed for its memory.

    Write the file again.
    """
    yield from _found(candidate, "SRC152")


@check("SRC153", severity="error", verdict="unsupported")
def several_arrays(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The archive holds several arrays and none was named, or one was named that is not there.

    An archive of arrays is a folder of them, and which of them the model would get is not for this tool to guess. Only
    an archive has names: nothing in a ``.npy`` file or in an image can be called by one.

    Say which one: ``file.npz::name``. The message lists the names.
    """
    yield from _found(candidate, "SRC153")


@check("SRC154", severity="error", verdict="bomb")
def tensor_bomb(candidate: Candidate, _: Spec) -> Iterator[Mismatch]:
    """The tensor file unpacks to more than is ever read.

    Two megabytes of archive can hold two gigabytes of zeros; of a JSON text every number takes some 50 bytes in memory,
    every list 128.

    At an endpoint: a worker killed for its memory.

    Split it into batches, or store it as a plain ``.npy`` file, which is read where it lies.
    """
    yield from _found(candidate, "SRC154")
