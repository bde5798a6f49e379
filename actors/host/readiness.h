/*  readiness.h: has an actor what it needs to do its part? Read off the messages it hears and says; pure.
 *
 *  | role | ready |
 *  |---|---|
 *  | executor | it holds a lease, and all its clients and open commands came |
 *  | dispatcher | the configuration came |
 *  | listener | the master's stream is listened to |
 *  | audit | the dispatcher is there |
 *  | others | when they run |
 */
#ifndef READINESS_H
#define READINESS_H

#include "messages/gen/messages.h"

typedef enum { READY_ALWAYS, READY_LINKED, READY_CONFIGURED, READY_LEASED, READY_STREAMING } readiness_rule_t;

typedef struct {
    readiness_rule_t rule;
    bool reached;     /*  configured, complete, streaming */
    int64_t until_ns; /*  end of the lease */
} readiness_t;

void readiness_init (readiness_t *self, const char *role);
/*  Of every message that comes or is published. */
void readiness_saw (readiness_t *self, const message_t *message, int64_t now_ns);
/*  NULL = ready, else what is missing. linked: the dispatcher is heard. */
const char *readiness_lack (const readiness_t *self, bool linked, int64_t now_ns);

#endif
