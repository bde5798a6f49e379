/*  gateway_listen.h: the sockets that the gateway listens at, and how a connection becomes libwebsockets'.
 *
 *  A port that is taken is no end: it is tried again every 5 s, and the log says so once and when it works. Beyond
 *  GATEWAY_CONNECTIONS_MAX connections are closed at once. Threads: the loop's.
 */
#ifndef GATEWAY_LISTEN_H
#define GATEWAY_LISTEN_H

#include "messages/error.h"

#include <stdbool.h>
#include <uv.h>

#define GATEWAY_CONNECTIONS_MAX 128

typedef struct gateway_listen gateway_listen_t;

typedef struct {
    /*  It is the callee's from here on; false: it was not taken, and is closed. */
    bool (*on_connection) (void *context, int fd, const char *remote);
    /*  problem NULL: it listens. Else: it does not, why, and it is tried again. Told when it changes. */
    void (*on_change) (void *context, const char *where, const problem_t *problem);
    void *context;
    bool tls; /*  only of what is told as where */
} gateway_listen_config_t;

/*  NULL: out of memory. port_setting: what people call the port. */
gateway_listen_t *gateway_listen_new (uv_loop_t *loop, const char *host, int port, const char *port_setting,
    const gateway_listen_config_t *config);
/*  Closes its handles; the memory goes when the loop has closed them. */
void gateway_listen_close (gateway_listen_t **self_p);

/*  Could it listen? Binds for a moment. -ERR_BUSY, -ERR_SETTING (no such address), -ERR_IO: problem names the setting. */
int gateway_listen_check (const char *host, int port, const char *port_setting, problem_t *problem);

#endif
