/*  shard_map.c: FNV-1a over both names, then the finalizer of splitmix64: FNV alone is weak in its high bits, and the
 *  highest score decides.
 */
#include "actors/dispatcher/shard_map.h"

#include <assert.h>

static uint64_t fold (uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t) *text) * UINT64_C (1099511628211);
    return hash;
}

uint64_t shard_map_score (const char *shard, const char *client_id)
{
    assert (shard && client_id);
    uint64_t hash = fold (UINT64_C (14695981039346656037), shard);
    hash = (hash ^ 0xff) * UINT64_C (1099511628211); /*  "a" + "bc" is not "ab" + "c" */
    hash = fold (hash, client_id);
    hash = (hash ^ hash >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C (0x94d049bb133111eb);
    return hash ^ hash >> 31;
}
