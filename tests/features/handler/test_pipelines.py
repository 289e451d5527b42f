"""The steps before ``RunInference`` in pipelines of Apache Beam, by where they are written."""

import sys
from textwrap import dedent, indent
from types import ModuleType, SimpleNamespace

import pytest

from sm_imgcheck.features.handler.guest.pipeline_steps import PipelineSteps, UnknownStep

HEAD = """
import apache_beam as beam
from apache_beam.ml.inference.base import RunInference
from elsewhere import Resize, load
def double(x): return 2 * x
def add(x): return x + 1
class Split(beam.DoFn):
    def process(self, x):
        yield 2 * x
        yield TaggedOutput()
class TaggedOutput: pass
"""
DOUBLED, BOTH = [20], [21]
"""Results of ``double``, then of ``add``, for the element 10."""
FOLLOWED = {
    "parts of Partition": (
        """
        good, bad = p | beam.Create([b""]) | beam.Map(double) | beam.Partition(f, 2)
        good | beam.Map(add) | RunInference(model)
        """,
        BOTH,
    ),
    "part by its number": (
        """
        parts = p | beam.Map(double) | beam.Partition(f, 2)
        parts[1] | RunInference(model)
        """,
        DOUBLED,
    ),
    "main output by its name": (
        """
        (p | "s" >> beam.ParDo(Split()).with_outputs("bad", main="good"))["good"] | RunInference(model)
        """,
        DOUBLED,
    ),
    "main output by its attribute": (
        """
        outputs = p | beam.ParDo(Split()).with_outputs("bad", main="good")
        outputs.good | beam.Map(add) | RunInference(model)
        """,
        BOTH,
    ),
    "main output without a name": (
        """
        outputs = p | beam.ParDo(Split()).with_outputs("bad")
        outputs[None] | RunInference(model)
        """,
        DOUBLED,
    ),
    "main output of several targets": (
        """
        good, bad = p | beam.ParDo(Split()).with_outputs("bad", main="good")
        good | RunInference(model)
        """,
        DOUBLED,
    ),
    "argument of a function": (
        """
        def build(images):
            return images | beam.Map(add) | RunInference(model)
        def run(p):
            images = p | beam.Create([b""]) | beam.Map(double)
            build(images)
        """,
        BOTH,
    ),
    "result of a function": (
        """
        def read(p):
            return p | beam.Create([b""]) | beam.Map(double)
        images = read(p)
        images | beam.Map(add) | RunInference(model)
        """,
        BOTH,
    ),
    "inside of expand": (
        """
        class Infer(beam.PTransform):
            def expand(self, pcoll):
                return pcoll | beam.Map(add) | RunInference(model)
        p | beam.Map(double) | Infer()
        """,
        BOTH,
    ),
    "same name in two functions": (
        """
        def one(p):
            images = p | beam.Map(double)
            return images | RunInference(model)
        def two(p):
            images = p | beam.Map(add)
        """,
        DOUBLED,
    ),
    "method after the first transform": (
        """
        p | beam.Map(double).with_output_types(int) | beam.Map(add) | RunInference(model)
        """,
        BOTH,
    ),
    "pipeline of a test or a new one": (
        """
        def run(test_pipeline=None):
            pipeline = test_pipeline
            if not test_pipeline:
                pipeline = beam.Pipeline(options=None)
            images: object = pipeline | beam.Map(double)
            images | RunInference(model)
        """,
        DOUBLED,
    ),
    "functions of the model handler": (
        """
        handler = Handler().with_preprocess_fn(add)
        p | beam.Map(double) | RunInference(handler)
        """,
        BOTH,
    ),
}  # fmt: skip
REFUSED = {
    "item of a loop": "for images in [p | beam.Map(double)]: images | beam.Map(add) | RunInference(model)",
    "tagged output": """
        bad, good = p | beam.ParDo(Split()).with_outputs("bad", "good")
        good | RunInference(model)
        """,
    "tagged output by its name": """
        outputs = p | beam.ParDo(Split()).with_outputs("bad", main="good")
        outputs["bad"] | RunInference(model)
        """,
    "parameter that no call passes": "def build(images): return images | beam.Map(add) | RunInference(model)",
    "function that is called twice": """
        def build(images):
            return images | beam.Map(add) | RunInference(model)
        build(p | beam.Map(double)), build(p)
        """,
    "unknown name": "images | beam.Map(add) | RunInference(model)",
    "transform of another module": "p | beam.Create([]) | Resize() | beam.Map(add) | RunInference(model)",
    "function of another module": "load(p) | beam.Map(add) | RunInference(model)",
    "name of itself": """
        images = images | beam.Map(add)
        images | RunInference(model)
        """,
    "name that another function changes": """
        images = p | beam.Map(double)
        def change():
            global images
            images = images | beam.Map(add)
        images | RunInference(model)
        """,
    "handler of itself": """
        handler = handler.with_postprocess_fn(add)
        p | beam.Map(add) | RunInference(handler)
        """,
    "result of two returns": """
        def read(p):
            if p: return p | beam.Map(double)
            return p | beam.Map(add)
        read(p) | RunInference(model)
        """,
    "function with unpacked arguments": """
        def build(images): return images | beam.Map(add) | RunInference(model)
        build(*pair)
        """,
}  # fmt: skip


def steps_of(code, monkeypatch):
    """The steps of the code, whose statements are in a function that does not run."""
    monkeypatch.setitem(sys.modules, "apache_beam", SimpleNamespace(DoFn=object))
    module = ModuleType("pipelines")
    head = HEAD.splitlines()
    source = "\n".join(line for line in head if "import" not in line or "as beam" in line)
    exec(source, vars(module))
    body = indent(dedent(code).strip(), "    ")
    source = f"{HEAD}with beam.Pipeline() as p:\n{body}\n"
    user = SimpleNamespace(source=source, module=module, names=vars(module), settings={"seconds": 60})
    return PipelineSteps(user).before_model()


@pytest.mark.parametrize("case", FOLLOWED)
def test_every_step_before_the_model_is_run(monkeypatch, case):
    code, expected = FOLLOWED[case]
    elements = [10]
    for step in steps_of(code, monkeypatch):
        elements = [result for item in elements for result in step(item)]
    assert elements == expected


@pytest.mark.parametrize("case", REFUSED)
def test_step_that_cannot_be_followed_is_refused(monkeypatch, case):
    with pytest.raises(UnknownStep):
        steps_of(REFUSED[case], monkeypatch)


def test_pipeline_without_functions_has_no_steps(monkeypatch):
    assert steps_of("p | beam.Create([]) | RunInference(model)", monkeypatch) == []
