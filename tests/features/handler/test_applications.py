"""Applications, functions and scripts of services: each way in which they read an image reaches the model."""

import io
from textwrap import dedent

import numpy as np
import pytest
from handlers import candidate_of
from PIL import Image
from sample_images import encode_image, jpeg, picture

from sm_imgcheck.core.errors import ImgcheckError

PLAIN = np.asarray(Image.open(io.BytesIO(jpeg())).convert("RGB"))
MODEL = "import base64, json, joblib\nmodel = joblib.load('model.pkl')\n"
"""Without its file: the stub records its input, ``pixels(body)``."""

READERS = {
    "azure-json": """
        import azure.functions as func
        def main(req: func.HttpRequest) -> func.HttpResponse:
            model.predict(pixels(base64.b64decode(req.get_json()["image"])))
            return func.HttpResponse("ok")
    """,
    "azure-form": """
        import azure.functions as func
        bp = func.Blueprint()
        @bp.route(route="score", auth_level=func.AuthLevel.ANONYMOUS)
        async def score(req):
            model.predict(pixels(req.files["picture"].stream.read()))
            return "ok"
    """,
    "azure-bindings": """
        from azure import functions as func
        def main(req, context, message: func.Out[str], rows):
            message.set(context.invocation_id)
            model.predict(pixels(req.get_body()))
    """,
    "cloud-without-imports": """
        def entry(request):
            return {"scores": model.predict(pixels(request.files["image"].read()))}
    """,
    "cloud-bytes": """
        import functions_framework
        def helper(body):
            return pixels(body)
        @functions_framework.http
        def classify(request):
            return str(model.predict(helper(request.get_data())))
    """,
    "cloud-json": """
        from flask import jsonify
        def entry(request):
            return {"scores": model.predict(pixels(base64.b64decode(request.get_json(force=True)["image"])))}
    """,
    "django-body": """
        from django.http import HttpResponse
        def predict(request):
            model.predict(pixels(request.body))
            return HttpResponse("ok")
    """,
    "django-json": """
        from django.http import JsonResponse
        async def predict(request):
            return JsonResponse({"y": str(model.predict(pixels(base64.b64decode(json.loads(request.body)["img"]))))})
    """,
    "django-class": """
        from django.views import View
        from django.http import JsonResponse
        class Home(View):
            def get(self, request):
                return JsonResponse({})
        class Predict(View):
            def post(self, request):
                return JsonResponse({"y": str(model.predict(pixels(request.FILES["photo"].read())))})
    """,
    "rest-framework-function": """
        from rest_framework.decorators import api_view
        from rest_framework.response import Response
        @api_view(["POST"])
        def predict(request):
            return Response(str(model.predict(pixels(base64.b64decode(request.data["image_base64"])))))
    """,
    "aiohttp-read": """
        from aiohttp import web
        async def predict(request):
            return web.json_response({"y": str(model.predict(pixels(await request.read())))})
        app = web.Application()
        app.router.add_post("/predict", predict)
    """,
    "aiohttp-multipart": """
        from aiohttp import web
        async def upload(request):
            field = await (await request.multipart()).next()
            return web.json_response({"y": str(model.predict(pixels(await field.read())))})
        app = web.Application()
        app.add_routes([web.get("/", lambda request: web.Response()), web.post("/upload", upload)])
    """,
    "streamlit-stop": """
        import streamlit as st
        st.set_page_config(layout="wide")
        file = st.file_uploader("Image")
        if not file:
            st.info("Upload an image")
            st.stop()
        st.write(model.predict(pixels(file.getvalue())))
    """,
    "streamlit-form": """
        import streamlit as st
        def main():
            with st.form("upload", clear_on_submit=True):
                files = st.file_uploader("Images", accept_multiple_files=True)
                is_sent = st.form_submit_button("Send")
            kind = st.sidebar.selectbox("Kind", ["plain", "other"])
            for file in files if is_sent and kind == "plain" else []:
                st.write(model.predict(pixels(file.read())))
        if __name__ == "__main__":
            main()
    """,
    "streamlit-camera": """
        import streamlit as st
        if "count" not in st.session_state:
            st.session_state["count"] = 0
        left, right = st.columns([2, 1])
        tab, = st.tabs(["Camera"])
        shot = tab.camera_input("Photo")
        if shot is not None and st.slider("Size", 1, 9, 5) == 5 and st.checkbox("On", True):
            st.session_state.count += 1
            right.metric("Class", model.predict(pixels(shot.getvalue())))
    """,
    "modal-function": """
        import modal
        stub = modal.Stub("x", image=modal.Image.debian_slim().pip_install("numpy"))
        @stub.function(gpu="any")
        def infer(data: bytes):
            return model.predict(pixels(data))
    """,
    "modal-web": """
        import modal
        app = modal.App()
        @app.cls(image=modal.Image.from_registry("x"))
        class Web:
            @modal.enter()
            def load(self):
                self.model = model
            @modal.web_endpoint(method="POST")
            def predict(self, item: dict):
                return self.model.predict(pixels(base64.b64decode(item["image"])))
    """,
    "modal-asgi": """
        import modal
        app = modal.App()
        @app.function()
        @modal.asgi_app()
        def serve():
            from fastapi import FastAPI, Request
            web = FastAPI()
            @web.post("/predict")
            async def predict(request: Request):
                return str(model.predict(pixels(await request.body())))
            return web
    """,
    "mlserver-text": """
        from mlserver import MLModel
        from mlserver.codecs import StringCodec, decode_args
        class Runtime(MLModel):
            async def predict(self, payload):
                texts = self.decode(payload.inputs[0], default_codec=StringCodec)
                if not isinstance(texts[0], str):
                    raise ValueError("no text")
                return model.predict(pixels(base64.b64decode(texts[0])))
    """,
    "mlserver-array": """
        import numpy as np
        from mlserver import MLModel
        from mlserver.codecs import NumpyCodec, decode_args
        class Runtime(MLModel):
            @decode_args
            async def predict(self, image: np.ndarray) -> np.ndarray:
                return model.predict(image.astype("uint8") if image.ndim == 3 else None)
    """,
    "vertex-predict": """
        from google.cloud.aiplatform.prediction.predictor import Predictor
        class Own(Predictor):
            def load(self, artifacts_uri):
                self.model = model
            def predict(self, instances):
                return self.model.predict(pixels(base64.b64decode(instances[0]["bytes"])))
    """,
    "vertex-package": """
        from google.cloud import aiplatform
        from google.cloud.aiplatform.prediction.predictor import Predictor as Base
        class Own(Base):
            def load(self, artifacts_uri):
                self.model = model
            def predict(self, instances):
                return self.model.predict(pixels(base64.b64decode(instances[0]["bytes"])))
    """,
    "class-model": """
        class Model:
            def __init__(self, size=4):
                self.size = size
            def load(self, path):
                self.model = model
            def preprocess(self, image):
                return pixels(image)
            def predict(self, image):
                return self.model.predict(self.preprocess(image))
    """,
    "class-model-beside-a-function": """
        class Model:
            def load(self):
                self.model = model
            def predict(self, batch):
                return self.model.predict(batch)
        def preprocess(image_bytes):
            return pixels(image_bytes)
    """,
    "function-of-request": """
        # The views of django call it.
        def preprocess(request):
            return pixels(request)
    """,
    "modal-other-functions": """
        import modal
        app = modal.App()
        @app.function()
        def train(data_path):
            raise SystemExit("trained")
        @app.function()
        def embed(image):
            return model.predict(pixels(image))
    """,
    "truss-predict": """
        class Model:
            def __init__(self, **kwargs):
                self._data_dir = kwargs.get("data_dir")
                self._model = None
            def load(self):
                self._model = model
            async def predict(self, model_input: dict) -> dict:
                return {"y": self._model.predict(pixels(base64.b64decode(model_input["image"])))}
    """,
    "function-image": """
        def predict(image: "Image.Image", top: int = 5):
            import numpy as np
            return {"top": model.predict(np.asarray(image.convert("RGB")))}
    """,
    "function-path": """
        async def classify_image(img_path):
            with open(img_path, "rb") as file:
                return str(model.predict(pixels(file.read())))
    """,
    "ray-batch": """
        from ray import serve
        @serve.deployment
        class Own:
            @serve.batch(max_batch_size=4)
            async def score(self, bodies):
                return [str(model.predict(pixels(body))) for body in bodies]
            async def __call__(self, request):
                return await self.score(await request.body())
    """,
    "ray-batch-stream": """
        from ray import serve
        from starlette.responses import StreamingResponse
        @serve.deployment
        class Own:
            @serve.batch(max_batch_size=4)
            async def score(self, bodies):
                for at in range(2):
                    yield [str(model.predict(pixels(body))) for body in bodies]
            async def __call__(self, request):
                return StreamingResponse(self.score(await request.body()))
    """,
    "starlette-endpoint": """
        from starlette.applications import Starlette
        from starlette.endpoints import HTTPEndpoint
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route
        class Score(HTTPEndpoint):
            async def post(self, request):
                async with request.form() as form:
                    return PlainTextResponse(str(model.predict(pixels(await form["upload"].read()))))
        app = Starlette(routes=[Route("/score", Score)])
    """,
    "litserve-batch": """
        import litserve
        class Own(litserve.LitAPI):
            def setup(self, device):
                self.model = model
            def decode_request(self, request, context):
                return pixels(base64.b64decode(request["image"]))
            def predict(self, x):
                return self.model.predict(x[0])
        server = litserve.LitServer(Own(max_batch_size=8))
    """,
    "litserve-own-batch": """
        import litserve
        class Own(litserve.LitAPI):
            def __init__(self):
                super().__init__(max_batch_size=2)
            def decode_request(self, request):
                return request["image"]
            def batch(self, inputs):
                return [pixels(base64.b64decode(text)) for text in inputs]
            def predict(self, x):
                return model.predict(x[0])
    """,
    "litserve-batch-in-a-comment": """
        import litserve
        class Own(litserve.LitAPI):
            def decode_request(self, request):
                return pixels(base64.b64decode(request["image"]))
            def predict(self, x):
                return model.predict(x)
        # for a GPU: litserve.LitServer(Own(), max_batch_size=8)
        server = litserve.LitServer(Own(), max_batch_size=1)
    """,
    "bentoml-store": """
        import bentoml
        @bentoml.service
        class Own:
            with bentoml.importing():
                import package_of_the_container
            ref = bentoml.models.get("resnet:latest")
            @bentoml.api
            def classify(self, image: "Image.Image") -> str:
                return str(model.predict(np.asarray(image.convert("RGB"))))
    """,
    "beam-dofn": """
        import apache_beam as beam
        class Score(beam.DoFn):
            def __init__(self, path):
                self.path = path
            def setup(self):
                self.model = model
            def process(self, element):
                key, body = element
                yield key, self.model.predict(pixels(body))
        class Write(beam.DoFn):
            def process(self, element):
                yield element
    """,
    "beam-file": """
        import apache_beam as beam
        class Score(beam.DoFn):
            def process(self, file):
                yield file.metadata.path, model.predict(pixels(file.read()))
    """,
    "beam-before-inference": """
        import apache_beam as beam
        from apache_beam.ml.inference.base import RunInference
        class Prepare(beam.DoFn):
            def process(self, body):
                yield pixels(body)[0] if pixels(body).ndim == 4 else pixels(body)
        def run(handler):
            return beam.ParDo(Prepare()) | RunInference(handler)
    """,
    "beam-keyed": """
        import apache_beam as beam
        from apache_beam.ml.inference.base import KeyedModelHandler, RunInference
        class Decode(beam.PTransform):
            def expand(self, pcoll):
                return pcoll | "read" >> beam.Map(lambda file: (file.metadata.path, pixels(file.read())))
        def run(argv=None):
            with beam.Pipeline() as p:
                files = p | beam.io.fileio.ReadMatches() | beam.Reshuffle()
                arrays = files | Decode() | beam.MapTuple(lambda key, values: (key, values.astype(int) * -1))
                keyed = KeyedModelHandler(PytorchModelHandlerTensor(argv.path))
                handler = keyed.with_preprocess_fn(lambda pair: (pair[0], abs(pair[1])))
                arrays | beam.MapTuple(lambda key, values: (key, values)) | "model" >> RunInference(handler)
    """,
    "beam-preprocess-functions": """
        import apache_beam as beam
        from apache_beam.ml.inference.base import RunInference
        def decode(body):
            return pixels(body)
        def add(values):
            return values.astype(int) + 1
        def run(p, path):
            handler = OnnxModelHandlerNumpy(model_uri=path).with_preprocess_fn(lambda x: x - 1).with_preprocess_fn(add)
            return p | beam.Create(["a.jpg"]) | beam.FlatMap(lambda body: [decode(body)]) | RunInference(handler)
    """,
    "beam-model-handler": """
        from apache_beam.ml.inference.base import ModelHandler
        class Own(ModelHandler[bytes, dict, object]):
            def load_model(self):
                return model
            def run_inference(self, batch, model, inference_args=None):
                return [model.predict(pixels(body)) for body in batch]
    """,
    "mlflow": """
        import mlflow.pyfunc
        class Own(mlflow.pyfunc.PythonModel):
            def load_context(self, context):
                self.path = context.artifacts["model"]
            def predict(self, context, model_input, params=None):
                return [model.predict(pixels(base64.b64decode(text))) for text in model_input["image"]]
    """,
    "mlflow-without-context": """
        import mlflow
        class Own(mlflow.pyfunc.PythonModel):
            def predict(self, model_input):
                return [model.predict(pixels(base64.b64decode(text))) for text in model_input]
    """,
    "seldon": """
        class Own:
            def load(self):
                self.model = model
            def predict(self, X, features_names=None, meta=None):
                return self.model.predict(pixels(X))
    """,
    "queue": """
        from kafka import KafkaConsumer
        def predict(image_bytes):
            return model.predict(pixels(image_bytes))
        def main():
            for message in KafkaConsumer("images"):
                predict(message.value)
    """,
    "ray-ingress": """
        from fastapi import FastAPI, Request
        from ray import serve
        api = FastAPI()
        @serve.deployment
        @serve.ingress(api)
        class Own:
            def __init__(self, name="x"):
                self.model = model
            @api.post("/")
            async def root(self, request: Request):
                return str(self.model.predict(pixels(await request.body())))
        app = Own.bind()
    """,
}  # fmt: skip
PACKAGES = ("aiohttp", "django", "fastapi", "flask", "rest_framework", "starlette")
OF_RUN_INFERENCE = ("beam-before-inference", "beam-keyed", "beam-preprocess-functions")
"""Cases whose elements RunInference stacks."""


@pytest.mark.parametrize("case", READERS)
@pytest.mark.sample(6)
def test_image_reaches_the_model(tmp_path, case):
    code = READERS[case]
    for package in PACKAGES:
        if f"from {package}" in code or (package == "flask" and case.startswith("cloud")):
            pytest.importorskip(package)
    candidate = candidate_of(tmp_path, MODEL + dedent(code))
    assert candidate.problem is None
    expected = PLAIN[None] if case in OF_RUN_INFERENCE else PLAIN
    np.testing.assert_array_equal(candidate.data, expected)


def test_uploaded_file_has_the_suffix_and_the_type_of_its_format(tmp_path):
    body = encode_image(Image.fromarray(picture()), "PNG")
    code = """
        import joblib
        import streamlit as st
        file = st.file_uploader("x")
        if file and (file.name, file.type) == ("image.png", "image/png"):
            joblib.load("m").predict(pixels(file.read()))
    """
    candidate = candidate_of(tmp_path, code, body=body)
    np.testing.assert_array_equal(candidate.data, picture())


def test_script_without_a_model_call_is_not_checked(tmp_path):
    candidate = candidate_of(tmp_path, "import streamlit as st\nfile = st.file_uploader('x')\nst.write(file)\n")
    assert candidate.data is None
    assert candidate.problem.code == "HND107"


def test_model_file_in_s3_is_not_written_while_the_file_is_imported(tmp_path):
    target = tmp_path / "m.pkl"
    code = f"""
        import base64, boto3, joblib
        boto3.resource("s3").Bucket("b").download_file("models/m.pkl", {str(target)!r})
        boto3.resource("s3").Object("b", "models/m.pkl").download_file({str(target)!r})
        model = joblib.load({str(target)!r})
        def lambda_handler(event, context):
            return model.predict(pixels(base64.b64decode(event["body"])))
    """
    candidate = candidate_of(tmp_path, code)
    np.testing.assert_array_equal(candidate.data, PLAIN)
    assert not target.exists()


TRUSS = """
    import base64, joblib
    class Model:
        def load(self):
            self.session = joblib.load("model.pkl")
        def preprocess(self, request):
            return {"batch": pixels(base64.b64decode(request["inputs"][0]["b64"]))}
        def predict(self, request):
            return self.session.predict(request["batch"])
"""


@pytest.mark.parametrize("folder", [".", ".."])
@pytest.mark.sample(2)
def test_truss_is_known_by_its_configuration(tmp_path, folder):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / folder / "config.yaml").write_text("model_class_name: Model\n", encoding="utf-8")
    candidate = candidate_of(tmp_path / "model", TRUSS)
    np.testing.assert_array_equal(candidate.data, PLAIN)


NOT_CHECKED = {
    "request-of-bottle": (
        """
        from bottle import route
        def predict(request):
            return pixels(request.files.get("upload").file.read())
        """,
        "imports neither flask nor functions_framework",
    ),
    "azure-none": (
        """
        import azure.functions as func
        def main(req):
            return None
        """,
        "returned status 204",
    ),
    "azure-member": (
        """
        import azure.functions as func
        def main(req: func.HttpRequest, file: func.Unknown):
            return ""
        """,
        "the stub of azure.functions has no Unknown",
    ),
    "mlserver-import": (
        """
        from mlserver import MLModel, Unknown
        class Runtime(MLModel):
            pass
        """,
        "the stub of mlserver has no Unknown",
    ),
    "kserve-module": (
        """
        import kserve.unknown
        """,
        "the stub of kserve has no unknown",
    ),
}  # fmt: skip


NOT_CHECKED |= {
    "beam-steps": (
        """
        import apache_beam as beam
        class Resize(beam.DoFn):
            def process(self, body):
                yield pixels(body)
        class Scale(beam.DoFn):
            def process(self, pixels):
                yield pixels / 255
        """,
        "yielded elements",
    ),
    "beam-unknown-step": (
        """
        import apache_beam as beam
        from apache_beam.ml.inference.base import RunInference
        def run(p, scale):
            return p | beam.Map(pixels) | beam.Map(lambda x: x * scale(x)) | beam.GroupByKey() | RunInference(None)
        """,
        "a step that runs in its pipeline only: beam.GroupByKey()",
    ),
    "beam-changed-name": (
        """
        import apache_beam as beam
        from apache_beam.ml.inference.base import RunInference
        def run(p):
            images = p | beam.Map(pixels)
            images |= beam.Map(abs)
            return images | RunInference(None)
        """,
        "a step that runs in its pipeline only: images",
    ),
    "beam-two-models": (
        """
        import apache_beam as beam
        from apache_beam.ml.inference.base import RunInference
        def run(p):
            images = p | beam.Map(pixels)
            return images | RunInference(None), images | beam.Map(abs) | RunInference(None)
        """,
        "has a pipeline with RunInference: expected one in the file",
    ),
    "beam-elements-of-keys": (
        """
        import apache_beam as beam
        from apache_beam.ml.inference.base import RunInference
        class Decode(beam.DoFn):
            def process(self, body):
                yield body[:3], pixels(body)
        def run(p):
            return p | beam.ParDo(Decode()) | RunInference(None)
        """,
        "elements are tuple, expected arrays",
    ),
    "beam-elements": (
        """
        import apache_beam as beam
        class Score(beam.DoFn):
            def process(self, element):
                yield element.window.start / 2
        """,
        "accepted none of the elements that were tried",
    ),
    "seldon-array": (
        """
        class Own:
            def predict(self, X, names):
                return X.reshape(1, 3, 224, 224)
        """,
        "accepted none of the elements that were tried",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_CHECKED)
@pytest.mark.sample(2)
def test_request_that_cannot_be_passed_is_not_checked(tmp_path, case):
    code, text = NOT_CHECKED[case]
    if case == "request-of-bottle":
        pytest.importorskip("flask")
        (tmp_path / "bottle.py").write_text("route = None\n", encoding="utf-8")
    problem = candidate_of(tmp_path, code).problem
    assert problem.code == "HND107"
    assert text in problem.message


def test_azure_function_that_returns_a_dict_reports_hnd105(tmp_path):
    problem = candidate_of(tmp_path, "import azure.functions\ndef main(req):\n    return {'y': 1}\n").problem
    assert problem.code == "HND105"
    assert "returned dict, expected HttpResponse or text" in problem.message


def test_request_without_json_to_vertex_is_not_checked(tmp_path):
    code = """
        from google.cloud.aiplatform.prediction.predictor import Predictor
        class Own(Predictor):
            def load(self, artifacts_uri):
                pass
            def predict(self, instances):
                return instances
    """
    problem = candidate_of(tmp_path, code, body=b"\x00\xff", content_type="application/octet-stream").problem
    assert problem.code == "HND107"
    assert "gets parsed JSON only" in problem.message


def test_modal_function_that_trains_is_not_called(tmp_path):
    code = """
        import modal
        from pathlib import Path
        app = modal.App()
        @app.function()
        def train(data_path):
            Path(__file__).with_name("called").touch()
    """
    with pytest.raises(ImgcheckError, match="missing entry point"):
        candidate_of(tmp_path, code)
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("package", "factory"),
    [
        ("sanic", "app = sanic.Sanic('x')\n    app.add_route(view, '/score', methods=['POST'])"),
        ("tornado.web", "app = tornado.web.Application([('/score', View)])"),
        ("flask", "app = flask.Flask('x')\n    app.post('/score')(view)"),
        ("fastapi", "app = fastapi.FastAPI()\n    app.post('/score')(view)"),
        ("aiohttp.web", "app = aiohttp.web.Application()\n    app.router.add_post('/score', view)"),
    ],
)
@pytest.mark.parametrize("keyword", ["def", "async def"])
@pytest.mark.sample(2)
def test_application_of_a_factory_with_defaults_is_called_at_its_route(tmp_path, keyword, package, factory):
    pytest.importorskip(package)
    base = "tornado.web.RequestHandler" if package == "tornado.web" else "object"
    code = f"import {package}\ndef view(request=None):\n    raise KeyError('here')\n"
    code += (
        f"class View({base}):\n    def post(self): view()\nclass Alone({base}):\n    def post(self): self.write('x')\n"
    )
    code += f"{keyword} create_app(debug=False, *, port=8888):\n    {factory}\n    return app\n"
    assert "POST /score" in candidate_of(tmp_path, code).problem.message


def test_application_uses_the_event_loop_of_its_asynchronous_factory(tmp_path):
    pytest.importorskip("aiohttp")
    code = MODEL + dedent("""
        import asyncio
        from aiohttp import web
        async def create_app():
            app, loop = web.Application(), asyncio.get_running_loop()
            async def score(request):
                assert asyncio.get_running_loop() is loop
                return web.json_response(str(model.predict(pixels(await request.read()))))
            app.router.add_post("/score", score)
            return app
    """)
    np.testing.assert_array_equal(candidate_of(tmp_path, code).data, PLAIN)


def test_tornado_handler_without_an_application_is_called_without_a_route(tmp_path):
    pytest.importorskip("tornado")
    code = """
        import tornado.web
        class Alive(tornado.web.RequestHandler):
            def post(self):
                self.write("x")
        class Predict(tornado.web.RequestHandler):
            def post(self):
                raise KeyError("here")
    """
    assert "Predict.post" in candidate_of(tmp_path, code).problem.message


def test_sanic_route_with_a_parameter_is_named(tmp_path):
    pytest.importorskip("sanic")
    code = """
        from sanic import Sanic
        app = Sanic("x")
        @app.post("/predict/<name:str>")
        async def predict(request, name):
            pass
    """
    with pytest.raises(ImgcheckError, match="got /predict/<name:str>, expected a path without"):
        candidate_of(tmp_path, code)


def test_exception_of_an_aiohttp_handler_is_reported_with_its_line(tmp_path):
    pytest.importorskip("aiohttp")
    code = """
        from aiohttp import web
        async def predict(request):
            data = (await request.post())["image"].file.read()
            size = len(data)
            raise ValueError(f"no model for {size > 0}")
        app = web.Application()
        app.router.add_post("/predict", predict)
    """
    problem = candidate_of(tmp_path, code).problem
    assert problem.code == "HND101"
    assert "raised ValueError at inference.py:6" in problem.message
    assert problem.message.endswith(": no model for True")


def test_last_output_is_that_of_the_only_attempt(tmp_path):
    code = """
        from flask import Flask
        app = Flask("x")
        @app.post("/predict")
        def predict():
            from flask import request
            print("got", request.content_type, flush=True)
            return "bad", 500
    """
    pytest.importorskip("flask")
    several = candidate_of(tmp_path, code).problem
    only = candidate_of(tmp_path, code, body=b"{}", content_type="application/json").problem
    assert (several.code, only.code) == ("HND105", "HND105")
    assert "last output" not in several.message
    assert "last output: got application/json" in only.message
