/*  http_one.c: HTTP/1.1 on a connection: keep-alive, pipelining (one request is worked on at a time, in order),
 *  chunked bodies both ways. */
#include "broker/simulator/server.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/*  What is wrong with a request that cannot be routed: answered, then the connection is closed. */
static void refuse (exchange_t *exchange, int status)
{
    exchange->refused = status;
    exchange->request.keep_alive = false;
    exchange_work (exchange);
}

static int refusal_of (int64_t error)
{
    return error == -ERR_RANGE ? 431 : 400;
}

/*  0 = the body is not complete; 1 = it is; else a refusal's status. */
static int read_body (connection_t *connection, http_request_t *request)
{
    const char *bytes = http_buffer_bytes (&connection->in);
    size_t size = http_buffer_size (&connection->in);
    size_t max = http_body_max (request);
    if (!request->chunked) {
        if (request->content_length > max)
            return 413;
        if (size < request->content_length)
            return 0;
        http_buffer_put (&request->body, bytes, request->content_length);
        http_buffer_take (&connection->in, request->content_length);
        return 1;
    }
    int64_t used = http_parse_chunked (bytes, size, max, &request->body);
    if (used < 0)
        return used == -ERR_RANGE ? 413 : 400;
    http_buffer_take (&connection->in, (size_t) used);
    return used > 0;
}

static void head_came (connection_t *connection, exchange_t *exchange, size_t head)
{
    http_buffer_take (&connection->in, head);
    exchange->head_done = true;
    http_request_t *request = &exchange->request;
    bool body = request->chunked || request->content_length > 0;
    if (body && request->expect_continue && http_buffer_size (&connection->in) == 0)
        connection_put (connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/*  1 = go on with the next request, 0 = wait for more or for the answer. */
static int step (connection_t *connection)
{
    exchange_t *exchange = connection->exchanges;
    if (exchange && exchange->working)
        return 0; /*  what is behind it waits */
    if (!exchange) {
        exchange = exchange_new (connection, 0);
        if (!exchange)
            return -ERR_MEMORY;
    }
    if (!exchange->head_done) {
        int64_t head = http_parse_head (
            http_buffer_bytes (&connection->in), http_buffer_size (&connection->in), &exchange->request);
        if (head == 0)
            return 0;
        if (head < 0) {
            http_buffer_clear (&connection->in);
            refuse (exchange, refusal_of (head));
            return 0;
        }
        head_came (connection, exchange, (size_t) head);
    }
    http_request_t *request = &exchange->request;
    if (request->arrived_at_ns == 0 &&
        (http_buffer_size (&connection->in) > 0 || request->content_length == 0))
        request->arrived_at_ns = connection->read_at_ns;
    int body = read_body (connection, request);
    if (body == 0)
        return 0;
    if (body == 1)
        exchange_work (exchange);
    else
        refuse (exchange, body);
    return body == 1;
}

int http_one_input (connection_t *connection)
{
    assert (connection);
    int rc = 1;
    while (rc > 0 && !connection->closing && !connection->close_when_sent &&
           connection->protocol == PROTOCOL_ONE && http_buffer_size (&connection->in) > 0)
        rc = step (connection);
    return rc < 0 ? rc : 0;
}

static void put_chunk (connection_t *connection, const http_buffer_t *bytes)
{
    char line[24];
    int size = snprintf (line, sizeof (line), "%zx\r\n", http_buffer_size (bytes));
    connection_put (connection, line, (size_t) size);
    connection_put (connection, http_buffer_bytes (bytes), http_buffer_size (bytes));
    connection_put (connection, "\r\n", 2);
}

static void finish (exchange_t *exchange)
{
    connection_t *connection = exchange->connection;
    if (!exchange->request.keep_alive)
        connection->close_when_sent = true;
    exchange_free (exchange);
}

void http_one_send (exchange_t *exchange)
{
    assert (exchange);
    http_answer_t *answer = &exchange->answer;
    bool more = answer->source || answer->stream;
    http_buffer_t head = {0};
    http_buffer_printf (&head, "HTTP/1.1 %d %s\r\n", answer->status, http_status_text (answer->status));
    answer_header_t headers[ANSWER_HEADERS_MAX];
    size_t count = exchange_headers (exchange, headers);
    for (size_t i = 0; i < count; i++)
        http_buffer_printf (&head, "%s: %s\r\n", headers[i].name, headers[i].value);
    if (more)
        http_buffer_text (&head, "transfer-encoding: chunked\r\n");
    else if (answer->status != 204)
        http_buffer_printf (&head, "content-length: %zu\r\n", http_buffer_size (&answer->body));
    http_buffer_text (&head, exchange->request.keep_alive ? "\r\n" : "connection: close\r\n\r\n");
    if (!more && exchange->request.method != HTTP_HEAD)
        http_buffer_put (&head, http_buffer_bytes (&answer->body), http_buffer_size (&answer->body));
    connection_put (exchange->connection, http_buffer_bytes (&head), http_buffer_size (&head));
    http_buffer_free (&head);
    if (!exchange->connection->closing && !more)
        finish (exchange);
}

/*  Chunks of a long or endless answer; true = it is finished. */
static bool pump_answer (exchange_t *exchange)
{
    connection_t *connection = exchange->connection;
    http_answer_t *answer = &exchange->answer;
    while (!connection->closing && connection_waiting (connection) < OUT_PAUSE) {
        if (http_buffer_size (&answer->body) == 0 && answer->source &&
            !answer->source (answer->context, &answer->body))
            answer->source = NULL;
        if (http_buffer_size (&answer->body) == 0)
            break;
        put_chunk (connection, &answer->body);
        http_buffer_clear (&answer->body);
    }
    return !connection->closing && !answer->source && !answer->stream &&
           http_buffer_size (&answer->body) == 0;
}

void http_one_pump (connection_t *connection)
{
    assert (connection);
    exchange_t *exchange = connection->exchanges;
    if (exchange && exchange->answered && pump_answer (exchange)) {
        connection_put (connection, "0\r\n\r\n", 5);
        if (!connection->closing)
            finish (exchange);
    }
    if (connection->closing || connection->exchanges || http_buffer_size (&connection->in) == 0)
        return;
    connection->corked = true; /*  the next one in the pipeline */
    if (http_one_input (connection))
        connection->close_when_sent = true;
    connection->corked = false;
}
