/*  parts.h: what the listener's files share: the struct, and the few calls from one to the other. Private. */
#ifndef LISTENER_PARTS_H
#define LISTENER_PARTS_H

#include "actors/listener/book.h"
#include "actors/listener/chain.h"
#include "actors/listener/inbox.h"
#include "actors/listener/inquiry.h"
#include "actors/listener/ledger.h"
#include "actors/listener/listener.h"
#include "actors/listener/seen.h"

#define LISTENER_BATCH_MAX 256 /*  states sent in one step; the rest at the next tick, at once */
#define LISTENER_PATH_MAX 1000 /*  orders of one chain that a search for the root walks */

struct listener {
    listener_config_t config;
    char name[ACTOR_NAME_MAX];
    uint64_t random;

    /*  life */
    bool stopping;
    bool stopped;
    int64_t stop_at_ns;  /*  end of the wait for acks */
    int64_t ready_at_ns; /*  next listener.ready; INT64_MAX = configured */
    int64_t started_utc_ns;
    bool configured;
    master_config_t master;

    /*  stream */
    stream_phase_t phase;
    bool down_told;       /*  stream_down was raised and stream_up not yet */
    bool bad_keys_told;   /*  once a configuration */
    uint32_t attempts;    /*  since it last listened */
    int64_t reopen_at_ns; /*  INT64_MAX = not waiting */

    /*  account */
    uint64_t next_token;
    inquiry_t account;
    inquiry_t positions;
    inquiry_t fills;
    inquiry_t order; /*  search for a root */
    bool equity_known;
    int64_t equity_e9;
    bool positions_known;
    bool catching_up;          /*  executions wait until the first answer of this connection's CALL_FILLS */
    int64_t last_execution_ns; /*  broker's UTC; 0 = none yet */
    int64_t gap_checked_ns;    /*  when a gap last caused a catch-up */
    master_ledger_t ledger;

    /*  search for the root of one order */
    bool searching;
    char searched[ID_MAX]; /*  whose root */
    char ancestor[ID_MAX]; /*  where the walk stands */
    uint32_t path_length;

    /*  executions */
    inbox_t inbox;
    bool overflow_told;
    seen_t seen;
    chain_t chain;
    master_book_t book;

    message_t out; /*  scratch: one message at a time */
};

/*  listener.c */
void listener_alert (listener_t *self, alert_raised_kind_t kind, alert_raised_severity_t severity,
    const char *text, int64_t utc_ns, effects_t *effects);
uint64_t listener_token (listener_t *self);

/*  stream.c */
void listener_stream_start (listener_t *self, const event_t *event, effects_t *effects);
void listener_stream_changed (listener_t *self, const event_t *event, effects_t *effects);
void listener_stream_tick (listener_t *self, const event_t *event, effects_t *effects);

/*  account.c */
void listener_account_start (listener_t *self, const event_t *event);
void listener_account_catch_up (listener_t *self, int64_t now_ns);
void listener_account_answered (listener_t *self, const event_t *event, effects_t *effects);
void listener_account_tick (listener_t *self, const event_t *event, effects_t *effects);
bool listener_account_ready (const listener_t *self); /*  may executions go out? */

/*  root.c: X of an order */
const char *listener_root_of (listener_t *self, const held_t *held); /*  NULL: unknown, search */
void listener_root_search (listener_t *self, const held_t *held, int64_t now_ns);
void listener_root_answered (listener_t *self, const event_t *event, effects_t *effects);

/*  intake.c */
void listener_intake_update (listener_t *self, const event_t *event, effects_t *effects);
bool listener_intake_unseen (const listener_t *self, const trade_update_t *update, bool bare);
bool listener_intake_unseen_fill (const listener_t *self, const activity_t *fill);
bool listener_intake_fill (
    listener_t *self, const activity_t *fill, int64_t utc_ns); /*  in front; false: no room */
void listener_intake_pump (
    listener_t *self, const event_t *event, effects_t *effects); /*  everything that need not wait */
void listener_intake_repeat (listener_t *self, const event_t *event, effects_t *effects);
void listener_intake_acked (listener_t *self, const master_ack_t *ack);

#endif
