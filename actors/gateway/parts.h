/*  parts.h: what the gateway's files share: its model of the copier. Private. */
#ifndef GATEWAY_PARTS_H
#define GATEWAY_PARTS_H

#include "actors/gateway/gateway.h"
#include "actors/gateway/text.h"

#define ACTORS_MAX 80       /*  a topology has 72 */
#define BREAKERS_MAX 256    /*  that are not closed */
#define REPLICATIONS_MAX 50 /*  the last ones */
#define ALERTS_MAX 50
#define SEEN_MAX                                                                                             \
    8192 /*  sequences of replications that were heard: completions are repeated until they are stored */
#define WINDOW_NS INT64_C (30000000000) /*  rates and percentiles: of the last one to two of these */

/*  The totals of an actor at a moment. */
typedef struct {
    int64_t at_ns;
    int64_t orders;
    histogram_t latency;
} base_t;

typedef struct {
    char name[ACTOR_NAME_MAX];
    char role[ACTOR_NAME_MAX];
    /*  actor.state */
    actor_state_state_t state;
    int64_t state_at_ns; /*  UTC, 0 = not heard */
    int64_t pid;
    uint64_t restarts;
    /*  actor.stats */
    int64_t heard_ns; /*  boottime, 0 = never */
    actor_stats_t stats;
    base_t base[2]; /*  older, newer */
} watched_t;

typedef struct {
    breaker_changed_t breaker; /*  client_id "" = free; opened_at_ns 0 = only its state is known */
    int64_t told_ns;           /*  boottime: a breaker that nobody tells of any more is forgotten */
} known_breaker_t;

typedef struct {
    bool open;
    strategy_change_t change;
    int64_t repeat_at_ns;
    int64_t give_up_ns;
} change_t;

struct gateway {
    gateway_config_t config;
    int64_t started_utc_ns;
    bool stopping;

    watched_t actors[ACTORS_MAX];
    uint32_t actors_count;
    stream_state_t stream; /*  at_ns 0 = not heard */
    known_breaker_t breakers[BREAKERS_MAX];
    replication_completed_t replications[REPLICATIONS_MAX]; /*  [n % MAX] */
    uint64_t replications_count;
    uint64_t seen[SEEN_MAX];
    alert_raised_t alerts[ALERTS_MAX];
    uint64_t alerts_count;
    uint64_t alerts_total[ALERT_RAISED_KIND_COUNT][ALERT_RAISED_SEVERITY_COUNT];

    change_t *changes;

    char json[GATEWAY_EVENT_MAX];
    message_t out; /*  scratch: one message at a time */
};

/*  model.c: what is heard; an event for the WebSockets goes into *event (empty: none). */
void model_stats (gateway_t *self, const actor_stats_t *stats, int64_t now_ns);
void model_state (gateway_t *self, const actor_state_t *state, text_t *event);
void model_stream (gateway_t *self, const stream_state_t *stream, text_t *event);
void model_replication (gateway_t *self, const replication_completed_t *replication, text_t *event);
void model_breaker (gateway_t *self, const breaker_changed_t *breaker, int64_t now_ns, text_t *event);
void model_alert (gateway_t *self, const alert_raised_t *alert, text_t *event);

/*  NULL: nobody of this role was heard within stale_ns. */
const watched_t *model_of_role (const gateway_t *self, const char *role, int64_t now_ns);
bool model_fresh (const gateway_t *self, const watched_t *watched, int64_t now_ns);
bool model_is (const watched_t *watched, const char *role);
/*  Of a dispatcher: its shard map, and how many of it have a lease and are heard. */
uint64_t model_shards (const gateway_t *self, int64_t now_ns, uint64_t *alive_p);
/*  Of the last WINDOW_NS or two: NULL-safe. per_mille 500, 950, 990; -1: there was none. */
int64_t model_percentile (const watched_t *watched, int per_mille);
/*  Orders a thousand seconds. */
int64_t model_rate_e3 (const watched_t *watched);

/*  view.c */
void view_replication (text_t *text, const replication_completed_t *replication);
void view_breaker (text_t *text, const known_breaker_t *known);
void view_alert (text_t *text, const alert_raised_t *alert);

/*  change.c: a strategy.change on its way. */
int change_begin (gateway_t *self, const event_t *event, effects_t *effects);
int change_answered (gateway_t *self, const event_t *event, effects_t *effects);
void change_tick (gateway_t *self, const event_t *event, effects_t *effects);
void change_give_up (gateway_t *self, effects_t *effects); /*  all of them: it stops */

#endif
