/*  effects.c: the list of what a core wants done in one step, with the bytes of its messages in one arena.
 *
 *  Nothing grows after effects_new: a core that asks for more in one step than its limits allow has a bug, and asserts.
 */
#include "actors/actor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

effects_t *effects_new (size_t limit, size_t arena_limit)
{
    assert (limit > 0);
    effects_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->list = calloc (limit, sizeof *self->list);
    self->arena = calloc (arena_limit > 0 ? arena_limit : 1, 1);
    if (!self->list || !self->arena) {
        effects_destroy (&self);
        return NULL;
    }
    self->limit = limit;
    self->arena_limit = arena_limit;
    effects_clear (self);
    return self;
}

void effects_destroy (effects_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    free ((*self_p)->list);
    free ((*self_p)->arena);
    free (*self_p);
    *self_p = NULL;
}

void effects_forget (effects_t *self)
{
    assert (self);
    self->count = 0;
    self->used = 0;
}

void effects_clear (effects_t *self)
{
    assert (self);
    effects_forget (self);
    self->calls = 0;
    self->wake_at_ns = INT64_MAX;
}

/*  The next effect, zeroed. */
static effect_t *add (effects_t *self, effect_kind_t kind)
{
    assert (self);
    assert (self->count < self->limit);
    effect_t *effect = &self->list[self->count++];
    memset (effect, 0, sizeof *effect);
    effect->kind = kind;
    effect->offset = self->used;
    return effect;
}

static void copy_name (char *to, size_t size, const char *name)
{
    assert (name && name[0]);
    size_t length = strlen (name);
    assert (length < size);
    memcpy (to, name, length + 1);
}

static void add_bytes (effects_t *self, effect_t *effect, const void *bytes, size_t size)
{
    assert (bytes || size == 0);
    assert (size <= self->arena_limit - self->used);
    if (size > 0)
        memcpy (self->arena + self->used, bytes, size);
    effect->size = size;
    self->used += size;
}

static effect_t *add_message (effects_t *self, effect_kind_t kind, const message_t *message)
{
    assert (message);
    effect_t *effect = add (self, kind);
    effect->message = message->kind;
    int rc =
        message_encode (message, self->arena + self->used, self->arena_limit - self->used, &effect->size);
    assert (rc == 0); /*  a bound of the schema broken, or the arena full */
    self->used += effect->size;
    return effect;
}

void effects_send (effects_t *self, const char *to, const message_t *message)
{
    effect_t *effect = add_message (self, EFFECT_SEND, message);
    copy_name (effect->to, sizeof effect->to, to);
}

void effects_publish (effects_t *self, const message_t *message)
{
    add_message (self, EFFECT_PUBLISH, message);
}

void effects_call (effects_t *self, const broker_call_t *call)
{
    assert (call && call->kind < CALL_COUNT);
    add (self, EFFECT_CALL)->call = *call;
    bool due = ++self->calls == 1 || self->calls % EFFECTS_CALLS == 0;
    if (due && self->on_calls)
        self->on_calls (self->context);
}

void effects_open_account (
    effects_t *self, uint32_t account, const char *account_id, const uint8_t *sealed, size_t size)
{
    effect_t *effect = add (self, EFFECT_OPEN_ACCOUNT);
    effect->account = account;
    copy_name (effect->account_id, sizeof effect->account_id, account_id);
    add_bytes (self, effect, sealed, size);
}

static void add_account (effects_t *self, effect_kind_t kind, uint32_t account)
{
    add (self, kind)->account = account;
}

void effects_close_account (effects_t *self, uint32_t account)
{
    add_account (self, EFFECT_CLOSE_ACCOUNT, account);
}

void effects_open_stream (effects_t *self, uint32_t account)
{
    add_account (self, EFFECT_OPEN_STREAM, account);
}

void effects_close_stream (effects_t *self, uint32_t account)
{
    add_account (self, EFFECT_CLOSE_STREAM, account);
}

void effects_store (effects_t *self, const message_t *message)
{
    add_message (self, EFFECT_STORE, message);
}

void effects_show (effects_t *self, const message_t *message)
{
    add_message (self, EFFECT_SHOW, message);
}

void effects_commit (effects_t *self, uint64_t token)
{
    add (self, EFFECT_COMMIT)->token = token;
}

void effects_load (effects_t *self, const char *to, uint64_t have_revision)
{
    effect_t *effect = add (self, EFFECT_LOAD);
    copy_name (effect->to, sizeof effect->to, to);
    effect->token = have_revision;
}

void effects_working (effects_t *self)
{
    add (self, EFFECT_WORKING);
}

void effects_history (effects_t *self, const char *shard, const char *x)
{
    effect_t *effect = add (self, EFFECT_HISTORY);
    copy_name (effect->to, sizeof effect->to, shard);
    copy_name (effect->account_id, sizeof effect->account_id, x);
}

void effects_deliver (effects_t *self, channel_t channel, uint64_t token, const char *text)
{
    assert (channel < CHANNEL_COUNT && text);
    effect_t *effect = add (self, EFFECT_DELIVER);
    effect->channel = channel;
    effect->token = token;
    add_bytes (self, effect, text, strlen (text));
}

void effects_change (effects_t *self, const message_t *change, uint64_t have_revision)
{
    assert (change && change->kind == MSG_STRATEGY_CHANGE);
    add_message (self, EFFECT_CHANGE, change)->token = have_revision;
}

void effects_answer (effects_t *self, uint64_t request, uint32_t status, const char *json)
{
    assert (status >= 200 && status < 600 && json);
    effect_t *effect = add (self, EFFECT_ANSWER);
    effect->token = request;
    effect->account = status;
    add_bytes (self, effect, json, strlen (json));
}

void effects_push (effects_t *self, const char *json)
{
    assert (json);
    effect_t *effect = add (self, EFFECT_PUSH);
    add_bytes (self, effect, json, strlen (json));
}

void effects_stopped (effects_t *self)
{
    add (self, EFFECT_STOPPED);
}

void effects_wake (effects_t *self, int64_t at_ns)
{
    assert (self);
    if (at_ns < self->wake_at_ns)
        self->wake_at_ns = at_ns;
}
