#!/usr/bin/env bash
# Build one of HiveMind's images when it is missing, and print its reference.
#
#   images/build-image.sh base|postgres|mariadb|redis|builder
#
# base      a Debian host: systemd, sshd, user `admin`. Sandbox instances run from it.
# postgres  base and a PostgreSQL server: what the sandbox calls an RDS instance.
# mariadb   the same with MariaDB.
# redis     base and a Redis server: what the sandbox calls an ElastiCache cluster.
# builder   base and compilers: where applications are built, on the same OS and architecture
#           as the hosts that will run the result.
#
# The reference is localhost/hivemind/KIND:DIGEST; DIGEST covers all that goes into the image
# (recipe, package sources, extra certificates, architecture), so a changed recipe is a new image.
# Packages come from this machine's own apt sources. Settings, all optional:
#   HIVEMIND_EXTRA_CA_DIR  folder of *.crt to trust (default: /usr/local/share/ca-certificates)
#   HIVEMIND_PODMAN_RUNTIME  OCI runtime (default: runc where cgroups are not pure v2, else podman's)
set -euo pipefail

readonly CODENAME=bookworm
readonly RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly EXTRA_CA_DIR=${HIVEMIND_EXTRA_CA_DIR:-/usr/local/share/ca-certificates}

main() {
  local kind=${1:-}
  [[ $kind =~ ^[a-z]+$ && -f $RECIPE/packages/$kind.txt ]] ||
    fail "unknown image '${kind}'. Use: $0 $(kinds)" 64
  [[ $EUID -eq 0 ]] || fail "building an image needs root. Run: sudo $0 $kind" 77
  local program
  for program in podman mmdebstrap; do
    command -v "$program" >/dev/null ||
      fail "'$program' is not installed. Run: hivemind doctor --fix" 69
  done

  local reference
  reference=$(reference_of "$kind")
  if ! exists "$reference"; then
    # Two callers at once: the second waits here, then finds the image.
    exec 9>/run/lock/hivemind-image.lock
    flock 9
    ensure "$kind"
  fi
  echo "$reference"
}

ensure() {
  local kind=$1 reference base
  reference=$(reference_of "$kind")
  exists "$reference" && return
  say "building $reference (once; about a minute)"
  if [[ $kind == base ]]; then
    build_base "$reference"
  else
    ensure base
    base=$(reference_of base)
    build_on_base "$kind" "$base" "$reference"
  fi
}

build_base() (
  work=$(mktemp -d /var/tmp/hivemind-image.XXXXXX)
  trap 'rm -rf "$work"' EXIT
  sources >"$work/sources.list"
  apt_settings >"$work/apt.conf"
  mkdir "$work/certificates"
  certificates | xargs -r -d '\n' cp -t "$work/certificates"
  # A TMPDIR that exists only outside of the new root breaks update-ca-certificates in it.
  env -u TMPDIR mmdebstrap --quiet --mode=root --variant=minbase \
    --include="$(packages base)" \
    --aptopt="$work/apt.conf" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt=force-unsafe-io \
    --customize-hook="cp -r $RECIPE/rootfs/. \"\$1/\"" \
    --customize-hook="cp -t \"\$1/usr/local/share/ca-certificates/\" $work/certificates/*.crt 2>/dev/null || true" \
    --customize-hook="chroot \"\$1\" sh -eu < $RECIPE/customize.sh" \
    --skip=cleanup/apt \
    "$CODENAME" "$work/root.tar" "$work/sources.list" >&2 ||
    fail "mmdebstrap could not build the Debian root (see above). Check that 'apt-get update' works here"
  podman import --quiet \
    --change 'STOPSIGNAL SIGRTMIN+3' --change 'ENV container=podman' \
    --change 'ENTRYPOINT ["/usr/sbin/hivemind-first"]' \
    "$work/root.tar" "$1" >/dev/null
)

# In a chroot of the base image, with this machine's network: apt as in any Debian host.
build_on_base() (
  kind=$1 base=$2 reference=$3
  container=$(podman "${RUNTIME[@]}" create --network host "$base")
  trap 'podman umount "$container" >/dev/null 2>&1 || true; podman rm -f "$container" >/dev/null' EXIT
  root=$(podman mount "$container")
  cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  if ! output=$(env -u TMPDIR DEBIAN_FRONTEND=noninteractive chroot "$root" sh -euc "
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends -o Dpkg::Use-Pty=0 \
      -o Dpkg::Options::=--force-unsafe-io $(packages "$kind" | tr ',' ' ')
    apt-get clean" 2>&1); then
    echo "$output" >&2
    fail "apt could not install the packages of the '$kind' image (see above)"
  fi
  if [[ -f $RECIPE/customize-$kind.sh ]]; then
    chroot "$root" sh -eu <"$RECIPE/customize-$kind.sh" >&2
  fi
  rm -f "$root/usr/sbin/policy-rc.d"
  : >"$root/etc/resolv.conf"
  podman umount "$container" >/dev/null
  podman commit --quiet "$container" "$reference" >/dev/null
)

reference_of() {
  echo "localhost/hivemind/$1:$({
    dpkg --print-architecture
    sources
    apt_settings
    certificates | xargs -r -d '\n' cat
    cd "$RECIPE"
    recipe_of "$1" | LC_ALL=C sort | xargs -d '\n' sha256sum
  } | sha256sum | cut -c1-12)"
}

# The files that make an image; a change of one kind's own leaves the others as they are.
recipe_of() {
  find build-image.sh customize.sh packages/base.txt rootfs -type f
  [[ $1 == base ]] || find "packages/$1.txt" "customize-$1.sh" -type f 2>/dev/null || true
}

# One for each list of packages.
kinds() { basename -s .txt "$RECIPE"/packages/*.txt | paste -sd'|'; }

exists() { podman image exists "$1"; }

packages() { grep -v '^#' "$RECIPE/packages/$1.txt" | paste -sd,; }

certificates() { find "$EXTRA_CA_DIR" -name '*.crt' 2>/dev/null | LC_ALL=C sort; }

# This machine's Debian sources, one line each; nothing where it is not this Debian, and then
# mmdebstrap's own default is taken.
sources() {
  # shellcheck disable=SC2016  # apt fills these in
  apt-get indextargets --no-release-info --format \
    'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    awk -v c="$CODENAME" '$4 == "main" && ($3 == c || $3 == c "-updates" || $3 == c "-security")' |
    LC_ALL=C sort -u || true
}

# A proxy that apt needs here, hosts need too.
apt_settings() { apt-config dump 2>/dev/null | grep -E '^Acquire::(http|https)::Proxy' || true; }

say() { echo "hivemind image: $*" >&2; }

fail() {
  say "$1"
  exit "${2:-1}"
}

RUNTIME=()
if [[ -n ${HIVEMIND_PODMAN_RUNTIME:-} ]]; then
  RUNTIME=(--runtime "$HIVEMIND_PODMAN_RUNTIME")
elif [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]]; then
  RUNTIME=(--runtime runc)
fi

main "$@"
