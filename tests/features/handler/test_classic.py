"""The classic pipelines as ``input_fn`` files: each of the classic mistakes, and pairs of them, is named exactly."""

from dataclasses import replace

import pytest
from classic import PIPELINES, mistakes
from sample_images import jpeg, picture

from sm_imgcheck import Options, load_spec, process
from sm_imgcheck.features.handler import Handler, HandlerRunner, call_handler

BODY = jpeg(picture(240, 330))


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.slow
def test_planted_mistakes_are_the_only_findings(tmp_path, name):
    pipeline, file = PIPELINES[name], tmp_path / "inference.py"
    file.write_text(pipeline.handler, encoding="utf-8")
    spec = load_spec(pipeline.spec)
    with HandlerRunner(Handler(file=str(file), seconds=20)) as run:
        for words, codes in mistakes(pipeline):
            run.settings = replace(run.settings, content_type=";".join(["image/jpeg", *words]))
            candidate, source = call_handler(BODY, run, spec)
            result = process(candidate, spec, Options(source=source))
            assert {finding.code for finding in result.findings if finding.severity != "notice"} == codes, words
            assert result.origins[0].exact
            assert result.handled.function == "input_fn"
