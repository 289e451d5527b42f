"""Stubs of packages: one module each, imported only for files that import the package."""

import importlib
import sys

import pytest

from sm_imgcheck.features.handler.guest import packages
from sm_imgcheck.features.handler.guest.recorder import ModelRecorder

STUB = """from sm_imgcheck.features.handler.guest.packages import PackageStub

STUB = PackageStub("unseen.server", lambda recorder: {"unseen.server": {"LIMIT": 7}})
"""


@pytest.fixture
def recorder(tmp_path, monkeypatch):
    (tmp_path / "unseen_server.py").write_text(STUB)
    monkeypatch.setattr(packages, "__path__", [*packages.__path__, str(tmp_path)])
    model_input = {"name": "", "shape": [], "layout": "", "dtype": "float32", "stack": "", "envelope": ""}
    yield ModelRecorder(model_input)
    for name in ("unseen", "unseen.server", f"{packages.__name__}.unseen_server"):
        sys.modules.pop(name, None)


def test_new_module_adds_the_stub_of_its_package(recorder):
    packages.install_packages("from unseen.server import LIMIT", recorder)
    assert importlib.import_module("unseen.server").LIMIT == 7
    assert recorder.notes == [
        "unseen.server is not installed for this Python (--python selects another): a stub was used"
    ]


@pytest.mark.parametrize(
    "source", ["# unseen.server", "text = 'import unseen.server'", "import unseen.client", "import ("]
)
def test_package_that_is_not_imported_has_no_stub(recorder, source):
    packages.install_packages(source, recorder)
    assert "unseen.server" not in sys.modules
    assert f"{packages.__name__}.unseen_server" not in sys.modules
