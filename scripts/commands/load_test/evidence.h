/*  evidence.h: what a load test knows when it is over, and from whom: the broker's history (orders, executions, when
 *  they arrived), the clients as they were configured, and the audit's inputs of each decision.
 *
 *  The checker reads nothing else. Owned by whoever filled it; texts are in the structs. Amounts _e9, times UTC ns.
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "messages/gen/messages.h"

/*  One execution at the broker. */
typedef struct {
    int64_t qty_e9;
    int64_t price_e9;
    int64_t at_ns;
    int64_t sent_at_ns; /*  its event left for the stream; 0 = nobody listened */
} broker_execution_t;

typedef struct {
    uint64_t seq;     /*  grows with arrival, over all accounts */
    char account[64]; /*  its label: "master" or the client's id */
    char id[40];
    char client_order_id[64];
    char symbol[24];
    char status[24];
    char replaces[40]; /*  "" = none */
    bool buys;
    int64_t qty_e9;
    int64_t filled_e9;
    int64_t arrived_at_ns;
    broker_execution_t *executions; /*  oldest first */
    size_t executions_count;
} broker_order_t;

typedef struct {
    broker_order_t *orders;
    size_t count;
    size_t capacity;
    size_t refused; /*  requests that the broker refused */
} broker_history_t;

/*  A client, as we configured it. */
typedef struct {
    char id[64];
    client_config_scaling_t scaling;
    client_config_direction_t direction;
    int64_t multiplier_e9;
    int64_t risk_percent_e9;
    char allow[64]; /*  symbols, comma separated */
    char deny[64];
    bool fractional;
    int64_t cash_e9;   /*  at the start */
    int64_t equity_e9; /*  at the end, as the broker says */
} follower_t;

/*  An outcome that the audit stored, oldest first for a client and X. */
typedef struct {
    char client_id[64];
    char x[40];
    int64_t stored_at_ns;
    outcome_leg_t leg;
    outcome_kind_t kind;
    int64_t slot;
    char reason[160];
    int64_t code;
    int64_t to_e9;
    int64_t client_equity_e9;
    int64_t rate_num_e9;
    int64_t rate_den_e9; /*  0 = no rate was needed */
} audit_outcome_t;

/*  A state of a master order, as the audit stored it. */
typedef struct {
    char x[40];
    int64_t qty_e9;
    int64_t master_equity_e9;
} audit_state_t;

/*  replication.completed, as the audit stored it. */
typedef struct {
    char x[40];
    int64_t qty_e9;
} audit_closing_t;

#define EVIDENCE_MASTER "master" /*  label of the master's account */
#define EVIDENCE_WHOLE_MAX 8

typedef struct {
    const char *master_id; /*  as in the slots */
    int64_t master_cash_e9;
    int64_t master_equity_e9; /*  at the end */
    int64_t min_notional_e9;  /*  MIN_NOTIONAL_VALUE of the run */
    char whole_only[EVIDENCE_WHOLE_MAX][24];
    size_t whole_only_count; /*  symbols that trade in whole shares only */
    broker_history_t history;
    follower_t *followers;
    size_t followers_count;
    audit_outcome_t *outcomes; /*  by client, X, time */
    size_t outcomes_count;
    audit_state_t *states;
    size_t states_count;
    audit_closing_t *closings;
    size_t closings_count;
} evidence_t;

/*  Frees what the lists hold; the followers too. */
void evidence_free (evidence_t *self);

#endif
