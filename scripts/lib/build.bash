# shellcheck shell=bash
# Configures and builds one preset of CMakePresets.json. Sourced after console.bash, in the
# project's folder.

# configure PRESET [CMAKE ARGUMENTS]...: says nothing unless it fails.
configure() {
  local preset="$1" log="build/$1.configure.log"
  shift
  mkdir -p build
  if ! cmake --preset "$preset" "$@" >"$log" 2>&1; then
    cat "$log" >&2
    fail "CMake could not configure build/$preset; its reason is above." \
      "After a change of compiler or packages, delete build/$preset and try again."
  fi
}

# compile PRESET [ARGUMENTS OF cmake --build]...: on a terminal with a progress line.
compile() {
  local preset="$1" quiet=(-- --quiet)
  shift
  if [[ -t 1 ]]; then quiet=(); fi
  if ! cmake --build --preset "$preset" "$@" "${quiet[@]}"; then
    fail "build/$preset does not compile; the first error is above." \
      "To repeat this alone: cmake --preset $preset && cmake --build --preset $preset"
  fi
}
