/*  http_reply.h: an HTTP/1.1 answer, read as its bytes come, however they are cut. No I/O; every size is bounded. */
#ifndef BROKER_ALPACA_HTTP_REPLY_H
#define BROKER_ALPACA_HTTP_REPLY_H

#include "broker/alpaca/reply_head.h"

#include "messages/error.h"

#define HTTP_REPLY_LINE_MAX 512 /*  a longer line is passed over, unless the framing depends on it */
#define HTTP_REPLY_HEAD_MAX (256u * 1024u) /*  status line, headers and trailers, interim answers too */

typedef enum {
    HTTP_REPLY_STATUS,
    HTTP_REPLY_HEADER,
    HTTP_REPLY_BODY,       /*  left bytes */
    HTTP_REPLY_UNTIL_END,  /*  body without a length: up to the connection's end */
    HTTP_REPLY_CHUNK_SIZE, /*  a line */
    HTTP_REPLY_CHUNK,      /*  left bytes */
    HTTP_REPLY_CHUNK_END,  /*  the line end after a chunk */
    HTTP_REPLY_TRAILER,
    HTTP_REPLY_DONE
} http_reply_state_t;

/*  A piece of the body. Not 0: no more is wanted, http_reply_input returns it. */
typedef int (http_reply_body_fn) (void *context, const char *bytes, size_t size);

typedef struct {
    http_reply_state_t state;
    reply_head_t head;
    bool keep_alive; /*  when done: the connection may carry another request */
    bool chunked;
    bool has_length;
    bool line_cut; /*  the line was longer than there is room */
    uint64_t left;
    size_t head_size;
    size_t line_size;
    char line[HTTP_REPLY_LINE_MAX];
} http_reply_t;

void http_reply_begin (http_reply_t *self);
/*  Takes bytes up to the answer's end; *used_p says how many. 0: see state; -ERR_SYNTAX: not an answer, or its framing
 *  is ambiguous; -ERR_FULL: its head is too large; else what on_body returned. */
int http_reply_input (http_reply_t *self, const char *bytes, size_t size, size_t *used_p,
    http_reply_body_fn *on_body, void *context);
/*  The connection ended (in order): is the answer whole by that? */
bool http_reply_end (http_reply_t *self);

#endif
