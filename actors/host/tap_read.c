/*  tap_read.c: a listener at the tap of a running copier: plain SUB, ended by a signal. */
#include "actors/host/preflight.h"
#include "actors/host/run.h"
#include "actors/host/wire.h"

#include <assert.h>
#include <czmq.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 200 /*  how soon a signal is noticed that came between two waits */

static volatile sig_atomic_t s_stop = 0;

static void on_signal (int number)
{
    (void) number;
    s_stop = 1;
}

static int find_endpoint (const host_tap_options_t *options, char *endpoint, size_t size, problem_t *problem)
{
    settings_t *settings = NULL;
    run_dir_t run_dir;
    char database[DATABASE_PATH_MAX];
    int rc;
    if (options->endpoint && *options->endpoint) {
        (void) snprintf (endpoint, size, "%s", options->endpoint);
        return 0;
    }
    rc = settings_load (&settings, options->env_file, problem);
    if (rc == 0)
        rc = preflight_database_path (settings, database, sizeof database, problem);
    if (rc == 0)
        rc = run_dir_open (&run_dir, settings_text (settings, SETTING_RUN_DIR), database, problem);
    if (rc == 0)
        rc = run_dir_find_tap (&run_dir, endpoint, size, problem);
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

static int listen_to (const host_tap_options_t *options, const char *endpoint, problem_t *problem)
{
    message_t *message = (message_t *) calloc (1, sizeof *message);
    zsock_t *socket = zsock_new (ZMQ_SUB);
    bool wanted = message && socket;
    int rc = wanted ? 0 : problem_set (problem, ERR_MEMORY, "tap", "no memory");
    if (rc == 0) {
        zsock_set_maxmsgsize (socket, MESSAGE_BYTES_MAX + 64);
        zsock_set_subscribe (socket, options->subject ? options->subject : "");
        if (zsock_connect (socket, "%s", endpoint) != 0)
            rc = problem_set (problem, ERR_SETTING, endpoint,
                "is no endpoint of a tap: expected ipc://PATH or tcp://HOST:PORT");
    }
    while (rc == 0 && wanted && !s_stop) {
        zmq_pollitem_t item = {.socket = zsock_resolve (socket), .events = ZMQ_POLLIN};
        if (zmq_poll (&item, 1, WAIT_MS) > 0)
            wanted = take (item.socket, options, message);
    }
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
    int rc;
    assert (options && options->on_message);
    wire_setup ();
    memset (&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void) sigaction (SIGINT, &action, NULL);
    (void) sigaction (SIGTERM, &action, NULL);
    rc = find_endpoint (options, endpoint, sizeof endpoint, &problem);
    if (rc == 0)
        rc = listen_to (options, endpoint, &problem);
    if (rc != 0)
        (void) fprintf (stderr, "trade-copier: error: %s\n", problem_line (&problem, line, sizeof line));
    return host_exit_code (rc);
}
