/*  alert.h: turns alert.raised into messages that people read, and not too many of them.
 *
 *  In: alert.raised, EVENT_DELIVERED, EVENT_UNDELIVERED, EVENT_UNDELIVERABLE. Out: texts for the channels, one on its
 *  way a channel at a time (EFFECT_DELIVER, bytes = text, each answered by one of these events). docs/alerts.md is
 *  the page for people. Pure core; memory is taken by new().
 */
#ifndef ALERT_H
#define ALERT_H

#include "actors/actor.h"

#define ALERT_HOST_MAX 64

typedef struct alert alert_t;

typedef struct {
    bool on;
    alert_raised_severity_t least; /*  less severe alerts do not go there */
} alert_channel_config_t;

/*  A limit or time that is 0 takes the default named beside it. */
typedef struct {
    char name[ACTOR_NAME_MAX]; /*  of this actor: the subject of `started` and `stopped`; "": "alert" */
    char host[ALERT_HOST_MAX]; /*  where it runs, as people call it; "": "?" */
    uint32_t max_topics;       /*  (kind, subject) pairs remembered, the longest silent leave first: 1,024 */
    uint32_t burst;      /*  alerts of one kind told within digest_ns, the rest waits for the digest: 10 */
    uint32_t queue;      /*  texts that wait for a channel, 2 at least: 64 */
    int64_t cooldown_ns; /*  a topic told is held back for so long: 300 s; negative: never */
    int64_t digest_ns;   /*  from the first alert held back to the digest: 300 s */
    int64_t retry_initial_ns; /*  pause before an undelivered text is tried again: 1 s, doubling */
    int64_t retry_max_ns;     /*  60 s */
    int64_t stop_ns;          /*  EVENT_STOP waits so long for texts on their way: 5 s */
    alert_channel_config_t channels[CHANNEL_COUNT];
} alert_config_t;

extern const actor_ops_t alert_ops;

alert_t *alert_new (const alert_config_t *config); /*  NULL: out of memory */
void alert_destroy (alert_t **self_p);
int alert_step (alert_t *self, const event_t *event, effects_t *effects); /*  0 or -ERR_UNEXPECTED */

/*  Room the host must give alert_step's effects. */
size_t alert_effects_limit (const alert_config_t *config);
size_t alert_arena_limit (const alert_config_t *config);

#endif
