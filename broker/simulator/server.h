/*  server.h: the simulator's inside: connections, exchanges (a request and its answer) and what every file of the
 *  front shares. All of it belongs to the loop's thread.
 */
#ifndef SIMULATOR_SERVER_H
#define SIMULATOR_SERVER_H

#include "broker/simulator/engine.h"
#include "broker/simulator/http.h"
#include "broker/simulator/simulator.h"
#include "broker/simulator/tls.h"

#include <uv.h>

#define CONNECTIONS_MAX 32768
#define OUT_PAUSE ((size_t) 256 << 10) /*  bytes waiting to be written: sources and answers pause */
#define OUT_MAX ((size_t) 4 << 20)     /*  a stream that reads so slowly is cut */
#define TWO_STREAMS_MAX 256            /*  HTTP/2: concurrent streams a connection */

typedef struct connection connection_t;
typedef struct exchange exchange_t;
typedef struct faults faults_t;
typedef struct stream stream_t;
typedef struct streams streams_t;
typedef struct sse sse_t;
typedef struct two two_t;

/*  A request being read, worked on or answered. Owned by its connection. */
struct exchange {
    connection_t *connection;
    exchange_t *next;
    exchange_t *prev;
    int32_t stream_id; /*  HTTP/2; 0 for 1.1 */
    bool head_done;
    bool working;  /*  complete; its answer is made or awaited */
    bool answered; /*  answer is being sent */
    bool has_timer;
    bool lose_answer;
    uint32_t account; /*  of the keys, once has_account */
    bool has_account;
    int refused; /*  status to answer before routing (413, 431 ...), 0 = none */
    http_request_t request;
    http_answer_t answer;
    uv_timer_t timer; /*  of a late answer */
    sse_t *sse;       /*  set while it is an event stream */
};

typedef enum { PROTOCOL_UNKNOWN, PROTOCOL_ONE, PROTOCOL_TWO, PROTOCOL_STREAM } protocol_t;

struct connection {
    simulator_t *server;
    connection_t *next;
    connection_t *prev;
    uv_tcp_t tcp;
    uv_write_t write;
    tls_t *tls; /*  NULL = plain */
    two_t *two;
    stream_t *stream; /*  after an upgrade */
    exchange_t *exchanges;
    protocol_t protocol;
    http_buffer_t in;     /*  decrypted, not parsed yet */
    http_buffer_t out;    /*  to be written */
    http_buffer_t flying; /*  being written */
    int64_t read_at_ns;   /*  UTC of the read that is worked on */
    bool writing;
    bool paused;
    bool corked; /*  inside a read: flushed at its end */
    bool close_when_sent;
    bool closing;
    bool loopback;
};

typedef struct {
    uint64_t requests;
    uint64_t answers_2xx;
    uint64_t answers_4xx;
    uint64_t answers_5xx;
    uint64_t lost_answers;
    uint64_t duplicate_ids;
} counters_t;

struct simulator {
    uv_loop_t *loop; /*  borrowed; NULL before start */
    engine_t *engine;
    tls_context_t *tls;
    faults_t *faults;
    streams_t *streams;
    uv_tcp_t listener;
    uv_timer_t tick;      /*  what the engine does next */
    uv_timer_t heartbeat; /*  of SSE */
    unsigned handles;     /*  of ours, open in the loop: listener and timers */
    connection_t *connections;
    size_t connections_count;
    counters_t counters;
    uint64_t request_salt;
    int64_t started_at_ns;
    uint16_t port;
    bool walk;
    bool json;
    char host[64];
    char control_token[128];      /*  "" = none */
    http_buffer_t first_accounts; /*  those of --accounts, as JSON */
    json_t *labels;               /*  label -> account number */
    uint32_t rate_per_minute;     /*  of new accounts; 0 = off */
    uint64_t keys;                /*  state of made-up keys */
};

/*  UTC now, ns. */
int64_t server_utc_ns (void);
/*  Runs the engine up to now and arms the tick for what comes next. After every call that changed it. */
void server_advance (simulator_t *self);

/*  server_connection.c */
void connection_accept (simulator_t *server, uv_stream_t *listener);
void connection_close (connection_t *self); /*  at once, without a word; frees later */
void connection_put (connection_t *self, const void *bytes, size_t size);
/*  Pumps what waits (HTTP/2 frames, sources) and writes, unless corked. */
void connection_kick (connection_t *self);
size_t connection_waiting (const connection_t *self); /*  bytes not yet taken by the kernel */

/*  server_exchange.c. new appends to the connection's list; free takes it out. */
exchange_t *exchange_new (connection_t *connection, int32_t stream_id);
void exchange_free (exchange_t *self);
/*  A complete request: routes it, and sooner or later calls exchange_send or loses it. */
void exchange_work (exchange_t *self);
void exchange_send (exchange_t *self);
/*  Closes the connection (HTTP/2: the stream) without an answer. */
void exchange_abort (exchange_t *self);
/*  More bytes were put into answer.body of a streaming answer. */
void exchange_push (exchange_t *self);

typedef struct {
    const char *name; /*  lower case, static */
    char value[96];
} answer_header_t;
#define ANSWER_HEADERS_MAX 10
/*  Headers of the answer without content-length; returns how many. */
size_t exchange_headers (exchange_t *self, answer_header_t headers[ANSWER_HEADERS_MAX]);

/*  http_one.c, http_two.c: the protocols. input: connection->in has more; -ERR_* = close. pump: room to write. */
int http_one_input (connection_t *connection);
void http_one_send (exchange_t *exchange);
void http_one_pump (connection_t *connection);
int http_two_new (connection_t *connection);
void http_two_destroy (connection_t *connection);
int http_two_input (connection_t *connection);
void http_two_send (exchange_t *exchange);
void http_two_resume (exchange_t *exchange);
void http_two_abort (exchange_t *exchange);
void http_two_forget (exchange_t *exchange); /*  it is being freed */
void http_two_pump (connection_t *connection);

#endif
