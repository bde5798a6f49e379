/*  child.h: a child process of the load test: started, its log watched, stopped. It ends with us, unless kept. */
#ifndef CHILD_H
#define CHILD_H

#include "messages/error.h"

#include <stdbool.h>
#include <sys/types.h>

#define CHILD_LOG_MAX 512

typedef struct {
    const char *name; /*  for people; borrowed */
    char log[CHILD_LOG_MAX];
    pid_t pid; /*  0 = not running */
} child_t;

/*  This binary with `arguments` (NULL-terminated, argv[1] on); stdout and stderr go to the file `log`. keep: it
 *  survives us. -ERR_IO. */
int child_start (
    child_t *self, const char *name, char *const *arguments, const char *log, bool keep, problem_t *problem);

/*  true while it runs. Else it has been reaped, and *problem (ERR_UNEXPECTED) tells its end and its last lines. */
bool child_runs (child_t *self, problem_t *problem);

/*  The rest of the log's first line that begins with `prefix`. -ERR_TIMEOUT, -ERR_UNEXPECTED (it ended). */
int child_line (
    child_t *self, const char *prefix, char *rest, size_t size, int timeout_ms, problem_t *problem);

/*  SIGTERM, waits, SIGKILL after the timeout. 0, -ERR_TIMEOUT, or -ERR_UNEXPECTED: it ended with another code than 0. */
int child_stop (child_t *self, int timeout_ms, problem_t *problem);

/*  The last lines of the log into text. */
void child_tail (const child_t *self, char *text, size_t size);

#endif
