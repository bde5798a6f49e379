/*  Something that is no Redis, or one that means harm: it takes our commands and answers what it likes.
 *
 *  Whatever it says, the connection ends, the reason is said without our secrets, and another one is tried.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/redis_client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "hunter2"

/*  A server on the client's own loop. `early`: the answer to everything; `late`: the answer to SCAN, after good ones. */
typedef struct {
    uv_tcp_t server;
    const char *early;
    const char *late;
    unsigned connections;
    redis_client_t *client;
} hostile_t;

typedef struct {
    uv_tcp_t tcp; /*  first */
    hostile_t *owner;
    char buffer[65536];
} link_t;

typedef struct {
    uv_write_t request; /*  first */
    char bytes[4096];
} answer_t;

static void on_link_closed (uv_handle_t *handle)
{
    free (handle);
}

static void on_written (uv_write_t *request, int status)
{
    (void) status;
    free (request);
}

static void say (link_t *link, const char *text)
{
    answer_t *answer = calloc (1, sizeof *answer);
    assert_non_null (answer);
    (void) snprintf (answer->bytes, sizeof answer->bytes, "%s", text);
    uv_buf_t buffer = uv_buf_init (answer->bytes, (unsigned) strlen (answer->bytes));
    if (uv_write (&answer->request, (uv_stream_t *) &link->tcp, &buffer, 1, on_written) != 0)
        free (answer);
}

/*  A command begins with a '*' at the beginning of a line. */
static void on_bytes (uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    link_t *link = (link_t *) stream;
    if (size < 0) {
        uv_close ((uv_handle_t *) stream, on_link_closed);
        return;
    }
    buffer->base[size] = '\0';
    for (char *at = buffer->base; at && *at;) {
        char *next = strstr (at + 1, "\n*");
        if (next)
            *next = '\0';
        if (link->owner->early)
            say (link, link->owner->early);
        else
            say (link, strstr (at, "SCAN") ? link->owner->late : "+OK\r\n");
        at = next ? next + 1 : NULL;
    }
}

static void on_buffer (uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    link_t *link = (link_t *) handle;
    (void) suggested;
    *buffer = uv_buf_init (link->buffer, sizeof link->buffer - 1);
}

static void on_connection (uv_stream_t *server, int status)
{
    hostile_t *self = server->data;
    link_t *link = calloc (1, sizeof *link);
    assert_non_null (link);
    assert_int_equal (status, 0);
    link->owner = self;
    self->connections++;
    assert_int_equal (uv_tcp_init (server->loop, &link->tcp), 0);
    assert_int_equal (uv_accept (server, (uv_stream_t *) &link->tcp), 0);
    assert_int_equal (uv_read_start ((uv_stream_t *) &link->tcp, on_buffer, on_bytes), 0);
}

static unsigned listen_on (hostile_t *self, uv_loop_t *loop)
{
    struct sockaddr_in address;
    int size = sizeof address;
    assert_int_equal (uv_ip4_addr ("127.0.0.1", 0, &address), 0);
    assert_int_equal (uv_tcp_init (loop, &self->server), 0);
    self->server.data = self;
    assert_int_equal (uv_tcp_bind (&self->server, (const struct sockaddr *) &address, 0), 0);
    assert_int_equal (uv_listen ((uv_stream_t *) &self->server, 16, on_connection), 0);
    assert_int_equal (uv_tcp_getsockname (&self->server, (struct sockaddr *) &address, &size), 0);
    return ntohs (address.sin_port);
}

static bool tried_twice (void *context)
{
    const hostile_t *self = context;
    return self->connections >= 2 && self->client->away_count > 0 && !self->client->well;
}

static void close_link (uv_handle_t *handle, void *context)
{
    const hostile_t *self = context;
    if (handle->type == UV_TCP && handle != (const uv_handle_t *) &self->server && !uv_is_closing (handle))
        uv_close (handle, on_link_closed);
}

static void survives (const char *early, const char *late, const char *reason)
{
    hostile_t self = {.early = early, .late = late};
    uv_loop_t loop;
    char url[128];
    assert_int_equal (uv_loop_init (&loop), 0);
    (void) snprintf (url, sizeof url, "redis://:" SECRET "@127.0.0.1:%u/3", listen_on (&self, &loop));
    self.client = redis_client_new_on (&loop, url);
    redis_client_wait (self.client, "a second connection", tried_twice, &self);
    if (!strstr (self.client->health, reason))
        fail_msg ("%s: it says \"%s\"", reason, self.client->health);
    assert_null (strstr (self.client->health, SECRET));
    assert_null (strstr (self.client->fault, SECRET));
    uv_close ((uv_handle_t *) &self.server, NULL);
    uv_walk (&loop, close_link, &self);
    redis_client_destroy (&self.client);
    assert_int_equal (uv_loop_close (&loop), 0);
}

static void it_is_no_redis (void **state)
{
    (void) state;
    survives ("HTTP/1.1 400 Bad Request\r\n\r\n", NULL, "Protocol error");
    survives (":1\r\n", NULL, "something else");
    survives ("$-5\r\n", NULL, "");
    survives ("*-5\r\n", NULL, "");
}

static void its_errors_repeat_our_password (void **state)
{
    (void) state;
    survives ("-ERR unknown command `AUTH`, with args beginning with: `" SECRET "`\r\n", NULL,
        "AUTH is answered with ERR");
    survives ("-" SECRET "\r\n", NULL, "something else");
}

static void it_announces_more_than_there_is_memory (void **state)
{
    (void) state;
    survives (NULL, "*2\r\n$1\r\n0\r\n*100000000\r\n", "more than it is asked for");
    survives (NULL, "*2000000000\r\n", "more than it is asked for");
    survives (NULL, "*2\r\n*65536\r\n*65536\r\n*65536\r\n*65536\r\n", "more than it is asked for");
    survives ("*2000000000\r\n", NULL, "more than it is asked for");
}

static void its_scan_is_none (void **state)
{
    (void) state;
    survives (NULL, "+OK\r\n", "SCAN is answered with something else");
    survives (NULL, "*0\r\n", "SCAN");
    survives (NULL, "*2\r\n$2\r\nno\r\n*0\r\n", "SCAN");
    survives (NULL, "*2\r\n$30\r\n123456789012345678901234567890\r\n*0\r\n", "SCAN");
    survives (NULL, "*2\r\n$0\r\n\r\n*0\r\n", "SCAN");
    survives (NULL, "*2\r\n$1\r\n0\r\n$1\r\n0\r\n", "SCAN");
    survives (NULL, "*2\r\n*0\r\n*0\r\n", "SCAN");
    survives (NULL, "*3\r\n$1\r\n0\r\n*0\r\n*0\r\n", "SCAN");
    survives (NULL, "-LOADING Redis is loading the dataset in memory\r\n", "SCAN is answered with LOADING");
    survives (NULL, "-NOPERM " SECRET "\r\n", "SCAN is answered with NOPERM");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (it_is_no_redis),
        cmocka_unit_test (its_errors_repeat_our_password),
        cmocka_unit_test (it_announces_more_than_there_is_memory),
        cmocka_unit_test (its_scan_is_none),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
