#!/usr/bin/env bash
# End every sandbox of this machine with all its hosts and data, and remove what was built here.
set -euo pipefail
cd "$(dirname "$0")/.."
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
if [ -x .venv/bin/python ]; then
  for folder in "${HIVEMIND_SANDBOX_DIR:-/var/lib/hivemind-sandbox}"/*/; do
    [ -d "$folder" ] || continue
    as_root .venv/bin/hivemind sandbox reset --yes --index "$(basename "$folder")"
  done
fi
rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
