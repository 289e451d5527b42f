"""Loaders of models: a stub replaces a model that cannot be loaded; calls of a loaded model are recorded.

Packages that only load models, or only call servers, are replaced where they are not installed. A package that makes
tensors (torch, torchvision, OpenCV) never is: what it would have made could not be checked.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import sys
import types
from typing import TYPE_CHECKING, Any

from . import runpod_stub
from .cloud_stubs import cloud_client
from .error_lines import error_summary
from .model_proxy import record_calls, watch_torch_modules
from .model_stub import IMAGE_MODELS, ModelStub, is_stub
from .no_gpu import use_cpu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .recorder import ModelRecorder

__all__ = ["StubFinder", "install"]

_LOADERS = {
    "onnxruntime": ("InferenceSession",),
    "torch": ("load", "jit.load", "hub.load", "hub.load_state_dict_from_url"),
    "tensorflow": ("keras.models.load_model", "saved_model.load", "lite.Interpreter"),
    "keras": ("models.load_model", "saving.load_model"),
    "keras.models": ("load_model",),
    "tflite_runtime.interpreter": ("Interpreter",),
    "ai_edge_litert.interpreter": ("Interpreter",),
    "joblib": ("load",),
    "skops.io": ("load",),
    "timm": ("create_model",),
    "ultralytics": ("YOLO",),
    "fastai.learner": ("load_learner",),
    "transformers": ("pipeline",),
    "transformers.models.auto.auto_factory": ("_BaseAutoModelClass.from_pretrained",),
    "transformers.modeling_utils": ("PreTrainedModel.from_pretrained",),
    "cv2": tuple(f"dnn.readNet{kind}" for kind in ("", "FromONNX", "FromCaffe", "FromTensorflow", "FromTFLite")),
}
"""By module: the functions and classes that load a model."""
_CLIENTS = {"boto3": ("client", "resource")}
_FUNCTIONS: dict[str, dict[str, Any]] = {
    "ray": {"init": lambda *_, **__: None},
    "runpod.serverless": {"start": runpod_stub.skip_start},
    "runpod.serverless.utils.rp_validator": {"validate": runpod_stub.validate},
}
"""By module: functions that replace its own, installed or not."""
_REPLACEABLE = (
    *("onnxruntime", "tflite_runtime", "ai_edge_litert", "openvino", "tensorrt", "multi_model_server", "joblib"),
    *("xgboost", "lightgbm", "catboost", "mlflow", "tritonclient", "sagemaker", "sagemaker_inference"),
    *("sagemaker_huggingface_inference_toolkit", "boto3", "botocore", "aws_lambda_powertools", "aws_xray_sdk"),
    *("awslambdaric", "azureml", "inference_schema", "azure", "applicationinsights", "opencensus", "opentelemetry"),
    *("prometheus_client", "sentry_sdk", "loguru", "structlog", "pythonjsonlogger", "dotenv", "google", "redis"),
    *("huggingface_hub", "ultralytics", "torch_neuronx", "torch_neuron"),
    *("uvicorn", "gunicorn", "hypercorn", "waitress", "mangum", "flask_cors", "pyngrok", "flask_ngrok", "runpod"),
    *("apache_beam", "ray", "sanic_cors", "kafka", "confluent_kafka", "aiokafka", "pika", "aio_pika", "nats", "paho"),
)
"""Packages that load models, call or run servers, read queues, or log."""
_SHARED = ("google.cloud",)
"""Below packages that are installed in part: other packages install ``google`` too."""
_ERRORS = ("Error", "Exception", "Warning")


def install(recorder: ModelRecorder) -> None:
    """Hook the loaders of modules that are imported from now on."""
    sys.meta_path.insert(0, _HookingFinder(recorder))
    sys.meta_path.append(StubFinder(recorder))


class _HookingFinder:
    """Lets a module be imported, then hooks its loaders."""

    def __init__(self, recorder: ModelRecorder) -> None:
        self.recorder = recorder
        self.busy: set[str] = set()

    def find_spec(self, name: str, _: Sequence[str] | None, __: object = None) -> importlib.machinery.ModuleSpec | None:
        if name in self.busy or (name not in (*_LOADERS, *_CLIENTS, *_FUNCTIONS)):
            return None
        self.busy.add(name)
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        finally:
            self.busy.discard(name)
        if spec is None or spec.loader is None or isinstance(spec.loader, StubFinder):
            return None
        _hook_after(spec.loader, functools.partial(_hook, name, self.recorder))
        return spec


def _hook_after(loader: Any, hook: Any) -> None:
    run = loader.exec_module

    def exec_module(module: types.ModuleType) -> None:
        run(module)
        hook(module)

    loader.exec_module = exec_module


def _hook(name: str, recorder: ModelRecorder, module: types.ModuleType) -> None:
    if name == "torch":
        watch_torch_modules(recorder)
        use_cpu(module, recorder)
        _accept_stub_weights(module)
    for path in _LOADERS.get(name, ()):
        owner: Any = module
        *parents, last = path.split(".")
        try:
            for parent in parents:
                owner = getattr(owner, parent)
            setattr(owner, last, _make_loader(vars(owner).get(last), getattr(owner, last), f"{name}.{path}", recorder))
        except Exception:  # noqa: BLE001, S112 - another version without it, or one that cannot be changed
            continue
    for path in _CLIENTS.get(name, ()):
        setattr(module, path, functools.partial(cloud_client, recorder))
    vars(module).update(_FUNCTIONS.get(name, {}))


def _make_loader(static: object, load: Any, name: str, recorder: ModelRecorder) -> object:
    """Wrap a function, a class, or a class method, which derived classes inherit."""
    if not isinstance(static, classmethod):
        return _Loader(load, name, recorder)

    def load_derived(kind: type, /, *arguments: object, **keywords: object) -> object:
        label = f"{kind.__name__}.{static.__func__.__name__}"
        return _Loader(static.__get__(None, kind), label, recorder)(*arguments, **keywords)

    return classmethod(load_derived)


def _accept_stub_weights(torch: Any) -> None:
    """Let a module keep its initial weights where those of the file could not be loaded."""
    load = torch.nn.Module.load_state_dict

    def load_state_dict(self: object, state: object, *arguments: object, **keywords: object) -> object:
        return None if is_stub(state) else load(self, state, *arguments, **keywords)

    torch.nn.Module.load_state_dict = load_state_dict


class _Loader:
    """A function or class that loads models, which returns a stub if loading fails."""

    def __init__(self, load: Any, name: str, recorder: ModelRecorder) -> None:
        self._real = load, name, recorder

    def __call__(self, *arguments: object, **keywords: object) -> object:
        load, name, recorder = self._real
        try:
            return record_calls(load(*arguments, **keywords), recorder)
        except Exception as error:  # noqa: BLE001 - there is no model file here, most of the time
            why = error_summary(error)
            recorder.note(f"{name} could not load a model ({why}): a stub was used; --model-dir names its folder")
            repository = str(arguments[0]) if arguments and name == "torch.hub.load" else ""
            return next(
                (ModelStub(recorder, path) for path in (name, repository) if path.startswith(IMAGE_MODELS)),
                ModelStub(recorder),
            )

    def __getattr__(self, name: str) -> object:
        return getattr(self._real[0], name)

    def __instancecheck__(self, value: object) -> bool:
        return is_stub(value) or isinstance(value, self._real[0])

    def __mro_entries__(self, _: object) -> tuple[object, ...]:
        return (self._real[0],)


class StubFinder:
    """Creates a module of stubs for a package that is not installed."""

    def __init__(self, recorder: ModelRecorder) -> None:
        self.recorder = recorder

    def find_spec(self, name: str, _: Sequence[str] | None, __: object = None) -> importlib.machinery.ModuleSpec | None:
        root = name.partition(".")[0]
        is_below_stub = name == root or isinstance(sys.modules.get(root), _StubModule) or name.startswith(_SHARED)
        if root not in _REPLACEABLE or not is_below_stub:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        if "." not in spec.name:
            text = f"{spec.name} is not installed for this Python (--python selects another): a stub was used"
            self.recorder.note(text)
        module = _StubModule(spec.name)
        module.__dict__["_recorder"] = self.recorder
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__name__ == "boto3":
            for name in _CLIENTS["boto3"]:
                setattr(module, name, functools.partial(cloud_client, self.recorder))
        vars(module).update(_FUNCTIONS.get(module.__name__, {}))


class _StubModule(types.ModuleType):
    """Has every name: exceptions are exceptions, anything else is a stub."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        value: object
        if name.endswith(_ERRORS):
            value = type(name, (Exception,), {"__module__": self.__name__})
        else:
            value = _ModuleMember(self.__dict__["_recorder"], f"{self.__name__}.{name}")
        self.__dict__[name] = value
        return value


class _ModuleMember(ModelStub):
    """A function or class of a stub module; as a decorator it returns the function unchanged."""

    def __call__(self, *arguments: object, **keywords: object) -> object:
        if len(arguments) == 1 and not keywords and isinstance(arguments[0], types.FunctionType):
            return arguments[0]
        return super().__call__(*arguments, **keywords)
