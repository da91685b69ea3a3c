#!/bin/sh
# usage: test.sh BIN JOBS [pytest's own arguments]: the linters beside the tests; both must be well.
#
# On a crowded machine a test may meet a stall of seconds that the hub rightly answers with "not now". So the few that
# failed among others are run once more, alone, and told by name: whoever fails alone too has failed. Nothing else is
# excused: not many failures, no interrupted run, no error of pytest's, no process that died, no test that was left out.
set -u
unset PYTHONDONTWRITEBYTECODE || true
bin=$1
jobs=$2
shift 2
most=8
folder=$(sh .ci/folder.sh)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder"

failed() {
    "$bin/python" -c 'import json; print(*json.load(open(".pytest_cache/v/cache/lastfailed")), sep="\n")'
}

every_test() {
    ended=0
    "$bin/python" -m pytest --cache-clear --forks "$jobs" "$@" || ended=$?
    [ "$ended" = 1 ] || return "$ended"  # 1: tests failed, and nothing worse happened
    failed >"$folder/failed"
    [ "$(wc -l <"$folder/failed")" -le "$most" ] || return 1
    printf '\nThese failed beside others, and are run once more, alone:\n'
    cat "$folder/failed"
    "$bin/python" -m pytest --last-failed --last-failed-no-failures none "$@" || return
    printf '\nThese failed beside others and passed alone:\n'
    cat "$folder/failed"
}

make lint >"$folder/lint" 2>&1 &
linting=$!
code=0
every_test "$@" || code=$?
linted=0
wait "$linting" || linted=$?
cat "$folder/lint"
[ "$code" = 0 ] || exit "$code"
exit "$linted"
