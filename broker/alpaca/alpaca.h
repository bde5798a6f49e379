/*  alpaca.h: the port broker/broker.h for Alpaca's Trading API (alpaca-api.md): REST over libcurl, the trading stream
 *  over libwebsockets, both on the caller's loop.
 *
 *  Threads: everything on the loop's thread. Calls: a call leaves at once if a connection is free; the port makes no
 *  second attempt, whatever happens (on_request_start in rest.c; the order channel has none to make). Open orders and fills are read page by page, each page
 *  with the call's timeout.
 *
 *  Secrets: the keys of all accounts stand in one locked region that core dumps leave out, already in the form of
 *  their header lines; a slot is wiped when it is closed and its last call is over. libcurl copies the header lines
 *  into its request buffer (heap, freed unwiped), OpenSSL into its; libwebsockets never holds them
 *  longer than the write of the auth frame, whose buffer is wiped.
 */
#ifndef BROKER_ALPACA_H
#define BROKER_ALPACA_H

#include "broker/broker.h"

typedef struct {
    const char *base_url;   /*  https://paper-api.alpaca.markets; http:// for a simulator */
    const char *data_url;   /*  NULL = https://data.alpaca.markets, or base_url where that is not Alpaca's */
    const char *stream_url; /*  NULL = base_url with wss (ws) and /stream */
    const char *ca_file;    /*  PEM; NULL = the system's authorities */
    uint32_t max_accounts;  /*  1 .. 65,536 */
    /*  to the broker at one time; 0 = 64; with an order channel, as many for orders and as many for the rest */
    uint32_t max_connections;
    uint32_t max_calls;         /*  under way at one time; 0 = 4,096 */
    int64_t timeout_ns;         /*  of a call that names none; 0 = 10 s */
    int64_t connect_timeout_ns; /*  0 = 5 s */
    int64_t user_timeout_ns;    /*  TCP_USER_TIMEOUT: below the shard's lease (P6); 0 = the system's */
    int64_t reply_timeout_ns;   /*  of the stream, to auth and to listen; 0 = 10 s */
    bool order_channel; /*  orders go over channel.h, on connections opened beforehand; needs uv_loop */
    /*  CURLM * of actors/host/curl_loop.h; its ready function must be alpaca_on_transfers */
    void *curl_multi;
    /*  struct lws_context * of actors/host/lws_loop.h; NULL = stream_open is -ERR_SETTING */
    void *lws_context;
    /*  uv_loop_t *: resolves hosts off the loop's thread; needed with lws_context and order_channel */
    void *uv_loop;
    broker_answer_fn *answer;
    broker_stream_fn *stream; /*  may be NULL without lws_context, like update */
    broker_update_fn *update;
    void *context;             /*  of the three */
    int64_t (*utc_now) (void); /*  UTC in ns */
} alpaca_options_t;

/*  Everything but the handles is copied. NULL: problem names the option. The result is destroyed by its ops: pending
 *  calls then get no answer, streams no further state; the loop must turn once more before it is closed. Not from
 *  inside a callback. */
broker_t *alpaca_new (const alpaca_options_t *options, problem_t *problem);

/*  curl_loop_ready_fn: gives out the answers of finished transfers. context is the broker_t *. */
void alpaca_on_transfers (void *context);

/*  Since the start; for the log and the metrics. */
typedef struct {
    uint64_t requests;            /*  given to libcurl or the order channel */
    uint64_t connections;         /*  opened by them */
    uint64_t channel_ready;       /*  the order channel's, open and fit for orders now */
    uint64_t channel_allocations; /*  blocks it asked of the heap for orders and HTTP/2 */
    uint64_t repeats_prevented;   /*  libcurl wanted to send a request a second time */
    uint64_t frames;              /*  whole stream frames */
    uint64_t frames_malformed;    /*  not understood and passed over: last_malformed says why */
    char last_malformed[REASON_MAX];
} alpaca_counts_t;
void alpaca_counts (const broker_t *broker, alpaca_counts_t *counts);

#endif
