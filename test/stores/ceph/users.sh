#!/usr/bin/env bash
# Makes the users of users.tsv in the Ceph that up.sh started; those that exist stay as they are.
#   CEPH_DIR  as for up.sh
set -euo pipefail
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

admin() { timeout 60 radosgw-admin -c "$CONF" "$@" </dev/null; }

make_user() { # NAME ACCESS ACCESS_KEY SECRET_KEY
  local user=${1#*\$} caps=()
  local identity=(--uid="$user" --display-name="$user")
  [ "$user" = "$1" ] || identity+=(--tenant="${1%%\$*}")
  [ "$2" != admin ] || caps=(--caps='users=read;buckets=read;metadata=read;usage=read')
  admin user create "${identity[@]}" --access-key="$3" --secret-key="$4" "${caps[@]}" >/dev/null
}

make_subuser() { # USER:SUBUSER ACCESS ACCESS_KEY SECRET_KEY
  admin subuser create --uid="${1%%:*}" --subuser="$1" --access="$2" \
    --key-type=s3 --access-key="$3" --secret-key="$4" >/dev/null
}

# One call lists the existing users: a quarter of the time that asking for each takes.
known=$(admin metadata list user)
subusers=$(grep -q '"alice"' <<<"$known" && admin metadata get user:alice || true)
while read -r name access access_key secret_key; do
  case $name in
    '' | '#'*) continue ;;
    *:*) grep -qF "\"$name\"" <<<"$subusers" || make_subuser "$name" "$access" "$access_key" "$secret_key" ;;
    *) grep -qF "\"$name\"" <<<"$known" || make_user "$name" "$access" "$access_key" "$secret_key" ;;
  esac
done <"$HERE/users.tsv"
