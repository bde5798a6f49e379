/*  csv.c: one pass, one row at a time in a bounded buffer. */
#include "scripts/commands/csv.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *file;
    const char *at;
    const char *end;
    int line;
    int rows;
    size_t used; /*  of bytes */
    csv_row_t row;
    char bytes[CSV_ROW_MAX];
    problem_t *problem;
} reader_t;

static int refuse (const reader_t *self, int code, const char *what)
{
    char where[96];
    snprintf (where, sizeof where, "%.80s:%d", self->file, self->line);
    return problem_set (self->problem, code, where, "%s", what);
}

static int keep (reader_t *self, char c)
{
    if (self->used == CSV_ROW_MAX)
        return refuse (self, ERR_RANGE, "the row is too long, expected at most 8192 bytes");
    self->bytes[self->used++] = c;
    return 0;
}

static bool at_field_end (const reader_t *self)
{
    if (self->at == self->end || *self->at == ',' || *self->at == '\n')
        return true;
    return *self->at == '\r' && (self->at + 1 == self->end || self->at[1] == '\n');
}

static int check_byte (const reader_t *self, char c)
{
    if ((unsigned char) c < ' ' && c != '\t' && c != '\n' && c != '\r')
        return refuse (self, ERR_SYNTAX, "a control character, expected text");
    return 0;
}

static int read_quoted (reader_t *self)
{
    self->at++;
    for (;; self->at++) {
        if (self->at == self->end)
            return refuse (self, ERR_SYNTAX, "a quote is not closed, expected \" at the field's end");
        if (*self->at == '"' && (self->at + 1 == self->end || self->at[1] != '"'))
            break;
        if (*self->at == '"')
            self->at++;
        if (*self->at == '\n')
            self->line++;
        int rc = check_byte (self, *self->at);
        if (rc == 0)
            rc = keep (self, *self->at);
        if (rc)
            return rc;
    }
    self->at++;
    while (self->at < self->end && (*self->at == ' ' || *self->at == '\t'))
        self->at++;
    if (!at_field_end (self))
        return refuse (self, ERR_SYNTAX, "text after a closing quote, expected a comma or the line's end");
    return 0;
}

static int read_bare (reader_t *self)
{
    size_t start = self->used;
    for (; !at_field_end (self); self->at++) {
        if (*self->at == '"')
            return refuse (
                self, ERR_SYNTAX, "a quote inside a bare field, expected the whole field in quotes");
        int rc = check_byte (self, *self->at);
        if (rc == 0)
            rc = keep (self, *self->at);
        if (rc)
            return rc;
    }
    while (self->used > start && (self->bytes[self->used - 1] == ' ' || self->bytes[self->used - 1] == '\t'))
        self->used--;
    return 0;
}

static int read_field (reader_t *self)
{
    if (self->row.count == CSV_FIELDS_MAX)
        return refuse (self, ERR_RANGE, "too many columns, expected at most 32");
    while (self->at < self->end && (*self->at == ' ' || *self->at == '\t'))
        self->at++;
    size_t start = self->used;
    int rc = self->at < self->end && *self->at == '"' ? read_quoted (self) : read_bare (self);
    if (rc == 0)
        rc = keep (self, '\0');
    if (rc == 0)
        self->row.fields[self->row.count++] = self->bytes + start;
    return rc;
}

/*  One row up to and over its line's end. */
static int read_row (reader_t *self)
{
    self->used = 0;
    self->row.count = 0;
    self->row.line = self->line;
    for (;;) {
        int rc = read_field (self);
        if (rc)
            return rc;
        if (self->at == self->end || *self->at != ',')
            break;
        self->at++;
    }
    if (self->at < self->end && *self->at == '\r')
        self->at++;
    if (self->at < self->end && *self->at == '\n')
        self->at++;
    return 0;
}

static int read_all (reader_t *self, csv_fn *each, void *context)
{
    while (self->at < self->end) {
        int rc = read_row (self);
        if (rc)
            return rc;
        bool empty = self->row.count == 1 && *self->row.fields[0] == '\0';
        if (!empty && ++self->rows > CSV_ROWS_MAX)
            return refuse (self, ERR_RANGE, "too many rows, expected at most 10000");
        rc = empty ? 0 : each (context, &self->row);
        if (rc)
            return rc;
        self->line++;
    }
    return 0;
}

int csv_parse (
    const char *file, const char *bytes, size_t size, csv_fn *each, void *context, problem_t *problem)
{
    assert (file && (bytes || size == 0) && each);
    if (size > CSV_BYTES_MAX)
        return problem_set (
            problem, ERR_RANGE, file, "the file has %zu bytes, expected at most %d", size, CSV_BYTES_MAX);
    if (size == 0)
        return 0;
    reader_t self = {.file = file, .at = bytes, .end = bytes + size, .line = 1, .problem = problem};
    if (size >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0)
        self.at += 3;
    int rc = read_all (&self, each, context);
    explicit_bzero (self.bytes, sizeof self.bytes);
    return rc;
}
