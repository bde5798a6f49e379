/*  Any key with any values, as Redis may hold them: a record within its bounds, or an error that names the key. What was
 *  read is written and read again: the same record.
 */
#include "storage/redis_record.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/*  The next part of the input: a byte says how long it is (255 = it is not there). Of its exact size in memory. */
static redis_text_t take (const uint8_t **data, size_t *size)
{
    redis_text_t text = {NULL, 0};
    if (*size == 0 || **data == 255)
        return text;
    size_t wanted = **data;
    ++*data;
    --*size;
    text.size = wanted < *size ? wanted : *size;
    char *copy = malloc (text.size + 1);
    if (!copy)
        abort ();
    memcpy (copy, *data, text.size);
    text.text = copy;
    *data += text.size;
    *size -= text.size;
    return text;
}

static void check_round_trip (const redis_record_t *record)
{
    char key[REDIS_KEY_MAX];
    redis_values_t values;
    redis_text_t texts[REDIS_FIELDS];
    redis_record_t again;
    problem_t problem = {0};
    if (redis_record_check (record, &problem) != 0)
        abort ();
    redis_record_key (record, key);
    redis_record_write (record, &values);
    for (size_t i = 0; i < REDIS_FIELDS; i++)
        texts[i] = (redis_text_t){values.text[i], strlen (values.text[i])};
    if (redis_record_read (&again, key, strlen (key), texts, &problem) != 0)
        abort ();
    if (memcmp (&again, record, sizeof again) != 0)
        abort ();
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    redis_text_t values[REDIS_FIELDS];
    redis_record_t record;
    problem_t problem = {0};
    redis_text_t key = take (&data, &size);
    for (size_t i = 0; i < REDIS_FIELDS; i++)
        values[i] = take (&data, &size);
    if (key.text) {
        if (redis_record_read (&record, key.text, key.size, values, &problem) == 0)
            check_round_trip (&record);
        else if (problem.code == 0)
            abort ();
    }
    free ((void *) (uintptr_t) key.text);
    for (size_t i = 0; i < REDIS_FIELDS; i++)
        free ((void *) (uintptr_t) values[i].text);
    return 0;
}
