/*  channel_call.c: see channel_call.h. */
#include "broker/alpaca/channel_call.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_SMALLEST 2048

void channel_calls_append (channel_calls_t *self, channel_call_t *call)
{
    assert (self && call && !call->next && !call->prev);
    call->prev = self->last;
    if (self->last)
        self->last->next = call;
    else
        self->first = call;
    self->last = call;
    self->count++;
}

void channel_calls_push (channel_calls_t *self, channel_call_t *call)
{
    assert (self && call && !call->next && !call->prev);
    call->next = self->first;
    if (self->first)
        self->first->prev = call;
    else
        self->last = call;
    self->first = call;
    self->count++;
}

void channel_calls_remove (channel_calls_t *self, channel_call_t *call)
{
    assert (self && call && self->count > 0);
    if (call->prev)
        call->prev->next = call->next;
    else
        self->first = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        self->last = call->prev;
    call->next = call->prev = NULL;
    self->count--;
}

channel_call_t *channel_calls_pop (channel_calls_t *self)
{
    channel_call_t *call = self->first;
    if (call)
        channel_calls_remove (self, call);
    return call;
}

channel_call_t *channel_call_new (void)
{
    channel_call_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->reply = malloc (REPLY_SMALLEST);
    if (self->reply) {
        memset (self->reply, ' ', REPLY_SMALLEST);
        self->reply_capacity = REPLY_SMALLEST;
    }
    return self;
}

void channel_call_destroy (channel_call_t **self_p)
{
    assert (self_p);
    channel_call_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    keys_release (&self->keys);
    free (self->reply);
    free (self);
}

void channel_call_say (channel_call_t *self, const char *reason)
{
    assert (self && reason);
    TEXT_SET (self->reason, reason);
}

int channel_call_body (channel_call_t *self, const char *bytes, size_t size)
{
    assert (self && (bytes || size == 0));
    if (size > self->reply_max - self->reply_size) {
        channel_call_say (self, "the answer is larger than this call's bound");
        return -ERR_FULL;
    }
    if (self->reply_size + size > self->reply_capacity) {
        size_t capacity = self->reply_capacity ? self->reply_capacity : REPLY_SMALLEST;
        while (capacity < self->reply_size + size)
            capacity *= 2;
        char *reply = realloc (self->reply, capacity);
        if (!reply) {
            channel_call_say (self, "no room for the answer");
            return -ERR_MEMORY;
        }
        self->reply = reply;
        self->reply_capacity = capacity;
        self->allocations++;
    }
    if (size > 0)
        memcpy (self->reply + self->reply_size, bytes, size);
    self->reply_size += size;
    return 0;
}

static int target_refuse (problem_t *problem)
{
    return problem_set (problem, ERR_SETTING, "base_url", "expected http://host[:port] or https://…");
}

/*  host[:port], or [address][:port]. */
static int target_authority (channel_target_t *self, problem_t *problem)
{
    const char *text = self->authority;
    const char *end = *text == '[' ? strchr (text, ']') : text + strcspn (text, ":");
    if (!end || end == text)
        return target_refuse (problem);
    const char *after = *end == ']' ? end + 1 : end;
    const char *host = *text == '[' ? text + 1 : text;
    size_t size = (size_t) (end - host);
    const char *port = *after == ':' ? after + 1 : (self->tls ? "443" : "80");
    size_t digits = strspn (port, "0123456789");
    if (size == 0 || size >= sizeof self->host || digits == 0 || digits >= sizeof self->port ||
        port[digits] || (*after && *after != ':'))
        return target_refuse (problem);
    memcpy (self->host, host, size);
    self->host[size] = 0;
    memcpy (self->port, port, digits + 1);
    return 0;
}

int channel_target_parse (channel_target_t *self, const char *url, problem_t *problem)
{
    static const char orders[] = "/v2/orders";
    assert (self && url);
    self->tls = strncmp (url, "https://", 8) == 0;
    if (!self->tls && strncmp (url, "http://", 7) != 0)
        return target_refuse (problem);
    const char *authority = url + (self->tls ? 8 : 7);
    size_t size = strcspn (authority, "/?#@");
    size_t path_size = strlen (authority + size);
    if (size == 0 || size >= sizeof self->authority || (path_size > 0 && authority[size] != '/') ||
        path_size + sizeof orders > sizeof self->path)
        return target_refuse (problem);
    memcpy (self->authority, authority, size);
    self->authority[size] = 0;
    memcpy (self->path, authority + size, path_size);
    memcpy (self->path + path_size, orders, sizeof orders);
    return target_authority (self, problem);
}
