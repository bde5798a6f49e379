/*  shard_map.c: weighted rendezvous hashing (Mosharaf Hossain's logarithmic form): -w / ln (h), h from 0 to 1. */
#include "actors/dispatcher/shard_map.h"

#include <assert.h>
#include <math.h>

#include "messages/word.h"

double shard_map_score (const char *shard, uint32_t weight, const char *client_id)
{
    assert (shard && client_id);
    double place = ((double) (word_hash_two (shard, client_id) >> 11) + 0.5) / 9007199254740992.0; /*  2^53 */
    return -(double) (weight > 0 ? weight : SHARD_MAP_WEIGHT) / log (place);
}
