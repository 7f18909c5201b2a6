#!/usr/bin/env bash
# Starts a single-node Ceph (monitor, OSD, RADOS Gateway) as plain processes on loopback, makes the
# users of users.tsv, and prints the endpoint and the keys. Running processes are left running, and
# existing data is used again. End it with down.sh.
#   CEPH_DIR    data, process ids and logs  (default: ceph-data in the checkout)
#   RGW_PORT    S3 and Admin Ops API        (default: 7480)
#   MON_PORT    monitor                     (default: RGW_PORT + 20000)
#   CEPH_BYTES  size of the sparse file     (default: 8 GiB)
set -euo pipefail
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
RGW_PORT=${RGW_PORT:-7480}
MON_PORT=${MON_PORT:-$((RGW_PORT + 20000))}
CEPH_BYTES=${CEPH_BYTES:-8589934592}
START_SECONDS_MAX=90

fail() {
  echo "Cannot start Ceph: $1" >&2
  tail -n 20 "$CEPH_DIR"/log/*.log >&2 2>/dev/null || true
  exit 1
}

answers() { curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$RGW_PORT/"; }

# start NAME COMMAND…: runs it in the background, in its own session, unless it runs already.
start() {
  local name=$1
  shift
  alive "$name" && return
  setsid nohup "$@" >>"$CEPH_DIR/log/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$CEPH_DIR/run/$name.pid"
}

write_conf() {
  [ -e "$CEPH_DIR/fsid" ] || cat /proc/sys/kernel/random/uuid >"$CEPH_DIR/fsid"
  sed -e '/^#/d' \
    -e "s|@FSID@|$(cat "$CEPH_DIR/fsid")|" \
    -e "s|@DIR@|$CEPH_DIR|" \
    -e "s|@MON_PORT@|$MON_PORT|" \
    -e "s|@RGW_PORT@|$RGW_PORT|" \
    -e "s|@BYTES@|$CEPH_BYTES|" \
    "$HERE/ceph.conf.in" >"$CONF"
}

make_mon() {
  local map=$CEPH_DIR/monmap
  monmaptool --create --clobber --fsid "$(cat "$CEPH_DIR/fsid")" \
    --addv a "[v2:127.0.0.1:$MON_PORT/0]" "$map" >"$CEPH_DIR/log/monmap.log" 2>&1 || fail "monmaptool"
  ceph-mon -c "$CONF" --mkfs -i a --monmap "$map" >>"$CEPH_DIR/log/mon.log" 2>&1 || fail "ceph-mon --mkfs"
  touch "$CEPH_DIR/mon/.made"
}

make_osd() {
  local uuid
  uuid=$(cat /proc/sys/kernel/random/uuid)
  timeout 60 ceph -c "$CONF" --connect-timeout 30 osd new "$uuid" >"$CEPH_DIR/log/osd-new.log" 2>&1 ||
    fail "ceph osd new"
  ceph-osd -c "$CONF" -i 0 --mkfs --osd-uuid "$uuid" --no-mon-config >>"$CEPH_DIR/log/osd.log" 2>&1 ||
    fail "ceph-osd --mkfs"
  touch "$CEPH_DIR/osd/.made"
}

# The gateway waits for the OSD by itself; we wait for the gateway.
wait_for_rgw() {
  local end=$((SECONDS + START_SECONDS_MAX))
  until answers; do
    for name in mon osd rgw; do alive "$name" || fail "$name ended"; done
    [ "$SECONDS" -lt "$end" ] || fail "no answer on port $RGW_PORT in $START_SECONDS_MAX s"
    sleep 0.1
  done
}

print_how_to() {
  echo "Ceph RGW listens on http://127.0.0.1:$RGW_PORT (data in $CEPH_DIR)"
  echo
  grep -v '^#' "$HERE/users.tsv" | awk '{ printf "  %-22s %-22s %s\n", $1, $3, $4 }'
  echo
  echo "Try:  AWS_ACCESS_KEY_ID=AKALICE0000000000000 AWS_SECRET_ACCESS_KEY=SKalice00000000000000000000000000000000 \\"
  echo "        aws --endpoint-url http://127.0.0.1:$RGW_PORT --region us-east-1 s3 mb s3://first"
  echo "Stop: npm run ceph:down   (CEPH_WIPE=1 also removes the data)"
}

for program in ceph ceph-mon ceph-osd radosgw radosgw-admin monmaptool curl; do
  command -v "$program" >/dev/null ||
    fail "no $program here: apt-get install -y --no-install-recommends ceph-mon ceph-osd radosgw ceph-common curl"
done
mkdir -p "$CEPH_DIR"/{mon,osd,rgw,run,log}
exec 9>"$CEPH_DIR/run/lock"
flock 9 # One start at a time; the daemons do not inherit it.
if ! { alive mon && alive osd && alive rgw && answers; }; then
  if ! alive rgw && (exec 3<>"/dev/tcp/127.0.0.1/$RGW_PORT") 2>/dev/null; then
    fail "port $RGW_PORT is taken by something else"
  fi
  write_conf
  [ -e "$CEPH_DIR/mon/.made" ] || make_mon
  start mon ceph-mon -c "$CONF" -i a -f
  [ -e "$CEPH_DIR/osd/.made" ] || make_osd
  start osd ceph-osd -c "$CONF" -i 0 -f
  start rgw radosgw -c "$CONF" -n client.rgw -f
  wait_for_rgw
fi
CEPH_DIR=$CEPH_DIR bash "$HERE/users.sh"
print_how_to
