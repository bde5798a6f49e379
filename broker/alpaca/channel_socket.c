/*  channel_socket.c: see channel_socket.h. */
#include "broker/alpaca/channel_socket.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_PER_MS INT64_C (1000000)
#define KEEPALIVE_IDLE_S 15
#define KEEPALIVE_INTERVAL_S 5

static int socket_set (int socket, int level, int option, int value)
{
    return setsockopt (socket, level, option, &value, sizeof value);
}

/*  Unacknowledged bytes die with the connection before another shard may act (P6). */
static int socket_prepare (int socket, int64_t user_timeout_ns)
{
    int failed = socket_set (socket, IPPROTO_TCP, TCP_NODELAY, 1);
    failed |= socket_set (socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    failed |= socket_set (socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    failed |= socket_set (socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    if (user_timeout_ns > 0)
        failed |= socket_set (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, (int) (user_timeout_ns / NS_PER_MS));
    return failed;
}

int channel_socket_connect (const char *address, const char *port, int64_t user_timeout_ns)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    assert (address && port);
    in_port_t number = htons ((uint16_t) strtoul (port, NULL, 10));
    bool is_four = inet_pton (AF_INET, address, &four.sin_addr) == 1;
    if (!is_four && inet_pton (AF_INET6, address, &six.sin6_addr) != 1)
        return -EINVAL;
    four.sin_port = six.sin6_port = number;
    int fd = socket (is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    const struct sockaddr *to = is_four ? (const struct sockaddr *) &four : (const struct sockaddr *) &six;
    socklen_t size = is_four ? sizeof four : sizeof six;
    if (socket_prepare (fd, user_timeout_ns) == 0 && (connect (fd, to, size) == 0 || errno == EINPROGRESS))
        return fd;
    int rc = -errno;
    (void) close (fd);
    return rc;
}

int channel_socket_error (int socket)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt (socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}
