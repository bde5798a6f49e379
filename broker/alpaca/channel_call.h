/*  channel_call.h: inside broker/alpaca/channel*: one request on its way through the channel, its answer, and lists of
 *  them.
 *
 *  | list        | of         | leaves it when                                                        |
 *  |-------------|------------|-----------------------------------------------------------------------|
 *  | queue (two) | channel    | a connection takes it; its time is over: NOT_SENT                     |
 *  | taken       | connection | its answer is whole, or the connection is lost, or its time is over   |
 *  | finished    | channel    | its answer is given out                                               |
 *  | free        | channel    | the next request                                                      |
 */
#ifndef BROKER_ALPACA_CHANNEL_CALL_H
#define BROKER_ALPACA_CHANNEL_CALL_H

#include "broker/alpaca/reply_head.h"
#include "broker/alpaca/rest.h"

#define CHANNEL_REASON_MAX 128

typedef enum {
    CALL_STATE_FREE,
    CALL_STATE_QUEUED,
    CALL_STATE_TAKEN, /*  a connection has it: whether bytes left, `started` says */
    CALL_STATE_FINISHED
} channel_call_state_t;

typedef struct channel_call channel_call_t;

struct channel_call {
    channel_call_t *next;
    channel_call_t *prev;
    channel_call_state_t state;
    /*  the request */
    rest_reply_fn *on_reply;
    void *context;
    keys_t *keys;
    const char *path; /*  of a GET, with its query: the caller's, until the answer; NULL: an order's POST */
    const char *body; /*  the caller's, until the answer */
    size_t body_size;
    size_t body_sent; /*  HTTP/2: made into frames so far */
    size_t reply_max;
    int64_t deadline_ns;  /*  monotonic */
    int64_t not_after_ns; /*  boottime; 0 = whenever */
    bool urgent;
    /*  on its way */
    void *link;            /*  channel_link_t *: who took it */
    uint32_t stream_id;    /*  HTTP/2 */
    bool head_done;        /*  HTTP/2: what headers still come are trailers */
    uint64_t first_offset; /*  none of its bytes lies before this one of the connection's */
    int64_t sent_at_ns;    /*  UTC */
    int64_t taken_at_ns;   /*  monotonic */
    bool started;          /*  finished: bytes of it may have left */
    /*  the answer */
    bool whole;             /*  status, headers and body are complete */
    int64_t answered_at_ns; /*  UTC */
    reply_head_t head;
    char *reply;
    size_t reply_size;
    size_t reply_capacity;
    uint64_t allocations; /*  made for the answer */
    char reason[CHANNEL_REASON_MAX];
};

typedef struct {
    channel_call_t *first;
    channel_call_t *last;
    size_t count;
} channel_calls_t;

/*  Where it leaves first. */
void channel_calls_push (channel_calls_t *self, channel_call_t *call);
void channel_calls_append (channel_calls_t *self, channel_call_t *call);
void channel_calls_remove (channel_calls_t *self, channel_call_t *call);
channel_call_t *channel_calls_pop (channel_calls_t *self); /*  the first; NULL: empty */

/*  With room for a usual answer, its pages touched: the first fan-out is not slower than the next. NULL: out of memory. */
channel_call_t *channel_call_new (void);
void channel_call_destroy (channel_call_t **self_p);

/*  Adds to the reply; -ERR_FULL: it is larger than reply_max, -ERR_MEMORY. reason says so. */
int channel_call_body (channel_call_t *self, const char *bytes, size_t size);
void channel_call_say (channel_call_t *self, const char *reason);

/*  Where requests go. Texts are the channel's. */
typedef struct {
    bool tls;
    char host[256]; /*  without brackets */
    char port[6];
    char authority[272]; /*  as in the URL */
    char path[256];      /*  of an order's POST */
} channel_target_t;

/*  url: http:// or https://, host[:port], and a path that may be empty. -ERR_SETTING. */
int channel_target_parse (channel_target_t *self, const char *url, problem_t *problem);

#endif
