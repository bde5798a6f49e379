/*  standby.h: an actor that stands twice, on two hosts, and runs on one: whoever holds the nomination in Redis.
 *
 *  For the dispatcher (`tc:leader`) and the listener (`tc:leader:listener`). Until this process holds it, nothing of the
 *  actor is there: no socket, no stream, no core. Then it starts as any new life of it would; what keeps the one before
 *  from doing harm, should it still live, is not here: epochs, leases, sessions of links, slots.
 *
 *  Who leads and hears nobody for STANDBY_ALONE_NS gives the nomination back: Redis may be near where the others are not.
 */
#ifndef STANDBY_H
#define STANDBY_H

#include "actors/host/runner.h"

#define STANDBY_ALONE_NS INT64_C (10000000000)

/*  May this actor stand by? -ERR_SETTING: not this role, not tcp, no REDIS_URL. */
int standby_check (const runner_config_t *config, problem_t *problem);
/*  Waits, and runs the actor once it leads. 0: stopped as asked (SIGTERM), leading or not; -ERR_BUSY: another one leads
 *  now, or may, and it is to be started again, to stand by; else as runner_new and runner_run. */
int standby_run (const runner_config_t *config, problem_t *problem);

#endif
