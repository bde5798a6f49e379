/*  probe.c: broker/alpaca on a loop of its own: one GET account each, then the master's stream. */
#include "scripts/commands/probe.h"

#include "scripts/commands/broker_loop.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    broker_loop_t on;
    probe_t *probes;
    size_t count;
    size_t left;
    uint32_t streaming; /*  index of the account whose stream is tried; count = none */
} run_t;

static void finish (run_t *self, probe_t *probe, probe_state_t state, const char *detail)
{
    if (probe->state != PROBE_OPEN)
        return;
    probe->state = state;
    snprintf (probe->detail, sizeof probe->detail, "%s", detail);
    assert (self->left > 0);
    if (--self->left == 0)
        broker_loop_done (&self->on);
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
    else if (self->on.broker->ops->stream_open (self->on.broker, answer->account) != 0)
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

static int ask (run_t *self, size_t index, const credentials_t *keys)
{
    const broker_keys_t borrowed = {.key_id = keys->key_id, .secret = keys->secret};
    const broker_call_t call = {.kind = CALL_ACCOUNT, .account = (uint32_t) index};
    int rc = self->on.broker->ops->account_open (self->on.broker, (uint32_t) index, &borrowed);
    return rc ? rc : self->on.broker->ops->call (self->on.broker, &call);
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
    broker_loop_wait (&self->on, timeout_ms * (2 + self->count / 64));
    for (size_t i = 0; i < self->count; i++)
        finish (self, &self->probes[i], PROBE_UNREACHABLE, "no answer within the time");
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
    const broker_loop_config_t config = {.accounts = (uint32_t) count,
        .streams = self.streaming < count,
        .answer = on_answer,
        .stream = on_stream,
        .update = on_update,
        .context = &self};
    int rc = broker_loop_open (&self.on, settings, &config, problem);
    if (rc == 0)
        rc = ask_all (&self, keys, context, problem);
    if (rc == 0)
        wait_for_all (&self, settings);
    if (self.on.broker && self.streaming < count)
        self.on.broker->ops->stream_close (self.on.broker, self.streaming);
    broker_loop_close (&self.on);
    return rc;
}
