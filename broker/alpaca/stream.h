/*  stream.h: the trading stream (trade_updates) of accounts, over libwebsockets on the caller's loop.
 *
 *  One open is one attempt: resolve, connect, shake hands, authenticate, await the reply, listen, await the reply. (If a
 *  name has several addresses, the next one is tried while nothing has been sent to any.) It ends with exactly one of
 *  DOWN, REFUSED and BAD_KEYS, or silently with stream_close. A ping leaves every 10 s, 30 s without a sign of life are
 *  DOWN; so are 10 s without an answer to auth or listen (the "authorised but mute" socket of alpaca-api.md section 8).
 */
#ifndef BROKER_ALPACA_STREAM_H
#define BROKER_ALPACA_STREAM_H

#include "broker/alpaca/keys.h"

#include "broker/broker.h"

typedef struct streams streams_t;

typedef struct {
    void *lws_context;
    void *uv_loop;
    const char *url;     /*  ws[s]://host[:port]/path; copied */
    const char *ca_file; /*  NULL = the system's; read by streams_new only */
    uint32_t max_accounts;
    int64_t reply_timeout_ns; /*  to auth and to listen; 0 = 10 s */
    broker_stream_fn *on_state;
    broker_update_fn *on_update;
    void *context;
} streams_options_t;

typedef struct {
    uint64_t frames;
    uint64_t malformed;
    char last_malformed[REASON_MAX];
} streams_counts_t;

streams_t *streams_new (const streams_options_t *options, problem_t *problem);
void streams_destroy (streams_t **self_p); /*  not from inside a callback */

/*  Takes its own reference of keys. Replaces a stream that is open. -ERR_RANGE, -ERR_MEMORY. */
int streams_open (streams_t *self, uint32_t account, keys_t *keys);
void streams_close (streams_t *self, uint32_t account);
void streams_counts (const streams_t *self, streams_counts_t *counts);

#endif
