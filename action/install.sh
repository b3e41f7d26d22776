# shellcheck shell=bash
# Puts terramend on the runner: a binary that is given, else the release that this commit of the action is tagged with, held
# against the checksum that it brings, else a build of this action's own source. The path goes into `terramend`.

# The release's name for this runner.
target() {
  case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
    Linux-X64) printf x86_64-unknown-linux-musl ;;
    Linux-ARM64) printf aarch64-unknown-linux-musl ;;
    macOS-X64) printf x86_64-apple-darwin ;;
    macOS-ARM64) printf aarch64-apple-darwin ;;
    # Windows on ARM runs programs for x64.
    Windows-X64 | Windows-ARM64) printf x86_64-pc-windows-msvc ;;
  esac
}

# The SHA-256 of a file, in hex.
sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1" | cut -d ' ' -f 1
  else
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  fi
}

# Downloads the release of version $1 for target $2 and unpacks it to $3. Nothing is unpacked that has another checksum.
download() {
  local archive="terramend-$2.tar.gz" expected actual
  expected="$(sed -n "s/^\([0-9a-f]\{64\}\)  $archive\$/\1/p" "$here/checksums.txt")"
  [ -n "$expected" ] || return 1
  curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --output "$work/$archive" \
    "${GITHUB_SERVER_URL:-https://github.com}/$TERRAMEND_REPOSITORY/releases/download/v$1/$archive" || return 1
  actual="$(sha256 "$work/$archive")"
  [ "$actual" = "$expected" ] || fail "$archive of release $1 has the checksum $actual, not $expected"
  mkdir -p "$3"
  # By stdin: tar takes what stands before a colon for another machine, and paths of Windows have one.
  (cd "$3" && tar -xzf -) <"$work/$archive"
}

# The version whose checksums are here; nothing where they are of another version than the source, as between releases.
released() {
  local version
  version="$(sed -n 's/^# version //p' "$here/checksums.txt")"
  ! grep -qx "version = \"$version\"" "$here/../Cargo.toml" || printf '%s' "$version"
}

notice() {
  printf '::notice title=terramend::%s\n' "$1"
}

install() {
  if [ -n "${TERRAMEND_BINARY:-}" ]; then
    terramend="$TERRAMEND_BINARY"
    "$terramend" --version || fail "the input binary can't be run"
    return
  fi
  local version target kept suffix=""
  version="$(released)"
  target="$(target)"
  [ "${RUNNER_OS:-}" != Windows ] || suffix=.exe
  kept="$(portable "${RUNNER_TOOL_CACHE:-$work}")/terramend/${version:-source}/${target:-unknown}"
  terramend="$kept/terramend$suffix"
  if [ -z "$version" ]; then
    notice "this commit of the action is no release: terramend is built from its source, which takes some minutes"
  elif [ -z "$target" ] || [ -z "${TERRAMEND_REPOSITORY:-}" ]; then
    notice "release $version has no binary for ${RUNNER_OS:-this system} on ${RUNNER_ARCH:-this processor}: it is built from source"
  elif [ -x "$terramend" ] || download "$version" "$target" "$kept"; then
    "$terramend" --version
    return
  else
    printf '::warning title=terramend::release %s could not be downloaded for %s: it is built from source\n' "$version" "$target"
  fi
  command -v cargo >/dev/null ||
    fail "there is no cargo to build terramend: use the commit of a release, install Rust before, or give the input binary"
  cargo install --locked --quiet --path "$here/.." --root "$work/cargo"
  terramend="$work/cargo/bin/terramend$suffix"
  "$terramend" --version
}
