/*  slot.h: one order of a copy, named so that the broker takes it once:
 *
 *      "tc1-" base32 (BLAKE2b (master_id, X, client_id)) [20 chars] "-" leg n        (design.md section 1)
 *
 *  | state      | meaning                              | next                                                 |
 *  | WAITING    | not sent, or known not to have landed | due: sent (again, identical)  -> SENT               |
 *  | SENT       | a submit is under way                | answer -> WORKING, FINAL, WAITING, ASKING, or void   |
 *  | ASKING     | outcome unknown, or the slot is taken | asked by id -> WORKING, FINAL, WAITING (not found)  |
 *  | WORKING    | the broker has it, not at its end    | followed by id -> FINAL                              |
 *  | FINAL      | at its end                           |                                                      |
 *  | VOID       | refused for good: the slot was never taken | its number is used again                       |
 */
#ifndef SLOT_H
#define SLOT_H

#include "messages/trading.h"

typedef enum { SLOT_WAITING, SLOT_SENT, SLOT_ASKING, SLOT_WORKING, SLOT_FINAL, SLOT_VOID } slot_state_t;
typedef enum { LEG_OPEN, LEG_CLOSE, LEG_COUNT } leg_t;

#define SLOT_ID_MAX 48 /*  older documents of the broker allow no more */

typedef struct {
    uint32_t copy;       /*  whose */
    uint32_t next;       /*  of the same copy, newest first */
    uint32_t generation; /*  of the pool's entry: tokens of earlier lives mean nothing */
    slot_state_t state;
    leg_t leg;
    int n;
    side_t side;
    intent_t intent;
    bool maybe_landed;  /*  a send of it had an unknown outcome */
    bool doubted;       /*  so was one before, even if it was not found then: "taken" is by us */
    int64_t doubted_ns; /*  boottime: the last unknown answer */
    bool recovered;     /*  an earlier life sent it: its fills are in the positions read again after it */
    bool walking;       /*  asked by id whether an earlier life took it (walk.c) */
    bool known;         /*  the history told of it */
    bool
        goes_on; /*  less than was decided (it ended short, or another life decided it): not final before the next slot, or that there is none, is told */
    bool
        found; /*  the history did not: to be matched with the state it answers (replay.c), not counted before */
    order_status_t status; /*  at its end */
    int64_t created_at_ns; /*  UTC of the broker; 0 = it told an earlier life */
    int told;              /*  outcome_kind_t reported last; -1 = none */
    int64_t told_code;
    const char *told_reason; /*  of a skip (static text); else none is kept */
    bool retried;            /*  refused, but an exit: it is tried again, so its outcome is not final */
    bool placed;             /*  has a place of the shard's gate */
    bool placed_in_doubt;    /*  one of those for clients whose orders are not answered */
    bool in_flight;          /*  a call of this slot is under way */
    bool canceling;
    bool urgent;    /*  an exit waits for its end */
    bool scheduled; /*  an appointment of it is in the agenda, for appointed_ns */
    int64_t appointed_ns;
    int64_t due_ns;        /*  boottime: when to send, ask or follow next */
    uint32_t next_working; /*  of the same lane */
    int64_t refused_code;  /*  the broker's answer to a send that may have landed before: asked by id first */
    bool refused;
    uint32_t sends;
    int64_t
        begun_by_ns; /*  boottime: the lease that its last send was made under ends; 0 = none was asked for */
    uint32_t asks;
    int64_t qty_e9;
    int64_t filled_e9;
    int64_t price_e9;
    char order_id[ID_MAX];
    /*  the decision */
    uint32_t version; /*  of the parent's state that it answers */
    int64_t from_e9;
    int64_t to_e9;
    int64_t waited_e9; /*  so far an exit was told to wait under its number, before it was found; 0 = none */
    int64_t target_e9;
    int64_t holding_e9;
    int64_t submitted_at_ns; /*  UTC, first send */
    int64_t answered_at_ns;
} slot_t;

/*  Writes the client_order_id. hash: 16 bytes of BLAKE2b. */
void slot_id (char id[SLOT_ID_MAX], const char *master_id, const char *x, const char *client_id, leg_t leg,
    int n, void (*hash) (const void *bytes, size_t size, uint8_t digest[16]));

/*  Is it the name of a slot, of whatever copy? */
bool slot_named (const char *client_order_id);

/*  What counts against a target: a finished slot what it filled, an unfinished one its quantity, a void one nothing. */
int64_t slot_counts_e9 (const slot_t *self);

/*  No answer yet: nothing else may be sent for this client and symbol. */
bool slot_unanswered (const slot_t *self);

#endif
