/*  postgres_server: the server as a child process; asked over a connection of its own, as a person with psql. */
#include "tests/lib/postgres_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define TRIES 2400 /*  of 25 ms */
#define CHILDREN_MAX 256

struct postgres_server {
    char folder[64];
    char tools[256]; /*  where initdb and postgres are */
    unsigned port;
    unsigned databases;
    pid_t pid; /*  0 = not running */
    char password_file[96];
    char answer[8192];
};

static void must (int good, const char *what)
{
    if (good)
        return;
    (void) fprintf (stderr, "postgres_server: %s\n", what);
    abort ();
}

static unsigned free_port (void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must (fd >= 0 && bind (fd, (struct sockaddr *) &address, size) == 0, "no port");
    must (getsockname (fd, (struct sockaddr *) &address, &size) == 0, "no port");
    (void) close (fd);
    return ntohs (address.sin_port);
}

/*  Debian keeps them out of PATH. */
static void find_tools (char *folder, size_t size)
{
    glob_t found = {0};
    must (glob ("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0 && found.gl_pathc > 0,
        "there is no PostgreSQL (scripts/setup)");
    const char *newest = found.gl_pathv[found.gl_pathc - 1];
    (void) snprintf (folder, size, "%.*s", (int) (strlen (newest) - strlen ("/initdb")), newest);
    globfree (&found);
}

/*  In the child: never as root, and gone with a test that crashes. */
static void become_harmless (const postgres_server_t *self)
{
    char path[96];
    if (geteuid () == 0)
        must (setgid (NOBODY) == 0 && setuid (NOBODY) == 0, "cannot become nobody");
    (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
    (void) snprintf (path, sizeof path, "%s/log", self->folder);
    int log = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void) dup2 (log, STDOUT_FILENO);
    (void) dup2 (log, STDERR_FILENO);
}

static void init (const postgres_server_t *self)
{
    char tool[300];
    char data[96];
    char password[128];
    int status = 0;
    (void) snprintf (tool, sizeof tool, "%s/initdb", self->tools);
    (void) snprintf (data, sizeof data, "%s/data", self->folder);
    (void) snprintf (password, sizeof password, "--pwfile=%s", self->password_file);
    pid_t pid = fork ();
    must (pid >= 0, "no process");
    if (pid == 0) {
        become_harmless (self);
        (void) execl (tool, tool, "-D", data, "-U", "tester", password, "-A", "scram-sha-256", "-E", "UTF8",
            "--no-locale", "--no-sync", NULL);
        _exit (127);
    }
    must (waitpid (pid, &status, 0) == pid && status == 0, "initdb failed");
}

postgres_server_t *postgres_server_new (void)
{
    postgres_server_t *self = calloc (1, sizeof *self);
    must (self != NULL, "no memory");
    find_tools (self->tools, sizeof self->tools);
    (void) strcpy (self->folder, "/tmp/tc_postgres_XXXXXX");
    must (mkdtemp (self->folder) != NULL, "no folder");
    (void) snprintf (self->password_file, sizeof self->password_file, "%.64s/password", self->folder);
    FILE *file = fopen (self->password_file, "we");
    must (file && fputs (POSTGRES_SERVER_PASSWORD "\n", file) > 0 && fclose (file) == 0, "no password file");
    if (geteuid () == 0)
        must (chown (self->folder, NOBODY, NOBODY) == 0 && chown (self->password_file, NOBODY, NOBODY) == 0,
            "chown failed");
    init (self);
    self->port = free_port ();
    postgres_server_start (self);
    return self;
}

void postgres_server_destroy (postgres_server_t **self_p)
{
    char line[96];
    assert (self_p && *self_p);
    postgres_server_kill (*self_p);
    (void) snprintf (line, sizeof line, "rm -rf %s", (*self_p)->folder);
    must (system (line) == 0, "its folder cannot be removed");
    free (*self_p);
    *self_p = NULL;
}

/*  database NULL: the one that is there from the start. NULL: it does not answer. */
static PGconn *connect_to (const postgres_server_t *self, const char *database)
{
    char port[16];
    (void) snprintf (port, sizeof port, "%u", self->port);
    const char *const keywords[] = {"host", "port", "user", "password", "dbname", "connect_timeout", NULL};
    const char *const values[] = {
        self->folder, port, "tester", POSTGRES_SERVER_PASSWORD, database ? database : "postgres", "10", NULL};
    PGconn *connection = PQconnectdbParams (keywords, values, 0);
    if (PQstatus (connection) == CONNECTION_OK)
        return connection;
    PQfinish (connection);
    return NULL;
}

static void run_server (const postgres_server_t *self)
{
    char tool[300];
    char data[96];
    char port[16];
    (void) snprintf (tool, sizeof tool, "%s/postgres", self->tools);
    (void) snprintf (data, sizeof data, "%s/data", self->folder);
    (void) snprintf (port, sizeof port, "%u", self->port);
    become_harmless (self);
    (void) execl (tool, tool, "-D", data, "-p", port, "-k", self->folder, "-c", "listen_addresses=127.0.0.1",
        "-c", "fsync=off", "-c", "client_min_messages=warning", NULL);
    _exit (127);
}

void postgres_server_start (postgres_server_t *self)
{
    PGconn *connection = NULL;
    assert (self && self->pid == 0);
    for (int i = 0; i < TRIES && !connection; i++) {
        if (self->pid == 0 || waitpid (self->pid, NULL, WNOHANG) == self->pid) {
            self->pid = fork (); /*  what the life before left in memory may still be there */
            must (self->pid >= 0, "no process");
            if (self->pid == 0)
                run_server (self);
        }
        (void) usleep (25000);
        connection = connect_to (self, NULL);
    }
    must (connection != NULL, "postgres does not answer");
    PQfinish (connection);
}

/*  The children of that process, by /proc. */
static size_t children_of (pid_t parent, pid_t children[CHILDREN_MAX])
{
    size_t count = 0;
    struct dirent *entry;
    DIR *directory = opendir ("/proc");
    must (directory != NULL, "no /proc");
    while ((entry = readdir (directory)) && count < CHILDREN_MAX) {
        char path[300];
        char line[512] = "";
        (void) snprintf (path, sizeof path, "/proc/%.200s/stat", entry->d_name);
        FILE *file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen (path, "re") : NULL;
        if (!file)
            continue;
        const char *rest = fgets (line, sizeof line, file) ? strrchr (line, ')') : NULL;
        int of = 0;
        if (rest && sscanf (rest, ") %*c %d", &of) == 1 && of == parent)
            children[count++] = (pid_t) strtol (entry->d_name, NULL, 10);
        (void) fclose (file);
    }
    (void) closedir (directory);
    return count;
}

static void tell_all (const postgres_server_t *self, int signal_number)
{
    pid_t children[CHILDREN_MAX];
    size_t count = children_of (self->pid, children);
    must (kill (self->pid, signal_number) == 0, "cannot be told");
    for (size_t i = 0; i < count; i++)
        (void) kill (children[i], signal_number);
}

void postgres_server_kill (postgres_server_t *self)
{
    assert (self);
    if (self->pid == 0)
        return;
    tell_all (self, SIGKILL);
    must (waitpid (self->pid, NULL, 0) == self->pid, "cannot be killed");
    self->pid = 0;
}

void postgres_server_pause (postgres_server_t *self)
{
    assert (self && self->pid > 0);
    tell_all (self, SIGSTOP);
}

void postgres_server_go_on (postgres_server_t *self)
{
    assert (self && self->pid > 0);
    tell_all (self, SIGCONT);
}

static void ask (postgres_server_t *self, const char *database, const char *sql)
{
    PGconn *connection = connect_to (self, database);
    must (connection != NULL, "cannot connect");
    PGresult *result = PQexec (connection, sql);
    ExecStatusType status = PQresultStatus (result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        (void) fprintf (stderr, "%s: %s", sql, PQerrorMessage (connection));
        abort ();
    }
    const char *value = status == PGRES_TUPLES_OK && PQntuples (result) > 0 ? PQgetvalue (result, 0, 0) : "";
    (void) snprintf (self->answer, sizeof self->answer, "%s", value);
    PQclear (result);
    PQfinish (connection);
}

/*  "…/name?…" */
static void name_of (const char *url, char name[64])
{
    size_t path = strcspn (url, "?");
    while (url[path - 1] != '/')
        path--;
    (void) snprintf (name, 64, "%.*s", (int) strcspn (url + path, "?"), url + path);
}

void postgres_server_database (postgres_server_t *self, bool by_port, char *url, size_t size)
{
    char sql[64];
    assert (self && url);
    (void) snprintf (sql, sizeof sql, "CREATE DATABASE story_%u", ++self->databases);
    ask (self, NULL, sql);
    int length = by_port ? snprintf (url, size, "postgresql://tester:%s@localhost:%u/story_%u",
                               POSTGRES_SERVER_ENCODED, self->port, self->databases)
                         : snprintf (url, size, "postgresql://tester:%s@/story_%u?host=%s&port=%u",
                               POSTGRES_SERVER_ENCODED, self->databases, self->folder, self->port);
    must (length < (int) size, "no room for its URL");
}

void postgres_server_drop (postgres_server_t *self, const char *url)
{
    char name[64];
    char sql[128];
    name_of (url, name);
    (void) snprintf (sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", name);
    ask (self, NULL, sql);
}

const char *postgres_server_ask (postgres_server_t *self, const char *url, const char *sql)
{
    char name[64];
    assert (self && url && sql);
    name_of (url, name);
    ask (self, name, sql);
    return self->answer;
}

const char *postgres_server_password_file (const postgres_server_t *self)
{
    return self->password_file;
}

unsigned postgres_server_port (const postgres_server_t *self)
{
    return self->port;
}

const char *postgres_server_folder (const postgres_server_t *self)
{
    return self->folder;
}
