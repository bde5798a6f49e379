/*  supervisor.h: starts the actors of a topology, restarts those that crash, stops all in the right order.
 *
 *  A process that ends unasked is restarted after a pause (100 ms doubling to 5 s; from the start again after a minute
 *  of life); at the fifth end within 60 s the supervisor gives up and stops the rest. An actor that ends with a code
 *  that says "configuration" or "data" is not restarted: it would say the same again. A thread's end ends all.
 *  The gateway is none of these: it is restarted for ever, and the others go on.
 *  Stop (SIGTERM, SIGINT): listener, executors, dispatcher, audit, alert, tap, each waited for; whoever takes more
 *  than 15 s is killed, and the exit code tells.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "actors/host/placement.h"

#define SUPERVISOR_CRASHES 5
#define SUPERVISOR_CRASH_WINDOW_NS INT64_C (60000000000)
#define SUPERVISOR_STOP_MS 16000 /*  a second more than an actor gives itself */

typedef struct {
    const topology_t *topology; /*  base is set; all borrowed */
    const settings_t *settings;
    curve_t *curve;      /*  keys of one that may publish; NULL = plain */
    const char *outside; /*  see runner_new */
    bool processes;
    const char
        *program; /*  NULL = ourselves; it understands: actor NAME --topology T --run-dir D [--env-file F] */
    const char *topology_name;
    const char *env_file; /*  NULL = none given */
    /*  called every `interval_ns` on the supervisor's loop; NULL = never */
    void (*on_interval) (void *context);
    int64_t interval_ns;
    void *context;
} supervisor_config_t;

/*  Runs until all have ended; the exit code (run.h). */
int supervisor_run (const supervisor_config_t *config);

#endif
