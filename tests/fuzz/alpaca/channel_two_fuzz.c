/*  Any bytes as the peer of an HTTP/2 connection with calls open: whole, and cut as the first byte says, they must mean the
 *  same for each call. With bodies that wait they may not: when a window is used depends on when it is asked for.
 */
#include "broker/alpaca/channel_frame.h"
#include "broker/alpaca/channel_two.h"

#include <stdlib.h>
#include <string.h>

#define CALLS 6
#define LONG_BODY FRAME_PAYLOAD_MAX /*  of five the last one waits */
#define SHORT_BODY 20
#define REPLY_MAX 3000

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

typedef struct {
    channel_memory_t memory;
    channel_two_t *two;
    channel_buffer_t plain;
    channel_call_t *calls[CALLS];
    unsigned finished[CALLS]; /*  how often */
    int rc;
} run_t;

static char body[LONG_BODY];
static channel_target_t target;
static keyring_t *ring;
static keys_t *keys;

static void must (bool holds)
{
    if (!holds)
        abort ();
}

static void on_finished (void *context, channel_call_t *call)
{
    run_t *self = context;
    size_t at = 0;
    while (at < CALLS && self->calls[at] != call)
        at++;
    must (at < CALLS && self->finished[at]++ == 0);
    must (call->started || !call->whole);
    must (!call->whole || (call->head_done && call->head.status >= 200 && call->head.status <= 999));
    must (call->whole || call->reason[0]);
}

static void prepare (void)
{
    problem_t problem;
    must (channel_target_parse (&target, "https://api.example", &problem) == 0);
    ring = keyring_new (1, &problem);
    must (ring && keyring_add (ring, "id", "secret", &keys) == 0);
}

/*  What was said is whole frames of a size that every peer takes. */
static void drain (run_t *self, bool hello)
{
    channel_frame_t frame;
    int rc = channel_two_output (self->two, &self->plain);
    must (rc == 0 || rc == -ERR_IO);
    if (hello)
        channel_buffer_take (&self->plain, 24);
    while (channel_buffer_size (&self->plain) > 0) {
        must (channel_buffer_size (&self->plain) >= FRAME_HEAD);
        channel_frame_read_head (&frame, self->plain.bytes + self->plain.begin);
        must (
            frame.size <= FRAME_PAYLOAD_MAX && channel_buffer_size (&self->plain) >= FRAME_HEAD + frame.size);
        channel_buffer_take (&self->plain, FRAME_HEAD + frame.size);
    }
}

static channel_call_t *send_call (run_t *self, size_t i, bool waits)
{
    channel_call_t *call = channel_call_new ();
    must (call);
    call->keys = keys_hold (keys);
    call->path = i == 2 ? "/v2/orders" : NULL;
    call->body = body;
    call->body_size = call->path ? 0 : (waits ? LONG_BODY : SHORT_BODY);
    call->reply_max = REPLY_MAX;
    call->not_after_ns = waits && i == 5 ? 1 : 0; /*  when it is asked again it is too late */
    call->started = true;
    reply_head_clear (&call->head);
    must (channel_two_send (self->two, call, &self->plain) == 0);
    return call;
}

static void begin (run_t *self, bool waits)
{
    *self = (run_t){.plain.most = 1u << 20};
    self->two = channel_two_new (&self->memory, &target, on_finished, self);
    must (self->two);
    drain (self, true);
    for (size_t i = 0; i < CALLS; i++)
        self->calls[i] = send_call (self, i, waits);
    channel_two_cancel (self->two, self->calls[3]);
    drain (self, false);
}

static void feed (run_t *self, const uint8_t *data, size_t size, size_t piece)
{
    for (size_t at = 0; self->rc == 0 && at < size; at += piece) {
        self->rc = channel_two_input (self->two, data + at, size - at < piece ? size - at : piece);
        drain (self, false);
        must (channel_two_room (self->two) <= channel_two_streams (self->two));
    }
    if (self->rc == -ERR_SYNTAX) {
        must (channel_two_input (self->two, data, size) == -ERR_IO);
        must (channel_two_draining (self->two));
    }
}

static void end (run_t *self)
{
    must (self->finished[3] == 0); /*  it was cancelled */
    channel_two_destroy (&self->two);
    for (size_t i = 0; i < CALLS; i++)
        channel_call_destroy (&self->calls[i]);
    channel_memory_free (&self->memory);
    channel_buffer_free (&self->plain);
}

static void expect_same (const run_t *whole, const run_t *cut)
{
    must ((whole->rc == 0) == (cut->rc == 0));
    for (size_t i = 0; i < CALLS; i++) {
        const channel_call_t *a = whole->calls[i], *b = cut->calls[i];
        must (whole->finished[i] == cut->finished[i]);
        must (a->whole == b->whole && a->started == b->started && a->head_done == b->head_done);
        must (a->head.status == b->head.status && a->head.date_ns == b->head.date_ns);
        must (a->reply_size == b->reply_size && memcmp (a->reply, b->reply, a->reply_size) == 0);
        must (strcmp (a->reason, b->reason) == 0);
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static run_t whole, cut;
    if (size < 2 || size > 60000) /*  what it asks for has room, drained or not */
        return 0;
    if (!ring)
        prepare ();
    bool waits = data[0] >= 128;
    begin (&whole, waits);
    begin (&cut, waits);
    feed (&whole, data + 1, size - 1, size);
    feed (&cut, data + 1, size - 1, (size_t) data[0] % 64 + 1);
    if (!waits)
        expect_same (&whole, &cut);
    end (&whole);
    end (&cut);
    return 0;
}
