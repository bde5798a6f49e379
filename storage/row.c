/*  row: the values of a statement with their bounds; what executes it is the driver's.
 */
#include "storage/database.h"

#include <assert.h>
#include <string.h>

int row_open (row_t *row, storage_t *self, const char *sql, problem_t *problem)
{
    assert (row && self && sql);
    row->storage = self;
    row->statement = NULL;
    row->number = row->line = row->puts = row->at = row->fault = 0;
    row->field = NULL;
    return self->ops->row_open (row, sql, problem);
}

static value_t *next_value (row_t *row)
{
    assert (row->line == 0 && row->puts < DATABASE_VALUES_MAX);
    return &row->values[row->puts++];
}

void row_put_text (row_t *row, const char *text)
{
    *next_value (row) = (value_t){.kind = VALUE_TEXT, .bytes = text, .size = strlen (text)};
}

void row_put_i64 (row_t *row, int64_t value)
{
    *next_value (row) = (value_t){.kind = VALUE_INTEGER, .number = value};
}

void row_put_u64 (row_t *row, uint64_t value)
{
    if (value > INT64_MAX && row->fault == 0)
        row->fault = ERR_RANGE;
    row_put_i64 (row, (int64_t) (value & INT64_MAX));
}

void row_put_bytes (row_t *row, const uint8_t *bytes, size_t size)
{
    /*  a NULL pointer would be NULL, an empty blob is meant */
    *next_value (row) =
        (value_t){.kind = VALUE_BYTES, .bytes = size ? bytes : (const uint8_t *) "", .size = size};
}

static int fault_of (const row_t *row, problem_t *problem)
{
    return problem_set (problem, row->fault, database_where (row->storage->place),
        "value %d of a statement: %s", row->puts, error_text (row->fault));
}

int row_run (row_t *row, problem_t *problem)
{
    int result = row->fault ? fault_of (row, problem) : row->storage->ops->row_run (row, problem);
    row_close (row);
    return result;
}

int row_next (row_t *row, problem_t *problem)
{
    if (row->fault)
        return fault_of (row, problem);
    int result = row->storage->ops->row_next (row, problem);
    row->at = 0;
    row->line++;
    return result;
}

void row_close (row_t *row)
{
    row->storage->ops->row_close (row);
}

void row_fault (row_t *row)
{
    if (row->fault)
        return;
    row->fault = ERR_CORRUPT;
    row->field = row->storage->ops->row_name (row, row->at - 1);
}

void row_get (row_t *row, value_t *value)
{
    row->storage->ops->row_column (row, row->at++, value);
}

/*  The next column; false when it is not of this kind. */
static bool get (row_t *row, value_kind_t kind, value_t *value)
{
    row_get (row, value);
    if (value->kind == kind)
        return true;
    row_fault (row);
    return false;
}

void row_get_text (row_t *row, char *text, size_t size)
{
    value_t value;
    text[0] = '\0';
    if (!get (row, VALUE_TEXT, &value))
        return;
    if (value.size < size && !memchr (value.bytes, '\0', value.size)) {
        memcpy (text, value.bytes, value.size);
        text[value.size] = '\0';
    } else
        row_fault (row);
}

int64_t row_get_i64 (row_t *row)
{
    value_t value;
    return get (row, VALUE_INTEGER, &value) ? value.number : 0;
}

uint64_t row_get_u64 (row_t *row)
{
    int64_t value = row_get_i64 (row);
    if (value < 0)
        row_fault (row);
    return value < 0 ? 0 : (uint64_t) value;
}

bool row_get_bool (row_t *row)
{
    int64_t value = row_get_i64 (row);
    if (value != 0 && value != 1)
        row_fault (row);
    return value == 1;
}

size_t row_get_bytes (row_t *row, uint8_t *bytes, size_t size)
{
    value_t value;
    if (!get (row, VALUE_BYTES, &value))
        return 0;
    if (value.size > size) {
        row_fault (row);
        return 0;
    }
    if (value.size > 0)
        memcpy (bytes, value.bytes, value.size);
    return value.size;
}
