/*  redis_record.h: a mark or a breaker as a Redis hash, and back. Text only; no library, no connection.
 *
 *      tc:dedup:<master>:<X>   qty qty_e9 final first_at executed_at stored_at
 *      tc:breaker:<client>     state failures opened_at retry_at last_error stored_at
 *
 *  Times are RFC 3339 UTC, "" = unknown. Amounts: `qty` is for people, `qty_e9` is what is read. What is read are
 *  bytes from outside: every size, number and time is checked, and an error names the key and the field.
 */
#ifndef REDIS_RECORD_H
#define REDIS_RECORD_H

#include "messages/error.h"
#include "messages/gen/messages.h"

#define REDIS_PREFIX "tc:"
#define REDIS_KEY_MAX 128   /*  longest key of ours, with its NUL */
#define REDIS_VALUE_MAX 160 /*  longest value, with its NUL */
#define REDIS_FIELDS 6      /*  of either hash */

typedef enum { REDIS_MARK, REDIS_BREAKER, REDIS_OTHER } redis_kind_t;

/*  A value as it came; text NULL = the field is not there. Not terminated. */
typedef struct {
    const char *text;
    size_t size;
} redis_text_t;

typedef struct {
    char text[REDIS_FIELDS][REDIS_VALUE_MAX];
} redis_values_t;

/*  What is stored: one of the two, and when it was put (UTC ns, > 0). */
typedef struct {
    redis_kind_t kind;
    int64_t stored_at_ns;
    union {
        state_mark_t mark;
        breaker_changed_t breaker;
    };
} redis_record_t;

/*  Names of the fields, in the order of the values. */
const char *const *redis_record_fields (redis_kind_t kind);
redis_kind_t redis_key_kind (const char *key, size_t size);
/*  Bounds as in docs/messages.md; a mark's X also has no ':' and is not empty. 0 or -ERR_*. */
int redis_record_check (const redis_record_t *self, problem_t *problem);

/*  What is known, after one more was heard of the same key: state.h's rules. false: nothing new in it. */
bool redis_record_join (redis_record_t *known, const redis_record_t *heard);
/*  The same but for when they were stored? */
bool redis_record_same (const redis_record_t *self, const redis_record_t *other);

/*  Of a checked record. */
void redis_record_key (const redis_record_t *self, char key[REDIS_KEY_MAX]);
void redis_record_write (const redis_record_t *self, redis_values_t *values);
/*  -ERR_SYNTAX: the problem's where is the key, its detail names the field. */
int redis_record_read (
    redis_record_t *self, const char *key, size_t size, const redis_text_t *values, problem_t *problem);
/*  The key as a line can show it; text is as long as problem_t's where. Returns text. */
const char *redis_key_line (const char *key, size_t size, char text[96]);

#endif
