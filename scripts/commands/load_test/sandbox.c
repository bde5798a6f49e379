/*  sandbox.c: everything in one directory of mode 0700. */
#include "scripts/commands/load_test/sandbox.h"

#include "actors/host/settings.h"
#include "storage/vault.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENTS_ROOM 2000 /*  MAX_CLIENTS by default */
#define GATEWAY_PORT 8080 /*  by default */

static bool is_empty (const char *dir)
{
    DIR *list = opendir (dir);
    const struct dirent *entry;
    bool empty = list != NULL;
    while (list && (entry = readdir (list)) != NULL)
        empty = empty && (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0);
    if (list)
        (void) closedir (list);
    return empty;
}

static int use (sandbox_t *self, const char *wanted, problem_t *problem)
{
    char *real = NULL;
    if (mkdir (wanted, 0700) != 0 && errno != EEXIST)
        return problem_set (problem, ERR_IO, wanted, "cannot be made: %s", strerror (errno));
    real = realpath (wanted, NULL);
    if (!real || strlen (real) >= sizeof self->dir) {
        free (real);
        return problem_set (
            problem, ERR_RANGE, "--work-dir", "expected a path below %d characters", SANDBOX_DIR_MAX);
    }
    (void) snprintf (self->dir, sizeof self->dir, "%s", real);
    free (real);
    return is_empty (self->dir) ? 0
                                : problem_set (problem, ERR_EXISTS, "--work-dir", "%s is not empty", wanted);
}

static void name (const sandbox_t *self, char path[SANDBOX_PATH_MAX], const char *before, const char *file)
{
    (void) snprintf (path, SANDBOX_PATH_MAX, "%s%s/%s", before, self->dir, file);
}

int sandbox_open (sandbox_t *self, const char *wanted, problem_t *problem)
{
    assert (self);
    *self = (sandbox_t){0};
    if (wanted) {
        int rc = use (self, wanted, problem);
        if (rc)
            return rc;
    } else {
        (void) snprintf (self->dir, sizeof self->dir, "/tmp/tc-load-XXXXXX");
        if (!mkdtemp (self->dir))
            return problem_set (problem, ERR_IO, "/tmp", "no private directory: %s", strerror (errno));
        self->made = true;
    }
    name (self, self->env, "", "env");
    name (self, self->key, "", "key");
    name (self, self->database, "", "copier.db");
    name (self, self->certificate, "", "simulator.pem");
    name (self, self->simulator_log, "", "simulator.log");
    name (self, self->copier_log, "", "copier.log");
    name (self, self->tap, "ipc://", "tap");
    return 0;
}

static int write_file (const char *path, const char *text, problem_t *problem)
{
    int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write (fd, text, strlen (text)) == (ssize_t) strlen (text);
    int error = errno;
    if (fd >= 0)
        (void) close (fd);
    return good ? 0 : problem_set (problem, ERR_IO, path, "cannot be written: %s", strerror (error));
}

/*  port 0: any. 0 = none of it is free. */
static int free_port (int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons ((uint16_t) port),
        .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool free = fd >= 0 && bind (fd, (struct sockaddr *) &address, size) == 0 &&
                getsockname (fd, (struct sockaddr *) &address, &size) == 0;
    if (fd >= 0)
        (void) close (fd);
    return free ? ntohs (address.sin_port) : 0;
}

void sandbox_take_gateway_port (sandbox_t *self)
{
    assert (self);
    self->gateway_port = free_port (GATEWAY_PORT);
    if (self->gateway_port == 0)
        self->gateway_port = free_port (0);
}

int sandbox_write (const sandbox_t *self, const sandbox_settings_t *settings, problem_t *problem)
{
    assert (self && settings);
    char key[VAULT_KEY_TEXT_MAX];
    char text[2048];
    vault_keygen (key);
    int rc = write_file (self->key, key, problem);
    explicit_bzero (key, sizeof key);
    if (rc)
        return rc;
    int size = snprintf (text, sizeof text,
        "#  made by trade-copier load-test\n"
        "DATABASE_URL=sqlite:///%s\nENCRYPTION_KEY_FILE=%s\nALPACA_BASE_URL=%s\nRUN_DIR=%s\nTAP_ENDPOINT=%s\n"
        "MAX_CLIENTS=%llu\nGATEWAY_PORT=%d\n",
        self->database, self->key, settings->url, self->dir, self->tap,
        (unsigned long long) (settings->clients > CLIENTS_ROOM ? settings->clients : CLIENTS_ROOM),
        self->gateway_port);
    if (settings->tls)
        size += snprintf (text + size, sizeof text - (size_t) size, "ALPACA_CA_FILE=%s\n", self->certificate);
    if (settings->one_wave)
        size += snprintf (text + size, sizeof text - (size_t) size,
            "MAX_CONCURRENT_ORDERS=100000\nORDER_BATCH_SIZE=100000\n");
    if (settings->connections)
        size += snprintf (
            text + size, sizeof text - (size_t) size, "MAX_CONNECTIONS=%zu\n", settings->connections);
    if (settings->shards)
        size += snprintf (
            text + size, sizeof text - (size_t) size, "EXECUTOR_SHARDS=%lld\n", (long long) settings->shards);
    assert ((size_t) size < sizeof text);
    return write_file (self->env, text, problem);
}

static int remove_one (const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void) about;
    (void) type;
    (void) walk;
    return remove (path);
}

void sandbox_remove (sandbox_t *self)
{
    assert (self);
    if (self->made)
        (void) nftw (self->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    self->made = false;
}

void sandbox_forget_environment (void)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        (void) unsetenv (setting_info ((setting_t) i)->name);
}
