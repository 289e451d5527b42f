#!/usr/bin/env bash
# Run the quick test suite with every other supported interpreter on this machine, and as root once as an ordinary user.
#
#     tests/interpreters.sh [PYTHON]    PYTHON: the one that `make test` uses, which is left out
#
# Interpreters: python3.11 to python3.14 on the PATH, those that pyenv keeps, and the system's own.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

# Version and place of an interpreter; fails for one that does not start (a shim of pyenv) or is not supported.
identity() {
    "$1" -c '
import os, sys, venv, ensurepip
assert (3, 11) <= sys.version_info[:2] <= (3, 14)
print(sys.version.split()[0], os.path.realpath(sys.base_prefix))' 2>/dev/null
}

candidates() {
    printf '%s\n' python3.11 python3.12 python3.13 python3.14
    ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3 2>/dev/null || true
    printf '%s\n' /usr/bin/python3 /usr/bin/python3.1{1,2,3,4}
}

# A command as the user nobody, who owns neither the checkout nor the interpreters of root.
as_nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$work/home" TMPDIR="$work/tmp" "$@"
}

suite() {
    local name=$1 folder=$2 python=$3
    shift 3
    printf '\n-- %s: %s\n' "$name" "$python"
    "$@" make --directory "$folder" test PYTHON="$python" VENV="$work/venv-${name//[^a-z0-9.]/-}"
}

seen=$(identity "${1:-python3}" || true)
user=
while read -r python; do
    if ! found=$(identity "$python") || grep -qxF "$found" <<<"$seen"; then continue; fi
    seen+=$'\n'$found
    version=${found%% *}
    if [ -z "$user" ] && [ "$(id -u)" = 0 ] && as_nobody "$python" -c '' 2>/dev/null; then
        # The first one that an ordinary user can start is run by one, in a clone of its own.
        user=nobody
        mkdir "$work/home" "$work/tmp" "$work/checkout"
        git clone --quiet . "$work/checkout/project"
        if [ -d ../shared ]; then ln -s "$(realpath ../shared)" "$work/checkout/shared"; fi
        chown -R 65534:65534 "$work"
        suite "$version as nobody" "$work/checkout/project" "$python" as_nobody
    else
        suite "$version" . "$python"
    fi
    rm -rf "$work"/venv-*
done < <(candidates)
if [ "$(id -u)" = 0 ] && [ -z "$user" ]; then
    printf '\n-- not run as an ordinary user: no other interpreter can be started by one\n'
fi
printf '\n-- interpreters:\n%s\n' "$seen"
