/*  body_fuzz.c: any bytes as a JSON body: what the quoting lets through is JSON without numbers. */
#include "broker/simulator/http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void no_numbers (const json_t *json)
{
    const char *name;
    json_t *value;
    size_t index;
    if (json_is_number (json))
        abort ();
    json_object_foreach ((json_t *) (uintptr_t) json, name, value) no_numbers (value);
    json_array_foreach (json, index, value) no_numbers (value);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    json_t *json = http_body_parse ((const char *) data, size);
    if (json)
        no_numbers (json);
    json_decref (json);
    return 0;
}
