"""Error texts and their causes: the catalog, the measured servers, posted errors, and ordinary text."""

import ast
import importlib.util
import json
import re
from pathlib import Path

import pytest

from sm_imgcheck.cli import list_commands as known_commands
from sm_imgcheck.cli import main
from sm_imgcheck.report.explain import page
from sm_imgcheck.rules import all_rules
from sm_imgcheck.rules.endpoint_errors import LIMIT, explain_text, normalize, object_types
from sm_imgcheck.rules.endpoint_errors.grammar import find_by_grammar, grammar
from sm_imgcheck.rules.endpoint_errors.known_errors import causes, patterns
from sm_imgcheck.rules.endpoint_errors.phrases import find_phrases, phrases
from sm_imgcheck.rules.endpoint_errors.sentences import sentences_before
from sm_imgcheck.rules.endpoint_errors.sizes import factors
from sm_imgcheck.rules.endpoint_errors.vocabulary import Vocabulary
from sm_imgcheck.rules.endpoint_errors.word_lists import word_lists

HERE = Path(__file__).parent


def sample_texts(name):
    """Cases of one file in this folder, each with the beginning of its text for a name."""
    cases = json.loads((HERE / name).read_text(encoding="utf-8"))
    return [pytest.param(case, id=(case if isinstance(case, str) else case["text"])[:50]) for case in cases]


def phrase_causes(text):
    return {phrase["cause"] for phrase, *_ in find_phrases(text, Vocabulary(text))}


def cause_ids(text):
    return [one.cause for one in explain_text(text)]


@pytest.mark.sample(8)
@pytest.mark.parametrize("case", sample_texts("rows.json"))
def test_catalog_rows_are_explained_by_their_cause(case):
    assert case["cause"] in cause_ids(case["text"])


def test_every_catalog_row_has_an_example():
    assert {case.values[0]["row"] for case in sample_texts("rows.json")} == set(range(1, 73))


@pytest.mark.sample(8)
@pytest.mark.parametrize("case", sample_texts("servers.json"))
def test_measured_server_errors_are_explained(case):
    assert cause_ids(case["text"])[0] == case["cause"]


@pytest.mark.sample(8)
@pytest.mark.parametrize("case", sample_texts("posted.json") + sample_texts("versions.json"))
def test_posted_errors_and_other_versions_are_explained(case):
    assert cause_ids(case["text"]) == case["causes"]


@pytest.mark.sample(8)
@pytest.mark.parametrize("case", sample_texts("libraries.json"))
def test_library_errors_name_their_cause_first(case):
    assert cause_ids(case["text"])[:1] == [case["cause"]]


@pytest.mark.sample(8)
@pytest.mark.parametrize("case", sample_texts("wordings.json"))
def test_other_wordings_name_their_cause_first(case):
    assert cause_ids(case["text"])[0] in case["causes"]


SOURCES, REPORTS, SUBJECTS = (
    json.loads((HERE / name).read_text(encoding="utf-8")) for name in ("sources.json", "reports.json", "subjects.json")
)
"""Texts from the sources of libraries and servers, and from public issue threads, also of data other than images;
``missed``: not explained strictly right; ``unknown``: no cause is right too; no ``causes``: a cause would be wrong."""


def is_explained(case):
    """Whether the first cause of a text is one of those that are right."""
    found = cause_ids(case["text"])[:1]
    return found[0] in case["causes"] if found else not case["causes"] or "unknown" in case


@pytest.mark.sample(8)
@pytest.mark.parametrize(
    "case", [case for case in SOURCES + REPORTS + SUBJECTS if "missed" not in case], ids=lambda case: case["text"][:50]
)
def test_texts_of_sources_and_reports_name_their_cause_first(case):
    assert is_explained(case)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cases", "share"), [(SOURCES, 0.88), (REPORTS, 0.88), (SUBJECTS, 0.85)], ids=["sources", "reports", "subjects"]
)
def test_texts_of_sources_and_reports_are_explained_strictly_right(cases, share):
    right = sum(map(is_explained, cases))
    print(f"{right} of {len(cases)}")
    assert right >= share * len(cases)


@pytest.mark.slow
def test_texts_about_other_data_rarely_have_a_certain_cause_in_a_request():
    texts = [case["text"] for case in SUBJECTS if not case["causes"]]
    found = [
        one for text in texts for one in explain_text(text)[:1] if (one.kind, one.certainty) == ("request", "certain")
    ]
    print(f"{len(found)} of {len(texts)}: {[(one.cause, one.evidence) for one in found]}")
    assert len(found) <= 0.03 * len(texts)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("preprocess: the model takes [1, 3, 224, 224] and received [1, 224, 224, 3]", "layout"),
        ("RuntimeError: tensor has wrong rank; requires 4 dimensions but 3D was passed: got 3 dimensions", "no-batch"),
        ("Input must have 3 channels, got 4 channels", "alpha"),
        ("engine requires float32 but was given uint8", "uint8"),
        ("picture of 640x480 does not match 224x224", "wrong-size"),
        ("the tensor (1, 480, 640, 3) is incompatible with (1, 640, 480, 3)", "sides-swapped"),
        ("AssertionError: expected ndim=4 and received ndim=5", "batch-twice"),
        ("Expected dtype half, found double", "float64"),
        ("input must be FP32, received FP16", "other-dtype"),
        ("buffer element type u8 is not equal with model element type f32", "uint8"),
        ("decoded array has 1 channel; the graph has 3 input channels", "gray"),
        ("error: both shapes must be equal in MatMul: [1, 12544] and [9216, 128]", "matrix-size"),
        ("conv mismatch: input [1, 224, 224, 3], filter of shape [64, 3, 7, 7]", "layout"),
        ("error: filters [64, 3, 7, 7] do not fit the input shape [3, 224, 224]", "no-batch"),
        ("ValueError: expected (batch, height, width, channels), got (1, 3, 224, 224)", "layout"),
        ("expected an image of shape (height, width, 3), got (480, 640)", "gray"),
        ("tensor must have 3 or 4 dimensions, found 2 in image", "gray"),
        ("Only images of rank 3 (single) or rank 4 (batch) are supported. Got 5 dimensions", "batch-twice"),
        ("unsupported number of channels: 4", "alpha"),
        ("input image has fewer than 3 channels", "gray"),
        ("at dimension 2: expected 224, got 256", "wrong-size"),
        ("expected 577 patches, got 197", "wrong-size"),
        ("ValueError: image must have 3 channels", "channels"),
        ("TypeError: expected np.ndarray, got <class 'PIL.Image.Image'>", "no-array"),
        ("TypeError: input must be a torch.Tensor, got <class 'list'>", "not-a-tensor"),
        ("{'detail': 'upload exceeds the 5 MB limit'}", "too-large"),
        ("the image's data type float16 is not supported", "unsupported-dtype"),
    ],
)
def test_mismatch_in_any_wording_has_its_cause(text, cause):
    assert cause_ids(text)[:1] == [cause]


@pytest.mark.parametrize(
    "text",
    [
        "input shape (1, 3, 224, 224) matches the expected shape (1, 3, 224, 224)",
        "Resizing from 480x640 to the required 224x224",
        "Expected Calibration Error: 0.03, got 224x224 crops",
        "loading checkpoint: expected shape [64, 3, 7, 7], got [64, 4, 7, 7]",
        "expected 3 retries, got 4",
        "target size must be the same as input size",
        "requires float32 weights; converting from float16 checkpoint, received 3 shards",
        "label tensor expected int64, got int32",
        "test_shape_224x224 PASSED, expected 12 passed, got 12 passed",
        "Accepts 224x224 and 384x384; serving 224x224",
        "model expects [N, 3, 224, 224]",
        "Received 3 files of 640x480",
        "only 3 of 4 channels were used",
        "input (batch, channels, height, width) of shape (1, 3, 224, 224)",
        "conv1: input [1, 3, 224, 224], weight of shape [64, 3, 7, 7]",
        "writes logs of up to 10 MB, the limit of a log file",
        "image must have 3 channels",
        "type of the input: <class 'numpy.ndarray'>",
    ],
)
def test_sentences_without_a_mismatch_have_no_cause(text):
    assert explain_text(text) == ()


@pytest.mark.parametrize(
    ("got", "expected", "phrase"),
    [
        (153600, 98304, "160 x 320"),
        (196608, 150528, "256 x 256 x 3"),
        (200704, 150528, "200704"),
        (75264, 150528, "75264"),
    ],
)
def test_numbers_of_values_are_named_as_image_sizes(got, expected, phrase):
    (explanation, *_) = explain_text(
        f"input blob size is not equal to the network input size: got {got} expecting {expected}"
    )
    assert phrase in explanation.title


def test_element_counts_are_factored_into_image_sizes():
    assert factors(150528) == "224 x 224 x 3"
    assert factors(2 * 150528) == "2 x 224 x 224 x 3"
    assert factors(97) == ""


@pytest.mark.sample(8)
@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern["id"])
def test_each_pattern_finds_its_own_example(pattern):
    named = cause_ids(pattern["example"])
    assert named
    assert pattern.get("cause", named[0]) in named


@pytest.mark.sample(8)
@pytest.mark.parametrize("text", sample_texts("ordinary.json"))
def test_ordinary_text_has_no_cause(text):
    assert explain_text(text) == ()


@pytest.mark.sample(8)
@pytest.mark.parametrize("case", sample_texts("elsewhere.json"))
def test_infrastructure_error_is_not_an_image_error(case):
    assert [(one.cause, one.kind) for one in explain_text(case["text"])] == [(case["cause"], "elsewhere")]


@pytest.mark.sample(8)
@pytest.mark.parametrize("case", sample_texts("unrelated.json"))
def test_error_outside_requests_has_no_cause_in_a_request(case):
    found = explain_text(case["text"])
    assert not [one.cause for one in found if one.kind == "request"]
    assert not found or found[0].cause in case["causes"]


ERROR = "RuntimeError: expected scalar type Double but found Float"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("No module named 'x'", "import"),
        ("CUDA out of memory", "memory"),
        ("access denied", "credentials"),
        ("ValueError: the image does not exist", "no-picture-decoded"),
        (ERROR, "float64"),
    ],
)
@pytest.mark.parametrize(
    "other", ["{}, using the slower implementation", "{}; falling back to the CPU", "{} (ignored: 0 errors)"]
)
def test_work_that_continues_has_no_cause(text, cause, other):
    assert cause_ids(text) == [cause]
    assert cause_ids(other.format(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "AssertionError: 413 != 200",
        "psycopg2.errors.UndefinedColumn: column users.image does not exist",
        "ValueError: invalid literal for int() with base 10: 'abc'",
        "Error response from daemon: pull access denied for app, repository does not exist",
        "Error response from daemon: malformed",
        "error: audio image not provided",
        "mysql.connector.errors.DataError: out of range for column 'width'; expected 255, got 640",
        "smtplib.SMTPDataError: message size exceeds fixed limit: image attachment too large",
        "ERROR Run size limit exceeded: 120 GB of 100 GB used by media/images",
        "Retry 1/5 succeeded after ThrottlingException",
        "ERROR 1366 (HY000): Incorrect integer value: 'uint8' for column 'dtype' at row 1",
        "rustc: expected `u8`, found `f32` in image.rs",
        "subprocess.CalledProcessError: Command 'convert in.png out.jpg' returned non-zero exit status 1",
        "retry policy: 3 attempts, timeout 60 s, no failures",
        (
            'File "/app/run.py", line 3, in <module>\n    size = json.load(open("config.json"))\n'
            "json.decoder.JSONDecodeError: Extra data: line 1 column 5 (char 4)"
        ),
        'File "/a.py", line 3, in f\n  run(query)\npsycopg2.errors.UndefinedColumn: column a.image does not exist',
    ],
)
def test_failure_of_something_else_has_no_cause(text):
    assert cause_ids(text) == []


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Image buffer must be at most 5242880 bytes, got 7340032 bytes", "too-large"),
        ("error: Unable to load model input: expected shape (1,3,224,224), got (1,224,224,3)", "layout"),
        (
            '[error] client intended to send too large body: 11534336 bytes, referrer: "android-app://com.x"',
            "too-large-gateway",
        ),
        ("ValueError: image column of parquet row: cannot identify image file <_io.BytesIO object>", "not-an-image"),
        ("at the helm: cannot identify image file <_io.BytesIO object>", "not-an-image"),
        ("OSError: image file is truncated (5 bytes not processed); no errors were logged", "damaged-file"),
    ],
)
def test_words_of_other_subjects_do_not_exclude_a_cause(text, cause):
    assert cause_ids(text)[:1] == [cause]


@pytest.mark.parametrize(
    "text",
    [
        "helm upgrade failed: the image does not exist",
        "! LaTeX Error: cannot decode the image file",
        "ansible.builtin.uri: image file does not exist",
        'fatal: [web1]: FAILED! => {"msg": "image file does not exist"}',
        "image must be at most 5 MB; 3 MB received",
        "Uploads must be at most 10 MB. Got 3 files",
        "pyarrow.lib.ArrowInvalid: image column: expected 3 channels, got 4 channels",
    ],
)
def test_other_tool_or_number_has_no_cause_in_a_request(text):
    assert cause_ids(text) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A sends e.g. one", "A sends e.g. one"),
        ("model No. 5 of the U.S. region", "model No. 5 of the U.S. region"),
        ("at most 4 vs. 5", "at most 4 vs. 5"),
        ("No training. Failed", "Failed"),
        ("the answer is no. Failed", "Failed"),
        ("error: Missing field", "error: Missing field"),
        ("Loaded a String", "Loaded a String"),
        ("it failed Skipping it", " Skipping it"),
    ],
)
def test_sentence_begins_after_the_end_of_another(text, sentence):
    assert sentences_before(text).lstrip() == sentence.lstrip()


def test_last_type_errors_are_read_up_to_a_number(monkeypatch):
    monkeypatch.setattr(object_types, "_TRIES", 3)
    text = "expected an image array, got dict\n" * 9
    ends = [end for *_, end in object_types.find_object_types(text)]
    assert ends == [len(text) - 1 - 34 * lines for lines in (2, 1, 0)]


SIZES = "The size of tensor a (20) must match the size of tensor b (24) at non-singleton dimension 3"
EXPANDED = (
    "The expanded size of the tensor (2048) must match the existing size (2062) at non-singleton dimension 0.  "
    "Target sizes: [2048].  Tensor sizes: [2062]"
)


@pytest.mark.parametrize(
    "text",
    [
        "ValueError: mask must have shape (224, 224), got (448, 448)",
        "ValueError: Feature shape mismatch: (128, 512) vs (64, 512)",
        "ValueError: feature_names mismatch: ['f0', 'f1'] ['age', 'income']",
        "ValueError: Embedding dimension mismatch. Expected 1536, got 768.",
        "AudioDecoder: Unsupported number of channels: only mono (1) and stereo (2) are supported, got 6",
        "Input size mismatch: expected 960 samples, got 480",
        "Local tensor shape mismatch: expected 8 experts, got 4",
        "details: expected [1, 60, 1], got [1, 59, 1]",
        "ModelRegistryError: Downloaded artifact size mismatch: expected 104857600 bytes, received 1024.",
        "KvCache::update: new_key must be 4D [batch, heads, seq, dim], got 3D",
        "AssertionError: Expected 4 dimensions (N, Subc, Nr, Nc), got (10, 234, 3)",
        "RuntimeError: Hidden states batch size mismatch: expected 4, got 2",
        "ValueError: X has 7 features, but LGBMClassifier is expecting 5 features as input.",
        "TokenValidationException: Token payload too large",
        "  attn = attn + causal_mask\nRuntimeError: " + SIZES,
        "  tokens[k, : len(t)] = t\nRuntimeError: " + EXPANDED,
    ],
)
def test_values_of_other_data_have_no_cause(text):
    assert cause_ids(text) == []


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("Got invalid dimensions for input: x for the following indices index: 2 Got: 56 Expected: 100", "likely"),
        ("Got invalid dimensions for input: image for the following indices index: 2 Got: 56 Expected: 100", "certain"),
        ("index: 2 Got: 56 Expected: 100 index: 3 Got: 56 Expected: 100", "certain"),
        (SIZES, "likely"),
        ("  x = self.conv1(x)\nRuntimeError: " + SIZES, "certain"),
        ("unsupported number of channels: 8", "likely"),
        ("unsupported number of channels: 4", "certain"),
        ("expected (64, 64), got (32, 32)", "likely"),
        ("panic: Buffer size mismatch: expected 4096 bytes, got 2048 bytes", "likely"),
        ("request payload size mismatch: expected 602112 bytes, read 150528 bytes", "certain"),
        ("expected (64, 64, 3), got (32, 32, 3)", "certain"),
    ],
)
def test_cause_of_an_image_is_certain_where_the_message_shows_an_image(text, certainty):
    assert explain_text(text)[0].certainty == certainty


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("ValueError: image and mask differ: expected (64, 64, 3), got (32, 32, 3)", "wrong-size"),
        ("expected x to have shape [null,7,7,512] but got array with shape [1,224,224,3]", "channels"),
        ("segmentation: expected input [1, 1, 512, 512], got [1, 1, 256, 256]", "wrong-size"),
        ("xgboost.core.XGBoostError: Feature shape mismatch, expected: 784, got 2352", "color-for-gray"),
        ("expected NCHW tensor, got shape [1 224 224]", "no-batch"),
        ("dims: index: 1 Got: 60 Expected: 6", "other-shape"),
        ("ValueError: Image must be RGB (3 channels) or RGBA (4 channels)", "channels"),
        ("Unsupported media type: image/tiff. Only JPEG and PNG are allowed.", "type-refused"),
        ("Incompatible shapes for broadcasting: shapes=[(480, 640, 4), (3,)]", "alpha"),
        (
            "status 413: invalid character '<' looking for beginning of value: <html>413 Request Entity Too Large",
            "too-large",
        ),
    ],
)
def test_values_of_an_image_have_their_cause(text, cause):
    assert cause_ids(text)[0].removesuffix("-gateway") == cause


OTHER_DATA = [
    "embedding service: {}",
    "attention pooling: {}",
    "uploaded tensor 3: {}",
    "download of the artifacts is complete. {}",
    "only vectors supported by the index; {}",
    "segmentation masks requested. {}",
    "{}; the labels were loaded",
    '  File "/opt/m.py", line 3, in forward\n    logits = self.head(x)\n{}',
    '  File "/opt/m.py", line 3, in predict\n    embedding, masks = model(x)\n{}',
    '  File "/opt/t.py", line 9, in run\n    loss = criterion(model(x), labels)\n  File "/opt/m.py", line 3, in f\n{}',
]


@pytest.mark.sample(8)
@pytest.mark.parametrize("around", OTHER_DATA)
@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("ValueError: input must have 3 channels, got 4 channels", "alpha"),
        ("ValueError: expected shape (1, 3, 224, 224), got (1, 224, 224, 3)", "layout"),
        (
            "The size of tensor a (730) must match the size of tensor b (577) at non-singleton dimension 1",
            "wrong-size",
        ),
        ("ValueError: Expected 4D tensor as input, got 3D tensor instead.", "no-batch"),
        ("ValueError: expected float32, got float64", "float64"),
    ],
)
def test_words_of_other_data_near_values_do_not_exclude_their_cause(text, cause, around):
    assert cause_ids(around.format(text))[:1] == [cause]


@pytest.mark.sample(8)
@pytest.mark.parametrize(
    "owner",
    [
        "{} must have 3 channels, got 4 channels",
        "{} must have shape (1, 3, 224, 224), got (1, 3, 256, 256)",
        "{} size mismatch: expected 512, got 257",
        "{} dtype mismatch: expected float32, got float64",
        "{} shape [1, 1, 256, 256] does not match [1, 1, 512, 512]",
    ],
)
@pytest.mark.parametrize(
    "noun", ["mask", "image embeddings", "ground truth", "hidden states", "prompt_embeds", "image service: mask"]
)
def test_values_that_belong_to_other_data_have_no_cause(owner, noun):
    assert cause_ids(f"ValueError: {owner.format(noun)}") == []


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("The size of tensor a (730) must match the size of tensor b (577) at non-singleton dimension 1", "certain"),
        ("The size of tensor a (256) must match the size of tensor b (1024) at non-singleton dimension 1", "likely"),
        ("The size of tensor a (1025) must match the size of tensor b (1024) at non-singleton dimension 1", None),
        ("expected (1, 77, 768), got (1, 64, 768)", "likely"),
        ("expected (3, 77, 768), got (3, 64, 768)", "certain"),
        ("expected (64, 64, 1), got (32, 32, 1)", "certain"),
        ("expected [null, 60, 4], got [1, 30, 4]", "likely"),
        ("expected [H, W, 3], got (480, 640)", "certain"),
    ],
)
def test_lengths_that_only_images_have_are_certain(text, certainty):
    assert next((one.certainty for one in explain_text(text)), None) == certainty


@pytest.mark.parametrize(
    ("got", "expected", "certainty"),
    [
        *((197, 577, "certain"), (50, 145, "certain"), (1370, 257, "certain"), (256, 196, "certain")),
        *((100, 50, "likely"), (400, 100, "likely"), (1025, 257, "likely"), (256, 1025, "likely")),
        *((10, 100, None), (1, 50, None), (50, 5, None), (2, 101, None), (145, 10, None), (577, 576, None)),
    ],
)
def test_numbers_of_patches_are_certain_for_sizes_of_vision_transformers_only(got, expected, certainty):
    text = f"The size of tensor a ({got}) must match the size of tensor b ({expected}) at non-singleton dimension 1"
    assert next((one.certainty for one in explain_text(text)), None) == certainty


@pytest.mark.parametrize(
    ("frame", "expected", "causes"),
    [
        ("    x = x + self.pos_embed", 197, ["wrong-size"]),
        ("    x = patches + self.positions", 50, ["wrong-size"]),
        ("    x = x + self.pos_embed", 101, []),
        ("    x = self.conv(x) + y", 50, []),
    ],
)
def test_patches_of_a_tiny_image_are_a_wrong_size_where_positions_are_added(frame, expected, causes):
    error = f"The size of tensor a (5) must match the size of tensor b ({expected}) at non-singleton dimension 1"
    assert cause_ids(f'  File "/opt/m.py", line 3, in forward\n{frame}\nRuntimeError: {error}') == causes


@pytest.mark.parametrize("frame", ["    x = x + self.lstm(x)", "    x = self.bert(x) + x", "    x = x + causal"])
def test_numbers_of_patches_in_a_layer_of_text_or_sound_have_no_cause(frame):
    error = "The size of tensor a (577) must match the size of tensor b (197) at non-singleton dimension 1"
    assert cause_ids(f'  File "/opt/m.py", line 3, in forward\n{frame}\nRuntimeError: {error}') == []


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("unexpected shape for input X for model albert_cls. Expected [-1,3,224,224], got [1,224,224,3]", "layout"),
        ("Whisperwind detector: expected shape (1, 3, 640, 640), got (1, 640, 640, 3)", "layout"),
        ("Whisperwind detector: expected float32, got uint8", "uint8"),
        ("expected input[1, 4, 224, 224] to have 3 channels, but got 4 channels instead [model=minigpt4]", "alpha"),
        ("expected 3 channels, but got 4 channels [model=minigpt4]", "alpha"),
        ("inference input data-type is 'UINT8', model expects 'TYPE_FP32' for 'albert'", "uint8"),
        ("unexpected total byte size 602112 for input 'X', expecting 150528 for model 'visualbert'", "bytes-ratio"),
        ("inference request batch-size must be <= 8 for 'bert_ocr'", "batch-maximum"),
        (
            'layer "bert_vision" is incompatible: expected shape=(None, 224, 224, 3), found shape=(None, 3, 224, 224)',
            "layout",
        ),
        (
            'layer "conv_lstm_2d" is incompatible: expected ndim=4, found ndim=3. Full shape received: (224, 224, 3)',
            "no-batch",
        ),
        ("node lstm Conv2D: expected 4 dimensions, got [224, 224, 3]", "no-batch"),
    ],
)
def test_name_of_a_model_of_text_does_not_exclude_the_cause_of_an_image(text, cause):
    assert cause_ids(text)[:1] == [cause]


@pytest.mark.parametrize(
    "text",
    [
        "GPT2Attention: expected float32, got float16",
        "RobertaModel: expected int64, got int32",
        "llama decoder: expected shape (1, 77, 768), got (1, 64, 768)",
        "KV cache of llama must have shape (1, 4, 128, 64), got (1, 8, 128, 64)",
        "lstm: expected shape (32, 100, 3), got (32, 100, 4)",
        "lstm: expected shape (None, None, 3), got (None, None, 4)",
        'layer "lstm_1" is incompatible: expected ndim=3, found ndim=4. Full shape received: (None, 10, 20, 30)',
        "conv1d: weight of size [64, 3, 7], expected input[1, 4, 100] to have 3 channels, but got 4 channels instead",
    ],
)
def test_layer_of_text_or_sound_without_an_image_shape_has_no_cause(text):
    assert cause_ids(text) == []


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        ("satellite tile must have 3 channels, got 4", ["alpha"]),
        ("tiles must have 3 channels, got 4", ["alpha"]),
        ("tile size must be (256, 256, 3), got (512, 512, 3)", []),
        ("Target shape must be (1, 3, 224, 224) but the array has shape (1, 224, 224, 3)", ["layout"]),
        ("got tensor shape (3, 224, 224), target must be (1, 3, 224, 224)", ["no-batch"]),
        ("target mask must have shape (1, 3, 224, 224), got (1, 224, 224, 3)", []),
        ("target must be float32, got uint8", []),
        ("target must have shape (1, 512, 4), got (1, 256, 4)", []),
    ],
)
def test_tiles_are_images_and_targets_are_unless_two_image_shapes_are_compared(text, causes):
    assert cause_ids(text) == causes


@pytest.mark.parametrize(
    "frame",
    [
        "    return self.loss(logits, labels)",
        "    attn = attn + causal_mask",
        "    tokens[k, : len(t)] = t",
        "    x = F.relu(self.conv1(x, edge_index))",
    ],
)
@pytest.mark.parametrize("order", ["{frame}\n{error}", "{error}\n{frame}"])
def test_code_that_failed_on_other_data_excludes_a_cause_of_values(frame, order):
    frame = f'  File "/opt/m.py", line 3, in forward\n{frame}'
    assert cause_ids(order.format(frame=frame, error="TypeError: expected dtype int64, got float32")) == []


def test_message_does_not_compare_numbers_of_its_code():
    code = '  File "/opt/m.py", line 3, in forward\n    x = x.permute(0, 3, 1, 2)\n'
    assert cause_ids(f"{code}RuntimeError: shape mismatch, expected [1, 3, 8, 8]") == []


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("not loading model: CUDA out of memory", "memory"),
        ("Not processing image: cannot identify image file <_io.BytesIO object at 0x7f>", "not-an-image"),
        ("not continuing with the next one: image file is truncated (5 bytes not processed)", "damaged-file"),
    ],
)
def test_work_that_is_not_done_has_the_cause_after_it(text, cause):
    assert cause_ids(text) == [cause]


@pytest.mark.parametrize(
    "axes",
    ["(n, c, rows, cols)", "(batch, x, y, channels)", "(samples, channels, rows, columns)", "(B, C, H, W)"],
)
def test_names_of_image_axes_keep_the_cause_of_a_rank(axes):
    assert cause_ids(f"ValueError: input image must be 4D {axes}, got 3D") == ["no-batch"]


@pytest.mark.parametrize(
    ("got", "expected", "causes"),
    [
        ("(3, 3, 1, 64)", "(3, 3, 3, 64)", ["gray"]),
        ("(7, 7, 4, 64)", "(7, 7, 3, 64)", ["alpha"]),
        ("(3, 32, 128)", "(3, 64, 128)", []),
        ("(32, 128)", "(47, 128)", []),
    ],
)
def test_kernel_of_a_flax_layer_has_the_channels_of_the_image(got, expected, causes):
    text = (
        f'Initializer expected to generate shape {expected} but got shape {got} instead for parameter "kernel" in "/L"'
    )
    assert cause_ids(text) == causes
    assert not [line for one in explain_text(text) for line in one.tool if line.startswith("In the spec")]


def test_kernels_of_a_deep_layer_have_no_cause():
    assert cause_ids("expected shape (3, 3, 192, 256), got (3, 3, 128, 256)") == []


def test_numbers_for_a_string_input_have_the_advice_to_send_bytes():
    (one,) = explain_text("Expects arg[0] to be string but float is provided")
    assert one.cause == "bytes-tensor"
    assert "float32" in one.title
    assert "b64" in one.code


@pytest.mark.parametrize(
    "text",
    [
        "pixel value must be a string in CSS",
        "remote: error: File x.bin is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
    ],
)
def test_limits_of_other_tools_have_no_cause_in_a_request(text):
    assert cause_ids(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "HTTPException: only application/json is allowed, but received image/jpeg",
        "Unsupported Media Type: image/jpeg. Only application/json is allowed",
    ],
)
def test_refused_type_is_explained_with_the_types_that_are_allowed(text):
    (one,) = explain_text(text)
    assert one.title == "The server does not accept the content type image/jpeg."
    assert one.reason.startswith("It accepts application/json.")


def test_shape_of_one_row_has_no_missing_batch_dimension():
    assert cause_ids("RuntimeError: Expected NCHW input, got images: [1, 3]") == []


def test_image_inside_the_name_of_an_endpoint_is_ignored():
    assert cause_ids("could not find variant b-2 for endpoint image-classifier") == ["endpoint-missing"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("CUDA out of memory; falling back to the CPU failed too", "memory"),
        ("access denied; fallback to the mirror is disabled", "credentials"),
    ],
)
def test_failed_fallback_has_the_cause_of_the_first_failure(text, cause):
    assert cause_ids(text) == [cause]


def test_message_of_another_line_does_not_exclude_a_cause():
    assert cause_ids(f"falling back to the CPU\n{ERROR}\nredis is ready") == ["float64"]
    assert cause_ids(f"{ERROR}\nIgnore above error if you have no GPU") == []


CHANNELS = (
    "RuntimeError: Given groups=1, weight of size [32, 3, 3, 3], expected input[1, 4, 224, 224] to have 3 channels, "
    "but got 4 channels instead"
)
FRAME = 'Traceback (most recent call last):\n  File "/opt/labels/inference.py", line 3, in predict_fn\n    {}\n{}'


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        FRAME.format("labels = model(images)", "{}"),
        FRAME.format("x = x.reshape(settings.SHAPE)", "{}"),
        "predict failed\n  labels = model(images)\n  x.reshape(settings.SHAPE)\n  {}",
        '{{"labels": null, "message": "{}", "code": "pred_label = model(x)"}}',
        '{{"code": "pred_label = model(x)", "message": "{}"}}',
        "{} See https://github.com/pytorch/vision",
        "{}. See https://github.com/pytorch/vision",
        "{} (model loaded from checkpoint.onnx)",
        "model loaded from checkpoint.onnx: {}",
        "{} in /models/checkpoints/best",
        "{}. The labels were loaded.",
        "{}; the labels were loaded",
        "Loaded the tokenizer. {}",
        "Skipping the warm-up. {}",
        "{}. Ignoring",
        "{} Ignoring",
    ],
)
@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (ERROR, "float64"),
        (CHANNELS, "alpha"),
        ("ValueError: shape '[1, 3, 224, 224]' is invalid for input of size 200704", "alpha"),
        ("TypeError: image must be PIL.Image.Image or numpy.ndarray, got 'str'", "no-picture-array"),
        ("PIL.UnidentifiedImageError: cannot identify image file <_io.BytesIO object at 0x7f>", "not-an-image"),
        ("error: (-215:Assertion failed) !_src.empty() in function 'cvtColor'", "no-picture-decoded"),
    ],
)
def test_words_near_a_certain_error_do_not_exclude_its_cause(text, cause, around):
    assert cause_ids(around.format(text))[:1] == [cause]
    assert cause_ids(json.dumps({"error": around.format(text)}))[:1] == [cause]


def test_code_of_a_traceback_does_not_exclude_a_likely_cause():
    assert cause_ids(FRAME.format("labels = model(images)", "ValueError: image must have 3 channels")) == ["channels"]


@pytest.mark.parametrize("text", ["No module named x, using the slower implementation", "AssertionError: 413 != 200"])
@pytest.mark.parametrize("around", ["{}", '{{"message": "{}"}}', "{} See https://github.com/pytorch/vision"])
def test_failure_of_something_else_has_no_cause_near_other_text(text, around):
    assert cause_ids(around.format(text)) == []


@pytest.mark.parametrize(
    ("line", "causes"),
    [
        ("2026-11-29 16:00:00,001 ERROR model not found", ["endpoint-missing"]),
        ("2026-11-29 16:00:00,001 WARNING model not found", []),
        ("2026-11-29 16:00:00,001 INFO MODEL_LOG - error: model not found", ["endpoint-missing"]),
        (f"2026-11-29 16:00:00,001 WARNING {ERROR}", ["float64"]),
    ],
)
def test_words_alone_in_a_line_below_errors_have_no_cause(line, causes):
    assert cause_ids(line) == cause_ids(f"ready\n{line}\nready") == causes


def test_configuration_that_does_not_fit_the_model_is_a_start_up_error():
    text = "unable to load model 'x', configuration expects 3 inputs, model provides 2"
    assert cause_ids(text) == ["start-up"]


def test_size_that_exceeds_a_maximum_is_too_large():
    text = "ValidationException: content length 1181116006 exceeds the maximum allowed size of 1073741824 bytes"
    assert cause_ids(text) == ["too-large"]


def test_second_cause_of_a_known_message_is_likely():
    first, second = explain_text("inference request batch-size must be <= 8 for 'echo'")
    assert (first.certainty, second.certainty) == ("certain", "likely")


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        (ERROR, "certain"),
        ("ValueError: input must be (1, 3, 224, 224), got (1, 3, 256, 256)", "certain"),
        ("error: upload exceeds the limit of 5 MB", "certain"),
        ("CUDA out of memory", "certain"),
        ("Expecting value: line 1 column 1 (char 0)", "likely"),
        ("ValueError: image must have 3 channels", "likely"),
        ("ValueError: the image does not exist", "likely"),
        ("UploadError: picture not provided", "likely"),
        ("the provided shape (3 \u00d7 8 \u00d7 8) is not compatible with the model's feature description", "certain"),
    ],
)
def test_known_messages_and_compared_values_are_certain_and_words_likely(text, certainty):
    assert explain_text(text)[0].certainty == certainty


def raised_messages(*packages):
    """The messages of exceptions in the source of packages of the standard library."""
    for package in packages:
        for path in sorted(Path(importlib.util.find_spec(package).origin).parent.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                    name, message = ast.unparse(node.exc.func), node.exc.args[0]
                    if isinstance(message, ast.Constant) and isinstance(message.value, str):
                        yield f"{name}: {message.value}"


@pytest.mark.slow
def test_messages_of_the_standard_library_rarely_have_a_cause_in_a_request():
    messages = {
        *raised_messages("asyncio", "email", "http", "logging", "multiprocessing", "importlib", "xml", "ctypes")
    }
    found = [one for message in messages for one in explain_text(message)[:1] if one.kind == "request"]
    print(f"{len(found)} of {len(messages)}: {[(one.cause, one.certainty, one.evidence) for one in found]}")
    assert len(messages) > 200
    assert len(found) <= 0.03 * len(messages)


def test_complete_ordinary_log_has_no_cause():
    assert explain_text("\n".join(case.values[0] for case in sample_texts("ordinary.json")[:28])) == ()


# The wrapping


INNER = "Unsupported Media Type: image/png"
BOTO = """\
botocore.errorfactory.ModelError: An error occurred (ModelError) when calling the InvokeEndpoint operation: \
Received client error (415) from primary with message "{
    "error": "INNER"
}". See https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#x in account 413413413413"""
PREFIX = "2026-11-22 16:00:00,001 [INFO ] W-9000-m_1.0-stdout org.pytorch.serve.wlm.WorkerLifeCycle -"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"error": "{INNER}"}}',
        json.dumps({"code": 415, "type": "X", "message": json.dumps({"error": INNER})}),
        json.dumps(json.dumps(json.dumps({"error": INNER}))),
        BOTO.replace("INNER", INNER),
        repr({"OriginalStatusCode": 415, "OriginalMessage": f'{{"error": "{INNER}"}}'}),
        json.dumps({"detail": INNER}),
        f"\x1b[31m{INNER}\x1b[0m\x07",
        f"{PREFIX} Unsupported\n{PREFIX} Media Type: image/png",
        f"│ {INNER[:17]}   │\n│ {INNER[17:]}         │",
        f"&lt;p&gt;{INNER}&lt;/p&gt;",
    ],
    ids=range(10),
)
def test_wrapped_error_is_explained(text):
    (one,) = explain_text(text)
    assert one.cause == "no-image-handler"
    assert "image/png" in one.title
    assert one.evidence.isprintable()


def test_log_lists_each_cause_once_with_its_line():
    log = ["ordinary"] * 500
    log[100] = "OSError: image file is truncated (43 bytes not processed)"
    log[200] = "RuntimeError: expected scalar type Double but found Float"
    log[300] = log[100]
    log[400] = "Bad HTTP status received from algorithm: 500"
    assert [(one.cause, one.line) for one in explain_text("\n".join(log))] == [("damaged-file", 101), ("float64", 201)]


def test_wrapper_alone_is_explained():
    (one,) = explain_text('Received server error (500) from primary with message "odd". See https://x')
    assert (one.kind, one.cause) == ("wrapper", "container-error")
    assert "500" in one.title
    assert "odd" in one.reason


def test_explanation_contains_values_of_the_error():
    (one,) = explain_text("unexpected shape for input 'x' for model 'm'. Expected [-1,3,640,640], got [1,3,384,640]")
    assert "[-1, 3, 640, 640]" in one.title
    assert "[1, 3, 384, 640]" in one.title
    (one,) = explain_text(
        "Input type (torch.cuda.ByteTensor) and weight type (torch.cuda.FloatTensor) should be the same"
    )
    assert one.title == "Dtype: got uint8, expected float32."


@pytest.mark.parametrize(
    ("want", "got", "expected"),
    [
        ("(None, 224, 224, 3)", "(224, 224, 3)", ["no-batch"]),
        ("(None, 224, 224, 3)", "(1, 224, 224)", ["gray"]),
        ("[1,3,224,224]", "[224,224,3]", ["no-batch", "layout"]),
        ("[1,3,224,224]", "[1,224,224,3]", ["layout"]),
        ("[1,3,224,224]", "[1,480,640,3]", ["layout", "wrong-size"]),
        ("[1,3,224,224]", "[1,1,224,224]", ["gray"]),
        ("[1,1,28,28]", "[1,3,28,28]", ["color-for-gray"]),
        ("[N, 3, 480, 640]", "[1, 3, 640, 480]", ["sides-swapped"]),
        ("[-1,3,224,224]", "[8,3,224,224]", []),
        ("[1,3,224,224]", "[8,3,224,224]", ["batch-size"]),
        ("1x3x224x224", "1x3x256x256", ["wrong-size"]),
        ("[1,3,224,224]", "[1,1,3,224,224]", ["batch-twice"]),
        ("[1, 128]", "[1, 64]", []),
        ("[1, 2048]", "[1, 3, 224, 224]", ["features-wanted"]),
    ],
)
def test_two_shapes_identify_the_causes(want, got, expected):
    assert cause_ids(f"ValueError: expected input shape {want} but got {got}") == expected


def test_commands_quote_names_of_the_error():
    (one,) = explain_text('{"error": "Unsupported Media Type: application/json; charset=$(id)"}')
    assert "sm-imgcheck validate BODY --content-type 'application/json; charset=$(id)' -s SPEC" in one.tool
    (one,) = explain_text("unexpected shape for input 'x' for model 'm'. Expected [-1,3,640,-1], got [1,640,640,3]")
    assert one.tool[-1] == "In the spec: shape: [N, 3, 640, W]"


# The data and the bounds


def test_causes_and_patterns_are_consistent():
    codes = set(all_rules())
    used = {pattern.get("cause") for pattern in patterns()} | {one for p in patterns() for one in p.get("also", ())}
    used |= {entry["cause"] for entry in (*phrases(), *grammar()["rules"])}
    compared = (
        "layout gray alpha color-for-gray channels batch-size wrong-size sides-swapped no-batch batch-twice "
        "features-wanted float64 uint8 float-for-integer other-dtype bytes-tensor text-for-numbers bytes-ratio "
        "bytes-count encoded-bytes matrix-size other-shape dynamic-shape mean-length"
    )
    assert used - {None} | set(compared.split()) == set(causes())
    for name, cause in causes().items():
        assert set(cause["checks"]) <= codes, name
        assert not re.search(r"(?<!\{)\{\w", cause["title"][-1]), f"{name}: the last title needs no values"
        assert cause["reason"]
        assert cause["code"]
        assert cause["checks"] or cause["kind"] != "request" or name in NOT_CHECKED, name
        assert cause["kind"] != "elsewhere" or not cause["checks"] + cause["tool"], name
    ids = [pattern["id"] for pattern in patterns()]
    assert len(set(ids)) == len(ids)


NOT_CHECKED = {
    "no-processor-config",
    "body-type",
    "handler-missing",
    "no-array",
    "cli-body",
    "negative-stride",
    "not-a-tensor",
    "no-channel-mean",
}
"""Mistakes in code: a check has no file or body to inspect."""


@pytest.mark.sample(8)
@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern["id"])
def test_patterns_are_bounded_and_reachable(pattern):
    bare = re.sub(r"\\.|\[[^]]*\]", "x", pattern["regex"])
    assert not re.search(r"[*+](?!\?)", bare.replace("(?:", "(")), "use {0,N}: time has to be bounded"
    assert all(near == near.lower() == " ".join(near.split()) for near in map(str.strip, pattern["near"]))
    assert all("\\" not in near and "&" not in near for near in pattern["near"]), (
        "escapes are gone before it is looked for"
    )


def test_suggested_commands_exist():
    known = set(known_commands())
    for name, cause in causes().items():
        commands = [line.split() for line in cause["tool"] if line.startswith("sm-imgcheck")]
        assert commands or cause["kind"] == "elsewhere", name
        assert {words[1] for words in commands} <= known, name


def test_suggested_options_exist(capsys):
    lines = {line for cause in causes().values() for line in cause["tool"] if line.startswith("sm-imgcheck")}
    for command in {line.split()[1] for line in lines} - {"spec"}:
        assert main([command, "--help"]) == 0
        known = capsys.readouterr().out
        given = {
            word for line in lines if line.split()[1] == command for word in line.split() if word[:1] == "-" != word
        }
        assert all(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", known) for word in given), (command, given)


def test_page_fits_a_terminal_and_is_complete():
    text = 'Received client error (415) from primary with message "Unsupported Media Type: image/jpeg"'
    (one,) = explain_text(text)
    lines = page(one).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == one.title
    for part in ("line 1: Unsupported Media Type", "Why: ", "In the code: ", "With this tool:", "PAY101"):
        assert part in page(one)


@pytest.mark.sample(8)
@pytest.mark.parametrize("cause", causes())
def test_explanation_lines_fit_80_columns_except_commands(cause):
    text = next((one["example"] for one in patterns() if one.get("cause") == cause), "")
    for one in explain_text(text):
        long = [line for line in page(one).splitlines() if len(line) > 80 and "sm-imgcheck" not in line]
        assert not long


HOSTILE = {
    "brackets": "[",
    "expected got": "expected [1,3,224,224 got (1, ",
    "hints": " ".join(near for pattern in patterns() for near in pattern["near"]),
    "backslashes": "\\",
    "lines": "x\n",
    "spaces": " ",
    "examples": "\n".join(pattern["example"] for pattern in patterns()),
    "digits": "shape 1,2,3, ",
    "quotes": 'from primary with message "',
    "dates": "2026-11-22 16:00:00 ",
}


@pytest.mark.sample(4)
@pytest.mark.parametrize("length", [LIMIT // 1024, pytest.param(LIMIT, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", HOSTILE)
def test_adversarial_texts_have_few_causes(name, length):
    text = HOSTILE[name] * (length // len(HOSTILE[name]) + 1)
    assert len(explain_text(text)) <= 8


@pytest.mark.sample(8)
@pytest.mark.parametrize("phrase", phrases(), ids=lambda phrase: phrase["cause"])
def test_subject_and_state_identify_the_cause(phrase):
    subject = phrase["subject"][0] if phrase["subject"] else "it"
    for state in phrase["state"]:
        assert state == state.lower().strip()
        assert phrase["cause"] in phrase_causes(f"the {subject} {state}"), state


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("UploadError: picture not provided", "empty-body"),
        ("ModelLoadError: yolo", "start-up"),
        ("the reply exceeds 2 MB, error", "response-too-large"),
        ("error: security token has expired", "credentials"),
        ("error: service limit reached", "throttling"),
        ("NoSuchBucket error", "storage"),
        ("error: GET is not allowed. Method not allowed", "route"),
        ("cuBLAS error: CUBLAS_STATUS_ALLOC", "gpu"),
        ("Error: op FooBar is not registered", "start-up"),
        ("name 'resize' is not defined: NameError", "handler-code"),
        ("error: proxy response malformed", "response-form"),
        ("Server error: HTTP status 504", "timeout"),
        ("Error: first things first. checkpoint failed to load. Bye", "start-up"),
    ],
)
def test_words_of_a_thing_and_its_failure_name_the_cause(text, cause):
    assert [found for found, *_ in find_by_grammar(text)] == [cause]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the picture was provided",
        "error: parcel not provided",
        "error: the image is here" + " and there" * 9 + " nothing is corrupt",
    ],
)
def test_sentences_without_a_thing_and_its_failure_have_no_cause(text):
    assert [*find_by_grammar(text)] == []


@pytest.mark.parametrize(
    ("text", "certainty", "start"),
    [
        ("error: proxy response malformed", "likely", "Probably: "),
        ("cannot identify image file <_io.BytesIO object at 0x7f>", "certain", ""),
    ],
)
def test_cause_by_words_alone_is_likely(text, certainty, start):
    cause = explain_text(text)[0]
    assert cause.certainty == certainty
    assert cause.heading == f"{start}{cause.title}"
    assert page(cause).startswith(cause.heading[:60])


def test_words_inside_a_container_error_replace_the_generic_message():
    message = 'Received server error (500) from primary with message "{}". See https://x'
    assert cause_ids(message.format("local variable 'pred' referenced before assignment")) == ["handler-code"]
    assert cause_ids(message.format("Internal Server Error")) == ["container-error"]


@pytest.mark.sample(8)
@pytest.mark.parametrize("rule", grammar()["rules"], ids=lambda rule: f"{rule['cause']} {rule['thing'][0]}")
def test_stems_of_a_rule_are_bounded_and_have_known_names(rule):
    stems = [stem for key in ("thing", "failure", "without") for stem in rule.get(key, [])]
    stems += [stem for several in grammar()["stems"].values() for stem in several]
    assert {name for stem in stems for name in re.findall(r"\{([a-z-]+)\}", stem)} <= set(grammar()["stems"])
    assert not [stem for stem in stems if re.search(r"[.)](?:[*+]|\{\d+,\})", stem)], (
        "use {0,N}: time has to be bounded"
    )


@pytest.mark.parametrize("name", word_lists())
def test_words_around_a_match_are_bounded(name):
    assert not [words for words in word_lists()[name] if re.search(r"[.)](?:[*+]|\{\d+,\})", words)]


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        (
            "The size of tensor a (125) must match the size of tensor b (128) at non-singleton dimension 2",
            ["wrong-size"],
        ),
        (
            "The size of tensor a (16) must match the size of tensor b (10) at non-singleton dimension 1",
            [],
        ),
        ("invalid batch size - Expected: 1; Actual: 2", ["batch-size"]),
        ("ValueError: batch of 8 exceeds the maximum: batch size 8, max batch size 4", ["batch-maximum"]),
        ("ValueError: input must be (64, 64, 3) or (N, 64, 64, 3), got (1, 80, 80, 3)", ["wrong-size"]),
        ("error: set dimension [1,3,9000,9000], range [1,3,32,32]..[1,3,1280,1280]", ["wrong-size"]),
        ("error: set dimension [9,3,64,64], range [1,3,32,32]..[4,3,1280,1280]", ["batch-maximum"]),
        ("ValueError: unsupported number of dimensions: 4", ["batch-twice"]),
        ("ValueError: image must be 2D, got 3D", ["color-for-gray"]),
        ("ValueError: expected RGB, got (480, 640, 4)", ["alpha"]),
        ("ValueError: expected uint8 or float32, got float64", ["float64"]),
        ("ValueError: expected uint8, got float64", ["float-for-integer"]),
        ("ValueError: source slice length (847356) does not match destination slice length (317760)", ["bytes-count"]),
        ("ValueError: Expected image (H, W, 1|3|4), got shape (480, 640)", ["gray"]),
        ("model input (shape={1,32,32,32}) and blob (shape=(1.32.32.3)) are incompatible", ["channels"]),
        ("could not broadcast input array from shape (921600,) into shape (1228800,)", ["wrong-size"]),
        ("ValueError: image has no valid width 227, instead is 1280", ["wrong-size"]),
        ("expected to generate shape (3, 3, 3, 64) but got shape (3, 3, 1, 64) instead", ["channels"]),
        ("ValueError: expected (height, width, 3), got (480, 640, 4)", ["alpha"]),
        ("ValueError: rank mismatch of the input: expected 4 dims (batch + 3), got 3", ["no-batch"]),
        ("ValueError: unexpected image ndim=4", ["batch-twice"]),
    ],
)
def test_values_of_a_sentence_are_compared_by_their_roles(text, causes):
    assert cause_ids(text)[:1] == causes


def test_rank_comparison_names_an_existing_cause():
    assert cause_ids("expected a 2-dimensional input, got 4 dimensions in image")[0] in causes()


def test_state_without_its_subject_has_no_cause():
    assert not phrase_causes("the parcel is truncated")
    assert not phrase_causes("the image is here. the parcel is truncated")


@pytest.mark.parametrize(
    "text", ["", "\0", "\ud800", "İ" * 99 + "Unsupported Media Type: image/png", "{got}", "%s {0}"]
)
def test_unusual_texts_are_accepted(text):
    assert [one.cause for one in explain_text(text)] == (["no-image-handler"] if "Media" in text else [])


def test_braces_in_error_text_are_not_formatted():
    (one,) = explain_text("Object: does not have named input: {want}")[:1] or (None,)
    assert one is None or "{want}" in one.title or "{" not in one.title


def test_long_text_is_read_at_its_end(monkeypatch):
    limit = 50_000
    monkeypatch.setattr(normalize, "LIMIT", limit)
    text = "RuntimeError: expected scalar type Double but found Float\n" + "x" * 99 + "\n"
    text += ("y" * 99 + "\n") * (limit // 100) + "Unsupported Media Type: image/png"
    (one,) = explain_text(text)
    assert (one.cause, one.line) == ("no-image-handler", text.count("\n") + 1)


@pytest.mark.parametrize(
    ("name", "subject"), [("'cat.jpg'", "'cat.jpg'"), ("<_io.BytesIO object at 0x7f>", "The bytes")]
)
def test_file_name_of_an_invalid_image_is_reported(name, subject):
    assert explain_text(f"cannot identify image file {name}")[0].title.startswith(f"{subject} ")


@pytest.mark.parametrize("end", ['"', '". See https://example.com/log for more information.'])
def test_container_message_with_quotes_is_complete(end):
    message = '{"code": 500, "message": "Worker gone"}'
    (found,) = explain_text(f'Received server error (500) from primary with message "{message}{end}')
    assert message in found.reason
