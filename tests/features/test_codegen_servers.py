"""Handlers for Ray Serve, DJL Serving and Azure ML, run against stubs of their packages."""

import asyncio
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from sample_images import jpeg

from sm_imgcheck import convert
from sm_imgcheck.features.codegen import to_python
from specs import spec

CONTRACT = spec(name="image", shape=["N", 8, 6, 3])
PHOTO = jpeg()


def module(name, **members):
    made = ModuleType(name)
    vars(made).update(members)
    return made


class Deployment:
    """The stub of a deployment: ``bind`` creates the class."""

    def __init__(self, kind):
        self.kind = kind

    def bind(self):
        return self.kind()


class Output:
    """DJL's response."""

    def add_as_json(self, value):
        self.value = value
        return self


STANDINS = {
    "ray": module("ray", serve=SimpleNamespace(deployment=Deployment)),
    "starlette": module("starlette"),
    "starlette.responses": module("starlette.responses", JSONResponse=lambda body, status_code: (status_code, body)),
    "djl_python": module("djl_python", Output=Output),
    **{name: module(name) for name in ("azureml", "azureml.contrib", "azureml.contrib.services")},
    "azureml.contrib.services.aml_request": module("aml_request", rawhttp=lambda run: run),
    "azureml.contrib.services.aml_response": module("aml_response", AMLResponse=lambda text, status: (status, text)),
}


@pytest.fixture
def handler(monkeypatch):
    """The module that ``code --for`` writes, with a model that returns its input."""
    for name, standin in STANDINS.items():
        monkeypatch.setitem(sys.modules, name, standin)

    def load(stack):
        names = {}
        exec(compile(to_python(CONTRACT, stack), f"{stack}.py", "exec"), names)
        names["predict"] = lambda tensor: tensor
        return names

    return load


def test_ray_serve_deployment_returns_the_tensor_or_a_400(handler):
    app = handler("ray-serve")["app"]
    app.predict = lambda tensor: tensor

    def call(body, content_type):
        async def read():
            return body

        return asyncio.run(app(SimpleNamespace(body=read, headers={"content-type": content_type})))

    assert np.array_equal(call(PHOTO, "image/jpeg"), convert(PHOTO, CONTRACT))
    assert call(PHOTO, "text/csv")[0] == 400


def test_djl_handle_returns_the_tensor_and_none_at_load(handler):
    handle = handler("djl-serving")["handle"]
    request = SimpleNamespace(
        is_empty=lambda: False, get_property=lambda name: "image/jpeg", get_as_bytes=lambda: bytearray(PHOTO)
    )
    assert np.array_equal(handle(request).value, convert(PHOTO, CONTRACT))
    assert handle(SimpleNamespace(is_empty=lambda: True)) is None


def test_azure_ml_run_returns_the_tensor_or_a_400(handler):
    names = handler("azure-ml")
    assert names["init"]() is None
    request = SimpleNamespace(get_data=lambda as_text: PHOTO, headers={"Content-Type": "image/jpeg"})
    assert np.array_equal(names["run"](request), convert(PHOTO, CONTRACT))
    wrong = SimpleNamespace(get_data=lambda as_text: b"no image", headers={"Content-Type": "image/jpeg"})
    assert names["run"](wrong)[0] == 400
