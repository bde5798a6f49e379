/*  fleet.h: the accounts of a load test: one master, N clients of different sizes, methods and rules; made at the
 *  simulator, sealed into a fresh database. */
#ifndef FLEET_H
#define FLEET_H

#include "scripts/commands/load_test/pit.h"
#include "scripts/commands/load_test/evidence.h"

#define FLEET_CLIENTS_MAX 10000

/*  The i-th of count clients: the same for the same seed. Pure. */
void fleet_follower (follower_t *follower, size_t index, size_t count, uint64_t seed);

/*  All alike: a share for each of the master's; the first `troubled` ones two. */
void fleet_alike (follower_t *follower, size_t index, size_t troubled);

/*  Makes all accounts at the simulator, writes master and clients to the database that env_file names, fills
 *  evidence->followers (owned by it) and gives pit the master's keys. */
typedef struct {
    size_t count;
    uint64_t seed;
    bool alike; /*  for measuring */
    size_t troubled;
} fleet_plan_t;
int fleet_make (
    evidence_t *evidence, const fleet_plan_t *plan, pit_t *pit, const char *env_file, problem_t *problem);

#endif
