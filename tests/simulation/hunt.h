/*  hunt.h: can the checker fail? Each deliberate fault (actors/deliberate.h) must be found. */
#ifndef SIMULATION_HUNT_H
#define SIMULATION_HUNT_H

#include "tests/simulation/batch.h"

/*  Makes the cores wrong in this way. 0, or -1: no such fault, or a build without them. */
int hunt_choose (const char *name);

/*  Runs each until a seed finds it that is clean without it, at most plan->seeds seeds; plan->jobs at a time.
 *  true: all were found. */
bool hunt_all (const plan_t *plan);

#endif
