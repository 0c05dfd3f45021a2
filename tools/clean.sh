#!/usr/bin/env bash
# End every sandbox of this machine with all its hosts and data, and remove what was built here.
set -euo pipefail
cd "$(dirname "$0")/.."
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -E "$@"; fi; }
if [ -x .venv/bin/python ]; then
  for folder in "${HIVEMIND_SANDBOX_DIR:-/var/lib/hivemind-sandbox}"/*/; do
    [ -d "$folder" ] || continue
    as_root .venv/bin/hivemind sandbox reset --yes --index "$(basename "$folder")"
  done
fi
# What a build that was killed may have left: its disk is a mounted file.
state=${HIVEMIND_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/hivemind}
for mount in "$state"/builds/*/mount; do
  if mountpoint -q "$mount" 2>/dev/null; then as_root umount "$mount"; fi
done
# Byte code in it may be root's.
as_root rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
