/*  shard_map.h: which shard a client belongs to, by weighted rendezvous hashing: each client scores every shard and takes
 *  the highest, so one shard more or less moves only the clients that it gets or had. A shard of twice the weight gets
 *  twice as many.
 */
#ifndef DISPATCHER_SHARD_MAP_H
#define DISPATCHER_SHARD_MAP_H

#include <stdint.h>

#define SHARD_MAP_WEIGHT 100 /*  of a shard that says none */

/*  Score of a client on a shard, above 0; the same in every version (clients would move). weight 0 = SHARD_MAP_WEIGHT. */
double shard_map_score (const char *shard, uint32_t weight, const char *client_id);

#endif
