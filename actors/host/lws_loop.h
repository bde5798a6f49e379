/*  lws_loop.h: a libwebsockets context that runs on a libuv loop of ours (libwebsockets' libuv plug-in).
 *
 *  The context has no vhost: whoever needs one (broker/alpaca/stream.c for its client, the gateway for its server)
 *  makes it with lws_create_vhost, with its own protocols. Threads: the loop's only.
 */
#ifndef LWS_LOOP_H
#define LWS_LOOP_H

#include "messages/error.h"

#include <stdbool.h>
#include <uv.h>

struct lws_context;

/*  max_sockets: connections at one time. tls: it will speak TLS; each context that may makes libwebsockets set up OpenSSL
 *  anew for all of the process, so one that need not must not. The loop is borrowed. NULL: problem says why (the plug-in comes with the
 *  package libwebsockets-evlib-uv). libwebsockets' own log is switched off: it could show what is sent. */
struct lws_context *lws_loop_new (uv_loop_t *loop, unsigned int max_sockets, bool tls, problem_t *problem);
/*  Closes every connection, turning the loop until libwebsockets has let go of it (bounded). Not from a callback. */
void lws_loop_destroy (struct lws_context **self_p, uv_loop_t *loop);

#endif
