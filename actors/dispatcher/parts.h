/*  parts.h: what the dispatcher's files share: the struct, and the calls from one to the other. Private. */
#ifndef DISPATCHER_PARTS_H
#define DISPATCHER_PARTS_H

#include "actors/dispatcher/dispatcher.h"
#include "actors/dispatcher/marks.h"
#include "actors/dispatcher/pool.h"

#define DISPATCHER_BUDGET                                                                                    \
    512 /*  messages of one step beyond a command a shard; the rest at the next tick, at once */

#define EARLY_MAX 256
#define NOBODY DISPATCHER_SHARDS_MAX /*  the shard of a client that has none: nothing is sent to it */

typedef enum {
    CLIENT_HELD,      /*  its shard has it, or gets it with all others */
    CLIENT_RELEASING, /*  its shard was asked to let go of it */
    CLIENT_ARRIVING   /*  its shard was not sent it yet; nobody else has it */
} client_state_t;

typedef struct {
    client_config_t config;
    bool used;
    uint32_t shard;
    client_state_t state;
    uint64_t epoch;            /*  of its arrival: what its shard said before it knew that does not count */
    uint64_t sent_epoch;       /*  with which its shard was sent it last */
    uint64_t release_epoch;    /*  of the release that was asked for last */
    int64_t asked_at_ns;       /*  releasing */
    int64_t free_at_ns;        /*  arriving: until then its last shard may have an order of it under way */
    breaker_changed_t breaker; /*  what was said last */
} client_t;

/*  Of a client what every trade asks: beside each other, for a client_t is 2 KB. */
typedef struct {
    int64_t since_ns; /*  of its config */
    int64_t until_ns;
    uint32_t shard;
    bool used;
    bool active;
} follower_t;

#define LATENCIES 256 /*  of a shard's last copies */

typedef struct {
    char name[32];
    bool used;
    bool named;   /*  in the topology: waited for */
    bool seen;    /*  since our start */
    bool dead;    /*  told */
    bool gone;    /*  its clients have moved, or move as soon as somebody can take them */
    bool stale;   /*  it may hold clients that are not its own: no lease before it was told which are */
    bool told;    /*  it lived before us, and has named what it owes; or a life that owes nothing */
    bool leaving; /*  it was asked to stop */
    uint32_t weight;
    int64_t heard_at_ns;     /*  last beat, result or ready */
    uint32_t clients;        /*  assigned and active: what its beat counts */
    uint32_t moving;         /*  clients that are not held: releasing and arriving */
    uint32_t arriving;       /*  of these */
    int64_t gathers_to_ns;   /*  those are sent then */
    uint32_t cursor;         /*  next client of the table to be sent; DIRECTORY_NONE = all were */
    uint64_t assigned_epoch; /*  of that */
    int64_t assigned_at_ns;  /*  when they were sent last */
    bool held_known;
    bool granted;           /*  a lease, in our life */
    uint64_t held;          /*  which clients its first beat said that it had; 0 = none */
    uint64_t beat;          /*  the last one of this life */
    bool beat_waits;        /*  for its lease */
    int64_t leased_to_ns;   /*  what was granted last runs out then */
    int64_t fenced_to_ns;   /*  an earlier life of it may hold a lease until then */
    uint64_t orders;        /*  sent in its life */
    uint64_t orders_before; /*  when its state was told last */
    int64_t dismissed_at_ns;
    int64_t rate_e9;               /*  orders a second */
    uint32_t latencies[LATENCIES]; /*  1 + 100 ns units */
    uint32_t latencies_next;
} shard_t;

#define UNFINISHED_LEGS 16 /*  bits of one copy */
#define UNFINISHED_DECIDED ((UINT32_C (1) << UNFINISHED_LEGS) - 1)

/*  An X with copies that still work at the broker: a shard that lost its book has to follow them to their end. Or one that
 *  is at its end (working = 0) and goes along with such a one. */
typedef struct {
    bool used;
    uint64_t
        sequence; /*  of its last replication; 0 = only outcomes were heard so far, its state is not known */
    trade_t trade;
    uint32_t working; /*  clients with a bit set */
    uint32_t lasts;   /*  ticks that it is kept at least */
    uint64_t ended;   /*  the durable.request behind the newest last word of an order; 0 = all is durable */
    uint64_t first;   /*  behind the oldest one of these, at least */
    bool lost;        /*  a word, with a life of the audit: it is asked for again */
    uint32_t *
        of_client; /*  a client: a bit a leg and slot that is not at its end; above, of orders that answer no state */
    uint32_t *
        ended_of; /*  a client: the durable.request behind its last word, counted from life; 0 = it is durable */
} unfinished_t;

struct dispatcher {
    dispatcher_config_t config;

    /*  life */
    bool stopping;
    bool stopped;
    int64_t stop_at_ns;
    int64_t started_utc_ns;
    uint64_t life;          /*  its number */
    int64_t grants_from_ns; /*  a dispatcher before us may have leased until then */
    int64_t request_at_ns;  /*  next config.request */
    int64_t hold_until_ns;  /*  INT64_MAX = not loaded; then: shards that were never seen are waited for */
    int64_t known_from_ns;  /*  what executed before and nobody knows was done, or is too old to be copied */
    bool open_for_orders;
    uint32_t budget; /*  of this step */

    /*  configuration */
    bool master_known;
    bool listener_seen;
    char listener[ACTOR_NAME_MAX];
    master_config_t master;
    client_t *clients;
    follower_t *followers; /*  as clients */
    uint32_t clients_used; /*  slots ever used */
    directory_t clients_by_id;
    uint64_t epoch;
    uint64_t revision;

    /*  shards */
    shard_t shards[DISPATCHER_SHARDS_MAX + 1]; /*  the last one is NOBODY */
    uint32_t shard_count;                      /*  places ever used */
    bool settled;      /*  the clients are spread; before, shards whose names nobody knows are waited for */
    bool held_before;  /*  a shard had clients of a dispatcher before us */
    bool known_before; /*  the database has progress: there was a dispatcher before us */
    int64_t first_heard_ns; /*  of all shards; 0 = none was */
    uint32_t plan_cursor;   /*  next client to look at: where does it belong? DIRECTORY_NONE = all were */
    int64_t plan_at_ns;     /*  and all of them again then; INT64_MAX = no */
    int64_t before_to_ns;   /*  leases of a dispatcher before us run out then */
    uint32_t releasing;     /*  clients */
    int64_t release_at_ns;  /*  next time that these are asked for again */
    uint64_t moves;         /*  clients that went to another shard, in our life */
    int64_t tell_at_ns;     /*  next shard.state */
    bool shards_full_told;

    /*  replications */
    uint64_t sequence; /*  of the last one */
    pool_t pool;
    uint32_t *sorted; /*  scratch: clients */
    bool completed_full_told;
    marks_t marks;
    unfinished_t *unfinished;
    uint32_t *working; /*  unfinished × clients */
    uint32_t *ended;   /*  as working */
    bool unfinished_full_told;
    uint64_t durable_asked;   /*  number of the last durable.request */
    bool durable_wanted;      /*  one more, at the end of this step */
    int64_t unfinished_at_ns; /*  next time that shards are asked for the ends of these */
    trade_t *held;            /*  master orders that wait, in order */
    uint32_t held_count;
    char refused_x[ID_MAX];  /*  the one that executed first of those there was no room for; "" = none */
    int64_t refused_at_ns;   /*  when it executed */
    int64_t refused_last_ns; /*  when the one executed that executed last of them */
    int64_t refused_till_ns; /*  it should have been repeated by then; when it was: the others */

    /*  counted in this life, for the gateway */
    struct {
        uint64_t replications;
        uint64_t success;
        uint64_t failure;
        uint64_t skipped;
        histogram_t latency; /*  of each copy that was sent: the listener had it → the order was written */
        histogram_t total;   /*  of each replication: the listener had it → the last outcome */
    } tally;

    message_t *early; /*  results that came before the clients were spread; NULL = these always are */
    uint32_t early_count;

    message_t out; /*  scratch: one message at a time */
};

/*  measure.c */
void dispatcher_measure (const void *self, int64_t now_ns, actor_stats_t *stats);

/*  dispatcher.c */
void dispatcher_alert (dispatcher_t *self, alert_raised_kind_t kind, alert_raised_severity_t severity,
    const char *subject, const char *text, int64_t utc_ns, effects_t *effects);

/*  assignment.c: clients and shards */
int dispatcher_assignment_client (dispatcher_t *self, const event_t *event, effects_t *effects);
int dispatcher_assignment_ready (dispatcher_t *self, const event_t *event, effects_t *effects);
int dispatcher_assignment_beat (dispatcher_t *self, const event_t *event, effects_t *effects);
void dispatcher_assignment_heard (
    dispatcher_t *self, const char *name, const event_t *event, effects_t *effects);
void dispatcher_assignment_settle (
    dispatcher_t *self, uint32_t client, effects_t *effects); /*  before a command that is for it, too */
void dispatcher_assignment_tick (dispatcher_t *self, const event_t *event, effects_t *effects);
bool dispatcher_assignment_complete (
    const dispatcher_t *self); /*  every shard was seen, has its clients, and said what it owes */
bool dispatcher_assignment_tells (const dispatcher_t *self, uint32_t shard); /*  it has not said all yet */
uint32_t dispatcher_assignment_shard (
    const dispatcher_t *self, const char *name); /*  DIRECTORY_NONE: no such */
void dispatcher_assignment_loaded (dispatcher_t *self, effects_t *effects);
/*  The client as it is configured now, and its breaker, to its shard: it is held there. */
void dispatcher_assignment_send (dispatcher_t *self, uint32_t client, effects_t *effects);
/*  It counts for its shard, or (by = -1) does not any more. */
void dispatcher_assignment_count (dispatcher_t *self, const client_t *client, int by);
/*  Its config, its shard or its use changed: followers says the same from now on. */
void dispatcher_assignment_note (dispatcher_t *self, uint32_t at);
void dispatcher_assignment_next_epoch (dispatcher_t *self, int64_t utc_ns);
void dispatcher_assignment_all (dispatcher_t *self, shard_t *shard, const event_t *event);
/*  Does this count, said by a shard of one of the clients? Not what another shard says than the client's own. */
bool dispatcher_assignment_trusts (
    const dispatcher_t *self, uint32_t client, const char *shard, uint64_t epoch);

/*  shards.c: which shards there are; how they are told apart from what is gone */
uint32_t dispatcher_shards_admit (dispatcher_t *self, const char *name, const event_t *event,
    effects_t *effects); /*  NONE: it may not come */
/*  Which clients it should have, as its beat would say it. */
uint64_t dispatcher_shards_holds (const dispatcher_t *self, uint32_t shard);
void dispatcher_shards_tick (dispatcher_t *self, const event_t *event, effects_t *effects);
void dispatcher_shards_log (dispatcher_t *self, const shard_t *shard, log_line_level_t level,
    const char *name, const char *text, const event_t *event, effects_t *effects);

/*  moves.c: clients that go to another shard */
/*  Where it belongs; NOBODY: no shard is there that could take it. */
uint32_t dispatcher_moves_target (const dispatcher_t *self, const client_t *client);
void dispatcher_moves_plan (dispatcher_t *self); /*  a shard came or went: all clients are looked at again */
/*  Its clients are no longer asked for: a new life has none of them. */
void dispatcher_moves_new_life (dispatcher_t *self, shard_t *shard);
int dispatcher_moves_released (dispatcher_t *self, const event_t *event);
int64_t dispatcher_moves_free_at_ns (const dispatcher_t *self, const shard_t *shard);
bool dispatcher_moves_possible (const dispatcher_t *self); /*  is a shard there that takes clients? */
void dispatcher_moves_forget (dispatcher_t *self, client_t *client); /*  it is deleted */
void dispatcher_moves_tick (dispatcher_t *self, const event_t *event, effects_t *effects);
bool dispatcher_moves_emptied (const dispatcher_t *self, const shard_t *shard); /*  no client is left there */

/*  lease.c: who may send, and until when */
void dispatcher_lease_beat (shard_t *shard, uint64_t beat);
void dispatcher_lease_new_life (shard_t *shard);
void dispatcher_lease_answer (
    dispatcher_t *self, shard_t *shard, const event_t *event, effects_t *effects); /*  the beat that waits */

/*  cursor.c: the listener, and what it has to know */
int dispatcher_cursor_master (dispatcher_t *self, const event_t *event, effects_t *effects);
int dispatcher_cursor_ready (dispatcher_t *self, const event_t *event, effects_t *effects);
int dispatcher_cursor_mark (dispatcher_t *self, const event_t *event);
void dispatcher_cursor_send (dispatcher_t *self, effects_t *effects);

/*  memory.c: what the database remembers for the shards: histories, breakers */
int dispatcher_memory_request (const dispatcher_t *self, const event_t *event, effects_t *effects);
int dispatcher_memory_history (dispatcher_t *self, const event_t *event, effects_t *effects);
int dispatcher_memory_breaker (dispatcher_t *self, const event_t *event, effects_t *effects);

/*  A shard that lived before us owes outcomes of X: it is not done, though nobody else knows it. */
void dispatcher_memory_owed (dispatcher_t *self, const trade_t *trade);

/*  X executed a lookback before anything was stored: what is not known of it was done, or is too old. */
bool dispatcher_memory_forgot (const dispatcher_t *self, const trade_t *trade);

/*  unfinished.c */
int dispatcher_unfinished_load (
    dispatcher_t *self, const trade_t *trade, const event_t *event, effects_t *effects);
/*  The state of X, should outcomes have come before it. */
void dispatcher_unfinished_name (dispatcher_t *self, const trade_t *trade, effects_t *effects);
/*  An X of its symbol that executed before is open, or something of it works. */
bool dispatcher_unfinished_before (const dispatcher_t *self, const trade_t *trade);
void dispatcher_unfinished_closed (
    dispatcher_t *self, const trade_t *trade, uint64_t sequence, const event_t *event, effects_t *effects);
/*  The listener repeats an X that was closed by a life before: the shards may not know it. */
void dispatcher_unfinished_along (
    dispatcher_t *self, const trade_t *trade, const event_t *event, effects_t *effects);
void dispatcher_unfinished_state (dispatcher_t *self, const trade_t *trade, uint64_t sequence);
void dispatcher_unfinished_outcome (
    dispatcher_t *self, const outcome_t *outcome, uint32_t client, const event_t *event, effects_t *effects);
void dispatcher_unfinished_forget_client (dispatcher_t *self, uint32_t client);
void dispatcher_unfinished_durable (dispatcher_t *self, const event_t *event);
void dispatcher_unfinished_tick (dispatcher_t *self, const event_t *event, effects_t *effects);
void dispatcher_unfinished_loaded (dispatcher_t *self);
void dispatcher_unfinished_send (dispatcher_t *self, uint32_t shard, effects_t *effects);

/*  replication.c */
int dispatcher_replication_order (dispatcher_t *self, const event_t *event, effects_t *effects);
void dispatcher_replication_result (dispatcher_t *self, const event_t *event, effects_t *effects);
void dispatcher_replication_early (
    dispatcher_t *self, const event_t *event, effects_t *effects); /*  they are spread */
void dispatcher_replication_stored (dispatcher_t *self, const event_t *event, effects_t *effects);
void dispatcher_replication_forget_client (
    dispatcher_t *self, uint32_t client, const event_t *event, effects_t *effects);
/*  Did the client follow while X executed? Then its outcome is owed, and must be durable: the database asks the same. */
bool dispatcher_replication_concerns (const follower_t *client, const trade_t *trade);
/*  The client is another shard's from now on. */
void dispatcher_replication_moved (dispatcher_t *self, uint32_t client, uint32_t from, uint32_t to);
/*  Is a command of X open that this shard owes outcomes for? */
bool dispatcher_replication_owes (dispatcher_t *self, const char *x, uint32_t shard);
void dispatcher_replication_send_all (
    dispatcher_t *self, uint32_t shard, effects_t *effects); /*  its open commands again */
void dispatcher_replication_tick (dispatcher_t *self, const event_t *event, effects_t *effects);

/*  held.c */
typedef enum { HELD, HELD_ALREADY, HELD_TOO_SOON, HELD_NO_ROOM } held_t;
held_t dispatcher_held_put (dispatcher_t *self, const trade_t *trade, const event_t *event);
/*  It is closed; but an earlier one of its symbol is not, or may turn up: then it goes along. While there is much room. */
void dispatcher_held_along (dispatcher_t *self, const trade_t *trade);
/*  One of its symbol that executed before waits. */
bool dispatcher_held_before (const dispatcher_t *self, const trade_t *trade);

/*  completion.c */
void dispatcher_completion_reached (
    dispatcher_t *self, uint32_t slot, const event_t *event, effects_t *effects);
void dispatcher_completion_next (
    dispatcher_t *self, uint32_t slot, const event_t *event, effects_t *effects); /*  its turn came */
void dispatcher_completion_tick (dispatcher_t *self, const event_t *event, effects_t *effects);

/*  command.c */
/*  X began to execute in our life: nobody before us can have acted on it. */
bool dispatcher_command_first (const dispatcher_t *self, const trade_t *trade);
/*  The state into the database, where the same one again is the same row: from where a listener looks again. */
void dispatcher_command_record (dispatcher_t *self, const trade_t *trade, effects_t *effects);
void dispatcher_command_send (dispatcher_t *self, const trade_t *trade, uint64_t sequence, uint32_t shard,
    effects_t
        *effects); /*  nothing to a shard that is not there: it gets all that is open with its clients */

#endif
