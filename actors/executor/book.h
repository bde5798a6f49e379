/*  book.h: everything a shard knows, in tables of fixed size: clients, symbols, parents (the master's orders), lanes
 *  (client and symbol), copies (client and parent) and slots (a copy's orders). Entries refer to one another by number;
 *  NONE = none. Look-ups only: what to do is decided in decide.c, done in orders.c.
 */
#ifndef BOOK_H
#define BOOK_H

#include "actors/executor/breaker.h"
#include "actors/executor/pace.h"
#include "messages/directory.h"
#include "actors/executor/scaling.h"
#include "actors/executor/slot.h"
#include "messages/gen/messages.h"

#define NONE DIRECTORY_NONE

typedef struct {
    bool used;
    bool active;
    bool removed;
    bool settle;    /*  not active, but the next command is for it, too */
    bool releasing; /*  it goes to another shard: nothing of it begins any more */
    bool fractional;
    bool equity_known;
    bool positions_known;
    bool scheduled; /*  its next read is in the agenda */
    bool account_asked;
    bool positions_asked;
    bool recheck; /*  an appointment to read the positions again is in the agenda */
    char id[ACCOUNT_ID_MAX];
    client_config_scaling_t scaling;
    client_config_direction_t direction;
    int64_t multiplier_e9;
    int64_t risk_percent_e9;
    int64_t follow_since_ns;
    uint64_t revision;
    uint64_t epoch; /*  of the assignment it came with last */
    bool leased;    /*  a lease was granted since it came */
    uint64_t hash;  /*  of its id: what a beat says of whom it has */
    int64_t equity_e9;
    uint64_t positions_stamp; /*  the book's stamp when positions were asked for */
    int64_t asked_at_ns;      /*  boottime of that */
    int64_t
        since_ns; /*  boottime: this shard has it since; what came before is in no snapshot asked earlier */
    int64_t recheck_ns; /*  boottime: positions are to be read again, not before */
    breaker_t breaker;
    pace_t pace;
    bool hurry;           /*  an exit, or a lane that is not sure of its holding, waits for the positions */
    bool probe_appointed; /*  the breaker's probe is in the agenda */
    uint32_t generation;
    uint32_t first_lane;
    uint32_t busy;  /*  orders unanswered or working */
    uint64_t visit; /*  of the last command that found a copy of it */
    char allow[512];
    char deny[512];
} client_t;

typedef struct {
    char text[SYMBOL_MAX];
    bool whole_only; /*  the broker said: not fractionable */
    bool asked;
} symbol_t;

#define STATES_MAX 8 /*  of X remembered: what waits is decided state by state; older ones merge */

/*  What one state of X says that later ones change. */
typedef struct {
    uint64_t arrival; /*  sequence of its replication: a lane decides in this order, however commands come */
    int64_t qty_e9;
    int64_t opened_e9;
    int64_t remaining_e18;
    int64_t price_e9;
    int64_t current_e9;
    int64_t master_equity_e9;
    int64_t executed_at_ns;
    bool flat;
} state_t;

typedef struct {
    bool used;
    trade_t trade;              /*  the newest state */
    state_t states[STATES_MAX]; /*  [version % STATES_MAX] */
    uint32_t version;           /*  of the newest state, from 1 */
    uint64_t sequence;
    uint64_t age; /*  order of first sight */
    uint32_t symbol;
    bool history_open;        /*  asked for, not answered */
    uint32_t history_asks;    /*  unanswered */
    int64_t history_since_ns; /*  boottime: the first of them */
    int64_t history_asked_ns; /*  boottime: the last of them */
    uint32_t open_copies;     /*  pending, unanswered or working: it cannot leave */
    uint32_t first_copy;
} parent_t;

typedef struct {
    uint32_t client;
    uint32_t symbol;
    uint32_t next_of_client;
    int64_t holding_e9; /*  the client's signed position, our fills included */
    uint64_t stamp;     /*  of the last change by our orders: older snapshots are not believed */
    int64_t changed_ns; /*  boottime: our orders moved the holding last; a list shows it up to 250 ms later */
    int64_t shown_ns;   /*  boottime: when the list that was believed last was asked for */
    int64_t
        late_ns; /*  boottime: until then an order of an earlier life may still arrive, of any of its copies */
    bool missed; /*  a snapshot was not believed while orders were under way: read again when it is quiet */
    uint32_t walks; /*  copies whose slots are being walked: nothing is decided before they are known */
    uint32_t found; /*  slots found that are not matched yet (replay.c) */
    bool replaying; /*  their holding_e9 is what the client held before each */
    bool doubtful;  /*  an earlier life's order moved the holding: not known until a snapshot is believed */
    bool queued;    /*  waits at the shard's gate */
    uint32_t next_queued;
    uint32_t unanswered;    /*  slot, or NONE */
    uint32_t first_copy;    /*  every copy of the lane */
    uint32_t first_working; /*  slots the broker has, not at their end */
    uint32_t working;
    bool scheduled;         /*  an appointment to look again is in the agenda */
    uint32_t first_pending; /*  copies with something to decide, in the order of the states they wait with */
    uint32_t last_pending;
} lane_t;

typedef struct {
    uint32_t client;
    uint32_t parent;
    uint32_t lane;
    uint32_t next_of_parent;
    uint32_t next_of_lane;
    uint32_t next_pending;
    uint32_t first_slot;
    bool pending;
    bool counted;        /*  in the parent's open_copies */
    bool joined_late;    /*  the client began to follow after X had executed */
    bool walking;        /*  its slots are being walked by id */
    bool history_late;   /*  its client came after the history was asked for: it needs the next one */
    bool history_done;   /*  what the audit knows of it is restored, or it does not answer */
    bool told;           /*  the audit or the dispatcher knew something of it */
    bool uncertain;      /*  nothing is known of what was decided before: exits stop at the scaled position */
    bool rate_lost;      /*  slots were found, but not the rate they were decided with: today's */
    int64_t walked_ns;   /*  boottime: nothing more was found then */
    int64_t late_ns;     /*  boottime: until then an order of an earlier life may still arrive */
    uint8_t legs_walked; /*  bit per leg */
    bool passed;         /*  its entry was skipped while it was walked: a slot may be found all the same */
    const char *passed_reason; /*  static text: breaker_open, or stale */
    int64_t passed_from_e9;    /*  what was skipped then begins there: each telling replaces the one before */
    bool again_due;            /*  what was told of it is to be said again: in the agenda */
    uint32_t
        passed_version; /*  up to there it was skipped for a slot that was found: what that one does not answer is */
    bool redo;          /*  the state done last is decided once more */
    bool reopened;         /*  that is: an order was found that it was decided without */
    bool flip;             /*  an exit was ordered, the entry of the same state comes after it */
    uint32_t wait_version; /*  while pending: the first state that is not done; its place in the lane */
    uint32_t due_version;  /*  the state to decide: from there on as far as no other copy's comes between */
    rate_t rate;
    int64_t rated_equity_e9; /*  the client's, on which the rate was found; 0 = not known */
    int64_t base_opened_e9;  /*  what was done before the client joined is not copied */
    int64_t base_remaining_e18;
    /*  closing: target = carried + basis x (1 - remaining / from); rebased when other trades moved the holding */
    bool exit_decided;
    int64_t exit_basis_e9;
    int64_t exit_carried_e9;
    int64_t exit_from_e18;
    int64_t exit_target_e9;
    int64_t exit_remaining_e18;
    uint32_t done_version;    /*  parent's version that has its outcome */
    int64_t done_e9;          /*  Q of it */
    int64_t told_e9;          /*  Q that an earlier life answered; orders without a row may be of that */
    int64_t remembered_e18;   /*  remaining at a state that is known to be answered, though no row says how */
    int64_t remembered_e9;    /*  Q of that state */
    bool remembered_exit;     /*  there is such a one, and it closed something */
    uint32_t refusals;        /*  of closing orders, in a row */
    bool foreign;             /*  somebody else's order stands in its exit's way, as people were told */
    const char *stuck_reason; /*  static text */
    uint32_t stuck_version;   /*  the state it was told for */
    int stuck_n;              /*  of the closing slot that an outcome named before it was ordered; 0 = none */
    int64_t wait_until_ns;    /*  boottime */
    /*  the last outcome, to say it again */
    outcome_kind_t kind;
    const char *reason; /*  static text */
    int64_t code;
} copy_t;

typedef struct {
    client_t *clients;
    symbol_t *symbols;
    parent_t *parents;
    lane_t *lanes;
    copy_t *copies;
    slot_t *slots;
    uint32_t *lane_of; /*  [symbol * max_clients + client] */
    uint32_t max_clients, max_symbols, max_parents, max_lanes, max_copies, max_slots;
    uint32_t client_count, symbol_count, lane_count;
    uint32_t free_copy, free_slot;
    uint32_t free_copies, free_slots;
    uint32_t pinned; /*  the parent whose copies are being made: it does not leave */
    uint64_t stamp;
    uint64_t age;
    directory_t client_index;
    directory_t symbol_index;
    directory_t parent_index;
} book_t;

bool book_init (
    book_t *self, uint32_t max_clients, uint32_t max_symbols, uint32_t max_parents, uint32_t max_copies);
void book_free (book_t *self);

/*  Each finds, or makes, or says NONE (full). */
uint32_t book_client (book_t *self, const char *client_id, bool make);
uint32_t book_symbol (book_t *self, const char *symbol);
uint32_t book_parent (book_t *self, const char *x, bool make);
uint32_t book_lane (book_t *self, uint32_t client, uint32_t symbol);
uint32_t book_copy (book_t *self, uint32_t client, uint32_t parent, bool make);
/*  Into the processor's cache: what this client's first sight of an X of the symbol will touch, and the copy and slot after
 *  those that are taken next. */
void book_prefetch (const book_t *self, uint32_t client, uint32_t symbol);
/*  The memory of the next fan-outs is there. Once a beat. */
void book_ready (book_t *self);
uint32_t book_slot (book_t *self, uint32_t copy);

/*  Gives back a slot of its copy: it was never taken. */
void book_drop_slot (book_t *self, uint32_t slot);

/*  Forgets a client with no order under way; its copies leave with their parents. */
void book_forget_client (book_t *self, uint32_t client);

/*  queue.c: what waits for a decision. X's newest state, of the replication `sequence`; true: it is one. */
bool book_take_state (book_t *self, uint32_t parent, const trade_t *trade, uint64_t sequence);
/*  A state of the copy's parent that is still remembered: `version`, or the oldest one after it. */
const state_t *book_state (const book_t *self, uint32_t copy, uint32_t version);

/*  Did a execute before b? Within one moment: was it commanded before? */
bool book_before (const state_t *a, const state_t *b);

/*  What X was before at_ns, by the broker's time. false: not known (or X had not begun to execute). */
bool book_step_before (const book_t *self, uint32_t parent, int64_t at_ns, step_t *step);

/*  The copy has something to decide: up to the parent's newest state, unless another copy of the lane waits with a
 *  state that came between: then up to there, and once more behind it (as long as it waits, whoever comes or goes). Keeps the lane's queue and the parent's count. */
void book_pend (book_t *self, uint32_t copy);
/*  Its due state is decided: leaves the queue, or waits again with what came later. */
void book_settle (book_t *self, uint32_t copy);
void book_unpend (book_t *self, uint32_t copy); /*  leaves the queue, whatever it waited for */
/*  The parent may leave when none of its copies is pending or has an order under way. */
void book_count (book_t *self, uint32_t copy);

/*  A slot enters and leaves the lane's working list. */
void book_work (book_t *self, uint32_t slot);
void book_unwork (book_t *self, uint32_t slot);

/*  Sum over the copy's slots of a leg that count (found ones only when they are matched); the next free number. */
int64_t book_sum_e9 (const book_t *self, uint32_t copy, leg_t leg);
int64_t book_filled_e9 (const book_t *self, uint32_t copy, leg_t leg);
int book_next_n (const book_t *self, uint32_t copy, leg_t leg);

#endif
