/*  gateway_session.c: what libwebsockets wants to be asked for piece by piece. */
#include "actors/host/gateway_session.h"

#include <assert.h>
#include <libwebsockets.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t) 16 * 1024)
#define HEAD_MAX 1536
#define READ_SECONDS 30 /*  for an answer */

struct session_event {
    size_t references;
    size_t size;
    unsigned char bytes[]; /*  LWS_PRE, then the text */
};

void session_list_init (session_list_t *self)
{
    assert (self);
    *self = (session_list_t){0};
    randombytes_buf (&self->request, sizeof self->request);
}

uint64_t session_next_request (session_list_t *self)
{
    assert (self);
    if (++self->request == 0)
        self->request = 1;
    return self->request;
}

session_t *session_of_request (const session_list_t *self, uint64_t request)
{
    assert (self);
    for (session_t *session = self->first; session; session = session->next)
        if (session->request == request && request != 0)
            return session;
    return NULL;
}

/*  ---- events ---- */

static void event_release (session_event_t *event)
{
    if (event && --event->references == 0)
        free (event);
}

static void drop_event (session_t *self)
{
    event_release (self->events[self->events_first]);
    self->events[self->events_first] = NULL;
    self->events_first = (self->events_first + 1) % SESSION_EVENTS_MAX;
    self->events_count--;
}

uint64_t session_push_all (session_list_t *self, const char *json, size_t size)
{
    uint64_t slow = 0;
    assert (self && json);
    session_event_t *event = (session_event_t *) malloc (sizeof *event + LWS_PRE + size);
    if (!event)
        return 0;
    event->references = 1;
    event->size = size;
    memcpy (event->bytes + LWS_PRE, json, size);
    for (session_t *session = self->first; session; session = session->next) {
        if (!session->websocket || session->slow)
            continue;
        if (session->events_count == SESSION_EVENTS_MAX) {
            session->slow = true;
            slow++;
            lws_set_timeout (session->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
            continue;
        }
        event->references++;
        session->events[(session->events_first + session->events_count++) % SESSION_EVENTS_MAX] = event;
        (void) lws_callback_on_writable (session->wsi);
    }
    event_release (event);
    return slow;
}

int session_write_events (session_t *self, struct lws *wsi)
{
    assert (self && wsi);
    if (self->slow)
        return -1;
    if (self->events_count == 0)
        return 0;
    session_event_t *event = self->events[self->events_first];
    /*  libwebsockets writes its frame before the text: nobody else writes the event at the same time */
    int written = lws_write (wsi, event->bytes + LWS_PRE, event->size, LWS_WRITE_TEXT);
    drop_event (self);
    if (written < 0)
        return -1;
    if (self->events_count > 0)
        (void) lws_callback_on_writable (wsi);
    return 0;
}

/*  ---- its life ---- */

static void forget_answer (session_t *self)
{
    free (self->out);
    free (self->body);
    self->out = self->body = NULL;
    self->out_size = self->out_sent = self->body_size = self->body_used = 0;
    self->status = 0;
    self->request = 0;
    self->head_sent = self->body_comes = self->last = false;
}

void session_end (session_t *self, session_list_t *list)
{
    assert (list);
    if (!self || !self->listed)
        return;
    forget_answer (self);
    while (self->events_count > 0)
        drop_event (self);
    if (self->before)
        self->before->next = self->next;
    else
        list->first = self->next;
    if (self->next)
        self->next->before = self->before;
    memset (self, 0, sizeof *self);
}

static size_t content_length (struct lws *wsi)
{
    char text[24] = "";
    if (lws_hdr_copy (wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
        return 0;
    return (size_t) strtoul (text, NULL, 10);
}

void session_begin (session_t *self, session_list_t *list, struct lws *wsi)
{
    assert (self && list && wsi);
    session_end (self, list); /*  the request before it on the same connection */
    self->wsi = wsi;
    self->listed = true;
    self->next = list->first;
    if (list->first)
        list->first->before = self;
    list->first = self;
    size_t size = content_length (wsi);
    self->body_comes = size > 0 && size <= SESSION_BODY_SKIPPED_MAX;
    /*  libwebsockets takes what comes behind a body for more of it, and of a POST that does not say its size it waits for
     *  100 MiB. */
    self->last = size > 0 || lws_hdr_total_length (wsi, WSI_TOKEN_POST_URI) > 0;
}

/*  ---- the body ---- */

bool session_expect_body (session_t *self, size_t size)
{
    assert (self && size > 0 && size <= GATEWAY_BODY_MAX);
    self->body = (char *) malloc (size);
    self->body_size = size;
    return self->body != NULL;
}

void session_take_body (session_t *self, const char *bytes, size_t size)
{
    assert (self);
    if (!self->body || size > self->body_size - self->body_used)
        return;
    memcpy (self->body + self->body_used, bytes, size);
    self->body_used += size;
}

/*  ---- the answer ---- */

static bool add_header (
    struct lws *wsi, const char *name, const char *value, unsigned char **at, unsigned char *end)
{
    return lws_add_http_header_by_name (wsi, (const unsigned char *) name, (const unsigned char *) value,
               (int) strlen (value), at, end) == 0;
}

static bool send_head (session_t *self, struct lws *wsi)
{
    static const char policy[] =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    unsigned char bytes[LWS_PRE + HEAD_MAX];
    unsigned char *start = bytes + LWS_PRE;
    unsigned char *at = start;
    unsigned char *end = bytes + sizeof bytes - 1;
    self->head_sent = true;
    bool good = lws_add_http_header_status (wsi, (unsigned int) self->status, &at, end) == 0 &&
                add_header (wsi, "content-type:", self->type, &at, end) &&
                add_header (wsi, "cache-control:", "no-store", &at, end) &&
                add_header (wsi, "x-content-type-options:", "nosniff", &at, end) &&
                add_header (wsi, "referrer-policy:", "no-referrer", &at, end) &&
                add_header (wsi, "content-security-policy:", policy, &at, end);
    if (good && self->status == 401)
        good = add_header (wsi, "www-authenticate:", "Bearer", &at, end);
    if (good && self->last)
        good = add_header (wsi, "connection:", "close", &at, end);
    good = good && lws_add_http_header_content_length (wsi, (lws_filepos_t) self->out_size, &at, end) == 0 &&
           lws_finalize_http_header (wsi, &at, end) == 0;
    size_t size = (size_t) (at - start);
    return good && lws_write (wsi, start, size, LWS_WRITE_HTTP_HEADERS) >= 0;
}

static void say (session_t *self, struct lws *wsi)
{
    lws_set_timeout (wsi, PENDING_TIMEOUT_HTTP_CONTENT, READ_SECONDS);
    if (!send_head (self, wsi))
        lws_set_timeout (wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    else
        (void) lws_callback_on_writable (wsi);
}

void session_respond (
    session_t *self, struct lws *wsi, int status, const char *type, const char *body, size_t size)
{
    assert (self && wsi && self->status == 0 && type && body && size > 0);
    self->status = status;
    self->type = type;
    self->out = (char *) malloc (size);
    self->out_size = self->out ? size : 0;
    if (self->out)
        memcpy (self->out, body, size);
    if (!self->body_comes)
        say (self, wsi);
}

bool session_body_is_complete (session_t *self)
{
    assert (self);
    self->body_comes = false;
    if (self->status != 0)
        say (self, self->wsi);
    return self->status == 0 && self->body && self->body_used == self->body_size;
}

int session_write_answer (session_t *self, struct lws *wsi)
{
    unsigned char bytes[LWS_PRE + CHUNK];
    assert (self && wsi);
    if (!self->head_sent)
        return 0; /*  nothing to say yet */
    size_t size = self->out_size - self->out_sent < CHUNK ? self->out_size - self->out_sent : CHUNK;
    bool final = self->out_sent + size == self->out_size;
    if (size > 0)
        memcpy (bytes + LWS_PRE, self->out + self->out_sent, size);
    if (lws_write (wsi, bytes + LWS_PRE, size, final ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
        return -1;
    self->out_sent += size;
    if (!final) {
        (void) lws_callback_on_writable (wsi);
        return 0;
    }
    bool last = self->last;
    forget_answer (self);
    return last || lws_http_transaction_completed (wsi) ? -1 : 0;
}
