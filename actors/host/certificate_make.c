/*  certificate_make.c: a new pair of files. Each is written under another name and then takes its place, so that an
 *  actor that looks at the directory meets the old certificate or the new one. */
#include "actors/host/certificate.h"

#include <assert.h>
#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int path_of (char path[CERTIFICATE_PATH_MAX], const char *directory, const char *part,
    const char *name, const char *ending, problem_t *problem)
{
    if (snprintf (path, CERTIFICATE_PATH_MAX, "%s/%s/%s.%s", directory, part, name, ending) <
        CERTIFICATE_PATH_MAX - 8)
        return 0;
    return problem_set (
        problem, ERR_RANGE, name, "its path is too long: at most %d bytes", CERTIFICATE_PATH_MAX - 8);
}

int certificate_secret_path (
    char path[CERTIFICATE_PATH_MAX], const char *directory, const char *name, problem_t *problem)
{
    return path_of (path, directory, "secret", name, "key_secret", problem);
}

int certificate_public_path (
    char path[CERTIFICATE_PATH_MAX], const char *directory, const char *name, problem_t *problem)
{
    return path_of (path, directory, "public", name, "key", problem);
}

static int io_error (const char *path, const char *what, problem_t *problem)
{
    int error = errno;
    size_t length = strlen (path);
    return problem_set (problem, error == EEXIST ? ERR_EXISTS : ERR_IO,
        path + (length > 90 ? length - 90 : 0), "%s: %s", what,
        error == EEXIST ? "a certificate may stand there: it is not overwritten without --force"
                        : strerror (error));
}

static int make_directory (const char *directory, const char *part, mode_t mode, problem_t *problem)
{
    char path[CERTIFICATE_PATH_MAX];
    (void) snprintf (path, sizeof path, "%s%s%s", directory, *part ? "/" : "", part);
    if (mkdir (path, mode) == 0 || errno == EEXIST)
        return 0;
    return io_error (path, "cannot be made", problem);
}

/*  To the disk, with its mode, and to its place. */
static int place (const char *from, const char *to, mode_t mode, bool force, problem_t *problem)
{
    int fd = open (from, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fchmod (fd, mode) == 0 && fsync (fd) == 0;
    int rc = good ? 0 : io_error (to, "cannot be written", problem);
    if (fd >= 0)
        (void) close (fd);
    if (rc == 0 && (force ? rename (from, to) : link (from, to)) != 0)
        rc = io_error (to, "cannot be made", problem);
    (void) unlink (from);
    return rc;
}

static int save (zcert_t *certificate, const char *path, bool secret, bool force, problem_t *problem)
{
    char draft[CERTIFICATE_PATH_MAX];
    (void) snprintf (draft, sizeof draft, "%.*s.new", CERTIFICATE_PATH_MAX - 5, path);
    (void) unlink (draft);
    mode_t before = umask (secret ? 077 : 022);
    int rc = secret ? zcert_save_secret (certificate, draft) : zcert_save_public (certificate, draft);
    (void) umask (before);
    if (rc != 0)
        return io_error (path, "cannot be written", problem);
    return place (draft, path, secret ? 0600 : 0644, force, problem);
}

static int stands_there (const char *path, problem_t *problem)
{
    struct stat about;
    if (lstat (path, &about) != 0)
        return 0;
    errno = EEXIST;
    return io_error (path, "cannot be made", problem);
}

int certificate_make (const char *directory, const char *name, bool force, problem_t *problem)
{
    char secret[CERTIFICATE_PATH_MAX];
    char open_path[CERTIFICATE_PATH_MAX];
    assert (directory && name);
    int rc = certificate_secret_path (secret, directory, name, problem);
    if (rc == 0)
        rc = certificate_public_path (open_path, directory, name, problem);
    if (rc == 0)
        rc = make_directory (directory, "", 0755, problem);
    if (rc == 0)
        rc = make_directory (directory, "secret", 0700, problem);
    if (rc == 0)
        rc = make_directory (directory, "public", 0755, problem);
    if (rc == 0 && !force)
        rc = stands_there (secret, problem);
    if (rc == 0 && !force)
        rc = stands_there (open_path, problem);
    if (rc != 0)
        return rc;
    zcert_t *certificate = zsys_has_curve () ? zcert_new () : NULL;
    if (!certificate)
        return problem_set (problem, ERR_IO, name, "libzmq was built without CURVE (libsodium)");
    zcert_set_meta (certificate, "name", "%s", name);
    rc = save (certificate, secret, true, force, problem);
    if (rc == 0)
        rc = save (certificate, open_path, false, force, problem);
    zcert_destroy (&certificate);
    return rc;
}
