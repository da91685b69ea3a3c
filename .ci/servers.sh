#!/bin/sh
# Installs the servers that the tests talk to, where it may (root, apt); what stays missing, the tests skip and list.
set -u

has() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

missing=
has dovecot || [ -x /usr/sbin/dovecot ] || missing="$missing dovecot-imapd"
has_postgres || missing="$missing postgresql"
has chromium || has chromium-browser || has google-chrome || missing="$missing chromium"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! has apt-get; then
    echo "Not installed (needs root and apt):$missing. Their tests will be skipped; to run them: apt install$missing"
    exit 0
fi

echo "Installing the tests' servers:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# Tests start private servers of their own: the packages' system services stay off (Debian policy 9.3.3).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq >"$log" 2>&1 </dev/null
for package in $missing; do
    apt-get install -y -qq --no-install-recommends "$package" >>"$log" 2>&1 </dev/null ||
        { tail -n 3 "$log"; echo "$package could not be installed: its tests will be skipped."; }
done
rm -f "$log"
exit 0
