/*  link.c: go-back-n with cumulative acknowledgements over a ring of messages.
 *
 *  | the peer | link_due gives |
 *  |---|---|
 *  | was not heard yet | messages for session 0 (whoever answers to the name), then resends one by one |
 *  | acknowledges | as many messages as window and credit allow |
 *  | is silent after a resend | the first message alone, at doubling intervals: a probe |
 *  | acknowledges less than was sent, twice | all from there again, at once |
 *  | has a new session | the kept messages, as a new stream |
 *
 *  Header, big endian: magic (2) version (1) flags (1) credit (4) from (8) to (8) sequence (8; 0 = no message)
 *  expected (8) stream (4) stream acknowledged (4). A sender numbers its streams: the one that begins after the peer's
 *  death is not taken for the one before it, which may have reached the same life, addressed to nobody.
 */
#include "actors/host/link.h"

#include "messages/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x7463 /*  "tc" */
#define VERSION 1
#define FLAG_GAP 1 /*  something before what came is missing */
#define DEAD_MAX 8 /*  sessions of the peer remembered */
#define MS_NS INT64_C (1000000)
#define ACK_EVERY 64 /*  messages received at most before one is said */

typedef struct {
    int kind;
    bool keep;
    size_t offset; /*  never split */
    size_t size;
} entry_t;

struct link {
    link_config_t config;
    uint64_t peer; /*  its session; 0 = not heard yet */
    uint64_t dead[DEAD_MAX];
    uint32_t dead_next;
    link_counts_t counts;

    /*  out */
    entry_t *entries; /*  ring */
    uint32_t first;
    uint32_t count;
    uint8_t *bytes; /*  ring */
    size_t end;
    uint32_t stream;
    uint64_t base; /*  sequence of the oldest */
    uint64_t next; /*  to be sent */
    uint64_t high; /*  sent at least once: below this */
    uint32_t credit;
    bool probing; /*  resent without an answer */
    int64_t rto_ns;
    int64_t resend_at_ns;
    int64_t back_at_ns; /*  last time a gap sent us back */
    int64_t said_at_ns; /*  last frame */
    bool due_message;   /*  what link_due gave last */

    /*  in */
    uint32_t heard_stream;
    uint64_t expected;
    bool gap;
    uint32_t unsaid;   /*  messages received since the last acknowledgement */
    int64_t ack_at_ns; /*  INT64_MAX = nothing to say */
    int64_t heard_at_ns;
    bool silent;
};

static void defaults (link_config_t *config)
{
    static const link_config_t least = {.max_messages = 32768,
        .max_bytes = (size_t) 16 << 20,
        .window = 4096,
        .resend_ns = 200 * MS_NS,
        .resend_max_ns = 2000 * MS_NS,
        .ack_ns = 10 * MS_NS,
        .beat_ns = 500 * MS_NS};
#define DEFAULT(field) config->field = config->field > 0 ? config->field : least.field
    DEFAULT (max_messages);
    DEFAULT (max_bytes);
    DEFAULT (window);
    DEFAULT (resend_ns);
    DEFAULT (resend_max_ns);
    DEFAULT (ack_ns);
    DEFAULT (beat_ns);
#undef DEFAULT
}

link_t *link_new (const link_config_t *config)
{
    assert (config && config->session != 0);
    link_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->config = *config;
    defaults (&self->config);
    self->base = self->next = self->high = self->expected = 1;
    self->stream = 1;
    self->credit = self->config.window;
    self->rto_ns = self->config.resend_ns;
    self->resend_at_ns = self->ack_at_ns = INT64_MAX;
    self->entries = calloc (self->config.max_messages, sizeof *self->entries);
    self->bytes = malloc (self->config.max_bytes);
    if (!self->entries || !self->bytes)
        link_destroy (&self);
    return self;
}

void link_destroy (link_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    free ((*self_p)->entries);
    free ((*self_p)->bytes);
    free (*self_p);
    *self_p = NULL;
}

static entry_t *entry_at (const link_t *self, uint32_t position)
{
    return &self->entries[(self->first + position) % self->config.max_messages];
}

/*  Contiguous room for size at *offset_p. */
static bool room (const link_t *self, size_t size, size_t *offset_p)
{
    *offset_p = self->count == 0 ? 0 : self->end;
    if (self->count == 0)
        return size <= self->config.max_bytes;
    size_t oldest = entry_at (self, 0)->offset;
    size_t newest = entry_at (self, self->count - 1)->offset;
    if (newest < oldest) /*  wrapped */
        return size <= oldest - self->end;
    if (size <= self->config.max_bytes - self->end)
        return true;
    *offset_p = 0;
    return size < oldest; /*  never quite full: an empty and a full ring look different */
}

int link_send (link_t *self, int64_t now_ns, int kind, bool keep, const uint8_t *bytes, size_t size)
{
    assert (self && kind > 0 && bytes && size > 0);
    size_t offset;
    if (self->count == self->config.max_messages || !room (self, size, &offset)) {
        self->counts.refused++;
        return -ERR_FULL;
    }
    if (self->said_at_ns == 0)
        self->said_at_ns = now_ns;
    memcpy (self->bytes + offset, bytes, size);
    *entry_at (self, self->count) = (entry_t){.kind = kind, .keep = keep, .offset = offset, .size = size};
    self->count++;
    self->end = offset + size;
    return 0;
}

void link_hello (link_t *self, int64_t now_ns)
{
    assert (self);
    self->said_at_ns = now_ns;
    self->ack_at_ns = now_ns;
}

static void put (uint8_t *at, uint64_t value, int bytes)
{
    for (int n = bytes; n-- > 0; value >>= 8)
        at[n] = (uint8_t) value;
}

static uint64_t get (const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int n = 0; n < bytes; n++)
        value = value << 8 | at[n];
    return value;
}

static void write_header (const link_t *self, uint8_t *header, uint64_t sequence)
{
    memset (header, 0, LINK_HEADER);
    put (header, MAGIC, 2);
    header[2] = VERSION;
    header[3] = self->gap ? FLAG_GAP : 0;
    put (header + 4, self->config.window, 4);
    put (header + 8, self->config.session, 8);
    put (header + 16, self->peer, 8);
    put (header + 24, sequence, 8);
    put (header + 32, self->expected, 8);
    put (header + 40, self->stream, 4);
    put (header + 44, self->heard_stream, 4);
}

/*  How many may be under way. */
static uint64_t allowed (const link_t *self)
{
    uint64_t window = self->credit < self->config.window ? self->credit : self->config.window;
    return self->probing || window == 0 ? 1 : window;
}

bool link_due (link_t *self, int64_t now_ns, link_frame_t *frame)
{
    assert (self && frame);
    if (self->resend_at_ns <= now_ns && self->base < self->next) { /*  no answer: from the oldest again */
        self->next = self->base;
        self->probing = true;
        self->rto_ns =
            self->rto_ns * 2 < self->config.resend_max_ns ? self->rto_ns * 2 : self->config.resend_max_ns;
        self->resend_at_ns = now_ns + self->rto_ns;
    }
    bool message = self->next < self->base + self->count && self->next - self->base < allowed (self);
    bool beat = self->said_at_ns > 0 && now_ns - self->said_at_ns >= self->config.beat_ns;
    self->due_message = message;
    if (!message && self->ack_at_ns > now_ns && !beat)
        return false;
    *frame = (link_frame_t){.kind = 0};
    write_header (self, frame->header, message ? self->next : 0);
    if (!message)
        return true;
    const entry_t *entry = entry_at (self, (uint32_t) (self->next - self->base));
    frame->kind = entry->kind;
    frame->bytes = self->bytes + entry->offset;
    frame->size = entry->size;
    return true;
}

void link_sent (link_t *self, int64_t now_ns)
{
    assert (self);
    self->said_at_ns = now_ns;
    self->ack_at_ns = INT64_MAX;
    self->unsaid = 0;
    self->gap = false;
    if (!self->due_message)
        return;
    self->due_message = false;
    if (self->next < self->high)
        self->counts.resent++;
    else
        self->counts.sent++;
    self->next++;
    if (self->next > self->high)
        self->high = self->next;
    if (self->resend_at_ns == INT64_MAX)
        self->resend_at_ns = now_ns + self->rto_ns;
}

/*  A new stream: what is kept moves to its beginning. */
static void begin_anew (link_t *self)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        const entry_t *entry = entry_at (self, i);
        if (entry->keep)
            *entry_at (self, kept++) = *entry;
    }
    self->counts.dropped += self->count - kept;
    self->count = kept;
    if (kept > 0)
        self->end = entry_at (self, kept - 1)->offset + entry_at (self, kept - 1)->size;
    self->base = self->next = self->high = 1;
    self->stream++;
}

static bool is_dead (const link_t *self, uint64_t session)
{
    for (int i = 0; i < DEAD_MAX; i++)
        if (self->dead[i] == session)
            return true;
    return false;
}

static void meet (link_t *self, int64_t now_ns, uint64_t session)
{
    if (self->peer != 0) {
        self->dead[self->dead_next++ % DEAD_MAX] = self->peer;
        begin_anew (self);
    }
    self->peer = session;
    self->counts.lives++;
    self->heard_stream = 0;
    self->expected = 1;
    self->gap = false;
    self->probing = false;
    self->rto_ns = self->config.resend_ns;
    self->resend_at_ns = self->next > self->base ? now_ns + self->rto_ns : INT64_MAX;
    self->ack_at_ns = now_ns; /*  it learns who we are */
}

static void acknowledge (link_t *self, int64_t now_ns, uint64_t expected, bool gap)
{
    if (expected > self->base && expected <= self->high) {
        uint32_t done = (uint32_t) (expected - self->base);
        self->first = (self->first + done) % self->config.max_messages;
        self->count -= done;
        self->base = expected;
        if (self->next < self->base)
            self->next = self->base;
        self->probing = false;
        self->rto_ns = self->config.resend_ns;
        self->resend_at_ns = self->next > self->base ? now_ns + self->rto_ns : INT64_MAX;
    }
    if (gap && expected == self->base && self->next > self->base &&
        now_ns - self->back_at_ns >= self->config.ack_ns) {
        self->back_at_ns = now_ns;
        self->next = self->base;
    }
}

/*  The message with this sequence: is it the next one? */
static int take (link_t *self, int64_t now_ns, uint64_t sequence)
{
    bool next = sequence == self->expected;
    if (next) {
        self->expected++;
        self->counts.delivered++;
        self->unsaid++;
    } else if (sequence < self->expected) {
        self->counts.duplicates++;
    } else {
        self->counts.gaps++;
        self->gap = true;
    }
    int64_t soon_ns = self->said_at_ns + self->config.ack_ns / 4; /*  a burst behind a gap is one complaint */
    int64_t ack_at_ns = now_ns + self->config.ack_ns;
    if (!next || self->unsaid >= ACK_EVERY)
        ack_at_ns = soon_ns > now_ns ? soon_ns : now_ns;
    if (ack_at_ns < self->ack_at_ns)
        self->ack_at_ns = ack_at_ns;
    return next ? LINK_DELIVER : LINK_IGNORE;
}

int link_receive (link_t *self, int64_t now_ns, const uint8_t *header, size_t size, bool has_message)
{
    assert (self && header);
    if (size != LINK_HEADER || get (header, 2) != MAGIC || header[2] != VERSION)
        return -ERR_SYNTAX;
    uint64_t from = get (header + 8, 8);
    uint64_t to = get (header + 16, 8);
    uint64_t sequence = get (header + 24, 8);
    if (from == 0 || (sequence != 0) != has_message)
        return -ERR_SYNTAX;
    if (is_dead (self, from)) {
        self->counts.strays++;
        return LINK_IGNORE;
    }
    if (from != self->peer)
        meet (self, now_ns, from);
    self->heard_at_ns = now_ns;
    self->silent = false;
    if (self->said_at_ns == 0)
        self->said_at_ns = now_ns;
    if (to != 0 && to != self->config.session) { /*  for our life before this one */
        self->counts.strays++;
        self->ack_at_ns = now_ns;
        return LINK_IGNORE;
    }
    uint32_t stream = (uint32_t) get (header + 40, 4);
    if (stream < self->heard_stream) {
        self->counts.strays++;
        return LINK_IGNORE;
    }
    if (stream > self->heard_stream) {
        self->heard_stream = stream;
        self->expected = 1;
        self->gap = false;
    }
    self->credit = (uint32_t) get (header + 4, 4);
    if (to != 0 && get (header + 44, 4) == self->stream)
        acknowledge (self, now_ns, get (header + 32, 8), (header[3] & FLAG_GAP) != 0);
    return has_message ? take (self, now_ns, sequence) : LINK_IGNORE;
}

bool link_is_peer (const link_t *self, const uint8_t *header)
{
    assert (self && header);
    return get (header + 8, 8) == self->peer;
}

int64_t link_wake_ns (const link_t *self)
{
    assert (self);
    int64_t wake_ns = self->ack_at_ns;
    if (self->base < self->next && self->resend_at_ns < wake_ns)
        wake_ns = self->resend_at_ns;
    if (self->said_at_ns > 0 && self->said_at_ns + self->config.beat_ns < wake_ns)
        wake_ns = self->said_at_ns + self->config.beat_ns;
    return wake_ns;
}

bool link_watch (link_t *self, int64_t now_ns)
{
    assert (self);
    bool silent =
        self->peer != 0 && now_ns - self->heard_at_ns > 3 * self->config.beat_ns + self->config.beat_ns / 2;
    bool died = silent && !self->silent;
    self->silent = silent;
    self->counts.deaths += died;
    return died;
}

bool link_known (const link_t *self)
{
    assert (self);
    return self->peer != 0;
}

bool link_alive (const link_t *self)
{
    assert (self);
    return self->peer != 0 && !self->silent;
}

size_t link_waiting (const link_t *self)
{
    assert (self);
    return self->count;
}

const link_counts_t *link_counts (const link_t *self)
{
    assert (self);
    return &self->counts;
}
