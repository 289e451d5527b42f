"""S3 and what speaks its language, through s3fs: page by page, part by part."""

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
from sm_imgcheck.io.stores import Chunk, Fetched, FileTooLarge, OutputRefused, Stat, Unreadable
from sm_imgcheck.io.stores._connect import describe_error, filesystem
from sm_imgcheck.io.stores.fsspec_store import cut
from sm_imgcheck.io.stores.prefetch import ahead

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from typing import Protocol, TypedDict

    from sm_imgcheck.io.stores._connect import FileSystem

    class S3Body(Protocol):
        """The content of an object, on its way."""

        async def read(self, length: int) -> bytes: ...
        def close(self) -> None: ...

    class S3Object(TypedDict, total=False):
        """An object in a listing."""

        Key: str
        Size: int
        ETag: str

    class S3Answer(TypedDict, total=False):
        """What the operations that are called here answer, each some of it."""

        Body: S3Body
        ContentLength: int
        ETag: str
        UploadId: str
        Contents: list[S3Object]
        IsTruncated: bool
        NextContinuationToken: str

    class S3FileSystem(FileSystem, Protocol):
        """What is used of s3fs besides."""

        loop: AbstractEventLoop
        retries: int

        def call_s3(self, method: str, **words: object) -> S3Answer: ...


__all__ = ["Failed", "below", "contain", "failed", "fetch", "head", "make_folder", "read", "remove", "stat", "write"]

_ONE = {
    "404": "there is no such object",
    "NoSuchKey": "there is no such object",
    "NoSuchBucket": "there is no such bucket",
    "403": "access is denied: these credentials may not do that, or there is no such object",
    "AccessDenied": "access is denied: these credentials may not do that",
    "InvalidObjectState": "it lies in an archive: restore it first",
}
_ALL = {
    "InvalidAccessKeyId": "the credentials are not known",
    "SignatureDoesNotMatch": "the credentials are wrong",
    "ExpiredToken": "the credentials have expired: get new ones",
    "InvalidToken": "the credentials are not taken: get new ones",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "PermanentRedirect": "the bucket is in another region: set AWS_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set AWS_REGION",
}
_BY_NAME = {
    "NoCredentialsError": "there are no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
    "a public bucket needs none with FSSPEC_S3_ANON=true",
    "EndpointConnectionError": "nobody answers there: is there a network, and is AWS_ENDPOINT_URL right?",
    "ConnectTimeoutError": "nobody answers there in time: is there a network, and is AWS_ENDPOINT_URL right?",
}


class Failed(Exception):
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
        """Whether there is nothing at that place."""
        return self.code in {"404", "NoSuchKey"}


def failed(error: Exception) -> Failed:
    """What an error of s3fs, aiobotocore or aiohttp means."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    cause = error if isinstance(error, (ClientError, BotoCoreError)) else error.__cause__
    if isinstance(cause, ClientError):
        code = str(cause.response.get("Error", {}).get("Code", ""))
        known = _ONE.get(code) or _ALL.get(code)
        words = f"{known} ({for_terminal(code)})" if known else describe_error(cause)
        return Failed(code, words, everywhere=code in _ALL)
    if isinstance(cause, ParamValidationError):  # a name that no bucket can have
        return Failed("", describe_error(cause))
    if isinstance(cause, BotoCoreError):
        known = next((_BY_NAME[kind.__name__] for kind in type(cause).__mro__ if kind.__name__ in _BY_NAME), "")
        return Failed("", f"{known} ({describe_error(cause)})" if known else describe_error(cause), everywhere=True)
    return Failed("", f"the connection broke off ({type(error).__name__}: {describe_error(error)})")


_PARTS_IN_FLIGHT = 4
_TRIES = 4
"""To read a body; a request that fails before its body is repeated by botocore."""
_BUCKET = re.compile(r"(arn:[^/]+?:(?:accesspoint|bucket)[:/][^:/]+|[^/]*)/?", re.DOTALL)


def stat(place: str) -> Stat | None:
    try:
        answer = _call("head_object", place)
    except Failed as failed:
        if failed.missing:
            return None
        raise _unreadable(place, failed) from failed
    return _stat(answer["ContentLength"], answer)


def read(place: str, limit: int) -> bytes:
    return fetch(place, limit).body


def fetch(place: str, limit: int) -> Fetched:
    try:
        return _fetched(place, limit)
    except Failed as failed:
        raise _unreadable(place, failed) from failed


def head(place: str, length: int) -> bytes:
    try:
        return _fetched(place, length, Range=f"bytes=0-{length - 1}").body
    except Failed as failed:
        if failed.code in {"InvalidRange", "416"}:  # there is not one byte
            return b""
        raise _unreadable(place, failed) from failed


def below(place: str) -> Iterator[tuple[str, Stat]]:
    token: dict[str, str] = {}
    while True:
        prefix = _prefix(place)
        try:
            page = _call("list_objects_v2", place, Key=None, Prefix=prefix, **token)
        except Failed as failed:
            if not token and not failed.everywhere:
                raise Unreadable(f"cannot be listed: {failed.clause}") from failed
            raise StoreError(f"{for_terminal(place)}: the listing failed: {failed.clause}") from failed
        for one in page.get("Contents", ()):
            yield one["Key"][len(prefix) :], _stat(one["Size"], one)
        if not page.get("IsTruncated"):
            return
        following = {"ContinuationToken": page.get("NextContinuationToken", "")}
        if following == token:
            raise StoreError(f"{for_terminal(place)}: the store lists the same page again and again")
        token = following


def write(place: str, chunks: Iterable[Chunk], *, force: bool = False) -> None:
    try:
        parts = cut(chunks)
        if not force and (there := _there(place)) is not None:
            if _holds(place, there, parts):
                return
            raise OutputError(f"{for_terminal(place)} exists and is not what would be written: --force replaces it")
        first, second = next(parts, b""), next(parts, None)
        if second is None:
            _call("put_object", place, Body=first)
        else:
            _multipart(place, chain((first, second), parts))
    except Failed as failed:
        kind = OutputRefused if failed.code in {"KeyTooLongError", "InvalidURI"} else OutputError
        raise kind(f"{for_terminal(place)} cannot be written: {failed.clause}") from failed


def remove(place: str) -> None:
    try:
        _call("delete_object", place)
    except Failed as failed:
        raise OutputError(f"{for_terminal(place)} cannot be removed: {failed.clause}") from failed


def make_folder(folder: str, inside: str) -> None:
    """There are no folders, and no links."""


def contain(folder: str, inside: str) -> None:
    """There are no links."""


def _split(place: str) -> tuple[str, str]:
    """Bucket and key; an access point stands for a bucket. Raises Failed for none."""
    rest = place.partition("://")[2]
    found = _BUCKET.match(rest)
    if not found or not found[1]:
        raise Failed("", "names no bucket: a place in S3 is s3://BUCKET/PREFIX")
    return found[1], rest[found.end() :]


def _prefix(place: str) -> str:
    try:
        key = _split(place)[1]
    except Failed as failed:
        raise Unreadable(failed.clause) from None
    return f"{key}/" if key and not key.endswith("/") else key


def _s3fs(place: str) -> S3FileSystem:
    return cast("S3FileSystem", filesystem(place))


def _call(method: str, place: str, **more: object) -> S3Answer:
    """The answer of S3. Raises Failed; StoreError where s3fs is not there."""
    bucket, key = _split(place)
    fs = _s3fs(place)
    fs.retries = 1  # botocore repeats already, and waits the longer the more often
    words = {"Bucket": bucket, "Key": key, **more}
    if words["Key"] == "":
        raise Failed("", "names a bucket, not an object in it")
    try:
        return fs.call_s3(method, **{name: value for name, value in words.items() if value is not None})
    except Exception as error:
        raise failed(error) from error


def _fetched(place: str, limit: int, **more: str) -> Fetched:
    """An object or a range of it. A connection that breaks off is tried again."""
    for tried in range(1, _TRIES + 1):
        answer = _call("get_object", place, **more)
        try:
            return Fetched(body=_received(_s3fs(place).loop, answer, limit), tag=_tag(answer))
        except FileTooLarge:
            raise
        except Exception as error:
            if tried == _TRIES:
                raise failed(error) from error
            sleep(0.1 * 2**tried)
    raise AssertionError


def _received(loop: AbstractEventLoop, answer: S3Answer, limit: int) -> bytes:
    from fsspec.asyn import sync

    if (size := answer.get("ContentLength", 0)) > limit:
        loop.call_soon_threadsafe(answer["Body"].close)
        raise FileTooLarge(size, limit)
    body: bytes = sync(loop, _all, answer["Body"], limit)
    return body


async def _all(body: S3Body, limit: int) -> bytes:
    """What comes, held to the limit whatever length was announced."""
    held = bytearray()
    try:
        while piece := await body.read(1 << 20):
            held += piece
            if len(held) > limit:
                raise FileTooLarge(len(held), limit)
    finally:
        body.close()
    return bytes(held)


def _there(place: str) -> Stat | None:
    """What stands where something is to be written."""
    try:
        return stat(place)
    except Unreadable as error:
        raise OutputError(
            f"{for_terminal(place)}: what is there already {error}; --force writes without looking"
        ) from error


def _holds(place: str, there: Stat, parts: Iterator[bytes]) -> bool:
    """Whether an object has this content: by its ETag where that is the MD5 of the whole, otherwise part by part."""
    at = 0
    for part in parts:
        if len(part) == there.size and md5(part, usedforsecurity=False).hexdigest() == there.tag:
            return next(parts, None) is None
        end = at + len(part)
        if end > there.size or _fetched(place, len(part), Range=f"bytes={at}-{end - 1}").body != part:
            return False
        at = end
    return at == there.size


def _multipart(place: str, parts: Iterator[bytes]) -> None:
    """Upload in parts, some at a time. What is not completed is given up, so that nobody pays for it."""
    upload = _call("create_multipart_upload", place)["UploadId"]

    def sent(numbered: tuple[int, bytes]) -> dict[str, object]:
        number, part = numbered
        answer = _call("upload_part", place, UploadId=upload, PartNumber=number, Body=part)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    try:
        done = list(ahead(sent, enumerate(parts, 1), room=_PARTS_IN_FLIGHT))
        _call("complete_multipart_upload", place, UploadId=upload, MultipartUpload={"Parts": done})
    except BaseException:  # Ctrl-C too
        with suppress(Failed):
            _call("abort_multipart_upload", place, UploadId=upload)
        raise


def _stat(size: int, answer: S3Answer | S3Object) -> Stat:
    return Stat(size=size, tag=_tag(answer))


def _tag(answer: S3Answer | S3Object) -> str:
    return answer.get("ETag", "").strip('"')


def _unreadable(place: str, failed: Failed) -> StoreError:
    if failed.everywhere:
        return StoreError(f"{for_terminal(place)} cannot be read: {failed.clause}")
    return Unreadable(f"cannot be read: {failed.clause}")
