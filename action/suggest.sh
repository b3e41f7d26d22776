# shellcheck shell=bash
# Mode suggest: a review of the pull request that the workflow runs for, with suggestions on lines that it changes.

# Talks to GitHub's API: api METHOD PATH ACCEPT OUT [BODY]. Prints the status. The token stands in no argument.
api() {
  local options=(--silent --show-error --location --retry 2 --request "$1" --header @- --output "$4" --write-out '%{http_code}')
  [ -z "${5:-}" ] || options+=(--data-binary "@$5")
  printf 'Authorization: Bearer %s\nAccept: %s\nX-GitHub-Api-Version: 2022-11-28\nUser-Agent: terramend\n' \
    "$GITHUB_TOKEN" "$3" | curl "${options[@]}" "${GITHUB_API_URL:-https://api.github.com}/$2" || printf 000
}

# Comments of earlier runs, all pages, so that nothing is said twice: posted OUT.
posted() {
  local page=1 size
  : >"$1"
  while [ "$page" -le 30 ]; do
    [ "$(api GET "$pull/comments?per_page=100&page=$page" application/vnd.github+json "$work/page.json")" = 200 ] || return 1
    cat "$work/page.json" >>"$1"
    size="$(grep -o '"pull_request_review_id"' "$work/page.json" | wc -l)"
    [ "$size" -ge 100 ] || return 0
    page=$((page + 1))
  done
}

suggest() {
  [ -n "${TERRAMEND_PULL:-}" ] || fail "mode suggest is for workflows on pull_request"
  [ -n "${GITHUB_TOKEN:-}" ] || fail "mode suggest needs a token that may read pull requests"
  local head
  head="$(git rev-parse HEAD)" || fail "there is no git work tree: use actions/checkout before"
  [ "$head" = "$TERRAMEND_PULL_HEAD" ] || fail "the work tree is $head, not the head of the pull request: check out \
with ref: \${{ github.event.pull_request.head.sha }}"
  pull="repos/$GITHUB_REPOSITORY/pulls/$TERRAMEND_PULL"
  analyse scan --fail-on never
  local changes=(--diff "$work/pull.diff")
  if [ "$(api GET "$pull" application/vnd.github.diff "$work/pull.diff")" != 200 ]; then
    # GitHub gives no diff of very large pull requests.
    changes=(--base "$TERRAMEND_PULL_BASE")
  fi
  posted "$work/posted.json" || : >"$work/posted.json"
  local arguments=(--grade "${TERRAMEND_GRADE:-safe}" "${changes[@]}" --posted "$work/posted.json")
  "$terramend" suggest --format json ${common[@]+"${common[@]}"} "${arguments[@]}" -- "$path" >"$work/review.json" ||
    [ "$?" = "$INCOMPLETE" ] || fail "terramend suggest failed: the log says why"
  local comments code
  comments="$(grep -c '^      "path":' "$work/review.json" || true)"
  output fixed "$comments"
  refuse_incomplete
  if [ "$comments" = 0 ]; then
    echo "nothing new to suggest"
    return
  fi
  code="$(api POST "$pull/reviews" application/vnd.github+json "$work/answer.json" "$work/review.json")"
  case "$code" in
    200 | 201) echo "suggested $comments" ;;
    401 | 403 | 404)
      # The token of a run for a fork only reads.
      echo "the token may not review (HTTP $code): the suggestions are annotations instead"
      "$terramend" suggest --format github ${common[@]+"${common[@]}"} "${arguments[@]}" -- "$path"
      ;;
    *)
      head -c 2000 "$work/answer.json"
      fail "GitHub refused the review (HTTP $code)"
      ;;
  esac
}
