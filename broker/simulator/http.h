/*  http.h: a request and its answer, whichever HTTP version carried them, and the pure parsers of both.
 *
 *  No socket in here: what is parsed comes as bytes, so that the fuzzers can reach everything.
 */
#ifndef HTTP_H
#define HTTP_H

#include "broker/simulator/http_buffer.h"

#include <jansson.h>

#define HTTP_TARGET_MAX 4096 /*  path and query */
#define HTTP_PATH_MAX 512    /*  path, decoded */
#define HTTP_VALUE_MAX 512   /*  a query value or a header we look at */
#define HTTP_HEAD_MAX 16384  /*  all headers of an HTTP/1.1 request */
#define HTTP_BODY_MAX 65536  /*  /v2 */
#define HTTP_CONTROL_BODY_MAX ((size_t) 8 << 20)
#define HTTP_JSON_DEPTH_MAX 32

typedef enum { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE, HTTP_PUT, HTTP_HEAD, HTTP_OTHER } http_method_t;

typedef struct {
    http_method_t method;
    char target[HTTP_TARGET_MAX];
    char path[HTTP_PATH_MAX]; /*  percent-decoded, without query */
    const char *query;        /*  into target, behind the '?'; "" = none */
    char key_id[128];         /*  APCA-API-KEY-ID */
    char secret[128];         /*  APCA-API-SECRET-KEY */
    char authorization[HTTP_VALUE_MAX];
    char websocket_key[64]; /*  Sec-WebSocket-Key */
    bool upgrade;           /*  Upgrade: websocket */
    bool keep_alive;
    bool expect_continue;
    bool chunked;
    size_t content_length;
    int64_t arrived_at_ns; /*  UTC: when the bytes of the body's (or head's) beginning were read */
    http_buffer_t body;
} http_request_t;

/*  More of a body that is too large to be made at once: appends to `out`; false = that was all. */
typedef bool (http_source_fn) (void *context, http_buffer_t *out);

typedef struct {
    int status;
    const char *content_type; /*  static; NULL = application/json */
    http_buffer_t body;
    http_source_fn *source; /*  NULL, or called for more after body was sent */
    void (*source_free) (void *context);
    void *context;
    bool stream;      /*  stays open: bytes are pushed later (SSE) */
    bool retry_after; /*  adds Retry-After: 1 */
    bool has_limit;   /*  the three below are sent */
    int64_t limit;    /*  X-RateLimit-* */
    int64_t remaining;
    int64_t reset_s; /*  UTC, seconds */
} http_answer_t;

http_method_t http_method_parse (const char *text, size_t size);
const char *http_status_text (int status);
size_t http_body_max (const http_request_t *request);
void http_request_free (http_request_t *self);
void http_answer_free (http_answer_t *self);

/*  One header of the request, name in any case. -ERR_RANGE: a value we need is too long; -ERR_SYNTAX. Others are
 *  ignored. */
int http_request_header (
    http_request_t *self, const char *name, size_t name_size, const char *value, size_t value_size);
/*  Sets target, path and query. -ERR_RANGE (too long), -ERR_SYNTAX (escape, control character). */
int http_request_target (http_request_t *self, const char *target, size_t size);

/*  An HTTP/1.x head at the front of bytes: 0 = not complete yet, > 0 = its size, -ERR_SYNTAX, -ERR_RANGE (larger than
 *  HTTP_HEAD_MAX, or a part is). */
int64_t http_parse_head (const char *bytes, size_t size, http_request_t *request);
/*  A chunked body at the front of bytes, appended to body (at most max): 0 = not complete (nothing is taken),
 *  > 0 = its size on the wire, -ERR_SYNTAX, -ERR_RANGE. */
int64_t http_parse_chunked (const char *bytes, size_t size, size_t max, http_buffer_t *body);

/*  Value of a query parameter, decoded into text (HTTP_VALUE_MAX); false = not there or too long. */
bool http_query (const char *query, const char *name, char text[HTTP_VALUE_MAX]);

/*  Puts every number outside strings in quotes as it stands, so that no amount passes through a double. */
void http_body_quote (const char *bytes, size_t size, http_buffer_t *out);
/*  JSON of a body: numbers become strings. NULL: not JSON, too deep, or a key twice. Caller decrefs. */
json_t *http_body_parse (const char *bytes, size_t size);
/*  Text of a member: a string's value; NULL = absent, null or not a text. */
const char *http_body_text (const json_t *object, const char *name);

#endif
