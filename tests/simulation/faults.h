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
    _ (PAUSE, 1, 300)             /*  a step of an actor: it stands still for up to 1 s after it */          \
    _ (CLOCK_JUMP, 1, 100)        /*  a step of an actor: its UTC jumps up to 3 s, for a while */            \
    _ (EXECUTOR_CRASH, 2, 400)    /*  a step of a shard */                                                   \
    _ (DISPATCHER_CRASH, 3, 300)  /*  a step of it */                                                        \
    _ (AUDIT_CRASH, 3, 300)                                                                                  \
    _ (LISTENER_CRASH, 3, 300)                                                                               \
    _ (LINK_LOSS, 3, 5000) /*  a message is lost */

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

#endif
