/*  nomination.h: may this process lead? Asked of a key in Redis that lives NOMINATION_LIFE_MS and holds who leads; pure.
 *
 *  Redis only nominates. What keeps two leaders from doing harm are epochs, leases and slots (docs/recovery.md), so every
 *  doubt here is decided for going on: a leader that cannot ask leads on, one that finds another's name in the key ends.
 *
 *  Times are CLOCK_BOOTTIME ns: a process that was stopped, or a machine that slept, knows how long.
 */
#ifndef NOMINATION_H
#define NOMINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOMINATION_LIFE_MS 600                   /*  of the key after each renewal */
#define NOMINATION_RENEW_NS INT64_C (200000000)  /*  the leader, from answer to question */
#define NOMINATION_ASK_NS INT64_C (80000000)     /*  a standby */
#define NOMINATION_VACANT_NS INT64_C (220000000) /*  a free key is left to its leader so long */
#define NOMINATION_RECONNECT_NS                                                                              \
    INT64_C (6000000000) /*  and so long when Redis was away: redis_loop.h, longest pause */
#define NOMINATION_ID_MAX 96

typedef enum { NOMINATION_STANDBY, NOMINATION_LEADS, NOMINATION_SUPERSEDED } nomination_phase_t;
typedef enum {
    NOMINATION_NO_QUESTION,
    NOMINATION_WHO,  /*  leads? */
    NOMINATION_CLAIM /*  make it me, if nobody does or I do */
} nomination_question_t;

typedef struct {
    char id[NOMINATION_ID_MAX];
    nomination_phase_t phase;
    bool connected;
    bool asking;
    bool met; /*  Redis has answered once */
    int64_t asked_ns;
    int64_t ask_at_ns;
    int64_t vacant_ns;              /*  since when the key is seen free; INT64_MAX = it is not */
    int64_t claim_from_ns;          /*  not before, whatever is free */
    char leader[NOMINATION_ID_MAX]; /*  as the last answer said, printable; "" = nobody, or not known */
} nomination_t;

/*  id: of this life, no other has it; printable. */
void nomination_init (nomination_t *self, const char *id);
void nomination_connected (nomination_t *self, int64_t now_ns);
void nomination_lost (nomination_t *self);
/*  What to ask now; taken as asked. */
nomination_question_t nomination_due (nomination_t *self, int64_t now_ns);
/*  holder: what the key holds after the question; NULL = nothing. true: the phase is another. */
bool nomination_answered (nomination_t *self, int64_t now_ns, const char *holder, size_t size);
/*  The answer is none to go by: asked again. */
void nomination_failed (nomination_t *self, int64_t now_ns);
/*  When nomination_due has to be asked again; INT64_MAX = not of itself. */
int64_t nomination_wake_ns (const nomination_t *self);

#endif
