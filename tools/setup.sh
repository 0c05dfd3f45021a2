#!/usr/bin/env bash
# Everything that a checkout needs: system packages, .venv from the lock files, and on request
# the images of hosts, databases and builders. Run again, it finds all in place and does nothing.
#   tools/setup.sh python            the Python environment alone: no root, any system
#   tools/setup.sh sandbox           that, system packages and images
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
die() { say "setup: $1"; say "  → $2"; exit 2; }

PACKAGES=(podman runc dnsmasq-base haproxy nftables iproute2 mmdebstrap uidmap openssh-client
  git ca-certificates jq slirp4netns e2fsprogs)

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "system packages have to be installed, and this user is neither root nor has sudo" \
    "run as root: apt-get install --no-install-recommends ${PACKAGES[*]}"
  fi
}

packages() {
  command -v dpkg-query >/dev/null || die "the sandbox's set-up knows Debian and Ubuntu only" \
    "install by your system's own means: ${PACKAGES[*]}; or work with a real AWS target alone: tools/setup.sh python"
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "Installing system packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
}

python_environment() {
  local python
  python=$(command -v python3) || die "no python3" "apt-get install python3 python3-venv"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$("$python" --version) is too old: 3.11 or newer is needed" "install python3.11 and put it first on PATH"
  local stamp
  stamp=".venv/.locked-$(cat requirements/*.txt pyproject.toml | sha256sum | cut -c1-16)"
  [ -e "$stamp" ] && return
  say "Making .venv from the lock files"
  if ! [ -x .venv/bin/pip ]; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || packages python3-venv
    "$python" -m venv .venv
  fi
  # A company's own authority is known to the system, not to the list that uv brings along.
  if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS=true; fi
  .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
  .venv/bin/uv pip sync -q --python .venv/bin/python --require-hashes requirements/dev.txt \
    requirements/uv.txt
  .venv/bin/uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
  # uv compiles nothing, and each command would spend half a second on it.
  (cd .venv/lib/python3*/site-packages && ../../../bin/python -m compileall -q -j 0 boto3 botocore \
    s3transfer typer rich pydantic pydantic_ai sqlalchemy dbos yaml jinja2) >/dev/null || true
  rm -f .venv/.locked-*
  : > "$stamp"
}

images() {
  local kind
  for kind in base postgres builder; do
    as_root images/build-image.sh "$kind" >/dev/null
  done
}

case "${1:-}" in
  python) python_environment ;;
  sandbox) packages "${PACKAGES[@]}"; python_environment; images ;;
  *) die "unknown part '${1:-}'" "tools/setup.sh python|sandbox" ;;
esac
