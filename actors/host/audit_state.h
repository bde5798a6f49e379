/*  audit_state.h: the audit's marks and breakers: in the local database always, with REDIS_URL in Redis as well.
 *
 *  The database's copy is written by the audit's own transactions; Redis hears of a mark when it is durable and of a
 *  breaker at once, and is never waited for, but for AUDIT_STATE_REFRESH_NS at a load. Redis away, slow, full or wiped
 *  is logged and an alert; nothing else. One thread: the audit's loop.
 */
#ifndef AUDIT_STATE_H
#define AUDIT_STATE_H

#include "actors/host/actor_host.h"
#include "actors/host/settings.h"
#include "storage/state.h"
#include "storage/storage.h"

#define AUDIT_STATE_REFRESH_NS INT64_C (1000000000)

typedef struct audit_state audit_state_t;

/*  storage is borrowed. -ERR_SETTING: REDIS_URL; -ERR_MEMORY. An unreachable Redis is no error. */
int audit_state_new (audit_state_t **self_p, actor_host_t *host, storage_t *storage,
    const settings_t *settings, problem_t *problem);
void audit_state_close (audit_state_t *self); /*  its handles; then run the loop */
void audit_state_destroy (audit_state_t **self_p);

/*  A record of the transaction under way, or a shard as it is now (Redis only); and that transaction's end. */
void audit_state_note (audit_state_t *self, const message_t *record);
void audit_state_committed (audit_state_t *self, bool durable);

/*  Everything that is stored becomes known; then done, perhaps at once. One at a time: -ERR_BUSY. -ERR_*: the local
 *  database cannot be read, and done is not called. */
int audit_state_refresh (
    audit_state_t *self, void (*done) (void *context), void *context, problem_t *problem);
/*  What is known. each() != 0 ends it. */
int audit_state_marks (audit_state_t *self, state_mark_fn *each, void *context, problem_t *problem);
int audit_state_breakers (audit_state_t *self, state_breaker_fn *each, void *context, problem_t *problem);
/*  0 = there is no REDIS_URL, 1 = it is away, 2 = it is well. */
int audit_state_redis (const audit_state_t *self);
/*  A client that follows has a breaker to look at: closed, unless something else is known of it. */
void audit_state_client (audit_state_t *self, const client_config_t *client);

#endif
