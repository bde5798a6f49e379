/*  two_peer.c: see two_peer.h. */
#include "tests/unit/broker/two_peer.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char types[] = "DHPRSUGAWC";
static char body[FRAME_PAYLOAD_MAX];

/*  ---- text to bytes ---- */

static unsigned type_of (char letter)
{
    const char *at = strchr (types, letter);
    return letter == 'X' ? 0xbb : (unsigned) (at - types);
}

static unsigned flag_of (char letter)
{
    switch (letter) {
    case 'e': return FRAME_END_STREAM;
    case 'a': return FRAME_ACK;
    case 'h': return FRAME_END_HEADERS;
    case 'p': return FRAME_PADDED;
    case 'r': return FRAME_HAS_PRIORITY;
    default: fail_msg ("no flag: %c", letter); return 0;
    }
}

static uint8_t digit_of (char letter)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = letter ? strchr (digits, letter) : NULL;
    if (!at)
        fail_msg ("no digit: %c", letter);
    return (uint8_t) (at - digits);
}

/*  Writes the payload behind `to`, where there is room; returns what follows it in the text. */
static const char *payload_put (const char *text, uint8_t *to, size_t *size_p)
{
    size_t size = 0;
    while (*text && *text != ' ') {
        if (*text == ',') {
            text++;
        } else if (*text == '\'') {
            size_t length = strcspn (++text, "'");
            memcpy (to + size, text, length);
            size += length;
            text += length + 1;
        } else if (*text == '(') {
            char *end = NULL;
            size_t length = strtoul (text + 1, &end, 10);
            memset (to + size, 'x', length);
            size += length;
            text = end + 1;
        } else {
            to[size++] = (uint8_t) (digit_of (text[0]) << 4 | digit_of (text[1]));
            text += 2;
        }
    }
    *size_p = size;
    return text;
}

/*  channel_frame_put_head is too careful for what a peer may say. */
static void head_put (uint8_t *at, size_t size, unsigned type, unsigned flags, uint32_t stream)
{
    (void) channel_frame_put_head (at, 0, FRAME_DATA, flags, stream);
    at[0] = (uint8_t) (size >> 16);
    at[1] = (uint8_t) (size >> 8);
    at[2] = (uint8_t) size;
    at[3] = (uint8_t) type;
}

uint8_t *two_peer_bytes (const char *frames, size_t *size_p)
{
    size_t room = strlen (frames) + 1;
    for (const char *at = frames; (at = strchr (at, '(')); at++)
        room += strtoul (at + 1, NULL, 10);
    uint8_t *bytes = malloc (FRAME_HEAD * room);
    assert_non_null (bytes);
    size_t end = 0;
    for (const char *at = frames; *at; at += *at == ' ') {
        unsigned type = type_of (*at);
        unsigned flags = 0;
        for (at += 2; *at != ':'; at++)
            flags |= flag_of (*at);
        char *colon = NULL;
        uint32_t stream = (uint32_t) strtoul (at + 1, &colon, 10);
        assert_int_equal (*colon, ':');
        size_t size = 0;
        at = payload_put (colon + 1, bytes + end + FRAME_HEAD, &size);
        head_put (bytes + end, size, type, flags, stream);
        end += FRAME_HEAD + size;
    }
    *size_p = end;
    return bytes;
}

/*  ---- bytes to text ---- */

static void add (char text[TWO_PEER_TEXT], const char *more)
{
    assert_true (strlen (text) + strlen (more) + 2 < TWO_PEER_TEXT);
    if (text[0])
        (void) strcat (text, " ");
    (void) strcat (text, more);
}

static void expect_body (two_peer_t *self, const channel_frame_t *frame)
{
    size_t i = 0;
    while (i < self->count && self->calls[i]->stream_id != frame->stream)
        i++;
    assert_true (i < self->count && self->sent[i] + frame->size <= self->calls[i]->body_size);
    assert_memory_equal (frame->payload, body + self->sent[i], frame->size);
    self->sent[i] += frame->size;
    bool ends = self->sent[i] == self->calls[i]->body_size;
    assert_int_equal (frame->flags, ends ? FRAME_END_STREAM : 0);
}

static void frame_show (const channel_frame_t *frame, char text[128])
{
    static const char letters[] = "eahpr";
    bool acks = frame->type == FRAME_SETTINGS || frame->type == FRAME_PING;
    size_t end = (size_t) sprintf (text, "%c:", types[frame->type]);
    for (size_t i = 0; i < sizeof letters - 1; i++)
        if ((frame->flags & flag_of (letters[i])) && letters[i] != (acks ? 'e' : 'a'))
            text[end++] = letters[i];
    end += (size_t) sprintf (text + end, ":%u:", frame->stream);
    if (frame->type == FRAME_HEADERS)
        return;
    if (frame->type == FRAME_DATA)
        (void) sprintf (text + end, "(%u)", frame->size);
    else
        for (uint32_t i = 0; i < frame->size && end < 120; i++)
            end += (size_t) sprintf (text + end, "%02x", frame->payload[i]);
}

const char *two_peer_heard (two_peer_t *self)
{
    self->heard[0] = 0;
    while (channel_buffer_size (&self->said) > 0) {
        char text[128] = "";
        channel_frame_t frame;
        const uint8_t *at = self->said.bytes + self->said.begin;
        assert_true (channel_buffer_size (&self->said) >= FRAME_HEAD);
        channel_frame_read_head (&frame, at);
        assert_true (channel_buffer_size (&self->said) >= FRAME_HEAD + frame.size);
        assert_true (frame.type < sizeof types - 1 && frame.size <= FRAME_PAYLOAD_MAX);
        frame.payload = at + FRAME_HEAD;
        if (frame.type == FRAME_DATA)
            expect_body (self, &frame);
        frame_show (&frame, text);
        add (self->heard, text);
        channel_buffer_take (&self->said, FRAME_HEAD + frame.size);
    }
    return self->heard;
}

const char *two_peer_told (two_peer_t *self)
{
    static char told[TWO_PEER_TEXT];
    memcpy (told, self->told, sizeof told);
    self->told[0] = 0;
    return told;
}

/*  ---- the connection ---- */

static void on_finished (void *context, channel_call_t *call)
{
    two_peer_t *self = context;
    char text[128];
    bool mine = false;
    for (size_t i = 0; i < self->count; i++)
        mine = mine || self->calls[i] == call;
    assert_true (mine);
    if (!call->started)
        (void) sprintf (text, "%u:not sent", call->stream_id);
    else if (!call->whole)
        (void) sprintf (text, "%u:unknown", call->stream_id);
    else if (call->reply_size < 64)
        (void) sprintf (
            text, "%u:%d:%.*s", call->stream_id, call->head.status, (int) call->reply_size, call->reply);
    else
        (void) sprintf (text, "%u:%d:(%zu)", call->stream_id, call->head.status, call->reply_size);
    assert_true (call->started || !call->whole);
    assert_true (call->whole || call->reason[0]);
    add (self->told, text);
}

void two_peer_open (two_peer_t *self)
{
    problem_t problem = {0};
    *self = (two_peer_t){.said.most = 4u << 20};
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char) (i * 31 / 7);
    assert_int_equal (channel_target_parse (&self->target, "https://api.example", &problem), 0);
    self->ring = keyring_new (1, &problem);
    assert_non_null (self->ring);
    assert_int_equal (keyring_add (self->ring, "PK1", "secret", &self->keys), 0);
    self->two = channel_two_new (&self->memory, &self->target, on_finished, self);
    assert_non_null (self->two);
}

void two_peer_begin (two_peer_t *self)
{
    two_peer_open (self);
    two_peer_listen (self);
    channel_buffer_take (&self->said, channel_buffer_size (&self->said));
    assert_int_equal (two_peer_say (self, "S::0:"), 0);
    assert_string_equal (two_peer_heard (self), "S:a:0:");
    assert_true (channel_two_settled (self->two));
}

void two_peer_end (two_peer_t *self)
{
    channel_two_destroy (&self->two);
    channel_memory_free (&self->memory);
    for (size_t i = 0; i < self->count; i++)
        channel_call_destroy (&self->calls[i]);
    keys_release (&self->keys);
    keyring_destroy (&self->ring);
    channel_buffer_free (&self->said);
}

static channel_call_t *peer_send (two_peer_t *self, const char *path, size_t body_size)
{
    assert_true (self->count < TWO_PEER_CALLS);
    channel_call_t *call = channel_call_new ();
    assert_non_null (call);
    call->keys = keys_hold (self->keys);
    call->path = path;
    call->body = body;
    call->body_size = body_size;
    call->reply_max = TWO_PEER_REPLY_MAX;
    call->started = true;
    reply_head_clear (&call->head);
    if (channel_two_send (self->two, call, &self->said) != 0) {
        channel_call_destroy (&call);
        return NULL;
    }
    self->calls[self->count++] = call;
    return call;
}

channel_call_t *two_peer_order (two_peer_t *self, size_t body_size)
{
    return peer_send (self, NULL, body_size);
}

channel_call_t *two_peer_read (two_peer_t *self)
{
    return peer_send (self, "/v2/orders?limit=1", 0);
}

void two_peer_listen (two_peer_t *self)
{
    self->output_rc = channel_two_output (self->two, &self->said);
}

int two_peer_say_bytes (two_peer_t *self, const uint8_t *bytes, size_t size, size_t first, size_t piece)
{
    int rc = 0;
    for (size_t at = 0, now = first; rc == 0 && at < size; at += now, now = piece) {
        now = size - at < now ? size - at : now;
        uint8_t *alone = malloc (now); /*  reads beyond it are seen */
        assert_non_null (alone);
        memcpy (alone, bytes + at, now);
        rc = channel_two_input (self->two, alone, now);
        free (alone);
        two_peer_listen (self);
    }
    return rc;
}

int two_peer_say (two_peer_t *self, const char *frames)
{
    size_t size = 0;
    uint8_t *bytes = two_peer_bytes (frames, &size);
    int rc = two_peer_say_bytes (self, bytes, size, size, size);
    free (bytes);
    return rc;
}
