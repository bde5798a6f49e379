/*  deliberate.h: mistakes a core can be told to make, so that the simulation can show that it finds them.
 *
 *  DELIBERATE (NAME) is the constant false in every build but tests/simulation's simulation_faulty, which compiles the
 *  cores once more with DELIBERATE_FAULTS and makes the one named on its command line. No setting, message or file
 *  reaches it in a program that trades.
 */
#ifndef DELIBERATE_H
#define DELIBERATE_H

/*      name              what the core then does wrong */
#define DELIBERATE_LIST(_)                                                                                   \
    _ (EXECUTION_TWICE, "the listener counts what it has seen")                                              \
    _ (CATCH_UP_OFF, "the listener does not take what it missed from the activities")                        \
    _ (STATE_AGAIN, "the dispatcher replicates what it took already")                                        \
    _ (STORED_EARLY, "the audit says stored before the commit")                                              \
    _ (MISSING_UNSAID, "the audit does not say that outcomes are missing")                                   \
    _ (CURSOR_EARLY, "the cursor is 60 s further than what is closed")                                       \
    _ (LEASE_IGNORED, "orders begin without a lease")                                                        \
    _ (NO_WALK, "an heir believes the lists and does not ask for slots by id")                               \
    _ (NO_LOOKUP, "an unknown outcome is sent again without asking by id")                                   \
    _ (RESEND_RENAMED, "a resend gets the next slot's id")                                                   \
    _ (SLOT_FROM_QUANTITY, "a slot's number comes from the quantity, not from the walk")                     \
    _ (RATE_EACH_TIME, "the rate is found again at every execution of X")                                    \
    _ (ROUND_UP, "whole shares are rounded up")                                                              \
    _ (EXIT_AS_ENTRY, "a closing order goes out under an opening slot")                                      \
    _ (EXIT_GIVEN_UP, "an exit that is refused once is given up")                                            \
    _ (FLIP_AT_ONCE, "an entry does not wait for our exit on the other side")                                \
    _ (STALE_SENT, "an entry older than MAX_EVENT_AGE is sent")                                              \
    _ (END_UNTOLD, "the end of a followed order is not reported")                                            \
    _ (JOINED_EARLY, "a client that joins gets what was before it")                                          \
    _ (HEIR_EARLY, "the clients of a silent shard move before its lease is over")                            \
    _ (RELEASED_EARLY, "a shard says that it has released a client and goes on trading for it")

typedef enum {
    DELIBERATE_NONE,
#define _(name, text) DELIBERATE_##name,
    DELIBERATE_LIST (_)
#undef _
        DELIBERATE_COUNT
} deliberate_t;

#ifdef DELIBERATE_FAULTS
extern deliberate_t deliberate_chosen; /*  tests/simulation/hunt.c */
#define DELIBERATE(name) (deliberate_chosen == DELIBERATE_##name)
#else
#define DELIBERATE(name) (DELIBERATE_##name == DELIBERATE_NONE)
#endif

#endif
