# Names the files that the application wrote into a release, where they end with it.
# Arguments: release's folder, user, and, to keep a copy of them, the folder to copy to.
release=$1 user=$2 to=${3:-}
test -d "$release" || exit 0
cd "$release"
written() {
  find . -path ./.hivemind -prune -o -type f -user "$user" \
    ! -path '*/.cache/*' ! -path '*/cache/*' ! -path '*/tmp/*' ! -path '*/__pycache__/*' \
    ! -name '*.pyc' ! -name '*.log' ! -name '*.pid' ! -name '*.sock' "$@"
}
if [ -z "$to" ]; then
  written -print | sed 's|^\./||' | sort | head -n 50
elif [ -n "$(written -print -quit)" ]; then
  runuser -u "$user" -- mkdir -p "$to"
  written -print0 | xargs -0 -r runuser -u "$user" -- cp --parents -n -t "$to"
  echo copied
fi
