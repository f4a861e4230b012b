#!/usr/bin/env bash
# Builds the Dockerfile without a registry, runs what it made as its user on a read-only root, and shares a file through it.
#
# Needs Debian as root; installs buildah and debootstrap where they are missing. The base for the build stages is a minimal
# Debian with this machine's Rust and Node, made once and kept (BASE_IMAGE names it, or another one). Crates come from this
# machine's cargo registry where it has them. IMAGE names an image to test instead of building one, SATCHEL_CLI_BIN the command
# line to share with. What else is made lies in WORK and goes at the end (KEEP=1 keeps it). Ends with `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs} BUILDAH_ISOLATION=chroot
WORK=${WORK:-$(mktemp -d)}
BASE_IMAGE=${BASE_IMAGE:-localhost/satchel-build-base}
UNDER_TEST=${IMAGE:-}
IMAGE=${IMAGE:-localhost/satchel-under-test}
PORT=${PORT:-$((20000 + RANDOM % 20000))}
SIZE_BYTES_MAX=$((40 * 1000 * 1000))
RUN_USER=65532:65532
CHROOT=$(command -v chroot || echo /usr/sbin/chroot)
server='' container='' passed=0 failed=0

say() { printf 'docker.sh: %s\n' "$*"; }
end() { printf '%s passed, %s failed\n' "$passed" "$failed"; exit "$((failed > 0))"; }
give_up() { say "FAILED: $*"; failed=$((failed + 1)); end; }
# check WHAT COMMAND...: one test.
check() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1)) && say "ok: $what"
    else
        failed=$((failed + 1)) && say "FAILED: $what"
    fi
}
tidy() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    if [ -n "$container" ]; then buildah rm "$container" >/dev/null 2>&1 || true; fi
    if [ -z "${KEEP:-}" ]; then
        if [ -z "$UNDER_TEST" ]; then buildah rmi "$IMAGE" >/dev/null 2>&1 || true; fi
        rm -rf "$WORK"
    fi
}
trap tidy EXIT

install_tools() {
    [ "$(id -u)" = 0 ] || give_up "needs root, for debootstrap and chroot"
    local missing=() tool
    for tool in buildah debootstrap curl; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    if [ ${#missing[@]} -gt 0 ]; then
        say "installing ${missing[*]}"
        apt-get -q update
        DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"
    fi
}

make_base() {
    local root=$WORK/base suite made certificates=/etc/ssl/certs/ca-certificates.crt
    # shellcheck disable=SC1091
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    say "base: Debian $suite with $(rustc --version) and Node $(node --version)"
    debootstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev,libstdc++6,git "$suite" "$root" >"$WORK/debootstrap.log"
    # Packages come from where this machine's come from, in the same way, and are trusted by the same authorities.
    cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/" 2>/dev/null || true
    cp "$certificates" "$root$certificates"
    mkdir -p "$root/usr/local/rust" "$root/usr/local/lib/node_modules"
    tar -C "$(rustc --print sysroot)" --exclude=./share/doc -cf - . | tar -C "$root/usr/local/rust" -xf -
    ln -s ../rust/bin/cargo ../rust/bin/rustc "$root/usr/local/bin/"
    cp "$(readlink -f "$(command -v node)")" "$root/usr/local/bin/node"
    cp -a "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$root/usr/local/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
    made=$(buildah from scratch)
    buildah add -q "$made" "$root" / >/dev/null
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        --env CARGO_HOME=/usr/local/cargo --env SSL_CERT_FILE="$certificates" --env NODE_EXTRA_CA_CERTS="$certificates" "$made"
    buildah commit -q "$made" "$BASE_IMAGE" >/dev/null
    buildah rm "$made" >/dev/null
    rm -rf "$root"
}

build_image() {
    local volumes=() registry=${CARGO_HOME:-$HOME/.cargo}/registry
    # Where cargo looks for it in the official images, and in ours.
    if [ -d "$registry" ]; then volumes=(--volume "$registry:/usr/local/cargo/registry"); fi
    say "building the Dockerfile (some minutes)"
    # The format of OCI has no place for a health check.
    buildah build --format docker --network host --layers=false --tag "$IMAGE" "${volumes[@]}" --build-arg WASM=debian \
        --build-arg RUST_IMAGE="$BASE_IMAGE" --build-arg NODE_IMAGE="$BASE_IMAGE" . >"$WORK/build.log" 2>&1
}

configured() { buildah inspect --type image --format "{{.Docker.Config.$1}}" "$IMAGE"; }
has_no_secret() { ! configured Env | grep -aiE 'secret|passphrase|password|token|key='; }
is_alone() { [ "$(find "$root" -type f | grep -vE '/(etc/(hosts|resolv.conf|hostname)|run/.*)$')" = "$root/satchel-server" ]; }
is_small() { [ "$(du -sb "$root" | cut -f1)" -lt "$SIZE_BYTES_MAX" ]; }
is_static() { ! grep -aqE '/lib(64)?/ld-(linux|musl)' "$root/satchel-server"; }
answers() { curl -fsS --max-time 10 "http://127.0.0.1:$PORT$1"; }
in_image() { env -i SATCHEL_LISTEN="127.0.0.1:$PORT" "$CHROOT" --userspec="$RUN_USER" "$root" "$@"; }

# What a runtime does with --read-only, --user and one -v, in a mount namespace of its own, with the /proc and /dev of every container. The image's own settings, but for the
# address: the network is the host's here.
start_server() {
    mkdir -m 0700 "$WORK/data"
    chown "$RUN_USER" "$WORK/data"
    # shellcheck disable=SC2016
    unshare --mount bash -c '
        root=$1 data=$2
        mount --bind "$root" "$root" && mkdir -p "$root/proc" "$root/dev" && mount -t proc proc "$root/proc" || exit 1
        mount --bind /dev "$root/dev" && mount --bind "$data" "$root/data" && mount -o remount,ro,bind "$root" || exit 1
        if touch "$root/written" 2>/dev/null; then echo "the root can be written to"; exit 1; fi
        exec env -i SATCHEL_LISTEN="$3" SATCHEL_DATA=/data "$5" --userspec="$4" "$root" /satchel-server serve
    ' _ "$root" "$WORK/data" "127.0.0.1:$PORT" "$RUN_USER" "$CHROOT" >"$WORK/server.log" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        answers /healthz >/dev/null 2>&1 && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    cat "$WORK/server.log"
    return 1
}
runs_as_user() { [ "$(awk '/^Uid:/ { print $2 }' "/proc/$server/status")" = "${RUN_USER%:*}" ]; }
stops_cleanly() {
    local begun=$SECONDS status=0
    kill -TERM "$server"
    wait "$server" || status=$?
    server=
    [ "$status" = 0 ] && [ $((SECONDS - begun)) -le 5 ]
}

# Field of the JSON that `share --json` prints on one line.
field() { sed -E "s/.*\"$1\": *\"([^\"]*)\".*/\1/" "$WORK/shared.json"; }
shares() { "$satchel" share "$WORK/canary.txt" --server "http://127.0.0.1:$PORT" --burn --json >"$WORK/shared.json" 2>"$WORK/share.log" || { cat "$WORK/share.log"; return 1; }; }
gets() { field link | "$satchel" get -o "$WORK/opened" >"$WORK/get.log" 2>&1 || { cat "$WORK/get.log"; return 1; }; }
second_reader_is_told() {
    local status=0
    field link | "$satchel" get -o "$WORK/again" >/dev/null 2>&1 || status=$?
    [ "$status" = 5 ] && [ ! -e "$WORK/again" ]
}
receipt_says_it() { field receipt | "$satchel" status --json 2>/dev/null | grep -qE '"burned": *"reads"'; }
no_secret_in() {
    local link receipt word
    link=$(field link) receipt=$(field receipt)
    for word in "${link##*#}" "${receipt##*#}" "$(field id)" "$canary" canary.txt; do
        [ -n "$word" ] || return 1
        if grep -raqF -- "$word" "$1"; then say "found in $1: ${word:0:12}..."; return 1; fi
    done
}

install_tools
if [ -z "$UNDER_TEST" ]; then
    buildah inspect --type image "$BASE_IMAGE" >/dev/null 2>&1 || make_base
    check "the Dockerfile builds" build_image
    [ "$failed" = 0 ] || { tail -n 40 "$WORK/build.log"; end; }
fi
container=$(buildah from "$IMAGE")
root=$(buildah mount "$container")
say "$(du -sb "$root" | cut -f1) bytes in $(find "$root" -type f | wc -l) files"
check "the image is under 40 MB" is_small
check "it holds the server and nothing else" is_alone
check "the server is linked statically" is_static
check "it runs as a number, not as root" test "$(configured User)" = "$RUN_USER"
check "it has one volume" test "$(configured Volumes)" = 'map[/data:{}]'
check "its volume belongs to its user alone" test "$(stat -c %u:%g:%a "$root/data")" = "$RUN_USER:700"
check "it has a health check" grep -qF '/satchel-server healthcheck' <<<"$(configured Healthcheck)"
check "its environment holds no secret" has_no_secret
check "the server starts on a read-only root" start_server
[ -n "$server" ] && kill -0 "$server" 2>/dev/null || end
check "it runs as its user" runs_as_user
check "the health check passes" in_image /satchel-server healthcheck
check "the page is served" grep -qi '<!doctype html' <<<"$(answers /)"

satchel=${SATCHEL_CLI_BIN:-${CARGO_TARGET_DIR:-target}/debug/satchel}
if [ -z "${SATCHEL_CLI_BIN:-}" ]; then cargo build --quiet --package satchel; fi
canary=canary-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
{ echo "$canary"; head -c 300000 /dev/urandom; echo "$canary"; } >"$WORK/canary.txt"
check "a file is shared" shares
if [ -s "$WORK/shared.json" ]; then
    check "it is opened from the link" gets
    check "what came out is what went in" cmp "$WORK/canary.txt" "$WORK/opened"
    check "the second reader is told that it is gone" second_reader_is_told
    check "the receipt says that it was opened" receipt_says_it
    check "the server stops cleanly" stops_cleanly
    check "its output holds no secret, id or content" no_secret_in "$WORK/server.log"
    check "its volume holds no secret, link or content" no_secret_in "$WORK/data"
fi
check "the health check fails when it is gone" bash -c '! "$@" 2>/dev/null' _ env -i SATCHEL_LISTEN="127.0.0.1:$PORT" "$CHROOT" --userspec="$RUN_USER" "$root" /satchel-server healthcheck
end
