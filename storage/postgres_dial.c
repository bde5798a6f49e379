/*  postgres_dial: a detached thread and who waits for it share one block; the last of the two frees it.
 */
#include "storage/postgres_dial.h"

#include "storage/postgres_schema.h"
#include "storage/postgres_url.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PASSWORD_MAX 512

struct postgres_dial {
    pthread_mutex_t lock; /*  of all below but url, create, text */
    pthread_cond_t over;
    int users; /*  thread, caller */
    bool through;
    PGconn *connection; /*  of one that is through: logged in, or NULL */
    problem_t problem;
    bool create; /*  the thread's */
    postgres_url_t url;
    char text[POSTGRES_URL_MAX];
};

static void leave (postgres_dial_t *self)
{
    (void) pthread_mutex_lock (&self->lock);
    bool last = --self->users == 0;
    (void) pthread_mutex_unlock (&self->lock);
    if (!last)
        return;
    PQfinish (self->connection);
    (void) pthread_cond_destroy (&self->over);
    (void) pthread_mutex_destroy (&self->lock);
    explicit_bzero (self, sizeof *self);
    free (self);
}

/*  The first line of the file, read anew each time: passwords change. */
static int read_password (const char *path, char password[PASSWORD_MAX], problem_t *problem)
{
    int file = open (path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read (file, password, PASSWORD_MAX - 1);
    int error = errno;
    if (file >= 0)
        (void) close (file);
    if (size < 0)
        return problem_set (
            problem, ERR_SETTING, "DATABASE_PASSWORD_FILE", "%.200s: %s", path, strerror (error));
    password[size] = '\0';
    password[strcspn (password, "\r\n")] = '\0';
    if (!*password)
        return problem_set (
            problem, ERR_SETTING, "DATABASE_PASSWORD_FILE", "%.200s begins with no password", path);
    return 0;
}

static void silent (void *context, const PGresult *result)
{
    (void) context;
    (void) result;
}

/*  libpq's message names addresses, users and files, never a password. A server that is starting up, or full, says so. */
static int not_connected (const PGconn *connection, const char *place, problem_t *problem)
{
    char text[256];
    const char *message = PQerrorMessage (connection);
    size_t size = 0;
    for (; *message && size < sizeof text - 1; message++)
        text[size++] = *message;
    while (size > 0 && text[size - 1] == '\n')
        size--;
    text[size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\n' || text[i] == '\t')
            text[i] = ' ';
    bool refused = PQconnectionNeedsPassword (connection) != 0;
    bool starting = strstr (text, "the database system is") || strstr (text, "too many");
    bool ours = !starting && (refused || strstr (text, "FATAL:"));
    return problem_set (problem, ours ? ERR_SETTING : ERR_UNREACHABLE, place, "%.250s", text);
}

static int connect_to (postgres_dial_t *self, PGconn **connection_p, problem_t *problem)
{
    char password[PASSWORD_MAX] = "";
    postgres_url_t *url = &self->url;
    int rc = postgres_url_parse (self->text, url, problem);
    if (rc == 0 && *url->password_file) {
        rc = read_password (url->password_file, password, problem);
        url->keywords[url->count] = "password";
        url->values[url->count++] = password;
    }
    if (rc == 0) {
        PGconn *connection = PQconnectdbParams (url->keywords, url->values, 0);
        if (connection)
            (void) PQsetNoticeReceiver (connection, silent, NULL);
        if (!connection)
            rc = problem_set (problem, ERR_MEMORY, url->place, "out of memory");
        else if (PQstatus (connection) != CONNECTION_OK)
            rc = not_connected (connection, url->place, problem);
        else
            rc = postgres_schema_ready (connection, url->place, self->create, problem);
        if (rc != 0)
            PQfinish (connection);
        else
            *connection_p = connection;
    }
    explicit_bzero (password, sizeof password);
    return rc;
}

static void *run (void *context)
{
    postgres_dial_t *self = context;
    PGconn *connection = NULL;
    problem_t problem = {0};
    (void) connect_to (self, &connection, &problem);
    explicit_bzero (&self->url, sizeof self->url);
    (void) pthread_mutex_lock (&self->lock);
    self->connection = connection;
    self->problem = problem;
    self->through = true;
    (void) pthread_cond_broadcast (&self->over);
    (void) pthread_mutex_unlock (&self->lock);
    leave (self);
    return NULL;
}

/*  Signals are for the threads that expect them. */
static int start (postgres_dial_t *self)
{
    pthread_t thread;
    pthread_attr_t detached;
    sigset_t all;
    sigset_t before;
    (void) sigfillset (&all);
    (void) pthread_attr_init (&detached);
    (void) pthread_attr_setdetachstate (&detached, PTHREAD_CREATE_DETACHED);
    (void) pthread_sigmask (SIG_SETMASK, &all, &before);
    self->users++;
    int error = pthread_create (&thread, &detached, run, self);
    (void) pthread_sigmask (SIG_SETMASK, &before, NULL);
    (void) pthread_attr_destroy (&detached);
    if (error != 0)
        self->users--;
    return error;
}

postgres_dial_t *postgres_dial_new (const char *url, bool create)
{
    assert (url && strlen (url) < POSTGRES_URL_MAX);
    postgres_dial_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    pthread_condattr_t monotonic;
    (void) pthread_condattr_init (&monotonic);
    (void) pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
    (void) pthread_mutex_init (&self->lock, NULL);
    (void) pthread_cond_init (&self->over, &monotonic);
    (void) pthread_condattr_destroy (&monotonic);
    self->users = 1;
    self->create = create;
    memcpy (self->text, url, strlen (url) + 1);
    if (start (self) != 0)
        postgres_dial_destroy (&self);
    return self;
}

bool postgres_dial_wait (postgres_dial_t *self, int64_t wait_ms)
{
    assert (self);
    struct timespec end;
    (void) clock_gettime (CLOCK_MONOTONIC, &end);
    end.tv_sec += wait_ms / 1000;
    end.tv_nsec += wait_ms % 1000 * 1000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    (void) pthread_mutex_lock (&self->lock);
    int error = 0;
    while (!self->through && wait_ms != 0 && error == 0)
        error = wait_ms < 0 ? pthread_cond_wait (&self->over, &self->lock)
                            : pthread_cond_timedwait (&self->over, &self->lock, &end);
    bool through = self->through;
    (void) pthread_mutex_unlock (&self->lock);
    return through;
}

int postgres_dial_take (postgres_dial_t *self, PGconn **connection_p, problem_t *problem)
{
    assert (self && connection_p);
    (void) pthread_mutex_lock (&self->lock);
    assert (self->through);
    PGconn *connection = self->connection;
    self->connection = NULL;
    problem_t found = self->problem;
    (void) pthread_mutex_unlock (&self->lock);
    *connection_p = connection;
    if (connection)
        return 0;
    return problem_set (problem, found.code, found.where, "%s", found.detail);
}

void postgres_dial_destroy (postgres_dial_t **self_p)
{
    assert (self_p);
    if (*self_p)
        leave (*self_p);
    *self_p = NULL;
}
