/*  dump: the export page by page, in one read transaction; the import line by line, in one that writes.
 */
#include "storage/dump.h"

#include "messages/trading.h"
#include "storage/trail.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  ---- export ---- */

typedef struct {
    storage_t *storage;
    dump_each_fn *each;
    void *context;
    dump_counts_t *counts;
    problem_t *problem;
    const dump_table_t *table;
    dump_line_t line;
    value_t last[4]; /*  key of the last row; texts stand in text */
    char text[4][DUMP_TEXT_MAX];
} export_t;

static value_kind_t value_kind (char kind)
{
    return kind == 't' ? VALUE_TEXT : kind == 'x' ? VALUE_BYTES : VALUE_INTEGER;
}

/*  Texts begin with "", numbers with the least one. */
static void before_all (export_t *self)
{
    for (int i = 0; i < self->table->keys; i++) {
        self->last[i].kind = value_kind (self->table->kinds[i]);
        self->last[i].number = INT64_MIN;
        self->text[i][0] = '\0';
    }
}

static void put_last (const export_t *self, row_t *row)
{
    for (int i = 0; i < self->table->keys; i++) {
        if (self->last[i].kind == VALUE_TEXT)
            row_put_text (row, self->text[i]);
        else
            row_put_i64 (row, self->last[i].number);
    }
}

static bool remember (export_t *self, int column, const value_t *value)
{
    if (column >= self->table->keys)
        return true;
    self->last[column].number = value->number;
    if (value->kind != VALUE_TEXT)
        return true;
    if (value->size >= DUMP_TEXT_MAX)
        return false;
    memcpy (self->text[column], value->bytes, value->size);
    self->text[column][value->size] = '\0';
    return true;
}

static int export_row (export_t *self, row_t *row)
{
    const char *kinds = self->table->kinds;
    self->line.kind = DUMP_ROW;
    self->line.table = self->table;
    self->line.count = 0;
    for (int i = 0; kinds[i]; i++) {
        value_t value;
        row_get (row, &value);
        if (value.kind != value_kind (kinds[i]) || (kinds[i] == 'b' && (value.number & ~1) != 0) ||
            !remember (self, i, &value))
            row_fault (row);
        if (i > 0 || !self->table->numbered)
            self->line.values[self->line.count++] = value;
    }
    char *text = row->fault ? NULL : dump_line_write (&self->line);
    if (!text)
        return database_corrupt (self->storage, self->table->name, self->text[0], row->field, self->problem);
    int rc = self->each (self->context, text);
    free (text);
    return rc;
}

/*  1: there may be more. */
static int export_page (export_t *self)
{
    row_t row;
    int rows = 0;
    int result = row_open (&row, self->storage, self->table->select, self->problem);
    if (result != 0)
        return result;
    put_last (self, &row);
    while ((result = row_next (&row, self->problem)) == 1) {
        result = export_row (self, &row);
        if (result != 0)
            break;
        rows++;
    }
    row_close (&row);
    self->counts->rows += (uint64_t) rows;
    self->counts->of_table[self->table - dump_tables] += (uint64_t) rows;
    return result == 0 && rows > 0 ? 1 : result;
}

static int export_begin (const export_t *self)
{
    char text[160];
    char at[TIME_TEXT_MAX];
    (void) snprintf (text, sizeof text,
        "{\"trade_copier\":\"export\",\"format\":%d,\"schema\":%d,\"exported_at\":\"%s\"}", DUMP_FORMAT,
        storage_version (), time_format (database_now_ns (), at));
    return self->each (self->context, text);
}

static int export_all (export_t *self)
{
    int rc = export_begin (self);
    for (size_t i = 0; rc == 0 && i < dump_tables_count; i++) {
        self->table = &dump_tables[i];
        before_all (self);
        do
            rc = export_page (self);
        while (rc == 1);
    }
    if (rc != 0)
        return rc;
    self->line.kind = DUMP_END;
    self->line.number = (int64_t) self->counts->rows;
    char *text = dump_line_write (&self->line);
    rc = text ? self->each (self->context, text)
              : problem_set (self->problem, ERR_MEMORY, "export", "out of memory");
    free (text);
    return rc;
}

int dump_export (
    storage_t *storage, dump_each_fn *each, void *context, dump_counts_t *counts, problem_t *problem)
{
    assert (storage && each && counts);
    *counts = (dump_counts_t){0};
    export_t *self = calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, "export", "out of memory");
    self->storage = storage;
    self->each = each;
    self->context = context;
    self->counts = counts;
    self->problem = problem;
    int rc = storage->ops->begin (storage, false, problem);
    if (rc == 0)
        rc = export_all (self);
    if (storage->ops->in_transaction (storage))
        (void) database_exec (storage, "ROLLBACK", NULL); /*  nothing was written */
    free (self);
    return rc;
}

/*  ---- import ---- */

typedef struct {
    storage_t *storage;
    const char *name;
    dump_next_fn *next;
    void *context;
    dump_counts_t *counts;
    problem_t *problem;
    char where[96];
    dump_line_t line;
} import_t;

static int check_empty (const import_t *self)
{
    row_t row;
    int result = row_open (&row, self->storage,
        "SELECT (SELECT revision FROM config_revision) + count (*) FROM (SELECT 1 AS one FROM masters UNION "
        "ALL "
        "SELECT 1 FROM clients UNION ALL SELECT 1 FROM settings UNION ALL SELECT 1 FROM events UNION ALL "
        "SELECT "
        "1 FROM outcomes UNION ALL SELECT 1 FROM outcome_history UNION ALL SELECT 1 FROM replications UNION "
        "ALL "
        "SELECT 1 FROM marks UNION ALL SELECT 1 FROM breakers UNION ALL SELECT 1 FROM alerts LIMIT 1) AS "
        "found",
        self->problem);
    if (result != 0)
        return result;
    result = row_next (&row, self->problem);
    uint64_t found = result == 1 ? row_get_u64 (&row) : 0;
    row_close (&row);
    if (result < 0)
        return result;
    return found == 0 ? 0
                      : problem_set (self->problem, ERR_EXISTS, database_where (self->storage->place),
                            "is not empty: an export goes into an empty database");
}

static int insert (import_t *self)
{
    row_t row;
    int rc = row_open (&row, self->storage, self->line.table->insert, self->problem);
    if (rc != 0)
        return rc;
    for (int i = 0; i < self->line.count; i++) {
        const value_t *value = &self->line.values[i];
        if (value->kind == VALUE_TEXT)
            row_put_text (&row, value->bytes);
        else if (value->kind == VALUE_BYTES)
            row_put_bytes (&row, value->bytes, value->size);
        else
            row_put_i64 (&row, value->number);
    }
    self->counts->rows++;
    self->counts->of_table[self->line.table - dump_tables]++;
    return row_run (&row, self->problem);
}

static int check_begin (const import_t *self)
{
    if (self->line.kind != DUMP_BEGIN)
        return problem_set (self->problem, ERR_SYNTAX, self->where, "is not the beginning of an export");
    if (self->line.number != storage_version ())
        return problem_set (self->problem, ERR_SYNTAX, self->where,
            "was exported at schema version %lld, this program has %d: import it with the program that "
            "exported it, or export it again with this one",
            (long long) self->line.number, storage_version ());
    return 0;
}

/*  The next line, parsed: 1; 0: there is none. */
static int read_line (import_t *self, uint64_t number)
{
    const char *line = NULL;
    size_t size = 0;
    int rc = self->next (self->context, &line, &size, self->problem);
    (void) snprintf (self->where, sizeof self->where, "%.70s:%llu", self->name, (unsigned long long) number);
    if (rc != 1)
        return rc;
    rc = dump_line_parse (&self->line, line, size, self->where, self->problem);
    return rc == 0 ? 1 : rc;
}

/*  It is the file's fault, not the database's. */
static int check_rows (const import_t *self)
{
    problem_t found = {0};
    int rc = trail_check (self->storage, &found);
    if (rc == 0)
        return 0;
    bool ours = rc == -ERR_CORRUPT;
    return problem_set (
        self->problem, ours ? ERR_SYNTAX : -rc, ours ? self->name : found.where, "%s", found.detail);
}

static int import_all (import_t *self)
{
    bool ended = false;
    int rc = check_empty (self);
    for (uint64_t number = 1; rc == 0; number++) {
        rc = read_line (self, number);
        if (rc == 0)
            break;
        if (rc < 0)
            return rc;
        if (ended)
            return problem_set (self->problem, ERR_SYNTAX, self->where, "stands behind the end");
        ended = self->line.kind == DUMP_END;
        if (number == 1 || self->line.kind == DUMP_BEGIN)
            rc = number == 1 ? check_begin (self)
                             : problem_set (self->problem, ERR_SYNTAX, self->where, "begins once more");
        else if (ended && self->line.number != (int64_t) self->counts->rows)
            rc = problem_set (self->problem, ERR_SYNTAX, self->where, "says %lld rows, there were %llu",
                (long long) self->line.number, (unsigned long long) self->counts->rows);
        else
            rc = ended ? 0 : insert (self);
    }
    if (rc == 0 && !ended)
        rc = problem_set (self->problem, ERR_SYNTAX, self->where, "ends too early: it is not all there");
    return rc == 0 ? check_rows (self) : rc;
}

int dump_import (storage_t *storage, const char *name, dump_next_fn *next, void *context,
    dump_counts_t *counts, problem_t *problem)
{
    assert (storage && name && next && counts);
    *counts = (dump_counts_t){0};
    import_t *self = calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, "import", "out of memory");
    self->storage = storage;
    self->name = name;
    self->next = next;
    self->context = context;
    self->counts = counts;
    self->problem = problem;
    int rc = database_change_begin (storage, problem);
    if (rc == 0)
        rc = database_change_end (storage, import_all (self), problem);
    free (self);
    return rc;
}
