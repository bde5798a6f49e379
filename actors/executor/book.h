/*  book.h: everything a shard knows, in tables of fixed size: clients, symbols, parents (the master's orders), lanes
 *  (client and symbol), copies (client and parent) and slots (a copy's orders). Entries refer to one another by number;
 *  NONE = none. Look-ups only: what to do is decided in decide.c, done in orders.c.
 */
#ifndef BOOK_H
#define BOOK_H

#include "actors/executor/breaker.h"
#include "messages/directory.h"
#include "actors/executor/scaling.h"
#include "actors/executor/slot.h"
#include "messages/gen/messages.h"

#define NONE DIRECTORY_NONE

typedef struct {
    bool used;
    bool active;
    bool removed;
    bool fractional;
    bool equity_known;
    bool positions_known;
    bool scheduled; /*  its next read is in the agenda */
    bool account_asked;
    bool positions_asked;
    char id[ACCOUNT_ID_MAX];
    client_config_scaling_t scaling;
    client_config_direction_t direction;
    int64_t multiplier_e9;
    int64_t risk_percent_e9;
    int64_t follow_since_ns;
    uint64_t revision;
    char allow[512];
    char deny[512];
    int64_t equity_e9;
    uint64_t positions_stamp; /*  the book's stamp when positions were asked for */
    breaker_t breaker;
    uint32_t generation;
    uint32_t first_lane;
    uint32_t busy;  /*  orders unanswered or working */
    uint64_t visit; /*  of the last command that found a copy of it */
} client_t;

typedef struct {
    char text[SYMBOL_MAX];
    bool whole_only; /*  the broker said: not fractionable */
    bool asked;
} symbol_t;

typedef struct {
    bool used;
    trade_t trade;
    uint32_t version; /*  grows with each state */
    uint64_t sequence;
    uint64_t age; /*  order of first sight */
    uint32_t symbol;
    uint32_t open_copies; /*  pending, unanswered or working: it cannot leave */
    uint32_t first_copy;
} parent_t;

typedef struct {
    uint32_t client;
    uint32_t symbol;
    uint32_t next_of_client;
    int64_t holding_e9;     /*  the client's signed position, our fills included */
    uint64_t stamp;         /*  of the last change by our orders: older snapshots are not believed */
    uint32_t unanswered;    /*  slot, or NONE */
    uint32_t first_working; /*  slots the broker has, not at their end */
    uint32_t working;
    bool scheduled;         /*  an appointment to look again is in the agenda */
    uint32_t first_pending; /*  copies with something to decide, in order of first sight */
    uint32_t last_pending;
} lane_t;

typedef struct {
    uint32_t client;
    uint32_t parent;
    uint32_t lane;
    uint32_t next_of_parent;
    uint32_t next_pending;
    uint32_t first_slot;
    bool pending;
    bool counted;     /*  in the parent's open_copies */
    bool joined_late; /*  the client began to follow after X had executed */
    rate_t rate;
    int64_t base_opened_e9; /*  what was done before the client joined is not copied */
    int64_t base_remaining_e18;
    /*  closing: target = carried + basis x (1 - remaining / from); rebased when other trades moved the holding */
    int64_t exit_basis_e9;
    int64_t exit_carried_e9;
    int64_t exit_from_e18; /*  0 = no exit decided yet */
    int64_t exit_target_e9;
    int64_t exit_remaining_e18;
    uint32_t done_version; /*  parent's version that has its outcome */
    int64_t done_e9;       /*  Q of it */
    uint32_t refusals;     /*  of closing orders, in a row */
    int64_t wait_until_ns; /*  boottime */
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
uint32_t book_slot (book_t *self, uint32_t copy);

/*  Forgets a client with no order under way; its copies leave with their parents. */
void book_forget_client (book_t *self, uint32_t client);

/*  A copy has (no longer) something to decide: keeps the lane's queue and the parent's count. */
void book_pend (book_t *self, uint32_t copy);
void book_settle (book_t *self, uint32_t copy);
/*  The parent may leave when none of its copies is pending or has an order under way. */
void book_count (book_t *self, uint32_t copy);

/*  A slot enters and leaves the lane's working list. */
void book_work (book_t *self, uint32_t slot);
void book_unwork (book_t *self, uint32_t slot);

/*  Sum over the copy's slots of a leg that count; the next free number of the leg. */
int64_t book_sum_e9 (const book_t *self, uint32_t copy, leg_t leg);
int64_t book_filled_e9 (const book_t *self, uint32_t copy, leg_t leg);
int book_next_n (const book_t *self, uint32_t copy, leg_t leg);

#endif
