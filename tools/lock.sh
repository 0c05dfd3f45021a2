#!/usr/bin/env bash
# Resolve pyproject.toml into requirements/: versions and hashes, no index address.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv
compile() {
  "$uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url --no-emit-find-links "$@"
}
compile --all-extras --group dev pyproject.toml -o requirements/dev.txt
compile --all-extras pyproject.toml -o requirements/runtime.txt
echo uv | compile - -o requirements/uv.txt
if grep -nE '(https?|file)://' requirements/*.txt; then
  echo "requirements/ names an address" >&2
  exit 1
fi
