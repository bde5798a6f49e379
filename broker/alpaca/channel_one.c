/*  channel_one.c: see channel_one.h. */
#include "broker/alpaca/channel_one.h"

#include "broker/alpaca/http_reply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct channel_one {
    channel_finished_fn *on_finished;
    void *context;
    channel_call_t *call; /*  in flight; NULL = none */
    http_reply_t reply;
    size_t tail_at;   /*  of the head: what a GET's has, too */
    size_t tail_size; /*  the same */
    size_t head_size; /*  an order's, but for keys and length */
    char head[sizeof "POST  HTTP/1.1\r\nHost: \r\nUser-Agent: trade-copier/1\r\nAccept: */*\r\n"
                     "Content-Type: application/json\r\n" +
              sizeof ((channel_target_t *) NULL)->path + sizeof ((channel_target_t *) NULL)->authority];
};

static void head_add (channel_one_t *self, const char *text)
{
    size_t size = strlen (text);
    assert (self->head_size + size < sizeof self->head);
    memcpy (self->head + self->head_size, text, size);
    self->head_size += size;
}

channel_one_t *channel_one_new (
    const channel_target_t *target, channel_finished_fn *on_finished, void *context)
{
    assert (target && on_finished);
    channel_one_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->on_finished = on_finished;
    self->context = context;
    head_add (self, "POST ");
    head_add (self, target->path);
    self->tail_at = self->head_size;
    head_add (self, " HTTP/1.1\r\nHost: ");
    head_add (self, target->authority);
    head_add (self, "\r\nUser-Agent: trade-copier/1\r\nAccept: */*\r\n");
    self->tail_size = self->head_size - self->tail_at;
    head_add (self, "Content-Type: application/json\r\n");
    return self;
}

void channel_one_destroy (channel_one_t **self_p)
{
    assert (self_p);
    free (*self_p);
    *self_p = NULL;
}

size_t channel_one_room (const channel_one_t *self)
{
    assert (self);
    return self->call ? 0 : 1;
}

/*  "Content-Length: N" and the head's end. */
static size_t length_line (size_t size, char line[48])
{
    static const char name[] = "Content-Length: ";
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char) ('0' + size % 10);
        size /= 10;
    } while (size > 0);
    size_t used = sizeof name - 1;
    memcpy (line, name, used);
    memcpy (line + used, digits + at, sizeof digits - at);
    used += sizeof digits - at;
    memcpy (line + used, "\r\n\r\n", 4);
    return used + 4;
}

int channel_one_send (channel_one_t *self, channel_call_t *call, channel_buffer_t *plain)
{
    assert (self && call && plain && !self->call);
    char line[48] = "\r\n";
    size_t line_size = call->path ? 2 : length_line (call->body_size, line);
    size_t path_size = call->path ? strlen (call->path) : 0;
    size_t id_size = strlen (call->keys->id_line);
    size_t secret_size = strlen (call->keys->secret_line);
    int rc = channel_buffer_reserve (
        plain, self->head_size + path_size + id_size + secret_size + 8 + line_size + call->body_size);
    if (rc != 0)
        return rc;
    if (call->path) {
        (void) channel_buffer_put (plain, "GET ", 4);
        (void) channel_buffer_put (plain, call->path, path_size);
        (void) channel_buffer_put (plain, self->head + self->tail_at, self->tail_size);
    } else {
        (void) channel_buffer_put (plain, self->head, self->head_size);
    }
    (void) channel_buffer_put (plain, call->keys->id_line, id_size);
    (void) channel_buffer_put (plain, "\r\n", 2);
    (void) channel_buffer_put (plain, call->keys->secret_line, secret_size);
    (void) channel_buffer_put (plain, "\r\n", 2);
    (void) channel_buffer_put (plain, line, line_size);
    if (!call->path)
        (void) channel_buffer_put (plain, call->body, call->body_size);
    self->call = call;
    http_reply_begin (&self->reply);
    return 0;
}

static int on_body (void *context, const char *bytes, size_t size)
{
    channel_one_t *self = context;
    return channel_call_body (self->call, bytes, size);
}

static void one_finish (channel_one_t *self)
{
    channel_call_t *call = self->call;
    self->call = NULL;
    call->head = self->reply.head;
    call->whole = true;
    self->on_finished (self->context, call);
}

int channel_one_input (channel_one_t *self, const uint8_t *bytes, size_t size)
{
    assert (self && bytes);
    size_t used = 0;
    if (!self->call)
        return size == 0 ? 0 : -ERR_SYNTAX; /*  nobody asked */
    int rc = http_reply_input (&self->reply, (const char *) bytes, size, &used, on_body, self);
    self->call->head.status = self->reply.head.status;
    if (rc != 0)
        return rc;
    if (self->reply.state != HTTP_REPLY_DONE)
        return 0;
    bool keep = self->reply.keep_alive;
    one_finish (self);
    if (used < size)
        return -ERR_SYNTAX;
    return keep ? 0 : -ERR_IO;
}

void channel_one_end (channel_one_t *self)
{
    assert (self);
    if (self->call && self->reply.state == HTTP_REPLY_UNTIL_END && http_reply_end (&self->reply))
        one_finish (self);
}
