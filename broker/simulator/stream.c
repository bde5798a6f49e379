/*  stream.c: one trade_updates socket: handshake, auth, listen, ping (alpaca-api.md section 3). */
#include "broker/simulator/stream.h"
#include "broker/simulator/server_faults.h"
#include "broker/simulator/stream_frame.h"
#include "broker/simulator/stream_hub.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void stream_send (stream_t *self, frame_opcode_t opcode, const char *payload, size_t size)
{
    assert (self);
    connection_t *connection = self->connection;
    simulator_t *server = connection->server;
    if (connection->closing)
        return;
    if (faults_mute (server->faults, self->authorized ? self->account : UINT32_MAX, server_utc_ns ()))
        return;
    if (connection_waiting (connection) > OUT_MAX) {
        connection_close (connection);
        return;
    }
    http_buffer_t frame = {0};
    frame_put (&frame, opcode, payload, size);
    connection_put (connection, http_buffer_bytes (&frame), http_buffer_size (&frame));
    http_buffer_free (&frame);
    connection_kick (connection);
}

static void say (stream_t *self, const char *json)
{
    stream_send (self, self->text ? FRAME_TEXT : FRAME_BINARY, json, strlen (json));
}

static void close_with (stream_t *self, unsigned code)
{
    char payload[2] = {(char) (code >> 8), (char) (code & 0xff)};
    stream_send (self, FRAME_CLOSE, payload, 2);
    self->connection->close_when_sent = true;
}

static const char *text_of (const json_t *object, const char *name)
{
    const char *text = http_body_text (object, name);
    return text ? text : "";
}

static int account_of (
    const stream_t *self, const char *key, const char *secret, const char *token, uint32_t *account_p)
{
    const engine_t *engine = self->connection->server->engine;
    const char *colon = strchr (token, ':');
    if (!colon)
        return engine_account_by_keys (engine, key, secret, account_p);
    char name[128];
    snprintf (name, sizeof (name), "%.*s", (int) (colon - token), token);
    return engine_account_by_keys (engine, name, colon + 1, account_p);
}

static void on_auth (stream_t *self, const json_t *message)
{
    const json_t *data = json_object_get (message, "data");
    const char *key = text_of (message, "key");
    const char *secret = text_of (message, "secret");
    if (json_is_object (data)) {
        key = text_of (data, "key_id");
        secret = text_of (data, "secret_key");
    }
    uint32_t account = 0;
    if (account_of (self, key, secret, data ? text_of (data, "oauth_token") : "", &account)) {
        say (self, "{\"stream\":\"authorization\",\"data\":{\"status\":\"unauthorized\",\"action\":"
                   "\"authenticate\"}}");
        return;
    }
    if (hub_claim (self, account)) {
        say (self, "{\"action\":\"error\",\"data\":{\"error_message\":\"connection limit exceeded\"}}");
        close_with (self, 1008);
        return;
    }
    say (self,
        "{\"stream\":\"authorization\",\"data\":{\"status\":\"authorized\",\"action\":\"authenticate\"}}");
}

static void on_listen (stream_t *self, const json_t *message)
{
    if (!self->authorized) {
        say (self,
            "{\"stream\":\"authorization\",\"data\":{\"status\":\"unauthorized\",\"action\":\"listen\"}}");
        return;
    }
    const json_t *wanted = json_object_get (json_object_get (message, "data"), "streams");
    size_t index;
    const json_t *name;
    self->listening = false;
    json_array_foreach (wanted, index, name)
    {
        const char *text = json_string_value (name);
        self->listening = self->listening || (text && strcmp (text, "trade_updates") == 0);
    }
    say (self, self->listening ? "{\"stream\":\"listening\",\"data\":{\"streams\":[\"trade_updates\"]}}"
                               : "{\"stream\":\"listening\",\"data\":{\"streams\":[]}}");
}

static void on_message (stream_t *self, const char *bytes, size_t size)
{
    json_t *message = http_body_parse (bytes, size);
    const char *action = message ? text_of (message, "action") : "";
    if (strcmp (action, "auth") == 0 || strcmp (action, "authenticate") == 0)
        on_auth (self, message);
    else if (strcmp (action, "listen") == 0)
        on_listen (self, message);
    else
        say (self, "{\"action\":\"error\",\"data\":{\"error_message\":\"invalid message\"}}");
    json_decref (message);
}

/*  Control frames answer at once; data frames are joined up to their end. */
static int on_frame (stream_t *self, const frame_t *frame)
{
    switch (frame->opcode) {
    case FRAME_PING: stream_send (self, FRAME_PONG, frame->payload, frame->size); return 0;
    case FRAME_PONG: return 0;
    case FRAME_CLOSE:
        stream_send (self, FRAME_CLOSE, frame->payload, frame->size < 2 ? 0 : 2);
        self->connection->close_when_sent = true;
        return 0;
    case FRAME_CONTINUATION:
        if (!self->in_parts)
            return -ERR_SYNTAX;
        break;
    default:
        if (self->in_parts)
            return -ERR_SYNTAX;
    }
    if (http_buffer_size (&self->message) + frame->size > FRAME_PAYLOAD_MAX)
        return -ERR_RANGE;
    http_buffer_put (&self->message, frame->payload, frame->size);
    self->in_parts = !frame->fin;
    if (frame->fin) {
        http_buffer_t message = self->message; /*  an answer may close us */
        memset (&self->message, 0, sizeof (self->message));
        on_message (self, http_buffer_bytes (&message), http_buffer_size (&message));
        http_buffer_free (&message);
    }
    return 0;
}

int stream_input (stream_t *self)
{
    assert (self);
    connection_t *connection = self->connection;
    int rc = 0;
    while (!rc && !connection->closing && !connection->close_when_sent) {
        size_t size = http_buffer_size (&connection->in);
        frame_t frame;
        int64_t used = frame_parse ((char *) (uintptr_t) http_buffer_bytes (&connection->in), size, &frame);
        if (used <= 0)
            return (int) used;
        rc = on_frame (self, &frame);
        if (!connection->closing)
            http_buffer_take (&connection->in, (size_t) used);
    }
    return rc;
}

void stream_gone (stream_t *self)
{
    assert (self);
    hub_release (self);
}

void stream_free (stream_t *self)
{
    if (self)
        http_buffer_free (&self->message);
    free (self);
}

void stream_upgrade (exchange_t *exchange)
{
    assert (exchange && exchange->stream_id == 0);
    connection_t *connection = exchange->connection;
    stream_t *self = calloc (1, sizeof (*self));
    if (!self) {
        connection_close (connection);
        return;
    }
    self->connection = connection;
    char kind[HTTP_VALUE_MAX];
    self->text = http_query (exchange->request.query, "frames", kind) && strcmp (kind, "text") == 0;
    char accept[32];
    frame_accept (exchange->request.websocket_key, accept);
    http_buffer_t head = {0};
    http_buffer_printf (&head,
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        "sec-websocket-accept: %s\r\n\r\n",
        accept);
    connection->stream = self;
    connection->protocol = PROTOCOL_STREAM;
    exchange_free (exchange);
    connection_put (connection, http_buffer_bytes (&head), http_buffer_size (&head));
    http_buffer_free (&head);
    connection_kick (connection);
}
