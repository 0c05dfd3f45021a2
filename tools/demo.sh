#!/usr/bin/env bash
# A deployment to look at: the sandbox, and the guestbook with its database on it.
set -euo pipefail
cd "$(dirname "$0")/.."
# Hosts are containers with networks of their own, which is root's to make.
if [ "$(id -u)" != 0 ]; then exec sudo -E "$0" "$@"; fi
export HIVEMIND_TARGET=sandbox
hivemind=.venv/bin/hivemind
"$hivemind" sandbox up
"$hivemind" deploy examples/guestbook "A guestbook that keeps what visitors write" \
  --name guestbook --yes
cat >&2 <<EOT

It stays up. Look at it:   $hivemind status guestbook
Its log lines:             $hivemind logs guestbook
Take it away:              $hivemind destroy guestbook
End the sandbox:           $hivemind sandbox down      (make clean removes everything)
EOT
