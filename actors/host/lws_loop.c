/*  lws_loop.c: why it exists: libwebsockets on a foreign libuv loop has its own order of making and ending. */
#include "actors/host/lws_loop.h"

#include <libwebsockets.h>

#include <assert.h>
#include <string.h>

#define SPARE_SOCKETS 16     /*  what libwebsockets opens for itself, and sockets that are still closing */
#define DESTROY_TURNS_MAX 64 /*  turns of the loop a destroy may take; about 8 are needed */

struct lws_context *lws_loop_new (uv_loop_t *loop, unsigned int max_sockets, bool tls, problem_t *problem)
{
    assert (loop);
    void *loops[1] = {loop};
    struct lws_context_creation_info info;
    memset (&info, 0, sizeof info);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
    if (tls)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.foreign_loops = loops;
    info.fd_limit_per_thread = max_sockets + SPARE_SOCKETS;
    info.gid = (__typeof__ (info.gid)) -1; /*  int before lws 4.3 */
    info.uid = (__typeof__ (info.uid)) -1;
    lws_set_log_level (0, NULL);
    struct lws_context *self = lws_create_context (&info);
    if (!self)
        (void) problem_set (problem, ERR_IO, "libwebsockets",
            "no context on a libuv loop: is the package libwebsockets-evlib-uv installed?");
    return self;
}

void lws_loop_destroy (struct lws_context **self_p, uv_loop_t *loop)
{
    assert (self_p && loop);
    struct lws_context *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    /*  With a foreign loop the first call begins, the loop closes the handles, the second call frees. */
    lws_context_destroy (self);
    for (int turn = 0; turn < DESTROY_TURNS_MAX; turn++)
        (void) uv_run (loop, UV_RUN_NOWAIT);
    lws_context_destroy (self);
}
