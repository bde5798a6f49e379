/*  run.h: what the commands start: the copier, one actor of it, or a listener at its tap.
 *
 *  Each prints its one error line itself (stderr) and returns the process's exit code, after sysexits.h: 0 stopped as
 *  asked; 64 usage (EX_USAGE); 65 data: a damaged database (EX_DATAERR); 69 the broker or an actor is not to be had
 *  (EX_UNAVAILABLE); 70 an actor keeps crashing (EX_SOFTWARE); 73, 74 files (EX_CANTCREAT, EX_IOERR); 75 in use or a
 *  stop that took too long (EX_TEMPFAIL); 77 the broker refuses the keys (EX_NOPERM); 78 settings, keys,
 *  configuration (EX_CONFIG).
 */
#ifndef RUN_H
#define RUN_H

#include "messages/error.h"
#include "messages/gen/messages.h"

#include <stdbool.h>

typedef struct {
    const char *env_file; /*  as for settings_load; NULL = .env if there is one */
    const char *topology; /*  local, single or a file; NULL = local */
    bool live;            /*  --live */
} host_run_options_t;

/*  `trade-copier run`: preflight, then all actors of the topology until SIGTERM or SIGINT. */
int host_run (const host_run_options_t *options);

/*  `trade-copier preflight`: what `run` checks before anything starts, for those who start actors one by one. Takes no
 *  lock, so that it may be asked while a copier runs. */
int host_preflight (const host_run_options_t *options);

typedef struct {
    const char *name;     /*  of the actor in the topology; or "executor", where any may come */
    const char *executor; /*  its name then; NULL = the host's */
    const char *env_file;
    const char *topology;
    const char *base; /*  the private directory of the run (transport ipc); NULL: the topology says it */
    bool standby;     /*  one of several: it runs once it is nominated (standby.h) */
} host_actor_options_t;

/*  `trade-copier actor NAME [--name N] --topology T [--run-dir D] [--env-file F] [--standby]`, which the supervisor starts too. */
int host_actor (const host_actor_options_t *options);

/*  subject, the message (NULL: a subject or body that this version does not know); false ends it. */
typedef bool (host_tap_fn) (void *context, const char *subject, const message_t *message);

typedef struct {
    const char *endpoint; /*  NULL or "": that of the copier running on the DATABASE_URL of env_file */
    const char *env_file;
    const char *subject; /*  prefix; NULL = all */
    int timeout_ms;      /*  it ends then; 0 = no */
    host_tap_fn *on_message;
    void *context;
} host_tap_options_t;

/*  `trade-copier tap`: until on_message returns false, its time is over, or SIGTERM or SIGINT. */
int host_tap (const host_tap_options_t *options);

typedef struct {
    const char
        *dir; /*  of the sockets; NULL or "": that of the copier running on the DATABASE_URL of env_file */
    const char *env_file;
    const char *name; /*  NULL = all that are there */
    bool ready;       /*  an actor that is not ready is a failure, too */
    /*  text: its JSON line (health.h), NULL = it does not answer */
    void (*on_answer) (void *context, const char *name, const char *text, bool ready);
    void *context;
} host_health_options_t;

/*  `trade-copier health`: 0; 69: an actor does not answer, or none is there; 75: one is not ready. */
int host_health (const host_health_options_t *options);

/*  ERR_* to the exit code above. */
int host_exit_code (int error);

#endif
