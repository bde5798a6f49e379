/*  server.c: composition of the simulator: engine, listener, timers; start and end. */
#include "broker/simulator/server.h"
#include "broker/simulator/control.h"
#include "broker/simulator/server_faults.h"
#include "broker/simulator/stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BACKLOG 4096
#define HEARTBEAT_MS 15000

int64_t server_utc_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return now.tv_sec * ENGINE_SECOND_NS + now.tv_nsec;
}

static void on_tick (uv_timer_t *timer)
{
    server_advance (timer->data);
}

void server_advance (simulator_t *self)
{
    assert (self);
    int64_t now_ns = server_utc_ns ();
    engine_advance (self->engine, now_ns);
    int64_t due_ns = engine_next_due (self->engine);
    if (!self->loop || uv_is_closing ((uv_handle_t *) &self->tick))
        return;
    if (due_ns == INT64_MAX) {
        uv_timer_stop (&self->tick);
        return;
    }
    int64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    uv_timer_start (&self->tick, on_tick, (uint64_t) ((wait_ns + 999999) / 1000000), 0);
}

static int check_options (const simulator_options_t *options, problem_t *problem)
{
    struct sockaddr_storage address;
    if (!options->host || strlen (options->host) > 63 ||
        (uv_ip4_addr (options->host, 0, (struct sockaddr_in *) &address) &&
            uv_ip6_addr (options->host, 0, (struct sockaddr_in6 *) &address)))
        return problem_set (problem, ERR_SETTING, "--host", "not an IPv4 or IPv6 address: %.63s",
            options->host ? options->host : "");
    if (options->accounts > SIMULATOR_ACCOUNTS_MAX)
        return problem_set (
            problem, ERR_RANGE, "--accounts", "%u, at most %d", options->accounts, SIMULATOR_ACCOUNTS_MAX);
    if (options->control_token && strlen (options->control_token) > 127)
        return problem_set (problem, ERR_RANGE, "--control-token", "longer than 127 characters");
    if (!options->tls && (options->cert_file || options->key_file || options->cert_out))
        return problem_set (problem, ERR_SETTING, "--cert, --key, --cert-out", "only with --tls");
    return 0;
}

static int make_engine (simulator_t *self, uint64_t seed)
{
    engine_config_t config;
    engine_config_default (&config);
    config.seed = seed;
    config.rate_limit_per_minute = 0;
    config.accounts_max = SIMULATOR_ACCOUNTS_MAX;
    self->engine = engine_new (&config, self->started_at_ns);
    if (!self->engine)
        return -ERR_MEMORY;
    engine_on_event (self->engine, streams_on_event, self);
    return 0;
}

/*  The accounts of --accounts; their keys stay in first_accounts for --json. */
static int make_accounts (simulator_t *self, uint32_t count, problem_t *problem)
{
    json_t *array = json_array ();
    for (uint32_t i = 0; i < count; i++) {
        char label[24];
        snprintf (label, sizeof (label), "account-%u", i + 1);
        json_array_append_new (array, json_pack ("{s:s}", "label", label));
    }
    int rc = control_accounts_create (self, array, &self->first_accounts, problem);
    json_decref (array);
    return rc;
}

static int make_parts (simulator_t *self, const simulator_options_t *options, problem_t *problem)
{
    snprintf (self->host, sizeof (self->host), "%s", options->host);
    self->port = options->port;
    self->started_at_ns = server_utc_ns ();
    self->request_salt = (uint64_t) self->started_at_ns;
    self->keys = options->seed;
    self->json = options->json;
    self->labels = json_object ();
    if (options->control_token)
        snprintf (self->control_token, sizeof (self->control_token), "%s", options->control_token);
    if (!self->labels || faults_new (&self->faults, options->seed) || stream_hub_new (self) ||
        make_engine (self, options->seed))
        return problem_set (problem, ERR_MEMORY, "simulator", "out of memory");
    if (options->tls) {
        int rc = tls_context_new (
            &self->tls, options->host, options->cert_file, options->key_file, options->cert_out, problem);
        if (rc)
            return rc;
    }
    return make_accounts (self, options->accounts, problem);
}

int simulator_new (simulator_t **self_p, const simulator_options_t *options, problem_t *problem)
{
    assert (self_p && options);
    *self_p = NULL;
    int rc = check_options (options, problem);
    if (rc)
        return rc;
    simulator_t *self = calloc (1, sizeof (*self));
    if (!self)
        return problem_set (problem, ERR_MEMORY, "simulator", "out of memory");
    rc = make_parts (self, options, problem);
    if (rc)
        simulator_destroy (&self);
    *self_p = self;
    return rc;
}

static void on_connection (uv_stream_t *listener, int status)
{
    simulator_t *self = listener->data;
    if (status == 0)
        connection_accept (self, listener);
}

static void on_heartbeat (uv_timer_t *timer)
{
    simulator_t *self = timer->data;
    streams_heartbeat (self->streams);
}

static int bind_listener (simulator_t *self)
{
    struct sockaddr_storage address = {0};
    if (uv_ip4_addr (self->host, self->port, (struct sockaddr_in *) &address))
        (void) uv_ip6_addr (self->host, self->port, (struct sockaddr_in6 *) &address);
    int rc = uv_tcp_bind (&self->listener, (struct sockaddr *) &address, 0);
    if (!rc)
        rc = uv_listen ((uv_stream_t *) &self->listener, BACKLOG, on_connection);
    int size = sizeof (address);
    if (!rc)
        rc = uv_tcp_getsockname (&self->listener, (struct sockaddr *) &address, &size);
    if (!rc)
        self->port =
            ntohs (((struct sockaddr_in *) &address)->sin_port); /*  the same place in sockaddr_in6 */
    return rc;
}

int simulator_start (simulator_t *self, uv_loop_t *loop, problem_t *problem)
{
    assert (self && loop && !self->loop);
    self->loop = loop;
    uv_tcp_init (loop, &self->listener);
    uv_timer_init (loop, &self->tick);
    uv_timer_init (loop, &self->heartbeat);
    self->listener.data = self->tick.data = self->heartbeat.data = self;
    self->handles = 3;
    int rc = bind_listener (self);
    if (rc) {
        char where[96];
        snprintf (where, sizeof (where), "%s:%u", self->host, self->port);
        self->port = 0;
        return problem_set (
            problem, rc == UV_EADDRINUSE ? ERR_BUSY : ERR_IO, where, "cannot listen: %s", uv_strerror (rc));
    }
    uv_timer_start (&self->heartbeat, on_heartbeat, HEARTBEAT_MS, HEARTBEAT_MS);
    server_advance (self);
    return 0;
}

uint16_t simulator_port (const simulator_t *self)
{
    assert (self);
    return self->loop ? self->port : 0;
}

static void on_handle_closed (uv_handle_t *handle)
{
    simulator_t *self = handle->data;
    self->handles--;
}

static void close_handles (simulator_t *self)
{
    uv_close ((uv_handle_t *) &self->listener, on_handle_closed);
    uv_close ((uv_handle_t *) &self->tick, on_handle_closed);
    uv_close ((uv_handle_t *) &self->heartbeat, on_handle_closed);
    for (connection_t *connection = self->connections; connection; connection = connection->next)
        connection_close (connection);
    while (self->handles > 0 || self->connections)
        uv_run (self->loop, UV_RUN_NOWAIT);
    /*  late answers' timers close with their connections; one more turn frees what was queued behind them */
    uv_run (self->loop, UV_RUN_NOWAIT);
}

void simulator_destroy (simulator_t **self_p)
{
    assert (self_p);
    simulator_t *self = *self_p;
    if (!self)
        return;
    if (self->loop)
        close_handles (self);
    engine_destroy (&self->engine);
    tls_context_destroy (&self->tls);
    faults_destroy (&self->faults);
    stream_hub_destroy (self);
    json_decref (self->labels);
    http_buffer_free (&self->first_accounts);
    free (self);
    *self_p = NULL;
}
