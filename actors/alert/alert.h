/*  alert.h: turns alert.raised into messages that people read, and not too many of them.
 *
 *  In: alert.raised, EVENT_DELIVERED, EVENT_UNDELIVERED. Out: texts for the channels (now: the log; Slack, e-mail and
 *  webhook come with issue 4). Pure core; memory is taken by new().
 */
#ifndef ALERT_H
#define ALERT_H

#include "actors/actor.h"

typedef struct alert alert_t;

/*  A limit or time that is 0 takes the default named beside it. */
typedef struct {
    uint32_t max_topics; /*  (kind, subject) pairs remembered, the longest silent leave first: 1,024 */
    int64_t cooldown_ns; /*  after a text the same kind and subject is only counted: 60 s */
} alert_config_t;

extern const actor_ops_t alert_ops;

alert_t *alert_new (const alert_config_t *config); /*  NULL: out of memory */
void alert_destroy (alert_t **self_p);
int alert_step (alert_t *self, const event_t *event, effects_t *effects); /*  0 or -ERR_UNEXPECTED */

/*  Room the host must give alert_step's effects. */
size_t alert_effects_limit (const alert_config_t *config);
size_t alert_arena_limit (const alert_config_t *config);

#endif
