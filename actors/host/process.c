/*  process.c: Linux process calls, in one place. */
#include "actors/host/process.h"
#include "messages/text.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static _Atomic (runner_t *) s_runner = NULL;

void process_name (const char *name)
{
    char text[16];
    TEXT_SET (text, name);
    (void) prctl (PR_SET_NAME, text, 0, 0, 0);
}

void process_join_parent (void)
{
    (void) prctl (PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    (void) signal (SIGINT, SIG_IGN);
    process_ignore_writes ();
}

void process_ignore_writes (void)
{
    (void) signal (SIGPIPE, SIG_IGN);
    (void) signal (
        SIGXFSZ, SIG_IGN); /*  a file that may not grow is an error of its writer (EFBIG), not an end */
}

void process_raise_descriptors (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max; /*  nothing here or below uses select */
    (void) setrlimit (RLIMIT_NOFILE, &limit);
}

/*  runner_ask_stop is uv_async_send, which may be called from a signal handler. */
static void on_term (int number)
{
    runner_t *runner = atomic_load (&s_runner);
    (void) number;
    if (runner)
        runner_ask_stop (runner);
}

void process_stop_on_term (runner_t *runner)
{
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_handler = on_term;
    action.sa_flags = SA_RESTART;
    atomic_store (&s_runner, runner);
    (void) sigaction (SIGTERM, &action, NULL);
}
