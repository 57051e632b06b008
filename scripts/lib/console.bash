# shellcheck shell=bash
# What every script says and how: progress, stages with their elapsed time, and failures with the
# next thing to do. Sourced, never run.

say() { printf '%s\n' "$*"; }

# fail MESSAGE [WHAT TO DO]...: to stderr, then exit 1.
fail() {
  printf '\n%s: FAILED: %s\n' "${0##*/}" "$1" >&2
  shift
  local line
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# elapsed: time since the script began, as m:ss.
elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# stage TITLE: names what starts now.
stage() { printf '\n==> [%s] %s\n' "$(elapsed)" "$1"; }

# need_value OPTION COUNT: fails where OPTION is the last argument although it takes a value.
need_value() {
  if (($2 < 2)); then fail "$1 needs a value" "See: ${0##*/} --help"; fi
}
