"""S3 like the local disk: lazy listing, bounded reads, atomic writes; for every kind of response."""

import os
import pickle

import pytest

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.io.stores import FileSizeError, LocationError, OutputRefused, _connect, fsspec_store, s3

MIB = 1 << 20
ODD = ["a b/c.jpg", "käse/日本.jpg", "a//b.jpg", "a/../b.jpg", "./x.jpg", "what?is=this#.jpg", "50%25.jpg", "a\tb.jpg"]


def lists(door):
    return [line for line in door.log if "list-type=2" in line]


def fill_bucket(bucket, keys):
    """Put empty objects where the server keeps them: by 2,500 requests it would take 15 s."""
    from moto.s3.models import s3_backends

    [backend] = [one for account in s3_backends.values() for one in account.values()]
    for key in keys:
        backend.put_object(bucket.removeprefix("s3://"), key, b"")


def uploads(place):
    bucket = place.removeprefix("s3://").partition("/")[0]
    return _connect.filesystem(place).call_s3("list_multipart_uploads", Bucket=bucket).get("Uploads", [])


@pytest.mark.parametrize("key", ODD)
def test_any_key_is_written_listed_and_read(bucket, key):
    s3.write(f"{bucket}/{key}", (b"some", memoryview(b"thing")))
    assert s3.read(f"{bucket}/{key}", 9) == b"something"
    assert s3.head(f"{bucket}/{key}", 4) == b"some"
    [(name, state)] = s3.below(bucket)
    assert name == key
    assert s3.stat(f"{bucket}/{key}") == state
    assert (state.size, state.tag) == (9, s3.fetch(f"{bucket}/{key}", 9).tag)
    s3.remove(f"{bucket}/{key}")
    s3.remove(f"{bucket}/{key}")
    assert s3.stat(f"{bucket}/{key}") is None


def test_listing_requests_one_page_at_a_time(bucket, door):
    fill_bucket(bucket, (f"many/{number:04}.jpg" for number in range(1100)))
    fill_bucket(bucket, ["many-more.jpg"])
    names = s3.below(f"{bucket}/many")
    assert not door.log
    first = next(names)
    assert first[0] == "0000.jpg"
    assert len(lists(door)) == 1
    assert [name for name, _ in names] == [f"{number:04}.jpg" for number in range(1, 1100)]
    assert len(lists(door)) == 2


def test_missing_prefix_is_empty_and_missing_bucket_an_error(bucket):
    assert list(s3.below(f"{bucket}/none")) == []
    with pytest.raises(LocationError, match=r"cannot be listed: bucket not found \(NoSuchBucket\)"):
        list(s3.below("s3://no-such-bucket/x"))


def test_equal_output_is_kept_and_different_output_refused(bucket, door):
    place = f"{bucket}/out/x.npy"
    s3.write(place, (b"one",))
    door.reset()
    s3.write(place, iter((b"o", b"ne")))
    assert [line.split()[0] for line in door.log] == ["HEAD"], "the ETag tells"
    for other in (b"two", b"ones", b"on", b""):
        with pytest.raises(OutputError, match=r"out/x\.npy exists with other content: --force replaces"):
            s3.write(place, (other,))
    assert s3.read(place, 9) == b"one"
    s3.write(place, (b"two",), force=True)
    assert s3.read(place, 9) == b"two"
    s3.write(f"{bucket}/empty", ())
    s3.write(f"{bucket}/empty", ())
    assert s3.stat(f"{bucket}/empty").size == 0
    assert s3.head(f"{bucket}/empty", 5) == b""


def test_large_output_is_uploaded_in_parts(bucket, door):
    body = os.urandom(21 * MIB)
    place = f"{bucket}/large.npy"
    s3.write(place, (body[at : at + 300_000] for at in range(0, len(body), 300_000)))
    assert sum("partNumber=" in line for line in door.log) == 3
    assert s3.read(place, len(body)) == body
    s3.write(place, (body,))
    with pytest.raises(OutputError, match="exists"):
        s3.write(place, (body[:-1], b"!"))
    assert uploads(bucket) == []


def test_interrupted_upload_is_aborted(bucket, door):
    def fail_midway():
        yield bytes(20 * MIB)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        s3.write(f"{bucket}/large.npy", fail_midway())
    door.matching, door.answers = "partNumber=3", [(403, "AccessDenied")]
    with pytest.raises(OutputError, match=r"large\.npy cannot be written: access is denied"):
        s3.write(f"{bucket}/large.npy", (bytes(25 * MIB),))
    assert any(line.startswith("DELETE") and "uploadId=" in line for line in door.log)
    assert (uploads(bucket), list(s3.below(bucket))) == ([], [])


def test_object_over_the_limit_is_refused(bucket):
    s3.write(f"{bucket}/x", (bytes(1000),))
    with pytest.raises(FileSizeError, match="has 1000 bytes; more than 999 are not read") as caught:
        s3.read(f"{bucket}/x", 999)
    assert caught.value.size == 1000


@pytest.mark.parametrize("failures", [[(500, "InternalError")] * 2, [(503, "SlowDown")]])
def test_temporary_failures_are_retried(bucket, door, failures):
    s3.write(f"{bucket}/x", (b"here",))
    door.matching, door.answers = "GET", list(failures)
    assert s3.read(f"{bucket}/x", 9) == b"here"
    assert not door.answers


def test_interrupted_response_body_is_fetched_again(bucket, monkeypatch):
    s3.write(f"{bucket}/x", (b"here",))
    received, times = s3._receive, []

    def fail_midway(*arguments):
        times.append(1)
        if len(times) < 3:
            raise ConnectionResetError("by peer")
        return received(*arguments)

    monkeypatch.setattr(s3, "_receive", fail_midway)
    monkeypatch.setattr(s3, "sleep", lambda _: None)
    assert s3.read(f"{bucket}/x", 9) == b"here"
    times[:] = [1] * -9
    monkeypatch.setattr(s3, "_TRIES", 2)
    with pytest.raises(
        LocationError, match=r"cannot be read: the connection was interrupted \(ConnectionResetError: by peer\)"
    ):
        s3.read(f"{bucket}/x", 9)


@pytest.mark.parametrize(
    ("place", "clause"),
    [
        ("s3://no-such-bucket/x.jpg", "bucket not found (NoSuchBucket)"),
        ("s3://A B/x.jpg", "Invalid bucket name"),
        ("s3://", "no bucket, expected s3://BUCKET/PREFIX"),
        ("s3:///x.jpg", "no bucket"),
        ("s3://bucket-1", "names a bucket, not an object in it"),
    ],
)
def test_missing_bucket_is_reported_on_read_and_write(bucket, place, clause):
    with pytest.raises(LocationError) as caught:
        s3.read(place, 9)
    assert str(caught.value).startswith("cannot be read: ")
    assert clause in str(caught.value)
    with pytest.raises(OutputError, match=r"^s3://"):
        s3.write(place, (b"x",), force=True)


def test_missing_object_and_too_long_key_are_reported(bucket, door):
    with pytest.raises(LocationError, match=r"^cannot be read: object not found \(NoSuchKey\)$"):
        s3.read(f"{bucket}/none", 9)
    door.matching, door.answers = "PUT", [(400, "KeyTooLongError")]
    with pytest.raises(OutputRefused, match="cannot be written"):
        s3.write(f"{bucket}/{'x' * 1000}", (b"x",), force=True)


@pytest.mark.parametrize(
    ("code", "kind", "clause"),
    [
        ("AccessDenied", LocationError, "access is denied: these credentials may not do that (AccessDenied)"),
        ("InvalidAccessKeyId", StoreError, "the credentials are not known (InvalidAccessKeyId)"),
        ("ExpiredToken", StoreError, "the credentials have expired: get new ones"),
        ("Odd\u202e", LocationError, "as asked"),
    ],
)
def test_access_and_credential_errors_have_their_own_types(bucket, door, code, kind, clause):
    door.matching, door.answers = "GET", [(403, code)]
    with pytest.raises(kind) as caught:
        s3.read(f"{bucket}/x", 9)
    assert type(caught.value) is kind
    assert clause in str(caught.value)
    assert "\u202e" not in str(caught.value)


def test_failed_listing_page_raises_store_error(bucket, door, monkeypatch):
    for name in "ab":
        s3.write(f"{bucket}/{name}", (b"",))
    call = s3._call
    monkeypatch.setattr(s3, "_call", lambda *words, **more: call(*words, **more, MaxKeys=1))
    names = s3.below(bucket)
    assert next(names)[0] == "a"
    door.answers = [(403, "AccessDenied")]
    with pytest.raises(StoreError, match=r"^s3://.*: the listing failed: access is denied") as caught:
        next(names)
    assert type(caught.value) is StoreError


def test_denied_head_request_refuses_write_and_names_force(bucket, door):
    door.matching, door.answers = "HEAD", [(403, "Forbidden")]
    with pytest.raises(OutputError, match=r"access denied.* --force writes without a check"):
        s3.write(f"{bucket}/x", (b"x",))


def test_missing_network_or_credentials_raise_store_error(door, new_connections, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreError, match=r"^s3://b-b/x cannot be read: no response: check the network"):
        s3.read("s3://b-b/x", 9)
    monkeypatch.setattr(_connect, "_FILE_SYSTEMS", {})
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreError, match=r"no credentials: set AWS_PROFILE.*FSSPEC_S3_ANON=true"):
        s3.read("s3://b-b/x", 9)


def test_errors_are_equal_after_pickling():
    there = pickle.loads(pickle.dumps(FileSizeError(5, 3)))
    assert (there.size, str(there)) == (5, "has 5 bytes; more than 3 are not read")


def test_access_point_arn_is_accepted_as_bucket():
    arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint"
    assert s3._split(f"s3://{arn}/name/a/b.jpg") == (f"{arn}/name", "a/b.jpg")
    assert s3._split(f"s3://{arn}:name/a/b.jpg") == (f"{arn}:name", "a/b.jpg")
    assert s3._split("s3://bucket//a") == ("bucket", "/a")


def test_upload_parts_double_in_size(monkeypatch):
    monkeypatch.setattr(fsspec_store, "PART_BYTES", 4)
    monkeypatch.setattr(fsspec_store, "_PARTS_OF_ONE_SIZE", 2)
    parts = list(fsspec_store.cut((b"", b"abc", b"defghijklmnop", memoryview(b"qrstuvwxyz"))))
    assert [len(part) for part in parts] == [4, 4, 8, 8, 2]
    assert b"".join(parts) == b"abcdefghijklmnopqrstuvwxyz"
