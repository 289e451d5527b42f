"""What an error of S3 means: for one object, or for all of them."""

from __future__ import annotations

from sm_imgcheck.escape import for_terminal
from sm_imgcheck.stores._connect import said

__all__ = ["Failed", "failed"]

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
        words = f"{known} ({for_terminal(code)})" if known else said(cause)
        return Failed(code, words, everywhere=code in _ALL)
    if isinstance(cause, ParamValidationError):  # a name that no bucket can have
        return Failed("", said(cause))
    if isinstance(cause, BotoCoreError):
        known = next((_BY_NAME[kind.__name__] for kind in type(cause).__mro__ if kind.__name__ in _BY_NAME), "")
        return Failed("", f"{known} ({said(cause)})" if known else said(cause), everywhere=True)
    return Failed("", f"the connection broke off ({type(error).__name__}: {said(error)})")
