/*  stream.c: why it exists: libwebsockets' callbacks as the steps of one attempt to listen.
 *
 *  | state      | event                 | then                                   |
 *  |------------|-----------------------|----------------------------------------|
 *  | resolving  | addresses             | connect to the first                   |
 *  | connecting | refused before TCP    | the next address, or DOWN              |
 *  | connecting | HTTP status not 101   | REFUSED                                |
 *  | connecting | 101                   | CONNECTED, send auth                   |
 *  | CONNECTED  | authorized            | AUTHORIZED, send listen                |
 *  | CONNECTED  | unauthorized          | BAD_KEYS                               |
 *  | AUTHORIZED | listening             | LISTENING                              |
 *  | any        | trade_updates         | on_update                              |
 *  | any        | closed, 30 s of quiet | DOWN                                   |
 *
 *  A connection (wsi) may outlive its stream_t: it then has no opaque user data and closes itself.
 */
#include "broker/alpaca/stream.h"

#include "broker/alpaca/json.h"
#include "broker/alpaca/resolve.h"
#include "broker/alpaca/stream_url.h"
#include "messages/stage.h"
#include "messages/trade_path.h"
#include "messages/text.h"

#include <libwebsockets.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX (1024u * 1024)
#define REPLY_TIMEOUT_NS INT64_C (10000000000)
#define CLOSE_TIMEOUT_S 3
#define OUT_MAX (2 * KEYS_TEXT_MAX + 64)

static const lws_retry_bo_t validity = {.secs_since_valid_ping = 10, .secs_since_valid_hangup = 30};

typedef enum { OUT_NOTHING, OUT_AUTH, OUT_LISTEN } out_t;

typedef struct {
    streams_t *owner;
    uint32_t account;
    keys_t *keys;
    struct lws *wsi; /*  NULL: none yet */
    resolve_t *resolve;
    resolve_result_t addresses;
    size_t next;                  /*  address to try */
    lws_sorted_usec_list_t timer; /*  the next address; never from inside a failure's callback */
    lws_sorted_usec_list_t
        silence; /*  no answer to auth or listen. Not lws_set_timer_usecs: 4.1 cannot cancel it */
    broker_stream_state_t state;
    out_t out;         /*  what to write when the socket takes it */
    bool upgrade_sent; /*  an attempt was made: no other address */
    bool established;
    uint8_t *frame; /*  the pieces of one message */
    size_t size;
    size_t capacity;
    bool skipping; /*  the rest of a message that is too large */
} stream_t;

struct streams {
    struct lws_context *lws; /*  borrowed */
    struct lws_vhost *vhost;
    void *uv_loop;
    stream_url_t url;
    uint32_t max_accounts;
    stream_t **slots;
    stream_t *attempt; /*  whose lws_client_connect_via_info runs; NULL again if it ended inside */
    broker_stream_fn *on_state;
    broker_update_fn *on_update;
    void *context;
    lws_usec_t reply_timeout_us;
    streams_counts_t counts;
};

/*  Frees the stream; its connection, if any, closes by itself. */
static void stream_drop (stream_t *self)
{
    streams_t *owner = self->owner;
    if (owner->slots[self->account] == self)
        owner->slots[self->account] = NULL;
    if (owner->attempt == self)
        owner->attempt = NULL;
    lws_sul_cancel (&self->timer);
    lws_sul_cancel (&self->silence);
    resolve_cancel (&self->resolve);
    if (self->wsi) {
        lws_set_opaque_user_data (self->wsi, NULL);
        if (self->established) {
            /*  say goodbye, so that the broker does not keep the dead socket for 90 s */
            lws_set_timeout (self->wsi, PENDING_TIMEOUT_CLOSE_SEND, CLOSE_TIMEOUT_S);
            (void) lws_callback_on_writable (self->wsi);
        } else {
            lws_set_timeout (self->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
        }
    }
    keys_release (&self->keys);
    free (self->frame);
    free (self);
}

/*  The one last word. The caller may open the account again from inside it. */
static void stream_end (stream_t *self, broker_stream_state_t state, const char *reason)
{
    streams_t *owner = self->owner;
    char text[REASON_MAX];
    TEXT_SET (text, reason);
    stream_drop (self);
    owner->on_state (owner->context, state, text);
}

static void stream_reach (stream_t *self, broker_stream_state_t state)
{
    self->state = state;
    self->owner->on_state (self->owner->context, state, "");
}

static void on_silence (lws_sorted_usec_list_t *timer)
{
    stream_t *self = lws_container_of (timer, stream_t, silence);
    stream_end (self, BROKER_STREAM_DOWN,
        self->state == BROKER_STREAM_AUTHORIZED ? "authorized, but no answer to listen"
                                                : "no answer to auth");
}

static void stream_say (stream_t *self, out_t out)
{
    self->out = out;
    (void) lws_callback_on_writable (self->wsi);
    lws_sul_schedule (self->owner->lws, 0, &self->silence, on_silence, self->owner->reply_timeout_us);
}

static void on_next_address (lws_sorted_usec_list_t *timer);

static void stream_connect (stream_t *self)
{
    streams_t *owner = self->owner;
    struct lws_client_connect_info info;
    memset (&info, 0, sizeof info);
    info.context = owner->lws;
    info.vhost = owner->vhost;
    info.address = self->addresses.text[self->next++];
    info.port = owner->url.port;
    info.path = owner->url.path;
    info.host = owner->url.host_header;
    info.origin = owner->url.host_header;
    info.ssl_connection = (owner->url.is_tls ? LCCSCF_USE_SSL : 0) | LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
    info.alpn = "http/1.1";
    info.local_protocol_name = "alpaca-stream";
    info.ietf_version_or_minus_one = -1;
    info.retry_and_idle_policy = &validity;
    info.opaque_user_data = self;
    owner->attempt = self;
    struct lws *wsi = lws_client_connect_via_info (&info);
    if (owner->attempt != self)
        return; /*  it ended inside, and may be freed */
    owner->attempt = NULL;
    if (wsi)
        self->wsi = wsi;
    else if (self->next < self->addresses.count)
        lws_sul_schedule (owner->lws, 0, &self->timer, on_next_address, 1);
    else
        stream_end (self, BROKER_STREAM_DOWN, "no connection could be begun");
}

static void on_next_address (lws_sorted_usec_list_t *timer)
{
    stream_t *self = lws_container_of (timer, stream_t, timer);
    stream_connect (self);
}

static void on_addresses (void *context, const resolve_result_t *result)
{
    stream_t *self = context;
    self->resolve = NULL;
    self->addresses = *result;
    self->next = 0;
    if (result->count > 0) {
        stream_connect (self);
        return;
    }
    char reason[REASON_MAX];
    (void) snprintf (reason, sizeof reason, "%s: %s", self->owner->url.host, result->reason);
    stream_end (self, BROKER_STREAM_DOWN, reason);
}

static void on_connection_error (stream_t *self, struct lws *wsi, const char *text, size_t size)
{
    unsigned int status = lws_http_client_http_response (wsi);
    char reason[REASON_MAX];
    lws_set_opaque_user_data (wsi, NULL);
    self->wsi = NULL;
    if (self->owner->attempt == self)
        self->owner->attempt = NULL;
    if (!self->upgrade_sent && self->next < self->addresses.count) {
        lws_sul_schedule (self->owner->lws, 0, &self->timer, on_next_address, 1);
        return;
    }
    if (status != 0 && status != 101) {
        (void) snprintf (reason, sizeof reason, "the handshake was answered HTTP %u", status);
        stream_end (self, BROKER_STREAM_REFUSED, reason);
        return;
    }
    (void) snprintf (reason, sizeof reason, "no connection: %.*s", (int) size, text ? text : "");
    stream_end (self, BROKER_STREAM_DOWN, reason);
}

/*  Nonzero: close the connection. */
static int on_writeable (stream_t *self, struct lws *wsi)
{
    unsigned char buffer[LWS_PRE + OUT_MAX];
    char *text = (char *) buffer + LWS_PRE;
    size_t size = 0;
    if (self->out == OUT_NOTHING)
        return 0;
    if (self->out == OUT_AUTH) {
        size = json_auth_frame (keys_id (self->keys), keys_secret (self->keys), text, OUT_MAX);
    } else {
        size = strlen (json_listen_frame ());
        memcpy (text, json_listen_frame (), size);
    }
    self->out = OUT_NOTHING;
    int written = size > 0 ? lws_write (wsi, buffer + LWS_PRE, size, LWS_WRITE_TEXT) : -1;
    explicit_bzero (buffer, sizeof buffer);
    if (written >= 0)
        return 0;
    stream_end (
        self, BROKER_STREAM_DOWN, size > 0 ? "the socket took no frame" : "the keys do not fit into a frame");
    return -1;
}

static void stream_malformed (stream_t *self, const char *reason)
{
    streams_counts_t *counts = &self->owner->counts;
    counts->malformed++;
    TEXT_SET (counts->last_malformed, reason);
}

static void on_authorized (stream_t *self)
{
    if (self->state != BROKER_STREAM_CONNECTED)
        return;
    stream_say (self, OUT_LISTEN);
    stream_reach (self, BROKER_STREAM_AUTHORIZED);
}

static void on_listening (stream_t *self)
{
    if (self->state != BROKER_STREAM_AUTHORIZED)
        return;
    lws_sul_cancel (&self->silence);
    stream_reach (self, BROKER_STREAM_LISTENING);
}

/*  May free the stream: the caller looks at the connection's user data afterwards. */
static void on_frame (stream_t *self, const char *bytes, size_t size)
{
    frame_t frame;
    problem_t problem = {0};
    char line[REASON_MAX];
    self->owner->counts.frames++;
    stage_mark (STAGE_STREAM);
    trade_path_fetch ();
    if (json_frame (bytes, size, &frame, &problem) != 0) {
        stream_malformed (self, problem_line (&problem, line, sizeof line));
        return;
    }
    switch (frame.kind) {
    case FRAME_TRADE_UPDATE: self->owner->on_update (self->owner->context, &frame.update); return;
    case FRAME_AUTHORIZED: on_authorized (self); return;
    case FRAME_LISTENING: on_listening (self); return;
    case FRAME_UNAUTHORIZED:
        stream_end (self, BROKER_STREAM_BAD_KEYS, "the broker does not authorize these keys");
        return;
    case FRAME_NOT_LISTENING:
        stream_end (self, BROKER_STREAM_DOWN, "the broker left trade_updates out of its listening reply");
        return;
    case FRAME_ERROR: stream_malformed (self, frame.message); return;
    case FRAME_OTHER: return;
    }
}

static bool frame_grow (stream_t *self, size_t extra)
{
    if (extra > FRAME_MAX - self->size)
        return false;
    size_t capacity = self->capacity ? self->capacity : 4096;
    while (capacity < self->size + extra)
        capacity *= 2;
    if (capacity == self->capacity)
        return true;
    uint8_t *frame = realloc (self->frame, capacity);
    if (!frame)
        return false;
    self->frame = frame;
    self->capacity = capacity;
    return true;
}

/*  A piece of a message, text or binary alike (the paper stream sends binary, the live one text). */
static int on_receive (stream_t *self, struct lws *wsi, const uint8_t *bytes, size_t size)
{
    if (lws_is_first_fragment (wsi)) {
        self->size = 0;
        self->skipping = false;
    }
    if (!self->skipping && size > 0) {
        self->skipping = !frame_grow (self, size);
        if (!self->skipping) {
            memcpy (self->frame + self->size, bytes, size);
            self->size += size;
        }
    }
    if (!lws_is_final_fragment (wsi) || lws_remaining_packet_payload (wsi) > 0)
        return 0;
    if (self->skipping)
        stream_malformed (self, "a frame larger than 1 MiB");
    else
        on_frame (self, (const char *) self->frame, self->size);
    return 0;
}

static void on_established (stream_t *self, struct lws *wsi)
{
    self->wsi = wsi;
    self->established = true;
    stream_say (self, OUT_AUTH);
    stream_reach (self, BROKER_STREAM_CONNECTED);
}

/*  A connection whose stream is gone: close it, politely where that is still possible. */
static int on_orphan (struct lws *wsi, enum lws_callback_reasons event)
{
    if (event != LWS_CALLBACK_CLIENT_WRITEABLE && event != LWS_CALLBACK_CLIENT_RECEIVE &&
        event != LWS_CALLBACK_CLIENT_ESTABLISHED)
        return 0;
    lws_close_reason (wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    return -1;
}

static int on_lws (struct lws *wsi, enum lws_callback_reasons event, void *user, void *in, size_t size)
{
    (void) user;
    stream_t *self = wsi ? lws_get_opaque_user_data (wsi) : NULL;
    switch (event) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: /*  closed before the handshake was answered */
    case LWS_CALLBACK_WSI_DESTROY: /*  in case none of the others came */ break;
    default: return 0; /*  libwebsockets asks about much more, also for connections of its own */
    }
    if (!self)
        return on_orphan (wsi, event);
    switch (event) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: self->upgrade_sent = true; return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: on_connection_error (self, wsi, in, size); return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED: on_established (self, wsi); return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return on_writeable (self, wsi);
    case LWS_CALLBACK_CLIENT_RECEIVE: return on_receive (self, wsi, in, size);
    default:
        lws_set_opaque_user_data (wsi, NULL);
        self->wsi = NULL;
        stream_end (self, BROKER_STREAM_DOWN,
            self->established ? "the connection was closed, or silent for 30 s"
                              : "the connection was closed before the handshake was answered");
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {"alpaca-stream", on_lws, 0, 16384, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};

static struct lws_vhost *vhost_new (const streams_options_t *options)
{
    struct lws_context_creation_info info;
    memset (&info, 0, sizeof info);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.vhost_name = "alpaca-stream";
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    if (options->ca_file) {
        info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info.client_ssl_ca_filepath = options->ca_file;
    }
    info.http_proxy_address = ""; /*  else libwebsockets obeys the environment's http_proxy */
    info.timeout_secs = 10;
    info.connect_timeout_secs = 10;
    info.retry_and_idle_policy = &validity;
    return lws_create_vhost (options->lws_context, &info);
}

streams_t *streams_new (const streams_options_t *options, problem_t *problem)
{
    assert (options && options->lws_context && options->uv_loop && options->on_state && options->on_update);
    streams_t *self = calloc (1, sizeof *self);
    if (self)
        self->slots = calloc (options->max_accounts, sizeof *self->slots);
    if (!self || !self->slots) {
        (void) problem_set (problem, ERR_MEMORY, "stream", "no room for %u accounts", options->max_accounts);
        free (self);
        return NULL;
    }
    self->lws = options->lws_context;
    self->uv_loop = options->uv_loop;
    self->max_accounts = options->max_accounts;
    self->reply_timeout_us =
        (options->reply_timeout_ns > 0 ? options->reply_timeout_ns : REPLY_TIMEOUT_NS) / 1000;
    self->on_state = options->on_state;
    self->on_update = options->on_update;
    self->context = options->context;
    bool good = stream_url_parse (&self->url, options->url, problem) == 0;
    if (good && !(self->vhost = vhost_new (options))) {
        (void) problem_set (problem, ERR_SETTING, options->ca_file ? options->ca_file : "libwebsockets",
            "no TLS client could be made: is the file a PEM certificate?");
        good = false;
    }
    if (!good)
        streams_destroy (&self);
    return self;
}

void streams_destroy (streams_t **self_p)
{
    assert (self_p);
    streams_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    for (uint32_t account = 0; account < self->max_accounts; account++)
        streams_close (self, account);
    if (self->vhost)
        lws_vhost_destroy (self->vhost);
    free (self->slots);
    free (self);
}

int streams_open (streams_t *self, uint32_t account, keys_t *keys)
{
    assert (self && keys);
    if (account >= self->max_accounts)
        return -ERR_RANGE;
    streams_close (self, account);
    stream_t *stream = calloc (1, sizeof *stream);
    if (!stream)
        return -ERR_MEMORY;
    stream->owner = self;
    stream->account = account;
    stream->resolve = resolve_start (self->uv_loop, self->url.host, on_addresses, stream);
    if (!stream->resolve) {
        free (stream);
        return -ERR_MEMORY;
    }
    stream->keys = keys_hold (keys);
    self->slots[account] = stream;
    return 0;
}

void streams_close (streams_t *self, uint32_t account)
{
    assert (self);
    if (account < self->max_accounts && self->slots[account])
        stream_drop (self->slots[account]);
}

void streams_counts (const streams_t *self, streams_counts_t *counts)
{
    assert (self && counts);
    *counts = self->counts;
}
