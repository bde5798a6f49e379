/*  gateway.h: what people and monitors see of a running copier, and the one thing they may change.
 *
 *  In: actor.stats, actor.state, stream.state, replication.completed, breaker.changed, alert.raised (from the tap: losing
 *  some, or hearing some twice, does no harm); strategy.change from its port (checked, with a request number of the
 *  port's); strategy.changed from "dispatcher". Out: strategy.change to "dispatcher", repeated until it is answered;
 *  answers to requests; events for the WebSockets. It has no authority: whatever it asks for is done, or refused, by
 *  the audit. docs/gateway.md, docs/metrics.md. Pure core; memory is taken by new().
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "actors/actor.h"

#define GATEWAY_STATUS_MAX ((size_t) 512 * 1024) /*  room for gateway_status, gateway_ready */
#define GATEWAY_METRICS_MAX ((size_t) 2048 * 1024)
#define GATEWAY_EVENT_MAX ((size_t) 4096) /*  an event's or an answer's JSON, with its NUL */

typedef struct gateway gateway_t;

/*  A limit or time that is 0 takes the default named beside it. */
typedef struct {
    const char *version;  /*  of the program; a static text */
    int64_t stale_ns;     /*  an actor that tells nothing for so long is taken for away: 10 s */
    int64_t repeat_ns;    /*  of a strategy.change: 2 s */
    int64_t give_up_ns;   /*  then it is answered as unknown: 10 s */
    uint32_t max_changes; /*  open at a time: 4; beyond that they are answered 503 */
} gateway_config_t;

/*  What only the port knows. */
typedef struct {
    uint64_t websockets;      /*  open */
    uint64_t connections;     /*  open, these included */
    uint64_t slow_closed;     /*  WebSockets that did not read */
    uint64_t refused;         /*  connections beyond the limit */
    uint64_t requests[5];     /*  answered 1xx … 5xx */
    uint64_t unauthenticated; /*  of these, without the token */
} gateway_port_counts_t;

extern const actor_ops_t gateway_ops;

gateway_t *gateway_new (const gateway_config_t *config); /*  NULL: out of memory */
void gateway_destroy (gateway_t **self_p);
int gateway_step (gateway_t *self, const event_t *event, effects_t *effects); /*  0 or -ERR_UNEXPECTED */

/*  Room the host must give gateway_step's effects. */
size_t gateway_effects_limit (const gateway_config_t *config);
size_t gateway_arena_limit (const gateway_config_t *config);

/*  JSON of GET /api/status; its length, 0 when it does not fit. */
size_t gateway_status (const gateway_t *self, int64_t now_ns, int64_t utc_ns, char *text, size_t size);
/*  Prometheus' text format. */
size_t gateway_metrics (
    const gateway_t *self, int64_t now_ns, const gateway_port_counts_t *port, char *text, size_t size);
/*  {"ready":…,"reasons":[{"what","text"}]}; true when nothing is in the way of a trade that comes now. */
bool gateway_ready (const gateway_t *self, int64_t now_ns, char *text, size_t size);

#endif
