#!/usr/bin/env bash
# Builds the Dockerfile without a registry, runs what it made as a container engine would (its user, a read-only root, no capabilities,
# no new privileges, 256 MB of memory), and sends documents through it: command line to command line, and browser to command line and back.
#
# Needs Debian as root; installs buildah, debootstrap and runc where they are missing. The base for the build stages is a minimal
# Debian with this machine's Rust and Node, made once and kept (BASE_IMAGE names it, or another one). Crates come from this
# machine's cargo registry where it has them. IMAGE names an image to test instead of building one, SATCHEL_CLI_BIN the command
# line to share with; with SATCHEL_CHROMIUM a browser comes too. TWICE=1 builds it a second time and compares. What else is made lies in WORK and goes at the end (KEEP=1 keeps it). Ends with `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs} BUILDAH_ISOLATION=chroot
WORK=${WORK:-$(mktemp -d)}
BASE_IMAGE=${BASE_IMAGE:-localhost/satchel-build-base}
UNDER_TEST=${IMAGE:-}
IMAGE=${IMAGE:-localhost/satchel-under-test}
PORT=${PORT:-$((20000 + RANDOM % 20000))}
SIZE_BYTES_MAX=$((25 * 1000 * 1000))
RUN_USER=65532:65532
NAME=satchel-under-test-$$
# The profile of the engines, where their package is.
SECCOMP=/usr/share/containers/seccomp.json
server='' container='' tor_container='' passed=0 failed=0

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
    if [ -n "$server" ]; then runc kill "$NAME" KILL 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    runc delete --force "$NAME" 2>/dev/null || true
    if [ -n "$container" ]; then buildah rm "$container" >/dev/null 2>&1 || true; fi
    if [ -n "$tor_container" ]; then buildah rm "$tor_container" >/dev/null 2>&1 || true; fi
    buildah rmi "$IMAGE-tor" >/dev/null 2>&1 || true
    if [ -z "${KEEP:-}" ]; then
        if [ -z "$UNDER_TEST" ]; then buildah rmi "$IMAGE" >/dev/null 2>&1 || true; fi
        rm -rf "$WORK"
    fi
}
trap tidy EXIT

install_tools() {
    [ "$(id -u)" = 0 ] || give_up "needs root, for debootstrap and chroot"
    local missing=() tool
    for tool in buildah debootstrap runc curl; do command -v "$tool" >/dev/null || missing+=("$tool"); done
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
    /usr/sbin/debootstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev,libstdc++6,git "$suite" "$root" >"$WORK/debootstrap.log"
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

# build_image TAG LOG
build_image() {
    local volumes=() registry=${CARGO_HOME:-$HOME/.cargo}/registry begun=$SECONDS
    # Where cargo looks for it in the official images, and in ours.
    if [ -d "$registry" ]; then volumes=(--volume "$registry:/usr/local/cargo/registry"); fi
    say "building the Dockerfile (some minutes)"
    # The format of OCI has no place for a health check.
    buildah build --format docker --network host --layers=false --timestamp 0 --tag "$1" "${volumes[@]}" --build-arg WASM=debian \
        --build-arg RUST_IMAGE="$BASE_IMAGE" --build-arg NODE_IMAGE="$BASE_IMAGE" . >"$2" 2>&1 || return 1
    say "figure: the image was built in: $((SECONDS - begun)) s"
}
same_twice() {
    local again=$IMAGE-again layers='{{.OCIv1.RootFS.DiffIDs}}' first second
    build_image "$again" "$WORK/again.log" || return 1
    first=$(buildah inspect --type image --format "$layers" "$IMAGE")
    second=$(buildah inspect --type image --format "$layers" "$again")
    buildah rmi "$again" >/dev/null 2>&1 || true
    say "layers $first and $second"
    [ "$first" = "$second" ]
}

configured() { buildah inspect --type image --format "{{.Docker.Config.$1}}" "$IMAGE"; }
has_no_secret() { ! configured Env | grep -aiE 'secret|passphrase|password|token|key='; }
is_alone() { [ "$(find "$root" -type f | grep -vE '/(etc/(hosts|resolv.conf|hostname)|run/.*)$')" = "$root/satchel-server" ]; }
is_small() { [ "$(du -sb "$root" | cut -f1)" -lt "$SIZE_BYTES_MAX" ]; }
is_static() { ! grep -aqE '/lib(64)?/ld-(linux|musl)' "$root/satchel-server"; }
answers() { curl -fsS --max-time 10 "http://127.0.0.1:$PORT$1"; }
health() { runc exec "$NAME" /satchel-server healthcheck; }

start_server() {
    mkdir -m 0700 "$WORK/data" "$WORK/bundle"
    chown "$RUN_USER" "$WORK/data"
    local seccomp=()
    if [ -e "$SECCOMP" ]; then seccomp=("$SECCOMP"); else say "skipped: the profile of system calls ($SECCOMP is not there)"; fi
    buildah inspect --type image "$IMAGE" >"$WORK/image.json"
    node tests/image/bundle.mjs "$WORK/image.json" "$root" "$WORK/data" "127.0.0.1:$PORT" "${seccomp[@]}" >"$WORK/bundle/config.json"
    runc run --bundle "$WORK/bundle" "$NAME" >"$WORK/server.log" 2>&1 </dev/null &
    server=$!
    for _ in $(seq 100); do
        answers /healthz >/dev/null 2>&1 && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    cat "$WORK/server.log"
    return 1
}
# status FIELD VALUE: as the kernel says it of the server.
status() { [ "$(awk -v field="$1:" '$1 == field { print $2 }' "/proc/$process/status")" = "$2" ]; }
limit() { grep -qE "^$1 +$2 +$2 " "/proc/$process/limits"; }
# Its mounts, as the kernel has them: the root cannot be written to, and the volume is the one place that can.
root_is_read_only() {
    [ "$(awk '$5 == "/" { print substr($6, 1, 3) }' "/proc/$process/mountinfo")" = ro, ] \
        && [ "$(awk '$5 == "/data" { print substr($6, 1, 3) }' "/proc/$process/mountinfo")" = rw, ]
}
stops_cleanly() {
    local begun=$SECONDS status=0
    runc kill "$NAME" TERM
    wait "$server" || status=$?
    server=
    [ "$status" = 0 ] && [ $((SECONDS - begun)) -le 5 ]
}
# The image of the onion service, of the base that is there: it has a user of its own and starts with the torrc of deploy/tor.
tor_image() {
    buildah build --format docker --network host --layers=false --tag "$IMAGE-tor" --build-arg DEBIAN_IMAGE="$BASE_IMAGE" deploy/tor >"$WORK/tor.log" 2>&1 \
        || { tail -n 20 "$WORK/tor.log"; return 1; }
    tor_container=$(buildah from "$IMAGE-tor")
    buildah run "$tor_container" -- sh -c '[ "$(id -un)" = debian-tor ] && tor --verify-config -f /etc/tor/torrc' >"$WORK/tor.log" 2>&1 \
        || { tail -n 20 "$WORK/tor.log"; return 1; }
}

# The browser tests of both ways between page and command line, with the container's server.
browser_meets_command_line() {
    (cd tests/browser && SATCHEL_ORIGIN="http://127.0.0.1:$PORT" SATCHEL_CLI_BIN="$satchel" \
        npm exec -- playwright test --reporter=list command-line.spec.ts) >"$WORK/browser.log" 2>&1 || { cat "$WORK/browser.log"; return 1; }
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
    check "the Dockerfile builds" build_image "$IMAGE" "$WORK/build.log"
    [ "$failed" = 0 ] || { tail -n 40 "$WORK/build.log"; end; }
    if [ -n "${TWICE:-}" ]; then
        check "a second build has the same layer" same_twice
    else
        say "skipped: a second build (TWICE=1 makes it)"
    fi
fi
container=$(buildah from "$IMAGE")
root=$(buildah mount "$container")
say "$(du -sb "$root" | cut -f1) bytes in $(find "$root" -type f | wc -l) files"
check "the image is under 25 MB" is_small
check "it holds the server and nothing else" is_alone
check "the server is linked statically" is_static
check "it runs as a number, not as root" test "$(configured User)" = "$RUN_USER"
check "it has one volume" test "$(configured Volumes)" = 'map[/data:{}]'
check "its volume belongs to its user alone" test "$(stat -c %u:%g:%a "$root/data")" = "$RUN_USER:700"
check "it has a health check" grep -qF '/satchel-server healthcheck' <<<"$(configured Healthcheck)"
check "its environment holds no secret" has_no_secret
check "the server starts on a read-only root" start_server
[ -n "$server" ] && kill -0 "$server" 2>/dev/null || end
process=$(runc state "$NAME" | sed -nE 's/.*"pid": *([0-9]+).*/\1/p')
check "it runs as its user" status Uid "${RUN_USER%:*}"
check "it has no capability" status CapEff 0000000000000000
check "it can get none" status CapBnd 0000000000000000
check "it gets no new privileges" status NoNewPrivs 1
if [ -e "$SECCOMP" ]; then check "its system calls are filtered" status Seccomp 2; fi
check "it writes no core dumps" limit 'Max core file size' 0
check "its root cannot be written to" root_is_read_only
check "the health check passes" health
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
    if [ -n "${SATCHEL_CHROMIUM:-}" ]; then
        check "documents go from browser to command line and back" browser_meets_command_line
    else
        say "skipped: a browser (SATCHEL_CHROMIUM names none)"
    fi
    say "figure: memory of the container at most: $(awk '/^VmHWM:/ { print $2, $3 }' "/proc/$process/status")"
    check "the server stops cleanly" stops_cleanly
    check "its output holds no secret, id or content" no_secret_in "$WORK/server.log"
    check "its volume holds no secret, link or content" no_secret_in "$WORK/data"
fi
if buildah inspect --type image "$BASE_IMAGE" >/dev/null 2>&1; then
    check "the image of the onion service builds, and Tor takes its configuration" tor_image
fi
health_fails() { ! SATCHEL_LISTEN="127.0.0.1:$PORT" "$root/satchel-server" healthcheck 2>/dev/null; }
check "the health check fails when it is gone" health_fails
end
