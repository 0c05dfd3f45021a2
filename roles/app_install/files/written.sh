# What the application wrote into a release's tree, where it would end with that release.
#   list RELEASE USER NEXT     names the files that the next release lacks
#   carry RELEASE USER NEXT    copies them into the next release, and newer ones over its own copies
#   follow RELEASE USER NEXT   copies what was written since, over what a trial made of its copies
#   keep RELEASE USER FOLDER   copies them into a folder
what=$1 release=$2 user=$3 to=$4
test -d "$release" || exit 0
cd "$release"
written() {
  find . -path ./.hivemind -prune -o -type f -user "$user" \
    ! -path '*/.cache/*' ! -path '*/cache/*' ! -path '*/tmp/*' ! -path '*/__pycache__/*' \
    ! -name '*.pyc' ! -name '*.log' ! -name '*.pid' ! -name '*.sock' "$@"
}
# What a program makes of its own code fits no other release.
carried() {
  find . \( -name '.?*' -o -name node_modules -o -name __pycache__ -o -name '*cache*' \
      -o -name tmp -o -name temp -o -name logs -o -name log -o -name build -o -name dist \
      -o -name static -o -name staticfiles -o -name templates_c \) -type d -prune \
    -o -type f -user "$user" ! -name '*.pyc' ! -name '*.log' ! -name '*.pid' ! -name '*.sock' "$@"
}
case "$what" in
  list)
    written -print | sed 's|^\./||' | sort |
      while IFS= read -r name; do test -e "$to/$name" || printf '%s\n' "$name"; done | head -n 50
    ;;
  carry | follow)
    if [ . -ef "$to" ] || [ ! -d "$to" ]; then exit 0; fi
    bytes=$(carried -printf '%s\n' | awk '{sum += $1} END {printf "%d", sum}')
    # What would fill the disk stays where it is, and is named as such in the end.
    if [ "$bytes" -gt "$(($(df --output=avail -B1 "$to" | tail -n 1) / 2))" ]; then exit 0; fi
    since=$to/.hivemind/carried
    if [ "$what" = carry ] || [ ! -e "$since" ]; then
      since=
      touch "$to/.hivemind/carried"
    fi
    # As the user, who may have put links there. What the release brings is not the user's: it stays.
    carried -print0 | xargs -0 -r runuser -u "$user" -- /bin/sh -euc '
      to=$1 since=$2
      shift 2
      for name in "$@"; do
        if [ -e "$to/$name" ] || [ -L "$to/$name" ]; then
          if [ -L "$to/$name" ] || [ ! -O "$to/$name" ] || [ ! "$name" -nt "${since:-$to/$name}" ]; then
            continue
          fi
        fi
        mkdir -p "$(dirname "$to/$name")"
        cp --preserve=mode,timestamps "$name" "$to/$name"
        printf "%s\n" "$name"
      done' carry "$to" "$since"
    ;;
  keep)
    if [ -n "$(written -print -quit)" ]; then
      runuser -u "$user" -- mkdir -p "$to"
      written -print0 | xargs -0 -r runuser -u "$user" -- cp --parents -n -t "$to"
      echo copied
    fi
    ;;
esac
