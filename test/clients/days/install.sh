#!/usr/bin/env bash
# Installs the clients that have days of their own into .tools of the source, from PyPI, Go and Maven.
# Run test/tools/install.sh first: it installs MinIO, mc, restic and, if it must, Go itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
HERE=test/clients/days
export PATH="$PATH:/usr/local/go/bin:$PWD/.venv/bin"
mkdir -p .tools/bin

# changed STAMP FILE…: true if a file differs from its state when `done_with STAMP` was last called.
changed() {
  local stamp=.tools/$1
  shift
  sha256sum "$@" >"$stamp.now"
  ! cmp -s "$stamp.now" "$stamp"
}
done_with() { mv ".tools/$1.now" ".tools/$1"; }

for name in aws cli data; do
  changed "venv-$name.stamp" "$HERE/requirements/$name.txt" || continue
  rm -rf ".tools/venv-$name"
  /usr/bin/python3 -m venv ".tools/venv-$name"
  ".tools/venv-$name/bin/pip" install --quiet --disable-pip-version-check -r "$HERE/requirements/$name.txt"
  done_with "venv-$name.stamp"
done

# Go and Maven find changes by themselves, but Maven takes its time for it.
(cd "$HERE/go" && go build -o "$OLDPWD/.tools/bin/aws-go-day" ./sdk && go build -o "$OLDPWD/.tools/bin/minio-go-day" ./minio &&
  go build -o "$OLDPWD/.tools/bin/aws-go-token-day" ./session)
if changed java.stamp "$HERE/java/pom.xml" "$HERE"/java/src/main/java/*.java; then
  mvn --quiet --batch-mode --no-transfer-progress -f "$HERE/java/pom.xml" package
  done_with java.stamp
fi
