/*  topics.h: what was told lately, and what was held back since: one topic a kind and subject.
 *
 *  An alert is told when its topic was not told within the cooldown, or not as severely; and when no more than
 *  `burst` alerts of its kind were told within the digest interval. Everything else is held back and counted until
 *  topics_clear_held, that is until a digest has it. Times: now_ns monotonic, utc_ns shown to people.
 */
#ifndef ALERT_TOPICS_H
#define ALERT_TOPICS_H

#include "messages/gen/messages.h"

typedef struct {
    bool used;
    bool told;
    alert_raised_kind_t kind;
    alert_raised_severity_t told_severity;
    char subject[96];
    int64_t told_at_ns;
    int64_t seen_at_ns;
    uint64_t held[ALERT_RAISED_SEVERITY_COUNT]; /*  by severity, since the last digest */
    int64_t first_at_ns;                        /*  UTC of the first and last held back */
    int64_t last_at_ns;
} topic_t;

typedef struct {
    topic_t *list;
    uint32_t limit;
    uint32_t burst;
    int64_t cooldown_ns;
    int64_t interval_ns;
    uint64_t forgotten[ALERT_RAISED_SEVERITY_COUNT]; /*  held back by topics that had to leave */
    struct {
        int64_t since_ns;
        uint32_t told;
    } kinds[ALERT_RAISED_KIND_COUNT];
} topics_t;

bool topics_init (topics_t *self, uint32_t limit); /*  false: out of memory */
void topics_free (topics_t *self);
/*  true: tell it; false: held back. */
bool topics_admit (topics_t *self, const alert_raised_t *raised, int64_t now_ns);
void topics_clear_held (topics_t *self);
/*  Held back with at least this severity. */
uint64_t topic_held (const uint64_t held[ALERT_RAISED_SEVERITY_COUNT], alert_raised_severity_t least);

#endif
