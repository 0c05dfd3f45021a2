# Unpacks an artifact and makes its tree ready for the application's user.
# Arguments: archive, release's folder, user, state folder, then `folder:NAME` and `file:NAME` for
# what outlives releases, `copy:NAME` for what the next one gets a copy of. By a rename at its end a release is there whole, or not at all.
archive=$1 release=$2 user=$3 state=$4
shift 4
umask 022
part="$release.part"
rm -rf "$part"
mkdir "$part"
# Archives hold no times; files get that of now (--touch), because byte code caches and browsers
# take an equal time and size for an unchanged file.
tar --extract --gzip --touch --no-same-owner --file "$archive" --directory "$part"
# What is kept is the user's: it is made as the user, who may have put links there.
as_user() {
  runuser -u "$user" -- "$@"
}
# A file of ours is the first content; a newer one of ours takes its place until it is written to.
seed() {
  digest=$(sha256sum <"$1")
  if [ -e "$2" ] && [ "$(as_user cat "$2" | sha256sum)" != "$(as_user cat "$2.seed" 2>/dev/null)" ]; then
    return
  fi
  as_user cp --no-preserve=mode,ownership "$1" "$2.new"
  as_user mv "$2.new" "$2"
  echo "$digest" | as_user tee "$2.seed" >/dev/null
}
for kept in "$@"; do
  name="${kept#*:}"
  case "$kept" in
    folder:*)
      mkdir -p "$part/$name"
      as_user mkdir -p "$state/app/$name"
      as_user cp -rn --no-preserve=mode,ownership "$part/$name/." "$state/app/$name/"
      ;;
    file:*)
      mkdir -p "$(dirname "$part/$name")"
      as_user mkdir -p "$(dirname "$state/files/$name")"
      if [ -f "$part/$name" ]; then
        seed "$part/$name" "$state/files/$name"
      fi
      rm -f "$part/$name"
      ln -s "$state/files/$name" "$part/$name"
      ;;
    copy:*)
      before="$(dirname "$release")/../current/$name"
      if [ ! -e "$part/$name" ] && [ -f "$before" ] && [ ! -L "$before" ]; then
        mkdir -p "$(dirname "$part/$name")"
        as_user cat "$before" >"$part/$name"
        chown "$user:" "$part/$name"
        chmod 640 "$part/$name"
      fi
      ;;
  esac
done
# The application may add files anywhere, but change or remove none of ours.
find "$part" -path "$part/.hivemind" -prune -o -type d -exec chgrp "$user" {} + -exec chmod 1775 {} +
mkdir -p "$part/.hivemind/processes"
rm -rf "$release"
mv -T "$part" "$release"
