/*  setting: small texts by name, and the revision of the configuration.
 */
#include "storage/database.h"

#include <assert.h>
#include <string.h>

#define NAME_MAX_BYTES 96
#define VALUE_MAX_BYTES 4096

int storage_revision (storage_t *self, uint64_t *revision_p, problem_t *problem)
{
    assert (self && revision_p);
    row_t row;
    int result = row_open (&row, self, "SELECT revision FROM config_revision", problem);
    if (result != 0)
        return result;
    result = row_next (&row, problem);
    if (result == 1) {
        *revision_p = row_get_u64 (&row);
        result = row.fault ? database_corrupt (self, "config_revision", "1", row.field, problem) : 0;
    } else if (result == 0)
        result = database_corrupt (self, "config_revision", "1", "revision", problem);
    row_close (&row);
    return result;
}

static int setting_write (storage_t *self, const char *name, const char *value, problem_t *problem)
{
    uint64_t revision = 0;
    int result = database_next_revision (self, &revision, problem);
    row_t row;
    if (result == 0)
        result = row_open (&row, self,
            "INSERT INTO settings (name, value, revision) VALUES (?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value, revision = excluded.revision",
            problem);
    if (result != 0)
        return result;
    row_put_text (&row, name);
    row_put_text (&row, value);
    row_put_u64 (&row, revision);
    return row_run (&row, problem);
}

int storage_setting_put (storage_t *self, const char *name, const char *value, problem_t *problem)
{
    assert (self && name && value);
    if (!*name || strlen (name) > NAME_MAX_BYTES || strlen (value) > VALUE_MAX_BYTES)
        return problem_set (problem, ERR_RANGE, "setting", "a name has 1 to %d bytes, a value at most %d",
            NAME_MAX_BYTES, VALUE_MAX_BYTES);
    int result = database_change_begin (self, problem);
    return result == 0 ? database_change_end (self, setting_write (self, name, value, problem), problem)
                       : result;
}

int storage_setting_get (storage_t *self, const char *name, char *value, size_t size, problem_t *problem)
{
    assert (self && name && value && size > 0);
    row_t row;
    int result = row_open (&row, self, "SELECT value FROM settings WHERE name = ?", problem);
    if (result != 0)
        return result;
    row_put_text (&row, name);
    result = row_next (&row, problem);
    if (result == 1) {
        row_get_text (&row, value, size);
        result = row.fault ? database_corrupt (self, "settings", name, row.field, problem) : 0;
    } else if (result == 0)
        result = problem_set (problem, ERR_NOT_FOUND, "setting", "%.64s is not set", name);
    row_close (&row);
    return result;
}
