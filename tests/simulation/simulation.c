/*  simulation.c: many histories, one a seed; or one with its story.
 *
 *    simulation --seeds 20000 --start 1 --jobs 2 --faults 1
 *    simulation --seed 77 --faults 2 --trace
 *    simulation --seeds 500 --faults 2 --without executor_crash --with link_loss
 *
 *  Exit code 0: no violation. A failing seed is printed with its first violation and replays exactly.
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_MAX 5 /*  failing seeds named by each job */

typedef struct {
    uint64_t start, seeds, jobs;
    int level;
    bool trace, until_found, strict;
    faults_t faults;
} plan_t;

typedef struct {
    tally_t tally;
    uint64_t histories, failed, first_failed;
} total_t;

static void add (uint64_t *sum, const uint64_t *more, size_t count)
{
    for (size_t at = 0; at < count; at++)
        sum[at] += more[at];
}

static void add_tally (tally_t *sum, const tally_t *more)
{
    add (sum->outcomes, more->outcomes, sizeof sum->outcomes / sizeof *sum->outcomes);
    add (sum->faults, more->faults, FAULT_COUNT);
    sum->refused_orders += more->refused_orders;
    sum->steps += more->steps;
    sum->events += more->events;
    sum->messages += more->messages;
    sum->orders += more->orders;
    sum->executions += more->executions;
    sum->judged += more->judged;
    sum->unfollowed += more->unfollowed;
    sum->virtual_ns += more->virtual_ns;
}

static void run_one (const plan_t *plan, uint64_t seed, total_t *total)
{
    options_t options = {.seed = seed,
        .faults_level = plan->level,
        .faults = &plan->faults,
        .trace = plan->trace,
        .strict = plan->strict};
    char violation[600];
    uint64_t hash;
    tally_t tally;
    bool good = world_run (&options, &tally, violation, sizeof violation, &hash);
    total->histories++;
    add_tally (&total->tally, &tally);
    if (plan->trace)
        printf ("seed %llu: hash %016llx\n", (unsigned long long) seed, (unsigned long long) hash);
    if (good)
        return;
    if (total->failed++ == 0)
        total->first_failed = seed;
    if (total->failed <= SHOWN_MAX)
        printf ("seed %llu: %s\n", (unsigned long long) seed, violation);
    (void) fflush (stdout);
}

static total_t run_job (const plan_t *plan, uint64_t job)
{
    total_t total = {0};
    for (uint64_t at = job; at < plan->seeds; at += plan->jobs) {
        run_one (plan, plan->start + at, &total);
        if (plan->until_found && total.failed > 0)
            break;
    }
    return total;
}

static int fork_job (const plan_t *plan, uint64_t job)
{
    int ends[2];
    if (pipe (ends) != 0)
        return -1;
    (void) fflush (stdout);
    pid_t child = fork ();
    if (child == 0) {
        (void) close (ends[0]);
        total_t total = run_job (plan, job);
        (void) fflush (stdout);
        _exit (write (ends[1], &total, sizeof total) == (ssize_t) sizeof total ? 0 : 1);
    }
    (void) close (ends[1]);
    if (child > 0)
        return ends[0];
    (void) close (ends[0]);
    return -1;
}

/*  false: a job died (an assert of a core: its seed is not known, run it with --jobs 1). */
static bool run_jobs (const plan_t *plan, total_t *total)
{
    int pipes[64];
    bool whole = true;
    for (uint64_t job = 0; job < plan->jobs; job++)
        pipes[job] = fork_job (plan, job);
    for (uint64_t job = 0; job < plan->jobs; job++) {
        total_t part;
        bool got = pipes[job] >= 0 && read (pipes[job], &part, sizeof part) == (ssize_t) sizeof part;
        int status = 0;
        (void) wait (&status);
        whole &= got;
        if (pipes[job] >= 0)
            (void) close (pipes[job]);
        if (!got)
            continue;
        add_tally (&total->tally, &part.tally);
        total->histories += part.histories;
        if (part.failed > 0 && (total->failed == 0 || part.first_failed < total->first_failed))
            total->first_failed = part.first_failed;
        total->failed += part.failed;
    }
    return whole;
}

static void print_total (const plan_t *plan, const total_t *total, double seconds)
{
    const tally_t *tally = &total->tally;
    printf ("%llu histories (faults %d), %llu violated; %.1f seeds a second, %.1f simulated hours\n",
        (unsigned long long) total->histories, plan->level, (unsigned long long) total->failed,
        (double) total->histories / seconds, (double) tally->virtual_ns / 3.6e12);
    printf ("steps %llu, messages %llu, client orders %llu (refused %llu), executions %llu, positions judged "
            "%llu\n",
        (unsigned long long) tally->steps, (unsigned long long) tally->messages,
        (unsigned long long) tally->orders, (unsigned long long) tally->refused_orders,
        (unsigned long long) tally->executions, (unsigned long long) tally->judged);
    printf ("durable outcomes:");
    for (int kind = 0; kind <= OUTCOME_KIND_FAILED; kind++)
        printf (" %s %llu", outcome_kind_text ((outcome_kind_t) kind),
            (unsigned long long) tally->outcomes[kind]);
    if (tally->unfollowed > 0)
        printf ("\nnot followed to their end after a crash (not judged without --strict): %llu",
            (unsigned long long) tally->unfollowed);
    printf ("\nfaults:");
    for (int at = 0; at < FAULT_COUNT; at++)
        if (plan->faults.on[at])
            printf (" %s %llu", fault_text ((fault_t) at), (unsigned long long) tally->faults[at]);
    printf ("\n");
}

static int usage (void)
{
    (void) fprintf (stderr,
        "usage: simulation [--seeds N] [--start S] [--jobs J] [--seed S] [--trace] [--faults 0-%d]\n"
        "                  [--with FAULT] [--without FAULT] [--until-found] [--strict]\n",
        FAULTS_LEVEL_MAX);
    return 2;
}

static bool *flag_of (plan_t *plan, const char *word)
{
    if (strcmp (word, "--trace") == 0)
        return &plan->trace;
    if (strcmp (word, "--strict") == 0)
        return &plan->strict;
    return strcmp (word, "--until-found") == 0 ? &plan->until_found : NULL;
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
        uint64_t number = strtoull (words[at], NULL, 10);
        if (strcmp (word, "--seeds") == 0)
            plan->seeds = number;
        else if (strcmp (word, "--start") == 0)
            plan->start = number;
        else if (strcmp (word, "--jobs") == 0)
            plan->jobs = number;
        else if (strcmp (word, "--seed") == 0)
            plan->start = number, plan->seeds = 1;
        else if (strcmp (word, "--faults") == 0)
            plan->level = (int) number, faults_level (&plan->faults, plan->level);
        else if (strcmp (word, "--with") == 0 || strcmp (word, "--without") == 0) {
            if (faults_switch (&plan->faults, words[at], word[6] == '\0') != 0)
                return -1;
        } else
            return -1;
    }
    return plan->seeds > 0 && plan->jobs > 0 && plan->jobs <= 64 ? 0 : -1;
}

int main (int count, char **words)
{
    plan_t plan = {.start = 1, .seeds = 1000, .jobs = 1};
    total_t total = {0};
    struct timespec begin, end;
    bool whole = true;
    if (read_plan (&plan, count, words) != 0)
        return usage ();
    (void) clock_gettime (CLOCK_MONOTONIC, &begin);
    if (plan.jobs == 1)
        total = run_job (&plan, 0);
    else
        whole = run_jobs (&plan, &total);
    (void) clock_gettime (CLOCK_MONOTONIC, &end);
    double seconds = (double) (end.tv_sec - begin.tv_sec) + (double) (end.tv_nsec - begin.tv_nsec) / 1e9;
    print_total (&plan, &total, seconds);
    if (!whole)
        printf ("a job died: find its seed with --jobs 1\n");
    return total.failed > 0 || !whole ? 1 : 0;
}
