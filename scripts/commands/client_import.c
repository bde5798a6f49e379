/*  client_import.c: client import: a CSV of accounts, all or none. Keys are sealed row by row as they are read. */
#include "scripts/commands/accounts.h"
#include "scripts/commands/client.h"
#include "scripts/commands/client_form.h"
#include "scripts/commands/command.h"
#include "scripts/commands/csv.h"
#include "scripts/commands/options.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    int line;
    size_t index;
    char email[CLIENT_EMAIL_MAX];
} note_t;

typedef struct {
    desk_t desk;
    const char *file;
    client_config_t *clients;
    note_t *notes; /*  of the client at the same index, until they are sorted */
    size_t count;
    size_t capacity;
    credentials_t *keys;
    problem_t *problem;
} import_t;

static int refuse (const import_t *self, int line, const char *what)
{
    char where[ACCOUNTS_WHERE_MAX];
    return problem_set (
        self->problem, ERR_SYNTAX, accounts_where (self->file, line, "account_id", where), "%s", what);
}

static int grow (import_t *self)
{
    if (self->count < self->capacity)
        return 0;
    size_t capacity = self->capacity ? 2 * self->capacity : 64;
    client_config_t *clients = reallocarray (self->clients, capacity, sizeof *clients);
    if (clients)
        self->clients = clients;
    note_t *notes = reallocarray (self->notes, capacity, sizeof *notes);
    if (notes)
        self->notes = notes;
    if (!clients || !notes)
        return problem_set (self->problem, ERR_MEMORY, self->file, "no memory for %zu accounts", capacity);
    self->capacity = capacity;
    return 0;
}

static int on_account (void *context, const accounts_row_t *row)
{
    import_t *self = context;
    client_config_t stored;
    int rc = storage_client_get (self->desk.storage, row->client->client_id, &stored, self->problem);
    if (rc == 0 && !stored.removed)
        return refuse (self, row->line, "this account is in the database already");
    if (rc != 0 && rc != -ERR_NOT_FOUND)
        return rc;
    rc = grow (self);
    if (rc)
        return rc;
    client_config_t *client = &self->clients[self->count];
    *client = *row->client;
    snprintf (self->keys->key_id, sizeof self->keys->key_id, "%s", row->api_key);
    snprintf (self->keys->secret, sizeof self->keys->secret, "%s", row->secret_key);
    note_t *note = &self->notes[self->count];
    *note = (note_t){.line = row->line, .index = self->count};
    snprintf (note->email, sizeof note->email, "%s", row->email);
    self->count++;
    return client_seal (self->desk.vault, client, self->keys, self->problem);
}

static int compare_ids (const void *a, const void *b, void *context)
{
    const import_t *self = context;
    const note_t *left = a;
    const note_t *right = b;
    int order = strcmp (self->clients[left->index].client_id, self->clients[right->index].client_id);
    return order ? order : left->line - right->line;
}

static int check_twice (import_t *self)
{
    char what[96];
    qsort_r (self->notes, self->count, sizeof *self->notes, compare_ids, self);
    for (size_t i = 1; i < self->count; i++) {
        const note_t *one = &self->notes[i - 1];
        const note_t *two = &self->notes[i];
        if (strcmp (self->clients[one->index].client_id, self->clients[two->index].client_id) == 0) {
            snprintf (what, sizeof what, "the same account as on line %d, expected it once", one->line);
            return refuse (self, two->line, what);
        }
    }
    return 0;
}

static int store (import_t *self)
{
    if (self->count == 0)
        return refuse (self, 1, "no account behind the header, expected at least one");
    int rc = check_twice (self);
    if (rc == 0)
        rc = desk_claim_key (&self->desk, self->problem);
    if (rc == 0)
        rc = storage_client_put_all (self->desk.storage, self->clients, self->count, self->problem);
    for (size_t i = 0; rc == 0 && i < self->count; i++) {
        const note_t *note = &self->notes[i];
        if (*note->email)
            rc = client_email_put (
                self->desk.storage, self->clients[note->index].client_id, note->email, self->problem);
    }
    return rc;
}

/*  What comes through a pipe, whole: in memory that is locked as far as it may be, and wiped when it is given back. */
static int parse_pipe (import_t *self, int fd)
{
    size_t size = 0;
    ssize_t got = 1;
    char *bytes = sodium_malloc (CSV_BYTES_MAX + 1);
    if (!bytes)
        return problem_set (self->problem, ERR_MEMORY, self->file, "no memory for the accounts");
    while (size <= CSV_BYTES_MAX && (got > 0 || (got < 0 && errno == EINTR))) {
        got = read (fd, bytes + size, CSV_BYTES_MAX + 1 - size);
        size += got > 0 ? (size_t) got : 0;
    }
    int rc =
        got < 0 ? problem_set (self->problem, ERR_SETTING, self->file, "cannot be read: %s", strerror (errno))
        : size > CSV_BYTES_MAX
            ? problem_set (self->problem, ERR_SETTING, self->file, "has more than %d bytes", CSV_BYTES_MAX)
            : accounts_parse (self->file, bytes, size, on_account, self, self->problem);
    sodium_free (bytes);
    return rc;
}

/*  A file is mapped, not read: its secrets stay out of our memory and its swap. */
static int parse_file (import_t *self, int fd, size_t size)
{
    void *bytes = NULL;
    if (size > CSV_BYTES_MAX)
        return problem_set (self->problem, ERR_SETTING, self->file,
            "the file has %zu bytes, expected at most %d", size, CSV_BYTES_MAX);
    if (size > 0)
        bytes = mmap (NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return problem_set (self->problem, ERR_SETTING, self->file, "cannot be read: %s", strerror (errno));
    int rc = accounts_parse (self->file, bytes, size, on_account, self, self->problem);
    if (bytes)
        munmap (bytes, size);
    return rc;
}

static int import_file (import_t *self)
{
    struct stat status;
    bool standard = strcmp (self->file, "-") == 0;
    int fd = standard ? STDIN_FILENO : open (self->file, O_RDONLY | O_CLOEXEC);
    int rc = 0;
    if (fd < 0 || fstat (fd, &status) != 0)
        rc = problem_set (self->problem, ERR_SETTING, self->file, "cannot be opened: %s", strerror (errno));
    else if (S_ISREG (status.st_mode))
        rc = parse_file (self, fd, (size_t) status.st_size);
    else if (S_ISDIR (status.st_mode))
        rc = problem_set (self->problem, ERR_SETTING, self->file, "is a directory, expected a file");
    else
        rc = parse_pipe (self, fd);
    if (fd >= 0 && !standard)
        close (fd);
    return rc ? rc : store (self);
}

static int import_clients (const char *file, const char *env_file)
{
    problem_t problem = {0};
    import_t self = {.file = file, .problem = &problem};
    int rc = desk_open (&self.desk, env_file, DESK_CREATE | DESK_VAULT, &problem);
    if (rc)
        return command_fail (&problem);
    self.keys = credentials_new ();
    rc = self.keys ? import_file (&self)
                   : problem_set (&problem, ERR_MEMORY, file, "cannot lock memory for the keys");
    credentials_destroy (&self.keys);
    desk_close (&self.desk);
    free (self.clients);
    free (self.notes);
    if (rc)
        return command_fail (&problem);
    printf ("%zu client%s imported\n", self.count, self.count == 1 ? "" : "s");
    return EXIT_OK;
}

static int client_import (int argc, char **argv)
{
    const char *env_file = NULL;
    const option_t list[] = {
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "client import",
        .arguments = "FILE.csv",
        .about = "Adds every account of a CSV file (- = standard input), or none of them. The header must "
                 "name account_id, "
                 "api_key, secret_key;\n"
                 "it may name account_name, email, is_active, scaling_method, multiplier, risk_percent, "
                 "direction, allow,\n"
                 "deny, fractional; in any order.",
        .options = list,
        .positionals_min = 1,
        .positionals_max = 1};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    return import_clients (argv[1], env_file);
}

const command_t command_client_import = {
    "client import", "add the accounts of a CSV file, all or none", client_import};
