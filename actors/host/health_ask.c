/*  health_ask.c: the other end of health.c's socket: plain POSIX, with a deadline. */
#include "actors/host/health.h"

#include "actors/host/clock.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SUFFIX ".health"

/*  Until the newline or the end. */
static int read_line (int fd, int wait_ms, char text[HEALTH_TEXT_MAX])
{
    int64_t end_ns = clock_now_ns () + (int64_t) wait_ms * INT64_C (1000000);
    size_t size = 0;
    while (size < HEALTH_TEXT_MAX - 1) {
        struct pollfd waits = {.fd = fd, .events = POLLIN};
        int64_t left_ns = end_ns - clock_now_ns ();
        if (left_ns <= 0 || poll (&waits, 1, (int) (left_ns / 1000000) + 1) == 0)
            return -ERR_TIMEOUT;
        ssize_t got = read (fd, text + size, HEALTH_TEXT_MAX - 1 - size);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            break;
        size += (size_t) got;
        if (memchr (text, '\n', size))
            break;
    }
    text[size] = '\0';
    text[strcspn (text, "\n")] = '\0';
    return *text ? 0 : -ERR_UNREACHABLE;
}

int health_ask (const char *dir, const char *name, int wait_ms, char text[HEALTH_TEXT_MAX])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert (dir && name && text);
    text[0] = '\0';
    if (snprintf (address.sun_path, sizeof address.sun_path, "%s/%s" SUFFIX, dir, name) >=
        (int) sizeof address.sun_path)
        return -ERR_NOT_FOUND;
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -ERR_IO;
    int rc = 0;
    if (connect (fd, (const struct sockaddr *) &address, sizeof address) != 0)
        rc = errno == ENOENT ? -ERR_NOT_FOUND : -ERR_UNREACHABLE;
    else
        rc = read_line (fd, wait_ms, text);
    (void) close (fd);
    return rc;
}

bool health_says_ready (const char *text)
{
    assert (text);
    return strstr (text, "\"ready\":true") != NULL;
}

bool health_each (const char *dir, void (*on_name) (void *context, const char *name), void *context)
{
    assert (dir && on_name);
    DIR *directory = opendir (dir);
    struct dirent *entry;
    if (!directory)
        return false;
    while ((entry = readdir (directory))) {
        size_t length = strlen (entry->d_name);
        if (length <= strlen (SUFFIX) || strcmp (entry->d_name + length - strlen (SUFFIX), SUFFIX) != 0)
            continue;
        entry->d_name[length - strlen (SUFFIX)] = '\0';
        on_name (context, entry->d_name);
    }
    (void) closedir (directory);
    return true;
}
