/*  shard.h: inside of the executor: its struct and what its files do for one another. */
#ifndef SHARD_H
#define SHARD_H

#include "actors/executor/agenda.h"
#include "actors/executor/book.h"
#include "actors/executor/decide.h"
#include "actors/executor/executor.h"
#include "actors/executor/gate.h"
#include "actors/executor/tally.h"

#define SECOND_NS INT64_C (1000000000)
#define BEAT_NS (SECOND_NS / 2)           /*  design.md section 4 */
#define WARM_STAGGER_NS INT64_C (2000000) /*  between two clients' first reads: no burst */
#define LIST_LAG_NS                                                                                          \
    (SECOND_NS / 2) /*  a list shows what happened up to 250 ms before (alpaca-api.md section 5) */
#define STOP_PATIENCE_NS (6 * SECOND_NS)
#define LEAVE_PATIENCE_NS                                                                                    \
    (8 * SECOND_NS) /*  until the clients have moved; with the one above less than the host's */

/*  What a broker call or an appointment belongs to: kind (4 bits) | generation (28) | number (32). */
typedef enum {
    TOKEN_NONE,
    TOKEN_SLOT,
    TOKEN_CANCEL,
    TOKEN_CLIENT,
    TOKEN_LANE,
    TOKEN_ASSET,
    TOKEN_BEAT,
    TOKEN_RECHECK,
    TOKEN_HISTORY,
    TOKEN_WALK,
    TOKEN_PROBE,
    TOKEN_AGAIN,
    TOKEN_OBSTACLE
} token_kind_t;

#define BEATS_KEPT 16 /*  of which the time of sending is remembered */

/*  The right to begin orders until a moment (P6), counted from when the beat it answers was sent. */
typedef struct {
    uint64_t beat;               /*  last one sent, from 1 */
    int64_t sent_ns[BEATS_KEPT]; /*  boottime; [beat % BEATS_KEPT] */
    uint64_t answered;           /*  newest beat a lease answered */
    int64_t until_ns;            /*  boottime */
    int64_t kept_ns;             /*  so long after that nobody else has our clients */
    bool complete;               /*  once: this life knows its clients and every open command */
    bool wanted;                 /*  a lane waits for it */
    uint64_t named_life;         /*  of the dispatcher that was told of which X outcomes are owed */
    uint64_t told_life;          /*  of the dispatcher that knows what is open here */
} lease_t;

struct executor {
    executor_config_t config;
    char name[ACTOR_NAME_MAX];
    decide_rules_t rules;
    book_t book;
    agenda_t agenda;
    uint64_t random;
    uint64_t epoch; /*  highest seen */
    lease_t lease;
    gate_t gate;
    uint32_t walk_lane;   /*  the lane whose walks begin next, while not all have; NONE */
    int64_t full_told_ns; /*  boottime: "no room" was said last */
    uint64_t visits;      /*  commands carried out */
    tally_t tally;
    uint32_t warm;
    uint32_t unanswered;
    uint32_t working;
    uint32_t releasing; /*  clients */
    uint64_t sent;      /*  orders, resends included */
    bool leaving;
    bool stopping;
    bool stopped;
    int64_t leave_by_ns;
    int64_t stop_by_ns;
    message_t report; /*  copy.result being filled */
    message_t scratch;
    /*  during a step */
    uint32_t repeats; /*  outcomes said again */
    effects_t *effects;
    int64_t now_ns;
    int64_t utc_ns;
};

uint64_t token_make (token_kind_t kind, uint32_t generation, uint32_t number);
token_kind_t token_kind (uint64_t token);
uint32_t token_number (uint64_t token);
bool token_lives (uint64_t token, uint32_t generation); /*  of the same life as `generation` */
int64_t shard_jitter (executor_t *self, int64_t ns);    /*  0 .. ns */

/*  lease.c: beats and the leases that answer them. */
void lease_beat (executor_t *self); /*  and the next one in its time */
void lease_say (executor_t *self);  /*  one more, now */
int lease_on_message (executor_t *self, const shard_lease_t *lease);
/*  Its clients are there: a dispatcher that is new is told of which X outcomes are owed. */
void lease_on_assigned (executor_t *self, uint64_t life);
/*  A dispatcher that has loaded: a new one is told what is open. */
void lease_on_life (executor_t *self, uint64_t epoch, uint64_t life);
/*  lease_holds, also for this client? It may have come since the lease was granted. */
bool lease_covers (executor_t *self, uint32_t client);
int64_t lease_over_ns (const executor_t *self); /*  for so long; 0 = it holds, INT64_MAX = none came yet */
bool lease_holds (executor_t *self); /*  may an order begin now? If not, lanes are woken when it may */

/*  history.c: what the audit knows of X: asked for once a walk, restored into copies. */
void history_ask (executor_t *self, uint32_t parent);
void history_on_due (executor_t *self, uint32_t parent);
int history_on_message (executor_t *self, const copy_history_t *history);

/*  walk.c: which slots of a copy an earlier life took. */
void walk_begin (executor_t *self, uint32_t copy);
void walk_step (executor_t *self, uint32_t copy);
void walk_all (executor_t *self);  /*  the first lease is here: nobody else holds one */
void walk_more (executor_t *self); /*  those that the step before had no room to begin */
bool walk_pass (executor_t *self,
    uint32_t copy); /*  its entry passes while it is walked: the slot that is asked for says so, if it can */
/*  Its orders that wait for replay: not final. false: there are none. */
bool walk_tell_found (executor_t *self, uint32_t copy);
void walk_again (executor_t *self, uint32_t copy); /*  has an order of an earlier life come since? */
void walk_on_due (executor_t *self, uint32_t copy, uint64_t token);
void walk_on_answer (executor_t *self, uint32_t slot, const broker_answer_t *answer);

/*  replay.c: slots that were found are matched with the states they answer, in order. */
bool replay_ready (executor_t *self, uint32_t lane); /*  every one at its end, the holding known */
bool replay_match (executor_t *self, uint32_t copy); /*  the earliest one of the copy; false: it has none */
void replay_remembered (executor_t *self, uint32_t copy); /*  its exit, where no row tells of it */
bool replay_overtaken (
    const executor_t *self, uint32_t copy); /*  an earlier life decided something after its due state */
int64_t replay_holding_e9 (
    const executor_t *self, uint32_t copy); /*  at its due state: without what came later */

/*  hindsight.c: the orders of a lane that came after a moment, and what they moved. */
int64_t hindsight_before_e9 (const book_t *book, uint32_t slot); /*  held before that order */
int64_t hindsight_moved_e9 (const book_t *book, uint32_t copy);  /*  for states after its due one */
bool hindsight_opposed (
    const book_t *book, uint32_t copy); /*  was one of the other side sent for such a state? */
/*  An entry that was found late, its state known: exits that were decided as if it were not there are decided once more. */
void hindsight_reopen (executor_t *self, uint32_t slot);

/*  lane.c: decides and sends until the lane has to wait. */
void orders_advance (executor_t *self, uint32_t lane);
void orders_wait_for_walks (executor_t *self, uint32_t lane); /*  says what may have to be said meanwhile */

/*  orders.c: from a decision to a definite answer. */
bool orders_begin (executor_t *self, uint32_t copy, const decision_t *decision); /*  false: no room for it */
void orders_behind (
    executor_t *self, uint32_t lane); /*  what its order under way means for those that wait */
void orders_on_answer (executor_t *self, uint32_t slot, const broker_answer_t *answer);
void orders_on_due (executor_t *self, uint32_t slot);
void orders_ask (executor_t *self, uint32_t slot); /*  by its id */
int64_t orders_backoff_ns (executor_t *self, uint32_t tries);
int64_t orders_range_from_e9 (const book_t *book, uint32_t copy, const slot_t *slot);
void orders_schedule (executor_t *self, uint32_t slot, int64_t due_ns);
void orders_schedule_lane (executor_t *self, uint32_t lane, int64_t due_ns);

/*  follow.c: a working order to its end at the broker. */
void follow_order (executor_t *self, uint32_t slot, const order_t *order);
void follow_ask (executor_t *self, uint32_t slot);
void follow_on_answer (executor_t *self, uint32_t slot, const broker_answer_t *answer);
void follow_lane (executor_t *self, uint32_t lane);
bool follow_cancel (executor_t *self, uint32_t client, const char order_id[ID_MAX]); /*  false: no lease */
void follow_tell_end (
    executor_t *self, uint32_t slot); /*  the outcome of an order at its end; an exit that ended short */

/*  accounts.c: who the clients are and what they own. */
void accounts_on_config (executor_t *self, const client_config_t *config);
void accounts_read (executor_t *self, uint32_t client);   /*  equity and positions, now */
void accounts_reread (executor_t *self, uint32_t client); /*  positions are not known until read again */
void accounts_on_due (executor_t *self, uint32_t client);
void accounts_recheck (executor_t *self, uint32_t client, int64_t at_ns); /*  positions, not before at_ns */
void accounts_on_recheck (executor_t *self, uint32_t client);
void accounts_doubt (
    executor_t *self, uint32_t lane); /*  an order of an earlier life moved its holding until now */
void accounts_quiet (
    executor_t *self, uint32_t lane); /*  perhaps: reads again what was not believed before */
void accounts_on_answer (executor_t *self, uint32_t client, const broker_answer_t *answer);
void accounts_on_asset (executor_t *self, uint32_t symbol, const broker_answer_t *answer);
void accounts_idle (executor_t *self, uint32_t client); /*  closes a released one with nothing under way */

/*  release.c: clients that go to another shard; the end of this one. */
int release_on_message (executor_t *self, const client_release_t *release);
int release_on_assigned (executor_t *self, const shard_assigned_t *assigned);
void release_begin (executor_t *self, uint32_t client);
bool release_lapsed (const executor_t *self); /*  others may have had its clients since its last lease */
void release_step (executor_t *self);         /*  whoever has nothing under way goes */
void release_leave (executor_t *self);
void release_dismissed (executor_t *self);

/*  throttle.c: requests within the client's budget, orders within the shard's places. */
void throttle_call (executor_t *self, const broker_call_t *call);
void throttle_answered (executor_t *self, const broker_answer_t *answer);
int64_t throttle_wait_ns (
    executor_t *self, uint32_t client, pace_class_t class); /*  0: go; else until when */
/*  May the lane send an order now? false: at *at_p, or (0) when the gate takes it out of its queue. */
bool throttle_admits (executor_t *self, uint32_t lane, leg_t leg, int64_t *at_p);
void throttle_sent (executor_t *self, uint32_t slot);
void throttle_drain (executor_t *self); /*  at the end of each step: who waits and may go */

/*  stubborn.c: exits that are not done, and what waits too long. */
bool stubborn_closes (const executor_t *self, uint32_t copy); /*  X closes something */
/*  The client's breaker is open, or this state of X is older than MAX_EVENT_AGE. */
bool stubborn_troubled (const executor_t *self, uint32_t copy, uint32_t version);
bool stubborn_pass (
    executor_t *self, uint32_t copy); /*  an entry is given up; false: it was sent, which is told */
void stubborn_wait (executor_t *self, uint32_t copy, const char *reason); /*  static text */
void stubborn_refused (
    executor_t *self, uint32_t slot, outcome_kind_t kind, const char *reason, int64_t code);
void stubborn_short (executor_t *self, uint32_t slot); /*  an order ended with less than its quantity */
bool stubborn_dust (const char *reason, int64_t code); /*  less than the broker trades at all: no way out */
void stubborn_tell_lane (executor_t *self, uint32_t lane); /*  what waits behind an order without an answer */
bool stubborn_supersedes (
    const executor_t *self, uint32_t entry); /*  a whole exit of later waits in its lane */
bool stubborn_funds_may_come (const executor_t *self, uint32_t client, const char *reason);
void stubborn_alert (executor_t *self, uint32_t copy, const char *why);

/*  obstacle.c: the order in the way of an exit that was refused. */
void obstacle_look (executor_t *self, uint32_t slot, const broker_answer_t *refusal);
void obstacle_on_answer (executor_t *self, uint32_t slot, const broker_answer_t *answer);

/*  trouble.c: the client's breaker. */
void accounts_failed (executor_t *self, uint32_t client, bool at_once, const char *error);
void accounts_succeeded (executor_t *self, uint32_t client);
bool accounts_blocked (const executor_t *self, uint32_t client); /*  would it be refused? Changes nothing */
bool accounts_admit (executor_t *self, uint32_t client);         /*  may an entry go out now? */
void accounts_on_probe (executor_t *self, uint32_t client);
void accounts_judge_read (executor_t *self, uint32_t client, const broker_answer_t *answer);
void accounts_judge_order (executor_t *self, uint32_t client, const broker_answer_t *answer);
void accounts_on_breaker (executor_t *self, const breaker_changed_t *changed); /*  of an earlier life */

/*  report.c: outcomes, batched into copy.result; alerts. */
void report_slot (executor_t *self, uint32_t slot, outcome_kind_t kind, const char *reason, int64_t code);
void report_copy (executor_t *self, uint32_t copy, outcome_kind_t kind, const char *reason);
void report_passed (executor_t *self, uint32_t copy, int n); /*  skipped, and slot n is not asked for yet */
void report_settled (executor_t *self, uint32_t copy);       /*  nothing of it is to be done */
void report_stuck (executor_t *self, uint32_t copy);         /*  of an exit that is still to be ordered */
void report_never_ordered (executor_t *self, uint32_t copy, outcome_leg_t leg, int64_t n);
void report_again (executor_t *self, uint32_t copy);      /*  now, or in a moment */
bool report_told (const executor_t *self, uint32_t copy); /*  is there something to say again? */
void report_state (executor_t *self, uint32_t parent);    /*  which X it is */
void report_on_due (executor_t *self, uint32_t copy, uint64_t token);
void report_flush (executor_t *self);
void report_no_room (executor_t *self); /*  at most once a second */
void report_alert (executor_t *self, alert_raised_kind_t kind, alert_raised_severity_t severity,
    const char *subject, const char *text);

#endif
