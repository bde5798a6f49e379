/*  notify.c: a datagram of NAME=value lines. libsystemd would bring compression and crypto libraries for this. */
#include "actors/host/notify.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un s_address;
static socklen_t s_size; /*  0 = nobody wants to know */
static int64_t s_watchdog_ns;

static int64_t watchdog_of (const char *usec, const char *pid)
{
    char *end = NULL;
    long long value = usec ? strtoll (usec, &end, 10) : 0;
    if (value <= 0 || value > INT64_C (86400000000) || *end)
        return 0;
    if (pid && strtoll (pid, NULL, 10) != (long long) getpid ())
        return 0; /*  it is meant for another process */
    return value * 1000;
}

void notify_open (void)
{
    const char *path = getenv ("NOTIFY_SOCKET");
    size_t length = path ? strlen (path) : 0;
    s_size = 0;
    memset (&s_address, 0, sizeof s_address);
    if (length > 1 && length < sizeof s_address.sun_path && (*path == '/' || *path == '@')) {
        s_address.sun_family = AF_UNIX;
        memcpy (s_address.sun_path, path, length);
        if (*path == '@')
            s_address.sun_path[0] = '\0'; /*  of the abstract namespace */
        s_size = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length);
    }
    s_watchdog_ns = s_size ? watchdog_of (getenv ("WATCHDOG_USEC"), getenv ("WATCHDOG_PID")) : 0;
    (void) unsetenv ("NOTIFY_SOCKET");
    (void) unsetenv ("WATCHDOG_USEC");
    (void) unsetenv ("WATCHDOG_PID");
}

bool notify_wanted (void)
{
    return s_size > 0;
}

int64_t notify_watchdog_ns (void)
{
    return s_watchdog_ns;
}

/*  Best effort: a manager that does not listen is no reason to stop. */
static void tell (const char *text)
{
    if (s_size == 0)
        return;
    int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void) sendto (fd, text, strlen (text), MSG_NOSIGNAL, (const struct sockaddr *) &s_address, s_size);
    (void) close (fd);
}

static void tell_status (const char *first, const char *status)
{
    char text[320];
    assert (status);
    (void) snprintf (text, sizeof text, "%sSTATUS=%.*s", first, (int) strcspn (status, "\n") & 255, status);
    tell (text);
}

void notify_ready (const char *status)
{
    tell_status ("READY=1\n", status);
}

void notify_status (const char *status)
{
    tell_status ("", status);
}

void notify_alive (void)
{
    if (s_watchdog_ns > 0)
        tell ("WATCHDOG=1");
}

void notify_stopping (void)
{
    tell ("STOPPING=1");
}
