/*  tap_read.c: a listener at the tap of a running copier: plain SUB, ended by a signal. */
#include "actors/host/clock.h"
#include "actors/host/curve_settings.h"
#include "actors/host/preflight.h"
#include "actors/host/run.h"
#include "actors/host/wire.h"
#include "storage/vault.h"

#include <assert.h>
#include <czmq.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS INT64_C (1000000)
#define WAIT_MS 200 /*  how soon a signal is noticed that came between two waits */

static volatile sig_atomic_t s_stop = 0;

static void on_signal (int number)
{
    (void) number;
    s_stop = 1;
}

static int find_endpoint (const settings_t *settings, char *endpoint, size_t size, problem_t *problem)
{
    run_dir_t run_dir;
    char database[DATABASE_PATH_MAX];
    int rc = preflight_database_place (settings, database, problem);
    if (rc == 0)
        rc = run_dir_open (&run_dir, settings_text (settings, SETTING_RUN_DIR), database, problem);
    return rc == 0 ? run_dir_find_tap (&run_dir, endpoint, size, problem) : rc;
}

/*  Where the tap is, and the key that opens it. The settings are not asked for what the command line says. */
static int find_tap (
    const host_tap_options_t *options, char *endpoint, size_t size, curve_t **curve_p, problem_t *problem)
{
    settings_t *settings = NULL;
    const char *given = options->endpoint ? options->endpoint : "";
    int rc = 0;
    (void) snprintf (endpoint, size, "%s", given);
    if (*given && strncmp (given, "tcp:", 4) != 0)
        return 0;
    rc = settings_load (&settings, options->env_file, problem);
    if (rc == 0 && !*given)
        rc = find_endpoint (settings, endpoint, size, problem);
    if (rc == 0)
        rc = curve_of_reader (curve_p, settings, endpoint, problem);
    settings_destroy (&settings);
    return rc;
}

/*  One message, if there is one. false: the reader has had enough. */
static bool take (void *handle, const host_tap_options_t *options, message_t *message)
{
    char subject[64];
    uint8_t body[MESSAGE_BYTES_MAX];
    int subject_size = zmq_recv (handle, subject, sizeof subject - 1, ZMQ_DONTWAIT);
    int more = 0;
    size_t size = sizeof more;
    int body_size = 0;
    message_kind_t kind;
    bool good;
    if (subject_size < 0)
        return true;
    subject[subject_size < (int) sizeof subject ? subject_size : 0] = '\0';
    (void) zmq_getsockopt (handle, ZMQ_RCVMORE, &more, &size);
    if (more)
        body_size = zmq_recv (handle, body, sizeof body, 0);
    kind = message_kind_of (subject);
    good = kind != MSG_NONE && body_size >= 0 && body_size <= (int) sizeof body &&
           message_decode (kind, body, (size_t) body_size, message, NULL) == 0;
    return options->on_message (options->context, subject, good ? message : NULL);
}

/*  ---- the socket ---- */

#define MONITOR "inproc://tap-reader"
#define REFUSED                                                                                              \
    (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |                            \
        ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

/*  Told once; libzmq goes on trying, for the certificate may yet come. */
static void tell_refused (const char *endpoint)
{
    (void) fprintf (stderr,
        "trade-copier: %s does not admit us (no key, one that it does not know any more, or another tap): "
        "still "
        "trying\n",
        endpoint);
}

static int open_socket (
    zsock_t **socket_p, const char *subject, const char *endpoint, curve_t *curve, problem_t *problem)
{
    zsock_t *socket = *socket_p = zsock_new (ZMQ_SUB);
    if (!socket)
        return problem_set (problem, ERR_MEMORY, "tap", "no memory");
    zsock_set_maxmsgsize (socket, MESSAGE_BYTES_MAX + 64);
    zsock_set_subscribe (socket, subject ? subject : "");
    int rc = curve ? curve_connect (curve, socket, CERTIFICATE_TAP, problem) : 0;
    (void) zmq_socket_monitor (zsock_resolve (socket), MONITOR, REFUSED);
    if (rc == 0 && zsock_connect (socket, "%s", endpoint) != 0)
        rc = problem_set (problem, ERR_SETTING, endpoint,
            "is no endpoint of a tap: expected ipc://PATH or tcp://HOST:PORT");
    return rc;
}

static int listen_to (
    const host_tap_options_t *options, const char *endpoint, curve_t *curve, problem_t *problem)
{
    message_t *message = (message_t *) calloc (1, sizeof *message);
    zsock_t *socket = NULL;
    zsock_t *monitor = zsock_new (ZMQ_PAIR);
    bool wanted = message && monitor;
    bool told = false;
    int rc = wanted ? open_socket (&socket, options->subject, endpoint, curve, problem)
                    : problem_set (problem, ERR_MEMORY, "tap", "no memory");
    if (rc == 0)
        (void) zsock_connect (monitor, MONITOR);
    int64_t until_ns = options->timeout_ms > 0 ? clock_now_ns () + options->timeout_ms * MS_NS : INT64_MAX;
    while (rc == 0 && wanted && !s_stop && clock_now_ns () < until_ns) {
        zmq_pollitem_t items[] = {{.socket = zsock_resolve (socket), .events = ZMQ_POLLIN},
            {.socket = zsock_resolve (monitor), .events = ZMQ_POLLIN}};
        (void) zmq_poll (items, told ? 1 : 2, WAIT_MS);
        if (items[0].revents)
            wanted = take (items[0].socket, options, message);
        if (!told && items[1].revents) {
            tell_refused (endpoint);
            told = true;
            (void) zmq_socket_monitor (items[0].socket, NULL, 0);
        }
    }
    if (socket)
        (void) zmq_socket_monitor (zsock_resolve (socket), NULL, 0);
    zsock_destroy (&monitor);
    zsock_destroy (&socket);
    free (message);
    return rc;
}

int host_tap (const host_tap_options_t *options)
{
    char endpoint[WIRE_ENDPOINT_MAX];
    char line[512];
    problem_t problem = {0};
    struct sigaction action;
    curve_t *curve = NULL;
    int rc;
    assert (options && options->on_message);
    wire_setup ();
    memset (&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void) sigaction (SIGINT, &action, NULL);
    (void) sigaction (SIGTERM, &action, NULL);
    rc = vault_harden (&problem); /*  a key may come */
    if (rc == 0)
        rc = find_tap (options, endpoint, sizeof endpoint, &curve, &problem);
    if (rc == 0)
        rc = listen_to (options, endpoint, curve, &problem);
    curve_destroy (&curve);
    if (rc != 0)
        (void) fprintf (stderr, "trade-copier: error: %s\n", problem_line (&problem, line, sizeof line));
    return host_exit_code (rc);
}
