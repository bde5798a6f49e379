/*  batch.c: see batch.h. */
#include "tests/simulation/batch.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t s_seed; /*  of the history under way: an assert of a core names it */

static void on_abort (int number)
{
    char text[64];
    (void) number;
    int size = snprintf (text, sizeof text, "seed %llu: an assert\n", (unsigned long long) s_seed);
    (void) !write (STDERR_FILENO, text, (size_t) size);
}

static void add (uint64_t *sum, const uint64_t *more, size_t count)
{
    for (size_t at = 0; at < count; at++)
        sum[at] += more[at];
}

static void add_tally (tally_t *sum, const tally_t *more)
{
    add (sum->outcomes, more->outcomes, sizeof sum->outcomes / sizeof *sum->outcomes);
    add (sum->faults, more->faults, FAULT_COUNT);
    add (sum->reached, more->reached, REACHED_COUNT);
    sum->refused_orders += more->refused_orders;
    sum->steps += more->steps;
    sum->events += more->events;
    sum->messages += more->messages;
    sum->orders += more->orders;
    sum->executions += more->executions;
    sum->judged += more->judged;
    sum->unfollowed += more->unfollowed;
    sum->unjudged += more->unjudged;
    sum->overdue += more->overdue;
    sum->off += more->off;
    sum->virtual_ns += more->virtual_ns;
}

static void run_one (const plan_t *plan, uint64_t seed, total_t *total)
{
    options_t options = {
        .seed = seed, .faults_level = plan->level, .faults = &plan->faults, .trace = plan->trace};
    char violation[600];
    s_seed = seed;
    (void) signal (SIGABRT, on_abort);
    uint64_t hash;
    tally_t tally;
    bool good = world_run (&options, &tally, violation, sizeof violation, &hash);
    total->histories++;
    add_tally (&total->tally, &tally);
    if (plan->trace)
        printf ("seed %llu: hash %016llx\n", (unsigned long long) seed, (unsigned long long) hash);
    if (good)
        return;
    if (total->failed++ == 0) {
        total->first_failed = seed;
        memcpy (total->first, violation, sizeof total->first);
    }
    if (total->failed <= plan->shown && !plan->quiet)
        printf ("seed %llu: %s\n", (unsigned long long) seed, violation);
    (void) fflush (stdout);
}

total_t batch_job (const plan_t *plan, uint64_t job)
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
        total_t total = batch_job (plan, job);
        (void) fflush (stdout);
        _exit (write (ends[1], &total, sizeof total) == (ssize_t) sizeof total ? 0 : 1);
    }
    (void) close (ends[1]);
    if (child > 0)
        return ends[0];
    (void) close (ends[0]);
    return -1;
}

bool batch_run (const plan_t *plan, total_t *total)
{
    int pipes[64];
    bool whole = true;
    assert (plan && total && plan->jobs > 0 && plan->jobs <= 64);
    if (plan->jobs == 1) {
        *total = batch_job (plan, 0);
        return true;
    }
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
        if (part.failed > 0 && (total->failed == 0 || part.first_failed < total->first_failed)) {
            total->first_failed = part.first_failed;
            memcpy (total->first, part.first, sizeof total->first);
        }
        total->failed += part.failed;
    }
    return whole;
}

void batch_print (const plan_t *plan, const total_t *total, double seconds)
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
    if (tally->unjudged > 0)
        printf ("\npositions not judged (an alert had said that the broker does not list an execution): %llu",
            (unsigned long long) tally->unjudged);
    if (tally->off > 0)
        printf ("\npositions off after the progress was deleted and a shard crashed (not promised): %llu",
            (unsigned long long) tally->off);
    if (tally->overdue > 0)
        printf ("\norders of executions before a deletion, sent after it and after what came later (their "
                "sizes are "
                "judged): %llu",
            (unsigned long long) tally->overdue);
    if (tally->unfollowed > 0)
        printf ("\ntold, not final, deleted, and their shard crashed (nobody can know of them): %llu",
            (unsigned long long) tally->unfollowed);
    printf ("\nfaults:");
    for (int at = 0; at < FAULT_COUNT; at++)
        if (plan->faults.on[at])
            printf (" %s %llu", fault_text ((fault_t) at), (unsigned long long) tally->faults[at]);
    printf ("\nreached:");
    for (int at = 0; at < REACHED_COUNT; at++)
        printf ("%s %s %llu", at ? "," : "", reached_text ((reached_t) at),
            (unsigned long long) tally->reached[at]);
    printf ("\n");
}

/*  A state is asked for at the levels where it can be. */
bool batch_covers (const plan_t *plan, const total_t *total)
{
    bool covers = true;
    for (int at = 0; at < FAULT_COUNT; at++)
        if (plan->faults.on[at] && total->tally.faults[at] < plan->least) {
            printf ("fault %s happened less than %llu times\n", fault_text ((fault_t) at),
                (unsigned long long) plan->least);
            covers = false;
        }
    for (int at = 0; at < REACHED_COUNT; at++)
        if (reached_level ((reached_t) at) <= plan->level && total->tally.reached[at] < plan->least) {
            printf ("%s: reached less than %llu times\n", reached_text ((reached_t) at),
                (unsigned long long) plan->least);
            covers = false;
        }
    return covers;
}
