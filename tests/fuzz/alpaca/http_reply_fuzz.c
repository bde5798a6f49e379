/*  Any bytes as an HTTP/1.1 answer: whole, and cut as the first byte says, they must mean the same. */
#include "broker/alpaca/http_reply.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

typedef struct {
    uint64_t sum;
    size_t size;
} kept_t;

static int on_body (void *context, const char *bytes, size_t size)
{
    kept_t *kept = context;
    for (size_t i = 0; i < size; i++)
        kept->sum = kept->sum * 31 + (unsigned char) bytes[i];
    kept->size += size;
    return 0;
}

static int read_in (http_reply_t *reply, kept_t *kept, const char *bytes, size_t size, size_t piece)
{
    int rc = 0;
    size_t used = 0;
    http_reply_begin (reply);
    for (size_t at = 0; rc == 0 && at < size && reply->state != HTTP_REPLY_DONE; at += used)
        rc =
            http_reply_input (reply, bytes + at, size - at < piece ? size - at : piece, &used, on_body, kept);
    return rc;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    static http_reply_t whole, cut;
    kept_t whole_kept = {0}, cut_kept = {0};
    const char *bytes = (const char *) data + 1;
    int whole_rc = read_in (&whole, &whole_kept, bytes, size - 1, size);
    int cut_rc = read_in (&cut, &cut_kept, bytes, size - 1, (size_t) data[0] % 17 + 1);
    if (whole_rc != cut_rc || whole.state != cut.state || whole.head.status != cut.head.status ||
        whole.head.date_ns != cut.head.date_ns || whole.keep_alive != cut.keep_alive ||
        whole_kept.sum != cut_kept.sum || whole_kept.size != cut_kept.size)
        abort ();
    return 0;
}
