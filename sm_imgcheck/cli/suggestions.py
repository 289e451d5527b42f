"""What to run instead of a command or an option that does not exist: words of other tools, then the nearest word."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from sm_imgcheck.core.escape import argument, for_terminal
from sm_imgcheck.core.suggestions import nearest

__all__ = ["extra_argument", "unknown_command", "unknown_option", "unknown_spec_command", "value_hint"]

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
    _VALIDATE: "check verify scan inspect-request validate-request audit inspect analyze examine report",
    f"{_VALIDATE} --statistics": "stats statistics summary summarize profile",
    f"{_VALIDATE}, or sm-imgcheck spec lint SPEC": "lint",
    _CONVERT: "fix transform preprocess resize apply export-tensor write process batch tensor normalize",
    "sm-imgcheck payload PATH... -s SPEC -o OUT": "body request build encode serialize make-payload bundle",
    "sm-imgcheck send PATH... -s SPEC --url URL": "predict invoke invoke-endpoint post call",
    _HANDLER: "run run-handler inference serve exec server start",
    _TEST: "golden test selftest",
    "sm-imgcheck identify TENSOR --source IMAGE": "detect guess which info recognize reverse",
    "sm-imgcheck plan PATH -s SPEC": "steps dry-run show-plan preview",
    "sm-imgcheck code -s SPEC": "codegen generate export gen template",
    "sm-imgcheck explain TEXT": "why error diagnose what doc docs man troubleshoot",
    "sm-imgcheck explain CODE, or sm-imgcheck rules": "rule",
    "sm-imgcheck rules": "codes checks list-rules",
    "sm-imgcheck spec init": "init new create",
    _LIST: "list ls presets list-presets specs",
    "sm-imgcheck spec show SPEC": "show cat print describe get view",
    "sm-imgcheck spec diff SPEC SPEC": "diff",
    "sm-imgcheck spec import PATH -o spec.yaml": "import from infer-spec",
    "[tool.sm-imgcheck] in pyproject.toml (sm-imgcheck explain adoption)": "config configure settings",
    "sm-imgcheck discover --model MODEL PHOTOS -o spec.yaml": "search autodetect",
    "--resume of convert; nothing else is cached": "cache clean",
    "pip install --upgrade": "upgrade update self install",
    "the credentials of boto3 (AWS_PROFILE); nothing else needs an account": "login configure-aws auth",
    "sm-imgcheck spec schema": "schema json-schema",
    "sm-imgcheck merge MANIFEST...": "join combine concat",
    _VERSIONS: "doctor env version versions debug",
    "sm-imgcheck --help": "help",
    "sm-imgcheck --show-completion": "completion completions",
}
_OPTIONS = {
    "--format json": "--json --output-format --report --reporter --output-json --query",
    "--output-file junit:FILE": "--junitxml --junit-xml --junit",
    "--output-file html:FILE": "--html --html-report",
    "--output-file sarif:FILE": "--sarif --sarif-file",
    "--statistics": "--durations --stats --summary --count --show-statistics",
    "--exclude GLOB": "--extend-exclude --force-exclude --ignore-path --ignore-glob --exclude-dir",
    "[tool.sm-imgcheck] in pyproject.toml (sm-imgcheck explain adoption)": "--per-file-ignores --isolated --no-config",
    "--baseline FILE": "--known --allowlist --ignore-file",
    "--format jsonl": "--jsonl --ndjson --stream",
    _SPEC: "--spec-file --config --config-file --preset --model --contract -c -p --schema --schemafile "
    "--builtin-schema --target -S",
    _OUTPUT: "--out-dir --output-dir --outdir --out-file --output-file --dest --destination --save -d --in-place",
    _JOBS: "--workers --num-workers --threads --processes --parallel --concurrency -n -w",
    "--force": "--overwrite --yes -y -f --replace",
    "-q (--quiet)": "--silent --no-output --errors-only",
    "--fail-on warning": "--max-warnings --strict --error-on-warning --warnings-as-errors --Werror",
    "--fail-on never": "--exit-zero --warn-only --no-fail --ignore-errors",
    "--ignore CODES": "--skip --disable --exclude-rule --extend-ignore --suppress --ignore-vuln --deselect",
    "--select CODES": "--only --rule --rules --enable --include --extend-select --check -k",
    "--resume": "--continue --restart --incremental",
    "--source IMAGE": "--image --original --reference --input-image --source-image",
    "--assume channel_order=BGR": "--bgr --rgb --channel-order --order --color-order",
    "--assume value_range=LOW,HIGH": "--value-range --range --scale",
    "--assume layout=NCHW": "--layout --nchw --nhwc",
    "--url URL": "--host --server --uri --base-url --endpoint-url",
    "--endpoint NAME": "--endpoint-name",
    "--timeout SECONDS": "--max-time --connect-timeout --time-limit",
    "--batch-size N": "--batch",
    "--no-color, or the environment variable FORCE_COLOR": "--color --colour --no-colour --ansi",
    "- as PATH": "--stdin --from-stdin",
    "@LIST.txt as PATH": "--files-from --from-file --file-list --cli-input-json",
    _LIST: "--list-presets --presets --list-specs",
    "sm-imgcheck explain CODE, or sm-imgcheck rules": "rule",
    "sm-imgcheck rules": "--list --all --list-rules --list-checks --show-rules",
    "sm-imgcheck explain CODE": "--explain --help-rule",
    _CONVERT: "--fix --fix-all --write --autofix --convert",
    "sm-imgcheck plan PATH -s SPEC": "--dry-run --diff --show-fixes --plan --collect-only",
    _HANDLER: "--handler --script --entry-point --inference",
    _TEST: "--golden --golden-tensors",
    "sm-imgcheck spec init --shape N,224,224,3 --dtype float32": "--shape --dtype --input-shape --mean --std --size",
    "--format json for all details": "--verbose --debug -v --log-level --loglevel --show-source --tb",
    _VERSIONS: "--versions -V",
    "-q, or redirect standard error": "--no-progress --progress-bar --progress --no-cli-pager --no-pager",
    "the environment variable SM_IMGCHECK_TRACEBACK=1": "--traceback --full-trace --pdb",
    "the environment variables AWS_PROFILE and AWS_REGION": "--profile --region",
    "the options of fsspec (sm-imgcheck explain stores)": "--no-sign-request --anon --storage-options",
    "payload.stack of the spec": "--stack",
    "PATH for the file that is sent": "--body --data --data-binary --file",
}


_NOTES = {
    "folders are searched recursively without it": "--recursive --recurse -r -R",
    "every candidate is checked; -q prints those that failed": "-x --maxfail --exitfirst --fail-fast",
    "results are not cached; convert --resume continues a run": "--no-cache --cache-dir --cache",
}
_SPEC_COMMANDS = {
    "sm-imgcheck spec lint SPEC": "validate check verify",
    "sm-imgcheck spec init": "new create make generate from-tensor infer",
    "sm-imgcheck spec list": "ls presets all",
    "sm-imgcheck spec show SPEC": "print cat export view describe get resolve dump",
    "sm-imgcheck spec diff SPEC SPEC": "compare",
    "sm-imgcheck spec import PATH -o spec.yaml": "from from-model from-config convert load read",
    "sm-imgcheck spec test -s SPEC": "golden run",
    "sm-imgcheck spec schema": "json-schema jsonschema",
}
_EXTRA_ARGUMENTS = {
    "sm-imgcheck rules": "sm-imgcheck explain {}",
    "sm-imgcheck identify": "--source {}",
    "sm-imgcheck code": "-s {}",
    "sm-imgcheck spec list": "sm-imgcheck spec show {}",
}
_VALUES = {
    "json": "yaml yml",
    "junit": "xml xunit junitxml junit-xml",
    "github": "github-actions annotations gha actions",
    "gitlab": "codeclimate code-quality codequality",
    "sarif": "code-scanning",
    "csv": "tsv excel spreadsheet",
    "html": "web page",
    "text": "plain pretty full concise human default console",
    "table": "rich",
    "never": "none no off false",
    "error": "errors high",
    "warning": "warnings all any low",
}


def unknown_command(word: str, commands: Iterable[str]) -> str:
    """The message for a command that does not exist."""
    hint = _hint(_COMMANDS, word.lower().replace("_", "-")) or nearest(word, commands)
    if not hint and (os.path.exists(word) or "." in word):  # noqa: PTH110
        hint = f"; check files with sm-imgcheck validate {argument(word)} -s SPEC"
    return f"unknown command: {for_terminal(word)}{hint or '; sm-imgcheck --help lists all'}"


def unknown_spec_command(word: str) -> str:
    """The hint for a command of ``spec`` that does not exist, such as ``; use sm-imgcheck spec lint SPEC``."""
    return _hint(_SPEC_COMMANDS, word.lower().replace("_", "-"))


def extra_argument(command: str, word: str) -> str:
    """The hint for an argument that a command does not have."""
    instead = _EXTRA_ARGUMENTS.get(command, "")
    return f"; use {instead.format(argument(word))}" if instead else ""


def value_hint(word: str, choices: Sequence[str]) -> str:
    """The hint for a value that an option does not have: what other tools call it, else the nearest."""
    synonyms = {instead: words for instead, words in _VALUES.items() if instead in choices}
    return _hint(synonyms, word.lower().replace("_", "-")) or nearest(word, choices)


def unknown_option(word: str, command: str, options: Iterable[str]) -> str:
    """The message for an option that a command does not have."""
    hint = _hint(_OPTIONS, word if len(word) == 2 else word.replace("_", "-")) or nearest(word, options)
    if word in {"-o", "--output"}:
        hint = "; use --output-file FORMAT:FILE for the report, or convert -o OUT for tensors"
    if command == "sm-imgcheck":
        hint = "; options follow the command, such as sm-imgcheck validate PATH... -s SPEC"
    return f"unknown option: {for_terminal(word)}{hint or f'; {command} --help lists all'}"


def _hint(table: dict[str, str], word: str) -> str:
    note = next((note for note, words in _NOTES.items() if word in words.split()), "")
    return (
        f"; {note}"
        if note
        else next((f"; use {instead}" for instead, words in table.items() if word in words.split()), "")
    )
