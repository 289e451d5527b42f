"""Modules that a command may load, as a limit on its start-up time."""

import os
import subprocess
import sys

import pytest
from sample_images import jpeg

HEAVY = {"numpy", "cv2", "PIL", "rich", "yaml", "pydantic", "orjson", "simplejpeg", "asyncio", "ssl"}
LIGHT = [
    ["--version"],
    ["--help"],
    [],
    ["rules"],
    ["rules", "--format", "json"],
    ["rules", "--format", "table"],
    ["explain", "DTY101"],
    ["explain", "spec"],
    ["explain", "Unsupported Media Type: image/jpeg"],
    ["explain", "RuntimeError: expected scalar type Double but found Float", "--format", "json"],
    ["convert", "--help"],
    ["identify", "--help"],
    ["payload", "--help"],
    ["send", "--help"],
    ["compare", "--help"],
    ["discover", "--help"],
]
PROBE = """
import sys
from sm_imgcheck.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*sorted(sys.modules), file=sys.stderr)
"""


def loaded_modules(*arguments: str, code: str = PROBE, **environment: str) -> set[str]:
    """The modules that a command loads, in a separate process without the threads that the tests are limited to."""
    command = [sys.executable, "-c", code, *arguments]
    inherited = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=inherited | environment)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", LIGHT, ids=" ".join)
@pytest.mark.sample(4)
def test_light_commands_load_no_heavy_module(arguments):
    modules = loaded_modules(*arguments)
    assert "sm_imgcheck.cli" in modules
    assert not modules & HEAVY


def test_rules_and_plan_load_no_heavy_module():
    parts = "sm_imgcheck.rules, sm_imgcheck.pipeline.plan, sm_imgcheck.report.formats.text"
    code = f"import sys, {parts}\nsm_imgcheck.rules.all_rules()\nprint(*sys.modules, file=sys.stderr)"
    modules = loaded_modules(code=code)
    assert "sm_imgcheck.rules.dtype" in modules
    assert not modules & (HEAVY | {"typer"})


def test_command_does_not_import_other_commands():
    modules = loaded_modules("rules")
    assert "sm_imgcheck.cli.commands.rules" in modules
    assert "sm_imgcheck.cli.commands.validate" not in modules
    assert not {
        "sm_imgcheck.cli.commands.rules",
        "sm_imgcheck.cli.commands.validate",
        "sm_imgcheck.core.types",
    } & loaded_modules("--help")


def test_jpeg_is_validated_without_opencv_rich_orjson_and_digests(tmp_path):
    (tmp_path / "x.jpg").write_bytes(jpeg())
    modules = loaded_modules("validate", str(tmp_path / "x.jpg"), "-s", "pillow-rgb-01")
    assert {"numpy", "yaml", "sm_imgcheck.report.formats.text"} <= modules
    assert not modules & {"cv2", "rich", "orjson", "pydantic", "ssl", "asyncio", "sm_imgcheck.run.outputs.tensors"}
    libraries = loaded_modules(code="import sys, typer, yaml, numpy, simplejpeg; print(*sys.modules, file=sys.stderr)")
    assert not {"hashlib", "json"} & (modules - libraries)


def test_workers_are_started_before_any_heavy_module_is_loaded():
    code = (
        "import sys, sm_imgcheck.run.cpus, sm_imgcheck.run.executors._processes; print(*sys.modules, file=sys.stderr)"
    )
    modules = loaded_modules(code=code)
    assert "multiprocessing.context" in modules
    assert not modules & (HEAVY | {"typer", "sm_imgcheck.run.work"})


def test_remote_stores_are_loaded_only_for_urls(tmp_path):
    (tmp_path / "x.jpg").write_bytes(jpeg())
    places = [str(tmp_path / "x.jpg"), f"file://{tmp_path}/x.jpg"]
    modules = loaded_modules("convert", *places, "-s", "pillow-rgb-01", "-o", f"file://{tmp_path}/out", "-j", "1")
    assert (tmp_path / "out" / "x.npy").exists()
    assert "sm_imgcheck.io.stores.local" in modules
    unwanted = {"fsspec", "s3fs", "concurrent.futures.thread", "asyncio", "sm_imgcheck.run.inputs.remote"}
    assert not modules & (unwanted | {"sm_imgcheck.io.stores.s3", "sm_imgcheck.io.stores.fsspec_store"})
    assert "sm_imgcheck.io.stores.fsspec_store" in loaded_modules("validate", "memory://x.jpg", "-s", "pillow-rgb-01")


def test_payload_does_not_load_the_send_modules(tmp_path):
    (tmp_path / "x.jpg").write_bytes(jpeg())
    modules = loaded_modules(
        "payload", str(tmp_path / "x.jpg"), "-s", "pillow-rgb-01", "-o", str(tmp_path / "x.npy"), "-q"
    )
    assert (tmp_path / "x.npy").exists()
    assert "sm_imgcheck.serving.envelopes.npy" in modules
    unwanted = {"boto3", "botocore", "ssl", "http.client", "urllib.request", "cv2", "rich", "orjson", "asyncio"}
    assert not modules & (
        unwanted
        | {"sm_imgcheck.features.requests.send", "sm_imgcheck.rules.endpoint_errors"}
        | {"sm_imgcheck.report._layout", "sm_imgcheck.report._groups"}  # what all candidates of a run share
    )


def test_command_limits_openblas_to_one_thread(tmp_path):
    code = PROBE + "import os; print('threads=' + os.environ['OPENBLAS_NUM_THREADS'], file=sys.stderr)"
    assert "threads=1" in loaded_modules("--version", code=code)
    assert "threads=3" in loaded_modules("--version", code=code, OPENBLAS_NUM_THREADS="3")
    assert "threads=4" in loaded_modules("--version", code="import numpy\n" + code, OPENBLAS_NUM_THREADS="4")


def test_library_import_leaves_environment_unchanged():
    code = "import os, sys\nbefore = dict(os.environ)\nimport sm_imgcheck.api\nassert dict(os.environ) == before"
    assert loaded_modules(code=code) == set()
