/*  port_trading.c: effects to the broker's port, its answers to events. */
#include "actors/host/port_trading.h"

#include "actors/host/clock.h"
#include "actors/host/curl_loop.h"
#include "actors/host/log.h"
#include "actors/host/lws_loop.h"
#include "actors/host/wire_near.h"
#include "broker/alpaca/alpaca.h"
#include "messages/stage.h"
#include "messages/text.h"
#include "storage/vault.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_SOCKETS 16
#define USER_TIMEOUT_NS                                                                                      \
    INT64_C (1800000000) /*  below a shard's lease (P6): what was not acknowledged dies before */
#define CALLS_MIN 4096   /*  of which only the connections limit how many are on the wire at a time */

typedef struct {
    actor_host_t *host;
    vault_t *vault;
    curl_loop_t *curl;
    struct lws_context *lws; /*  NULL without a stream */
    broker_t *broker;
} port_trading_t;

static void on_answer (void *context, const broker_answer_t *answer)
{
    port_trading_t *self = (port_trading_t *) context;
    event_t event = {.kind = EVENT_BROKER_ANSWER, .answer = answer};
    clock_note_date (answer->broker_date_ns);
    actor_host_event (self->host, &event);
}

static void on_stream (void *context, broker_stream_state_t state, const char *reason)
{
    port_trading_t *self = (port_trading_t *) context;
    actor_host_post_stream (self->host, (stream_phase_t) state, reason);
}

static void on_update (void *context, const trade_update_t *update)
{
    port_trading_t *self = (port_trading_t *) context;
    event_t event = {.kind = EVENT_TRADE_UPDATE, .update = update};
    stage_mark (STAGE_PARSED);
    actor_host_event (self->host, &event);
    wire_near_serve (actor_host_loop (self->host)); /*  not after all that is left to do for this socket */
}

static void open_account (port_trading_t *self, const effect_t *effect, const uint8_t *sealed)
{
    problem_t problem = {0};
    char line[512];
    credentials_t *credentials = credentials_new ();
    int rc = credentials
                 ? vault_open (self->vault, effect->account_id, sealed, effect->size, credentials, &problem)
                 : problem_set (&problem, ERR_MEMORY, effect->account_id, "no locked memory for its keys");
    if (rc == 0) {
        broker_keys_t keys = {.key_id = credentials->key_id, .secret = credentials->secret};
        rc = self->broker->ops->account_open (self->broker, effect->account, &keys);
        if (rc != 0)
            (void) problem_set (&problem, -rc, effect->account_id, "the broker's port cannot take its keys");
    }
    credentials_destroy (&credentials);
    if (rc == 0)
        return;
    /*  its calls will be answered as not authorized: the core goes on with the others */
    self->broker->ops->account_close (self->broker, effect->account);
    actor_host_alert (self->host, ALERT_RAISED_KIND_BAD_KEYS, effect->account_id,
        problem_line (&problem, line, sizeof line));
}

static void call (port_trading_t *self, const broker_call_t *what)
{
    broker_answer_t answer;
    if (what->kind == CALL_SUBMIT)
        stage_mark (STAGE_DECIDED);
    int rc = self->broker->ops->call (self->broker, what);
    if (rc == 0)
        return;
    /*  no answer will come by itself: nothing was sent */
    memset (&answer, 0, sizeof answer);
    answer.call = what->kind;
    answer.kind = ANSWER_NOT_SENT;
    answer.account = what->account;
    answer.token = what->token;
    TEXT_SET (answer.message, error_text (rc));
    actor_host_post_answer (self->host, &answer);
}

static void carry (void *context, const effect_t *effect, const uint8_t *bytes)
{
    port_trading_t *self = (port_trading_t *) context;
    const broker_ops_t *ops = self->broker->ops;
    int rc;
    switch (effect->kind) {
    case EFFECT_CALL: call (self, &effect->call); break;
    case EFFECT_OPEN_ACCOUNT: open_account (self, effect, bytes); break;
    case EFFECT_CLOSE_ACCOUNT: ops->account_close (self->broker, effect->account); break;
    case EFFECT_OPEN_STREAM:
        rc = ops->stream_open (self->broker, effect->account);
        if (rc != 0)
            actor_host_post_stream (self->host, STREAM_DOWN, error_text (rc));
        break;
    case EFFECT_CLOSE_STREAM: ops->stream_close (self->broker, effect->account); break;
    default:
        log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "effect_refused", "%d", (int) effect->kind);
    }
}

static void port_close (void *context)
{
    port_trading_t *self = (port_trading_t *) context;
    if (self->broker)
        self->broker->ops->destroy (&self->broker);
    if (self->lws)
        lws_loop_destroy (&self->lws, actor_host_loop (self->host));
    curl_loop_destroy (&self->curl);
}

static void port_destroy (void **context_p)
{
    port_trading_t *self = (port_trading_t *) *context_p;
    vault_destroy (&self->vault);
    free (self);
    *context_p = NULL;
}

static int open_vault (port_trading_t *self, const settings_t *settings, problem_t *problem)
{
    char key[SETTINGS_KEY_TEXT_MAX];
    int rc = settings_encryption_key (settings, key, problem);
    if (rc == 0)
        rc = vault_new (&self->vault, key, problem);
    sodium_memzero (key, sizeof key);
    return rc;
}

static int open_broker (
    port_trading_t *self, const settings_t *settings, const port_trading_config_t *config, problem_t *problem)
{
    uv_loop_t *loop = actor_host_loop (self->host);
    alpaca_options_t options = {.base_url = settings_base_url (settings),
        .max_accounts = config->max_accounts,
        .max_connections = (uint32_t) settings_int (settings, SETTING_MAX_CONNECTIONS),
        .max_calls = CALLS_MIN,
        .timeout_ns = settings_ns (settings, SETTING_REQUEST_TIMEOUT),
        .user_timeout_ns = USER_TIMEOUT_NS,
        .order_channel = !config->stream, /*  a listener sends no orders */
        .uv_loop = loop,
        .answer = on_answer,
        .stream = on_stream,
        .update = on_update,
        .context = self,
        .utc_now = clock_utc_ns};
    const char *data_url = settings_text (settings, SETTING_ALPACA_DATA_URL);
    const char *stream_url = settings_text (settings, SETTING_ALPACA_STREAM_URL);
    const char *ca_file = settings_text (settings, SETTING_ALPACA_CA_FILE);

    if (settings_given (settings, SETTING_ALPACA_DATA_URL) && *data_url)
        options.data_url = data_url;
    options.stream_url = *stream_url ? stream_url : NULL;
    options.ca_file = *ca_file ? ca_file : NULL;
    if (options.max_calls < 2 * config->max_accounts)
        options.max_calls = 2 * config->max_accounts; /*  equity and positions of everybody at the start */
    self->curl = curl_loop_new (loop, problem);
    if (!self->curl)
        return -ERR_MEMORY;
    if (config->stream) {
        self->lws = lws_loop_new (loop, STREAM_SOCKETS, true, problem);
        if (!self->lws)
            return -ERR_MEMORY;
    }
    options.curl_multi = curl_loop_multi (self->curl);
    options.lws_context = self->lws;
    self->broker = alpaca_new (&options, problem);
    if (!self->broker)
        return -ERR_SETTING;
    curl_loop_set_ready (self->curl, alpaca_on_transfers, self->broker);
    return 0;
}

int port_trading_new (actor_port_t *port, actor_host_t *host, const settings_t *settings,
    const port_trading_config_t *config, problem_t *problem)
{
    port_trading_t *self;
    void *context;
    int rc;
    assert (port && host && settings && config && config->max_accounts > 0);
    self = (port_trading_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, actor_host_name (host), "no memory");
    self->host = host;
    rc = open_vault (self, settings, problem);
    if (rc == 0)
        rc = open_broker (self, settings, config, problem);
    if (rc != 0) {
        context = self;
        port_close (self);
        port_destroy (&context);
        return rc;
    }
    *port = (actor_port_t){.context = self, .carry = carry, .close = port_close, .destroy = port_destroy};
    return 0;
}
