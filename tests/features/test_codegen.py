"""The standalone module: the same bits as ``convert``, the same refusals, and no trace of this package."""

import ast
import http.client
import inspect
import io
import json
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from generated import CLASSIC, blocks, namespace
from PIL import Image
from python38 import interpreter, newer_than_38
from sample_images import encode_image, jpeg, picture

from sm_imgcheck.cli.commands.code import code as code_command
from sm_imgcheck.core import plugins
from sm_imgcheck.core.errors import CandidateError, ImgcheckError, InternalError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Options
from sm_imgcheck.features import codegen as bundling
from sm_imgcheck.features.codegen import stack_names, to_python
from sm_imgcheck.io import images
from sm_imgcheck.io.images.jpeg import scan_jpeg
from sm_imgcheck.io.images.pillow import open_pillow
from sm_imgcheck.ops import kernels
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.serving.stacks import STACKS
from sm_imgcheck.spec.load import load, presets
from sm_imgcheck.spec.parse import parse


def result_or_none(handler, body):
    """The tensor of the module for a file; None for a documented refusal."""
    try:
        return handler["preprocess"](body)
    except handler["CandidateError"]:
        return None


def files():
    rgba = np.dstack([picture(), picture(seed=3)[..., 0]])
    return {
        "plain": jpeg(),
        "turned": jpeg(orientation=6),
        "cmyk": jpeg(mode="CMYK"),
        "gray": jpeg(mode="L"),
        "progressive": jpeg(progressive=True),
        "alpha": encode_image(Image.fromarray(rgba), "PNG"),
        "deep": encode_image(Image.fromarray(picture()[..., 0].astype(np.uint16) * 257), "PNG"),
        "cut": jpeg(picture(200, 300))[:-3000],
        "text": b"hello there, this is no image",
        "nothing": b"",
    }


def test_preprocess_accepts_bytes_like_objects_and_refuses_others():
    handler, body = namespace(parse(CLASSIC)), jpeg()
    expected = handler["preprocess"](body)
    for same in (bytearray(body), memoryview(body), memoryview(body + body)[: len(body)]):
        assert np.array_equal(handler["preprocess"](same), expected)
    for what in (None, "cat.jpg", 5, io.BytesIO(body), picture()):
        with pytest.raises(TypeError, match=f"expected the bytes of an image file, not {type(what).__name__}"):
            handler["preprocess"](what)


@pytest.mark.parametrize("name", presets())
@pytest.mark.sample(4)
def test_generated_module_of_every_preset_equals_convert(name):
    spec = load(name)
    handler = namespace(spec)
    for kind, body in files().items():
        expected = process(body, spec, Options(want_array=True)).array
        got = result_or_none(handler, body)
        assert (got is None) == (expected is None), kind
        assert got is None or (got.dtype == expected.dtype and np.array_equal(got, expected)), kind


@pytest.mark.parametrize(
    "policy",
    [
        {"exif": "reject"},
        {"exif": "ignore", "cmyk": "reject", "gray": "reject"},
        {"alpha": "reject", "truncated": "allow"},
        {"alpha": "composite", "background": [10, 20, 30], "bit_depth": "scale"},
        {"library": "opencv"},
        {"library": "tensorflow", "dct": "tensorflow"},
        {"max_pixels": 3072},
        {"icc": "srgb"},
        {"icc": "reject"},
    ],
)
@pytest.mark.sample(3)
def test_every_decode_policy_applies_in_the_generated_module(policy):
    spec = parse({**CLASSIC, "decode": policy})
    handler = namespace(spec)
    outcomes = set()
    for kind, body in files().items():
        expected = process(body, spec, Options(want_array=True)).array
        got = result_or_none(handler, body)
        assert (got is None) == (expected is None), kind
        assert got is None or np.array_equal(got, expected), kind
        outcomes.add(got is None)
    assert outcomes == {True, False}


@pytest.mark.parametrize(
    "changes",
    [
        {"resize": "none"},
        {"shape": ["N", "20..40", "20..60", 3]},
        {"expect_range": [-0.5, 0.5]},
    ],
)
def test_generated_module_refuses_images_that_convert_refuses(changes):
    spec = parse({**CLASSIC, **changes})
    body = jpeg(picture(200, 300))
    assert process(body, spec, Options(want_array=True)).array is None
    assert result_or_none(namespace(spec), body) is None


def test_bfloat16_spec_is_refused():
    with pytest.raises(ImgcheckError, match="bfloat16"):
        to_python(parse({**CLASSIC, "dtype": "bfloat16"}))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pillow-rgb-01", "opencv-dnn-caffe-ssd300", "gray"])
def test_corpus_files_give_the_result_of_convert(shared_corpus, name):
    gray = {**CLASSIC, "shape": ["N", 1, 48, 64], "channel_order": "GRAY"}
    forgiving = {"library": "opencv", "truncated": "allow", "bit_depth": "scale", "icc": "srgb"}
    spec = parse({**gray, "decode": forgiving}) if name == "gray" else load(name)
    handler = namespace(spec)
    seen = 0
    for path in sorted(shared_corpus.glob("*/*")):
        expected = process(path, spec, Options(want_array=True)).array
        got = result_or_none(handler, path.read_bytes())
        assert (got is None) == (expected is None), path.name
        assert got is None or np.array_equal(got, expected), path.name
        seen += 1
    assert seen == 296


def test_generated_module_runs_without_this_package(tmp_path):
    """In a process that cannot import this package, and without simplejpeg, the pixels are the same."""
    spec = load("torchvision-imagenet")
    (tmp_path / "handler.py").write_text(to_python(spec), encoding="utf-8")
    (tmp_path / "cat.jpg").write_bytes(jpeg())
    script = (
        "import sys\n"
        "sys.modules['sm_imgcheck'] = sys.modules['simplejpeg'] = None\n"
        "import numpy as np, handler\n"
        "np.save('out.npy', handler.preprocess(open('cat.jpg', 'rb').read()))\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, env={"PATH": ""}, timeout=60)
    assert np.array_equal(np.load(tmp_path / "out.npy"), process(jpeg(), spec, Options(want_array=True)).array)


def test_generated_module_without_simplejpeg_refuses_same_damage(monkeypatch):
    spec = load("torchvision-imagenet")
    handler = namespace(spec)
    body = jpeg(picture(320, 240))
    start = scan_jpeg(body).start
    outcomes = []
    for share in (0.2, 0.8, 1.0):
        damaged = body[: start + int((len(body) - start) * share)] + b"\xff\xd9"
        expected = process(damaged, spec, Options(want_array=True)).array
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "simplejpeg", None)
            got = result_or_none(handler, damaged)
        assert (got is None) == (expected is None), share
        assert got is None or np.array_equal(got, expected), share
        outcomes.append(got is None)
    assert outcomes == [True, False, False]


@pytest.mark.parametrize("stack", [None, *stack_names()])
@pytest.mark.sample(3)
def test_generated_text_is_deterministic_and_imports_no_package_module(stack):
    text = to_python(load("yolo-letterbox-640"), stack)
    assert text == to_python(load("yolo-letterbox-640"), stack)
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert not [name for name in imported if name.startswith("sm_imgcheck")]
    assert "preprocess" in text


def specs_with_every_op():
    """Specs that between them name every op that a plan for any image can have."""
    sizes = {"stretch": [48, 64], "shortest_edge": 48, "longest_edge": 48, "cover": [48, 64], "letterbox": [48, 64]}
    open_shape = {**CLASSIC, "shape": ["N", "1..", "1..", 3]}
    for library in ("pillow", "pillow-12", "opencv", "tensorflow", "torch"):
        for mode, size in sizes.items():
            yield {**open_shape, "resize": {"mode": mode, "size": size, "library": library}}
    yield {**open_shape, "resize": {"mode": "closest_edge", "size": [48, 64], "multiple_of": 14}}
    yield {**open_shape, "geometry": [{"pad": {"aspect": [3, 4]}}, {"resize": {"mode": "keep", "multiple_of": 16}}]}
    for library in ("pillow", "opencv", "tensorflow"):
        yield {**CLASSIC, "decode": {"library": library, "icc": "srgb", "alpha": "composite", "bit_depth": "scale"}}
    yield {**CLASSIC, "shape": [1, 48, 64], "layout": "CHW", "channel_order": "GRAY", "dtype": "float16"}
    yield {**CLASSIC, "shape": [48, 64], "channel_order": "GRAY"}
    yield {**CLASSIC, "channel_order": "RGBA", "shape": ["N", 48, 64, 4], "dtype": "uint8", "value_range": [0, 255]}
    quantize = {"scale": 0.0078125, "zero_point": 128}
    yield {**CLASSIC, "dtype": "uint8", "quantize": quantize}
    yield {**open_shape, "geometry": [{"pad": {"multiple_of": 32}}, {"crop": {"size": [32, 32]}}]}


def modules():
    """The text of every preset and every op, and of each stack's functions."""
    yield from ((name, to_python(load(name))) for name in presets())
    yield from ((str(changes), to_python(parse(changes))) for changes in specs_with_every_op())
    yield from ((stack, to_python(parse(CLASSIC), stack)) for stack in stack_names())


def test_generated_modules_are_valid_python_38():
    future = "from __future__ import annotations\n"
    texts = dict(modules())
    assert [name for name, text in texts.items() if future not in text] == []
    parts = {part for text in texts.values() for part in blocks(text)}  # most are the same in all modules
    newer = {part: found for part in parts if (found := newer_than_38(future + part))}
    assert newer == {}


def test_functions_of_all_ops_are_valid_python_38():
    """A new op is among these once its module's ``__all__`` names it."""
    places = [f"{folder.__name__}.{name}" for folder in (kernels, images) for name in plugins.names(folder)]
    functions = [(place, name) for place in places for name in import_module(place).__all__]
    assert {"resize_pillow", "letterbox_torch", "fit_pillow", "normalize"} <= {name for _, name in functions}
    imports, definitions = bundling.bundle(functions)
    text = "\n".join(["from __future__ import annotations", *imports, *definitions])
    assert newer_than_38(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "with (a as b, c as d): pass",
        "match x:\n    case 1: pass",
        "zip(a, b, strict=True)",
        "from functools import cache",
        "text.removeprefix('a')",
        "Pair = tuple[int, int]",
        "isinstance(x, int | str)",
        "from dataclasses import dataclass\n@dataclass(frozen=True, slots=True)\nclass A: pass",
        "def f(x: list[int]): pass",
    ],
)
def test_syntax_newer_than_38_is_reported(text):
    assert newer_than_38(text)
    assert not newer_than_38("from __future__ import annotations\ndef f(x: list[int] | None) -> tuple[int]: zip(a, b)")


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10"])
def test_older_python_produces_the_same_tensor(version, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no python{version} with NumPy and Pillow on the PATH")
    spec = parse({**CLASSIC, "resize": {"mode": "stretch", "size": [48, 64], "library": "pillow-12"}})
    (tmp_path / "handler.py").write_text(to_python(spec, "custom"), encoding="utf-8")
    bodies = files()
    for kind, body in bodies.items():
        (tmp_path / kind).write_bytes(body)
    script = (
        "import sys, handler, numpy as np\n"
        "for kind in sys.argv[1:]:\n"
        "    try: np.save(kind, handler.preprocess(open(kind, 'rb').read()))\n"
        "    except handler.CandidateError: pass\n"
    )
    subprocess.run([python, "-c", script, *bodies], cwd=tmp_path, check=True, timeout=120)
    for kind, body in bodies.items():
        expected = process(body, spec, Options(want_array=True)).array
        written = tmp_path / f"{kind}.npy"
        assert written.exists() == (expected is not None), kind
        assert expected is None or np.array_equal(np.load(written), expected), kind


def test_module_and_help_state_the_minimum_python():
    oldest = ".".join(map(str, bundling.OLDEST_PYTHON))
    head = to_python(load("pillow-rgb-01")).splitlines()[:4]
    assert f"Runs on Python {oldest} and later with NumPy and Pillow." in head
    opencv = to_python(load("opencv-dnn-caffe-ssd300")).splitlines()[:4]
    assert f"Runs on Python {oldest} and later with NumPy, Pillow and OpenCV." in opencv
    assert f"runs on Python {oldest} and later" in " ".join(inspect.getdoc(code_command).split())


def test_pillow_without_avif_is_reported(monkeypatch):
    body = encode_image(Image.fromarray(picture()), "AVIF")
    monkeypatch.setitem(sys.modules, "PIL.AvifImagePlugin", None)
    with pytest.raises(CandidateError, match="the installed Pillow has no AVIF decoder"):
        open_pillow(body, "AVIF")


HOSTILE = [
    "\x1b]0;title\x07",
    "nul \0 inside",
    "right \u202e to left \u2066",
    "separators \u2028 and \u2029 and \x85",
    "lone \ud800 surrogate \udc80",
    "tag \U000e0041",
    '"""; import os; os.abort() # ',
    'ends in a quote"',
    "ends in a backslash\\",
    "escapes \\x41 \\N{BELL} \\",
    "$name ${input} {x} %s",
    "f\u00fcr \u65e5\u672c\u8a9e",
]


@cache
def plain_blocks(stack):
    return frozenset(blocks(to_python(parse(CLASSIC), stack)))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("stack", [None, *stack_names()])
@pytest.mark.sample(4)
def test_text_of_a_spec_is_escaped_in_the_module(text, stack):
    plain = parse(CLASSIC)
    dims = (replace_fields(plain.contract.shape[0], name=text), *plain.contract.shape[1:])
    contract = replace_fields(plain.contract, shape=dims)
    written = to_python(replace_fields(plain, name=text, description=text, contract=contract), stack)
    assert written.replace("\n", "").isprintable()
    parts = blocks(written)
    trees = [ast.parse(part.encode()) for part in parts if part not in plain_blocks(stack)]
    assert 2 <= len(trees) < len(parts)  # the docstrings of the module and of ``preprocess``
    assert ast.get_docstring(trees[0]).splitlines()[0].strip() == " ".join(text.split())
    nodes = [node for tree in trees for node in ast.walk(tree)]
    assert "abort" not in {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    if "$name" in (STACKS[stack].handler if stack else ""):
        assert text in {node.value for node in nodes if isinstance(node, ast.Constant)}


def test_unprintable_description_is_escaped(shared_cases):
    written = to_python(load(shared_cases / "robust" / "09-code-description" / "spec.yaml"))
    assert not [char for char in written if char != "\n" and not char.isprintable()]
    assert ast.get_docstring(ast.parse(written)).splitlines()[0] == "\x1b]0;pwn\x07 \0 \u202e"


def test_spec_name_is_the_title_without_description():
    tree = ast.parse(to_python(replace_fields(parse(CLASSIC), name="cat\u202e", description="")))
    assert ast.get_docstring(tree).splitlines()[0] == "Preprocessing for cat\u202e."


def test_unknown_stack_suggests_the_nearest():
    with pytest.raises(ImgcheckError, match="did you mean pytorch"):
        to_python(parse(CLASSIC), "pytorhc")


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def test_toolkit_handler_accepts_images_and_tensors():
    spec = parse(CLASSIC)
    handler = namespace(spec, "toolkit")
    expected = process(jpeg(), spec, Options(want_array=True)).array
    assert np.array_equal(handler["input_fn"](jpeg(), "image/jpeg"), expected)
    assert np.array_equal(handler["input_fn"](bytearray(jpeg()), "image/jpeg; charset=binary"), expected)
    assert np.array_equal(handler["input_fn"](npy(expected), "application/x-npy"), expected)
    with pytest.raises(ValueError, match="content type 'text/csv'"):
        handler["input_fn"](b"1,2", "text/csv")
    with pytest.raises(ValueError, match="object"):
        handler["input_fn"](npy(np.array([{}], dtype=object)), "application/x-npy")


def npy_header(shape, descr="<f4", follow=b""):
    """A .npy body with ``shape`` in its header, followed by ``follow``."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"shape": shape, "fortran_order": False, "descr": descr})
    return out.getvalue() + follow


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (npy_header((1_600_000, 48, 64, 3)), r"declares \[1600000, 48, 64, 3\] of float32, 0 bytes follow"),
        (npy(np.ones((1, 48, 64, 3), np.float32)) + b"x", "36865 bytes follow"),
        (npy(np.ones((3, 3))), r"got a tensor \[3, 3\] of float64, expected \[N, 48, 64, 3\] of float32"),
        (npy(np.ones((1, 48, 64, 3))), "of float64, expected"),
        (npy(np.ones((1, 64, 48, 3), np.float32)), r"\[1, 64, 48, 3\] of float32, expected"),
        (npy(np.ones((1, 48, 64, 3), ">f4")), "of >f4, expected"),
        (npy_header((0, 48, 64, 3)), "got a tensor"),
        (b"\x93NUMPY\x09\0", "version"),
        (b"nonsense", "magic"),
    ],
)
@pytest.mark.sample(3)
def test_toolkit_handler_refuses_tensor_not_matching_the_input(body, words):
    handler = namespace(parse(CLASSIC), "toolkit")
    with pytest.raises(ValueError, match=words):
        handler["input_fn"](body, "application/x-npy")


def test_tensorflow_serving_handler_writes_the_column_format():
    spec = parse(CLASSIC)
    handler = namespace(spec, "tensorflow-serving")
    context = SimpleNamespace(request_content_type="image/jpeg", accept_header="application/json")
    body = json.loads(handler["input_handler"](io.BytesIO(jpeg()), context))
    expected = process(jpeg(), spec, Options(want_array=True)).array
    assert np.array_equal(np.array(body["inputs"], np.float32), expected)
    assert all(str(np.float32(number)) == str(number) for number in np.ravel(body["inputs"]))  # no digit too many
    answer = SimpleNamespace(status_code=200, content=b"{}")
    assert handler["output_handler"](answer, context) == (b"{}", "application/json")
    with pytest.raises(ValueError, match="no such signature"):
        handler["output_handler"](SimpleNamespace(status_code=400, content=b"no such signature"), context)


@contextmanager
def serving(predict):
    """The server of the custom container, with a model; None: as generated."""
    handler = namespace(parse(CLASSIC), "custom")
    handler["predict"] = predict or handler["predict"]
    server = handler["ThreadingHTTPServer"](("127.0.0.1", 0), handler["Invocations"])
    server.RequestHandlerClass.log_message = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_custom_handler_serves_ping_and_invocations():
    with serving(lambda tensor: {"mean": float(tensor.mean())}) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        with urllib.request.urlopen(f"{url}/ping", timeout=10) as answer:
            assert answer.status == 200
        request = urllib.request.Request(f"{url}/invocations", jpeg(), {"Content-Type": "image/jpeg"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            expected = process(jpeg(), parse(CLASSIC), Options(want_array=True)).array
            assert json.load(answer)["mean"] == pytest.approx(float(expected.mean()))
        bad = urllib.request.Request(f"{url}/invocations", b"no image", {"Content-Type": "image/jpeg"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(bad, timeout=10)
        with refused.value as response:
            assert response.code == 400


@pytest.mark.parametrize(
    ("length", "status"),
    [("-1", 411), ("many", 411), ("\u00b2", 411), (None, 411), ("9" * 5000, 413), ("26214401", 413)],
)
def test_custom_handler_refuses_invalid_content_length(length, status):
    with serving(None) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.putrequest("POST", "/invocations")
        if length is not None:
            connection.putheader("Content-Length", length.encode("latin-1"))
        connection.endheaders()
        assert connection.getresponse().status == status
        connection.close()


@pytest.mark.parametrize("predict", [None, lambda tensor: tensor, lambda _: {}["weights"]])
def test_custom_handler_responds_500_when_the_model_fails(predict):
    with serving(predict) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.request("POST", "/invocations", jpeg(), {"Content-Type": "image/jpeg"})
        with connection.getresponse() as response:
            assert response.status == 500
            assert json.load(response)["error"]
        connection.close()


def test_torch_handlers_return_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    spec = load("torchvision-imagenet")
    expected = process(jpeg(), spec, Options(want_array=True)).array
    for stack in ("pytorch", "huggingface"):
        tensor = namespace(spec, stack)["input_fn"](jpeg(), "image/jpeg")
        assert torch.equal(tensor, torch.from_numpy(expected))


def test_bundle_contains_only_required_definitions():
    imports, definitions = bundling.bundle([("sm_imgcheck.ops.kernels.values", "scale")])
    assert imports == ("import numpy as np",)
    assert [text.splitlines()[0] for text in definitions] == [
        "def scale(image: np.ndarray, *, low: float, high: float, out: np.ndarray | None = None) -> np.ndarray:"
    ]


def test_conflicting_definitions_raise_internal_error(monkeypatch):
    real = bundling._definitions
    twin = {"scale": real("sm_imgcheck.ops.kernels.values")["scale"]}
    monkeypatch.setattr(bundling, "_definitions", lambda module: twin if module == "twin" else real(module))
    with pytest.raises(InternalError, match="scale"):
        bundling.bundle([("sm_imgcheck.ops.kernels.values", "scale"), ("twin", "scale")])


def test_missing_source_text_raises_imgcheck_error(monkeypatch):
    def raise_no_source(_):
        raise OSError("could not get source code")

    bundling._definitions.cache_clear()
    monkeypatch.setattr(bundling.inspect, "getsource", raise_no_source)
    with pytest.raises(ImgcheckError, match="source text"):
        to_python(parse(CLASSIC))
    bundling._definitions.cache_clear()
