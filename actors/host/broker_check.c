/*  broker_check.c: one call to the account over the same port that the actors use. */
#include "actors/host/broker_check.h"

#include "actors/host/clock.h"
#include "actors/host/curl_loop.h"
#include "broker/alpaca/alpaca.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uv_loop_t loop;
    answer_kind_t kind;
    int http_status;
    bool answered;
    bool blocked;
    char message[REASON_MAX];
} broker_check_t;

static void on_answer (void *context, const broker_answer_t *answer)
{
    broker_check_t *self = (broker_check_t *) context;
    self->kind = answer->kind;
    self->http_status = answer->http_status;
    self->blocked = answer->kind == ANSWER_OK && answer->account_state.account_blocked;
    memcpy (self->message, answer->message, sizeof self->message);
    self->answered = true;
    clock_note_date (answer->broker_date_ns);
    uv_stop (&self->loop);
}

static int ask (broker_check_t *self, const alpaca_options_t *options, curl_loop_t *curl,
    const credentials_t *credentials, problem_t *problem)
{
    broker_keys_t keys = {.key_id = credentials->key_id, .secret = credentials->secret};
    broker_call_t call;
    broker_t *broker = alpaca_new (options, problem);
    int rc;
    if (!broker)
        return -ERR_SETTING;
    curl_loop_set_ready (curl, alpaca_on_transfers, broker);
    memset (&call, 0, sizeof call);
    call.kind = CALL_ACCOUNT;
    rc = broker->ops->account_open (broker, 0, &keys);
    if (rc == 0)
        rc = broker->ops->call (broker, &call);
    while (rc == 0 && !self->answered)
        (void) uv_run (&self->loop, UV_RUN_DEFAULT);
    broker->ops->destroy (&broker);
    return rc;
}

static int judge (const broker_check_t *self, const char *url, const char *account_id, problem_t *problem)
{
    switch (self->kind) {
    case ANSWER_AUTH:
        return problem_set (problem, ERR_BROKER, url, "the keys of %s are refused (%d %s)", account_id,
            self->http_status, self->message);
    case ANSWER_UNKNOWN:
    case ANSWER_NOT_SENT:
        if (self->http_status > 0)
            return 0; /*  it is there, and not well: the actors cope with that */
        return problem_set (problem, ERR_UNREACHABLE, url, "the broker does not answer: %s", self->message);
    default: break;
    }
    if (self->blocked)
        return problem_set (problem, ERR_BROKER, url, "the account of %s is blocked", account_id);
    return 0;
}

static int run_check (
    broker_check_t *self, const settings_t *settings, const credentials_t *credentials, problem_t *problem)
{
    const char *ca_file = settings_text (settings, SETTING_ALPACA_CA_FILE);
    alpaca_options_t options = {.base_url = settings_base_url (settings),
        .ca_file = *ca_file ? ca_file : NULL,
        .max_accounts = 1,
        .max_connections = 1,
        .timeout_ns = settings_ns (settings, SETTING_REQUEST_TIMEOUT),
        .uv_loop = &self->loop,
        .answer = on_answer,
        .context = self,
        .utc_now = clock_utc_ns};
    curl_loop_t *curl = curl_loop_new (&self->loop, problem);
    int rc;
    if (!curl)
        return -ERR_MEMORY;
    options.curl_multi = curl_loop_multi (curl);
    rc = ask (self, &options, curl, credentials, problem);
    curl_loop_destroy (&curl);
    return rc;
}

int broker_check (
    const settings_t *settings, const char *account_id, const credentials_t *credentials, problem_t *problem)
{
    broker_check_t *self;
    int rc;
    assert (settings && account_id && credentials);
    self = (broker_check_t *) calloc (1, sizeof *self);
    if (!self || uv_loop_init (&self->loop) != 0) {
        free (self);
        return problem_set (problem, ERR_MEMORY, "broker", "no memory");
    }
    rc = run_check (self, settings, credentials, problem);
    while (uv_run (&self->loop, UV_RUN_DEFAULT) != 0)
        ;
    (void) uv_loop_close (&self->loop);
    if (rc == 0)
        rc = judge (self, settings_base_url (settings), account_id, problem);
    free (self);
    return rc;
}
