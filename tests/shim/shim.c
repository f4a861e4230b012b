/* What stands between the server and the system in a test: a disk that fails or lies, and a wall clock that jumps.
 *
 * LD_PRELOADed; looks at calls on files below SATCHEL_SHIM_FOLDER alone. Steered through the file SATCHEL_SHIM_CONTROL,
 * eight words that tests/src/shim.rs writes and this maps. Whatever is opened, wherever, is noted in SATCHEL_SHIM_OPENED.
 * What changes files and names there, and what was synced, is recorded in SATCHEL_SHIM_RECORD, in the order in which it
 * happened, for tests/src/volatile.rs.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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
static int opened = -1, record = -1;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

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
    const char *recorded = getenv("SATCHEL_SHIM_RECORD");
    if (recorded && (record = open(recorded, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) < 0) abort();
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

/* One change of a file: 25 bytes and what is long. */
struct __attribute__((packed)) entry {
    char kind;
    uint64_t file, at, len;
};

/* Under the turn, with the change itself, so that the record has their order. */
static void put(char kind, uint64_t file, uint64_t at, const void *bytes, size_t len) {
    int before = errno;
    struct entry entry = {kind, file, at, len};
    struct iovec parts[] = {{&entry, sizeof entry}, {(void *)bytes, len}};
    if (REAL(writev)(record, parts, 2) != (ssize_t)(sizeof entry + len)) abort();
    errno = before;
}

static void begin_turn(void) { pthread_mutex_lock(&turn); }
static void end_turn(void) { pthread_mutex_unlock(&turn); }

static int recorded_at(const char *path) { return record >= 0 && below(path); }

static int recorded_on(int fd) {
    char path[4096];
    int before = errno, found = record >= 0 && path_of(fd, path, sizeof path) && below(path);
    errno = before;
    return found;
}

static uint64_t file_of(int fd) {
    struct stat found;
    int before = errno;
    if (fstat(fd, &found)) abort();
    errno = before;
    return found.st_ino;
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

/* As fails(), for what makes a name: where it is there already, a full disk does not matter. */
static int fails_to_make(const char *path) {
    int64_t full = word(ERROR) == ENOSPC && !access(path, F_OK);
    if (!fails()) return 0;
    if (full) __atomic_sub_fetch(&control[FAILED], 1, __ATOMIC_SEQ_CST);
    return !full;
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
    if (!recorded_on(fd)) return REAL(write)(fd, bytes, len);
    begin_turn();
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = REAL(write)(fd, bytes, len);
    if (done > 0) put('w', file_of(fd), (uint64_t)at, bytes, (size_t)done);
    end_turn();
    return done;
}

#define PWRITE(name, offset_type)                                                                             \
    ssize_t name(int fd, const void *bytes, size_t len, offset_type offset) {                                 \
        if (fails_on(fd)) {                                                                                   \
            int error = errno;                                                                                \
            if (word(FLAGS) & WRITES_LEAVE_HALF) (void)!REAL(name)(fd, bytes, len / 2, offset);               \
            errno = error;                                                                                    \
            return -1;                                                                                        \
        }                                                                                                     \
        if (!recorded_on(fd)) return REAL(name)(fd, bytes, len, offset);                                      \
        begin_turn();                                                                                         \
        ssize_t done = REAL(name)(fd, bytes, len, offset);                                                    \
        if (done > 0) put('w', file_of(fd), (uint64_t)offset, bytes, (size_t)done);                           \
        end_turn();                                                                                           \
        return done;                                                                                          \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (recorded_on(fd)) abort();
    return fails_on(fd) ? -1 : REAL(writev)(fd, parts, count);
}

#define TRUNCATE(name, len_type)                                                                              \
    int name(int fd, len_type len) {                                                                          \
        if (fails_on(fd)) return -1;                                                                          \
        if (!recorded_on(fd)) return REAL(name)(fd, len);                                                     \
        begin_turn();                                                                                         \
        int done = REAL(name)(fd, len);                                                                       \
        if (!done) put('t', file_of(fd), (uint64_t)len, "", 0);                                               \
        end_turn();                                                                                           \
        return done;                                                                                          \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

/* What is recorded allocates nothing ahead. */
#define ALLOCATE(name, offset_type)                                                                           \
    int name(int fd, int mode, offset_type at, offset_type len) {                                             \
        if (recorded_on(fd)) abort();                                                                         \
        return fails_on(fd) ? -1 : REAL(name)(fd, mode, at, len);                                             \
    }
ALLOCATE(fallocate, off_t)
ALLOCATE(fallocate64, off64_t)

#define POSIX_ALLOCATE(name, offset_type)                                                                     \
    int name(int fd, offset_type at, offset_type len) {                                                       \
        if (recorded_on(fd)) abort();                                                                         \
        return fails_on(fd) ? errno : REAL(name)(fd, at, len);                                                \
    }
POSIX_ALLOCATE(posix_fallocate, off_t)
POSIX_ALLOCATE(posix_fallocate64, off64_t)

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

/* What was changed before a sync began is durable once it is done. */
static uint64_t begin_sync(int fd) {
    static uint64_t syncs;
    char path[4096];
    if (!recorded_on(fd) || !path_of(fd, path, sizeof path)) return 0;
    begin_turn();
    uint64_t sync = ++syncs;
    put('s', file_of(fd), sync, path, strlen(path));
    end_turn();
    return sync;
}

static void end_sync(int fd, uint64_t sync, int failed) {
    if (!sync || failed) return;
    begin_turn();
    put('d', file_of(fd), sync, "", 0);
    end_turn();
}

#define SYNC(name)                                                                                            \
    int name(int fd) {                                                                                        \
        if (fails_on(fd)) return -1;                                                                          \
        wait_where_told(fd);                                                                                  \
        if (control && (word(FLAGS) & SYNCS_LIE)) return 0;                                                   \
        uint64_t sync = begin_sync(fd);                                                                       \
        int failed = REAL(name)(fd);                                                                          \
        end_sync(fd, sync, failed);                                                                           \
        return failed;                                                                                        \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
    if (below(to) && fails()) return -1;
    if (!recorded_at(to)) return REAL(rename)(from, to);
    char both[8192];
    int len = snprintf(both, sizeof both, "%s\n%s", from, to);
    begin_turn();
    int failed = REAL(rename)(from, to);
    if (!failed) put('r', 0, 0, both, (size_t)len);
    end_turn();
    return failed;
}
int renameat(int from_fd, const char *from, int to_fd, const char *to) {
    if (recorded_at(to)) abort();
    return below(to) && fails() ? -1 : REAL(renameat)(from_fd, from, to_fd, to);
}
int mkdir(const char *path, mode_t mode) {
    if (below(path) && fails_to_make(path)) return -1;
    if (!recorded_at(path)) return REAL(mkdir)(path, mode);
    begin_turn();
    int failed = REAL(mkdir)(path, mode);
    if (!failed) put('m', 0, 0, path, strlen(path));
    end_turn();
    return failed;
}
int unlink(const char *path) {
    if (below(path) && fails()) return -1;
    if (!recorded_at(path)) return REAL(unlink)(path);
    begin_turn();
    int failed = REAL(unlink)(path);
    if (!failed) put('u', 0, 0, path, strlen(path));
    end_turn();
    return failed;
}

static void put_opened(int fd, const char *path, int flags, int was_there) {
    if (fd < 0) return;
    if (!was_there && flags & O_CREAT) put('c', file_of(fd), 0, path, strlen(path));
    else if (flags & O_TRUNC) put('t', file_of(fd), 0, "", 0);
}

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
            if (below(path) && fails_to_make(path)) return -1;                                                \
        }                                                                                                     \
        if (!(flags & (O_CREAT | O_TRUNC)) || !recorded_at(path)) return REAL(name)(path, flags, mode);       \
        begin_turn();                                                                                         \
        int was_there = !access(path, F_OK), fd = REAL(name)(path, flags, mode);                              \
        put_opened(fd, path, flags, was_there);                                                               \
        end_turn();                                                                                           \
        return fd;                                                                                            \
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
        if (flags & (O_CREAT | O_TRUNC) && recorded_at(path)) abort();                                        \
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
