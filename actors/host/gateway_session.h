/*  gateway_session.h: one connection of the gateway: the answer that is being written, the body that comes, or the events
 *  that wait for a WebSocket. Private to gateway_http.c. libwebsockets zeroes and frees the struct.
 */
#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

#include "actors/host/gateway_change.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_EVENTS_MAX 256
#define SESSION_BODY_SKIPPED_MAX                                                                             \
    ((size_t) 64 * 1024) /*  of a refused request: read to its end, so that it can be said why */

struct lws;

typedef struct session_event session_event_t;

typedef struct session {
    struct session *next, *before;
    bool listed;
    bool websocket;
    struct lws *wsi;
    uint64_t request; /*  the core is asked; 0 = not */

    bool body_comes; /*  and is not complete */
    char *body;      /*  NULL: what comes is thrown away */
    size_t body_size;
    size_t body_used;

    int status; /*  of the answer, 0 = none yet */
    const char *type;
    char *out;
    size_t out_size;
    size_t out_sent;
    bool head_sent;
    bool last; /*  the connection is closed after it */

    session_event_t *events[SESSION_EVENTS_MAX]; /*  a ring */
    size_t events_first;
    size_t events_count;
    bool slow;
} session_t;

typedef struct {
    session_t *first;
    uint64_t request; /*  the last number; random at first */
} session_list_t;

void session_list_init (session_list_t *self);
session_t *session_of_request (const session_list_t *self, uint64_t request); /*  NULL: it is gone */
/*  Not 0, and no other life's: the audit remembers them. */
uint64_t session_next_request (session_list_t *self);
/*  Events for every WebSocket; how many of them are closed, for they do not read. */
uint64_t session_push_all (session_list_t *self, const char *json, size_t size);

void session_begin (session_t *self, session_list_t *list, struct lws *wsi); /*  a request or a WebSocket */
void session_end (session_t *self, session_list_t *list);

bool session_expect_body (session_t *self, size_t size); /*  false: out of memory */
void session_take_body (session_t *self, const char *bytes, size_t size);
/*  All of it came. false: nobody wanted it, and what was to be said is said now. */
bool session_body_is_complete (session_t *self);

/*  Copies the body; type is a static text. */
void session_respond (
    session_t *self, struct lws *wsi, int status, const char *type, const char *body, size_t size);
/*  From libwebsockets' callbacks: 0, or -1: close it. */
int session_write_answer (session_t *self, struct lws *wsi);
int session_write_events (session_t *self, struct lws *wsi);

#endif
