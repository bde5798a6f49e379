/*  db.c: db migrate, db export, db import: the database as a whole, of either kind. */
#include "scripts/commands/command.h"
#include "scripts/commands/desk.h"
#include "scripts/commands/options.h"
#include "scripts/commands/print.h"

#include "storage/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*  A file that holds every sealed key is for its owner, and never written over another. */
typedef struct {
    const char *name; /*  "-" = stdin or stdout */
    FILE *file;
    char *line;
    size_t capacity;
    problem_t *problem;
} stream_t;

static bool is_standard (const stream_t *self)
{
    return strcmp (self->name, "-") == 0;
}

static int stream_failed (const stream_t *self, int code, const char *what)
{
    return problem_set (self->problem, code, self->name, "%s: %s", what, strerror (errno));
}

static int open_stream (stream_t *self, bool write)
{
    if (is_standard (self)) {
        self->file = write ? stdout : stdin;
        return 0;
    }
    int fd = open (self->name, write ? O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return problem_set (self->problem, ERR_EXISTS, self->name, "is there already: it is not overwritten");
    self->file = fd < 0 ? NULL : fdopen (fd, write ? "w" : "r");
    if (self->file)
        return 0;
    int rc = stream_failed (self, ERR_IO, write ? "cannot be made" : "cannot be opened");
    if (fd >= 0)
        close (fd);
    return rc;
}

/*  rc: of what was done with it. A file that was written is on disk, or gone. */
static int close_stream (stream_t *self, bool write, int rc)
{
    bool good = true;
    if (write && rc == 0)
        good = fflush (self->file) == 0 && (is_standard (self) || fsync (fileno (self->file)) == 0);
    if (!good)
        rc = stream_failed (self, ERR_IO, "cannot be written");
    if (!is_standard (self)) {
        (void) fclose (self->file);
        if (write && rc != 0)
            (void) unlink (self->name);
    }
    free (self->line);
    return rc;
}

static int write_line (void *context, const char *line)
{
    stream_t *self = context;
    if (fputs (line, self->file) >= 0 && fputc ('\n', self->file) != EOF)
        return 0;
    return stream_failed (self, ERR_IO, "cannot be written");
}

static int read_line (void *context, const char **line_p, size_t *size_p, problem_t *problem)
{
    stream_t *self = context;
    (void) problem; /*  the same */
    size_t size = 0;
    int c = EOF;
    while (size < DUMP_LINE_MAX && (c = getc (self->file)) != EOF && c != '\n')
        self->line[size++] = (char) c;
    if (ferror (self->file))
        return stream_failed (self, ERR_IO, "cannot be read");
    *line_p = self->line;
    *size_p = size; /*  DUMP_LINE_MAX: too long, the parser says so */
    return size > 0 || c != EOF;
}

/*  To stderr when the export itself goes to stdout. */
static void print_counts (FILE *out, const dump_counts_t *counts, const char *done, bool json)
{
    if (json) {
        fprintf (out, "{\"rows\":%" PRIu64, counts->rows);
        for (size_t i = 0; i < dump_tables_count; i++)
            fprintf (out, ",\"%s\":%" PRIu64, dump_tables[i].name, counts->of_table[i]);
        fprintf (out, "}\n");
        return;
    }
    fprintf (out, "%" PRIu64 " rows %s:", counts->rows, done);
    for (size_t i = 0; i < dump_tables_count; i++)
        fprintf (out, " %s %" PRIu64 "%s", dump_tables[i].name, counts->of_table[i],
            i + 1 < dump_tables_count ? "," : "\n");
}

static int run_export (stream_t *stream, const char *env_file, dump_counts_t *counts)
{
    desk_t desk;
    int rc = desk_open (&desk, env_file, DESK_STORAGE, stream->problem);
    if (rc != 0)
        return rc;
    rc = open_stream (stream, true);
    if (rc == 0)
        rc = close_stream (
            stream, true, dump_export (desk.storage, write_line, stream, counts, stream->problem));
    desk_close (&desk);
    return rc;
}

static int run_import (stream_t *stream, const char *env_file, dump_counts_t *counts)
{
    desk_t desk;
    int rc = open_stream (stream, false);
    if (rc != 0)
        return rc;
    rc = desk_open (&desk, env_file, DESK_CREATE, stream->problem);
    if (rc == 0) {
        stream->line = malloc (DUMP_LINE_MAX);
        rc = stream->line ? dump_import (desk.storage, is_standard (stream) ? "stdin" : stream->name,
                                read_line, stream, counts, stream->problem)
                          : problem_set (stream->problem, ERR_MEMORY, stream->name, "out of memory");
        desk_close (&desk);
    }
    return close_stream (stream, false, rc);
}

/*  "db export FILE" and "db import FILE". */
static int transfer (const options_t *options, int argc, char **argv, const char *const *env_file_p,
    const bool *json, bool export)
{
    int rc = options_parse (options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    problem_t problem = {0};
    dump_counts_t counts = {0};
    stream_t stream = {.name = argv[1], .problem = &problem};
    rc = export ? run_export (&stream, *env_file_p, &counts) : run_import (&stream, *env_file_p, &counts);
    if (rc != 0)
        return command_fail (&problem);
    print_counts (
        export && is_standard (&stream) ? stderr : stdout, &counts, export ? "exported" : "imported", *json);
    return EXIT_OK;
}

static int db_export (int argc, char **argv)
{
    const char *env_file = NULL;
    bool json = false;
    const option_t list[] = {
        {.name = "--json", .help = "for scripts: the numbers of rows as one object", .flag = &json},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "db export",
        .arguments = "FILE [--json]",
        .about = "Writes everything in the database to a new file (mode 0600; - = stdout) as JSON lines, for "
                 "`db import`:\nconfiguration with its sealed keys, and the audit trail. The copier may run "
                 "meanwhile; what it does after the\nbeginning is not in it.",
        .options = list,
        .positionals_min = 1,
        .positionals_max = 1};
    return transfer (&options, argc, argv, &env_file, &json, true);
}

static int db_import (int argc, char **argv)
{
    const char *env_file = NULL;
    bool json = false;
    const option_t list[] = {
        {.name = "--json", .help = "for scripts: the numbers of rows as one object", .flag = &json},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "db import",
        .arguments = "FILE [--json]",
        .about = "Puts all of an export (- = stdin) into the empty database of DATABASE_URL, SQLite or "
                 "PostgreSQL, or nothing of it.\nA database that holds anything is refused. Stop the copier "
                 "before the export, and start it on the new database.",
        .options = list,
        .positionals_min = 1,
        .positionals_max = 1};
    return transfer (&options, argc, argv, &env_file, &json, false);
}

static int db_migrate (int argc, char **argv)
{
    const char *env_file = NULL;
    bool json = false;
    const option_t list[] = {
        {.name = "--json", .help = "for scripts: one object", .flag = &json},
        {.name = "--env", .value = "FILE", .help = "instead of .env", .text = &env_file},
        {0},
    };
    const options_t options = {.command = "db migrate",
        .arguments = "[--json]",
        .about =
            "Makes the database of DATABASE_URL, or brings it up to date, as `run` does at its start; says "
            "its schema version.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    problem_t problem = {0};
    desk_t desk;
    if (desk_open (&desk, env_file, DESK_CREATE, &problem) != 0)
        return command_fail (&problem);
    if (json) {
        printf ("{\"schema\":%d", storage_version ());
        print_json_member (stdout, "database", storage_place (desk.storage));
        printf ("}\n");
    } else
        printf ("%s: schema version %d\n", storage_place (desk.storage), storage_version ());
    desk_close (&desk);
    return EXIT_OK;
}

const command_t command_db_migrate = {"db migrate", "make the database, or bring it up to date", db_migrate};
const command_t command_db_export = {"db export", "write all of the database to a file", db_export};
const command_t command_db_import = {"db import", "put an export into an empty database", db_import};
