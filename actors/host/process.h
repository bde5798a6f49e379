/*  process.h: what an actor's process does to itself: its name, its end with its parent's, what signals mean.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include "actors/host/runner.h"

/*  prctl name (15 bytes) for ps and top. */
void process_name (const char *name);
/*  SIGTERM when the parent dies; SIGINT of the terminal is the supervisor's alone; SIGPIPE ignored. */
void process_join_parent (void);
void process_ignore_writes (void);
/*  As many open files as it may have: service managers give 1,024 to begin with, for those who use select. */
void process_raise_descriptors (void);
/*  SIGTERM asks this runner to stop; NULL = nobody. */
void process_stop_on_term (runner_t *runner);

#endif
