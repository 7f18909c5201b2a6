#!/usr/bin/env bash
# Ends the processes that up.sh started, and nothing else.
#   CEPH_DIR   as for up.sh
#   CEPH_WIPE  1: removes the data, too
set -uo pipefail
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
STOP_SECONDS_MAX=20

stop() { # NAME
  local p end=$((SECONDS + STOP_SECONDS_MAX))
  p=$(pid "$1") || return
  kill -TERM "$p" 2>/dev/null
  while alive "$1" && [ "$SECONDS" -lt "$end" ]; do sleep 0.05; done
  if alive "$1"; then kill -KILL "$p" 2>/dev/null; fi
  echo "Ended $1 ($p)"
}

# The gateway ends first: without its OSD it never ends on SIGTERM.
for name in rgw osd mon; do
  stop "$name"
  rm -f "$CEPH_DIR/run/$name.pid"
done
# Only a folder that is surely ours is ever removed.
if [ "${CEPH_WIPE:-0}" = 1 ] && [ -e "$CEPH_DIR/fsid" ]; then rm -rf "$CEPH_DIR"; fi
exit 0
