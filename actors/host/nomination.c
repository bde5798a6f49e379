/*  nomination.c: a standby waits for its turn, a leader defends it.
 *
 *  | phase | the key | then |
 *  |---|---|---|
 *  | standby | another's | asks again after 80 ms |
 *  | standby | free for 220 ms (since Redis was away: for 6 s) | claims it: a living leader, which renews it first, goes before |
 *  | standby | ours, by an answer younger than the key's life | leads |
 *  | standby | ours, by an older answer (we were stopped meanwhile) | asks again |
 *  | leads | ours, renewed | claims it again after 200 ms |
 *  | leads | another's | superseded: the end |
 *  | any | Redis is away | nothing |
 */
#include "actors/host/nomination.h"
#include "messages/text.h"

#include <assert.h>
#include <string.h>

void nomination_init (nomination_t *self, const char *id)
{
    assert (self && id && *id && strlen (id) < NOMINATION_ID_MAX);
    *self = (nomination_t){.phase = NOMINATION_STANDBY, .vacant_ns = INT64_MAX};
    TEXT_SET (self->id, id);
}

void nomination_connected (nomination_t *self, int64_t now_ns)
{
    assert (self);
    self->connected = true;
    self->asking = false;
    self->ask_at_ns = now_ns;
    self->vacant_ns = INT64_MAX;
    self->claim_from_ns = self->met ? now_ns + NOMINATION_RECONNECT_NS : 0;
}

void nomination_lost (nomination_t *self)
{
    assert (self);
    self->connected = false;
    self->asking = false;
}

static bool may_claim (const nomination_t *self, int64_t now_ns)
{
    if (self->phase == NOMINATION_LEADS)
        return true;
    return self->vacant_ns != INT64_MAX && now_ns - self->vacant_ns >= NOMINATION_VACANT_NS &&
           now_ns >= self->claim_from_ns;
}

nomination_question_t nomination_due (nomination_t *self, int64_t now_ns)
{
    assert (self);
    if (nomination_wake_ns (self) > now_ns)
        return NOMINATION_NO_QUESTION;
    self->asking = true;
    self->asked_ns = now_ns;
    return may_claim (self, now_ns) ? NOMINATION_CLAIM : NOMINATION_WHO;
}

static void note_leader (nomination_t *self, const char *holder, size_t size)
{
    size_t length = size < NOMINATION_ID_MAX - 1 ? size : NOMINATION_ID_MAX - 1;
    for (size_t n = 0; n < length; n++)
        self->leader[n] = holder[n] > 0x20 && holder[n] < 0x7f ? holder[n] : '?';
    self->leader[length] = '\0';
}

bool nomination_answered (nomination_t *self, int64_t now_ns, const char *holder, size_t size)
{
    assert (self && self->asking);
    nomination_phase_t before = self->phase;
    bool ours = holder && size == strlen (self->id) && memcmp (holder, self->id, size) == 0;
    bool late = now_ns - self->asked_ns >= NOMINATION_LIFE_MS * INT64_C (1000000);
    self->asking = false;
    self->met = true;
    note_leader (self, holder ? holder : "", holder ? size : 0);
    if (holder)
        self->vacant_ns = INT64_MAX;
    else if (self->vacant_ns == INT64_MAX)
        self->vacant_ns = now_ns;
    if (self->phase == NOMINATION_STANDBY && ours && !late)
        self->phase = NOMINATION_LEADS;
    else if (self->phase == NOMINATION_LEADS && holder && !ours)
        self->phase = NOMINATION_SUPERSEDED;
    self->ask_at_ns = now_ns + (self->phase == NOMINATION_LEADS ? NOMINATION_RENEW_NS : NOMINATION_ASK_NS);
    return self->phase != before;
}

void nomination_failed (nomination_t *self, int64_t now_ns)
{
    assert (self);
    self->asking = false;
    self->ask_at_ns = now_ns + NOMINATION_RENEW_NS;
}

int64_t nomination_wake_ns (const nomination_t *self)
{
    assert (self);
    return self->connected && !self->asking && self->phase != NOMINATION_SUPERSEDED ? self->ask_at_ns
                                                                                    : INT64_MAX;
}
