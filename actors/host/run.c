/*  run.c: from options to a running copier and back to an exit code. */
#include "actors/host/run.h"

#include "actors/host/curve_settings.h"
#include "actors/host/env_watch.h"
#include "actors/host/log.h"
#include "actors/host/port_gateway.h"
#include "actors/host/notify.h"
#include "actors/host/preflight.h"
#include "actors/host/process.h"
#include "actors/host/standby.h"
#include "actors/host/supervisor.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

int host_exit_code (int error)
{
    switch (error < 0 ? -error : error) {
    case 0: return EX_OK;
    case ERR_CORRUPT: return EX_DATAERR;
    case ERR_UNREACHABLE: return EX_UNAVAILABLE;
    case ERR_BROKER: return EX_NOPERM;
    case ERR_IO:
    case ERR_STORAGE: return EX_IOERR;
    case ERR_BUSY:
    case ERR_TIMEOUT: return EX_TEMPFAIL;
    case ERR_MEMORY: return EX_OSERR;
    case ERR_UNEXPECTED: return EX_SOFTWARE;
    default: return EX_CONFIG; /*  settings, keys, syntax, what is missing */
    }
}

static int fail (const problem_t *problem, int rc)
{
    char line[512];
    (void) fprintf (stderr, "trade-copier: error: %s\n", problem_line (problem, line, sizeof line));
    return host_exit_code (rc);
}

static int start_log (const settings_t *settings)
{
    return log_start ((log_level_t) settings_int (settings, SETTING_LOG_LEVEL),
        settings_bool (settings, SETTING_ENABLE_STRUCTURED_LOGGING), STDOUT_FILENO);
}

static void warn_unknown (const settings_t *settings)
{
    const char *name;
    for (size_t n = 0; (name = settings_unknown (settings, n)); n++)
        log_event (LOG_LEVEL_WARNING, "supervisor", "setting_unknown", "%s in %s is no setting", name,
            settings_file (settings));
}

static void warn_taken (const problem_t *taken)
{
    char line[512];
    if (taken->code != 0)
        log_event (LOG_LEVEL_ERROR, "supervisor", "gateway_port_taken",
            "%s; trading goes on, the gateway waits for it", problem_line (taken, line, sizeof line));
}

typedef struct {
    settings_t *settings;
    topology_t topology;
    run_dir_t run_dir;
    curve_t *curve;  /*  the supervisor speaks at the tap with the dispatcher's */
    problem_t taken; /*  the gateway's port is: trading goes on without */
    char database[DATABASE_PATH_MAX];
} run_t;

static int load (run_t *self, const host_run_options_t *options, const char *topology, problem_t *problem)
{
    int rc = vault_harden (problem);
    if (rc == 0)
        rc = settings_load (&self->settings, options->env_file, problem);
    if (rc == 0)
        rc = settings_check_live (self->settings, options->live, problem);
    if (rc == 0)
        rc = topology_load (&self->topology, topology,
            (int) settings_int (self->settings, SETTING_EXECUTOR_SHARDS),
            settings_int (self->settings, SETTING_GATEWAY_PORT) != 0, problem);
    if (rc == 0)
        rc = curve_check_all (self->settings, &self->topology, problem);
    if (rc == 0)
        rc = curve_of_actor (&self->curve, self->settings, &self->topology,
            topology_find (&self->topology, role_text (ROLE_DISPATCHER)), problem);
    if (rc == 0)
        rc = preflight_database_place (self->settings, self->database, problem);
    if (rc == 0)
        rc = run_dir_open (
            &self->run_dir, settings_text (self->settings, SETTING_RUN_DIR), self->database, problem);
    if (rc == 0)
        rc = preflight (self->settings, &self->run_dir, problem);
    if (rc == 0 && topology_find (&self->topology, role_text (ROLE_GATEWAY)))
        rc = port_gateway_check (self->settings, &self->taken, problem);
    if (rc == 0)
        rc = run_dir_make (&self->run_dir, problem);
    if (rc == 0 && (!*self->topology.base || self->topology.transport == TRANSPORT_INPROC))
        (void) snprintf (self->topology.base, sizeof self->topology.base, "%.*s", TOPOLOGY_BASE_MAX - 1,
            self->run_dir.base);
    return rc;
}

/*  Where listeners find the tap, unless it is switched off, and who asks for its health the actors. */
static int announce (run_t *self, problem_t *problem)
{
    char endpoint[WIRE_ENDPOINT_MAX] = "";
    if (settings_bool (self->settings, SETTING_ENABLE_TAP))
        (void) runner_tap_endpoint (self->settings, self->run_dir.base, endpoint);
    return run_dir_announce (&self->run_dir, endpoint, problem);
}

static int supervise (run_t *self, const host_run_options_t *options, const char *topology)
{
    env_watch_t *watch = env_watch_new (self->settings, options->env_file);
    supervisor_config_t config = {.topology = &self->topology,
        .settings = self->settings,
        .curve = self->curve,
        .outside = self->run_dir.base,
        .processes = self->topology.transport != TRANSPORT_INPROC,
        .topology_name = topology,
        .env_file = options->env_file,
        .on_interval = watch ? env_watch_check : NULL,
        .interval_ns = settings_ns (self->settings, SETTING_MASTER_CREDENTIAL_CHECK_INTERVAL),
        .context = watch};
    int code;
    log_event (LOG_LEVEL_INFO, "supervisor", "started", "topology %s, %zu actors, pid %ld, broker %s",
        topology, self->topology.count, (long) getpid (), settings_base_url (self->settings));
    code = supervisor_run (&config);
    log_event (code == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "supervisor", "stopped", "exit code %d", code);
    env_watch_destroy (&watch);
    return code;
}

int host_run (const host_run_options_t *options)
{
    static run_t self; /*  one run a process; too big for the stack */
    problem_t problem = {0};
    const char *topology;
    int code;
    int rc;
    assert (options);
    memset (&self, 0, sizeof self);
    self.run_dir.lock = -1;
    topology = options->topology ? options->topology : "local";
    wire_setup ();
    process_name ("trade-copier");
    process_ignore_writes ();
    process_raise_descriptors ();
    notify_open ();
    rc = load (&self, options, topology, &problem);
    if (rc == 0)
        rc = announce (&self, &problem);
    if (rc == 0) {
        (void) start_log (self.settings);
        warn_unknown (self.settings);
        warn_taken (&self.taken);
        code = supervise (&self, options, topology);
        log_stop ();
    } else
        code = fail (&problem, rc);
    run_dir_close (&self.run_dir);
    curve_destroy (&self.curve);
    settings_destroy (&self.settings);
    return code;
}

int host_preflight (const host_run_options_t *options)
{
    settings_t *settings = NULL;
    problem_t problem = {0};
    assert (options);
    int rc = vault_harden (&problem);
    if (rc == 0)
        rc = settings_load (&settings, options->env_file, &problem);
    if (rc == 0)
        rc = settings_check_live (settings, options->live, &problem);
    if (rc == 0)
        rc = preflight (settings, NULL, &problem);
    settings_destroy (&settings);
    return rc == 0 ? 0 : fail (&problem, rc);
}

/*  A named one; or, as "executor", one of any name: its host's, if nothing else is said, so that each of `docker-compose up
 *  --scale executor=N` is another one. */
static const topology_actor_t *find_actor (
    topology_t *topology, const host_actor_options_t *options, problem_t *problem)
{
    char host[ACTOR_NAME_MAX] = "";
    const topology_actor_t *actor = options->executor ? NULL : topology_find (topology, options->name);
    if (actor)
        return actor;
    if (strcmp (options->name, role_text (ROLE_EXECUTOR)) != 0) {
        (void) problem_set (problem, ERR_NOT_FOUND, options->name,
            options->executor ? "only an executor is given a --name"
                              : "there is no such actor in the topology");
        return NULL;
    }
    (void) gethostname (host, sizeof host - 1);
    return topology_admit (topology, options->executor ? options->executor : host, problem);
}

/*  What a runner is made of. */
static int load_actor (runner_config_t *config, const host_actor_options_t *options, settings_t **settings_p,
    topology_t *topology, problem_t *problem)
{
    const topology_actor_t *actor;
    int rc = vault_harden (problem);
    if (rc == 0)
        rc = settings_load (settings_p, options->env_file, problem);
    if (rc == 0)
        rc = topology_load (topology, options->topology ? options->topology : "local",
            (int) settings_int (*settings_p, SETTING_EXECUTOR_SHARDS),
            settings_int (*settings_p, SETTING_GATEWAY_PORT) != 0, problem);
    if (rc != 0)
        return rc;
    actor = find_actor (topology, options, problem);
    if (!actor)
        return -problem->code;
    if (!*topology->base && (!options->base || strlen (options->base) >= TOPOLOGY_BASE_MAX))
        return problem_set (problem, ERR_SETTING, "--run-dir", "expected a directory, shorter than %d bytes",
            TOPOLOGY_BASE_MAX);
    if (!*topology->base)
        TEXT_SET (topology->base, options->base);
    (void) start_log (*settings_p);
    *config = (runner_config_t){
        .topology = topology, .actor = actor, .settings = *settings_p, .outside = options->base};
    return options->standby ? standby_check (config, problem) : 0;
}

static int run_actor (const runner_config_t *config, problem_t *problem)
{
    runner_t *runner = NULL;
    int rc = runner_new (&runner, config, NULL, problem);
    if (rc != 0)
        return rc;
    settings_scrub_environment (); /*  what its port needed of them is in the vault */
    runner_tell_manager (runner);
    process_stop_on_term (runner);
    rc = runner_run (runner, problem);
    process_stop_on_term (NULL);
    runner_destroy (&runner);
    return rc;
}

int host_actor (const host_actor_options_t *options)
{
    static topology_t topology;
    problem_t problem = {0};
    settings_t *settings = NULL;
    runner_config_t config;
    char line[512];
    int rc;
    assert (options && options->name);
    process_name (options->name);
    process_join_parent ();
    process_raise_descriptors ();
    notify_open ();
    wire_setup ();
    rc = load_actor (&config, options, &settings, &topology, &problem);
    if (rc == 0)
        rc = options->standby ? standby_run (&config, &problem) : run_actor (&config, &problem);
    if (rc != 0)
        log_event (LOG_LEVEL_CRITICAL, options->name, "actor_failed", "%s",
            problem_line (&problem, line, sizeof line));
    settings_destroy (&settings);
    log_stop ();
    return host_exit_code (rc);
}
