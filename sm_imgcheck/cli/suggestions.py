"""What to run instead of a command or an option that does not exist: words of other tools, then the nearest word."""

from __future__ import annotations

from collections.abc import Iterable

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.suggestions import nearest

__all__ = ["unknown_command", "unknown_option"]

_VALIDATE = "sm-imgcheck validate PATH... -s SPEC"
_CONVERT = "sm-imgcheck convert PATH... -s SPEC -o OUT"
_HANDLER = "sm-imgcheck handler FILE PATH... -s SPEC"
_SPEC = "-s SPEC (--spec)"
_LIST = "sm-imgcheck spec list"
_TEST = "sm-imgcheck spec test -s SPEC"
_JOBS = "-j JOBS (--jobs)"
_OUTPUT = "-o OUT (--output)"
_VERSIONS = "sm-imgcheck --version -v"

_COMMANDS = {
    _VALIDATE: "check verify scan inspect-request validate-request",
    f"{_VALIDATE}, or sm-imgcheck spec lint SPEC": "lint",
    _CONVERT: "fix transform preprocess resize apply export-tensor write process batch",
    "sm-imgcheck payload PATH... -s SPEC -o OUT": "body request build encode serialize make-payload",
    "sm-imgcheck send PATH... -s SPEC --url URL": "predict invoke invoke-endpoint post call",
    _HANDLER: "run run-handler inference serve exec",
    _TEST: "golden test selftest",
    "sm-imgcheck identify TENSOR --source IMAGE": "detect guess which info recognize reverse",
    "sm-imgcheck plan PATH -s SPEC": "steps dry-run show-plan preview",
    "sm-imgcheck code -s SPEC": "codegen generate export gen template",
    "sm-imgcheck explain TEXT": "why error diagnose what doc docs man troubleshoot",
    "sm-imgcheck rules": "rule codes checks list-rules",
    "sm-imgcheck spec init": "init new create config",
    _LIST: "list ls presets list-presets specs",
    "sm-imgcheck spec show SPEC": "show cat print",
    "sm-imgcheck spec schema": "schema json-schema",
    "sm-imgcheck merge MANIFEST...": "join combine concat",
    _VERSIONS: "doctor env version versions debug",
    "sm-imgcheck --help": "help",
    "sm-imgcheck --show-completion": "completion completions",
}
_OPTIONS = {
    "--format json": "--json --output-format --report --reporter --output-json",
    "--format jsonl": "--jsonl --ndjson --stream",
    _SPEC: "--spec-file --config --config-file --preset --model --contract -c -p --schema",
    _OUTPUT: "--out-dir --output-dir --outdir --out-file --output-file --dest --destination --save -d",
    _JOBS: "--workers --num-workers --threads --processes --parallel --concurrency -n -w",
    "--force": "--overwrite --yes -y -f --replace",
    "-q (--quiet)": "--silent --no-output --errors-only",
    "--fail-on warning": "--strict --error-on-warning --warnings-as-errors --Werror",
    "--fail-on never": "--exit-zero --warn-only --no-fail --ignore-errors",
    "--ignore CODES": "--skip --disable --exclude-rule --extend-ignore --suppress",
    "--select CODES": "--only --rule --rules --enable --include --extend-select --check",
    "--resume": "--continue --restart --incremental",
    "--source IMAGE": "--image --original --reference --input-image --source-image",
    "--assume channel_order=BGR": "--bgr --rgb --channel-order --order --color-order",
    "--assume value_range=LOW,HIGH": "--value-range --range --scale",
    "--assume layout=NCHW": "--layout --nchw --nhwc",
    "--url URL": "--host --server --uri --base-url",
    "--endpoint NAME": "--endpoint-name",
    "--timeout SECONDS": "--max-time --connect-timeout",
    "--batch-size N": "--batch",
    "--no-color, or the environment variable FORCE_COLOR": "--color --colour --no-colour --ansi",
    "- as PATH": "--stdin --from-stdin",
    "@LIST.txt as PATH": "--files-from --list --from-file --file-list",
    _LIST: "--list-presets --presets --list-specs",
    "sm-imgcheck rules": "--list-rules --list-checks --show-rules",
    "sm-imgcheck explain CODE": "--explain --help-rule",
    _CONVERT: "--fix --fix-all --write --autofix --convert",
    "sm-imgcheck plan PATH -s SPEC": "--dry-run --diff --show-fixes --plan",
    _HANDLER: "--handler --script --entry-point --inference",
    _TEST: "--golden --golden-tensors",
    "sm-imgcheck spec init --shape N,224,224,3 --dtype float32": "--shape --dtype --input-shape --mean --std --size",
    _VERSIONS: "--verbose --debug --versions -V",
    "the environment variables AWS_PROFILE and AWS_REGION": "--profile --region",
}


def unknown_command(word: str, commands: Iterable[str]) -> str:
    """The message for a command that does not exist."""
    hint = _hint(_COMMANDS, word.lower().replace("_", "-")) or nearest(word, commands)
    return f"unknown command: {for_terminal(word)}{hint or '; sm-imgcheck --help lists all'}"


def unknown_option(word: str, command: str, options: Iterable[str]) -> str:
    """The message for an option that a command does not have."""
    hint = _hint(_OPTIONS, word if len(word) == 2 else word.replace("_", "-")) or nearest(word, options)
    return f"unknown option: {for_terminal(word)}{hint or f'; {command} --help lists all'}"


def _hint(table: dict[str, str], word: str) -> str:
    if word in {"--recursive", "--recurse", "-r", "-R"}:
        return "; folders are searched recursively without it"
    return next((f"; use {instead}" for instead, words in table.items() if word in words.split()), "")
