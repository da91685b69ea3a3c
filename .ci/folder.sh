#!/bin/sh
# usage: folder.sh: makes a folder for the files of a test run and prints it; in memory where 4 GB are free there.
set -eu
place=/tmp
if [ "$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print ($4 > 4000000) }')" = 1 ] && [ -w /dev/shm ]; then
    place=/dev/shm
fi
folder=$(mktemp -d "$place/hub-test.XXXXXX")
# Servers run as other accounts pass through it.
chmod 711 "$folder"
echo "$folder"
