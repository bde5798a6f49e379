/*  log.c: builds the lines; log_queue.c gets them out without ever making an actor wait. */
#include "actors/host/log.h"

#include "actors/host/clock.h"
#include "actors/host/log_queue.h"
#include "messages/trading.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 1024
#define LOG_LINE_MAX (TEXT_MAX + MESSAGE_TEXT_LOGGED)
#define MESSAGE_TEXT_LOGGED 3000 /*  a bigger message is logged as truncated */

static _Atomic int s_level = LOG_LEVEL_INFO;
static _Atomic bool s_structured = true;

static const char *level_text (log_level_t level)
{
    static const char *const texts[] = {"debug", "info", "warning", "error", "critical"};
    assert (level >= LOG_LEVEL_DEBUG && level <= LOG_LEVEL_CRITICAL);
    return texts[level];
}

int log_start (log_level_t level, bool structured, int fd)
{
    atomic_store (&s_level, (int) level);
    atomic_store (&s_structured, structured);
    return log_queue_start (fd);
}

void log_stop (void)
{
    log_queue_stop ();
}

uint64_t log_dropped (void)
{
    return log_queue_dropped ();
}

/*  JSON string without its quotes; stops where there is no room. */
static void escape (const char *text, char *out, size_t size)
{
    size_t used = 0;
    for (; *text && used + 7 < size; text++) {
        unsigned char c = (unsigned char) *text;
        if (c == '"' || c == '\\') {
            out[used++] = '\\';
            out[used++] = (char) c;
        } else if (c < 0x20 || c == 0x7f)
            used += (size_t) snprintf (out + used, size - used, "\\u%04x", c);
        else
            out[used++] = (char) c;
    }
    out[used] = '\0';
}

/*  fields: "{…}" of message_dump, may be "{}" */
static void put (log_level_t level, const char *actor, const char *event, const char *fields)
{
    char line[LOG_LINE_MAX];
    char at[TIME_TEXT_MAX];
    const char *rest = fields + 1;
    int size;
    bool has_timestamp = strstr (fields, "\"timestamp\":") != NULL;

    assert (fields[0] == '{');
    time_format (clock_utc_ns (), at);
    if (!atomic_load (&s_structured))
        size = snprintf (
            line, sizeof line, "%s %-7s %-12s %s %s\n", at, level_text (level), actor, event, fields);
    else if (has_timestamp) /*  the message's own time is the event's */
        size = snprintf (line, sizeof line, "{\"level\":\"%s\",\"event\":\"%s\",\"actor\":\"%s\"%s%s\n",
            level_text (level), event, actor, *rest == '}' ? "" : ",", rest);
    else
        size = snprintf (line, sizeof line,
            "{\"timestamp\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",\"actor\":\"%s\"%s%s\n", at,
            level_text (level), event, actor, *rest == '}' ? "" : ",", rest);
    assert (size > 0 && (size_t) size < sizeof line);
    log_queue_put (line, (size_t) size);
}

void log_event (log_level_t level, const char *actor, const char *event, const char *format, ...)
{
    char text[TEXT_MAX / 3];
    char escaped[TEXT_MAX];
    char fields[TEXT_MAX + 16];
    va_list args;

    assert (actor && event && format);
    if ((int) level < atomic_load (&s_level))
        return;
    va_start (args, format);
    (void) vsnprintf (text, sizeof text, format, args);
    va_end (args);
    escape (text, escaped, sizeof escaped);
    if (atomic_load (&s_structured))
        (void) snprintf (fields, sizeof fields, "{\"text\":\"%s\"}", escaped);
    else
        (void) snprintf (fields, sizeof fields, "{%s}", escaped);
    put (level, actor, event, fields);
}

bool log_wants (message_kind_t kind)
{
    return kind == MSG_LOG_LINE || message_log_level (kind) != MESSAGE_LOG_NONE;
}

/*  Without the empty fields and without a second "level". */
static void dump_line (const log_line_t *line, char *fields, size_t size)
{
    char text[sizeof line->text * 2];
    char client[sizeof line->client_id * 2];
    escape (line->text, text, sizeof text);
    escape (line->client_id, client, sizeof client);
    (void) snprintf (fields, size, "{\"text\":\"%s\"%s%s%s%s%s%s}", text, *client ? ",\"client_id\":\"" : "",
        client, *client ? "\"" : "", *line->x ? ",\"x\":\"" : "", line->x, *line->x ? "\"" : "");
}

void log_message (const char *actor, const message_t *message)
{
    char fields[MESSAGE_TEXT_LOGGED];
    log_level_t level;
    const char *event;

    assert (actor && message);
    if (!log_wants (message->kind))
        return;
    if (message->kind == MSG_LOG_LINE) {
        level = (log_level_t) message->log_line.level;
        event = message->log_line.name;
    } else {
        level = (log_level_t) (message_log_level (message->kind) - MESSAGE_LOG_DEBUG);
        event = message_log_event (message->kind);
    }
    if (message->kind == MSG_ALERT_RAISED && message->alert_raised.severity == ALERT_RAISED_SEVERITY_CRITICAL)
        level = LOG_LEVEL_CRITICAL;
    else if (message->kind == MSG_ALERT_RAISED &&
             message->alert_raised.severity == ALERT_RAISED_SEVERITY_INFO)
        level = LOG_LEVEL_INFO;
    if ((int) level < atomic_load (&s_level))
        return;
    if (message->kind == MSG_LOG_LINE)
        dump_line (&message->log_line, fields, sizeof fields);
    else
        (void) message_dump (message, fields, sizeof fields);
    put (level, actor, event, fields[0] == '{' ? fields : "{}");
}
