/*  load_test.c: the command: a simulator, a copier, a master that trades, and a checker that trusts only the broker. */
#include "actors/host/settings.h"
#include "scripts/commands/command.h"
#include "scripts/commands/load_test/audit_read.h"
#include "scripts/commands/load_test/checker.h"
#include "scripts/commands/load_test/fleet.h"
#include "scripts/commands/load_test/history_read.h"
#include "scripts/commands/load_test/measure.h"
#include "scripts/commands/load_test/measure_wishes.h"
#include "scripts/commands/load_test/sandbox.h"
#include "scripts/commands/load_test/summary.h"
#include "scripts/commands/load_test/trader.h"
#include "scripts/commands/options.h"

#include "messages/fixed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define START_TIMEOUT_MS 15000
#define WARM_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS 30000
#define TRADES_MAX 1000
#define OPTIONS_MAX 24
#define TROUBLE_DELAY_NS INT64_C (2000000000) /*  of a slow account's answers */

typedef struct {
    const char *clients_text;
    const char *trades_text;
    const char *seed_text;
    const char *shards_text;
    const char *topology;
    const char *rate_limit;
    const char *work_dir;
    bool tls;
    bool json;
    bool demo;
    bool keep;
    uint64_t clients;
    uint64_t trades;
    uint64_t seed;
    uint64_t shards;
    uint64_t rate;
    measure_wishes_t measuring;
    bool measures;
    measure_plan_t measure;
} wishes_t;

typedef struct {
    const wishes_t *wishes;
    sandbox_t sandbox;
    child_t simulator;
    child_t copier;
    receiver_t receiver; /*  measuring */
    stages_t *stages;
    char url[128]; /*  of the simulator */
    pit_t *pit;
    watch_t *watch;
    board_t board;
    evidence_t evidence;
    check_result_t check;
    int64_t trading_ns;
    size_t alerts;
    uint64_t requests; /*  that the simulator had when it was looked at last */
    uint64_t burst;    /*  most between two looks */
} load_test_t;

static volatile sig_atomic_t s_stop = 0;

static void on_signal (int number)
{
    (void) number;
    s_stop = 1;
}

static int64_t now_ns (void)
{
    struct timespec now;
    (void) clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * FIXED_ONE + now.tv_nsec;
}

static void say (const load_test_t *self, const char *text)
{
    if (self->wishes->json)
        return;
    printf ("load-test: %s\n", text);
    fflush (stdout);
}

/*  argv of a child is not const by the rules of exec; nothing writes to it. */
static char *word (const char *text)
{
    return (char *) (uintptr_t) text;
}

static int start_simulator (load_test_t *self, problem_t *problem)
{
    const wishes_t *wishes = self->wishes;
    char seed[24];
    (void) snprintf (seed, sizeof seed, "%llu", (unsigned long long) wishes->seed);
    char *arguments[] = {word ("simulator"), word ("--port"), word ("0"), word ("--seed"), seed,
        wishes->tls && !wishes->measures ? word ("--tls") : NULL, word ("--cert-out"),
        self->sandbox.certificate, NULL};
    int rc = child_start (
        &self->simulator, "simulator", arguments, self->sandbox.simulator_log, wishes->keep, problem);
    if (rc == 0)
        rc = child_line (&self->simulator, "simulator listening on ", self->url, sizeof self->url,
            START_TIMEOUT_MS, problem);
    bool tls = wishes->tls && !wishes->measures;
    return rc ? rc : pit_new (&self->pit, self->url, tls ? self->sandbox.certificate : NULL, problem);
}

/*  Measuring: the copier's broker is the receiver, with the simulator behind it. */
static int start_receiver (load_test_t *self, char url[128], problem_t *problem)
{
    const char *port = strrchr (self->url, ':');
    const receiver_options_t options = {.two = self->wishes->measure.two,
        .simulator = (uint16_t) strtoul (port ? port + 1 : "0", NULL, 10),
        .trouble_delay_ns = TROUBLE_DELAY_NS};
    receiver_start (&self->receiver, &options);
    (void) snprintf (url, 128, "https://127.0.0.1:%d", self->receiver.port);
    self->stages = stages_make (self->sandbox.dir);
    if (!self->stages || rename (self->receiver.ca_file, self->sandbox.certificate) != 0)
        return problem_set (problem, ERR_IO, self->sandbox.dir, "no file can be made in it");
    (void) snprintf (self->receiver.ca_file, sizeof self->receiver.ca_file, "%s", self->sandbox.certificate);
    return 0;
}

static int make_accounts (load_test_t *self, problem_t *problem)
{
    const wishes_t *wishes = self->wishes;
    json_t *faults = json_pack ("{s:I}", "rate_limit", (json_int_t) wishes->rate);
    int rc = pit_call (self->pit, "POST", "/control/faults", faults, NULL, problem);
    json_decref (faults);
    char url[128];
    (void) snprintf (url, sizeof url, "%s", self->url);
    if (rc == 0 && wishes->measures)
        rc = start_receiver (self, url, problem);
    const sandbox_settings_t settings = {.url = url,
        .tls = wishes->tls,
        .shards = (int64_t) wishes->shards,
        .clients = wishes->clients,
        .one_wave = wishes->measures,
        .connections = wishes->measure.connections};
    const fleet_plan_t fleet = {.count = wishes->clients,
        .seed = wishes->seed,
        .alike = wishes->measures,
        .troubled = wishes->measure.troubled};
    if (wishes->keep)
        sandbox_take_gateway_port (&self->sandbox);
    if (rc == 0)
        rc = sandbox_write (&self->sandbox, &settings, problem);
    if (rc == 0)
        rc = fleet_make (&self->evidence, &fleet, self->pit, self->sandbox.env, problem);
    self->evidence.min_notional_e9 = FIXED_ONE; /*  MIN_NOTIONAL_VALUE's default */
    for (size_t i = 0; i < PLAN_SYMBOLS; i++)
        if (plan_symbols[i].whole_only)
            (void) snprintf (self->evidence.whole_only[self->evidence.whole_only_count++],
                sizeof self->evidence.whole_only[0], "%s", plan_symbols[i].symbol);
    return rc;
}

static int start_copier (load_test_t *self, problem_t *problem)
{
    char *arguments[] = {word ("run"), word ("--env"), self->sandbox.env, word ("--topology"),
        word (self->wishes->topology), NULL};
    int rc = child_start (
        &self->copier, "copier", arguments, self->sandbox.copier_log, self->wishes->keep, problem);
    return rc ? rc
              : watch_new (&self->watch, self->sandbox.tap,
                    self->wishes->measures ? 0 : self->wishes->clients, problem);
}

/*  The master's stream is up when the simulator has a listener on it. */
static int listening (load_test_t *self, bool *listening_p, problem_t *problem)
{
    json_t *answer = NULL;
    int rc = pit_call (self->pit, "GET", "/control/state", NULL, &answer, problem);
    uint64_t requests = (uint64_t) json_integer_value (json_object_get (answer, "requests"));
    if (self->requests > 0 && requests - self->requests > self->burst)
        self->burst = requests - self->requests;
    self->requests = requests;
    *listening_p = json_integer_value (json_object_get (answer, "streams")) > 0;
    json_decref (answer);
    return rc;
}

static int wait_warm (load_test_t *self, trader_t *trader, problem_t *problem)
{
    watch_beats_t beats = {0};
    bool stream = false;
    for (int waited_ms = 0; waited_ms < WARM_TIMEOUT_MS; waited_ms += 100) {
        int rc = trader_pause (trader, 100, problem);
        beats = watch_beats (self->watch);
        if (rc == 0)
            rc = listening (self, &stream, problem);
        stream = stream && beats.warm == self->wishes->clients;
        if (rc || stream)
            return rc ? rc
                      : trader_pause (trader, 300, problem); /*  the listener reads what its master holds */
    }
    return problem_set (problem, ERR_TIMEOUT, "copier",
        "not ready within %d s: %llu shards, %llu of %llu clients warm, stream %s%s%s",
        WARM_TIMEOUT_MS / 1000, (unsigned long long) beats.shards, (unsigned long long) beats.warm,
        (unsigned long long) self->wishes->clients, stream ? "up" : "down",
        watch_alerts (self->watch) ? "; last alert: " : "", watch_last_alert (self->watch));
}

/*  How fast the caches filled, and whether in a burst: by the simulator's own count of requests. */
static int warm_up (load_test_t *self, trader_t *trader, problem_t *problem)
{
    int64_t start_ns = now_ns ();
    int rc = wait_warm (self, trader, problem);
    if (rc == 0 && self->wishes->measures)
        printf ("%llu clients warm after %.1f s; in the busiest 100 ms %llu requests\n",
            (unsigned long long) self->wishes->clients, (double) (now_ns () - start_ns) / 1e9,
            (unsigned long long) self->burst);
    return rc;
}

static int measure_all (load_test_t *self, trader_t *trader, problem_t *problem)
{
    measure_t measuring = {.plan = &self->wishes->measure,
        .receiver = &self->receiver,
        .stages = self->stages,
        .trader = trader};
    int rc = measure (&measuring, stdout, problem);
    if (rc == 0 && !self->wishes->keep)
        rc = child_stop (&self->copier, STOP_TIMEOUT_MS, problem);
    return rc;
}

static int trade (load_test_t *self, problem_t *problem)
{
    trader_t trader = {.pit = self->pit,
        .watch = self->watch,
        .board = &self->board,
        .simulator = &self->simulator,
        .copier = &self->copier,
        .stop = &s_stop};
    plan_start (&trader.plan, self->wishes->seed);
    int rc = trader_prices (&trader, problem);
    if (rc == 0)
        rc = warm_up (self, &trader, problem);
    say (self, rc == 0 ? "every client is warm, the master trades" : "failed");
    if (rc == 0 && self->wishes->measures)
        return measure_all (self, &trader, problem);
    int64_t start_ns = now_ns ();
    for (uint64_t i = 0; rc == 0 && i < self->wishes->trades; i++)
        rc = trader_trade (&trader, problem);
    if (rc == 0)
        rc = trader_settle (&trader, problem);
    else
        board_draw (&self->board, self->watch, true);
    self->trading_ns = now_ns () - start_ns;
    self->alerts = watch_alerts (self->watch);
    return rc;
}

static int judge (load_test_t *self, problem_t *problem)
{
    int rc = 0;
    if (!self->wishes->keep)
        rc = child_stop (&self->copier, STOP_TIMEOUT_MS, problem);
    if (rc == 0)
        rc = history_read (&self->evidence.history, self->pit, NULL, 0, problem);
    if (rc == 0)
        rc = equities_read (&self->evidence, self->pit, problem);
    if (rc == 0)
        rc = audit_read (&self->evidence, self->sandbox.database, problem);
    if (rc == 0 && !self->wishes->keep)
        rc = child_stop (&self->simulator, STOP_TIMEOUT_MS, problem);
    return rc ? rc : check (&self->evidence, &self->check, problem);
}

static int work (load_test_t *self, problem_t *problem)
{
    const wishes_t *wishes = self->wishes;
    board_kind_t kind = wishes->json || wishes->measures         ? BOARD_QUIET
                        : wishes->demo && isatty (STDOUT_FILENO) ? BOARD_LIVE
                                                                 : BOARD_LINES;
    int rc = board_open (&self->board, kind, stdout, wishes->clients, wishes->trades);
    if (rc)
        return problem_set (problem, ERR_MEMORY, "load-test", "no memory");
    rc = start_simulator (self, problem);
    if (rc == 0)
        rc = make_accounts (self, problem);
    if (rc == 0)
        rc = start_copier (self, problem);
    if (rc == 0)
        rc = trade (self, problem);
    return rc || wishes->measures ? rc : judge (self, problem);
}

static void tell_kept (const load_test_t *self)
{
    const sandbox_t *sandbox = &self->sandbox;
    printf ("\nstill running; look at it:\n"
            "  http://127.0.0.1:%d/ in a browser; its token: cat %s.gateway-token\n"
            "  trade-copier tap --env %s\n  trade-copier client list --env %s\n  sqlite3 %s 'select * from "
            "copies'\n"
            "  curl %s%s/control/state\n  tail -f %s\nstop it: kill %d %d; rm -r %s\n",
        sandbox->gateway_port, sandbox->database, sandbox->env, sandbox->env, sandbox->database,
        self->wishes->tls ? "-k " : "", self->url, sandbox->copier_log, (int) self->copier.pid,
        (int) self->simulator.pid, sandbox->dir);
}

static int tell (const load_test_t *self)
{
    const wishes_t *wishes = self->wishes;
    const summary_t summary = {.clients = wishes->clients,
        .seed = wishes->seed,
        .topology = wishes->topology,
        .shards = (int64_t) wishes->shards,
        .rate_limit = wishes->rate ? wishes->rate_limit : "unlimited",
        .tls = wishes->tls,
        .refused = self->evidence.history.refused,
        .alerts = self->alerts,
        .last_alert = self->watch ? watch_last_alert (self->watch) : "",
        .trading_s = (double) self->trading_ns / 1e9,
        .check = &self->check};
    if (wishes->json)
        summary_json (&summary, stdout);
    else
        summary_print (&summary, stdout);
    return summary_good (&summary) ? EXIT_OK : EXIT_FAILED;
}

static void clean_up (load_test_t *self, int code)
{
    bool keep = self->wishes->keep && code == EXIT_OK;
    if (!keep) {
        (void) child_stop (&self->copier, STOP_TIMEOUT_MS, NULL);
        (void) child_stop (&self->simulator, STOP_TIMEOUT_MS, NULL);
    }
    if (keep && !self->wishes->json)
        tell_kept (self);
    else if (code == EXIT_OK && !keep)
        sandbox_remove (&self->sandbox);
    else if (self->sandbox.dir[0])
        fprintf (stderr, "trade-copier: load-test: database and logs are in %s\n", self->sandbox.dir);
    if (self->receiver.process > 0)
        receiver_stop (&self->receiver);
    stages_free (self->stages);
    watch_destroy (&self->watch);
    pit_destroy (&self->pit);
    board_close (&self->board);
    check_result_free (&self->check);
    evidence_free (&self->evidence);
}

static int run_test (const wishes_t *wishes)
{
    load_test_t *self = calloc (1, sizeof *self);
    problem_t problem = {0};
    struct sigaction action = {.sa_handler = on_signal};
    if (!self) {
        problem_set (&problem, ERR_MEMORY, "load-test", "no memory");
        return command_fail (&problem);
    }
    (void) sigaction (SIGINT, &action, NULL);
    (void) sigaction (SIGTERM, &action, NULL);
    (void) signal (SIGPIPE, SIG_IGN);
    self->wishes = wishes;
    sandbox_forget_environment ();
    int rc = sandbox_open (&self->sandbox, wishes->work_dir, &problem);
    if (rc == 0)
        rc = work (self, &problem);
    int code = rc ? command_fail (&problem) : wishes->measures ? EXIT_OK : tell (self);
    clean_up (self, code);
    free (self);
    return code;
}

static int read_wishes (const options_t *options, wishes_t *wishes)
{
    int rc = measure_wishes_number (
        options, "--clients", wishes->clients_text, 1, FLEET_CLIENTS_MAX, &wishes->clients);
    if (rc == 0)
        rc = measure_wishes_number (options, "--trades", wishes->trades_text, 1, TRADES_MAX, &wishes->trades);
    if (rc == 0)
        rc = measure_wishes_number (options, "--seed", wishes->seed_text, 0, UINT64_MAX, &wishes->seed);
    if (rc == 0)
        rc = measure_wishes_number (
            options, "--shards", wishes->shards_text, 1, WATCH_SHARDS_MAX, &wishes->shards);
    if (rc == 0 && strcmp (wishes->rate_limit, "off") != 0)
        rc = measure_wishes_number (options, "--rate-limit", wishes->rate_limit, 1, 1000000, &wishes->rate);
    if (rc == 0)
        rc = measure_wishes_read (
            &wishes->measuring, options, wishes->clients, wishes->shards, &wishes->measure);
    wishes->measures = rc == 0 && wishes->measure.clients > 0;
    if (wishes->measures && !wishes->tls)
        return options_refuse (options, "measuring is over TLS: add --tls");
    wishes->measure.json = wishes->json;
    wishes->rate = wishes->measures ? 0 : wishes->rate;
    return rc;
}

static int load_test (int argc, char **argv)
{
    wishes_t wishes = {.clients = 20, .trades = 20, .seed = 1, .topology = "local", .rate_limit = "200"};
    const option_t own[] = {
        {.name = "--clients",
            .value = "N",
            .help = "client accounts; default 20",
            .text = &wishes.clients_text},
        {.name = "--trades",
            .value = "T",
            .help = "orders of the master; default 20",
            .text = &wishes.trades_text},
        {.name = "--seed",
            .value = "S",
            .help = "of clients and trades; default 1",
            .text = &wishes.seed_text},
        {.name = "--tls", .help = "https and wss", .flag = &wishes.tls},
        {.name = "--shards",
            .value = "K",
            .help = "executor processes; default 2",
            .text = &wishes.shards_text},
        {.name = "--topology",
            .value = "NAME",
            .help = "local (default), single, or a file",
            .text = &wishes.topology},
        {.name = "--rate-limit",
            .value = "N|off",
            .help = "requests a minute and account; default 200, the broker's",
            .text = &wishes.rate_limit},
        {.name = "--json", .help = "the result as one JSON object", .flag = &wishes.json},
        {.name = "--demo", .help = "a live table in a terminal", .flag = &wishes.demo},
        {.name = "--keep", .help = "simulator and copier go on running", .flag = &wishes.keep},
        {.name = "--work-dir",
            .value = "D",
            .help = "an empty directory for database and logs; default a temporary one",
            .text = &wishes.work_dir},
    };
    option_t list[OPTIONS_MAX] = {{0}};
    memcpy (list, own, sizeof own);
    measure_wishes_options (&wishes.measuring, list + sizeof own / sizeof *own);
    const options_t options = {.command = "load-test",
        .arguments = "[--clients N] [--trades T] [options]",
        .about = "Starts a simulator and a copier, lets a master trade, and checks every copy against the "
                 "simulator's\n"
                 "history: exit 0 when nothing is lost, doubled or wrongly sized. See docs/load-test.md.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    rc = read_wishes (&options, &wishes);
    return rc ? rc : run_test (&wishes);
}

const command_t command_load_test = {"load-test", "measure and check a copier under load", load_test};
