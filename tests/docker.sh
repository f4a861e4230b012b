#!/usr/bin/env bash
# Builds the Dockerfile without a registry, runs what it made as its user on a read-only root, and shares a file through it.
#
# Needs Debian as root with buildah and debootstrap. The base for both build stages is a minimal Debian with this machine's
# Rust and Node; set BASE_IMAGE to use one that is there already. Everything it makes lies in WORK and is removed at the end,
# but for the base (KEEP=1 keeps all).
set -euo pipefail
cd "$(dirname "$0")/.."
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
WORK=${WORK:-$(mktemp -d)}
BASE_IMAGE=${BASE_IMAGE:-localhost/satchel-build-base}
IMAGE=localhost/satchel-under-test
PORT=${PORT:-18787}
server=

say() { printf 'docker.sh: %s\n' "$*"; }
fail() { printf 'docker.sh: FAILED: %s\n' "$*" >&2; exit 1; }
tidy() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    if [ -z "${KEEP:-}" ]; then rm -rf "$WORK"; fi
}
trap tidy EXIT

[ "$(id -u)" = 0 ] || fail "needs root, for debootstrap and chroot"
missing=()
for tool in buildah debootstrap curl; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    apt-get -q update
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"
fi

make_base() {
    local root=$WORK/base
    # shellcheck disable=SC1091
    local suite; suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    say "base: Debian $suite with $(rustc --version) and Node $(node --version)"
    debootstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev,libstdc++6,git "$suite" "$root" >"$WORK/debootstrap.log"
    # Packages come from where this machine's come from, in the same way.
    cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/" 2>/dev/null || true
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    mkdir -p "$root/usr/local/rust"
    tar -C "$(rustc --print sysroot)" --exclude=./share/doc -cf - . | tar -C "$root/usr/local/rust" -xf -
    ln -s ../rust/bin/cargo ../rust/bin/rustc "$root/usr/local/bin/"
    cp "$(readlink -f "$(command -v node)")" "$root/usr/local/bin/node"
    mkdir -p "$root/usr/local/lib/node_modules"
    cp -a "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$root/usr/local/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
    local container; container=$(buildah from scratch)
    buildah add -q "$container" "$root" / >/dev/null
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    buildah commit -q "$container" "$BASE_IMAGE" >/dev/null
    buildah rm "$container" >/dev/null
    rm -rf "$root"
}

buildah inspect --type image "$BASE_IMAGE" >/dev/null 2>&1 || make_base

say "building the Dockerfile"
buildah build --network host --layers=false --tag "$IMAGE" --build-arg WASM=debian \
    --build-arg RUST_IMAGE="$BASE_IMAGE" --build-arg NODE_IMAGE="$BASE_IMAGE" . >"$WORK/build.log" 2>&1 \
    || { tail -n 40 "$WORK/build.log" >&2; fail "the image did not build"; }

container=$(buildah from "$IMAGE")
root=$(buildah mount "$container")
size=$(du -sb "$root" | cut -f1)
say "the image holds $size bytes in $(find "$root" -type f | wc -l) files"
[ "$size" -lt $((40 * 1000 * 1000)) ] || fail "the image is larger than 40 MB"
user=$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$IMAGE")
[ "$user" = 65532:65532 ] || fail "the image runs as '$user'"
if grep -aiE 'secret|password|token=' <<<"$(buildah inspect --type image --format '{{.OCIv1.Config.Env}}' "$IMAGE")"; then
    fail "the image's environment holds a secret"
fi

# What a runtime does with --read-only and -v, in a mount namespace of its own.
mkdir -m 0700 "$WORK/data"
chown 65532:65532 "$WORK/data"
# shellcheck disable=SC2016
unshare --mount bash -c '
    root=$1 data=$2 port=$3
    mount --bind "$root" "$root" && mount --bind "$data" "$root/data" && mount -o remount,ro,bind "$root"
    exec env -i SATCHEL_LISTEN=127.0.0.1:"$port" SATCHEL_DATA=/data \
        chroot --userspec="$4" "$root" /satchel-server serve
' _ "$root" "$WORK/data" "$PORT" "$user" >"$WORK/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    curl -fsS "http://127.0.0.1:$PORT/healthz" >/dev/null 2>&1 && break
    kill -0 "$server" 2>/dev/null || { cat "$WORK/server.log" >&2; fail "the server ended"; }
    sleep 0.1
done
curl -fsS "http://127.0.0.1:$PORT/healthz" >/dev/null || fail "the server does not answer"
chroot --userspec="$user" "$root" /usr/bin/env true 2>/dev/null && fail "the image holds more than the server"
env -i SATCHEL_LISTEN=127.0.0.1:"$PORT" chroot --userspec="$user" "$root" /satchel-server healthcheck || fail "the health check"
curl -fsS "http://127.0.0.1:$PORT/" | grep -qi '<!doctype html' || fail "there is no page"

say "sharing a file through it"
cargo build --quiet --package satchel
satchel=${CARGO_TARGET_DIR:-target}/debug/satchel
head -c 300000 /dev/urandom >"$WORK/document"
link=$("$satchel" share "$WORK/document" --server "http://127.0.0.1:$PORT" --burn 2>/dev/null) || fail "share"
printf '%s\n' "$link" | "$satchel" get -o "$WORK/opened" 2>"$WORK/get.log" || { cat "$WORK/get.log" >&2; fail "get"; }
cmp "$WORK/document" "$WORK/opened" || fail "what came out is not what went in"
status=0
printf '%s\n' "$link" | "$satchel" get -o "$WORK/again" 2>/dev/null || status=$?
[ "$status" = 5 ] || fail "the second reader should be told that it is gone (5), and got $status"
grep -F "${link##*#}" "$WORK/server.log" && fail "the server's output holds the link"

buildah rm "$container" >/dev/null
buildah rmi "$IMAGE" >/dev/null
say "done: built, ran read-only as $user, shared, opened once"
echo "1 passed, 0 failed"
