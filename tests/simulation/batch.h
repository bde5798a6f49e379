/*  batch.h: many histories, in one process or in several; what they came to. */
#ifndef SIMULATION_BATCH_H
#define SIMULATION_BATCH_H

#include "tests/simulation/world.h"

typedef struct {
    uint64_t start, seeds, jobs;
    uint64_t shown; /*  failing seeds named by each job */
    uint64_t least; /*  how often each fault must happen and each state be reached; 0 = whatever */
    int level;
    bool trace, until_found, quiet, hunt;
    faults_t faults;
} plan_t;

typedef struct {
    tally_t tally;
    uint64_t histories, failed, first_failed;
    char first[600]; /*  its violation */
} total_t;

/*  Every `jobs`-th seed from the job's own on. */
total_t batch_job (const plan_t *plan, uint64_t job);
/*  All of them. false: a job died (an assert of a core: its seed is not known, run it with --jobs 1). */
bool batch_run (const plan_t *plan, total_t *total);
bool batch_covers (const plan_t *plan, const total_t *total); /*  plan->least; says what is missing */
void batch_print (const plan_t *plan, const total_t *total, double seconds);

#endif
