/*  actor.h: the contract between a core and its host.
 *
 *  A core is a struct and step (self, event, effects): no socket, clock, file, thread, log call, and no malloc after
 *  new(). Everything that happens to it is an event; everything it wants done leaves as an effect and comes back as
 *  an event. The same core runs under the real host (actors/host), in unit tests and in the simulation.
 *
 *  Threads: a core belongs to one thread at a time. Ownership: events are borrowed for the step; effects own copies
 *  of what is put into them.
 */
#ifndef ACTOR_H
#define ACTOR_H

#include "actors/deliberate.h"
#include "actors/measure.h"
#include "messages/call.h"
#include "messages/error.h"
#include "messages/gen/messages.h"

#define ACTOR_NAME_MAX 32 /*  "listener", "executor-1" */

/*  An event's kind is a message's MSG_* (messages/gen/messages.h), or one of these. */
enum {
    EVENT_START = 1000,  /*  first step of a life */
    EVENT_TICK,          /*  the time asked for with effects_wake came */
    EVENT_STOP,          /*  finish what is open, then effects_stopped */
    EVENT_BROKER_ANSWER, /*  answer */
    EVENT_STREAM_STATE,  /*  stream (listener) */
    EVENT_TRADE_UPDATE,  /*  update (listener) */
    EVENT_STORED,        /*  token of effects_commit: durable (audit) */
    EVENT_INCOMPLETE,    /*  token = sequence: this replication.completed is not stored with the commit whose
                             EVENT_STORED follows: `count` clients lack a durable outcome (audit) */
    EVENT_STORE_FAILED,  /*  token: the transaction was rolled back (audit) */
    EVENT_DELIVERED,     /*  token of effects_deliver (alert) */
    EVENT_UNDELIVERED,   /*  token: not now (alert) */
    EVENT_UNDELIVERABLE  /*  token: the channel refused this text for good (alert) */
};

/*  The order is that of a good start; DOWN and REFUSED may come at any time. */
typedef enum {
    STREAM_DOWN,
    STREAM_CONNECTED,
    STREAM_AUTHORIZED,
    STREAM_LISTENING,
    STREAM_REFUSED,
    STREAM_BAD_KEYS
} stream_phase_t;

typedef struct {
    int kind;
    int64_t now_ns;   /*  CLOCK_BOOTTIME: durations, deadlines, leases */
    int64_t utc_ns;   /*  UTC corrected by the broker's Date header: age, audit, anything shown */
    const char *from; /*  sender's actor name, for messages */
    union {
        const message_t *message;      /*  kind = MSG_*: message->kind == kind */
        const broker_answer_t *answer; /*  EVENT_BROKER_ANSWER */
        const trade_update_t *update;  /*  EVENT_TRADE_UPDATE */
        struct {
            stream_phase_t state;
            const char *reason;
        } stream; /*  EVENT_STREAM_STATE */
        struct {
            uint64_t token;
            uint64_t count; /*  EVENT_INCOMPLETE */
        };
    };
} event_t;

/*  An effect: one thing the core wants done. The host carries them out in order, after the step. */
typedef enum {
    EFFECT_SEND,          /*  message to an actor, over the reliable link */
    EFFECT_PUBLISH,       /*  message to whoever listens (tap, alert, log) */
    EFFECT_CALL,          /*  ask the broker */
    EFFECT_OPEN_ACCOUNT,  /*  unseal credentials for a slot; replaces what it held */
    EFFECT_CLOSE_ACCOUNT, /*  wipe a slot's credentials, drop its connections */
    EFFECT_OPEN_STREAM,   /*  (re)connect the account's trading stream (listener) */
    EFFECT_CLOSE_STREAM,
    EFFECT_STORE,  /*  append a message to the open transaction (audit) */
    EFFECT_SHOW,   /*  a message for people who look where the state is kept; it is not stored (audit) */
    EFFECT_COMMIT, /*  commit it; EVENT_STORED or EVENT_STORE_FAILED with the token (audit) */
    EFFECT_LOAD,   /*  send every configuration row newer than `token` to `to`, then config.loaded (audit) */
    EFFECT_HISTORY, /*  read the outcomes of an X (account_id) for shard `to`: copy.history to "dispatcher" (audit) */
    EFFECT_WORKING, /*  name what still works at the broker: master.order, copy.history to "dispatcher" (audit) */
    EFFECT_DELIVER, /*  text to an alert channel (alert) */
    EFFECT_CHANGE, /*  apply a strategy.change in a transaction of its own, send what the dispatcher (at revision `token`)
                        does not have, then strategy.changed to it (audit) */
    EFFECT_ANSWER, /*  JSON to the HTTP request `token`, with the status in `account` (gateway) */
    EFFECT_PUSH,   /*  JSON to every WebSocket (gateway) */
    EFFECT_STOPPED /*  nothing left to do: the host may end the actor */
} effect_kind_t;

typedef enum { CHANNEL_LOG, CHANNEL_SLACK, CHANNEL_EMAIL, CHANNEL_WEBHOOK, CHANNEL_COUNT } channel_t;

typedef struct {
    effect_kind_t kind;
    char to[ACTOR_NAME_MAX]; /*  SEND, LOAD, HISTORY */
    message_kind_t
        message; /*  SEND, PUBLISH, STORE, CHANGE, SHOW: bytes [offset, offset + size) of the arena, msgpack */
    size_t offset;
    size_t size;
    uint32_t account; /*  OPEN_ACCOUNT, CLOSE_ACCOUNT, OPEN_STREAM, CLOSE_STREAM */
    uint64_t token;   /*  COMMIT, LOAD, DELIVER, CHANGE, ANSWER */
    channel_t channel;
    broker_call_t call; /*  CALL */
    char account_id
        [ACCOUNT_ID_MAX]; /*  OPEN_ACCOUNT: whose; the associated data of the sealed bytes in the arena;
                                         DELIVER: bytes = text; HISTORY: X */
} effect_t;

typedef struct {
    effect_t *list;
    size_t count;
    size_t limit;
    uint8_t *arena;
    size_t used;
    size_t arena_limit;
    int64_t wake_at_ns;               /*  earliest EVENT_TICK wanted; INT64_MAX = none */
    size_t calls;                     /*  in the list */
    void (*on_calls) (void *context); /*  NULL, or: after the first and each EFFECTS_CALLS */
    void *context;
} effects_t;

/*  A step that makes many calls need not end before the first ones are carried out: a host that sets on_calls may carry
 *  out then, in order, what is in the list so far; the core sees nothing of it. */
#define EFFECTS_CALLS 4

/*  Room for `limit` effects and `arena_limit` bytes of messages in one step: the host chooses them from the actor's
 *  own limits (a shard: 2 calls a client + batches). More than that in one step is a bug and asserts. */
effects_t *effects_new (size_t limit, size_t arena_limit);
void effects_destroy (effects_t **self_p);
void effects_clear (effects_t *self);  /*  before each step; wake_at_ns becomes INT64_MAX */
void effects_forget (effects_t *self); /*  what was carried out, within a step */

/*  Each copies its arguments. Messages are checked against their schema's bounds: a core that breaks them asserts. */
void effects_send (effects_t *self, const char *to, const message_t *message);
void effects_publish (effects_t *self, const message_t *message);
void effects_call (effects_t *self, const broker_call_t *call);
void effects_open_account (
    effects_t *self, uint32_t account, const char *account_id, const uint8_t *sealed, size_t size);
void effects_close_account (effects_t *self, uint32_t account);
void effects_open_stream (effects_t *self, uint32_t account);
void effects_close_stream (effects_t *self, uint32_t account);
void effects_store (effects_t *self, const message_t *message);
void effects_show (effects_t *self, const message_t *message);
void effects_commit (effects_t *self, uint64_t token);
void effects_load (effects_t *self, const char *to, uint64_t have_revision);
void effects_working (effects_t *self);
void effects_history (effects_t *self, const char *shard, const char *x);
void effects_deliver (effects_t *self, channel_t channel, uint64_t token, const char *text);
void effects_change (effects_t *self, const message_t *change, uint64_t have_revision);
void effects_answer (effects_t *self, uint64_t request, uint32_t status, const char *json);
void effects_push (effects_t *self, const char *json);
void effects_stopped (effects_t *self);
void effects_wake (effects_t *self, int64_t at_ns); /*  keeps the earliest */

/*  What the host needs to run a core of any role. new() gets a role's own limits struct (<role>.h). */
typedef struct {
    const char *role;
    int (*step) (void *self, const event_t *event,
        effects_t *effects); /*  0 or -ERR_*: the event was refused, state unchanged */
    void (*destroy) (void **self_p);
    /*  What it counts, into the readings of *stats; changes nothing. NULL: it has nothing to tell. */
    void (*measure) (const void *self, int64_t now_ns, actor_stats_t *stats);
} actor_ops_t;

#endif
