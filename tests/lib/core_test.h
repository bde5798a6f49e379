/*  core_test.h: drives one core through virtual time and remembers everything it wanted done.
 *
 *  A test is a story: events go in with core_test_*, time passes with core_test_pass, and the effects of all steps
 *  since the last core_test_forget can be counted and read, messages decoded. Checks inside are cmocka's: a test
 *  fails at the line that asked.
 *
 *  Wake: each step's effects_wake replaces the one before, none = none (a core asks again in every step).
 *  Clocks: now_ns begins at 1,000 s; utc_ns runs with it, CORE_TEST_UTC_NS ahead. Threads: none.
 */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include "actors/actor.h"

#define CORE_TEST_MS INT64_C (1000000)
#define CORE_TEST_S INT64_C (1000000000)
#define CORE_TEST_UTC_NS INT64_C (1790000000000000000)

typedef struct {
    effect_t effect;
    uint8_t *bytes; /*  what the effect had in the arena; NUL follows (texts of effects_deliver) */
    int64_t at_ns;  /*  now_ns of the step */
} core_test_effect_t;

typedef struct {
    const actor_ops_t *ops;
    void *core;
    effects_t *effects;
    int64_t now_ns;
    int64_t utc_ns;
    int64_t wake_at_ns; /*  of the last step; INT64_MAX = none */
    core_test_effect_t *history;
    size_t count;
    size_t room;
    size_t steps;
    message_t decoded; /*  what core_test_message_* returned last */
    message_t event;   /*  scratch for the test's own messages */
} core_test_t;

/*  Takes over the core: destroyed with the test. */
core_test_t *core_test_new (const actor_ops_t *ops, void *core);
void core_test_destroy (core_test_t **self_p);

/*  Each is one step; its return value comes back. */
int core_test_step (core_test_t *self, event_t *event); /*  times are filled in */
int core_test_start (core_test_t *self);
int core_test_stop (core_test_t *self);
int core_test_tick (core_test_t *self);
int core_test_receive (core_test_t *self, const char *from, const message_t *message);
int core_test_answer (core_test_t *self, const broker_answer_t *answer);
int core_test_stream (core_test_t *self, stream_phase_t state, const char *reason);
int core_test_update (core_test_t *self, const trade_update_t *update);
int core_test_token (core_test_t *self, int kind, uint64_t token); /*  EVENT_STORED, _DELIVERED, … */

/*  Lets time pass, with a tick at every moment the core asked for (a core that asks for more than 100,000 fails). */
void core_test_pass (core_test_t *self, int64_t duration_ns);

/*  An empty message of this kind in self->event, to be filled in and received. */
message_t *core_test_message (core_test_t *self, message_kind_t kind);

/*  The history since the last forget. */
void core_test_forget (core_test_t *self);
size_t core_test_count (const core_test_t *self, effect_kind_t kind);
/*  the nth (from 0) effect of this kind, or NULL; -1 = the last */
const core_test_effect_t *core_test_find (const core_test_t *self, effect_kind_t kind, int nth);

/*  Messages sent to `to` (NULL: published; "*": sent to anybody; "store": stored) of this kind. get decodes the nth
 *  (-1 = the last) into self->decoded, fails the test when there is none; valid until the next get. */
size_t core_test_messages (const core_test_t *self, const char *to, message_kind_t kind);
const message_t *core_test_get (core_test_t *self, const char *to, message_kind_t kind, int nth);
const core_test_effect_t *core_test_find_message (
    const core_test_t *self, const char *to, message_kind_t kind, int nth);

/*  Calls to the broker of this kind; get fails the test when there is none. */
size_t core_test_calls (const core_test_t *self, call_kind_t kind);
const broker_call_t *core_test_call (const core_test_t *self, call_kind_t kind, int nth);

/*  The alert.raised of this kind that were published or sent. */
size_t core_test_alerts (core_test_t *self, alert_raised_kind_t kind);

/*  Everything in the history as text on stderr: for a person who looks for a mistake. */
void core_test_print (core_test_t *self);

#endif
