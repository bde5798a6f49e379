/*  run_dir.c: plain POSIX files. Directories are checked before they are trusted: /tmp belongs to everybody. */
#include "actors/host/run_dir.h"

#include "actors/host/topology.h"
#include "messages/text.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_NAME_MAX 12 /*  "/dispatcher" and NUL */

static int private_directory (const char *path, problem_t *problem)
{
    struct stat info;
    if (mkdir (path, 0700) != 0 && errno != EEXIST)
        return problem_set (problem, ERR_IO, path, "cannot make it: %s", strerror (errno));
    if (lstat (path, &info) != 0)
        return problem_set (problem, ERR_IO, path, "%s", strerror (errno));
    if (!S_ISDIR (info.st_mode) || info.st_uid != geteuid () || (info.st_mode & 077) != 0)
        return problem_set (problem, ERR_IO, path, "is not a directory that only we may enter (mode 0700)");
    return 0;
}

/*  The file's real path although it may not exist yet. */
static int real_path (const char *database, char path[PATH_MAX], problem_t *problem)
{
    char for_dir[PATH_MAX];
    char for_base[PATH_MAX];
    char directory[PATH_MAX];
    if (strlen (database) >= PATH_MAX)
        return problem_set (problem, ERR_RANGE, "DATABASE_URL", "the path is too long");
    TEXT_SET (for_dir, database);
    TEXT_SET (for_base, database);
    if (!realpath (dirname (for_dir), directory))
        return problem_set (
            problem, ERR_NOT_FOUND, "DATABASE_URL", "the directory of %s: %s", database, strerror (errno));
    if ((size_t) snprintf (path, PATH_MAX, "%s/%s", directory, basename (for_base)) >= PATH_MAX)
        return problem_set (problem, ERR_RANGE, "DATABASE_URL", "the path is too long");
    return 0;
}

static uint64_t hash (const char *text)
{
    uint64_t value = UINT64_C (14695981039346656037); /*  FNV-1a: a name for a file, no secret */
    for (; *text; text++)
        value = (value ^ (unsigned char) *text) * UINT64_C (1099511628211);
    return value;
}

int run_dir_open (run_dir_t *self, const char *setting, const char *database, problem_t *problem)
{
    char path[PATH_MAX];
    const char *root;
    int rc;
    assert (self && setting && database);
    memset (self, 0, sizeof *self);
    self->lock = -1;
    root = *setting ? setting : getenv ("XDG_RUNTIME_DIR");
    if (!root || !*root || (root != setting && access (root, W_OK | X_OK) != 0))
        root = "/tmp";
    bool file = strncmp (database, "postgresql:", 11) != 0;
    TEXT_SET (path, database);
    rc = file ? real_path (database, path, problem) : 0;
    if (rc != 0)
        return rc;
    if (strlen (root) >= TOPOLOGY_BASE_MAX)
        return problem_set (
            problem, ERR_RANGE, "RUN_DIR", "the path is longer than %d bytes", TOPOLOGY_BASE_MAX - 1);
    if (root == setting && mkdir (root, 0700) != 0 && errno != EEXIST)
        return problem_set (problem, ERR_IO, "RUN_DIR", "cannot make %s: %s", root, strerror (errno));
    (void) snprintf (self->home, sizeof self->home, "%.128s/trade-copier-%u", root, (unsigned) geteuid ());
    rc = private_directory (self->home, problem);
    (void) snprintf (
        self->state, sizeof self->state, "%.160s/%016llx.json", self->home, (unsigned long long) hash (path));
    if (file)
        (void) snprintf (self->lock_path, sizeof self->lock_path, "%s.run", path);
    else
        (void) snprintf (self->lock_path, sizeof self->lock_path, "%.160s/%016llx.run", self->home,
            (unsigned long long) hash (path));
    return rc;
}

int run_dir_lock (run_dir_t *self, problem_t *problem)
{
    char text[32] = "";
    ssize_t size;
    assert (self && self->lock < 0);
    self->lock = open (self->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (self->lock < 0)
        return problem_set (problem, ERR_IO, self->lock_path, "%s", strerror (errno));
    if (flock (self->lock, LOCK_EX | LOCK_NB) != 0) {
        size = read (self->lock, text, sizeof text - 1);
        text[size > 0 ? size : 0] = '\0';
        text[strcspn (text, "\n")] = '\0';
        (void) close (self->lock);
        self->lock = -1;
        return problem_set (
            problem, ERR_BUSY, "run", "a copier is already running on this database (pid %s)", text);
    }
    (void) snprintf (text, sizeof text, "%ld\n", (long) getpid ());
    if (ftruncate (self->lock, 0) != 0 || pwrite (self->lock, text, strlen (text), 0) < 0)
        return problem_set (problem, ERR_IO, self->lock_path, "%s", strerror (errno));
    return 0;
}

int run_dir_make (run_dir_t *self, problem_t *problem)
{
    assert (self && !*self->base);
    if (strlen (self->home) + strlen ("/run-XXXXXX") + SOCKET_NAME_MAX > TOPOLOGY_BASE_MAX)
        return problem_set (problem, ERR_RANGE, "RUN_DIR",
            "%s is too long for the path of a socket: at most %d bytes", self->home, TOPOLOGY_BASE_MAX - 42);
    (void) snprintf (self->base, sizeof self->base, "%.*s/run-XXXXXX", RUN_PATH_MAX - 16, self->home);
    if (!mkdtemp (self->base)) {
        self->base[0] = '\0';
        return problem_set (
            problem, ERR_IO, self->home, "cannot make a directory in it: %s", strerror (errno));
    }
    return 0;
}

int run_dir_announce (run_dir_t *self, const char *tap_endpoint, problem_t *problem)
{
    char fresh[RUN_PATH_MAX + 8];
    int descriptor;
    bool good;
    assert (self && *self->state && tap_endpoint);
    (void) snprintf (fresh, sizeof fresh, "%s.new", self->state);
    descriptor = open (fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    good = descriptor >= 0 && dprintf (descriptor, "{\"pid\":%ld,\"dir\":\"%s\",\"tap\":\"%s\"}\n",
                                  (long) getpid (), self->base, tap_endpoint) > 0;
    if (descriptor >= 0)
        good = close (descriptor) == 0 && good;
    if (!good || rename (fresh, self->state) != 0)
        return problem_set (problem, ERR_IO, self->state, "cannot write it: %s", strerror (errno));
    return 0;
}

/*  The text behind "name":" in the state file. */
static int find (const run_dir_t *self, const char *name, char *value, size_t size, problem_t *problem)
{
    char text[1024];
    char key[16];
    const char *at;
    size_t length;
    FILE *file = fopen (self->state, "re");
    if (!file)
        return problem_set (
            problem, ERR_NOT_FOUND, name, "no copier is running on this database (no %s)", self->state);
    length = fread (text, 1, sizeof text - 1, file);
    (void) fclose (file);
    text[length] = '\0';
    (void) snprintf (key, sizeof key, "\"%s\":\"", name);
    at = strstr (text, key);
    length = at ? strcspn (at + strlen (key), "\"") : 0;
    if (length == 0 || length >= size)
        return problem_set (problem, ERR_CORRUPT, self->state, "names no %s", name);
    memcpy (value, at + strlen (key), length);
    value[length] = '\0';
    return 0;
}

int run_dir_find_tap (const run_dir_t *self, char *endpoint, size_t size, problem_t *problem)
{
    return find (self, "tap", endpoint, size, problem);
}

int run_dir_find_base (const run_dir_t *self, char *base, size_t size, problem_t *problem)
{
    return find (self, "dir", base, size, problem);
}

static void remove_directory (const char *path)
{
    DIR *directory = opendir (path);
    struct dirent *entry;
    if (!directory)
        return;
    while ((entry = readdir (directory)))
        if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
            (void) unlinkat (dirfd (directory), entry->d_name, 0);
    (void) closedir (directory);
    (void) rmdir (path);
}

void run_dir_close (run_dir_t *self)
{
    assert (self);
    if (self->lock < 0)
        return; /*  not ours: another run's files, or only looked at */
    if (*self->state)
        (void) unlink (self->state);
    if (*self->base)
        remove_directory (self->base);
    (void) close (self->lock);
    self->lock = -1;
}
