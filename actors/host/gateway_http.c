/*  gateway_http.c: one callback from libwebsockets for requests and WebSockets alike. */
#include "actors/host/gateway_http.h"

#include "actors/gateway/text.h"
#include "actors/host/gateway_listen.h"
#include "actors/host/gateway_page.h"
#include "actors/host/gateway_session.h"
#include "actors/host/lws_loop.h"

#include <assert.h>
#include <libwebsockets.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HASH_BYTES 32
#define PREFIX "bearer."

struct gateway_http {
    gateway_http_config_t config;
    uv_loop_t *loop;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    unsigned char key[HASH_BYTES];
    unsigned char token_hash[HASH_BYTES];
    session_list_t sessions;
    gateway_port_counts_t counts;
};

typedef struct {
    const char *path;
    const char *type;
    bool open; /*  without the token */
    bool post;
    gateway_page_t page; /*  GATEWAY_PAGE_NONE: */
    int view;            /*  gateway_view_t, or -1 */
} route_t;

#define JSON_TYPE "application/json"

static const route_t s_routes[] = {
    {"/", "text/html; charset=utf-8", true, false, GATEWAY_PAGE_HTML, -1},
    {"/page.js", "text/javascript; charset=utf-8", true, false, GATEWAY_PAGE_JS, -1},
    {"/page.css", "text/css; charset=utf-8", true, false, GATEWAY_PAGE_CSS, -1},
    {"/healthz", JSON_TYPE, true, false, GATEWAY_PAGE_NONE, -1},
    {"/readyz", JSON_TYPE, true, false, GATEWAY_PAGE_NONE, GATEWAY_VIEW_READY},
    {"/api/status", JSON_TYPE, false, false, GATEWAY_PAGE_NONE, GATEWAY_VIEW_STATUS},
    {"/api/strategy/change", JSON_TYPE, false, true, GATEWAY_PAGE_NONE, -1},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", false, false, GATEWAY_PAGE_NONE,
        GATEWAY_VIEW_METRICS},
};

static gateway_http_t *self_of (struct lws *wsi)
{
    struct lws_vhost *vhost = wsi ? lws_get_vhost (wsi) : NULL;
    return vhost ? (gateway_http_t *) lws_get_vhost_user (vhost) : NULL;
}

/*  ---- who asks ---- */

/*  Compared by hash, so that neither time nor length tells anything. */
static bool is_token (const gateway_http_t *self, const char *token, size_t size)
{
    unsigned char hash[HASH_BYTES];
    (void) crypto_generichash (
        hash, sizeof hash, (const unsigned char *) token, size, self->key, sizeof self->key);
    return sodium_memcmp (hash, self->token_hash, sizeof hash) == 0;
}

static bool header_is_token (const gateway_http_t *self, struct lws *wsi)
{
    static const char scheme[] = "Bearer ";
    char text[320];
    int size = lws_hdr_copy (wsi, text, sizeof text, WSI_TOKEN_HTTP_AUTHORIZATION);
    bool good = size > (int) sizeof scheme - 1 && strncasecmp (text, scheme, sizeof scheme - 1) == 0 &&
                is_token (self, text + sizeof scheme - 1, (size_t) size - (sizeof scheme - 1));
    sodium_memzero (text, sizeof text);
    return good;
}

/*  "tradecopier, bearer.4142…" */
static bool subprotocol_is_token (const gateway_http_t *self, struct lws *wsi)
{
    char text[640];
    unsigned char token[320];
    size_t size = 0;
    int length = lws_hdr_copy (wsi, text, sizeof text, WSI_TOKEN_PROTOCOL);
    const char *hex = length > 0 ? strstr (text, PREFIX) : NULL;
    size_t digits = hex ? strspn (hex + strlen (PREFIX), "0123456789abcdefABCDEF") : 0;
    bool good = digits > 0 &&
                sodium_hex2bin (token, sizeof token, hex + strlen (PREFIX), digits, NULL, &size, NULL) == 0 &&
                is_token (self, (const char *) token, size);
    sodium_memzero (text, sizeof text);
    sodium_memzero (token, sizeof token);
    return good;
}

/*  ---- answers ---- */

static void respond (gateway_http_t *self, struct lws *wsi, session_t *session, int status, const char *type,
    const char *body, size_t size)
{
    self->counts.requests[status / 100 - 1]++;
    self->counts.unauthenticated += status == 401;
    session_respond (session, wsi, status, type, body, size);
}

static void respond_error (gateway_http_t *self, struct lws *wsi, session_t *session, int status,
    const char *field, const char *text)
{
    char bytes[2048];
    text_t json;
    text_begin (&json, bytes, sizeof bytes);
    text_add (&json, "{\"error\":{\"field\":");
    text_add_json (&json, field);
    text_add (&json, ",\"text\":");
    text_add_json (&json, text);
    text_add (&json, "}}\n");
    respond (self, wsi, session, status, JSON_TYPE, bytes, json.used);
}

static void answer_view (gateway_http_t *self, struct lws *wsi, session_t *session, const route_t *route)
{
    size_t size = 0;
    int status = 200;
    const char *body = self->config.view (self->config.context, (gateway_view_t) route->view, &size, &status);
    if (body)
        respond (self, wsi, session, status, route->type, body, size);
    else
        respond_error (self, wsi, session, 500, "", "the answer does not fit");
}

static void answer_get (gateway_http_t *self, struct lws *wsi, session_t *session, const route_t *route)
{
    static const char healthy[] = "{\"healthy\":true}\n";
    if (route->view >= 0)
        answer_view (self, wsi, session, route);
    else if (route->page != GATEWAY_PAGE_NONE) {
        size_t size = 0;
        const char *bytes = gateway_page (route->page, &size);
        respond (self, wsi, session, 200, route->type, bytes, size);
    } else
        respond (self, wsi, session, 200, route->type, healthy, sizeof healthy - 1);
}

/*  The body that comes is taken, and nothing is said before all of it is there. */
static void begin_post (gateway_http_t *self, struct lws *wsi, session_t *session)
{
    char text[24] = "";
    char *end = text;
    int length = lws_hdr_copy (wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    unsigned long size = length > 0 ? strtoul (text, &end, 10) : 0;
    if (length <= 0 || *end || text[0] < '0' || text[0] > '9')
        respond_error (self, wsi, session, 411, "body", "expected a Content-Length");
    else if (size == 0)
        respond_error (self, wsi, session, 400, "body", "expected one JSON object");
    else if (size > GATEWAY_BODY_MAX)
        respond_error (self, wsi, session, 413, "body", "expected at most 32768 bytes");
    else if (!session_expect_body (session, size))
        respond_error (self, wsi, session, 503, "", "no memory");
}

static void on_request (gateway_http_t *self, struct lws *wsi, session_t *session, const char *path)
{
    const route_t *route = NULL;
    session_begin (session, &self->sessions, wsi);
    bool post = lws_hdr_total_length (wsi, WSI_TOKEN_POST_URI) > 0;
    bool get = lws_hdr_total_length (wsi, WSI_TOKEN_GET_URI) > 0;
    for (size_t n = 0; n < sizeof s_routes / sizeof *s_routes && !route; n++)
        if (strcmp (s_routes[n].path, path) == 0)
            route = &s_routes[n];
    if ((!route || !route->open) && !header_is_token (self, wsi))
        respond_error (self, wsi, session, 401, "Authorization", "expected: Bearer TOKEN");
    else if (!route && strcmp (path, "/ws") == 0)
        respond_error (self, wsi, session, 426, "Upgrade", "expected: websocket");
    else if (!route)
        respond_error (self, wsi, session, 404, "path", "there is nothing here");
    else if (route->post ? !post : !get)
        respond_error (self, wsi, session, 405, "method", route->post ? "expected: POST" : "expected: GET");
    else if (route->post)
        begin_post (self, wsi, session);
    else
        answer_get (self, wsi, session, route);
}

/*  -1: something comes behind the body, for which libwebsockets would call us for ever. */
static int on_body_complete (gateway_http_t *self, struct lws *wsi, session_t *session)
{
    char remote[64];
    problem_t problem = {0};
    if (!session->body_comes)
        return -1;
    if (!session_body_is_complete (session))
        return 0;
    (void) lws_get_peer_simple (wsi, remote, sizeof remote);
    session->request = session_next_request (&self->sessions);
    int rc = self->config.change (
        self->config.context, session->request, remote, session->body, session->body_used, &problem);
    if (rc == 0)
        return 0; /*  the core answers, and always does */
    session->request = 0;
    respond_error (self, wsi, session, 400, problem.where, problem.detail);
    return 0;
}

void gateway_http_answer (gateway_http_t *self, uint64_t request, int status, const char *json, size_t size)
{
    assert (self && json);
    session_t *session = session_of_request (&self->sessions, request);
    if (!session)
        return;
    session->request = 0;
    respond (self, session->wsi, session, status, JSON_TYPE, json, size);
}

/*  ---- WebSockets ---- */

/*  0: it may become one. */
static int on_upgrade (gateway_http_t *self, struct lws *wsi)
{
    char path[16];
    int status = 0;
    if (lws_hdr_copy (wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0 || strcmp (path, "/ws") != 0)
        status = 404;
    if (!header_is_token (self, wsi) && !subprotocol_is_token (self, wsi))
        status = 401;
    if (status == 0)
        return 0;
    self->counts.requests[status / 100 - 1]++;
    self->counts.unauthenticated += status == 401;
    (void) lws_return_http_status (wsi, (unsigned int) status, NULL);
    return -1;
}

void gateway_http_push (gateway_http_t *self, const char *json, size_t size)
{
    assert (self && json);
    self->counts.slow_closed += session_push_all (&self->sessions, json, size);
}

/*  ---- libwebsockets ---- */

static int on_socket (
    gateway_http_t *self, struct lws *wsi, enum lws_callback_reasons reason, session_t *session)
{
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        self->counts.websockets++;
        session_begin (session, &self->sessions, wsi);
        session->websocket = true;
        self->counts.requests[0]++;
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return session_write_events (session, wsi);
    case LWS_CALLBACK_CLOSED:
        self->counts.websockets -= self->counts.websockets > 0;
        session_end (session, &self->sessions);
        return 0;
    default: return 0; /*  what it says is not listened to */
    }
}

static int on_lws (struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    gateway_http_t *self = self_of (wsi);
    session_t *session = (session_t *) user;
    if (!self)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: self->counts.connections++; return 0;
    case LWS_CALLBACK_WSI_DESTROY: self->counts.connections -= self->counts.connections > 0; return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return in && strcasecmp ((const char *) in, "websocket") == 0 ? 0 : -1; /*  no h2c */
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return on_upgrade (self, wsi);
    case LWS_CALLBACK_HTTP: on_request (self, wsi, session, (const char *) in); return 0;
    case LWS_CALLBACK_HTTP_BODY: session_take_body (session, (const char *) in, length); return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return on_body_complete (self, wsi, session);
    case LWS_CALLBACK_HTTP_WRITEABLE: return session_write_answer (session, wsi);
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL: /*  also between two requests: it frees the session */
    case LWS_CALLBACK_CLOSED_HTTP: session_end (session, &self->sessions); return 0;
    default: return session ? on_socket (self, wsi, reason, session) : 0;
    }
}

static const struct lws_protocols s_protocols[] = {{"http", on_lws, sizeof (session_t), 1024, 0, NULL, 0},
    {"tradecopier", on_lws, sizeof (session_t), 1024, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};

static const lws_retry_bo_t s_validity = {.secs_since_valid_ping = 20, .secs_since_valid_hangup = 40};

static struct lws_vhost *vhost_new (gateway_http_t *self, const gateway_http_config_t *config)
{
    struct lws_context_creation_info info;
    memset (&info, 0, sizeof info);
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.protocols = s_protocols;
    info.vhost_name = "gateway";
    info.user = self;
    info.timeout_secs = 10;
    info.keepalive_timeout = 30;
    info.retry_and_idle_policy = &s_validity;
    info.http_proxy_address = "";
    if (*config->cert_file) {
        info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = config->cert_file;
        info.ssl_private_key_filepath = config->key_file;
        info.alpn = "http/1.1";
    }
    return lws_create_vhost (self->lws, &info);
}

int gateway_http_new (
    gateway_http_t **self_p, uv_loop_t *loop, const gateway_http_config_t *config, problem_t *problem)
{
    assert (self_p && loop && config && config->token && config->view && config->change);
    assert (config->cert_file && config->key_file);
    *self_p = NULL;
    gateway_http_t *self = (gateway_http_t *) calloc (1, sizeof *self);
    if (!self)
        return problem_set (problem, ERR_MEMORY, "gateway", "no memory");
    self->config = *config;
    self->config.token = self->config.cert_file = self->config.key_file = NULL;
    self->loop = loop;
    randombytes_buf (self->key, sizeof self->key);
    (void) crypto_generichash (self->token_hash, sizeof self->token_hash,
        (const unsigned char *) config->token, strlen (config->token), self->key, sizeof self->key);
    session_list_init (&self->sessions);
    self->lws = lws_loop_new (loop, GATEWAY_CONNECTIONS_MAX, *config->cert_file, problem);
    self->vhost = self->lws ? vhost_new (self, config) : NULL;
    if (self->vhost) {
        *self_p = self;
        return 0;
    }
    if (self->lws)
        (void) problem_set (problem, ERR_IO, "gateway", "libwebsockets makes no server%s",
            *config->cert_file ? " of GATEWAY_CERT_FILE and GATEWAY_KEY_FILE" : "");
    gateway_http_destroy (&self);
    return -ERR_IO;
}

void gateway_http_destroy (gateway_http_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    lws_loop_destroy (&(*self_p)->lws, (*self_p)->loop);
    sodium_memzero (*self_p, sizeof **self_p);
    free (*self_p);
    *self_p = NULL;
}

bool gateway_http_adopt (gateway_http_t *self, int fd, const char *remote)
{
    assert (self && fd >= 0);
    (void) remote;
    if (self->counts.connections >= GATEWAY_CONNECTIONS_MAX) {
        self->counts.refused++;
        return false;
    }
    if (!lws_adopt_socket_vhost (self->vhost, fd))
        self->counts.refused++; /*  it has closed the descriptor */
    return true;
}

const gateway_port_counts_t *gateway_http_counts (const gateway_http_t *self)
{
    assert (self);
    return &self->counts;
}
