#!/usr/bin/env bash
# Style, types, playbooks and templates; every check runs, and any finding fails.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
failed=()
check() { echo "-- $1"; "${@:2}" || failed+=("$1"); }
check "ruff check" ruff check -q .
check "ruff format" ruff format -q --check .
check "mypy" mypy
check "yamllint" yamllint -s .
check "ansible-lint" ansible-lint --offline -q --profile production
check "cfn-lint" cfn-lint cfn/bootstrap.yml
check "no address of a package registry" bash -c '! git grep -nIE "p[y]pi\.org|p[y]thonhosted|n[p]mjs\.(org|com)|(deb|security)\.d[e]bian\.org|galaxy\.a[n]sible\.com" -- .'
if [ ${#failed[@]} -gt 0 ]; then
  printf 'lint: failed: %s\n' "${failed[*]}" >&2
  exit 1
fi
