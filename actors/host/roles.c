/*  roles.c: every setting that a core or a port gets, in one place. */
#include "actors/host/roles.h"

#include "actors/alert/alert.h"
#include "actors/audit/audit.h"
#include "actors/dispatcher/dispatcher.h"
#include "actors/executor/executor.h"
#include "actors/gateway/gateway.h"
#include "actors/host/alert_settings.h"
#include "actors/host/gateway_page.h"
#include "actors/host/port_alert.h"
#include "actors/host/port_audit.h"
#include "actors/host/port_gateway.h"
#include "actors/host/port_trading.h"
#include "actors/listener/listener.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static uint64_t seed (void)
{
    uint64_t value;
    randombytes_buf (&value, sizeof value);
    return value;
}

static int no_memory (const char *name, problem_t *problem)
{
    return problem_set (problem, ERR_MEMORY, name, "no memory for its tables (MAX_CLIENTS)");
}

/*  ---- listener ---- */

static int build_listener (
    actor_parts_t *parts, actor_host_t *host, const settings_t *settings, problem_t *problem)
{
    listener_config_t config = {.name = actor_host_name (host),
        .seed = seed (),
        .reconnect_delay_ns = settings_ns (settings, SETTING_WEBSOCKET_RECONNECT_DELAY),
        .lookback_ns = settings_ns (settings, SETTING_CATCH_UP_LOOKBACK)};
    port_trading_config_t port = {.max_accounts = 1, .stream = true};
    parts->ops = &listener_ops;
    parts->core = listener_new (&config);
    parts->effects = effects_new (listener_effects_limit (&config), listener_arena_limit (&config));
    if (!parts->core || !parts->effects)
        return no_memory (config.name, problem);
    return port_trading_new (&parts->port, host, settings, &port, problem);
}

/*  ---- dispatcher ---- */

static int build_dispatcher (actor_parts_t *parts, actor_host_t *host, const topology_t *topology,
    const settings_t *settings, problem_t *problem)
{
    const char *shards[TOPOLOGY_ACTORS_MAX];
    dispatcher_config_t config = {.shards = shards,
        .latency_warning_ns = settings_ns (settings, SETTING_LATENCY_WARNING_THRESHOLD),
        .latency_critical_ns = settings_ns (settings, SETTING_LATENCY_CRITICAL_THRESHOLD),
        .lookback_ns = settings_ns (settings, SETTING_CATCH_UP_LOOKBACK)};
    config.grace_ns = settings_ns (settings, SETTING_SHARD_GRACE);
    config.request_timeout_ns = settings_ns (settings, SETTING_REQUEST_TIMEOUT);
    for (size_t n = 0; n < topology->count; n++)
        if (topology->actors[n].role == ROLE_EXECUTOR && config.shard_count < DISPATCHER_SHARDS_MAX)
            shards[config.shard_count++] = topology->actors[n].name;
    config.max_shards = topology->any_executor ? DISPATCHER_SHARDS_MAX : config.shard_count;
    uint32_t room = config.shard_count;
    if (topology->any_executor && room < (uint32_t) settings_int (settings, SETTING_EXECUTOR_SHARDS))
        room = (uint32_t) settings_int (settings, SETTING_EXECUTOR_SHARDS);
    config.max_clients = (uint32_t) settings_int (settings, SETTING_MAX_CLIENTS) * room;
    parts->ops = &dispatcher_ops;
    parts->core = dispatcher_new (&config);
    parts->effects = effects_new (dispatcher_effects_limit (&config), dispatcher_arena_limit (&config));
    return parts->core && parts->effects ? 0 : no_memory (actor_host_name (host), problem);
}

/*  ---- executor ---- */

static void hash16 (const void *bytes, size_t size, uint8_t digest[16])
{
    (void) crypto_generichash (digest, 16, (const unsigned char *) bytes, size, NULL, 0);
}

static int executor_step_any (void *core, const event_t *event, effects_t *effects)
{
    return executor_step ((executor_t *) core, event, effects);
}

static void executor_destroy_any (void **core_p)
{
    executor_destroy ((executor_t **) core_p);
}

static void executor_measure_any (const void *core, int64_t now_ns, actor_stats_t *stats)
{
    executor_measure ((const executor_t *) core, now_ns, stats);
}

static const actor_ops_t s_executor_ops = {.role = "executor",
    .step = executor_step_any,
    .destroy = executor_destroy_any,
    .measure = executor_measure_any};

static executor_config_t executor_config (const char *name, const settings_t *settings)
{
    uint32_t clients = (uint32_t) settings_int (settings, SETTING_MAX_CLIENTS);
    int64_t max_event_age_ns = settings_ns (settings, SETTING_MAX_EVENT_AGE);
    int64_t lookback_ns = settings_ns (settings, SETTING_CATCH_UP_LOOKBACK);
    return (executor_config_t){.name = name,
        .weight = (uint32_t) settings_int (settings, SETTING_SHARD_WEIGHT),
        .max_clients = clients,
        .max_parents = 4096,
        .max_symbols = 1024,
        .seed = seed (),
        .min_order_e9 = settings_e9 (settings, SETTING_MIN_ORDER_SIZE),
        .min_notional_e9 = settings_e9 (settings, SETTING_MIN_NOTIONAL_VALUE),
        .fractional = settings_bool (settings, SETTING_ALLOW_FRACTIONAL_SHARES),
        .max_event_age_ns = max_event_age_ns,
        .doubted_age_ns = lookback_ns < max_event_age_ns ? lookback_ns : max_event_age_ns,
        .refresh_ns = settings_ns (settings, SETTING_REFRESH_INTERVAL),
        .request_timeout_ns = settings_ns (settings, SETTING_REQUEST_TIMEOUT),
        .retry_initial_ns = settings_ns (settings, SETTING_RETRY_INITIAL_DELAY),
        .retry_base_e9 = settings_e9 (settings, SETTING_RETRY_EXPONENTIAL_BASE),
        .retry_max_ns = settings_ns (settings, SETTING_RETRY_MAX_DELAY),
        .max_attempts = (uint32_t) settings_int (settings, SETTING_MAX_RETRY_ATTEMPTS) + 1,
        .max_concurrent = (uint32_t) settings_int (settings, SETTING_MAX_CONCURRENT_ORDERS),
        .batch_size = (uint32_t) settings_int (settings, SETTING_ORDER_BATCH_SIZE),
        .batch_pause_ns = settings_ns (settings, SETTING_RATE_LIMIT_DELAY),
        .failure_threshold = settings_bool (settings, SETTING_ENABLE_CIRCUIT_BREAKER)
                                 ? (uint32_t) settings_int (settings, SETTING_FAILURE_THRESHOLD)
                                 : 0,
        .circuit_timeout_ns = settings_ns (settings, SETTING_CIRCUIT_TIMEOUT),
        .hash = hash16};
}

static int build_executor (
    actor_parts_t *parts, actor_host_t *host, const settings_t *settings, problem_t *problem)
{
    executor_config_t config = executor_config (actor_host_name (host), settings);
    port_trading_config_t port = {.max_accounts = config.max_clients};
    parts->ops = &s_executor_ops;
    parts->core = executor_new (&config);
    parts->effects = effects_new (executor_effects_limit (&config), executor_arena_limit (&config));
    if (!parts->core || !parts->effects)
        return no_memory (config.name, problem);
    return port_trading_new (&parts->port, host, settings, &port, problem);
}

/*  ---- audit, alert, gateway ---- */

static int build_audit (
    actor_parts_t *parts, actor_host_t *host, const settings_t *settings, problem_t *problem)
{
    audit_config_t config = {.poll_ns = settings_ns (settings, SETTING_MASTER_CREDENTIAL_CHECK_INTERVAL)};
    parts->ops = &audit_ops;
    parts->core = audit_new (&config);
    parts->effects = effects_new (audit_effects_limit (&config), audit_arena_limit (&config));
    if (!parts->core || !parts->effects)
        return no_memory (actor_host_name (host), problem);
    return port_audit_new (&parts->port, host, settings, problem);
}

static int build_alert (
    actor_parts_t *parts, actor_host_t *host, const settings_t *settings, problem_t *problem)
{
    alert_config_t config;
    alert_settings (&config, actor_host_name (host), settings);
    parts->ops = &alert_ops;
    parts->core = alert_new (&config);
    parts->effects = effects_new (alert_effects_limit (&config), alert_arena_limit (&config));
    if (!parts->core || !parts->effects)
        return no_memory (actor_host_name (host), problem);
    return port_alert_new (&parts->port, host, settings, problem);
}

static int build_gateway (
    actor_parts_t *parts, actor_host_t *host, const settings_t *settings, problem_t *problem)
{
    gateway_config_t config = {.version = gateway_version ()};
    gateway_t *core = gateway_new (&config);
    parts->ops = &gateway_ops;
    parts->core = core;
    parts->effects = effects_new (gateway_effects_limit (&config), gateway_arena_limit (&config));
    if (!parts->core || !parts->effects)
        return no_memory (actor_host_name (host), problem);
    return port_gateway_new (&parts->port, host, core, settings, problem);
}

int roles_build (actor_parts_t *parts, actor_host_t *host, const topology_t *topology,
    const topology_actor_t *actor, const settings_t *settings, problem_t *problem)
{
    int rc = -ERR_UNEXPECTED;
    assert (parts && host && topology && actor && settings);
    memset (parts, 0, sizeof *parts);
    switch (actor->role) {
    case ROLE_LISTENER: rc = build_listener (parts, host, settings, problem); break;
    case ROLE_DISPATCHER: rc = build_dispatcher (parts, host, topology, settings, problem); break;
    case ROLE_EXECUTOR: rc = build_executor (parts, host, settings, problem); break;
    case ROLE_AUDIT: rc = build_audit (parts, host, settings, problem); break;
    case ROLE_GATEWAY: rc = build_gateway (parts, host, settings, problem); break;
    case ROLE_ALERT: rc = build_alert (parts, host, settings, problem); break;
    default: assert (0);
    }
    if (rc == 0)
        return 0;
    if (parts->core)
        parts->ops->destroy (&parts->core);
    effects_destroy (&parts->effects);
    memset (parts, 0, sizeof *parts);
    return rc;
}
