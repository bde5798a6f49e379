/*  redis_read: what Redis holds of ours, at each new connection: SCAN, then each key's fields. Everything that comes
 *  is bytes from outside.
 */
#include "storage/redis_part.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 50000 /*  more are not read */

static void scan (redis_state_t *self);

static void drop (redis_state_t *self, const char *command, const redisReply *reply)
{
    char word[WORD_MAX];
    char why[96];
    bool error = reply->type == REDIS_REPLY_ERROR;
    (void) snprintf (why, sizeof why, "%s is answered with %s", command,
        error ? redis_error_word (reply, word) : "something else");
    self->config.drop (self->config.context, why);
}

void redis_state_read_done (redis_state_t *self, const char *why_early)
{
    problem_t problem = {0};
    if (self->faults > FAULTS_TOLD) {
        (void) problem_set (&problem, ERR_SYNTAX, REDIS_PREFIX "*", "%llu more keys cannot be read",
            (unsigned long long) (self->faults - FAULTS_TOLD));
        self->config.fault (self->config.context, &problem);
    }
    if (why_early) {
        (void) problem_set (&problem, ERR_TIMEOUT, REDIS_PREFIX "*", "%s: read are %u keys", why_early,
            (unsigned) self->found);
        self->config.fault (self->config.context, &problem);
    }
    self->phase = PHASE_READY;
    self->beat_at_ns = 0;
    redis_state_write (self);
    redis_state_refreshed (self, why_early ? -ERR_TIMEOUT : 0);
    redis_state_settle (self);
}

static void no_room (redis_state_t *self, const char *key)
{
    problem_t problem = {0};
    char where[96];
    (void) problem_set (&problem, ERR_FULL, redis_key_line (key, strlen (key), where),
        "one breaker too many: the rest of them is not read");
    redis_state_fault (self, &problem);
}

/*  What Redis has is known from here on; what we knew better is written. */
static void merge (redis_state_t *self, const redis_record_t *record, const char *key)
{
    redis_table_t *table = redis_state_table (self, record->kind);
    redis_entry_t *entry = redis_table_find (table, key);
    if (entry) {
        (void) redis_record_join (&entry->record, record);
        redis_table_mark (table, entry, !redis_record_same (&entry->record, record));
        return;
    }
    entry = redis_table_add (table, key);
    if (entry)
        entry->record = *record;
    else
        no_room (self, key);
}

/*  The values of a hash; false: it is not there any more, or none we can read. */
static bool values_of (const redisReply *reply, redis_text_t values[REDIS_FIELDS], const char **fault_p)
{
    bool any = false;
    *fault_p = NULL;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != REDIS_FIELDS) {
        *fault_p = reply->type == REDIS_REPLY_ERROR ? "is no hash" : "is answered with something else";
        return false;
    }
    for (size_t i = 0; i < REDIS_FIELDS; i++) {
        const redisReply *value = reply->element[i];
        if (value->type != REDIS_REPLY_STRING && value->type != REDIS_REPLY_NIL) {
            *fault_p = "has a field that is no text";
            return false;
        }
        bool there = value->type == REDIS_REPLY_STRING;
        values[i] = (redis_text_t){.text = there ? value->str : NULL, .size = there ? value->len : 0};
        any = any || there;
    }
    return any;
}

static void take (redis_state_t *self, const redis_request_t *request, const redisReply *reply)
{
    redis_text_t values[REDIS_FIELDS];
    redis_record_t record;
    const char *fault = NULL;
    problem_t problem = {0};
    if (values_of (reply, values, &fault)) {
        if (redis_record_read (&record, request->key, request->key_size, values, &problem) == 0)
            merge (self, &record, request->key);
        else
            redis_state_fault (self, &problem);
    } else if (fault) {
        char where[96];
        (void) problem_set (
            &problem, ERR_TYPE, redis_key_line (request->key, request->key_size, where), "%s", fault);
        redis_state_fault (self, &problem);
    }
}

static void on_values (redisAsyncContext *redis, void *answer, void *context)
{
    redis_request_t *request = context;
    redis_state_t *self = request->self;
    const redisReply *reply = answer;
    if (reply && self->redis == redis && self->phase == PHASE_READING) {
        assert (self->reading > 0);
        self->reading--;
        take (self, request, reply);
        if (self->reading == 0)
            scan (self);
    }
    free (request);
}

static void ask (redis_state_t *self, const redisReply *key)
{
    redis_kind_t kind = key->type == REDIS_REPLY_STRING ? redis_key_kind (key->str, key->len) : REDIS_OTHER;
    if (kind == REDIS_OTHER || self->found >= KEYS_MAX)
        return;
    if (key->len >= REDIS_KEY_MAX || memchr (key->str, '\0', key->len)) {
        problem_t problem = {0};
        char where[96];
        (void) problem_set (
            &problem, ERR_SYNTAX, redis_key_line (key->str, key->len, where), "its name is none of ours");
        redis_state_fault (self, &problem);
        return;
    }
    redis_request_t *request = redis_request_new (self, key->str, key->len);
    if (!request)
        return;
    const char *const *fields = redis_record_fields (kind);
    const char *arguments[2 + REDIS_FIELDS] = {"HMGET", request->key};
    size_t sizes[2 + REDIS_FIELDS] = {strlen ("HMGET"), request->key_size};
    for (size_t i = 0; i < REDIS_FIELDS; i++) {
        arguments[2 + i] = fields[i];
        sizes[2 + i] = strlen (fields[i]);
    }
    self->found++;
    if (redisAsyncCommandArgv (self->redis, on_values, request, 2 + REDIS_FIELDS, arguments, sizes) ==
        REDIS_OK)
        self->reading++;
    else
        free (request);
}

/*  [cursor, [key, …]] */
static bool scanned (const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return false;
    const redisReply *cursor = reply->element[0];
    if (cursor->type != REDIS_REPLY_STRING || cursor->len == 0 || cursor->len >= WORD_MAX)
        return false;
    for (size_t i = 0; i < cursor->len; i++)
        if (cursor->str[i] < '0' || cursor->str[i] > '9')
            return false;
    return reply->element[1]->type == REDIS_REPLY_ARRAY;
}

static void on_scanned (redisAsyncContext *redis, void *answer, void *context)
{
    redis_state_t *self = context;
    const redisReply *reply = answer;
    if (!reply || self->redis != redis || self->phase != PHASE_READING)
        return;
    if (!scanned (reply)) {
        drop (self, "SCAN", reply);
        return;
    }
    const redisReply *keys = reply->element[1];
    (void) snprintf (
        self->cursor, sizeof self->cursor, "%.*s", (int) reply->element[0]->len, reply->element[0]->str);
    for (size_t i = 0; i < keys->elements; i++)
        ask (self, keys->element[i]);
    if (self->reading == 0)
        scan (self);
}

/*  The next part of the key space; after the last one it is read. */
static void scan (redis_state_t *self)
{
    if (self->found >= KEYS_MAX)
        redis_state_read_done (self, "there are too many");
    else if (strcmp (self->cursor, "0") == 0)
        redis_state_read_done (self, NULL);
    else if (redisAsyncCommand (self->redis, on_scanned, self, "SCAN %s MATCH %s* COUNT 1000",
                 *self->cursor ? self->cursor : "0", REDIS_PREFIX) != REDIS_OK)
        redis_state_read_done (self, "it cannot be asked");
}

void redis_state_read (redis_state_t *self)
{
    assert (self && self->redis);
    *self->cursor = '\0';
    scan (self);
}
