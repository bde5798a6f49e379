/*  dump.c: a message as one JSON object for people, logs and the tap. */
#include "messages/fixed.h"
#include "messages/record.h"
#include "messages/trading.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS INT64_C (1000000)
#define NAME_MAX_BYTES 64

typedef struct {
    char *text;
    size_t size;
    size_t used;
    bool full;
} page_t;

static void dump_record (page_t *page, const record_t *record, const void *self);

static void put_bytes (page_t *page, const char *bytes, size_t count)
{
    if (page->full || count >= page->size - page->used) {
        page->full = true;
        return;
    }
    if (count > 0)
        memcpy (page->text + page->used, bytes, count);
    page->used += count;
}

static void put (page_t *page, const char *text)
{
    put_bytes (page, text, strlen (text));
}

static void put_quoted (page_t *page, const char *text)
{
    put (page, "\"");
    for (; *text; text++) {
        unsigned char byte = (unsigned char) *text;
        char escape[8] = {(char) byte, 0};
        if (byte == '"' || byte == '\\')
            snprintf (escape, sizeof escape, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7F)
            snprintf (escape, sizeof escape, "\\u%04x", byte);
        put (page, escape);
    }
    put (page, "\"");
}

static bool ends_with (const char *name, const char *ending)
{
    size_t size = strlen (name), tail = strlen (ending);
    return size >= tail && strcmp (name + size - tail, ending) == 0;
}

/*  "name without its last `cut` bytes" + suffix: */
static void put_name (page_t *page, const char *name, size_t cut, const char *suffix)
{
    char shown[NAME_MAX_BYTES + 8];
    snprintf (shown, sizeof shown, "%.*s%s", (int) (strlen (name) - cut), name, suffix);
    put_quoted (page, shown);
    put (page, ":");
}

static void put_time (page_t *page, const char *name, int64_t at_ns)
{
    char text[TIME_TEXT_MAX];
    put_name (page, name, strcmp (name, "timestamp_at_ns") == 0 ? strlen ("_at_ns") : strlen ("_ns"), "");
    if (at_ns == 0)
        put (page, "null");
    else
        put_quoted (page, time_format (at_ns, text));
}

static void put_ms (page_t *page, const char *name, int64_t value_ns)
{
    char text[32];
    uint64_t size = value_ns < 0 ? 0 - (uint64_t) value_ns : (uint64_t) value_ns;
    put_name (page, name, strlen ("_ns"), "_ms");
    snprintf (text, sizeof text, "%s%" PRIu64 ".%03" PRIu64, value_ns < 0 ? "-" : "",
        size / (uint64_t) NS_PER_MS, size % (uint64_t) NS_PER_MS / 1000);
    put (page, text);
}

static void dump_i64 (page_t *page, const char *name, int64_t value)
{
    char text[FIXED_TEXT_MAX];
    if (ends_with (name, "_e9")) {
        put_name (page, name, strlen ("_e9"), "");
        fixed_format (value, text);
        put_quoted (page, text);
    } else if (strcmp (name, "at_ns") == 0 || ends_with (name, "_at_ns") || ends_with (name, "_since_ns")) {
        put_time (page, name, value);
    } else if (ends_with (name, "_ns")) {
        put_ms (page, name, value);
    } else {
        put_name (page, name, 0, "");
        snprintf (text, sizeof text, "%" PRId64, value);
        put (page, text);
    }
}

static void put_u64 (page_t *page, uint64_t value)
{
    char text[FIXED_TEXT_MAX];
    snprintf (text, sizeof text, "%" PRIu64, value);
    put (page, text);
}

static void dump_list (page_t *page, const field_t *field, const void *self)
{
    put (page, "[");
    for (size_t i = 0; i < field_count (self, field); i++) {
        put (page, i > 0 ? "," : "");
        dump_record (page, field->of, field_entry (self, field, i));
    }
    put (page, "]");
}

static void dump_value (page_t *page, const field_t *field, const void *self)
{
    const void *at = field_at (self, field);
    uint64_t number;
    switch ((field_type_t) field->type) {
    case FIELD_I64:
        assert (false); /*  dump_field shows these itself */
        break;
    case FIELD_U64:
        memcpy (&number, at, sizeof number);
        put_u64 (page, number);
        break;
    case FIELD_BOOL: put (page, *(const bool *) at ? "true" : "false"); break;
    case FIELD_TEXT: put_quoted (page, at); break;
    case FIELD_BYTES: put_u64 (page, field_count (self, field)); break;
    case FIELD_ENUM: put_quoted (page, field->values[field_enum (self, field)]); break;
    case FIELD_RECORD: dump_record (page, field->of, at); break;
    case FIELD_LIST: dump_list (page, field, self); break;
    }
}

static void dump_field (page_t *page, const field_t *field, const void *self)
{
    if (field->type == FIELD_I64) {
        int64_t value;
        memcpy (&value, field_at (self, field), sizeof value);
        dump_i64 (page, field->name, value);
        return;
    }
    put_name (page, field->name, 0, "");
    dump_value (page, field, self);
}

static void dump_record (page_t *page, const record_t *record, const void *self)
{
    put (page, "{");
    for (size_t i = 0; i < record->fields_count; i++) {
        put (page, i > 0 ? "," : "");
        dump_field (page, &record->fields[i], self);
    }
    put (page, "}");
}

size_t message_dump (const message_t *self, char *text, size_t size)
{
    assert (self && text && size > 0);
    page_t page = {text, size, 0, false};
    if (message_check (self, NULL) != 0)
        put (&page, "{\"invalid\":true}"); /*  not walked: its texts may have no end */
    else
        dump_record (
            &page, message_rows[self->kind].record, (const char *) self + message_rows[self->kind].offset);
    if (page.full) {
        page = (page_t){text, size, 0, false};
        put (&page, "{\"truncated\":true}");
    }
    text[page.used] = 0;
    return page.used;
}
