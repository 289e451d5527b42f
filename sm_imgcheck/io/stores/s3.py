"""S3 and compatible stores, through s3fs: page by page, part by part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import md5
from itertools import chain
from time import sleep
from typing import TYPE_CHECKING, cast

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores._connect import describe_error, filesystem
from sm_imgcheck.io.stores.fsspec_store import cut
from sm_imgcheck.io.stores.prefetch import ahead
from sm_imgcheck.io.stores.types import Chunk, FileSizeError, LocationError, OutputRefused, Stat, StoreObject

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from typing import Protocol, TypedDict

    from sm_imgcheck.io.stores._connect import FileSystem

    class S3Body(Protocol):
        """The content of an object as a stream."""

        async def read(self, length: int) -> bytes: ...
        def close(self) -> None: ...

    class S3Object(TypedDict, total=False):
        """An object in a listing."""

        Key: str
        Size: int
        ETag: str

    class S3Response(TypedDict, total=False):
        """Responses of the operations that are called here, each with some of these keys."""

        Body: S3Body
        ContentLength: int
        ETag: str
        UploadId: str
        Contents: list[S3Object]
        IsTruncated: bool
        NextContinuationToken: str

    class S3FileSystem(FileSystem, Protocol):
        """The other attributes of s3fs that are used."""

        loop: AbstractEventLoop
        retries: int

        def call_s3(self, method: str, **words: object) -> S3Response: ...


__all__ = [
    "S3RequestError",
    "below",
    "contain",
    "describe_s3_error",
    "fetch",
    "head",
    "make_folder",
    "read",
    "remove",
    "stat",
    "write",
]

_OBJECT_ERRORS = {
    "404": "object not found",
    "NoSuchKey": "object not found",
    "NoSuchBucket": "bucket not found",
    "403": "access denied: these credentials do not allow it, or the object does not exist",
    "AccessDenied": "access is denied: these credentials may not do that",
    "InvalidObjectState": "archived: restore it first",
}
_STORE_ERRORS = {
    "InvalidAccessKeyId": "the credentials are not known",
    "SignatureDoesNotMatch": "the credentials are wrong",
    "ExpiredToken": "the credentials have expired: get new ones",
    "InvalidToken": "credentials rejected: get new ones",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "PermanentRedirect": "the bucket is in another region: set AWS_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set AWS_REGION",
}
_BY_NAME = {
    "NoCredentialsError": "no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
    "a public bucket needs none with FSSPEC_S3_ANON=true",
    "EndpointConnectionError": "no response: check the network and AWS_ENDPOINT_URL",
    "ConnectTimeoutError": "no response in time: check the network and AWS_ENDPOINT_URL",
}


class S3RequestError(Exception):
    """A request that was not served, after all repetitions."""

    def __init__(self, code: str, clause: str, *, everywhere: bool = False) -> None:
        self.code = code
        """As S3 names it; empty where S3 was not reached."""
        self.clause = clause
        self.everywhere = everywhere
        """Whether every other request would fare the same."""
        super().__init__(clause)

    @property
    def missing(self) -> bool:
        """Return whether no object exists at that location."""
        return self.code in {"404", "NoSuchKey"}


def describe_s3_error(error: Exception) -> S3RequestError:
    """What an error of s3fs, aiobotocore or aiohttp means."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    cause = error if isinstance(error, (ClientError, BotoCoreError)) else error.__cause__
    if isinstance(cause, ClientError):
        code = str(cause.response.get("Error", {}).get("Code", ""))
        description = _OBJECT_ERRORS.get(code) or _STORE_ERRORS.get(code)
        words = f"{description} ({for_terminal(code)})" if description else describe_error(cause)
        return S3RequestError(code, words, everywhere=code in _STORE_ERRORS)
    if isinstance(cause, ParamValidationError):  # a name that no bucket can have
        return S3RequestError("", describe_error(cause))
    if isinstance(cause, BotoCoreError):
        description = next((_BY_NAME[kind.__name__] for kind in type(cause).__mro__ if kind.__name__ in _BY_NAME), "")
        return S3RequestError(
            "", f"{description} ({describe_error(cause)})" if description else describe_error(cause), everywhere=True
        )
    return S3RequestError("", f"the connection was interrupted ({type(error).__name__}: {describe_error(error)})")


_PARTS_IN_FLIGHT = 4
_TRIES = 4
"""To read a body; a request that fails before its body is repeated by botocore."""
_BUCKET = re.compile(r"(arn:[^/]+?:(?:accesspoint|bucket)[:/][^:/]+|[^/]*)/?", re.DOTALL)


def stat(location: str) -> Stat | None:
    try:
        response = _call("head_object", location)
    except S3RequestError as error:
        if error.missing:
            return None
        raise _unreadable(location, error) from error
    return _stat(response["ContentLength"], response)


def read(location: str, limit: int) -> bytes:
    return fetch(location, limit).body


def fetch(location: str, limit: int) -> StoreObject:
    try:
        return _fetch(location, limit)
    except S3RequestError as error:
        raise _unreadable(location, error) from error


def head(location: str, length: int) -> bytes:
    try:
        return _fetch(location, length, Range=f"bytes=0-{length - 1}").body
    except S3RequestError as error:
        if error.code in {"InvalidRange", "416"}:  # there is not one byte
            return b""
        raise _unreadable(location, error) from error


def below(location: str) -> Iterator[tuple[str, Stat]]:
    token: dict[str, str] = {}
    while True:
        prefix = _prefix(location)
        try:
            page = _call("list_objects_v2", location, Key=None, Prefix=prefix, **token)
        except S3RequestError as error:
            if not token and not error.everywhere:
                raise LocationError(f"cannot be listed: {error.clause}") from error
            raise StoreError(f"{for_terminal(location)}: the listing failed: {error.clause}") from error
        for item in page.get("Contents", ()):
            yield item["Key"][len(prefix) :], _stat(item["Size"], item)
        if not page.get("IsTruncated"):
            return
        following = {"ContinuationToken": page.get("NextContinuationToken", "")}
        if following == token:
            raise StoreError(f"{for_terminal(location)}: the store lists the same page repeatedly")
        token = following


def write(location: str, chunks: Iterable[Chunk], *, force: bool = False) -> None:
    try:
        parts = cut(chunks)
        if not force and (current := _existing(location)) is not None:
            if _holds(location, current, parts):
                return
            raise OutputError(f"{for_terminal(location)} exists with other content: --force replaces it")
        first, second = next(parts, b""), next(parts, None)
        if second is None:
            _call("put_object", location, Body=first)
        else:
            _multipart(location, chain((first, second), parts))
    except S3RequestError as error:
        kind = OutputRefused if error.code in {"KeyTooLongError", "InvalidURI"} else OutputError
        raise kind(f"{for_terminal(location)} cannot be written: {error.clause}") from error


def remove(location: str) -> None:
    try:
        _call("delete_object", location)
    except S3RequestError as error:
        raise OutputError(f"{for_terminal(location)} cannot be removed: {error.clause}") from error


def make_folder(folder: str, inside: str) -> None:
    """No folders and no links exist."""


def contain(folder: str, inside: str) -> None:
    """No links exist."""


def _split(location: str) -> tuple[str, str]:
    """Return bucket and key; an access point is a bucket. Raises Failed without a bucket."""
    rest = location.partition("://")[2]
    match = _BUCKET.match(rest)
    if not match or not match[1]:
        raise S3RequestError("", "no bucket, expected s3://BUCKET/PREFIX")
    return match[1], rest[match.end() :]


def _prefix(location: str) -> str:
    try:
        key = _split(location)[1]
    except S3RequestError as error:
        raise LocationError(error.clause) from None
    return f"{key}/" if key and not key.endswith("/") else key


def _s3fs(location: str) -> S3FileSystem:
    return cast("S3FileSystem", filesystem(location))


def _call(method: str, location: str, **more: object) -> S3Response:
    """Return the response of S3. Raises Failed; StoreError where s3fs is missing."""
    bucket, key = _split(location)
    fs = _s3fs(location)
    fs.retries = 1  # botocore repeats already, and waits the longer the more often
    words = {"Bucket": bucket, "Key": key, **more}
    if words["Key"] == "":
        raise S3RequestError("", "names a bucket, not an object in it")
    try:
        return fs.call_s3(method, **{name: value for name, value in words.items() if value is not None})
    except Exception as error:
        raise describe_s3_error(error) from error


def _fetch(location: str, limit: int, **more: str) -> StoreObject:
    """Read an object or a range of it. An interrupted connection is retried."""
    for attempt in range(1, _TRIES + 1):
        response = _call("get_object", location, **more)
        try:
            return StoreObject(body=_receive(_s3fs(location).loop, response, limit), tag=_tag(response))
        except FileSizeError:
            raise
        except Exception as error:
            if attempt == _TRIES:
                raise describe_s3_error(error) from error
            sleep(0.1 * 2**attempt)
    raise AssertionError


def _receive(loop: AbstractEventLoop, response: S3Response, limit: int) -> bytes:
    from fsspec.asyn import sync

    if (size := response.get("ContentLength", 0)) > limit:
        loop.call_soon_threadsafe(response["Body"].close)
        raise FileSizeError(size, limit)
    body: bytes = sync(loop, _all, response["Body"], limit)
    return body


async def _all(body: S3Body, limit: int) -> bytes:
    """Read a body up to the limit, for any announced length."""
    buffer = bytearray()
    try:
        while piece := await body.read(1 << 20):
            buffer += piece
            if len(buffer) > limit:
                raise FileSizeError(len(buffer), limit)
    finally:
        body.close()
    return bytes(buffer)


def _existing(location: str) -> Stat | None:
    """Return the state of the object at an output location."""
    try:
        return stat(location)
    except LocationError as error:
        raise OutputError(
            f"{for_terminal(location)}: the existing object {error}; --force writes without a check"
        ) from error


def _holds(location: str, current: Stat, parts: Iterator[bytes]) -> bool:
    """Return whether an object has this content: by its ETag where that is the MD5 of the object, else part by part."""
    at = 0
    for part in parts:
        if len(part) == current.size and md5(part, usedforsecurity=False).hexdigest() == current.tag:
            return next(parts, None) is None
        end = at + len(part)
        if end > current.size or _fetch(location, len(part), Range=f"bytes={at}-{end - 1}").body != part:
            return False
        at = end
    return at == current.size


def _multipart(location: str, parts: Iterator[bytes]) -> None:
    """Upload in parts, some at a time. An incomplete upload is aborted, so that its parts cost no money."""
    upload = _call("create_multipart_upload", location)["UploadId"]

    def upload_part(numbered_part: tuple[int, bytes]) -> dict[str, object]:
        number, part = numbered_part
        response = _call("upload_part", location, UploadId=upload, PartNumber=number, Body=part)
        return {"PartNumber": number, "ETag": response["ETag"]}

    try:
        parts_sent = list(ahead(upload_part, enumerate(parts, 1), room=_PARTS_IN_FLIGHT))
        _call("complete_multipart_upload", location, UploadId=upload, MultipartUpload={"Parts": parts_sent})
    except BaseException:  # Ctrl-C too
        with suppress(S3RequestError):
            _call("abort_multipart_upload", location, UploadId=upload)
        raise


def _stat(size: int, response: S3Response | S3Object) -> Stat:
    return Stat(size=size, tag=_tag(response))


def _tag(response: S3Response | S3Object) -> str:
    return response.get("ETag", "").strip('"')


def _unreadable(location: str, error: S3RequestError) -> StoreError:
    if error.everywhere:
        return StoreError(f"{for_terminal(location)} cannot be read: {error.clause}")
    return LocationError(f"cannot be read: {error.clause}")
