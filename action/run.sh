#!/usr/bin/env bash
# The action: inputs come as TERRAMEND_* variables, results go to GITHUB_OUTPUT, GITHUB_STEP_SUMMARY and the log.
# Runs under bash 3.2 (macOS) and Git Bash (Windows), and needs nothing but curl and tar.
set -euo pipefail

# A path as every program of the runner takes it: on Windows with a drive and slashes, whoever asks.
portable() {
  if command -v cygpath >/dev/null; then cygpath -m "$1"; else printf '%s\n' "$1"; fi
}

here="$(portable "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")"
# shellcheck source=action/install.sh
source "$here/install.sh"
# shellcheck source=action/suggest.sh
source "$here/suggest.sh"

# Exit codes of terramend.
readonly FINDINGS=1 INCOMPLETE=4

# Says why the step fails, as an annotation, and ends it.
fail() {
  printf '::error title=terramend::%s\n' "$1"
  exit "${2:-2}"
}

# One line of GITHUB_OUTPUT. A line break in the value would be another output.
output() {
  case "$2" in
    *$'\n'* | *$'\r'*) fail "the output $1 would hold a line break" ;;
  esac
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# A number of the summary at the end of a JSON report: count REPORT NAME.
count() {
  local found
  found="$(sed -n "s/^    \"$2\": \([0-9][0-9]*\),\{0,1\}\$/\1/p" "$1" | tail -n 1)"
  [ -n "$found" ] || fail "the report has no count of $2: this is a bug in terramend"
  printf '%s' "$found"
}

# The first value of a name in the JSON that `terramend pr` prints: field FILE NAME. Numbers and plain strings only.
field() {
  sed -n "s/^ *\"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1" | sed 's/^null$//' | head -n 1
}

# What became of each pull request, as a list in Markdown: pull_requests FILE.
pull_requests() {
  awk -F '"' '
    /^      "operation": / { operation = $4 }
    /^      "branch": / { branch = $4 }
    /^      "url": / {
      if (!n++) print "\n## Pull requests\n"
      printf "- %s: %s\n", operation, ($4 == "" ? "`" branch "`" : $4)
    }' "$1"
}

# What scan, fix, pr and suggest have in common, into `common`.
common_arguments() {
  common=()
  [ -z "${TERRAMEND_CONTROL:-}" ] || common+=("--control=$(printf '%s' "$TERRAMEND_CONTROL" | tr -d ' \n\r')")
  [ -z "${TERRAMEND_SEVERITY:-}" ] || common+=("--severity=$TERRAMEND_SEVERITY")
  [ -z "${TERRAMEND_PROFILE:-}" ] || common+=("--profile=$TERRAMEND_PROFILE")
}

# Runs scan or fix with all reports: analyse scan|fix [options]. The exit code goes into `status`.
analyse() {
  local command="$1" format=github
  shift
  [ "${TERRAMEND_ANNOTATIONS:-true}" = true ] || format=text
  status=0
  "$terramend" "$command" --format "$format" --report "json=$report" --report "sarif=$sarif" \
    --report "markdown=$work/summary.md" ${common[@]+"${common[@]}"} "$@" -- "$path" || status=$?
  case "$status" in
    0 | "$FINDINGS" | "$INCOMPLETE") ;;
    *) fail "terramend $command ended with exit code $status: the log says why" "$status" ;;
  esac
  output report "$report"
  output sarif "$sarif"
  output findings "$(count "$report" findings)"
  summary "$work/summary.md"
}

# Adds a file to the summary of the job.
summary() {
  [ "${TERRAMEND_SUMMARY:-true}" = true ] || return 0
  [ -n "${GITHUB_STEP_SUMMARY:-}" ] || return 0
  cat "$1" >>"$GITHUB_STEP_SUMMARY"
}

# Fails when part of the tree could not be analysed: what it holds is not known.
refuse_incomplete() {
  [ "$status" != "$INCOMPLETE" ] || fail "part of $path could not be analysed: see the annotations" "$INCOMPLETE"
}

check() {
  analyse scan --fail-on "${TERRAMEND_FAIL_ON:-low}"
  output fixed 0
  refuse_incomplete
  [ "$status" = 0 ] || fail "findings of severity ${TERRAMEND_FAIL_ON:-low} or above: see the annotations" "$FINDINGS"
}

fix() {
  [ -n "${GITHUB_TOKEN:-}" ] || fail "mode fix needs a token that may write contents and pull requests"
  analyse fix --grade "${TERRAMEND_GRADE:-safe}" --fail-on never
  output fixed "$(count "$report" applied)"
  local options=(--grade "${TERRAMEND_GRADE:-safe}") ended=0
  [ -z "${TERRAMEND_GROUP_BY:-}" ] || options+=("--group-by=$TERRAMEND_GROUP_BY")
  [ -z "${TERRAMEND_BASE:-}" ] || options+=("--base=$TERRAMEND_BASE")
  [ "${TERRAMEND_DRAFT:-false}" != true ] || options+=(--draft)
  "$terramend" pr --format json ${common[@]+"${common[@]}"} "${options[@]}" -- "$path" >"$work/pr.json" || ended=$?
  pull_requests "$work/pr.json" >"$work/pulls.md"
  [ ! -s "$work/pulls.md" ] || summary "$work/pulls.md"
  output pr-number "$(field "$work/pr.json" number)"
  output pr-url "$(field "$work/pr.json" url)"
  local operation
  operation="$(field "$work/pr.json" operation)"
  output pr-operation "${operation:-none}"
  case "$ended" in
    0 | "$FINDINGS" | "$INCOMPLETE") ;;
    *)
      # What became of each stands in the JSON.
      sed -n 's/^ *"reason": "\(.*\)",\{0,1\}$/terramend pr: \1/p' "$work/pr.json"
      fail "terramend pr ended with exit code $ended: the log says why" "$ended"
      ;;
  esac
  status="$ended"
  refuse_incomplete
}

main() {
  path="${TERRAMEND_PATH:-.}"
  case "$path" in
    *$'\n'* | *$'\r'*) fail "the input path holds a line break" ;;
  esac
  work="$(portable "$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/terramend.XXXXXX")")"
  report="$work/terramend.json"
  sarif="$work/terramend.sarif"
  local mode="${TERRAMEND_MODE:-check}"
  case "$mode" in
    check | fix | suggest) ;;
    *) fail "mode is check, fix or suggest" ;;
  esac
  common_arguments
  install
  "$mode"
}

main
