/*  shard_story.h: a shard with clients, a master that trades and a broker that the test plays. */
#ifndef SHARD_STORY_H
#define SHARD_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "actors/executor/executor.h"
#include "messages/fixed.h"
#include "tests/lib/core_test.h"

#define E9(amount) ((int64_t) ((amount) *1000000.0) * 1000) /*  literals with up to 6 binary-exact decimals */

typedef struct {
    core_test_t *test;
    trade_t trade; /*  the state the next story_command sends */
    uint64_t sequence;
    uint64_t revision;
    uint64_t epoch;         /*  highest one that a client came with */
    int64_t kept_ns;        /*  what its leases say */
    bool leased;            /*  each client that comes is followed by a lease, too */
    int64_t age_ns;         /*  so long ago what is commanded next executed */
    int64_t known_since_ns; /*  histories say it; 0 = nothing is known */
    bool walk;              /*  of the commands: an earlier life may have acted on X */
    size_t walks_seen;      /*  questions by id that were answered */
    int64_t created_at_ns;  /*  what the broker says of the orders it shows */
} story_t;

void story_hash (const void *bytes, size_t size, uint8_t digest[16]);

/*  A started shard without clients: $1 or 1 share minimum is off, fractions are on, 3 attempts; a lease for days. */
story_t *story_new (void);
executor_config_t story_config (void); /*  of story_new; change it and */
story_t *story_new_as (const executor_config_t *config);
story_t *story_new_without_lease (void);
void story_lease (story_t *self, uint64_t beat, int64_t lease_ns, bool complete);
void story_free (story_t *self);

/*  A fixed_multiplier client by default; change self->test->event.client_config between draft and add. */
client_config_t *story_draft (story_t *self, const char *client_id);
void story_add (story_t *self);
/*  Answers every open account and positions read: equity, and `held` of AAPL (0 = none). */
void story_warm (story_t *self, int64_t equity_e9, int64_t held_e9);
void story_read (story_t *self, int64_t equity_e9, int64_t held_e9); /*  the same, nothing forgotten */
void story_positions (story_t *self, int64_t held_e9);               /*  answers the last positions read */
/*  draft + add + warm: multiplier 0.5, equity 10,000. */
void story_client (story_t *self, const char *client_id, int64_t held_e9);

/*  The master executes: opens (or closes, of a position of `before`) qty more of X, at 100. Sends the command. */
void story_opens (story_t *self, const char *x, trade_side_t side, int64_t qty_e9);
void story_closes (story_t *self, const char *x, trade_side_t side, int64_t qty_e9, int64_t before_e9);
int story_command (story_t *self);

/*  The nth submit since the last forget. */
const order_request_t *story_order (story_t *self, int nth);
size_t story_orders (const story_t *self);
/*  The broker answers the nth call of a kind. */
void story_accepts (story_t *self, int nth);
void story_fills (story_t *self, int nth, int64_t filled_e9); /*  answers the submit as filled at once */
void story_answers (
    story_t *self, call_kind_t kind, int nth, answer_kind_t answer, int64_t code, const char *text);
void story_shows (
    story_t *self, call_kind_t kind, int nth, order_status_t status, int64_t qty_e9, int64_t filled_e9);

/*  A row of the history, for X of the last command; then the answer to the shard's history.request with such rows. */
outcome_t story_row (const story_t *self, const char *client_id, outcome_leg_t leg, int slot);
void story_history (story_t *self, const outcome_t *rows, size_t count, bool readable);
/*  The broker has no order for the nth question by id; or it has this one, at its end. */
void story_missing (story_t *self, int nth);
void story_found (story_t *self, int nth, int64_t qty_e9, int64_t filled_e9);
size_t story_walks (const story_t *self); /*  questions by id */
/*  story_read, then whatever is asked by id because of it is not there. */
void story_back (story_t *self, int64_t equity_e9, int64_t held_e9);
/*  A shard that comes back with one client, anna, multiplier 0.5: its account is not read yet. */
story_t *story_again (void);

/*  The last outcome reported for the client; fails the test when there is none. */
const outcome_t *story_outcome (story_t *self, const char *client_id);
bool story_said (story_t *self, const char *client_id, const char *reason); /*  in any of them */
size_t story_outcomes (story_t *self, const char *client_id);

#endif
