/*  redis_write: records to Redis, pipelined, and the beat that notices a Redis that was wiped under our feet.
 */
#include "storage/redis_part.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_MAX 256
#define WRITER_KEY REDIS_PREFIX "writer"

const char *redis_error_word (const redisReply *reply, char word[WORD_MAX])
{
    size_t size = 0;
    while (size < reply->len && size + 1 < WORD_MAX && reply->str[size] >= 'A' && reply->str[size] <= 'Z') {
        word[size] = reply->str[size];
        size++;
    }
    word[size] = '\0';
    if (size == 0)
        (void) snprintf (word, WORD_MAX, "an error");
    return word;
}

redis_request_t *redis_request_new (redis_state_t *self, const char *key, size_t size)
{
    redis_request_t *request = calloc (1, sizeof *request);
    if (!request)
        return NULL;
    request->self = self;
    request->key_size = size < REDIS_KEY_MAX ? size : REDIS_KEY_MAX - 1;
    memcpy (request->key, key, request->key_size);
    return request;
}

/*  Of another type: that key is not ours, and writing again would not help. Anything else: again, later. */
static void refused (redis_state_t *self, const redis_request_t *request, const redisReply *reply)
{
    char word[WORD_MAX];
    problem_t problem = {0};
    (void) redis_error_word (reply, word);
    if (strcmp (word, "WRONGTYPE") == 0) {
        (void) redis_key_line (request->key, request->key_size, problem.where);
        problem.code = ERR_TYPE;
        (void) snprintf (problem.detail, sizeof problem.detail,
            "is no hash, so it cannot be written: delete it (redis-cli DEL)");
        redis_state_fault (self, &problem);
        return;
    }
    redis_table_t *table = redis_state_table (self, redis_key_kind (request->key, request->key_size));
    redis_entry_t *entry = redis_table_find (table, request->key);
    if (entry)
        redis_table_mark (table, entry, true);
    redis_state_refused (self, word);
}

static void on_written (redisAsyncContext *redis, void *answer, void *context)
{
    redis_request_t *request = context;
    redis_state_t *self = request->self;
    const redisReply *reply = answer;
    if (reply && self->redis == redis) {
        assert (self->in_flight > 0);
        self->in_flight--;
        if (reply->type == REDIS_REPLY_ERROR)
            refused (self, request, reply);
        else
            self->written++;
        redis_state_write (self);
        redis_state_settle (self);
    }
    free (request);
}

/*  false: out of memory or the connection is ending; the record stays dirty. */
static bool send_command (
    redis_state_t *self, const redis_entry_t *entry, int count, const char **arguments, const size_t *sizes)
{
    redis_request_t *request = redis_request_new (self, entry->key, strlen (entry->key));
    if (!request)
        return false;
    if (redisAsyncCommandArgv (self->redis, on_written, request, count, arguments, sizes) != REDIS_OK) {
        free (request);
        return false;
    }
    self->in_flight++;
    return true;
}

static bool send_expiry (redis_state_t *self, const redis_entry_t *entry)
{
    char seconds[16];
    (void) snprintf (seconds, sizeof seconds, "%u", (unsigned) self->config.mark_ttl_s);
    const char *arguments[] = {"EXPIRE", entry->key, seconds};
    const size_t sizes[] = {strlen ("EXPIRE"), strlen (entry->key), strlen (seconds)};
    return send_command (self, entry, 3, arguments, sizes);
}

static bool send_record (redis_state_t *self, const redis_entry_t *entry)
{
    redis_values_t values;
    const char *arguments[ARGUMENTS_MAX] = {"HSET", entry->key};
    size_t sizes[ARGUMENTS_MAX] = {strlen ("HSET"), strlen (entry->key)};
    const char *const *fields = redis_record_fields (entry->record.kind);
    redis_record_write (&entry->record, &values);
    for (size_t i = 0; i < REDIS_FIELDS; i++) {
        arguments[2 + 2 * i] = fields[i];
        sizes[2 + 2 * i] = strlen (fields[i]);
        arguments[3 + 2 * i] = values.text[i];
        sizes[3 + 2 * i] = strlen (values.text[i]);
    }
    return send_command (self, entry, ARGUMENTS_MAX, arguments, sizes) &&
           (entry->record.kind == REDIS_BREAKER || send_expiry (self, entry));
}

/*  false: there is none, or it cannot be sent now. */
static bool write_next (redis_state_t *self)
{
    redis_table_t *table = self->breakers.dirty > 0 ? &self->breakers : &self->marks;
    redis_entry_t *entry = redis_table_next_dirty (table);
    if (!entry || !send_record (self, entry))
        return false;
    redis_table_mark (table, entry, false);
    return true;
}

void redis_state_write (redis_state_t *self)
{
    assert (self);
    if (self->phase != PHASE_READY || redis_clock_ns (CLOCK_MONOTONIC) < self->paused_until_ns)
        return;
    while (self->in_flight < IN_FLIGHT_MAX && write_next (self))
        ;
}

/*  ---- the beat ---- */

/*  Later than at the beginning of a connection: nobody knows what went before the sign was there. */
static void on_signed_in (redisAsyncContext *redis, void *answer, void *context)
{
    redis_state_t *self = context;
    const redisReply *reply = answer;
    char word[WORD_MAX];
    if (!reply || self->redis != redis)
        return;
    self->signed_in = reply->type == REDIS_REPLY_STATUS;
    if (reply->type == REDIS_REPLY_ERROR) {
        self->beat_at_ns = 0;
        redis_state_refused (self, redis_error_word (reply, word));
    } else if (self->phase == PHASE_READY) {
        redis_table_mark_all (&self->marks);
        redis_table_mark_all (&self->breakers);
        redis_state_write (self);
        redis_state_settle (self);
    }
}

static void wiped (redis_state_t *self)
{
    redis_state_unwell (
        self, "its keys are gone: it was wiped, or makes room; all of them are written again");
    self->signed_in = false;
    self->beat_at_ns = 0;
}

/*  The last one to come stands there, and stays. */
static void on_stranger (redis_state_t *self, const redisReply *reply)
{
    problem_t problem = {0};
    char line[96];
    bool text = reply->type == REDIS_REPLY_STRING;
    if (self->strange)
        return;
    self->strange = true;
    (void) problem_set (&problem, ERR_EXISTS, WRITER_KEY,
        "holds \"%.60s\": another copier writes here too; give each its own Redis database",
        text ? redis_key_line (reply->str, reply->len, line) : "something else");
    redis_state_fault (self, &problem);
}

static void on_beat (redisAsyncContext *redis, void *answer, void *context)
{
    redis_state_t *self = context;
    const redisReply *reply = answer;
    if (!reply || self->redis != redis)
        return;
    size_t size = strlen (self->writer);
    if (reply->type == REDIS_REPLY_NIL)
        wiped (self);
    else if (reply->type != REDIS_REPLY_STRING || reply->len != size ||
             memcmp (reply->str, self->writer, size) != 0)
        on_stranger (self, reply);
    else
        self->strange = false;
}

void redis_state_beat (redis_state_t *self)
{
    assert (self && self->redis);
    if (self->signed_in)
        (void) redisAsyncCommand (self->redis, on_beat, self, "GET %s", WRITER_KEY);
    else
        (void) redisAsyncCommand (self->redis, on_signed_in, self, "SET %s %s", WRITER_KEY, self->writer);
}
