/*  receiver_order.c: an order and its answer. Answers leave in the order in which they are due: two rings, because what
 *  troubles some takes longer. */
#include "scripts/commands/load_test/receiver_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAITING_MAX (1u << 17)
#define WORD_SIZE 64
#define KNOWN_MAX (1u << 23)
#define LIMIT "1000000" /*  requests a minute */

typedef struct {
    peer_t *peer;
    uint32_t stream;
    bool fails;
    int64_t due_ns;
    char id[WORD_SIZE];
    char symbol[WORD_SIZE];
    char qty[WORD_SIZE];
    char side[WORD_SIZE];
} waiting_t;

typedef struct {
    waiting_t *list; /*  a ring */
    unsigned first;
    unsigned last;
} ring_t;

static struct {
    time_t second;
    uint8_t block[256];
    size_t block_size;
    char text[256];
    size_t text_size;
} heads;

static uint64_t *known;
static ring_t usual;
static ring_t slow;
static int64_t slow_ns;

void receiver_orders_start (int64_t trouble_delay_ns)
{
    slow_ns = trouble_delay_ns;
    usual.list = calloc (WAITING_MAX, sizeof *usual.list);
    slow.list = calloc (WAITING_MAX, sizeof *slow.list);
    assert (usual.list && slow.list);
}

/*  The text of a member of a flat JSON object; "" = absent. */
static void member (const uint8_t *body, size_t size, const char *key, char word[WORD_SIZE])
{
    size_t key_size = strlen (key);
    const char *at = memmem (body, size, key, key_size);
    const char *begin = at ? at + key_size : NULL;
    const char *end = begin ? memchr (begin, '"', size - (size_t) (begin - (const char *) body)) : NULL;
    size_t word_size = end ? (size_t) (end - begin) : 0;
    if (word_size >= WORD_SIZE)
        word_size = 0;
    if (word_size > 0)
        memcpy (word, begin, word_size);
    word[word_size] = 0;
}

static void note_arrival (receiver_tally_t *tally, int64_t at_ns)
{
    unsigned before = atomic_fetch_add_explicit (&tally->arrived, 1, memory_order_relaxed);
    unsigned per_fill = atomic_load_explicit (&tally->per_fill, memory_order_relaxed);
    if (before == 0)
        atomic_store (&tally->first_ns, at_ns);
    atomic_store_explicit (&tally->last_ns, at_ns, memory_order_relaxed);
    if (per_fill > 0 && (before + 1) % per_fill == 0)
        atomic_store (&tally->done_ns[before / per_fill % RECEIVER_FILLS], at_ns);
}

/*  Has this id been here? A set of their hashes (FNV-1a); full, it knows no new ones. */
static bool is_known (const char *id)
{
    uint64_t hash = UINT64_C (14695981039346656037);
    for (; *id; id++)
        hash = (hash ^ (uint8_t) *id) * UINT64_C (1099511628211);
    hash += hash == 0;
    if (!known)
        known = calloc (KNOWN_MAX, sizeof *known);
    for (size_t i = 0; known && i < 64; i++) {
        uint64_t *place = &known[(hash + i) % KNOWN_MAX];
        if (*place == hash)
            return true;
        if (*place == 0) {
            *place = hash;
            return false;
        }
    }
    return false;
}

void receiver_order (peer_t *self, uint32_t stream, const uint8_t *body, size_t size)
{
    receiver_tally_t *tally = receiver_tally ();
    int64_t at_ns = receiver_now ();
    char qty[WORD_SIZE];
    char id[WORD_SIZE];
    member (body, size, "\"qty\":\"", qty);
    member (body, size, "\"client_order_id\":\"", id);
    trouble_t trouble = TROUBLE_NONE;
    bool troubled = strcmp (qty, RECEIVER_TROUBLED_QTY) == 0;
    if (troubled) {
        trouble = (trouble_t) atomic_load (&tally->trouble);
        atomic_fetch_add (&tally->troubled, 1);
    } else if (atomic_load_explicit (&tally->per_fill, memory_order_relaxed) > 0 && is_known (id)) {
        atomic_fetch_add (&tally->repeated, 1);
    } else {
        note_arrival (tally, at_ns);
    }
    ring_t *ring = trouble == TROUBLE_SLOW ? &slow : &usual;
    waiting_t *order = &ring->list[ring->last++ % WAITING_MAX];
    assert (ring->last - ring->first < WAITING_MAX);
    order->peer = self;
    order->stream = stream;
    order->fails = trouble == TROUBLE_FAILING;
    order->due_ns =
        at_ns +
        (trouble == TROUBLE_SLOW ? slow_ns : atomic_load_explicit (&tally->delay_ns, memory_order_relaxed));
    memcpy (order->qty, qty, sizeof qty);
    memcpy (order->id, id, sizeof id);
    member (body, size, "\"symbol\":\"", order->symbol);
    member (body, size, "\"side\":\"", order->side);
}

static int order_text (const waiting_t *order, char *text, size_t size)
{
    return snprintf (text, size,
        "{\"id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d\",\"client_order_id\":\"%s\","
        "\"created_at\":\"2026-03-02T14:30:00.123456789Z\",\"updated_at\":\"2026-03-02T14:30:00.123456789Z\","
        "\"submitted_at\":\"2026-03-02T14:30:00.123456789Z\",\"filled_at\":\"2026-03-02T14:30:00."
        "123456789Z\","
        "\"expired_at\":null,\"canceled_at\":null,\"failed_at\":null,\"replaced_at\":null,\"replaced_by\":"
        "null,"
        "\"replaces\":null,\"asset_id\":\"b0b6dd9d-8b9b-48a9-ba46-b9d54906e415\",\"symbol\":\"%s\","
        "\"asset_class\":\"us_equity\",\"notional\":null,\"qty\":\"%s\",\"filled_qty\":\"%s\","
        "\"filled_avg_price\":\"100\",\"order_class\":\"\",\"order_type\":\"market\",\"type\":\"market\","
        "\"side\":\"%s\",\"time_in_force\":\"day\",\"limit_price\":null,\"stop_price\":null,\"status\":"
        "\"filled\","
        "\"extended_hours\":false,\"legs\":null,\"trail_percent\":null,\"trail_price\":null,\"hwm\":null}",
        order->id, order->symbol, order->qty, order->qty, order->side);
}

/*  HTTP/2: a literal field that is not indexed. */
static size_t put_field (uint8_t *at, const char *name, const char *value)
{
    size_t name_size = strlen (name), value_size = strlen (value);
    at[0] = 0;
    at[1] = (uint8_t) name_size;
    memcpy (at + 2, name, name_size);
    at[2 + name_size] = (uint8_t) value_size;
    memcpy (at + 3 + name_size, value, value_size);
    return 3 + name_size + value_size;
}

/*  What every answer of this second says: the date, and that there is no limit worth the name. */
static void heads_renew (time_t now)
{
    char date[40];
    char reset[24];
    struct tm parts;
    (void) gmtime_r (&now, &parts);
    (void) strftime (date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    (void) snprintf (reset, sizeof reset, "%lld", (long long) now + 60);
    heads.second = now;
    heads.block_size = put_field (heads.block, "date", date);
    heads.block_size += put_field (heads.block + heads.block_size, "x-ratelimit-limit", LIMIT);
    heads.block_size += put_field (heads.block + heads.block_size, "x-ratelimit-remaining", LIMIT);
    heads.block_size += put_field (heads.block + heads.block_size, "x-ratelimit-reset", reset);
    heads.text_size = (size_t) snprintf (heads.text, sizeof heads.text,
        "Date: %s\r\nX-RateLimit-Limit: " LIMIT "\r\nX-RateLimit-Remaining: " LIMIT
        "\r\nX-RateLimit-Reset: %s\r\nContent-Type: application/json\r\n",
        date, reset);
}

static void put_head_two (const waiting_t *order, size_t body_size)
{
    static const uint8_t good[] = {0x88};                  /*  :status 200 */
    static const uint8_t bad[] = {0x08, 3, '5', '0', '3'}; /*  :status 503 */
    const uint8_t *status = order->fails ? bad : good;
    size_t status_size = order->fails ? sizeof bad : sizeof good;
    peer_put_frame (order->peer, status_size + heads.block_size, 1, 4, order->stream);
    peer_put (order->peer, status, status_size);
    peer_put (order->peer, heads.block, heads.block_size);
    peer_put_frame (order->peer, body_size, 0, 1, order->stream);
}

static void put_head_one (const waiting_t *order, size_t body_size)
{
    char text[64];
    const char *status = order->fails ? "HTTP/1.1 503 Out\r\n" : "HTTP/1.1 200 OK\r\n";
    int size = snprintf (text, sizeof text, "Content-Length: %zu\r\n\r\n", body_size);
    peer_put (order->peer, status, strlen (status));
    peer_put (order->peer, heads.text, heads.text_size);
    peer_put (order->peer, text, (size_t) size);
}

static void put_answer (const waiting_t *order)
{
    char body[1024];
    int size = order->fails ? snprintf (body, sizeof body, "{\"message\":\"out of service\"}")
                            : order_text (order, body, sizeof body);
    if (order->peer->two)
        put_head_two (order, (size_t) size);
    else
        put_head_one (order, (size_t) size);
    peer_put (order->peer, body, (size_t) size);
}

static int64_t ring_due (ring_t *ring, int64_t at_ns)
{
    while (ring->first != ring->last && ring->list[ring->first % WAITING_MAX].due_ns <= at_ns)
        put_answer (&ring->list[ring->first++ % WAITING_MAX]);
    return ring->first != ring->last ? ring->list[ring->first % WAITING_MAX].due_ns : 0;
}

int64_t receiver_answer_due (void)
{
    int64_t at_ns = receiver_now ();
    time_t second = time (NULL);
    if (second != heads.second)
        heads_renew (second);
    int64_t one_ns = ring_due (&usual, at_ns);
    int64_t other_ns = ring_due (&slow, at_ns);
    return one_ns == 0 || (other_ns > 0 && other_ns < one_ns) ? other_ns : one_ns;
}
