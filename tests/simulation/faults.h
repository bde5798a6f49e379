/*  faults.h: what can go wrong, from which level on, how often; and how often it did. */
#ifndef SIMULATION_FAULTS_H
#define SIMULATION_FAULTS_H

#include "tests/simulation/dice.h"

/*      name             level  ppm of its occasions      occasion */
#define FAULT_LIST(_)                                                                                        \
    _ (NOT_SENT, 1, 8000)         /*  a call: no connection */                                               \
    _ (REQUEST_LOST, 1, 6000)     /*  a call: it never arrived, nobody knows */                              \
    _ (ANSWER_LOST, 1, 12000)     /*  a call: done, but the answer is lost */                                \
    _ (REQUEST_LATE, 1, 3000)     /*  a call: given up, and still arrives up to 300 ms later */              \
    _ (SERVER_ERROR, 1, 8000)     /*  a call: 5xx; half of them were carried out */                          \
    _ (RATE_LIMITED, 1, 8000)     /*  a call: 429 */                                                         \
    _ (SLOW_CALL, 1, 8000)        /*  a call: 0.3-4 s */                                                     \
    _ (ORDER_REFUSED, 1, 4000)    /*  a client's submit: 403 */                                              \
    _ (STREAM_TWICE, 1, 80000)    /*  an event of the stream: repeated up to three times */                  \
    _ (STREAM_CUT, 1, 15000)      /*  an event of the stream: cut before it */                               \
    _ (STREAM_MUTE, 1, 6000)      /*  an event of the stream: silent for up to 3 s, then cut */              \
    _ (STREAM_REFUSED, 1, 300000) /*  a connect: 429 */                                                      \
    _ (LINK_SLOW, 1, 10000)       /*  a message: the link hangs for up to 500 ms */                          \
    _ (LINK_TWICE, 1, 10000)      /*  a message comes twice */                                               \
    _ (COMMIT_FAILED, 1, 20000)   /*  a commit */                                                            \
    _ (COMMIT_SLOW, 1, 20000)     /*  a commit: up to 2 s */                                                 \
    _ (KEYS_REVOKED, 1, 1000)     /*  a client's call: 401 to all of them for up to 40 s */                  \
    _ (ACCOUNT_AWAY, 1, 700)      /*  a client's call: 503 to all of them for up to 90 s */                  \
    _ (ORDER_CUT, 1, 4000)        /*  a client's order: the broker fills a part and cancels the rest */      \
    _ (POSITIONS_OLD, 1, 200000)  /*  a read of positions: as they were 150-250 ms ago */                    \
    _ (WRITE_LATE, 1, 3000)       /*  a submit: 0-6 s between the effect and its first byte */               \
    _ (CALLS_SHUFFLED, 1, 100000) /*  a step's calls: they leave in another order */                         \
    _ (STEP_SPLIT, 1, 3000)       /*  a step: up to 200 ms between two of its effects */                     \
    _ (WAKE_LATE, 1, 5000)        /*  a step: the wake it asked for comes up to 1 s late */                  \
    _ (WAKE_TOO_OFTEN, 1, 5000)   /*  a step: a wake nobody asked for */                                     \
    _ (CLIENT_JOINS, 1, 400000)   /*  a plan: one begins to follow in its midst */                           \
    _ (CLIENT_CHANGES, 1, 400000) /*  a plan: another multiplier in its midst */                             \
    _ (CLIENT_LEAVES, 1, 300000)  /*  a plan: one is switched off in its midst */                            \
    _ (SHARD_JOINS, 1, 500000)    /*  a plan: the last shard comes in its midst */                           \
    _ (SHARD_LEAVES, 1, 250000)   /*  a plan: a shard is asked to stop */                                    \
    _ (ACCOUNT_LIMIT, 1, 60000)   /*  an account: its requests are counted, 200 a minute or fewer */         \
    _ (PAUSE, 1, 300)             /*  a step of an actor: it stands still for up to 1 s after it */          \
    _ (CLOCK_JUMP, 1, 100)        /*  a step of an actor: its UTC jumps up to 3 s, for a while */            \
    _ (EXECUTOR_CRASH, 2, 400)    /*  a step of a shard */                                                   \
    _ (EXECUTOR_ZOMBIE, 2, 400)   /*  a step of a shard: cut off from us, while its next life begins */      \
    _ (SHARD_DIES, 2, 250000)     /*  a plan: a shard dies, and is away for 12-60 s, or for good */          \
    _ (SHARD_PARTED, 2, 100)      /*  a step of a shard: no message to or from it for up to 40 s */          \
    _ (DISPATCHER_CRASH, 3, 300)  /*  a step of it */                                                        \
    _ (AUDIT_CRASH, 3, 300)                                                                                  \
    _ (LISTENER_CRASH, 3, 3000)                                                                              \
    _ (STREAM_LOST, 3, 10000)       /*  an event of the stream: it never comes, the next ones do */          \
    _ (STREAM_DEAF, 3, 4000)        /*  an event of the stream: silent from then on, and never cut */        \
    _ (STREAM_AWAY, 3, 300000)      /*  a cut: handshakes are refused for 5-90 s */                          \
    _ (LINK_LOSS, 3, 5000)          /*  a message is lost */                                                 \
    _ (PROGRESS_DELETED, 3, 500000) /*  a start of dispatcher or audit: marks, outcomes, cursor are gone */  \
    _ (PROGRESS_DELETED_LIVE, 3, 400) /*  a step of the audit: the same while all run */

typedef enum {
#define _(name, level, ppm) FAULT_##name,
    FAULT_LIST (_)
#undef _
        FAULT_COUNT
} fault_t;

/*  The level at which everything promised today is on. */
#define FAULTS_LEVEL_MAX 3

typedef struct {
    bool on[FAULT_COUNT];
    bool stopped; /*  the world settles */
    uint64_t happened[FAULT_COUNT];
} faults_t;

void faults_level (faults_t *self, int level);
int faults_switch (faults_t *self, const char *name, bool on); /*  0, or -1: no such fault */
const char *fault_text (fault_t fault);
/*  Does it happen now? Counts it. */
bool faults_strike (faults_t *self, fault_t fault, dice_t *chance);
/*  Half of all histories are without crashes. */
void faults_calm (faults_t *self);

#endif
