/*  simulation.c: many histories, one a seed; or one with its story.
 *
 *    simulation --seeds 20000 --jobs 2
 *    simulation --seed 77 --trace
 *    simulation --seeds 500 --faults 1 --without link_twice --with link_loss
 *    simulation_faulty --deliberate state_again --until-found
 *    simulation_faulty --hunt --seeds 2000 --jobs 2        every deliberate fault must be found
 *
 *  Exit code 0: no violation (with --hunt: each deliberate fault was found). A failing seed is printed with its first
 *  violation and replays exactly.
 */
#include "tests/simulation/batch.h"
#include "tests/simulation/hunt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int usage (void)
{
    (void) fprintf (stderr,
        "usage: simulation [--seeds N] [--least N] [--show N] [--start S] [--jobs J] [--seed S] [--trace] "
        "[--faults "
        "0-%d]\n"
        "                  [--with FAULT] [--without FAULT] [--until-found]\n"
        "                  [--deliberate NAME | --hunt]\n",
        FAULTS_LEVEL_MAX);
    return 2;
}

static bool *flag_of (plan_t *plan, const char *word)
{
    if (strcmp (word, "--trace") == 0)
        return &plan->trace;
    if (strcmp (word, "--hunt") == 0)
        return &plan->hunt;
    return strcmp (word, "--until-found") == 0 ? &plan->until_found : NULL;
}

static int read_word (plan_t *plan, const char *word, const char *value)
{
    uint64_t number = strtoull (value, NULL, 10);
    if (strcmp (word, "--seeds") == 0)
        plan->seeds = number;
    else if (strcmp (word, "--start") == 0)
        plan->start = number;
    else if (strcmp (word, "--show") == 0)
        plan->shown = number;
    else if (strcmp (word, "--least") == 0)
        plan->least = number;
    else if (strcmp (word, "--jobs") == 0)
        plan->jobs = number;
    else if (strcmp (word, "--seed") == 0)
        plan->start = number, plan->seeds = 1;
    else if (strcmp (word, "--faults") == 0)
        plan->level = (int) number, faults_level (&plan->faults, plan->level);
    else if (strcmp (word, "--with") == 0 || strcmp (word, "--without") == 0)
        return faults_switch (&plan->faults, value, word[6] == '\0');
    else if (strcmp (word, "--deliberate") == 0)
        return hunt_choose (value);
    else
        return -1;
    return 0;
}

static int read_plan (plan_t *plan, int count, char **words)
{
    for (int at = 1; at < count; at++) {
        const char *word = words[at];
        bool *flag = flag_of (plan, word);
        if (flag) {
            *flag = true;
            continue;
        }
        if (++at == count)
            return -1;
        if (read_word (plan, word, words[at]) != 0)
            return -1;
    }
    return plan->seeds > 0 && plan->jobs > 0 && plan->jobs <= 64 ? 0 : -1;
}

int main (int count, char **words)
{
    plan_t plan = {.start = 1, .seeds = 1000, .jobs = 1, .shown = 5, .level = FAULTS_LEVEL_MAX};
    total_t total = {0};
    struct timespec begin, end;
    bool whole;
    faults_level (&plan.faults, plan.level);
    if (read_plan (&plan, count, words) != 0)
        return usage ();
    (void) clock_gettime (CLOCK_MONOTONIC, &begin);
    if (plan.hunt)
        return hunt_all (&plan) ? 0 : 1;
    whole = batch_run (&plan, &total);
    (void) clock_gettime (CLOCK_MONOTONIC, &end);
    double seconds = (double) (end.tv_sec - begin.tv_sec) + (double) (end.tv_nsec - begin.tv_nsec) / 1e9;
    batch_print (&plan, &total, seconds);
    if (!whole)
        printf ("a job died: find its seed with --jobs 1\n");
    bool covers = batch_covers (&plan, &total);
    return total.failed > 0 || !whole || !covers ? 1 : 0;
}
