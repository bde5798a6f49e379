/*  fleet.h: the accounts of a load test: one master, N clients of different sizes, methods and rules; made at the
 *  simulator, sealed into a fresh database. */
#ifndef FLEET_H
#define FLEET_H

#include "scripts/commands/load_test/pit.h"
#include "scripts/commands/load_test/evidence.h"

#define FLEET_CLIENTS_MAX 10000

/*  The i-th of count clients: the same for the same seed. Pure. */
void fleet_follower (follower_t *follower, size_t index, size_t count, uint64_t seed);

/*  Makes all accounts at the simulator, writes master and clients to the database that env_file names, fills
 *  evidence->followers (owned by it) and gives pit the master's keys. */
int fleet_make (
    evidence_t *evidence, size_t count, uint64_t seed, pit_t *pit, const char *env_file, problem_t *problem);

#endif
