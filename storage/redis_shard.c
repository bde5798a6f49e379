/*  redis_shard: the shards, to be looked at with redis-cli. What is not written now is written in a second.
 */
#include "storage/redis_part.h"

#include "messages/trading.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define SHARD_PREFIX REDIS_PREFIX "shard:"
#define SHARD_TTL_S 60
#define IN_FLIGHT_MAX 256

/*  Refused (another type, no memory): the records say so. */
static void on_written (redisAsyncContext *redis, void *answer, void *context)
{
    (void) redis;
    (void) answer;
    (void) context;
}

void redis_state_shard (state_t *state, const shard_state_t *shard)
{
    assert (state && shard);
    redis_state_t *self = redis_state_of (state);
    char key[REDIS_KEY_MAX];
    char lease[TIME_TEXT_MAX] = "";
    char at[TIME_TEXT_MAX];
    if (self->phase != PHASE_READY || !self->redis || self->in_flight >= IN_FLIGHT_MAX)
        return;
    (void) snprintf (key, sizeof key, SHARD_PREFIX "%s", shard->shard);
    if (shard->lease_left_ns > 0)
        (void) time_format (shard->at_ns + shard->lease_left_ns, lease);
    (void) redisAsyncCommand (self->redis, on_written, NULL,
        "HSET %s state %s clients %" PRIu64 " moving %" PRIu64 " weight %" PRIu64 " epoch %" PRIu64
        " lease %s stored_at %s",
        key, shard_state_state_text (shard->state), shard->clients, shard->moving, shard->weight,
        shard->epoch, lease, time_format (shard->at_ns, at));
    (void) redisAsyncCommand (self->redis, on_written, NULL, "EXPIRE %s %d", key, SHARD_TTL_S);
}
