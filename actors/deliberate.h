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
    _ (STATE_AGAIN, "the dispatcher replicates what it took already")                                        \
    _ (STORED_EARLY, "the audit says stored before the commit")

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
