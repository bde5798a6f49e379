/*  dump_line: a line of an export to values, and back. What is read are bytes from outside: every name, kind and size is
 *  checked; whether a row makes sense is the import's to find.
 */
#include "storage/dump.h"

#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_SIZE 64

/*  The next name of "a, b, c"; false: no more. */
static bool next_name (const char **columns, char name[NAME_MAX_SIZE])
{
    size_t size = strcspn (*columns, ",");
    if (size == 0)
        return false;
    assert (size < NAME_MAX_SIZE);
    memcpy (name, *columns, size);
    name[size] = '\0';
    *columns += size;
    *columns += strspn (*columns, ", ");
    return true;
}

static const dump_table_t *find_table (const char *name)
{
    for (size_t i = 0; i < dump_tables_count; i++)
        if (strcmp (dump_tables[i].name, name) == 0)
            return &dump_tables[i];
    return NULL;
}

/*  ---- reading ---- */

static int hex_value (char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool take_text (dump_line_t *self, const json_t *from, value_t *value)
{
    size_t size = json_string_length (from);
    const char *text = json_string_value (from);
    if (!text || size > DUMP_TEXT_MAX || memchr (text, '\0', size) || size >= sizeof self->room - self->used)
        return false;
    char *to = self->room + self->used;
    memcpy (to, text, size);
    to[size] = '\0';
    self->used += size + 1;
    *value = (value_t){.kind = VALUE_TEXT, .bytes = to, .size = size};
    return true;
}

static bool take_bytes (dump_line_t *self, const json_t *from, value_t *value)
{
    size_t size = json_string_length (from);
    const char *text = json_string_value (from);
    if (!text || size > 2 * DUMP_BYTES_MAX || size % 2 != 0 || size / 2 >= sizeof self->room - self->used)
        return false;
    char *to = self->room + self->used;
    for (size_t i = 0; i < size; i += 2) {
        int high = hex_value (text[i]);
        int low = hex_value (text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i / 2] = (char) (high * 16 + low);
    }
    self->used += size / 2;
    *value = (value_t){.kind = VALUE_BYTES, .bytes = to, .size = size / 2};
    return true;
}

static bool take (dump_line_t *self, char kind, const json_t *from, value_t *value)
{
    *value = (value_t){.kind = VALUE_INTEGER};
    switch (kind) {
    case 't': return take_text (self, from, value);
    case 'x': return take_bytes (self, from, value);
    case 'b': value->number = json_is_true (from); return json_is_boolean (from);
    default:
        value->number = json_integer_value (from);
        return json_is_integer (from) && (kind == 'i' || value->number >= 0);
    }
}

static int parse_row (dump_line_t *self, const json_t *row, const char *where, problem_t *problem)
{
    char name[NAME_MAX_SIZE];
    const char *columns = self->table->columns;
    const char *kinds = self->table->kinds + self->table->numbered;
    self->kind = DUMP_ROW;
    for (; next_name (&columns, name); kinds++) {
        const json_t *from = json_object_get (row, name);
        if (!from)
            return problem_set (
                problem, ERR_SYNTAX, where, "table %s, field %s is not there", self->table->name, name);
        if (!take (self, *kinds, from, &self->values[self->count++]))
            return problem_set (
                problem, ERR_SYNTAX, where, "table %s, field %s is not valid", self->table->name, name);
    }
    if (json_object_size (row) != (size_t) self->count)
        return problem_set (
            problem, ERR_SYNTAX, where, "table %s has no such field as one here", self->table->name);
    return 0;
}

static int parse_begin (dump_line_t *self, const json_t *object, const char *where, problem_t *problem)
{
    const char *what = json_string_value (json_object_get (object, "trade_copier"));
    const json_t *format = json_object_get (object, "format");
    const json_t *schema = json_object_get (object, "schema");
    self->kind = DUMP_BEGIN;
    self->number = json_integer_value (schema);
    if (!what || strcmp (what, "export") != 0 || !json_is_integer (format) || !json_is_integer (schema) ||
        self->number < 1)
        return problem_set (problem, ERR_SYNTAX, where, "is not the beginning of an export");
    if (json_integer_value (format) != DUMP_FORMAT)
        return problem_set (problem, ERR_SYNTAX, where, "is of format %lld, this program knows format %d",
            (long long) json_integer_value (format), DUMP_FORMAT);
    return 0;
}

static int parse_end (dump_line_t *self, const json_t *end, const char *where, problem_t *problem)
{
    const json_t *rows = json_object_get (end, "rows");
    self->kind = DUMP_END;
    self->number = json_integer_value (rows);
    if (!json_is_integer (rows) || self->number < 0)
        return problem_set (problem, ERR_SYNTAX, where, "is not the end of an export");
    return 0;
}

static int parse_object (dump_line_t *self, json_t *object, const char *where, problem_t *problem)
{
    void *first = json_object_iter (object);
    const char *name = first ? json_object_iter_key (first) : "";
    if (json_object_get (object, "trade_copier"))
        return parse_begin (self, object, where, problem);
    if (!first || json_object_size (object) != 1 || !json_is_object (json_object_iter_value (first)))
        return problem_set (problem, ERR_SYNTAX, where, "expected one row: {\"table\": {…}}");
    if (strcmp (name, "end") == 0)
        return parse_end (self, json_object_iter_value (first), where, problem);
    self->table = find_table (name);
    if (!self->table)
        return problem_set (problem, ERR_SYNTAX, where, "there is no table of that name");
    return parse_row (self, json_object_iter_value (first), where, problem);
}

int dump_line_parse (dump_line_t *self, const char *line, size_t size, const char *where, problem_t *problem)
{
    assert (self && (line || size == 0) && where);
    json_error_t error;
    self->table = NULL;
    self->number = 0;
    self->count = 0;
    self->used = 0;
    if (size >= DUMP_LINE_MAX)
        return problem_set (problem, ERR_RANGE, where, "has more than %d bytes", DUMP_LINE_MAX - 1);
    json_t *object = size > 0 ? json_loadb (line, size, JSON_REJECT_DUPLICATES, &error) : NULL;
    int rc = json_is_object (object) ? parse_object (self, object, where, problem)
                                     : problem_set (problem, ERR_SYNTAX, where, "is not a JSON object");
    json_decref (object);
    return rc;
}

/*  ---- writing ---- */

static json_t *hex (const value_t *value)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * DUMP_BYTES_MAX];
    const unsigned char *bytes = value->bytes;
    if (value->size > DUMP_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < value->size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return json_stringn (text, 2 * value->size);
}

static json_t *json_of (char kind, const value_t *value)
{
    switch (kind) {
    case 't': return json_stringn (value->bytes, value->size);
    case 'x': return hex (value);
    case 'b': return json_boolean (value->number);
    default: return json_integer (value->number);
    }
}

static json_t *row_of (const dump_line_t *self)
{
    char name[NAME_MAX_SIZE];
    const char *columns = self->table->columns;
    const char *kinds = self->table->kinds + self->table->numbered;
    json_t *row = json_object ();
    for (int i = 0; row && next_name (&columns, name); i++) {
        if (json_object_set_new (row, name, json_of (kinds[i], &self->values[i])) != 0) {
            json_decref (row);
            row = NULL;
        }
    }
    return row;
}

char *dump_line_write (const dump_line_t *self)
{
    assert (self && self->kind != DUMP_BEGIN); /*  that one has a time in it: dump.c */
    json_t *object = self->kind == DUMP_ROW
                         ? json_pack ("{s:o*}", self->table->name, row_of (self))
                         : json_pack ("{s:{s:I}}", "end", "rows", (json_int_t) self->number);
    char *text = json_object_size (object) == 1 ? json_dumps (object, JSON_COMPACT) : NULL;
    json_decref (object);
    return text;
}
