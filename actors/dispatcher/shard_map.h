/*  shard_map.h: which shard a client belongs to, by rendezvous hashing: each client scores every shard and takes the
 *  highest, so one shard more or less moves only the clients that it gets or had.
 */
#ifndef DISPATCHER_SHARD_MAP_H
#define DISPATCHER_SHARD_MAP_H

#include <stdint.h>

/*  Score of a client on a shard; the same on every machine and in every version (clients would move). */
uint64_t shard_map_score (const char *shard, const char *client_id);

#endif
