#!/bin/sh
# usage: install.sh VENV LOCKFILE: makes the virtual environment and installs what the lock file names, then the project.
set -eu
venv=$1
lock=$2
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
unset PIP_USER PYTHONHOME || true

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

recent_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if recent_enough "$name"; then
            echo "$name"
            return
        fi
    done
    found=$(python3 --version 2>&1) || found='no Python'
    fail "The hub needs Python 3.11 or later; found: $found. Install one (Debian 12, Ubuntu 24.04: apt install python3" \
        "python3-venv), or name yours: make run PYTHON=/path/to/python3.12"
}

make_environment() {
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || fail \
        "This Python cannot make a virtual environment: the venv module is missing. Run: apt install python3-venv"
    echo "1/3  Virtual environment in $venv ($("$python" --version))"
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "The virtual environment could not be made. On Debian, run: apt install python3-venv"
}

# Shows pip's work as one line that counts up (one line per ten packages where nobody watches); keeps its words in a log.
show_progress() {
    total=$1
    count=0
    : >"$log"
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        case $line in
        "finished "*) status=${line#finished } ;;
        "Collecting "*)
            count=$((count + 1))
            name=${line#Collecting }
            name=${name%%[=; ]*}
            if [ -t 1 ]; then
                printf '\r\033[K2/3  Packages: %s of %s  %s' "$count" "$total" "$name"
            elif [ $((count % 10)) -eq 0 ]; then
                echo "2/3  Packages: $count of $total"
            fi
            ;;
        "Installing collected"*)
            if [ -t 1 ]; then printf '\r\033[K'; fi
            printf '2/3  Packages: all here; putting them in place ...\n'
            ;;
        esac
    done
    return "$status"
}

# uv puts the packages of a lock that names it in place in a twentieth of pip's time. It is told what pip was told of where
# they are; what else pip may know of (its files, a proxy of its own) is no reason to fail: then pip does it.
install_quickly() {
    grep -q '^uv==' "$lock" || return 1
    awk '/^[^ ]/ { ours = /^uv==/ } ours' "$lock" >"$venv/uv.lock"
    "$venv/bin/python" -m pip install --quiet --require-hashes --requirement "$venv/uv.lock" >"$log" 2>&1 || return 1
    [ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"
    [ -z "${PIP_FIND_LINKS:-}" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-$(echo "$PIP_FIND_LINKS" | tr ' ' ',')}"
    [ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"
    [ -z "${PIP_NO_INDEX:-}" ] || export UV_NO_INDEX=1
    UV_HTTP_RETRIES=1 "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes \
        --requirement "$lock" >>"$log" 2>&1
}

install_locked() {
    log=$venv/install.log
    status=1
    echo "2/3  Packages from $lock (once; a minute or two)"
    install_quickly && return
    {
        code=0
        "$venv/bin/python" -m pip install --progress-bar off --require-hashes --requirement "$lock" 2>&1 || code=$?
        echo "finished $code"
    } | show_progress "$(grep -c '^[A-Za-z0-9].*==' "$lock")" || {
        tail -n 15 "$log" >&2
        fail "The packages could not be installed (all of pip's words: $log). Mend what it names and run make again."
    }
}

install_project() {
    echo "3/3  Interaction Hub"
    "$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable . >>"$venv/install.log" 2>&1 || {
        tail -n 15 "$venv/install.log" >&2
        fail "The hub itself could not be installed (all of pip's words: $venv/install.log)."
    }
}

recent_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_environment
install_locked
install_project
