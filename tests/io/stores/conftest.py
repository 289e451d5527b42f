"""One S3 server for all tests of this folder; a separate bucket for each."""

import itertools

import pytest
from s3server import environment, serving

from sm_imgcheck.io.stores import _connect

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    pytest.importorskip("s3fs")
    pytest.importorskip("moto.server")
    with serving() as (address, door):
        yield address, door


@pytest.fixture
def door(server, monkeypatch):
    address, door = server
    door.reset()
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment(address).items():
        monkeypatch.setenv(name, value)
    yield door
    door.reset()


@pytest.fixture
def bucket(door):
    """The URL of a new bucket."""
    place = f"s3://bucket-{next(NUMBERS)}"
    _connect.filesystem(place).call_s3("create_bucket", Bucket=place.removeprefix("s3://"))
    door.reset()
    return place


@pytest.fixture
def new_connections(monkeypatch):
    """New connections: another address, other credentials."""
    monkeypatch.setattr(_connect, "_FILE_SYSTEMS", {})
