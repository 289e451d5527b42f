"""A request over HTTP: what is sent, what is read of the response, and one clear line for each failure."""

import socket
import threading
import time

import pytest
from servers import respond, serving

from sm_imgcheck.core.errors import SendError
from sm_imgcheck.core.types import Payload
from sm_imgcheck.features.requests.send import MAX_RESPONSE_BYTES, SendOptions, ServerResponse, without_secrets
from sm_imgcheck.features.requests.send.http import check_url, send

BODY = Payload(body=bytes(range(256)) * 9, content_type="application/x-npy", envelope="npy")


def test_body_is_sent_unchanged_and_response_returned():
    with serving(respond(200, b'{"score": [0.5]}', content_type="application/json")) as seen:
        got = send(
            seen.url + "?x=1", BODY, SendOptions(accept="application/json", custom_attributes="tfs-method=predict")
        )
    assert (got.status, got.content_type, got.text(), got.is_error) == (
        200,
        "application/json",
        '{"score": [0.5]}',
        False,
    )
    assert seen.bodies == [BODY.body]
    assert seen.paths == ["/invocations?x=1"]
    headers = seen.headers[0]
    assert headers["Content-Type"] == "application/x-npy"
    assert headers["Accept"] == "application/json"
    assert headers["X-Amzn-SageMaker-Custom-Attributes"] == "tfs-method=predict"
    assert headers["Content-Length"] == str(len(BODY.body))


def test_rejection_is_returned_as_a_response():
    with serving(
        respond(415, b'{"error": "Unsupported Media Type: image/jpeg"}', content_type="application/json")
    ) as seen:
        got = send(seen.url, BODY, SendOptions())
    assert (got.status, got.is_error) == (415, True)
    assert "Unsupported Media Type" in got.text()


def test_redirect_is_returned_and_not_followed():
    with (
        serving(respond(200, b"the other one")) as other,
        serving(respond(307, location=other.url + "?token=s3cret")) as seen,
    ):
        got = send(seen.url, BODY, SendOptions())
    assert got.status == 307
    assert got.is_error
    assert not other.paths
    assert "not followed" in got.notes[0]
    assert "s3cret" not in got.notes[0]


def test_proxy_variables_are_ignored(monkeypatch):
    with serving(respond(200, b"proxy")) as proxy, serving(respond(200, b"server")) as seen:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert send(seen.url, BODY, SendOptions()).text() == "server"
        assert not proxy.paths


def test_huge_response_is_truncated():
    with serving(respond(200, b"x" * (3 * MAX_RESPONSE_BYTES))) as seen:
        got = send(seen.url, BODY, SendOptions())
    assert got.cut
    assert len(got.body) == MAX_RESPONSE_BYTES
    assert got.text() == "x" * MAX_RESPONSE_BYTES


def test_control_bytes_of_a_response_are_removed():
    said = b"a\x1b[31mred\x1b[0m\x07 b\r\nc\td \x9b" + "\N{RIGHT-TO-LEFT OVERRIDE}e".encode() + b"\xc2\x9b"
    with serving(respond(200, said.replace(b"\x9b", b"", 1))) as seen:
        text = send(seen.url, BODY, SendOptions()).text()
    assert text == "ared b\nc\td \\u202ee"


def test_binary_response_has_no_text():
    assert ServerResponse(status=200, body=b"\x93NUMPY\0").text() is None
    assert ServerResponse(status=200, body=b"\xff\xfe").text() is None
    assert ServerResponse(status=200, body="ä".encode()[:1], cut=True).text() == ""


def test_early_rejection_of_large_body_is_returned():
    """As TorchServe does it: 413, and the connection is closed."""
    large = Payload(body=bytes(20_000_000), content_type="application/x-npy", envelope="npy")

    def refuse(handler):
        handler.wfile.write(b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_WR)
        time.sleep(0.2)

    with serving(refuse, read=False) as seen:
        said = outcome(seen.url, large)
    assert said == "413 with 0 bytes" or "is the body too large" in said, "the system may throw the answer away"


def outcome(url, payload):
    try:
        got = send(url, payload, SendOptions())
    except SendError as error:
        return str(error)
    return f"{got.status} with {len(got.body)} bytes"


def refused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def line_of(url, **order):
    with pytest.raises(SendError) as caught:
        send(url, BODY, SendOptions(**order))
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_refused_connection_is_one_line_without_secrets():
    said = line_of(f"http://127.0.0.1:{refused_port()}/invocations?sig=s3cret")
    assert "connection refused" in said
    assert "s3cret" not in said


def test_unknown_host_is_one_line(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "unknown host name" in line_of("http://nowhere.invalid/")


@pytest.mark.parametrize(
    "drip", [b"", b"H", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\na"]
)
def test_slow_server_times_out_even_while_sending_bytes(drip):
    stop = threading.Event()

    def slow(handler):
        handler.wfile.write(drip)
        while not stop.wait(0.05):
            handler.wfile.write(b"a" if drip else b"")
            handler.wfile.flush()

    started = time.monotonic()
    try:
        with serving(slow) as seen:
            assert "response timed out after 0.4 s" in line_of(seen.url, timeout=0.4)
            stop.set()
    finally:
        stop.set()
    assert time.monotonic() - started < 5


def raw(reply):
    def give(handler):
        handler.wfile.write(reply)
        handler.wfile.flush()
        handler.close_connection = True

    return give


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"", "connection closed before"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not an HTTP response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", "connection closed before"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "connection closed before"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", "not an HTTP response"),
        (b"HTTP/1.1 200 " + b"x" * 70_000, "not an HTTP response"),
    ],
)
def test_invalid_http_response_is_one_line(reply, why):
    with serving(raw(reply)) as seen:
        assert why in line_of(seen.url, timeout=5)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


@pytest.mark.parametrize(
    "interim", [b"102 Processing\r\n\r\n", b"103 Early Hints\r\nLink: </x>\r\n\r\n", b"199 x\r\n\r\n"]
)
def test_interim_responses_are_skipped(interim):
    with serving(raw(2 * (b"HTTP/1.1 " + interim) + OK)) as seen:
        response = send(seen.url, BODY, SendOptions())
    assert (response.status, response.body, response.is_error) == (200, b"[]", False)


def test_interim_response_alone_counts_as_a_closed_connection():
    with serving(raw(b"HTTP/1.1 102 Processing\r\n\r\n")) as seen:
        assert "connection closed before" in line_of(seen.url, timeout=5)


def test_switch_of_protocols_is_a_rejection():
    with serving(raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")) as seen:
        assert send(seen.url, BODY, SendOptions()).is_error


def test_tls_errors_are_one_line():
    with serving(respond(200)) as seen:
        assert "TLS error" in line_of(seen.url.replace("http:", "https:"), timeout=5)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://host/x", "expected http://"),
        ("file:///etc/passwd", "expected http://"),
        ("127.0.0.1:8080/invocations", "expected http://"),
        ("http:///invocations", "expected http://"),
        ("http://host:99999/", "invalid address"),
        ("http://[::1/", "invalid address"),
        ("http://me:pass@host/", "user name or a password"),
        ("http://host/a b", "%XX"),
        ("http://host/\r\nX: y", "%XX"),
        ("http://höst/", "%XX"),
    ],
)
def test_invalid_url_is_refused_without_secrets(url, why):
    with pytest.raises(SendError, match=why) as caught:
        check_url(url)
    assert "pass@" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_invalid_header_value_is_refused():
    assert "printable ASCII" in line_of("http://127.0.0.1:1/", accept="x\r\nHost: y")
    assert "printable ASCII" in line_of("http://127.0.0.1:1/", custom_attributes="x" * 1025)


@pytest.mark.parametrize(
    "secret",
    [
        "https://b.s3.amazonaws.com/k?X-Amz-Credential=SECRET%2F2026&X-Amz-Signature=SECRET",
        "https://b.s3.amazonaws.com/k?a=b&Signature=SECRET%3D",
        '{"Authorization": "Bearer SECRET"}',
        "Authorization: AWS4-HMAC-SHA256 Credential=SECRET/2026/x, SignedHeaders=a;b, Signature=SECRET",
        "x-amz-security-token:SECRET==",
        "key AKIASECRETSECRETSECR is unknown",
        "does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-date:SECRET'",
    ],
)
def test_signatures_are_removed_from_urls(secret):
    assert "SECRET" in secret
    assert "SECRET" not in without_secrets(secret)


def test_ordinary_words_of_credentials_are_not_removed():
    said = 'signature: serving_default; {"signature_name": "x"}; ASIA; credentials'
    assert without_secrets(said) == said
