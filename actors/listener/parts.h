/*  parts.h: what the listener's files share: the struct, and the few calls from one to the other. Private. */
#ifndef LISTENER_PARTS_H
#define LISTENER_PARTS_H

#include "actors/listener/book.h"
#include "actors/listener/budget.h"
#include "actors/listener/chain.h"
#include "actors/listener/inbox.h"
#include "actors/listener/inquiry.h"
#include "actors/listener/ledger.h"
#include "actors/listener/listener.h"
#include "actors/listener/seen.h"
#include "actors/listener/watch.h"

#define LISTENER_BATCH_MAX 256 /*  states sent in one step; the rest at the next tick, at once */
/*  executions of a new connection wait at most so long for the first look: two requests and the pause between them */
#define LISTENER_STALL_NS INT64_C (8000000000)
#define LISTENER_UNACKED_MAX 512 /*  so many states wait for their ack before more of the history is sent */
#define LISTENER_ALERTS_MAX 64   /*  symbols given up in one step */
#define LISTENER_PATH_MAX 1000   /*  orders of one chain that a search for the root walks */

struct listener {
    listener_config_t config;
    char name[ACTOR_NAME_MAX];
    uint64_t random;

    /*  life */
    bool stopping;
    bool stopped;
    int64_t stop_at_ns;  /*  end of the wait for acks */
    int64_t ready_at_ns; /*  next listener.ready; INT64_MAX = configured */
    bool configured;
    master_config_t master;
    int64_t configured_utc_ns;
    bool cursor_known;
    int64_t cursor_ns;    /*  the broker's UTC; 0 = nothing is known */
    int64_t cursor_by_ns; /*  the first look does not wait longer for it */

    /*  stream */
    stream_phase_t phase;
    bool down_told;         /*  stream_down was raised and stream_up not yet */
    bool bad_keys_told;     /*  once a configuration */
    uint32_t attempts;      /*  since it last listened */
    int64_t reopen_at_ns;   /*  INT64_MAX = not waiting */
    int64_t listened_at_ns; /*  since when it listens; INT64_MAX = it does not */
    uint32_t polled;        /*  executions that REST brought since it broke */
    int64_t polled_late_ns; /*  the most that one of them was late */

    /*  account */
    uint64_t next_token;
    budget_t budget;
    inquiry_t account;
    bool equity_known;
    int64_t equity_e9;
    char account_id[ID_MAX]; /*  the broker's, "" = not known */

    /*  look.c: what the broker says happened */
    inquiry_t fills;
    inquiry_t positions;
    inquiry_t orders;     /*  open ones */
    inquiry_t history;    /*  orders of any status, when many executions of unknown ones were found */
    inquiry_t status;     /*  of an order that was open at the last look */
    int64_t since_ns;     /*  UTC: begin of the first look's window; INT64_MAX = not settled yet */
    bool anchored;        /*  every symbol's position is known */
    bool rebuilding;      /*  the first catch-up of this life (or account) is not over */
    bool catching_up;     /*  executions wait until the first answer of this connection's CALL_FILLS */
    bool more;            /*  activities found no room */
    bool settled;         /*  nothing is open between the broker's lists and the stream */
    uint32_t missing;     /*  orders whose executions are not all found */
    bool looked;          /*  CALL_FILLS was answered once */
    uint32_t given_up;    /*  symbols, in this step */
    uint32_t bare_doubts; /*  activities among the doubts: a snapshot of positions helps */
    uint32_t doubts;      /*  symbols whose executions wait for the broker's word */
    uint32_t tries;       /*  looks in a row that did not settle it */
    uint32_t list_number; /*  of the last answer of CALL_OPEN_ORDERS */
    bool unlisted;        /*  orders may be open that it does not have */
    int64_t list_asked_at_ns;
    int64_t fills_asked_at_ns;
    int64_t fills_answered_at_ns;
    int64_t said_asked_at_ns; /*  of the last snapshot of positions */
    int64_t said_at_ns;
    bool said;
    int64_t news_at_ns;        /*  when an execution was last taken in */
    int64_t last_execution_ns; /*  broker's UTC of the newest that was taken in; 0 = none yet */
    int64_t through_ns;        /*  broker's UTC: all activities until then were taken in; 0 = none read yet */
    int64_t newest_ns;         /*  broker's UTC of the newest activity that was listed */
    int64_t untaken_ns;        /*  of the first that found no room in this sweep; INT64_MAX = none */
    char sweep[72];            /*  activity behind which the sweep goes on; "" = begins anew */
    int64_t sweep_since_ns;
    master_ledger_t ledger;
    watch_t watch;

    /*  an execution that a settled stream has not brought */
    bool suspicious;
    int64_t suspected_at_ns;

    /*  search for the root of one order */
    inquiry_t order;
    bool searching;
    char searched[ID_MAX]; /*  whose root */
    char ancestor[ID_MAX]; /*  where the walk stands */
    uint32_t path_length;

    /*  executions */
    inbox_t inbox;
    uint64_t round; /*  of walks over it */
    bool overflow_told;
    bool ids_agree; /*  activities carry the stream's execution ids */
    seen_t seen;
    chain_t chain;
    master_book_t book;

    message_t out; /*  scratch: one message at a time */
};

/*  listener.c */
void listener_alert (listener_t *self, alert_raised_kind_t kind, alert_raised_severity_t severity,
    const char *text, int64_t utc_ns, effects_t *effects);
void listener_log (listener_t *self, log_line_level_t level, const char *name, const char *x,
    const char *text, int64_t utc_ns, effects_t *effects);

/*  stream.c */
void listener_stream_start (listener_t *self, const event_t *event, effects_t *effects);
void listener_stream_changed (listener_t *self, const event_t *event, effects_t *effects);
void listener_stream_tick (listener_t *self, const event_t *event, effects_t *effects);
void listener_stream_mute (listener_t *self, const event_t *event, effects_t *effects); /*  reopens it */

/*  account.c: equity, and every call's way out and back */
void listener_account_start (listener_t *self, const event_t *event);
void listener_account_answered (listener_t *self, const event_t *event, effects_t *effects);
void listener_account_tick (listener_t *self, const event_t *event, effects_t *effects);
bool listener_account_ready (const listener_t *self, int64_t now_ns); /*  may executions go out? */

/*  look.c: catch-up, polling, probes */
void listener_look_start (listener_t *self, const event_t *event); /*  new keys, or the first ones */
void listener_look_reset (listener_t *self, const event_t *event); /*  another account: nothing known holds */
void listener_look_listening (listener_t *self, const event_t *event);
void listener_look_fills (listener_t *self, const event_t *event, effects_t *effects);
void listener_look_positions (listener_t *self, const event_t *event, effects_t *effects);
void listener_look_failed (listener_t *self, inquiry_t *inquiry, answer_kind_t kind);
void listener_look_plan (listener_t *self, const event_t *event, effects_t *effects);
int64_t listener_look_since (const listener_t *self);

/*  orders.c: what orders say of themselves */
void listener_orders_listed (listener_t *self, const event_t *event);
void listener_orders_read (listener_t *self, const event_t *event); /*  history */
void listener_orders_want (listener_t *self, int64_t now_ns);       /*  history, if it is worth it */
int64_t listener_orders_since (listener_t *self);
void listener_orders_told (listener_t *self, const order_t *order, const event_t *event, effects_t *effects);
void listener_orders_next (listener_t *self, const event_t *event); /*  the next to be asked for by id */
const char *listener_orders_asked (const listener_t *self);         /*  which; "" = none */
void listener_orders_review (listener_t *self, const event_t *event, effects_t *effects);
void listener_orders_counted (listener_t *self, watched_t *watched, const event_t *event, effects_t *effects);

/*  root.c: X of an order */
/*  Gives the waiting activities of this order what the order says; NULL = what they have must do. */
void listener_root_dress_one (held_t *held, const order_t *order);
void listener_root_dress (listener_t *self, const char *order_id, const order_t *order);
const char *listener_known_root (listener_t *self, const char *order_id);
const char *listener_root_of (listener_t *self, const held_t *held); /*  NULL: unknown, search */
void listener_root_search (listener_t *self, const held_t *held, int64_t now_ns);
void listener_root_answered (listener_t *self, const event_t *event, effects_t *effects);

/*  walk.c: do the waiting executions fit the positions? */
int64_t listener_signed (const trade_update_t *update);
bool listener_is_execution (const trade_update_t *update);
void listener_walk (listener_t *self);
void listener_walk_agree (listener_t *self);  /*  after a snapshot */
void listener_walk_anchor (listener_t *self); /*  after activities */
/*  Activities were asked for so long after it came that whatever was before it is listed. */
bool listener_walk_listed (const listener_t *self, const held_t *held);
/*  May it go? */
bool listener_walk_fits (
    const listener_t *self, const master_ledger_entry_t *entry, const held_t *held, uint32_t at);
/*  It goes as it is; the position is the best that is known. */
void listener_walk_give_up (const listener_t *self, master_ledger_entry_t *entry, int64_t now_ns);

/*  intake.c: trade updates and activities into the inbox */
void listener_intake_update (listener_t *self, const event_t *event, effects_t *effects);
typedef enum { FILL_OLD, FILL_TAKEN, FILL_NO_ROOM } fill_taken_t;
fill_taken_t listener_intake_fill (listener_t *self, const activity_t *fill, const event_t *event);

/*  copy.c: the inbox into states of X */
void listener_copy_pump (listener_t *self, const event_t *event, effects_t *effects);
void listener_copy_repeat (listener_t *self, const event_t *event, effects_t *effects);
void listener_copy_acked (listener_t *self, const master_ack_t *ack);
void listener_copy_refuse (listener_t *self, const trade_update_t *update, const char *why,
    const event_t *event, effects_t *effects);
/*  X is at its end: its last state goes out as final. */
void listener_copy_end (listener_t *self, const char *x, const char *status, int64_t received_at_ns,
    const event_t *event, effects_t *effects);

#endif
