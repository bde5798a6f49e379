/*  hunt.c: see hunt.h. One process a deliberate fault. */
#include "tests/simulation/hunt.h"

#include "actors/deliberate.h"

#include <assert.h>
#include <stdio.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef DELIBERATE_FAULTS

int hunt_choose (const char *name)
{
    (void) name;
    (void) fprintf (stderr, "this build has no deliberate faults: use simulation_faulty\n");
    return -1;
}

bool hunt_all (const plan_t *plan)
{
    (void) plan;
    (void) fprintf (stderr, "this build has no deliberate faults: use simulation_faulty\n");
    return false;
}

#else

deliberate_t deliberate_chosen = DELIBERATE_NONE;

static const struct {
    const char *name;
    const char *text;
} s_faults[DELIBERATE_COUNT] = {{"none", ""},
#define _(name, text) {#name, text},
    DELIBERATE_LIST (_)
#undef _
};

int hunt_choose (const char *name)
{
    for (int at = 0; at < DELIBERATE_COUNT; at++)
        if (strcasecmp (name, s_faults[at].name) == 0) {
            deliberate_chosen = (deliberate_t) at;
            return 0;
        }
    (void) fprintf (stderr, "no deliberate fault is called %s\n", name);
    return -1;
}

/*  A seed that is violated without the fault too proves nothing. */
static bool hunt_one (const plan_t *plan, int fault)
{
    plan_t one = *plan;
    one.seeds = one.jobs = 1;
    one.quiet = true;
    for (uint64_t tried = 0; tried < plan->seeds; tried++) {
        one.start = plan->start + tried;
        deliberate_chosen = (deliberate_t) fault;
        total_t with = batch_job (&one, 0);
        if (with.failed == 0)
            continue;
        deliberate_chosen = DELIBERATE_NONE;
        total_t without = batch_job (&one, 0);
        if (without.failed > 0)
            continue;
        printf ("%-20s found after %4llu seeds (%s)\n    %.160s\n", s_faults[fault].name,
            (unsigned long long) tried + 1, s_faults[fault].text, with.first);
        return true;
    }
    printf ("%-20s NOT FOUND in %llu seeds (%s)\n", s_faults[fault].name, (unsigned long long) plan->seeds,
        s_faults[fault].text);
    return false;
}

/*  false: it was not found, or an assert stopped the process, which is not the checker's doing. */
static bool wait_one (void)
{
    int status = 0;
    pid_t child = wait (&status);
    return child > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

bool hunt_all (const plan_t *plan)
{
    assert (plan && plan->jobs > 0);
    uint64_t running = 0;
    bool all = true;
    for (int fault = DELIBERATE_NONE + 1; fault < DELIBERATE_COUNT; fault++) {
        if (running == plan->jobs) {
            all &= wait_one ();
            running--;
        }
        (void) fflush (stdout);
        pid_t child = fork ();
        if (child == 0) {
            bool found = hunt_one (plan, fault);
            (void) fflush (stdout);
            _exit (found ? 0 : 1);
        }
        all &= child > 0;
        running += child > 0;
    }
    for (; running > 0; running--)
        all &= wait_one ();
    return all;
}

#endif
