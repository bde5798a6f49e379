/*  request_fuzz.c: any bytes as an HTTP/1.1 request: head, chunked body, query, route. */
#include "broker/simulator/routes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const route_t TABLE[] = {{HTTP_GET, "/v2/orders/*", NULL}, {HTTP_POST, "/v2/orders", NULL},
    {HTTP_GET, "/v2/stocks/*/trades/latest", NULL}};

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    http_request_t request = {.query = ""};
    int64_t head = http_parse_head ((const char *) data, size, &request);
    if (head > 0) {
        char value[HTTP_VALUE_MAX];
        (void) http_query (request.query, "a", value);
        char argument[HTTP_PATH_MAX];
        bool known = false;
        (void) routes_find (TABLE, 3, request.method, request.path, argument, &known);
        int64_t used =
            http_parse_chunked ((const char *) data + head, size - (size_t) head, 1000, &request.body);
        if (used > 0 && (used > (int64_t) (size - (size_t) head) || http_buffer_size (&request.body) > 1000))
            abort ();
    }
    http_request_free (&request);
    return 0;
}
