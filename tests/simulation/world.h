/*  world.h: one history: every core, the model broker, the network and the store between them, in virtual time.
 *
 *  world_run is a pure function of the options: the same seed gives the same history, to the last nanosecond
 *  (world_t.hash). Parts: world.c (time), actors.c (lives, effects), desk.c (the broker's side of a call),
 *  stream.c (the master's stream), store.c (the audit's storage), master.c (who trades), checker.c (who judges),
 *  views.c and
 *  expectation.c (what should have come of it).
 */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include "actors/actor.h"
#include "actors/executor/executor.h"
#include "broker/simulator/engine.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/reached.h"

#define CLIENTS_MAX 32
#define SHARDS_MAX 4
#define ACTORS_MAX (3 + SHARDS_MAX)
#define NODES_MAX (ACTORS_MAX + SHARDS_MAX) /*  from ACTORS_MAX on: the zombie of each shard (zombie.c) */
#define SYMBOLS_MAX 4
#define VERSIONS_MAX 4 /*  of a client's configuration */
#define BEATS_MAX 64   /*  of a shard, remembered for its leases */
#define ORDERS_MAX 400 /*  of the master */
#define MS_NS INT64_C (1000000)
#define SEC_NS INT64_C (1000000000)
#define START_UTC_NS (INT64_C (1772463600) * SEC_NS) /*  2026-03-02 15:00 UTC */
#define SETTLE_NS (150 * SEC_NS)
#define MAX_AGE_NS (60 * SEC_NS)
#define MIN_NOTIONAL_E9 FIXED_ONE
#define DELETIONS_MAX 2 /*  of progress in one history */
#define MASTER_ID "master"

enum { ACTOR_LISTENER, ACTOR_DISPATCHER, ACTOR_AUDIT, ACTOR_SHARD }; /*  shards from there on */

enum {
    DUE_START,
    DUE_MESSAGE,
    DUE_ARRIVE,
    DUE_WORK,
    DUE_ANSWER,
    DUE_STREAM,
    DUE_UPDATE,
    DUE_COMMIT,
    DUE_MASTER,
    DUE_WRITE, /*  a submit's first byte, later than its effect */
    DUE_CUT,   /*  the broker cancels the rest of an order */
    DUE_REST,  /*  the effects of a step that was split */
    DUE_BURY,  /*  the end of a zombie */
    DUE_PLAN,  /*  a client joins, changes or leaves */
    DUE_FLEET  /*  a shard leaves, dies, has ended */
};

enum { FLEET_LEAVES, FLEET_DIES, FLEET_ENDED };

typedef struct {
    char name[ACTOR_NAME_MAX];
    const actor_ops_t *ops;
    void *core; /*  NULL = dead */
    effects_t *effects;
    uint32_t life;
    int64_t wake_at_ns;
    int64_t paused_until_ns;
    int64_t skew_ns; /*  of its UTC */
    int64_t skew_until_ns;
    uint32_t accounts[CLIENTS_MAX + 1]; /*  slot -> engine's account; UINT32_MAX = closed */
    int64_t link_free_ns[ACTORS_MAX];   /*  to each other actor: FIFO */
    uint32_t gap[ACTORS_MAX];           /*  1 + the life of which a message was lost for ever */
    bool cut_off;                       /*  a zombie: nobody hears it, it hears only the broker */
    size_t rest_from;                   /*  effects of its last step not carried out yet; SIZE_MAX = none */
    struct {
        uint64_t number;
        int64_t at_ns;
    } beats[BEATS_MAX]; /*  sent, ring */
    uint32_t beats_count;
    int64_t leased_until_ns; /*  what it was granted, counted from the beat that asked */
} node_t;

typedef struct {
    client_config_t config;
    uint32_t account;
    bool joined;
    int64_t known_at_ns; /*  broker's UTC: the dispatcher heard of one that joined late; 0 = from the start */
    int64_t left_at_ns;  /*  broker's UTC; 0 = follows */
    struct {
        int64_t from_ns; /*  broker's UTC */
        int64_t multiplier_e9;
        int64_t risk_percent_e9;
    } versions[VERSIONS_MAX];
    size_t versions_count;
    int64_t equity_least_e9; /*  seen over the history */
    int64_t equity_most_e9;
} follower_t;

/*  The latest durable outcome of (client, X, leg, slot). */
typedef struct {
    outcome_t *list;
    size_t count;
    size_t limit;
} outcomes_t;

/*  Every range of Q(X) that a durable outcome of a client ever answered for (outcomes are updated, with their history).
 */
typedef struct {
    uint32_t client;
    char x[ID_MAX];
    int64_t from_e9;
    int64_t to_e9;
} range_t;

typedef struct {
    range_t *list;
    size_t count;
    size_t limit;
} ranges_t;

/*  A client's order on its way, as one life of a shard sees it: promise.c. */
typedef struct {
    uint32_t life;
    char id[CLIENT_ORDER_ID_MAX];
    bool in_flight;
    bool doubted; /*  outcome unknown, or taken: only a look-up by id ends that */
} pending_t;

/*  A shard may begin orders of a client. */
typedef struct {
    bool has;         /*  it was sent it, and has not released it */
    int64_t until_ns; /*  then */
    int64_t ghost_ns; /*  an earlier life of it, dead by now: until then */
} claim_t;

typedef struct {
    char x[ID_MAX];
    int64_t stored_e9; /*  largest Q of a durable replication.completed */
    int64_t acked_e9;  /*  largest Q of a master.ack that was sent */
    bool final;        /*  the mark's */
    int64_t executed_at_ns;
    int64_t stored_at_ns; /*  the mark's; 0 = none */
    trade_t state;        /*  the latest durable one; first_at_ns 0 = none */
} closing_t;

typedef struct {
    uint8_t *bytes;
    size_t used;
    size_t limit;
} staged_t;

/*  A message on its way. */
typedef struct {
    uint32_t from;
    uint32_t life; /*  of its sender */
    bool record;   /*  true whoever hears it */
    bool again;    /*  it was lost, this is the second try */
    message_kind_t kind;
    size_t size;
    uint8_t bytes[];
} letter_t;

typedef struct {
    uint64_t seed;
    int faults_level;
    const faults_t *faults; /*  which are on */
    bool trace;
} options_t;

typedef struct {
    uint64_t steps, events, messages, orders, refused_orders, executions, judged, unjudged, unfollowed,
        overdue, off;
    uint64_t outcomes[OUTCOME_KIND_FAILED + 1];
    int64_t virtual_ns;
    uint64_t faults[FAULT_COUNT];
    uint64_t reached[REACHED_COUNT];
} tally_t;

typedef struct world {
    options_t options;
    dice_t chance;  /*  what happens */
    dice_t trading; /*  what the master does: the same at every fault level */
    faults_t faults;
    due_queue_t due;
    due_queue_t held[ACTORS_MAX]; /*  records for the next life of each */
    int64_t now_ns;
    engine_t *engine;
    uint32_t master; /*  engine's account */
    int64_t master_least_e9, master_most_e9;
    node_t nodes[NODES_MAX];
    uint32_t shard_count;
    uint32_t node_count;
    bool any_shard;              /*  no shard is named in the topology */
    bool comes_later;            /*  the last one */
    int64_t released_ns;         /*  a client, last; 0 = none was */
    int64_t dispatcher_ns;       /*  its life began */
    bool granting;               /*  it has granted a lease */
    bool remembered;             /*  a shard told it whom it had */
    int64_t asked_ns[NODES_MAX]; /*  for a history, the first that is not answered; 0 = none */
    uint32_t away;               /*  shards that do not come back */
    claim_t claims[NODES_MAX][CLIENTS_MAX];
    follower_t followers[CLIENTS_MAX];
    uint32_t follower_count;
    uint64_t revision;
    int64_t account_free_ns[CLIENTS_MAX + 1]; /*  the broker works on one call of an account at a time */
    int64_t revoked_until_ns[CLIENTS_MAX + 1];
    int64_t away_until_ns[CLIENTS_MAX + 1];
    pending_t pending[NODES_MAX][CLIENTS_MAX + 1][SYMBOLS_MAX];

    /*  master */
    const char *symbols[SYMBOLS_MAX];
    bool
        jumped[SYMBOLS_MAX]; /*  the listener said that an execution of the master is missing at the broker */
    uint32_t symbol_count;
    uint32_t trades_left;
    int64_t trading_until_ns;

    /*  stream */
    uint64_t stream; /*  number of the open connection; 0 = none */
    uint64_t streams;
    bool stream_listens;
    int64_t stream_away_until_ns; /*  connects are refused until then */
    int64_t stream_free_ns;

    /*  store */
    staged_t staged;
    staged_t committing;
    outcomes_t outcomes;   /*  what the database holds */
    outcomes_t told;       /*  what it ever held: the checker's */
    outcomes_t heard;      /*  of copies as a whole, what the dispatcher was told */
    uint32_t deletions;    /*  of progress */
    int64_t deleted_at_ns; /*  broker's UTC, the last one; 0 = none */
    ranges_t ranges;
    ranges_t durable;      /*  of these, what the database holds */
    ranges_t replications; /*  durable ones: from_e9 = sequence, to_e9 = Q */
    closing_t closings[ORDERS_MAX];
    size_t closings_count;
    int64_t known_since_ns; /*  UTC: the oldest master order in the database; 0 = none */

    /*  verdict */
    bool crashed;        /*  a shard lost its book, or lives twice */
    char violation[600]; /*  "" = none */
    uint32_t violations;
    uint64_t hash; /*  of every step */
    tally_t tally;
    message_t scratch;
} world_t;

/*  world.c */
bool world_run (const options_t *options, tally_t *tally, char *violation, size_t size, uint64_t *hash_p);
int64_t world_utc_ns (const world_t *self); /*  the broker's */
void story (world_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
void violated (world_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/*  actors.c */
void world_hash16 (const void *bytes, size_t size, uint8_t digest[16]); /*  what the shards name slots by */
void node_start (world_t *self, uint32_t node);
void node_event (world_t *self, uint32_t node, event_t *event);

/*  links.c */
void links_undelivered (
    world_t *self, due_t *due); /*  its peer has died: kept for the next life, or dropped */
void links_start (world_t *self, uint32_t target); /*  that life begins */
/*  On its way again, and its sender has died; or one before it was. */
bool links_lost (world_t *self, const due_t *due);
void node_send (
    world_t *self, uint32_t from, const char *to, const uint8_t *bytes, size_t size, message_kind_t kind);
void node_send_message (world_t *self, uint32_t from, const char *to, const message_t *message);
void node_deliver (world_t *self, const due_t *due);
void node_destroy (world_t *self, uint32_t node);

/*  buggify.c: what a host may do between a core's step and the end of its effects. */
void buggify_carry (world_t *self, uint32_t node, size_t from, size_t to);
void buggify_rest (world_t *self, uint32_t node);
void buggify_wake (world_t *self, uint32_t node);
void node_carry (world_t *self, uint32_t node, const effect_t *effect); /*  actors.c */
void node_crash (world_t *self, uint32_t node);                         /*  actors.c */

/*  zombie.c */
void zombie_rise (world_t *self, uint32_t shard);
void zombie_bury (world_t *self, uint32_t zombie);
uint32_t zombie_of (
    const world_t *self, uint32_t shard, uint32_t life); /*  UINT32_MAX: it has none of this life */

/*  fleet.c: shards that come and go */
void fleet_plan (world_t *self);
void fleet_due (world_t *self, const due_t *due);
void fleet_part (world_t *self, uint32_t node);  /*  perhaps */
void fleet_ended (world_t *self, uint32_t node); /*  it said so */
void fleet_config (world_t *self, uint32_t node, const client_config_t *config);
void fleet_beat (world_t *self, const shard_beat_t *beat); /*  the dispatcher hears it */
void fleet_dispatcher (world_t *self);                     /*  begins */
void fleet_asks (world_t *self, uint32_t node);            /*  for a history */
void fleet_lease (world_t *self, uint32_t node);
void fleet_death (world_t *self, uint32_t node);
void fleet_zombie (world_t *self, uint32_t shard, uint32_t zombie);
void fleet_released (world_t *self, uint32_t node, const client_released_t *released);
void fleet_submit (world_t *self, uint32_t node, uint32_t account, const char *id);

/*  people.c: clients that join, change, leave. */
void people_plan (world_t *self);
void people_due (world_t *self, const due_t *due);
void people_known (world_t *self, const client_config_t *config); /*  the dispatcher has read it */

/*  promise.c: what can be judged when it happens: P3, P4 (one order unanswered), P6. */
void promise_beat (world_t *self, uint32_t node, uint64_t number);
void promise_lease (world_t *self, uint32_t node, const shard_lease_t *lease);
void promise_submit (world_t *self, uint32_t node, uint32_t account, const order_request_t *request);
void promise_answer (
    world_t *self, uint32_t node, uint32_t account, const char *id, call_kind_t call, answer_kind_t kind);

void promise_rate (world_t *self, const outcome_t *outcome);

/*  desk.c */
void desk_order_out (const engine_order_t *in, order_t *out);
void desk_call (world_t *self, uint32_t node, const broker_call_t *call);
void desk_arrive (world_t *self, due_t *due);
void desk_work (world_t *self, due_t *due);
void desk_answer (world_t *self, due_t *due);
void desk_close (world_t *self); /*  what is still due is freed, with what hangs on it */
void desk_write (world_t *self, due_t *due);

/*  door.c */
bool door_admits (world_t *self, uint32_t account, broker_answer_t *answer); /*  false: answered */
void door_plan_cut (world_t *self, uint32_t account, const order_request_t *request);
void door_cut (world_t *self, const due_t *due);

/*  stream.c */
void stream_open (world_t *self);
void stream_close (world_t *self);
void stream_due (world_t *self, const due_t *due);
void stream_update_due (world_t *self, const due_t *due);
void stream_on_event (void *context, const engine_event_t *event);

/*  store.c */
void store_append (world_t *self, message_kind_t kind, const uint8_t *bytes, size_t size);
void store_commit (world_t *self, uint64_t token);
void store_commit_due (world_t *self, const due_t *due);
void store_load (world_t *self, const char *to, uint64_t have_revision);
void store_working (world_t *self);
void store_history (world_t *self, const char *shard, const char *x);
void store_crashed (world_t *self);
void store_heard (world_t *self, const copy_result_t *result);
void store_delete_progress (world_t *self);
uint32_t store_client (const char *client_id); /*  its number */
closing_t *store_closing (world_t *self, const char *x);
void store_free (world_t *self);

/*  master.c */
void master_setup (world_t *self);
void master_due (world_t *self);
void master_sample (world_t *self); /*  equities of everybody, for the checker's bounds */

/*  checker.c */
void checker_ack (world_t *self, const master_ack_t *ack); /*  at the moment the dispatcher says it */
void checker_end (world_t *self);
bool checker_stands (
    const world_t *self, const outcome_t *outcome); /*  was not deleted before it was final */

/*  expectation.c: the master's history as the copy rules read it. */
typedef struct {
    char x[ID_MAX];
    const engine_order_t *root;
    int64_t qty_e9; /*  Q */
    int64_t opened_e9;
    int64_t closed_e9;
    int64_t first_at_ns;
    int64_t last_at_ns;
    int64_t order_least_e9, order_most_e9; /*  quantities of the chain's orders */
    int64_t price_least_e9, price_most_e9;
} parent_view_t;

/*  Whose order this is, read from its client_order_id. */
typedef struct {
    uint32_t client; /*  UINT32_MAX: none of ours */
    uint32_t parent; /*  UINT32_MAX: nobody can tell */
    char leg;
    int n;
} name_t;

typedef struct {
    parent_view_t parents[ORDERS_MAX];
    size_t count;
    uint32_t *of_execution; /*  parent of each execution of the engine; UINT32_MAX = not the master's */
    int64_t *opened_e9;     /*  what each of them opened */
    name_t *of_order;       /*  of each order of the engine */
    char (*prefixes)[26];   /*  [client * parents + parent] */
} views_t;

void views_make (world_t *self, views_t *views);
void views_free (views_t *views);
bool views_name (const world_t *self, const views_t *views, uint32_t account, const char *id, name_t *name);
int64_t expectation_most_e9 (
    const world_t *self, const views_t *views, uint32_t client, uint32_t parent); /*  P2's bound */
void expectation_check (world_t *self, const views_t *views);

#endif
