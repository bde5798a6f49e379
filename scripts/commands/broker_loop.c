/*  broker_loop.c: see broker_loop.h. */
#include "scripts/commands/broker_loop.h"

#include "actors/host/lws_loop.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#define STREAM_SOCKETS 4
#define CLOSING_TURNS 1000

static int64_t utc_now (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static const char *unless_empty (const char *text)
{
    return *text ? text : NULL;
}

static int open_broker (
    broker_loop_t *self, const settings_t *settings, const broker_loop_config_t *config, problem_t *problem)
{
    const alpaca_options_t options = {
        .base_url = settings_base_url (settings),
        .stream_url = unless_empty (settings_text (settings, SETTING_ALPACA_STREAM_URL)),
        .ca_file = unless_empty (settings_text (settings, SETTING_ALPACA_CA_FILE)),
        .max_accounts = config->accounts,
        .max_calls = config->accounts,
        .timeout_ns = settings_ns (settings, SETTING_REQUEST_TIMEOUT),
        .curl_multi = curl_loop_multi (self->curl),
        .lws_context = self->lws,
        .uv_loop = &self->loop,
        .answer = config->answer,
        .stream = config->stream,
        .update = config->update,
        .context = config->context,
        .utc_now = utc_now,
    };
    self->broker = alpaca_new (&options, problem);
    if (!self->broker)
        return -problem->code;
    curl_loop_set_ready (self->curl, alpaca_on_transfers, self->broker);
    return 0;
}

int broker_loop_open (
    broker_loop_t *self, const settings_t *settings, const broker_loop_config_t *config, problem_t *problem)
{
    assert (self && settings && config && config->accounts > 0 && config->answer && problem);
    memset (self, 0, sizeof *self);
    int rc = uv_loop_init (&self->loop);
    assert (rc == 0); /*  no memory or no descriptors at the start of a command */
    uv_timer_init (&self->loop, &self->timer);
    self->curl = curl_loop_new (&self->loop, problem);
    if (!self->curl)
        return -problem->code;
    if (config->streams) {
        self->lws = lws_loop_new (&self->loop, STREAM_SOCKETS, true, problem);
        if (!self->lws)
            return -problem->code;
    }
    return open_broker (self, settings, config, problem);
}

void broker_loop_done (broker_loop_t *self)
{
    assert (self);
    uv_stop (&self->loop);
}

static void on_time (uv_timer_t *timer)
{
    uv_stop (timer->loop);
}

void broker_loop_wait (broker_loop_t *self, uint64_t timeout_ms)
{
    assert (self && self->broker);
    uv_update_time (&self->loop);
    uv_timer_start (&self->timer, on_time, timeout_ms, 0);
    uv_run (&self->loop, UV_RUN_DEFAULT);
    uv_timer_stop (&self->timer);
}

void broker_loop_close (broker_loop_t *self)
{
    assert (self);
    uv_close ((uv_handle_t *) &self->timer, NULL);
    if (self->broker)
        self->broker->ops->destroy (&self->broker);
    if (self->lws)
        lws_loop_destroy (&self->lws, &self->loop);
    if (self->curl)
        curl_loop_destroy (&self->curl);
    for (int turns = 0; turns < CLOSING_TURNS && uv_loop_close (&self->loop) == UV_EBUSY; turns++) {
        (void) uv_run (&self->loop, UV_RUN_NOWAIT);
        if (turns > 0)
            uv_sleep (1); /*  a look-up that a thread is at ends when it ends */
    }
}
