/*  links.c: messages between actors, as actors/host/link.c brings them: once and in order while both ends live. What is
 *  lost on the wire is sent again (later, and not at all when its sender has died by then: nor is what came after it
 *  accepted), what comes twice is dropped.
 *  For a dead peer records wait, in order, and are the first that its next life hears; the rest is dropped with it.
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint32_t node_by_name (const world_t *self, const char *name)
{
    for (uint32_t at = 0; at < self->node_count; at++)
        if (strcmp (self->nodes[at].name, name) == 0)
            return at;
    return UINT32_MAX;
}

/*  As is_record of actors/host/wire.c: the dispatcher binds. */
static bool is_record (uint32_t from, uint32_t to, message_kind_t kind)
{
    bool record = kind == MSG_COPY_RESULT || kind == MSG_REPLICATION_COMPLETED || kind == MSG_MASTER_ORDER ||
                  kind == MSG_BREAKER_CHANGED || kind == MSG_ALERT_RAISED;
    return record && from != ACTOR_AUDIT && (from != ACTOR_DISPATCHER || to == ACTOR_AUDIT);
}

static void put (world_t *self, uint32_t target, letter_t *letter, int64_t delay_ns)
{
    int64_t *free_ns = &self->nodes[letter->from].link_free_ns[target];
    int64_t at_ns = self->now_ns + delay_ns > *free_ns ? self->now_ns + delay_ns : *free_ns;
    *free_ns = at_ns;
    due_put (&self->due, (due_t){.at_ns = at_ns,
                             .kind = DUE_MESSAGE,
                             .actor = target,
                             .life = self->nodes[target].life,
                             .payload = letter});
}

void node_send (
    world_t *self, uint32_t from, const char *to, const uint8_t *bytes, size_t size, message_kind_t kind)
{
    uint32_t target = node_by_name (self, to);
    assert (target != UINT32_MAX);
    self->tally.messages++;
    if (kind == MSG_HISTORY_REQUEST)
        fleet_asks (self, from);
    if (kind == MSG_CLIENT_RELEASED && message_decode (kind, bytes, size, &self->scratch, NULL) == 0)
        fleet_released (self, from, &self->scratch.client_released);
    if (self->nodes[from].cut_off) {
        story (self, "%s -> %s %s CUT OFF", self->nodes[from].name, to, message_subject (kind));
        return;
    }
    if (kind == MSG_SHARD_BEAT && message_decode (kind, bytes, size, &self->scratch, NULL) == 0)
        promise_beat (self, from, self->scratch.shard_beat.beat);
    if (kind == MSG_MASTER_ACK && message_decode (kind, bytes, size, &self->scratch, NULL) == 0)
        checker_ack (self, &self->scratch.master_ack);
    bool record = is_record (from, target, kind);
    if (!self->nodes[target].core && !record) {
        story (self, "%s -> %s %s LOST", self->nodes[from].name, to, message_subject (kind));
        return;
    }
    letter_t *letter = malloc (sizeof *letter + size);
    assert (letter);
    *letter = (letter_t){
        .from = from, .life = self->nodes[from].life, .record = record, .kind = kind, .size = size};
    memcpy (letter->bytes, bytes, size);
    int64_t delay_ns = dice_between (&self->chance, MS_NS / 50, 2 * MS_NS);
    if (faults_strike (&self->faults, FAULT_LINK_SLOW, &self->chance))
        delay_ns = dice_between (&self->chance, 2 * MS_NS, 500 * MS_NS);
    letter->again = faults_strike (&self->faults, FAULT_LINK_LOSS, &self->chance);
    if (letter->again)
        delay_ns += dice_between (&self->chance, 200 * MS_NS, 600 * MS_NS);
    (void) faults_strike (&self->faults, FAULT_LINK_TWICE, &self->chance);
    put (self, target, letter, delay_ns);
}

bool links_lost (world_t *self, const due_t *due)
{
    const letter_t *letter = due->payload;
    node_t *sender = &self->nodes[letter->from];
    if (letter->again && sender->life != letter->life)
        sender->gap[due->actor] = letter->life + 1;
    return sender->gap[due->actor] == letter->life + 1;
}

static void drop (world_t *self, const due_t *due)
{
    const letter_t *letter = due->payload;
    story (self, "%s -> %s %s DROPPED", self->nodes[letter->from].name, self->nodes[due->actor].name,
        message_subject (letter->kind));
}

void links_undelivered (world_t *self, due_t *due)
{
    const letter_t *letter = due->payload;
    if (!letter->record) {
        drop (self, due);
        return;
    }
    due_put (&self->held[due->actor], *due); /*  its order stays */
    due->payload = NULL;
}

/*  What is still on its way to an earlier life is sent to this one, too, before all that is new. */
static void recall (world_t *self, uint32_t target)
{
    due_queue_t rest = {.order = self->due.order};
    while (due_first (&self->due)) {
        due_t due = due_take (&self->due);
        bool earlier = due.kind == DUE_MESSAGE && due.actor == target && due.life != self->nodes[target].life;
        if (earlier)
            links_undelivered (self, &due);
        else
            due_put (&rest, due);
        if (earlier)
            free (due.payload);
    }
    due_free (&self->due);
    self->due = rest;
}

void links_start (world_t *self, uint32_t target)
{
    recall (self, target);
    while (due_first (&self->held[target])) {
        due_t due = due_take (&self->held[target]);
        const letter_t *letter = due.payload;
        const node_t *sender = &self->nodes[letter->from];
        due.at_ns = self->now_ns;
        due.life = self->nodes[target].life;
        if (sender->core && sender->life == letter->life) {
            due_put (&self->due, due);
        } else {
            drop (self, &due);
            free (due.payload);
        }
    }
}

void node_send_message (world_t *self, uint32_t from, const char *to, const message_t *message)
{
    static uint8_t bytes[MESSAGE_BYTES_MAX];
    size_t size;
    int rc = message_encode (message, bytes, sizeof bytes, &size);
    assert (rc == 0);
    node_send (self, from, to, bytes, size, message->kind);
}
