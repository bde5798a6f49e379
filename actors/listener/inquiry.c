/*  inquiry.c: see inquiry.h. Answers of questions asked with older keys carry tokens nobody awaits. */
#include "actors/listener/inquiry.h"
#include "messages/text.h"

#include <assert.h>

#define RETRY_FIRST_NS INT64_C (500000000)
#define RETRY_MOST_NS INT64_C (30000000000)
#define TIMEOUT_NS INT64_C (3000000000)

void inquiry_init (inquiry_t *self, call_kind_t kind)
{
    assert (self);
    *self = (inquiry_t){.kind = kind, .due_at_ns = INT64_MAX};
}

void inquiry_want (inquiry_t *self, int64_t at_ns)
{
    assert (self);
    if (at_ns < self->due_at_ns)
        self->due_at_ns = at_ns;
}

bool inquiry_due (const inquiry_t *self, int64_t now_ns)
{
    assert (self);
    return self->token == 0 && self->due_at_ns <= now_ns;
}

void inquiry_ask (
    inquiry_t *self, uint64_t token, const char *key, int64_t since_ns, int64_t now_ns, effects_t *effects)
{
    assert (self && token > 0 && self->token == 0);
    broker_call_t call = {.kind = self->kind, .token = token, .timeout_ns = TIMEOUT_NS, .since_ns = since_ns};
    TEXT_SET (call.key, key ? key : "");
    self->token = token;
    self->asked_at_ns = now_ns;
    self->due_at_ns = INT64_MAX;
    effects_call (effects, &call);
}

bool inquiry_answered (inquiry_t *self, const broker_answer_t *answer)
{
    assert (self && answer);
    if (self->token == 0 || self->token != answer->token)
        return false;
    self->token = 0;
    if (answer->kind == ANSWER_OK)
        self->failures = 0;
    return true;
}

void inquiry_failed (inquiry_t *self, const broker_answer_t *answer, int64_t now_ns, int64_t utc_ns)
{
    assert (self && answer);
    int64_t pause_ns = RETRY_FIRST_NS << (self->failures < 6 ? self->failures : 6);
    if (pause_ns > RETRY_MOST_NS || answer->kind == ANSWER_AUTH)
        pause_ns = RETRY_MOST_NS;
    self->failures++;
    if (answer->kind == ANSWER_LIMITED && answer->retry_at_ns > utc_ns &&
        answer->retry_at_ns - utc_ns > pause_ns)
        pause_ns = answer->retry_at_ns - utc_ns < 2 * RETRY_MOST_NS ? answer->retry_at_ns - utc_ns
                                                                    : 2 * RETRY_MOST_NS;
    inquiry_want (self, now_ns + pause_ns);
}
