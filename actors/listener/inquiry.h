/*  inquiry.h: one kind of question to the broker: when it is due, whether its answer is awaited, how often it failed.
 */
#ifndef LISTENER_INQUIRY_H
#define LISTENER_INQUIRY_H

#include "actors/actor.h"

typedef struct {
    call_kind_t kind;
    uint64_t token;    /*  of the call under way; 0 = none */
    int64_t due_at_ns; /*  INT64_MAX = not wanted; while a call is under way: ask again after its answer */
    int64_t asked_at_ns;
    uint32_t failures; /*  in a row */
} inquiry_t;

void inquiry_init (inquiry_t *self, call_kind_t kind);
void inquiry_want (inquiry_t *self, int64_t at_ns); /*  keeps the earlier */
bool inquiry_due (const inquiry_t *self, int64_t now_ns);
/*  Emits the call of account 0. key may be NULL. */
void inquiry_ask (
    inquiry_t *self, uint64_t token, const char *key, int64_t since_ns, int64_t now_ns, effects_t *effects);
/*  Is this the awaited answer? Then nothing is awaited any more. */
bool inquiry_answered (inquiry_t *self, const broker_answer_t *answer);
/*  Asks again later: 0.5 s doubling to 30 s, or when the broker's limit allows. */
void inquiry_failed (inquiry_t *self, const broker_answer_t *answer, int64_t now_ns, int64_t utc_ns);

#endif
