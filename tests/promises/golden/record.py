"""The golden record of the command line: what each of many invocations prints, returns and writes, as SHA-256.

    python tests/promises/golden/record.py                    write record.json
    python tests/promises/golden/record.py --check            run them again and show each difference
    python tests/promises/golden/record.py --keep FOLDER      also keep the normalized texts there, to compare them

It holds the behavior of the program still while its files move. Each invocation runs in a folder of its own with the
same inputs; folders, ports, versions and times are normalized. Generated code is recorded by the tensor it makes.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "support")]

from pictures import encoded, jpeg, picture  # noqa: E402
from PIL import Image  # noqa: E402

RECORD = Path(__file__).with_name("record.json")
CORPUS = TESTS.parents[1] / "shared" / "corpus" / "public"
PRESETS = sorted(path.stem for path in (TESTS.parent / "specs").glob("*.yaml"))
ENVELOPES = [
    "npy",
    "npz",
    "raw",
    "array",
    "instances",
    "inputs",
    "instances-b64",
    "hf-inputs-b64",
    "kserve-v2",
    "triton-binary",
    "csv",
    "jsonlines",
    "image",
]
STACKS = [
    "toolkit",
    "pytorch",
    "huggingface",
    "tensorflow-serving",
    "triton",
    "mlflow",
    "mlserver",
    "builtin-image-classification",
    "custom",
]
SPEC = "version: 1\nname: x\nshape: [N, 24, 32, 3]\ndtype: float32\nchannel_order: RGB\nvalue_range: [0, 1]\n"
RESIZE = "resize: {mode: stretch, size: [24, 32], interpolation: bilinear}\n"
HANDLER = """
import io
import numpy as np
from PIL import Image

def input_fn(body, content_type):
    image = Image.open(io.BytesIO(body)).convert("RGB").resize((32, 24), Image.BILINEAR)
    return np.asarray(image, np.float32)[None] / {divisor}
"""


def inputs(folder: Path) -> None:
    """Write the files that the invocations read."""
    rgb = picture()
    small = np.asarray(Image.fromarray(rgb).resize((32, 24), Image.Resampling.BILINEAR))
    right = (small / np.float32(255))[None].astype(np.float32)
    files: dict[str, bytes | str] = {
        "a.jpg": jpeg(),
        "turned.jpg": jpeg(orientation=6),
        "gray.jpg": jpeg(mode="L"),
        "cmyk.jpg": jpeg(mode="CMYK"),
        "cut.jpg": jpeg()[:900],
        "rgba.png": encoded(Image.fromarray(picture(channels=4)), "PNG"),
        "a.png": encoded(Image.fromarray(rgb), "PNG"),
        "wrong.jpg": encoded(Image.fromarray(rgb), "PNG"),
        "a.gif": encoded(Image.fromarray(rgb).quantize(16), "GIF"),
        "a.webp": encoded(Image.fromarray(rgb), "WEBP", lossless=True),
        "a.tif": encoded(Image.fromarray(rgb), "TIFF"),
        "a.bmp": encoded(Image.fromarray(rgb), "BMP"),
        "empty.jpg": b"",
        "text.jpg": b"<html>not found</html>",
        "list.txt": "a.jpg\nturned.jpg\nright.npy\n",
        "error.log": 'ModelError: Received server error (500): "expected scalar type Double but found Float"\n',
        "x.yaml": SPEC + RESIZE,
        "nchw.yaml": SPEC.replace("[N, 24, 32, 3]", "[N, 3, 24, 32]") + "layout: NCHW\n" + RESIZE,
        "bgr.yaml": SPEC.replace("RGB", "BGR") + RESIZE,
        "int8.yaml": SPEC.replace("float32", "int8").replace("value_range: [0, 1]\n", "")
        + "value_range: [-1, 1]\nquantize: {scale: 0.0078125, zero_point: 0}\n"
        + RESIZE,
        "gray.yaml": SPEC.replace("32, 3]", "32, 1]").replace("RGB", "GRAY") + RESIZE,
        "nosize.yaml": SPEC,
        "bad.yaml": "version: 1\nshape: [N, 0, 3]\ndtyp: float32\nvalue_range: [1]\n",
        "notyaml.yaml": "a: [1\n",
        "doubtful.yaml": SPEC.replace(
            "value_range: [0, 1]", "normalize: {mean: [123.675, 116.28, 103.53], units: unit}"
        )
        + RESIZE,
        "golden.yaml": SPEC
        + RESIZE
        + "golden:\n- {image: a.png, tensor: right.npy}\n- {image: a.png, tensor: bgr.npy}\n",
        "handler.py": HANDLER.format(divisor="255"),
        "unscaled.py": HANDLER.format(divisor="1"),
        "raises.py": "def input_fn(body, content_type):\n    return body.missing\n",
        "nothing.py": "x = 1\n",
        **{f"{stack}.yaml": f"{SPEC}{RESIZE}payload: {{stack: {stack}}}\n" for stack in STACKS},
    }
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    arrays = {
        "right": right,
        "bgr": right[..., ::-1].copy(),
        "unscaled": small[None].astype(np.float32),
        "uint8": small[None],
        "double": right.astype(np.float64),
        "half": right.astype(np.float16),
        "nobatch": right[0],
        "chw": right.transpose(0, 3, 1, 2).copy(),
        "swapped": right.astype(">f4"),
        "fortran": np.asfortranarray(right),
        "nan": np.where(right > 0.99, np.nan, right).astype(np.float32),
        "twice": (right / 255).astype(np.float32),
        "large": rgb[None].astype(np.float32) / 255,
        "text": np.array(["a"]),
        "flat": right.reshape(1, -1),
        "imagenet": ((right - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).astype(np.float32),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "two.npz", a=right, b=right[..., ::-1])
    (folder / "right.json").write_text(
        json.dumps({"shape": list(right.shape), "dtype": "float32", "data": right.tolist()})
    )
    (folder / "instances.json").write_text(json.dumps({"instances": right.tolist()}))
    (folder / "inputs.json").write_text(json.dumps({"inputs": right.tolist()}))
    (folder / "rows.csv").write_text("\n".join(",".join(map(str, row)) for row in right.reshape(1, -1)))
    (folder / "v2.json").write_text(
        json.dumps(
            {"inputs": [{"name": "x", "shape": [1, 24, 32, 3], "datatype": "FP32", "data": right.ravel().tolist()}]}
        )
    )
    (folder / "photos" / "b").mkdir(parents=True)
    for number in range(5):
        (folder / "photos" / f"{number}.jpg").write_bytes(jpeg(picture(seed=number)))
    (folder / "photos" / "b" / "x.png").write_bytes(encoded(Image.fromarray(picture(seed=9)), "PNG"))
    (folder / "photos" / "notes.txt").write_text("no image")
    (folder / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff")


def invocations(port: int) -> Iterator[str]:
    """Command lines, ``&&`` between those that run in one folder; ``$CORPUS`` is the public corpus."""
    images = [
        "a.jpg",
        "turned.jpg",
        "gray.jpg",
        "cmyk.jpg",
        "cut.jpg",
        "rgba.png",
        "a.png",
        "wrong.jpg",
        "a.gif",
        "a.webp",
        "a.tif",
        "a.bmp",
        "empty.jpg",
        "text.jpg",
    ]
    tensors = [
        "right",
        "bgr",
        "unscaled",
        "uint8",
        "double",
        "half",
        "nobatch",
        "chw",
        "swapped",
        "fortran",
        "nan",
        "twice",
        "large",
        "text",
        "imagenet",
    ]
    for name in [*images, *(f"{name}.npy" for name in tensors), "two.npz::a", "two.npz", "right.json", "none.jpg"]:
        yield f"validate {name} -s x.yaml"
        yield f"validate {name} -s x.yaml --format json"
        yield f"convert {name} -s x.yaml -o out --format json"
    for name in ("a.jpg", "rgba.png", "right.npy", "bgr.npy", "gray.jpg"):
        for spec in ("nchw", "bgr", "int8", "gray", "nosize"):
            yield f"convert {name} -s {spec}.yaml -o out"
    for preset in PRESETS:
        yield f"validate a.jpg -s {preset}"
        yield f"convert a.jpg turned.jpg cmyk.jpg rgba.png -s {preset} -o out -q"
        yield f"plan a.jpg -s {preset}"
        yield f"plan right.npy -s {preset} --format json"
        yield f"spec show {preset}"
        yield f"spec lint {preset}"
        yield f"CODE {preset}"
    for jobs in (1, 2):
        for form in ("text", "table", "json", "jsonl"):
            yield f"validate photos -s x.yaml -j {jobs} --format {form}"
        yield f"convert photos -s x.yaml -o out -j {jobs} --manifest m.jsonl"
        yield f"convert photos -s x.yaml -o out -j {jobs} && convert photos -s x.yaml -o out -j {jobs} --resume"
        yield f"validate $CORPUS -s torchvision-imagenet -j {jobs} --format jsonl"
        yield f"convert $CORPUS -s pillow-rgb-01 -j {jobs} -o out --format jsonl"
        yield f"validate @list.txt -s x.yaml -j {jobs} --emit out"
    for form in ("npy", "npz", "json"):
        yield f"convert photos right.npy -s x.yaml -o out --as {form}"
    for more in (
        "npy --batch-size 3",
        "npy --batch-size 4 --remainder pad",
        "jsonl --batch-size 2",
        "tar",
        "tar --batch-size 2",
    ):
        yield f"convert photos -s x.yaml -o out --as {more}"
    for shard in ("0/2", "1/2"):
        yield f"convert photos -s x.yaml -o out --shard {shard} --manifest {shard[0]}.jsonl"
    yield (
        "convert photos -s x.yaml -o out --shard 0/2 --manifest p0.jsonl && "
        "convert photos -s x.yaml -o out --shard 1/2 --manifest p1.jsonl && merge p0.jsonl p1.jsonl -o all.jsonl"
    )
    for envelope in ENVELOPES:
        yield f"payload a.jpg -s x.yaml --as {envelope} -o body"
        yield f"payload right.npy -s x.yaml --as {envelope} -o body --format json"
    for stack in STACKS:
        yield f"payload a.jpg -s {stack}.yaml -o body"
        yield f"payload photos/0.jpg photos/1.jpg -s {stack}.yaml -o bodies"
        yield f"payload a.jpg -s {stack}.yaml --sizes"
        yield f"send a.jpg -s {stack}.yaml --url http://127.0.0.1:{port}/invocations"
        for body, kind in [
            ("instances.json", "application/json"),
            ("right.npy", "application/x-npy"),
            ("a.jpg", "image/jpeg"),
            ("rows.csv", "text/csv"),
            ("v2.json", "application/json"),
            ("inputs.json", "application/json"),
            ("a.jpg", "application/json"),
        ]:
            yield f"validate {body} -s {stack}.yaml --content-type {kind}"
        yield f"CODE x.yaml --for {stack}"
    yield f"send a.jpg -s x.yaml --url http://127.0.0.1:{port}/error --format json"
    yield f"send a.jpg -s x.yaml --url http://127.0.0.1:{port}/error"
    for name in ("right", "bgr", "chw", "unscaled", "imagenet", "uint8", "half"):
        yield f"identify {name}.npy"
        yield f"identify {name}.npy --source a.png"
        yield f"identify {name}.npy --source a.png -s x.yaml --format json"
        yield f"validate {name}.npy -s x.yaml --source a.png"
        yield f"validate {name}.npy -s nchw.yaml --source a.png --format json"
    for name in ("handler", "unscaled", "raises", "nothing"):
        yield f"handler {name}.py a.jpg rgba.png -s x.yaml"
        yield f"handler {name}.py a.jpg -s pytorch.yaml --format json"
    yield "spec test -s golden.yaml"
    yield "spec test -s golden.yaml --format json"
    for picture_of in ("a.jpg", "bgr.npy", "right.npy --source a.png"):
        yield f"validate {picture_of} -s x.yaml --picture p.png"
    yield "plan a.jpg -s x.yaml --picture p.png"
    yield "identify bgr.npy --source a.png --picture p.png"
    yield "spec test -s golden.yaml --picture p.png"
    for code in ("DTY101", "SRC120", "CHN104", "PAY101", "HND101", "nonsense"):
        yield f"explain {code}"
        yield f"explain {code} --format json"
    for text in ("expected scalar type Double but found Float", "Unsupported Media Type: image/jpeg", "hello"):
        yield f"explain {text!r}"
    yield "explain - < error.log"
    yield "rules"
    yield "rules --format json"
    for spec in ("bad", "notyaml", "doubtful", "x"):
        yield f"spec lint {spec}.yaml"
        yield f"validate a.jpg -s {spec}.yaml"
    yield "spec list"
    yield "spec schema"
    yield "spec show x.yaml --format json"
    yield "spec init --shape N,224,224,3 --value-range 0,1 -o new.yaml"
    yield "spec init --from-tensor right.npy"
    yield from (
        "",
        "--help",
        "--version",
        "validat a.jpg",
        "validate",
        "validate a.jpg",
        "validate a.jpg -s nothing",
        "convert a.jpg -s x.yaml",
        "validate a.jpg -s x.yaml --format xml",
        "validate a.jpg -s x.yaml --select NOPE",
        "validate a.jpg -s x.yaml --assume a=b",
        "validate right.npy -s x.yaml --assume channel_order=BGR",
        "validate bgr.npy -s x.yaml --assume channel_order=BGR",
        "convert unscaled.npy -s nchw.yaml -o out --allow-guess",
        "convert flat.npy -s x.yaml -o out",
        "validate a.jpg -s x.yaml --fail-on never",
        "validate a.jpg -s x.yaml --fail-on unfixable",
        "validate a.jpg -s x.yaml --select DTY",
        "validate a.jpg -s x.yaml --ignore DTY,VAL",
        "validate a.jpg -s x.yaml --headers-only",
        "validate a.jpg -s x.yaml --decoded-by opencv",
        "validate a.jpg a.png -s x.yaml -q",
        "convert a.jpg a.png -s x.yaml -o out",
        "convert a.jpg -s x.yaml -o x.yaml",
        "payload a.jpg -s x.yaml -o x.yaml",
        "payload a.jpg -s x.yaml --as nothing -o b",
        "merge none.jsonl",
        "identify a.jpg",
        "identify none.npy",
        "code -s bad.yaml",
        "plan none.jpg -s x.yaml",
        "validate a.jpg -s x.yaml --shard 3/2",
        "validate a.jpg -s x.yaml --engine none",
        "validate - -s x.yaml < a.jpg",
        "convert - -s x.yaml -o out < right.npy",
    )
    for verb in [
        "validate",
        "convert",
        "payload",
        "send",
        "plan",
        "code",
        "identify",
        "explain",
        "rules",
        "spec",
        "merge",
    ]:
        yield f"{verb} --help"


class Server(http.server.BaseHTTPRequestHandler):
    """Answers every request: /error with 500, anything else with the length of the body."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 500 if self.path == "/error" else 200
        text = (
            b'{"message": "expected scalar type Double but found Float"}'
            if status == 500
            else b'{"bytes": %d}' % len(body)
        )
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


def run(arguments: list[str], stdin: str, place: Path) -> tuple[int, bytes, bytes]:
    """Run one command in a forked child: exit code, standard output, standard error."""
    out, err = (place.parent / name for name in ("stdout", "stderr"))
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os.chdir(place)
            os.dup2(os.open(stdin or os.devnull, os.O_RDONLY), 0)
            for number, path in ((1, out), (2, err)):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stdin, sys.stdout, sys.stderr = (
                io.TextIOWrapper(os.fdopen(number, mode), encoding="utf-8", line_buffering=True)
                for number, mode in ((0, "rb"), (1, "wb"), (2, "wb"))
            )
            sys.argv = ["sm-imgcheck", *arguments]
            from sm_imgcheck.__main__ import main

            code = 99
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(bool(end.code))
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        os._exit(98)
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status), out.read_bytes(), err.read_bytes()


def words(line: str) -> tuple[list[str], str]:
    """Arguments and the file that is standard input."""
    import shlex

    command, _, stdin = line.partition(" < ")
    corpus = str(CORPUS) if CORPUS.is_dir() else "photos"
    return shlex.split(command.replace("$CORPUS", corpus)), stdin


def code(line: str, place: Path) -> dict[str, object]:
    """The tensor that the generated module makes of a photo."""
    name, *rest = line.split()[1:]
    status, out, err = run(["code", "-s", name, *rest], "", place)
    if status:
        return {"exit": status, "stdout": out, "stderr": err}
    module = sys.modules["generated"] = ModuleType("generated")
    try:
        exec(compile(out, "generated", "exec"), module.__dict__)
    except ModuleNotFoundError as error:  # of a container's own package
        return {"exit": status, "missing": str(error)}
    array = module.preprocess((place / "a.jpg").read_bytes())
    return {"exit": status, "tensor": array.tobytes() + repr((array.shape, array.dtype.str)).encode()}


def outcome(line: str, source: Path, port: int) -> dict[str, object]:
    """All that one line of invocations leaves: texts and files as normalized bytes."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "here"
        shutil.copytree(source, place, copy_function=shutil.copy2)
        found: dict[str, object] = {}
        if line.startswith("CODE "):
            found = code(line, place)
        else:
            for number, one in enumerate(line.split(" && ")):
                arguments, stdin = words(one)
                status, out, err = run(arguments, str(place / stdin) if stdin else "", place)
                err = b"" if "$CORPUS" in one else err  # how fast it was, and which files were slow
                mark = "" if not number else f" {number}"
                found |= {f"exit{mark}": status, f"stdout{mark}": out, f"stderr{mark}": err}
        for path in sorted(place.rglob("*")):
            name = path.relative_to(place).as_posix()
            # A journal records times, and made-by.json the versions of the libraries.
            ignored = "__pycache__" in name or "/.sm-imgcheck/" in f"/{name}"
            if path.is_file() and not (source / name).exists() and not ignored:
                found[name] = path.read_bytes()
        return {key: normalized(value, folder, port) if is_text(key) else value for key, value in found.items()}


def is_text(key: str) -> bool:
    """Whether a text is normalized: arrays, pictures and archives are compared as they are."""
    return key.startswith(("stdout", "stderr")) or key.endswith((".json", ".jsonl", ".csv"))


def normalized(content: bytes, folder: str, port: int) -> bytes:
    from sm_imgcheck import __version__

    for text, mark in [
        (f"{folder}/here", "<here>"),
        (folder, "<folder>"),
        (f":{port}", ":<port>"),
        (str(CORPUS), "<corpus>"),
        (sys.executable, "<python>"),
        (tempfile.gettempdir() + "/", "<tmp>/"),
    ]:
        content = content.replace(text.encode(), mark.encode())
    if b"sm-imgcheck" in content or b"version" in content:
        content = content.replace(__version__.encode(), b"<version>")
    content = re.sub(rb"\b\d+(\.\d+)? ?(ms|s)\b(?=[ ,;.)\n])", b"<time>", content)
    content = re.sub(rb'("seconds"|"mtime"|"elapsed"): ?[0-9.e-]+', rb"\1: <time>", content)
    # A run of more than 5 s, on a busy machine any run, ends with a summary of its speed.
    summary = rb"(?m)^[\d,]+ candidates? in [^\n]*\n(?:  (?:by code|slowest|largest) [^\n]*\n)*"
    content = re.sub(summary, b"", content)
    return re.sub(rb"\(([a-z_]+)\.py:\d+\)", b"(<line>)", content)


def record(keep: Path | None) -> dict[str, dict[str, object]]:
    """Run everything, a part of it in each of two processes."""
    import cv2  # noqa: F401 - imported once, before each fork

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    port = server.server_address[1]
    lines = list(dict.fromkeys(invocations(port)))
    # Workers import what the program itself imports, not an installed copy.
    os.environ.update(COLUMNS="80", NO_COLOR="1", TERM="dumb", PYTHONPATH=str(TESTS.parent))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "inputs"
        source.mkdir()
        inputs(source)
        parts = []
        for part in range(2):
            result = Path(folder) / f"{part}.json"
            pid = os.fork()
            if pid == 0:
                found = {}
                for line in lines[part::2]:
                    one = outcome(line, source, port)
                    name = line.replace(f":{port}", ":<port>")
                    if keep is not None:
                        kept = keep / hashlib.sha256(name.encode()).hexdigest()[:12]
                        kept.mkdir(parents=True, exist_ok=True)
                        (kept / "command").write_text(name)
                        for key, value in one.items():
                            path = kept / key.replace("/", "%")
                            path.write_bytes(value if isinstance(value, bytes) else str(value).encode())
                    found[name] = {
                        key: hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value
                        for key, value in one.items()
                    }
                result.write_text(json.dumps(found))
                os._exit(0)
            parts.append((pid, result))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for pid, _ in parts:
            os.waitpid(pid, 0)
        found = {name: one for _, result in parts for name, one in json.loads(result.read_text()).items()}
    server.shutdown()
    return dict(sorted(found.items()))


def without_words(result: dict[str, object]) -> dict[str, object]:
    """What a change of words must not change."""
    return {key: value for key, value in result.items() if not key.startswith(("stdout", "stderr"))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--outputs", action="store_true", help="with --check: exit codes and written files alone")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    found = record(asked.keep)
    if not asked.check:
        lines = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in found.items()]
        RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        print(len(found), "invocations recorded")
        return 0
    known = json.loads(RECORD.read_text())
    if asked.outputs:
        known, found = ({line: without_words(one) for line, one in every.items()} for every in (known, found))
    wrong = {name for name in known.keys() | found.keys() if known.get(name) != found.get(name)}
    for name in sorted(wrong):
        before, after = known.get(name, {}), found.get(name, {})
        print(
            name,
            {
                key: (before.get(key), after.get(key))
                for key in before.keys() | after.keys()
                if before.get(key) != after.get(key)
            },
        )
    print(f"{len(known) - len(wrong)} of {len(known)} invocations as recorded")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
