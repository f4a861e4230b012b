/* What stands between the server and the system in a test: a disk that fails or lies, and a wall clock that jumps.
 *
 * LD_PRELOADed; looks at calls on files below SATCHEL_SHIM_FOLDER alone. Steered through the file SATCHEL_SHIM_CONTROL,
 * eight words that tests/src/shim.rs writes and this maps. Whatever is opened, wherever, is noted in SATCHEL_SHIM_OPENED.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OFFSET, CALLS, FROM, MANY, ERROR, FAILED, FLAGS, HOLDING, WORDS };
enum { SYNCS_LIE = 1, SYNCS_OF_KEYS_WAIT = 2, WRITES_LEAVE_HALF = 4 };

static volatile int64_t *control;
static const char *folder;
static int opened = -1;

static int64_t word(int at) { return __atomic_load_n(&control[at], __ATOMIC_SEQ_CST); }

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SATCHEL_SHIM_CONTROL");
    folder = getenv("SATCHEL_SHIM_FOLDER");
    if (!path || !folder) return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) abort();
    void *at = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) abort();
    close(fd);
    const char *noted = getenv("SATCHEL_SHIM_OPENED");
    if (noted && (opened = open(noted, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) < 0) abort();
    control = at;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char *path) { return control && !strncmp(path, folder, strlen(folder)); }

/* One line for each path that is asked for, whether it is there or not. */
static void note(const char *path) {
    int before = errno;
    if (opened >= 0) {
        char end = '\n';
        struct iovec parts[] = {{(void *)path, strlen(path)}, {&end, 1}};
        if (REAL(writev)(opened, parts, 2) < 0) abort();
    }
    errno = before;
}

static int path_of(int fd, char *path, size_t len) {
    char link[32] = "/proc/self/fd/";
    char digits[12];
    int at = 0, n = fd, end = (int)strlen(link);
    if (fd < 0) return 0;
    do digits[at++] = (char)('0' + n % 10); while (n /= 10);
    while (at) link[end++] = digits[--at];
    link[end] = 0;
    ssize_t got = readlink(link, path, len - 1);
    if (got < 0) return 0;
    path[got] = 0;
    return 1;
}

/* Counts a call; true when it is to fail, with errno set. */
static int fails(void) {
    int64_t call = __atomic_add_fetch(&control[CALLS], 1, __ATOMIC_SEQ_CST);
    int64_t from = word(FROM);
    if (!from || call < from || call - from >= word(MANY)) return 0;
    __atomic_add_fetch(&control[FAILED], 1, __ATOMIC_SEQ_CST);
    errno = (int)word(ERROR);
    return 1;
}

static int fails_on(int fd) {
    char path[4096];
    int before = errno;
    if (!control || !path_of(fd, path, sizeof path) || !below(path)) {
        errno = before;
        return 0;
    }
    errno = before;
    return fails();
}

ssize_t write(int fd, const void *bytes, size_t len) {
    if (fails_on(fd)) {
        int error = errno;
        if (word(FLAGS) & WRITES_LEAVE_HALF) (void)!REAL(write)(fd, bytes, len / 2);
        errno = error;
        return -1;
    }
    return REAL(write)(fd, bytes, len);
}

#define PWRITE(name, offset_type)                                                                             \
    ssize_t name(int fd, const void *bytes, size_t len, offset_type offset) {                                 \
        if (fails_on(fd)) {                                                                                   \
            int error = errno;                                                                                \
            if (word(FLAGS) & WRITES_LEAVE_HALF) (void)!REAL(name)(fd, bytes, len / 2, offset);               \
            errno = error;                                                                                    \
            return -1;                                                                                        \
        }                                                                                                     \
        return REAL(name)(fd, bytes, len, offset);                                                            \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int count) {
    return fails_on(fd) ? -1 : REAL(writev)(fd, parts, count);
}

int ftruncate(int fd, off_t len) { return fails_on(fd) ? -1 : REAL(ftruncate)(fd, len); }
int ftruncate64(int fd, off64_t len) { return fails_on(fd) ? -1 : REAL(ftruncate64)(fd, len); }
int fallocate(int fd, int mode, off_t at, off_t len) { return fails_on(fd) ? -1 : REAL(fallocate)(fd, mode, at, len); }
int fallocate64(int fd, int mode, off64_t at, off64_t len) {
    return fails_on(fd) ? -1 : REAL(fallocate64)(fd, mode, at, len);
}
int posix_fallocate(int fd, off_t at, off_t len) {
    return fails_on(fd) ? errno : REAL(posix_fallocate)(fd, at, len);
}
int posix_fallocate64(int fd, off64_t at, off64_t len) {
    return fails_on(fd) ? errno : REAL(posix_fallocate64)(fd, at, len);
}

static void wait_where_told(int fd) {
    static const char keys[] = "/shred-keys";
    char path[4096];
    if (!control || !(word(FLAGS) & SYNCS_OF_KEYS_WAIT) || !path_of(fd, path, sizeof path) || !below(path)) return;
    size_t len = strlen(path), tail = sizeof keys - 1;
    if (len < tail || strcmp(path + len - tail, keys)) return;
    __atomic_add_fetch(&control[HOLDING], 1, __ATOMIC_SEQ_CST);
    while (word(FLAGS) & SYNCS_OF_KEYS_WAIT) usleep(1000);
    __atomic_sub_fetch(&control[HOLDING], 1, __ATOMIC_SEQ_CST);
}

#define SYNC(name)                                                                                            \
    int name(int fd) {                                                                                        \
        if (fails_on(fd)) return -1;                                                                          \
        wait_where_told(fd);                                                                                  \
        if (control && (word(FLAGS) & SYNCS_LIE)) return 0;                                                   \
        return REAL(name)(fd);                                                                                \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) { return below(to) && fails() ? -1 : REAL(rename)(from, to); }
int renameat(int from_fd, const char *from, int to_fd, const char *to) {
    return below(to) && fails() ? -1 : REAL(renameat)(from_fd, from, to_fd, to);
}
int unlink(const char *path) { return below(path) && fails() ? -1 : REAL(unlink)(path); }

/* Only an open that may make the file fails. */
#define OPEN(name)                                                                                            \
    int name(const char *path, int flags, ...) {                                                              \
        mode_t mode = 0;                                                                                      \
        note(path);                                                                                           \
        if (flags & O_CREAT) {                                                                                \
            va_list rest;                                                                                     \
            va_start(rest, flags);                                                                            \
            mode = va_arg(rest, mode_t);                                                                      \
            va_end(rest);                                                                                     \
            if (below(path) && fails()) return -1;                                                            \
        }                                                                                                     \
        return REAL(name)(path, flags, mode);                                                                 \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                          \
    int name(int at, const char *path, int flags, ...) {                                                      \
        mode_t mode = 0;                                                                                      \
        note(path);                                                                                           \
        if (flags & O_CREAT) {                                                                                \
            va_list rest;                                                                                     \
            va_start(rest, flags);                                                                            \
            mode = va_arg(rest, mode_t);                                                                      \
            va_end(rest);                                                                                     \
        }                                                                                                     \
        return REAL(name)(at, path, flags, mode);                                                             \
    }
OPENAT(openat)
OPENAT(openat64)

FILE *fopen(const char *path, const char *mode) {
    note(path);
    return REAL(fopen)(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
    note(path);
    return REAL(fopen64)(path, mode);
}
DIR *opendir(const char *path) {
    note(path);
    return REAL(opendir)(path);
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int got = REAL(clock_gettime)(clock, at);
    if (!got && control && clock == CLOCK_REALTIME) at->tv_sec += word(OFFSET);
    return got;
}
