#!/usr/bin/env bash
# Run one part of the tests, print how long it took, and fail when it is over its budget.
#   tools/test.sh quick      unit, property and contract tests: no root, no service
#   tools/test.sh sandbox    those on real hosts, and those that install the wheel
#   tools/test.sh release    all of these, the long ones too: before a release
set -uo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  quick) budget_s=240; spread=load; select="not sandbox and not browser and not slow" ;;
  sandbox) budget_s=2100; spread=loadscope; select="(sandbox or browser or slow) and not release" ;;
  release) budget_s=5400; spread=loadscope; select="sandbox or browser or slow" ;;
  *) echo "tools/test.sh quick|sandbox|release" >&2; exit 2 ;;
esac
shift
started=$SECONDS
.venv/bin/pytest -q -n 2 --dist "$spread" -m "$select" --durations 8 "$@"
code=$?
took=$((SECONDS - started))
echo "tests ($select): ${took} s of ${budget_s} s"
if [ "$code" = 0 ] && [ "$took" -gt "$budget_s" ]; then
  echo "tests: over the budget of ${budget_s} s" >&2
  exit 1
fi
exit "$code"
