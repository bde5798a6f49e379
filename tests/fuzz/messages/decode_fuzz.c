/*  decode_fuzz.c: any bytes, taken as each kind of message: an error, or a message that passes its own check,
 *  encodes, decodes to the same bytes again, and dumps. */
#include "messages/gen/messages.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

static message_t message, again;
static uint8_t encoded[MESSAGE_BYTES_MAX], encoded_again[MESSAGE_BYTES_MAX];
static char text[MESSAGE_TEXT_MAX];

static void try_kind (message_kind_t kind, const uint8_t *bytes, size_t size)
{
    problem_t problem = {0};
    int rc = message_decode (kind, bytes, size, &message, &problem);
    if (rc != 0) {
        assert (problem.code == -rc && problem.where[0] && problem.detail[0]);
        return;
    }
    size_t encoded_size = 0, again_size = 0;
    assert (message_check (&message, NULL) == 0);
    assert (message_encode (&message, encoded, sizeof encoded, &encoded_size) == 0);
    assert (message_decode (kind, encoded, encoded_size, &again, NULL) == 0);
    assert (message_encode (&again, encoded_again, sizeof encoded_again, &again_size) == 0);
    assert (again_size == encoded_size && memcmp (encoded, encoded_again, again_size) == 0);
    size_t length = message_dump (&message, text, sizeof text);
    assert (length == strlen (text) && text[0] == '{' && text[length - 1] == '}');
    assert (strcmp (text, "{\"truncated\":true}") != 0);
}

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    for (unsigned kind = MSG_NONE; kind <= MSG_COUNT; kind++)
        try_kind ((message_kind_t) kind, bytes, size);
    return 0;
}
