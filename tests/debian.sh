#!/usr/bin/env bash
# Looks at the Debian packages that `cargo xtask dist` made, installs that of the server on a minimal Debian of its own (debootstrap, chroot), runs it there as
# its user, and purges it again.
#
# Needs Debian as root; installs debootstrap where it is missing. DIST names the folder of the packages. lintian is asked where it is installed. What is made
# lies in WORK and goes at the end (KEEP=1 keeps it). Ends with `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."
DIST=${DIST:-${CARGO_TARGET_DIR:-target}/dist}
WORK=${WORK:-$(mktemp -d)}
ROOT=$WORK/root
passed=0 failed=0
mkdir -p "$WORK"

say() { printf 'debian.sh: %s\n' "$*"; }
end() { printf '%s passed, %s failed\n' "$passed" "$failed"; exit "$((failed > 0))"; }
give_up() { say "FAILED: $*"; failed=$((failed + 1)); end; }
# check WHAT COMMAND...: one test.
check() {
    local what=$1
    shift
    if "$@" >"$WORK/said" 2>&1; then
        passed=$((passed + 1)) && say "ok: $what"
    else
        failed=$((failed + 1)) && say "FAILED: $what" && cat "$WORK/said"
    fi
}
tidy() {
    umount "$ROOT/proc" 2>/dev/null || true
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$WORK"
}
trap tidy EXIT

package() { find "$DIST" -maxdepth 1 -name "$1_*.deb" | sort | tail -n 1; }
# Through files: who stops reading early would end what writes, and that counts as failed.
lists() { dpkg-deb --contents "$1" | awk '{ print $2, $6 }' >"$WORK/listed" && grep -qE "$2" "$WORK/listed"; }
is_static() {
    dpkg-deb --fsys-tarfile "$1" >"$WORK/package.tar" && tar -xOf "$WORK/package.tar" "./usr/bin/$2" >"$WORK/program" || return 1
    ! grep -aqE '/lib(64)?/ld-(linux|musl)' "$WORK/program"
}
is_clean() { lintian --allow-root --fail-on error,warning "$1"; }
into=(chroot "$ROOT" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C)
user=(setpriv --reuid satchel --regid satchel --clear-groups)
inside() { "${into[@]}" "$@"; }
as_user() { inside "${user[@]}" "$@"; }
# What to mend on this machine is this machine's: the doctor's words are what counts, and that it says them.
doctor() { as_user satchel-server doctor --data /var/lib/satchel --json >"$WORK/doctor" || [ $? = 1 ]; grep -q '"burned_means_gone"' "$WORK/doctor"; }
serves() {
    local server code=1
    # In the place of this shell, so that the signal reaches it.
    (exec "${into[@]}" "${user[@]}" satchel-server serve --listen 127.0.0.1:0 --data /var/lib/satchel --config /etc/satchel/satchel.toml) >"$WORK/serve" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        if grep -q ready "$WORK/serve"; then code=0; break; fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    kill -TERM "$server" && wait "$server" && [ "$code" = 0 ] || { cat "$WORK/serve"; return 1; }
}
is_gone() { [ -z "$(inside find /usr/bin/satchel-server /usr/lib/systemd/system /usr/lib/sysusers.d /etc/satchel /usr/share/doc/satchel-server -name '*satchel*' 2>/dev/null)" ]; }

[ "$(id -u)" = 0 ] || give_up "needs root, for debootstrap and chroot"
server=$(package satchel-server) cli=$(package satchel)
[ -n "$server" ] && [ -n "$cli" ] || give_up "no packages in $DIST: cargo xtask dist makes them"
command -v debootstrap >/dev/null || { apt-get -q update; DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends debootstrap; }
say "$(stat -c '%s bytes: %n' "$server" "$cli" | tr '\n' ' ')"
(cd "$DIST" && sha256sum --check --ignore-missing SHA256SUMS) >/dev/null || give_up "SHA256SUMS says otherwise"

check "the server in it is static" is_static "$server" satchel-server
check "the command line in it is static" is_static "$cli" satchel
for path in '^(root|0)/(root|0) ./usr/bin/satchel-server$' './usr/lib/systemd/system/satchel.service$' './usr/lib/systemd/system/satchel.socket$' \
    './usr/lib/sysusers.d/satchel.conf$' './usr/share/man/man1/satchel-server.1' './etc/satchel/satchel.toml$' './usr/share/doc/satchel-server/(operations.md|operations.md.gz)$' './usr/share/doc/satchel-server/THIRD-PARTY'; do
    check "it has $path" lists "$server" "$path"
done
if command -v lintian >/dev/null; then
    check "lintian finds nothing in the server's" is_clean "$server"
    check "lintian finds nothing in the command line's" is_clean "$cli"
else
    say "skipped: lintian is not installed"
fi

# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
say "a minimal Debian $suite (a minute or two)"
/usr/sbin/debootstrap --variant=minbase --include=ca-certificates,systemd-standalone-sysusers "$suite" "$ROOT" >"$WORK/debootstrap.log" 2>&1 \
    || { tail -n 20 "$WORK/debootstrap.log"; give_up "debootstrap"; }
mount -t proc proc "$ROOT/proc"
cp "$server" "$cli" "$ROOT/"
check "it is installed" inside dpkg --install "/$(basename "$server")"
check "the command line is installed" inside dpkg --install "/$(basename "$cli")"
check "a user is there for it" inside id satchel
check "satchel-server --version" inside satchel-server --version
check "satchel --version" inside satchel --version
inside install -d -o satchel -g satchel -m 0700 /var/lib/satchel
check "satchel-server doctor, as its user" doctor
check "it serves with the configuration that came along, as its user, and stops cleanly" serves
check "installed a second time" inside dpkg --install "/$(basename "$server")"
check "a changed configuration stays over that" sh -c "echo 'work = \"off\"' >>'$ROOT/etc/satchel/satchel.toml' && chroot '$ROOT' dpkg --install --force-confold '/$(basename "$server")' && grep -q '^work' '$ROOT/etc/satchel/satchel.toml'"
check "it is purged" inside dpkg --purge satchel-server
check "nothing of it stays" is_gone
check "but what people shared" test -e "$ROOT/var/lib/satchel/satchel.db"
end
