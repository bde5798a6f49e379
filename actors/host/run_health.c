/*  run_health.c: `trade-copier health`: asks the actors of this machine. */
#include "actors/host/health.h"
#include "actors/host/preflight.h"
#include "actors/host/run.h"

#include <assert.h>
#include <stdio.h>
#include <sysexits.h>

#define WAIT_MS 2000

typedef struct {
    const host_health_options_t *options;
    const char *dir;
    size_t asked;
    size_t dead;
    size_t lacking;
} health_run_t;

static int find_dir (const host_health_options_t *options, char *dir, size_t size, problem_t *problem)
{
    settings_t *settings = NULL;
    run_dir_t run_dir;
    char database[DATABASE_PATH_MAX];
    if (options->dir && *options->dir) {
        (void) snprintf (dir, size, "%s", options->dir);
        return 0;
    }
    int rc = settings_load (&settings, options->env_file, problem);
    if (rc == 0)
        rc = preflight_database_place (settings, database, problem);
    if (rc == 0)
        rc = run_dir_open (&run_dir, settings_text (settings, SETTING_RUN_DIR), database, problem);
    if (rc == 0)
        rc = run_dir_find_base (&run_dir, dir, size, problem);
    settings_destroy (&settings);
    return rc;
}

static void ask (void *context, const char *name)
{
    health_run_t *self = (health_run_t *) context;
    char text[HEALTH_TEXT_MAX];
    int rc = health_ask (self->dir, name, WAIT_MS, text);
    bool ready = rc == 0 && health_says_ready (text);
    self->asked++;
    self->dead += rc != 0;
    self->lacking += rc == 0 && !ready;
    self->options->on_answer (self->options->context, name, rc == 0 ? text : NULL, ready);
}

int host_health (const host_health_options_t *options)
{
    char dir[RUN_PATH_MAX];
    char line[512];
    problem_t problem = {0};
    health_run_t self = {.options = options, .dir = dir};
    assert (options && options->on_answer);
    int rc = find_dir (options, dir, sizeof dir, &problem);
    if (rc == 0 && options->name)
        ask (&self, options->name);
    else if (rc == 0 && !health_each (dir, ask, &self))
        rc = problem_set (&problem, ERR_NOT_FOUND, dir, "no such directory: is the copier running?");
    if (rc == 0 && self.asked == 0)
        rc = problem_set (&problem, ERR_UNREACHABLE, dir, "no actor can be asked here");
    if (rc != 0) {
        (void) fprintf (stderr, "trade-copier: error: %s\n", problem_line (&problem, line, sizeof line));
        return rc == -ERR_SETTING ? EX_CONFIG : EX_UNAVAILABLE;
    }
    if (self.dead > 0)
        return EX_UNAVAILABLE;
    return options->ready && self.lacking > 0 ? EX_TEMPFAIL : EX_OK;
}
