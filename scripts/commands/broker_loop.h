/*  broker_loop.h: the broker's port on a libuv loop of its own, for commands that ask and wait. One thread. */
#ifndef BROKER_LOOP_H
#define BROKER_LOOP_H

#include "actors/host/curl_loop.h"
#include "actors/host/settings.h"
#include "broker/alpaca/alpaca.h"

typedef struct {
    uint32_t accounts;
    bool streams; /*  trading streams are wanted too */
    broker_answer_fn *answer;
    broker_stream_fn *stream; /*  with streams only */
    broker_update_fn *update;
    void *context;
} broker_loop_config_t;

typedef struct {
    uv_loop_t loop;
    uv_timer_t timer;
    curl_loop_t *curl;
    struct lws_context *lws;
    broker_t *broker;
} broker_loop_t;

/*  0 or -ERR_*: then broker_loop_close is still to be called. */
int broker_loop_open (
    broker_loop_t *self, const settings_t *settings, const broker_loop_config_t *config, problem_t *problem);
/*  Runs until broker_loop_done, or the time is over. */
void broker_loop_wait (broker_loop_t *self, uint64_t timeout_ms);
void broker_loop_done (broker_loop_t *self);
/*  Calls under way end without an answer. */
void broker_loop_close (broker_loop_t *self);

#endif
