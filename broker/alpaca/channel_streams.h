/*  channel_streams.h: the open streams of an HTTP/2 connection, by their number: a table with open addressing, for answers
 *  come in any order, and some late. Grows to twice what is open; nothing is allocated after that. One thread.
 */
#ifndef BROKER_ALPACA_CHANNEL_STREAMS_H
#define BROKER_ALPACA_CHANNEL_STREAMS_H

#include "broker/alpaca/channel_call.h"

typedef struct {
    uint32_t id; /*  0 = nobody */
    channel_call_t *call;
    int64_t window;  /*  bytes of its body that the peer still takes; SETTINGS may take it below 0 */
    int64_t length;  /*  Content-Length of the answer; -1 = it did not say */
    uint32_t unsaid; /*  bytes that came since its window was renewed */
} channel_stream_t;

/*  Zero-initialised is empty. */
typedef struct {
    channel_stream_t *table;
    size_t size; /*  a power of two; 0 */
    size_t count;
} channel_streams_t;

/*  NULL: out of memory. Pointers hold until the next one is added or removed. */
channel_stream_t *channel_streams_add (channel_streams_t *self, uint32_t id, channel_call_t *call);
channel_stream_t *channel_streams_find (const channel_streams_t *self, uint32_t id); /*  NULL: not open */
void channel_streams_remove (channel_streams_t *self, uint32_t id);                  /*  if it is open */
/*  The oldest with a number above this one; NULL: none. Looks at all. */
channel_stream_t *channel_streams_after (const channel_streams_t *self, uint32_t id);
void channel_streams_free (channel_streams_t *self);

#endif
