"""Commands and options of other tools: each works, or the error names the replacement."""

import numpy as np
import pytest
from sample_images import jpeg

from sm_imgcheck import cli

SPEC = ("-s", "pillow-rgb-01")


@pytest.fixture
def run_cli(tmp_path, monkeypatch, capsys):
    """Run a command line in a folder with an image and a tensor: the exit code and both streams."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.jpg").write_bytes(jpeg())
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "y.jpg").write_bytes(jpeg())
    np.save("x.npy", np.zeros((1, 224, 224, 3), np.float32))

    def run(*arguments):
        code = cli.main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


COMMANDS = {
    "check": "use sm-imgcheck validate PATH",
    "lint": "sm-imgcheck spec lint SPEC",
    "fix": "use sm-imgcheck convert PATH",
    "verify": "use sm-imgcheck validate PATH",
    "scan": "use sm-imgcheck validate PATH",
    "test": "use sm-imgcheck spec test",
    "golden": "use sm-imgcheck spec test",
    "init": "use sm-imgcheck spec init",
    "new": "use sm-imgcheck spec init",
    "doctor": "use sm-imgcheck --version -v",
    "env": "use sm-imgcheck --version -v",
    "version": "use sm-imgcheck --version -v",
    "help": "use sm-imgcheck --help",
    "list": "use sm-imgcheck spec list",
    "presets": "use sm-imgcheck spec list",
    "show": "use sm-imgcheck spec show",
    "schema": "use sm-imgcheck spec schema",
    "predict": "use sm-imgcheck send",
    "invoke": "use sm-imgcheck send",
    "run": "use sm-imgcheck handler FILE PATH",
    "resize": "use sm-imgcheck convert",
    "preprocess": "use sm-imgcheck convert",
    "body": "use sm-imgcheck payload",
    "detect": "use sm-imgcheck identify",
    "rule": "use sm-imgcheck explain CODE, or sm-imgcheck rules",
    "why": "use sm-imgcheck explain",
    "generate": "use sm-imgcheck code",
    "join": "use sm-imgcheck merge",
    "completion": "--show-completion",
    "audit": "use sm-imgcheck validate PATH",
    "inspect": "use sm-imgcheck validate PATH",
    "analyze": "use sm-imgcheck validate PATH",
    "report": "use sm-imgcheck validate PATH",
    "stats": "validate PATH... -s SPEC --statistics",
    "build": "use sm-imgcheck payload",
    "server": "use sm-imgcheck handler FILE",
    "diff": "use sm-imgcheck spec diff",
    "describe": "use sm-imgcheck spec show",
    "config": "[tool.sm-imgcheck] in pyproject.toml",
    "cache": "--resume of convert",
    "upgrade": "pip install --upgrade",
    "login": "AWS_PROFILE",
    "photos": "sm-imgcheck validate photos -s SPEC",
    "vaildate": "did you mean validate?",
    "covnert": "did you mean convert?",
    "plna": "did you mean plan?",
    "zzz": "sm-imgcheck --help lists all",
}
OPTIONS = {
    "--json": "use --format json",
    "--output-format": "use --format json",
    "--recursive": "folders are searched recursively",
    "-r": "folders are searched recursively",
    "--list-presets": "use sm-imgcheck spec list",
    "--spec-file": "use -s SPEC",
    "--config": "use -s SPEC",
    "--preset": "use -s SPEC",
    "--fix": "use sm-imgcheck convert",
    "--write": "use sm-imgcheck convert",
    "--dry-run": "use sm-imgcheck plan",
    "--diff": "use sm-imgcheck plan",
    "--strict": "use --fail-on warning",
    "--exit-zero": "use --fail-on never",
    "--skip": "use --ignore CODES",
    "--only": "use --select CODES",
    "--extend-select": "use --select CODES",
    "--workers": "use -j JOBS",
    "--num-workers": "use -j JOBS",
    "--overwrite": "use --force",
    "--silent": "use -q",
    "--verbose": "use --format json for all details",
    "--image": "use --source IMAGE",
    "--layout": "use --assume layout=NCHW",
    "--bgr": "use --assume channel_order=BGR",
    "--color": "FORCE_COLOR",
    "--stdin": "use - as PATH",
    "--files-from": "use @LIST.txt as PATH",
    "--handler": "use sm-imgcheck handler FILE PATH",
    "--golden": "use sm-imgcheck spec test",
    "--shape": "use sm-imgcheck spec init",
    "--profile": "AWS_PROFILE",
    "--max-warnings": "use --fail-on warning",
    "--maxfail": "every candidate is checked",
    "-x": "every candidate is checked",
    "-k": "use --select CODES",
    "-v": "use --format json for all details",
    "--junitxml": "use --output-file junit:FILE",
    "--html": "use --output-file html:FILE",
    "--sarif": "use --output-file sarif:FILE",
    "--durations": "use --statistics",
    "--collect-only": "use sm-imgcheck plan",
    "-o": "use --output-file FORMAT:FILE",
    "--no-cache": "results are not cached",
    "--isolated": "[tool.sm-imgcheck] in pyproject.toml",
    "--per-file-ignores": "[tool.sm-imgcheck] in pyproject.toml",
    "--extend-exclude": "use --exclude GLOB",
    "--ignore-vuln": "use --ignore CODES",
    "--schemafile": "use -s SPEC",
    "--query": "use --format json",
    "--no-cli-pager": "use -q",
    "--no-sign-request": "sm-imgcheck explain stores",
    "--log-level": "use --format json for all details",
    "--stack": "payload.stack of the spec",
    "--body": "use PATH",
    "--fial-on": "did you mean --fail-on?",
    "--hepl": "did you mean --help?",
    "--zzz": "sm-imgcheck validate --help lists all",
}


@pytest.mark.parametrize("word", COMMANDS)
def test_unknown_command_suggests_the_right_command(run_cli, word):
    code, out, err = run_cli(word, "x.jpg")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: unknown command: {word}; ")
    assert COMMANDS[word] in err


@pytest.mark.parametrize("word", OPTIONS)
def test_unknown_option_suggests_the_right_option(run_cli, word):
    code, out, err = run_cli("validate", "x.jpg", word)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: unknown option: {word}; ")
    assert OPTIONS[word] in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("validate", "x.jpg", "pillow-rgb-01"), "pass it as -s pillow-rgb-01"),
        (("payload", "x.jpg", "pillow-rgb-01", "-o", "out"), "pass it as -s pillow-rgb-01"),
        (("validate", "x.jpg", "model.yaml"), "pass it as -s model.yaml"),
        (("validate", "x.jpg"), "no spec: ./sm-imgcheck.yaml does not exist; pass a spec or a preset with -s"),
        (
            ("validate", "x.jpg", "-s", "resnet50"),
            "presets that mention it: detr-resnet-50, keras-caffe, timm-imagenet-235, torchvision-imagenet,",
        ),
        (("validate", "x.jpg", "-s", "imagenet"), "torchvision-imagenet, torchvision-imagenet-232"),
        (("validate", "x.jpg", "-s", "pilow-rgb-01"), "did you mean pillow-rgb-01?"),
        (("validate", "x.jpg", *SPEC, "--select", "DTY901"), "unknown rule code: 'DTY901'"),
        (("validate", "x.jpg", *SPEC, "--format", "jsn"), "did you mean json?"),
        (("payload", "x.jpg", *SPEC, "--as", "instance"), "did you mean instances?"),
        (("code", *SPEC, "--for", "pytorh"), "did you mean pytorch?"),
        (("spec", "lst"), "Did you mean 'list'?"),
        (("explain", "DTY901"), "DTY101"),
        (("validate", "x.jpg", *SPEC, "--format", "yaml"), "text; use json"),
        (("validate", "x.jpg", *SPEC, "--format", "xml"), "text; use junit"),
        (("validate", "x.jpg", *SPEC, "--format", "github-actions"), "text; use github"),
        (("validate", "x.jpg", *SPEC, "--fail-on", "errors"), "; use error"),
        (("validate", "x.jpg", *SPEC, "--fail-on", "none"), "; use never"),
        (("validate", "x.jpg", *SPEC, "--fail-on", "warnig"), "; did you mean warning?"),
        (("spec", "validate", "s.yaml"), "; use sm-imgcheck spec lint SPEC"),
        (("spec", "infer", "x.npy"), "; use sm-imgcheck spec init"),
        (("rules", "DTY101"), "; use sm-imgcheck explain DTY101"),
        (("identify", "x.npy", "x.jpg"), "; use --source x.jpg"),
        (("code", "pillow-rgb-01"), "; use -s pillow-rgb-01"),
        (("--format", "json", "validate", "x.jpg"), "options follow the command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_value_suggests_the_nearest(run_cli, arguments, words):
    code, _, err = run_cli(*arguments)
    assert code == 2
    assert words in " ".join(err.split())


@pytest.mark.parametrize("words", ["wrong-dtype", "DTY101", "dty", "ALL", "Wrong-DType,SHP"])
def test_rules_are_selected_by_code_name_or_all(run_cli, words):
    assert "DTY101" in run_cli("validate", "x.jpg", *SPEC, "--select", words)[1]


def test_shape_with_x_separators_is_accepted(run_cli):
    assert "shape: [1, 3, 224, 224]" in run_cli("spec", "init", "--shape", "1x3x224x224", "--layout", "NCHW")[1]


def test_output_name_with_dot_is_a_folder_for_folder_input(run_cli, tmp_path):
    assert run_cli("convert", "photos", *SPEC, "--output", "out/run.v2")[0] == 0
    assert (tmp_path / "out" / "run.v2" / "y.npy").is_file()
    assert run_cli("convert", "x.jpg", *SPEC, "-o", "out/v1.2")[0] == 0
    assert (tmp_path / "out" / "v1.2" / "x.npy").is_file()


def test_environment_variables_enable_and_disable_colors(run_cli, monkeypatch):
    assert "\x1b[" not in run_cli("validate", "x.jpg", *SPEC, "--format", "table")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run_cli("validate", "x.jpg", *SPEC, "--format", "table")[1]
    assert "\x1b[" not in run_cli("validate", "x.jpg", *SPEC, "--format", "table", "--no-color")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run_cli("validate", "x.jpg", *SPEC, "--format", "table")[1]


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        ("val", {"validate"}),
        ("validate --sel", {"--select"}),
        ("validate --select DTY", {"DTY101", "DTY102"}),
        ("convert -s pillow-b", {"pillow-bgr-01"}),
        ("payload --as instances", {"instances", "instances-b64"}),
        ("code --for py", {"pytorch"}),
        ("spec te", {"test"}),
    ],
)
def test_shells_complete_commands_options_and_values(run_cli, monkeypatch, words, candidates):
    monkeypatch.setenv("_SM_IMGCHECK_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"sm-imgcheck {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
    assert candidates <= set(run_cli()[1].split())


@pytest.mark.parametrize("number", ["x", ""])
def test_completion_with_an_invalid_word_number_exits_with_2(run_cli, monkeypatch, number):
    monkeypatch.setenv("_SM_IMGCHECK_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "sm-imgcheck val")
    monkeypatch.setenv("COMP_CWORD", number)
    code, _, err = run_cli()
    assert (code, "expected a line and the number of a word" in err) == (2, True)


def test_verbose_version_lists_pixel_libraries(run_cli):
    code, out, _ = run_cli("--version", "-v")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [
        "sm-imgcheck",
        "python",
        "platform",
        "libjpeg-turbo",
        "numpy",
        "opencv",
        "pillow",
        "simplejpeg",
    ]
