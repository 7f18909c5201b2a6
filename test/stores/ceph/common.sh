# The parts that up.sh, users.sh and down.sh share; sourced, not run.
#   CEPH_DIR  data, process ids and logs (default: ceph-data in the checkout)

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CEPH_DIR=${CEPH_DIR:-$(cd "$HERE/../../.." && pwd)/ceph-data}
mkdir -p "$CEPH_DIR"
CEPH_DIR=$(cd "$CEPH_DIR" && pwd)
CONF=$CEPH_DIR/ceph.conf

# pid NAME: the process id of mon, osd or rgw, if that process is still the one that up.sh started.
# Its command line has the path of our ceph.conf, so a reused process id is never taken for it.
pid() {
  local p
  p=$(cat "$CEPH_DIR/run/$1.pid" 2>/dev/null) || return 1
  [ -n "$p" ] && [ -r "/proc/$p/cmdline" ] || return 1
  tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -qF -- "$CONF" || return 1
  echo "$p"
}

alive() { pid "$1" >/dev/null; }
