/*  probe.c: broker/alpaca on a loop of its own: one GET account each, then the master's stream. */
#include "scripts/commands/probe.h"

#include "actors/host/curl_loop.h"
#include "actors/host/lws_loop.h"
#include "broker/alpaca/alpaca.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct {
    uv_loop_t loop;
    uv_timer_t timer;
    curl_loop_t *curl;
    struct lws_context *lws;
    broker_t *broker;
    probe_t *probes;
    size_t count;
    size_t left;
    uint32_t streaming; /*  index of the account whose stream is tried; count = none */
} run_t;

static int64_t utc_now (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void finish (run_t *self, probe_t *probe, probe_state_t state, const char *detail)
{
    if (probe->state != PROBE_OPEN)
        return;
    probe->state = state;
    snprintf (probe->detail, sizeof probe->detail, "%s", detail);
    assert (self->left > 0);
    if (--self->left == 0)
        uv_stop (&self->loop);
}

static void on_account (run_t *self, probe_t *probe, const broker_answer_t *answer)
{
    const account_t *account = &answer->account_state;
    snprintf (probe->status, sizeof probe->status, "%s", account->status);
    probe->equity_e9 = account->equity_e9;
    if (strcmp (account->status, "ACTIVE") != 0)
        finish (self, probe, PROBE_REFUSED, "the account is not ACTIVE");
    else if (account->account_blocked || account->trading_blocked || account->suspended_by_user)
        finish (self, probe, PROBE_REFUSED, "trading is blocked on this account");
    else if (!probe->stream)
        finish (self, probe, PROBE_GOOD, "");
    else if (self->broker->ops->stream_open (self->broker, answer->account) != 0)
        finish (self, probe, PROBE_FAILED, "the trading stream cannot be tried");
}

static void on_answer (void *context, const broker_answer_t *answer)
{
    run_t *self = context;
    assert (answer->account < self->count);
    probe_t *probe = &self->probes[answer->account];
    char detail[REASON_MAX];
    probe->latency_ns = answer->sent_at_ns ? answer->answered_at_ns - answer->sent_at_ns : 0;
    snprintf (detail, sizeof detail, "HTTP %d%s%.100s", answer->http_status, *answer->message ? ": " : "",
        answer->message);
    switch (answer->kind) {
    case ANSWER_OK: on_account (self, probe, answer); break;
    case ANSWER_AUTH: finish (self, probe, PROBE_REFUSED, detail); break;
    case ANSWER_UNKNOWN:
    case ANSWER_NOT_SENT:
        finish (self, probe, PROBE_UNREACHABLE, answer->http_status ? detail : answer->message);
        break;
    default: finish (self, probe, PROBE_FAILED, detail); break;
    }
}

static void on_stream (void *context, broker_stream_state_t state, const char *reason)
{
    run_t *self = context;
    char detail[REASON_MAX];
    if (self->streaming >= self->count)
        return;
    probe_t *probe = &self->probes[self->streaming];
    snprintf (detail, sizeof detail, "trading stream: %.120s", reason && *reason ? reason : "closed");
    if (state == BROKER_STREAM_LISTENING)
        finish (self, probe, PROBE_GOOD, "");
    else if (state == BROKER_STREAM_BAD_KEYS)
        finish (self, probe, PROBE_REFUSED, detail);
    else if (state == BROKER_STREAM_DOWN || state == BROKER_STREAM_REFUSED)
        finish (self, probe, PROBE_UNREACHABLE, detail);
}

static void on_update (void *context, const trade_update_t *update)
{
    (void) context;
    (void) update;
}

static void on_time (uv_timer_t *timer)
{
    uv_stop (timer->loop);
}

static const char *unless_empty (const char *text)
{
    return *text ? text : NULL;
}

static int open_broker (run_t *self, const settings_t *settings, problem_t *problem)
{
    self->curl = curl_loop_new (&self->loop, problem);
    if (!self->curl)
        return -problem->code;
    if (self->streaming < self->count) {
        self->lws = lws_loop_new (&self->loop, 4, problem);
        if (!self->lws)
            return -problem->code;
    }
    const alpaca_options_t options = {
        .base_url = settings_base_url (settings),
        .stream_url = unless_empty (settings_text (settings, SETTING_ALPACA_STREAM_URL)),
        .ca_file = unless_empty (settings_text (settings, SETTING_ALPACA_CA_FILE)),
        .max_accounts = (uint32_t) self->count,
        .max_calls = (uint32_t) self->count,
        .timeout_ns = settings_ns (settings, SETTING_REQUEST_TIMEOUT),
        .curl_multi = curl_loop_multi (self->curl),
        .lws_context = self->lws,
        .uv_loop = &self->loop,
        .answer = on_answer,
        .stream = on_stream,
        .update = on_update,
        .context = self,
        .utc_now = utc_now,
    };
    self->broker = alpaca_new (&options, problem);
    if (!self->broker)
        return -problem->code;
    curl_loop_set_ready (self->curl, alpaca_on_transfers, self->broker);
    return 0;
}

static int ask (run_t *self, size_t index, const credentials_t *keys)
{
    const broker_keys_t borrowed = {.key_id = keys->key_id, .secret = keys->secret};
    const broker_call_t call = {.kind = CALL_ACCOUNT, .account = (uint32_t) index};
    int rc = self->broker->ops->account_open (self->broker, (uint32_t) index, &borrowed);
    return rc ? rc : self->broker->ops->call (self->broker, &call);
}

static int ask_all (run_t *self, probe_keys_fn *keys, void *context, problem_t *problem)
{
    int rc = 0;
    credentials_t *credentials = credentials_new ();
    if (!credentials)
        return problem_set (problem, ERR_MEMORY, "test-connection", "cannot lock memory for the keys");
    for (size_t i = 0; rc == 0 && i < self->count; i++) {
        rc = keys (context, i, credentials, problem);
        if (rc == 0 && ask (self, i, credentials) != 0)
            rc = problem_set (problem, ERR_FULL, self->probes[i].id, "the request could not be made");
    }
    credentials_destroy (&credentials);
    return rc;
}

/*  The whole of it: a request has its own timeout, and many queue behind 64 connections. */
static void wait_for_all (run_t *self, const settings_t *settings)
{
    uint64_t timeout_ms = (uint64_t) (settings_ns (settings, SETTING_REQUEST_TIMEOUT) / 1000000);
    uv_timer_init (&self->loop, &self->timer);
    uv_timer_start (&self->timer, on_time, timeout_ms * (2 + self->count / 64), 0);
    uv_run (&self->loop, UV_RUN_DEFAULT);
    uv_timer_stop (&self->timer);
    uv_close ((uv_handle_t *) &self->timer, NULL);
    for (size_t i = 0; i < self->count; i++)
        finish (self, &self->probes[i], PROBE_UNREACHABLE, "no answer within the time");
}

static void close_broker (run_t *self)
{
    if (self->broker && self->streaming < self->count)
        self->broker->ops->stream_close (self->broker, self->streaming);
    if (self->broker)
        self->broker->ops->destroy (&self->broker);
    if (self->lws)
        lws_loop_destroy (&self->lws, &self->loop);
    if (self->curl)
        curl_loop_destroy (&self->curl);
    for (int turns = 0; turns < 100 && uv_loop_close (&self->loop) == UV_EBUSY; turns++)
        uv_run (&self->loop, UV_RUN_NOWAIT);
}

int probe_run (const settings_t *settings, probe_t *probes, size_t count, probe_keys_fn *keys, void *context,
    problem_t *problem)
{
    assert (settings && probes && count > 0 && count <= PROBE_MAX && keys && problem);
    run_t self = {.probes = probes, .count = count, .left = count, .streaming = (uint32_t) count};
    for (size_t i = 0; i < count; i++) {
        probes[i].state = PROBE_OPEN;
        if (probes[i].stream)
            self.streaming = (uint32_t) i;
    }
    if (uv_loop_init (&self.loop) != 0)
        return problem_set (problem, ERR_IO, "test-connection", "no event loop");
    int rc = open_broker (&self, settings, problem);
    if (rc == 0)
        rc = ask_all (&self, keys, context, problem);
    if (rc == 0)
        wait_for_all (&self, settings);
    close_broker (&self);
    return rc;
}
