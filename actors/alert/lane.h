/*  lane.h: one channel's queue: texts in order, one on its way at a time, kept until it is delivered.
 *
 *  A text that is not delivered is tried again after a pause that doubles up to `retry_max_ns`; meanwhile the queue
 *  fills, and when it is full its oldest text (never the one on its way) is dropped and counted. Lanes know nothing
 *  of each other: that is what keeps a dead channel from delaying another.
 */
#ifndef ALERT_LANE_H
#define ALERT_LANE_H

#include "messages/gen/messages.h"

#define LANE_TEXT_MAX 3072 /*  with its NUL */

typedef struct {
    uint64_t token;      /*  the same at every try */
    uint64_t stands_for; /*  alerts that are lost with it: 1, or those it reports as dropped */
    char text[LANE_TEXT_MAX];
} lane_entry_t;

typedef struct {
    bool on;
    alert_raised_severity_t least;
    lane_entry_t *entries;
    uint32_t limit;
    uint32_t head;
    uint32_t count;
    bool in_flight;    /*  the entry at head */
    uint32_t failures; /*  in a row */
    int64_t retry_at_ns;
    int64_t retry_initial_ns;
    int64_t retry_max_ns;
    uint64_t dropped; /*  not yet reported */
} lane_t;

bool lane_init (lane_t *self, uint32_t limit); /*  false: out of memory */
void lane_free (lane_t *self);
/*  Room for one more text at the end; never NULL. The caller fills in its text at once. */
lane_entry_t *lane_add (lane_t *self, uint64_t token, uint64_t stands_for);
/*  The text to send now, which then is on its way; NULL: none, or not yet. */
const lane_entry_t *lane_take (lane_t *self, int64_t now_ns);
/*  When lane_take is worth a call; INT64_MAX: not before something happens. */
int64_t lane_wake_at_ns (const lane_t *self);
/*  Is this token's text on its way here? */
bool lane_awaits (const lane_t *self, uint64_t token);
/*  The text on its way left the queue: delivered, or refused for good. */
void lane_finish (lane_t *self);
void lane_fail (lane_t *self, int64_t now_ns); /*  it stays */

#endif
