#!/usr/bin/env bash
# Renews action/checksums.txt from a release's SHA256SUMS: renew-checksums.sh VERSION FILE.
set -euo pipefail

list="$(dirname "${BASH_SOURCE[0]}")/checksums.txt"
[ "$#" = 2 ] || { echo "usage: $0 VERSION SHA256SUMS" >&2; exit 2; }
printf '%s\n' "$1" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+' || { echo "$1 is no version" >&2; exit 2; }
lines="$(grep -E '^[0-9a-f]{64}  terramend-[a-z0-9_-]+\.tar\.gz$' "$2")" || { echo "$2 holds no checksums" >&2; exit 2; }
{
  sed -n '/^# version /q;/^#/p' "$list"
  printf '# version %s\n%s\n' "$1" "$lines"
} >"$list.new"
mv "$list.new" "$list"
