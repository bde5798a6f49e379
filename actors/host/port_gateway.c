/*  port_gateway.c: between the core and HTTP. */
#include "actors/host/port_gateway.h"

#include "actors/host/clock.h"
#include "actors/host/gateway_change.h"
#include "actors/host/gateway_http.h"
#include "actors/host/gateway_listen.h"
#include "actors/host/gateway_token.h"
#include "actors/host/log.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTENS_MAX 2

typedef struct {
    setting_t setting;
    const char *name;
    int port; /*  0 = not */
} wanted_t;

typedef struct {
    actor_host_t *host;
    const gateway_t *core;
    gateway_http_t *http;
    gateway_listen_t *listens[LISTENS_MAX];
    message_t message;
    char text[GATEWAY_METRICS_MAX];
} port_gateway_t;

static void wanted_ports (const settings_t *settings, wanted_t wanted[LISTENS_MAX])
{
    bool metrics = settings_bool (settings, SETTING_ENABLE_METRICS);
    int port = (int) settings_int (settings, SETTING_GATEWAY_PORT);
    int metrics_port = (int) settings_int (settings, SETTING_METRICS_PORT);
    wanted[0] = (wanted_t){SETTING_GATEWAY_PORT, "GATEWAY_PORT", port};
    wanted[1] = (wanted_t){
        SETTING_METRICS_PORT, "METRICS_PORT", metrics && port > 0 && metrics_port != port ? metrics_port : 0};
}

/*  ---- what HTTP asks ---- */

static const char *view (void *context, gateway_view_t kind, size_t *size_p, int *status_p)
{
    port_gateway_t *self = (port_gateway_t *) context;
    int64_t now_ns = clock_now_ns ();
    switch (kind) {
    case GATEWAY_VIEW_STATUS:
        *size_p = gateway_status (self->core, now_ns, clock_utc_ns (), self->text, sizeof self->text);
        break;
    case GATEWAY_VIEW_METRICS:
        *size_p = gateway_metrics (
            self->core, now_ns, gateway_http_counts (self->http), self->text, sizeof self->text);
        break;
    case GATEWAY_VIEW_READY:
        *status_p = gateway_ready (self->core, now_ns, self->text, sizeof self->text) ? 200 : 503;
        *size_p = strlen (self->text);
        break;
    }
    return *size_p > 0 ? self->text : NULL;
}

static int change (
    void *context, uint64_t request, const char *remote, const char *body, size_t size, problem_t *problem)
{
    port_gateway_t *self = (port_gateway_t *) context;
    strategy_change_t *wanted = &self->message.strategy_change;
    event_t event = {.kind = MSG_STRATEGY_CHANGE, .from = "http", .message = &self->message};
    self->message.kind = MSG_STRATEGY_CHANGE;
    int rc = gateway_change_parse (body, size, wanted, problem);
    if (rc == 0) {
        wanted->request = request;
        wanted->at_ns = clock_utc_ns ();
        (void) snprintf (wanted->who, sizeof wanted->who, "gateway token, from %.63s", remote);
        rc = message_check (&self->message, problem);
    }
    if (rc == 0)
        actor_host_event (self->host, &event);
    return rc;
}

static bool on_connection (void *context, int fd, const char *remote)
{
    const port_gateway_t *self = (const port_gateway_t *) context;
    return gateway_http_adopt (self->http, fd, remote);
}

static void on_change (void *context, const char *where, const problem_t *problem)
{
    const port_gateway_t *self = (const port_gateway_t *) context;
    char line[512];
    if (!problem) {
        log_event (LOG_LEVEL_INFO, actor_host_name (self->host), "gateway_listens", "%s", where);
        return;
    }
    (void) problem_line (problem, line, sizeof line);
    log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "gateway_port_taken",
        "%s: tried again every 5 s", line);
}

/*  ---- what the core wants ---- */

static void carry (void *context, const effect_t *effect, const uint8_t *bytes)
{
    port_gateway_t *self = (port_gateway_t *) context;
    if (effect->kind == EFFECT_PUSH)
        gateway_http_push (self->http, (const char *) bytes, effect->size);
    else if (effect->kind == EFFECT_ANSWER)
        gateway_http_answer (
            self->http, effect->token, (int) effect->account, (const char *) bytes, effect->size);
    else
        log_event (LOG_LEVEL_ERROR, actor_host_name (self->host), "effect_refused", "%d", (int) effect->kind);
}

/*  ---- its life ---- */

static void port_close (void *context)
{
    port_gateway_t *self = (port_gateway_t *) context;
    for (size_t n = 0; n < LISTENS_MAX; n++)
        gateway_listen_close (&self->listens[n]);
    gateway_http_destroy (&self->http);
}

static void port_destroy (void **context_p)
{
    free (*context_p);
    *context_p = NULL;
}

static int check_certificate (const settings_t *settings, problem_t *problem)
{
    const char *cert_file = settings_text (settings, SETTING_GATEWAY_CERT_FILE);
    const char *key_file = settings_text (settings, SETTING_GATEWAY_KEY_FILE);
    if (!*cert_file != !*key_file)
        return problem_set (problem, ERR_SETTING, *cert_file ? "GATEWAY_KEY_FILE" : "GATEWAY_CERT_FILE",
            "expected as well: a certificate and its key belong together");
    if (*cert_file && access (cert_file, R_OK) != 0)
        return problem_set (
            problem, ERR_SETTING, "GATEWAY_CERT_FILE", "%.200s: %s", cert_file, strerror (errno));
    if (*key_file && access (key_file, R_OK) != 0)
        return problem_set (
            problem, ERR_SETTING, "GATEWAY_KEY_FILE", "%.200s: %s", key_file, strerror (errno));
    return 0;
}

static int make_http (port_gateway_t *self, const settings_t *settings, problem_t *problem)
{
    char token[GATEWAY_TOKEN_MAX];
    char where[GATEWAY_TOKEN_PATH_MAX];
    const gateway_http_config_t config = {.token = token,
        .cert_file = settings_text (settings, SETTING_GATEWAY_CERT_FILE),
        .key_file = settings_text (settings, SETTING_GATEWAY_KEY_FILE),
        .view = view,
        .change = change,
        .context = self};
    int rc = check_certificate (settings, problem);
    if (rc == 0)
        rc = gateway_token_load (settings, token, where, problem);
    if (rc == 0)
        rc = gateway_http_new (&self->http, actor_host_loop (self->host), &config, problem);
    sodium_memzero (token, sizeof token);
    char *path = rc == 0 ? realpath (where, NULL) : NULL;
    if (rc == 0)
        log_event (LOG_LEVEL_INFO, actor_host_name (self->host), "gateway_token", "the token is in %.300s",
            path ? path : where);
    free (path);
    return rc;
}

static int make_listens (port_gateway_t *self, const settings_t *settings, problem_t *problem)
{
    const gateway_listen_config_t config = {.on_connection = on_connection,
        .on_change = on_change,
        .context = self,
        .tls = *settings_text (settings, SETTING_GATEWAY_CERT_FILE)};
    wanted_t wanted[LISTENS_MAX];
    wanted_ports (settings, wanted);
    for (size_t n = 0; n < LISTENS_MAX; n++) {
        if (wanted[n].port == 0)
            continue;
        self->listens[n] = gateway_listen_new (actor_host_loop (self->host),
            settings_text (settings, SETTING_GATEWAY_HOST), wanted[n].port, wanted[n].name, &config);
        if (!self->listens[n])
            return problem_set (problem, ERR_MEMORY, wanted[n].name, "no memory");
    }
    return 0;
}

int port_gateway_new (actor_port_t *port, actor_host_t *host, const gateway_t *core,
    const settings_t *settings, problem_t *problem)
{
    assert (port && host && core && settings);
    port_gateway_t *self = (port_gateway_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, actor_host_name (host), "no memory");
    self->host = host;
    self->core = core;
    int rc = make_http (self, settings, problem);
    if (rc == 0)
        rc = make_listens (self, settings, problem);
    if (rc != 0) {
        void *context = self;
        port_close (self);
        port_destroy (&context);
        return rc;
    }
    *port = (actor_port_t){.context = self, .carry = carry, .close = port_close, .destroy = port_destroy};
    return 0;
}

int port_gateway_check (const settings_t *settings, problem_t *taken, problem_t *problem)
{
    char token[GATEWAY_TOKEN_MAX];
    char where[GATEWAY_TOKEN_PATH_MAX];
    wanted_t wanted[LISTENS_MAX];
    assert (settings && taken);
    *taken = (problem_t){0};
    int rc = check_certificate (settings, problem);
    if (rc == 0)
        rc = gateway_token_load (settings, token, where, problem);
    sodium_memzero (token, sizeof token);
    if (rc == -ERR_IO && problem) { /*  a place that cannot be written is no reason not to trade */
        *taken = *problem;
        *problem = (problem_t){0};
        rc = 0;
    }
    wanted_ports (settings, wanted);
    for (size_t n = 0; n < LISTENS_MAX && rc == 0 && taken->code == 0; n++)
        if (wanted[n].port > 0)
            (void) gateway_listen_check (
                settings_text (settings, SETTING_GATEWAY_HOST), wanted[n].port, wanted[n].name, taken);
    return rc;
}
