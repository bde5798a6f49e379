/*  redis_server: the server as a child process, asked through redis-cli as a person would. */
#include "tests/lib/redis_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX 65536
#define LINE_MAX_SIZE 1400
#define TRIES 2400 /*  of 25 ms */

struct redis_server {
    char folder[64];
    unsigned port;
    unsigned tls_port; /*  0 = none */
    pid_t pid;         /*  0 = not running */
    pid_t sleeper;     /*  waits for DEBUG SLEEP's answer, 0 = none */
    char url[256];
    char socket[256];
    char tls_url[256];
    char answer[ANSWER_MAX];
};

static void must (int good, const char *what)
{
    if (good)
        return;
    (void) fprintf (stderr, "redis_server: %s\n", what);
    abort ();
}

/*  One that was free a moment ago. */
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

redis_server_t *redis_server_new (void)
{
    redis_server_t *self = calloc (1, sizeof *self);
    must (self != NULL, "no memory");
    (void) strcpy (self->folder, "/tmp/tc_redis_XXXXXX");
    must (mkdtemp (self->folder) != NULL, "no folder");
    self->port = free_port ();
    (void) snprintf (
        self->url, sizeof self->url, "redis://:a-password%%2Fof:its%%40own@localhost:%u/3", self->port);
    (void) snprintf (self->socket, sizeof self->socket,
        "redis+unix://:a-password%%2Fof:its%%40own@%s/sock?db=3", self->folder);
    return self;
}

void redis_server_destroy (redis_server_t **self_p)
{
    static const char *const files[] = {"sock", "log", "key", "certificate"};
    char path[96];
    assert (self_p && *self_p);
    redis_server_kill (*self_p);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void) snprintf (path, sizeof path, "%s/%s", (*self_p)->folder, files[i]);
        (void) unlink (path);
    }
    (void) rmdir ((*self_p)->folder);
    free (*self_p);
    *self_p = NULL;
}

typedef struct {
    const char *list[40];
    size_t count;
    char texts[10][96];
    size_t used;
} arguments_t;

__attribute__ ((format (printf, 3, 4))) static void add (
    arguments_t *self, const char *name, const char *format, ...)
{
    va_list values;
    char *text = self->texts[self->used++];
    va_start (values, format);
    (void) vsnprintf (text, sizeof self->texts[0], format, values);
    va_end (values);
    self->list[self->count++] = name;
    self->list[self->count++] = text;
}

static void run_server (const redis_server_t *self, const char *option)
{
    char word[64] = "";
    char value[64] = "";
    arguments_t arguments = {
        .list = {"redis-server", "--save", "", "--appendonly", "no", "--enable-debug-command", "yes",
            "--requirepass", REDIS_SERVER_PASSWORD, "--bind", "127.0.0.1"},
        .count = 11};
    add (&arguments, "--port", "%u", self->port);
    add (&arguments, "--dir", "%s", self->folder);
    add (&arguments, "--unixsocket", "%s/sock", self->folder);
    add (&arguments, "--logfile", "%s/log", self->folder);
    if (self->tls_port > 0) {
        add (&arguments, "--tls-port", "%u", self->tls_port);
        add (&arguments, "--tls-key-file", "%s/key", self->folder);
        add (&arguments, "--tls-cert-file", "%s/certificate", self->folder);
        add (&arguments, "--tls-ca-cert-file", "%s/certificate", self->folder);
        add (&arguments, "--tls-auth-clients", "%s", "no");
    }
    if (option) {
        must (sscanf (option, "%63s %63[^\n]", word, value) == 2, option);
        add (&arguments, word, "%s", value);
    }
    (void) prctl (PR_SET_PDEATHSIG, SIGKILL); /*  it ends with a test that crashes */
    (void) execvp ("redis-server", (char *const *) (uintptr_t) arguments.list);
    _exit (127);
}

void redis_server_start (redis_server_t *self, const char *option)
{
    assert (self && self->pid == 0);
    self->pid = fork ();
    must (self->pid >= 0, "no process");
    if (self->pid == 0)
        run_server (self, option);
    for (int i = 0; i < TRIES; i++) {
        if (strcmp (redis_server_cli (self, "PING"), "PONG") == 0)
            return;
        must (waitpid (self->pid, NULL, WNOHANG) == 0, "redis-server ended (is it installed? scripts/setup)");
        (void) usleep (25000);
    }
    must (0, "redis-server does not answer");
}

void redis_server_kill (redis_server_t *self)
{
    assert (self);
    if (self->pid == 0)
        return;
    must (kill (self->pid, SIGKILL) == 0 && waitpid (self->pid, NULL, 0) == self->pid, "cannot be killed");
    self->pid = 0;
    if (self->sleeper > 0)
        (void) waitpid (self->sleeper, NULL, 0); /*  its connection ended with the server */
    self->sleeper = 0;
}

void redis_server_pause (redis_server_t *self)
{
    assert (self && self->pid > 0);
    must (kill (self->pid, SIGSTOP) == 0, "cannot be paused");
}

void redis_server_go_on (redis_server_t *self)
{
    assert (self && self->pid > 0);
    must (kill (self->pid, SIGCONT) == 0, "cannot go on");
}

const char *redis_server_url (const redis_server_t *self)
{
    assert (self);
    return self->url;
}

const char *redis_server_socket (const redis_server_t *self)
{
    assert (self);
    return self->socket;
}

/*  Its output and errors, into self->answer. */
static void run_shell (redis_server_t *self, const char *line)
{
    int ends[2];
    size_t size = 0;
    ssize_t got;
    must (pipe2 (ends, O_CLOEXEC) == 0, "no pipe");
    pid_t pid = fork ();
    must (pid >= 0, "no process");
    if (pid == 0) {
        (void) dup2 (ends[1], STDOUT_FILENO);
        (void) dup2 (ends[1], STDERR_FILENO);
        (void) execl ("/bin/sh", "sh", "-c", line, NULL);
        _exit (127);
    }
    (void) close (ends[1]);
    while ((got = read (ends[0], self->answer + size, sizeof self->answer - 1 - size)) > 0)
        size += (size_t) got;
    (void) close (ends[0]);
    (void) waitpid (pid, NULL, 0);
    while (size > 0 && self->answer[size - 1] == '\n')
        size--;
    self->answer[size] = '\0';
}

static void cli_line (const redis_server_t *self, const char *command, char line[LINE_MAX_SIZE])
{
    (void) snprintf (line, LINE_MAX_SIZE,
        "REDISCLI_AUTH='" REDIS_SERVER_PASSWORD "' exec redis-cli --raw -p %u -n 3 %s", self->port, command);
}

const char *redis_server_cli (redis_server_t *self, const char *format, ...)
{
    char command[1024];
    char line[LINE_MAX_SIZE];
    va_list arguments;
    assert (self);
    va_start (arguments, format);
    (void) vsnprintf (command, sizeof command, format, arguments);
    va_end (arguments);
    cli_line (self, command, line);
    run_shell (self, line);
    return self->answer;
}

void redis_server_sleep (redis_server_t *self, unsigned seconds)
{
    char command[64];
    char line[LINE_MAX_SIZE];
    assert (self && self->pid > 0);
    (void) snprintf (command, sizeof command, "DEBUG SLEEP %u >/dev/null", seconds);
    cli_line (self, command, line);
    self->sleeper = fork ();
    must (self->sleeper >= 0, "no process");
    if (self->sleeper > 0)
        return;
    (void) execl ("/bin/sh", "sh", "-c", line, NULL);
    _exit (127);
}

void redis_server_use_tls (redis_server_t *self)
{
    char line[512];
    char path[96];
    assert (self && self->pid == 0);
    self->tls_port = free_port ();
    (void) snprintf (line, sizeof line,
        "cd %s && exec openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate -days 2 -subj "
        "/CN=localhost -addext subjectAltName=DNS:localhost",
        self->folder);
    run_shell (self, line);
    (void) snprintf (path, sizeof path, "%s/certificate", self->folder);
    must (access (path, R_OK) == 0 && setenv ("SSL_CERT_FILE", path, 1) == 0, self->answer);
}

const char *redis_server_tls_url (redis_server_t *self, const char *host)
{
    assert (self && self->tls_port > 0 && host);
    (void) snprintf (self->tls_url, sizeof self->tls_url, "rediss://:a-password%%2Fof:its%%40own@%s:%u/3",
        host, self->tls_port);
    return self->tls_url;
}
