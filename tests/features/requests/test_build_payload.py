"""The library's ``build_payload``; and that every stack accepts each of its envelopes."""

import io

import numpy as np
import pytest
from sample_images import jpeg, picture

import sm_imgcheck
from sm_imgcheck import CandidateError, Payload, PayloadError, PlanError, build_payload, convert
from sm_imgcheck.core.types import DecodedRequest
from sm_imgcheck.serving.envelopes import ENVELOPES
from sm_imgcheck.serving.stacks import STACKS
from specs import spec

SMALL = {"shape": ["N", 24, 32, 3]}
PHOTO = jpeg(picture())


def test_build_payload_accepts_one_or_several_candidates():
    small = spec(**SMALL)
    one = build_payload(PHOTO, small)
    assert isinstance(one, Payload)
    assert (one.content_type, one.envelope) == ("application/x-npy", "npy")
    assert (np.load(io.BytesIO(one.body)) == convert(PHOTO, small)).all()
    two = build_payload([PHOTO, picture(seed=2)], small, assume={"channel_order": "RGB"})
    assert np.load(io.BytesIO(two.body)).shape == (2, 24, 32, 3)


def test_envelope_and_content_type_can_be_given():
    got = build_payload(PHOTO, spec(**SMALL), envelope="array", content_type="application/json; charset=utf-8")
    assert got.content_type == "application/json; charset=utf-8"
    assert got.body.startswith(b"[[[[")


def test_fixed_batch_requires_its_number_of_images():
    four = spec(shape=[4, 24, 32, 3])
    assert np.load(io.BytesIO(build_payload([PHOTO] * 4, four).body)).shape == (4, 24, 32, 3)
    with pytest.raises(PayloadError, match="images per request: got 3, expected exactly 4 images"):
        build_payload([PHOTO] * 3, four)


@pytest.mark.parametrize(
    ("changes", "words", "candidates", "error", "why"),
    [
        ({"payload": {"stack": "pytorch"}}, {"envelope": "kserve-v2"}, PHOTO, PayloadError, "npy, array or csv"),
        ({}, {"envelope": "nyp"}, PHOTO, PayloadError, "expected npy"),
        ({"shape": [1, 24, 32, 3]}, {}, [PHOTO, PHOTO], PayloadError, "expected 1 for a body"),
        ({}, {"envelope": "image"}, [PHOTO, PHOTO], PayloadError, "expected 1 for a body"),
        ({}, {}, [], PayloadError, "got 0, expected 1"),
        ({"payload": {"max_bytes": 100}}, {}, PHOTO, PayloadError, "got 9,344 bytes as npy, expected at most 100"),
        ({}, {}, b"no image", CandidateError, "bytes"),
        ({}, {}, np.full((1, 24, 32, 3), np.nan, np.float32), PlanError, "not finite"),
        ({}, {"envelope": "image"}, np.zeros((1, 24, 32, 3), np.float32), PlanError, "encoded image"),
    ],
)
def test_invalid_candidates_and_options_raise_errors(changes, words, candidates, error, why):
    with pytest.raises(error, match=why):
        build_payload(candidates, spec(**{**SMALL, **changes}), **words)


def test_payload_names_are_public():
    assert {"build_payload", "Payload", "PayloadError"} <= set(sm_imgcheck.__all__)


PAIRS = [(name, form) for name in STACKS.by_rank() for form in STACKS[name].envelopes]


@pytest.mark.parametrize(("name", "form"), PAIRS)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.sample(4)
def test_every_stack_accepts_its_generated_bodies(name, form, count):
    if count > 1 and not ENVELOPES[form].batches:
        pytest.skip("one image a body")
    wanted = spec(**SMALL, name="image", payload={"stack": name})
    made = build_payload([PHOTO] * count, wanted, envelope=form)
    got = STACKS[name].receive(made.body, made.content_type, wanted)
    if form == "instances-b64":
        assert got.finding.code == "PAY111", "right for models that decode, and this one takes numbers"
        return
    assert isinstance(got, DecodedRequest), got
    if got.form == "array":
        tensor = np.concatenate([convert(PHOTO, wanted)] * count)
        # CSV has no axes: a handler has to restore them
        assert got.data.shape == (tensor.shape if form != "csv" else got.data.shape)
        assert np.array_equal(np.asarray(got.data, np.float32).ravel(), tensor.ravel())
