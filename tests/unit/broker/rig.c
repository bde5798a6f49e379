/*  rig.c: the host's glue around the port, as small as it can be. */
#include "tests/unit/broker/rig.h"

#include "actors/host/curl_loop.h"
#include "actors/host/lws_loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS 5000

bool rig_order_channel = false;

struct rig {
    uv_loop_t loop;
    uv_timer_t timer; /*  so that a turn ends */
    curl_loop_t *curl;
    struct lws_context *lws;
    broker_t *broker;
    rig_log_t log;
};

static int64_t utc_now (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void on_answer (void *context, const broker_answer_t *answer)
{
    rig_log_t *log = &((rig_t *) context)->log;
    assert_true (log->answer_count < RIG_ANSWERS_MAX);
    log->answers[log->answer_count++] = *answer;
    if (answer->orders && answer->count > 0) {
        log->first_order = answer->orders[0];
        log->last_order = answer->orders[answer->count - 1];
    }
    if (answer->activities && answer->count > 0)
        log->last_activity = answer->activities[answer->count - 1];
    if (answer->positions && answer->count > 0)
        log->first_position = answer->positions[0];
}

static void on_state (void *context, broker_stream_state_t state, const char *reason)
{
    rig_log_t *log = &((rig_t *) context)->log;
    assert_true (log->state_count < RIG_STATES_MAX);
    log->states[log->state_count++] = state;
    (void) snprintf (log->reason, sizeof log->reason, "%s", reason);
}

static void on_update (void *context, const trade_update_t *update)
{
    rig_t *self = context;
    assert_true (self->log.update_count < RIG_UPDATES_MAX);
    self->log.updates[self->log.update_count++] = *update;
    if (self->log.on_update)
        self->log.on_update (self);
}

static void on_timer (uv_timer_t *timer)
{
    (void) timer;
}

rig_t *rig_new (const char *url, const alpaca_options_t *options)
{
    rig_t *self = calloc (1, sizeof *self);
    problem_t problem = {0};
    alpaca_options_t all = {.max_accounts = 4};
    assert_non_null (self);
    if (options)
        all = *options;
    assert_int_equal (uv_loop_init (&self->loop), 0);
    assert_int_equal (uv_timer_init (&self->loop, &self->timer), 0);
    self->curl = curl_loop_new (&self->loop, &problem);
    self->lws = lws_loop_new (&self->loop, 16, true, &problem);
    assert_non_null (self->curl);
    assert_non_null (self->lws);
    all.base_url = url;
    all.order_channel = rig_order_channel;
    all.curl_multi = curl_loop_multi (self->curl);
    all.lws_context = self->lws;
    all.uv_loop = &self->loop;
    all.answer = on_answer;
    all.stream = on_state;
    all.update = on_update;
    all.context = self;
    all.utc_now = utc_now;
    self->broker = alpaca_new (&all, &problem);
    if (!self->broker)
        fail_msg ("%s: %s", problem.where, problem.detail);
    curl_loop_set_ready (self->curl, alpaca_on_transfers, self->broker);
    const broker_keys_t keys = {RIG_KEY, RIG_SECRET};
    assert_int_equal (self->broker->ops->account_open (self->broker, 0, &keys), 0);
    return self;
}

void rig_destroy (rig_t **self_p)
{
    rig_t *self = *self_p;
    *self_p = NULL;
    self->broker->ops->destroy (&self->broker);
    assert_null (self->broker);
    curl_loop_destroy (&self->curl);
    uv_close ((uv_handle_t *) &self->timer, NULL);
    lws_loop_destroy (&self->lws, &self->loop);
    /*  a look-up that a thread is at cannot be cancelled: it ends when it ends, and the loop with it */
    for (int turn = 0; turn < PATIENCE_MS && uv_run (&self->loop, UV_RUN_NOWAIT) != 0; turn++)
        uv_sleep (1);
    assert_int_equal (uv_loop_close (&self->loop), 0); /*  nothing was left open */
    free (self);
}

broker_t *rig_broker (rig_t *self)
{
    return self->broker;
}

rig_log_t *rig_log (rig_t *self)
{
    return &self->log;
}

void rig_call (rig_t *self, call_kind_t kind, uint64_t token, const char *key)
{
    broker_call_t call = {.kind = kind, .token = token};
    (void) snprintf (call.key, sizeof call.key, "%s", key);
    assert_int_equal (self->broker->ops->call (self->broker, &call), 0);
}

void rig_submit (rig_t *self, uint64_t token)
{
    broker_call_t call = {.kind = CALL_SUBMIT, .token = token};
    (void) snprintf (call.request.client_order_id, sizeof call.request.client_order_id, "tc1-abc-o1");
    (void) snprintf (call.request.symbol, sizeof call.request.symbol, "AAPL");
    call.request.qty_e9 = INT64_C (10000000000);
    assert_int_equal (self->broker->ops->call (self->broker, &call), 0);
}

void rig_turn (rig_t *self, int ms)
{
    uv_timer_start (&self->timer, on_timer, (uint64_t) ms, 0);
    uv_run (&self->loop, UV_RUN_ONCE);
}

void rig_until_answers (rig_t *self, size_t count)
{
    int64_t end_ns = utc_now () + PATIENCE_MS * INT64_C (1000000);
    while (self->log.answer_count < count) {
        if (utc_now () > end_ns)
            fail_msg ("%zu answers came, %zu were expected", self->log.answer_count, count);
        rig_turn (self, 50);
    }
}

void rig_until_updates (rig_t *self, size_t count)
{
    int64_t end_ns = utc_now () + PATIENCE_MS * INT64_C (1000000);
    while (self->log.update_count < count) {
        if (utc_now () > end_ns)
            fail_msg ("%zu updates came, %zu were expected", self->log.update_count, count);
        rig_turn (self, 50);
    }
}

void rig_until_state (rig_t *self, broker_stream_state_t state)
{
    int64_t end_ns = utc_now () + PATIENCE_MS * INT64_C (1000000);
    while (self->log.state_count == 0 || self->log.states[self->log.state_count - 1] != state) {
        if (utc_now () > end_ns)
            fail_msg ("state %d was expected, last reason: %s", (int) state, self->log.reason);
        rig_turn (self, 50);
    }
}
