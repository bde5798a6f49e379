/*  rest.c: why it exists: libcurl, told to do exactly one thing once.
 *
 *  libcurl (7.88) sends a request again by itself when a reused connection closes before the first byte of the answer,
 *  when an HTTP/2 stream is refused, or after a failed write. Whatever makes it try, every start of a request passes
 *  CURLOPT_PREREQFUNCTION just before its first byte is written: the second start is refused there, so no request,
 *  POST or not, leaves twice. The same place tells whether anything was sent at all.
 */
#include "broker/alpaca/rest.h"

#include "broker/alpaca/rest_head.h"

#include <curl/curl.h>

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define NS_PER_MS INT64_C (1000000)
#define NS_PER_S INT64_C (1000000000)
#define KEEP_BODY_MAX (64u * 1024)   /*  a larger buffer is given back after the reply */
#define IDLE_CONNECTION_MAX_S 86400L /*  warm until the broker closes it */
#define STREAMS_PER_CONNECTION 100L
#define HEADERS_MAX 4
#define UNBEGUN_MAX                                                                                          \
    32 /*  requests that libcurl holds and has not begun: it begins all in one call, 75 us each */

typedef struct transfer transfer_t;

/*  One request under way; pooled with its easy handle. */
struct transfer {
    transfer_t *next; /*  in the list of the free, or of those that wait for a turn */
    rest_t *owner;
    CURL *easy;
    rest_reply_fn *on_reply;
    void *context;
    keys_t *keys;
    struct curl_slist headers[HEADERS_MAX]; /*  nodes of our own: no copy of a secret line is made here */
    char *body;
    size_t size;
    size_t capacity;
    size_t limit;
    unsigned starts; /*  times libcurl began to send it */
    bool too_large;
    bool busy;
    bool given;           /*  to libcurl */
    bool expired;         /*  its time was over before it got a connection */
    bool late;            /*  nor may it be begun any more */
    int64_t deadline_ns;  /*  monotonic */
    int64_t not_after_ns; /*  boottime */
    int64_t sent_at_ns;
    char error[CURL_ERROR_SIZE];
};

struct rest {
    CURLM *multi; /*  borrowed */
    rest_options_t options;
    transfer_t **all; /*  made when first needed; max_requests, and one whose reply is being given out */
    size_t count;
    transfer_t *free;
    transfer_t *waiting; /*  oldest first */
    transfer_t **waiting_end;
    size_t unbegun; /*  given to libcurl */
    size_t pending;
    int64_t next_deadline_ns; /*  not after the earliest of those that wait for a connection */
    rest_counts_t counts;
};

static int64_t clock_read (clockid_t clock)
{
    struct timespec now;
    (void) clock_gettime (clock, &now);
    return (int64_t) now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t monotonic_now (void)
{
    return clock_read (CLOCK_MONOTONIC);
}

/*  CURLOPT_PREREQFUNCTION: a connection is there, the request is about to be written. */
static int on_request_start (void *context, char *ip, char *local_ip, int port, int local_port)
{
    transfer_t *self = context;
    (void) ip, (void) local_ip, (void) port, (void) local_port;
    self->expired = self->starts == 0 && monotonic_now () >= self->deadline_ns;
    /*  the sender's lease is over: whoever has the account now may send for it (P6) */
    self->late =
        self->starts == 0 && self->not_after_ns > 0 && clock_read (CLOCK_BOOTTIME) >= self->not_after_ns;
    if (self->expired || self->late)
        return CURL_PREREQFUNC_ABORT;
    self->starts++;
    if (self->starts == 1) {
        self->owner->unbegun--;
        return CURL_PREREQFUNC_OK;
    }
    self->owner->counts.repeats_prevented++;
    return CURL_PREREQFUNC_ABORT;
}

/*  CURLOPT_SOCKOPTFUNCTION: unacknowledged bytes die with the connection before another shard may act (P6). */
static int on_socket_made (void *context, curl_socket_t socket, curlsocktype purpose)
{
    const transfer_t *self = context;
    int64_t timeout_ns = self->owner->options.user_timeout_ns;
    if (purpose != CURLSOCKTYPE_IPCXN || timeout_ns <= 0)
        return CURL_SOCKOPT_OK;
    unsigned int timeout_ms = (unsigned int) (timeout_ns / NS_PER_MS);
    if (setsockopt (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms) != 0)
        return CURL_SOCKOPT_ERROR;
    return CURL_SOCKOPT_OK;
}

/*  CURLOPT_WRITEFUNCTION; anything but size * count ends the transfer. */
static size_t on_body (char *bytes, size_t size, size_t count, void *context)
{
    transfer_t *self = context;
    size_t extra = size * count;
    if (extra > self->limit - self->size) {
        self->too_large = true;
        return 0;
    }
    if (self->size + extra > self->capacity) {
        size_t capacity = self->capacity ? self->capacity : 4096;
        while (capacity < self->size + extra)
            capacity *= 2;
        char *body = realloc (self->body, capacity);
        if (!body)
            return 0;
        self->body = body;
        self->capacity = capacity;
    }
    memcpy (self->body + self->size, bytes, extra);
    self->size += extra;
    return extra;
}

/*  What is the same for every request of this handle. */
static void transfer_prepare (transfer_t *self)
{
    const rest_options_t *options = &self->owner->options;
    CURL *easy = self->easy;
    curl_easy_setopt (easy, CURLOPT_PRIVATE, self);
    curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, self->error);
    curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt (easy, CURLOPT_WRITEDATA, self);
    curl_easy_setopt (easy, CURLOPT_PREREQFUNCTION, on_request_start);
    curl_easy_setopt (easy, CURLOPT_PREREQDATA, self);
    curl_easy_setopt (easy, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
    curl_easy_setopt (easy, CURLOPT_SOCKOPTDATA, self);
    curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
    /*  names are looked up in libcurl's own threads; without this, giving one up would wait for that thread */
    curl_easy_setopt (easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt (easy, CURLOPT_NOPROXY, "*"); /*  whatever the environment says */
    curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 0L); /*  a redirect would take the keys elsewhere */
    curl_easy_setopt (easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS);
    /*  requests do not wait for one another's connection: over HTTP/1.1 libcurl would let them go one by one */
    curl_easy_setopt (easy, CURLOPT_PIPEWAIT, 0L);
    curl_easy_setopt (easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt (easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt (easy, CURLOPT_TCP_KEEPIDLE, 15L);
    curl_easy_setopt (easy, CURLOPT_TCP_KEEPINTVL, 5L);
    curl_easy_setopt (easy, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_MAX_S);
    curl_easy_setopt (easy, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT_MS, (long) (options->connect_timeout_ns / NS_PER_MS));
    curl_easy_setopt (easy, CURLOPT_USERAGENT, "trade-copier/1");
    if (options->ca_file)
        curl_easy_setopt (easy, CURLOPT_CAINFO, options->ca_file);
}

static void transfer_destroy (transfer_t *self)
{
    if (self->given)
        (void) curl_multi_remove_handle (self->owner->multi, self->easy);
    curl_easy_cleanup (self->easy);
    keys_release (&self->keys);
    free (self->body);
    free (self);
}

static transfer_t *transfer_new (rest_t *owner)
{
    transfer_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->owner = owner;
    self->easy = curl_easy_init ();
    if (!self->easy) {
        free (self);
        return NULL;
    }
    transfer_prepare (self);
    return self;
}

rest_t *rest_new (void *multi, const rest_options_t *options, problem_t *problem)
{
    assert (
        multi && options && options->utc_now && options->max_connections > 0 && options->max_requests > 0);
    const curl_version_info_data *version = curl_version_info (CURLVERSION_NOW);
    if (!(version->features & CURL_VERSION_ASYNCHDNS) || version->version_num < 0x075500) {
        (void) problem_set (problem, ERR_SETTING, "libcurl",
            "version %s, or without a resolver of its own: 7.85 with one is needed", version->version);
        return NULL;
    }
    rest_t *self = calloc (1, sizeof *self);
    if (self)
        self->all = calloc ((size_t) options->max_requests + 1, sizeof *self->all);
    if (!self || !self->all) {
        (void) problem_set (problem, ERR_MEMORY, "max_calls", "no room for %u", options->max_requests);
        free (self);
        return NULL;
    }
    self->multi = multi;
    self->options = *options;
    self->waiting_end = &self->waiting;
    self->next_deadline_ns = INT64_MAX;
    long connections = (long) options->max_connections;
    curl_multi_setopt (multi, CURLMOPT_PIPELINING, (long) CURLPIPE_MULTIPLEX);
    curl_multi_setopt (multi, CURLMOPT_MAXCONNECTS, connections);
    curl_multi_setopt (multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    curl_multi_setopt (multi, CURLMOPT_MAX_CONCURRENT_STREAMS, STREAMS_PER_CONNECTION);
    return self;
}

void rest_destroy (rest_t **self_p)
{
    assert (self_p);
    rest_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    for (size_t i = 0; i < self->count; i++)
        transfer_destroy (self->all[i]);
    free (self->all);
    free (self);
}

static transfer_t *rest_take (rest_t *self)
{
    transfer_t *transfer = self->free;
    if (transfer) {
        self->free = transfer->next;
        return transfer;
    }
    transfer = transfer_new (self);
    if (transfer)
        self->all[self->count++] = transfer;
    return transfer;
}

static void rest_give_back (rest_t *self, transfer_t *transfer)
{
    keys_release (&transfer->keys);
    memset (transfer->headers, 0, sizeof transfer->headers);
    if (transfer->capacity > KEEP_BODY_MAX) {
        free (transfer->body);
        transfer->body = NULL;
        transfer->capacity = 0;
    }
    transfer->next = self->free;
    self->free = transfer;
}

static void transfer_set_headers (transfer_t *self, bool has_body)
{
    static char type[] = "Content-Type: application/json";
    static char expect[] = "Expect:"; /*  libcurl's 100-continue costs a round trip */
    char *lines[HEADERS_MAX] = {self->keys->id_line, self->keys->secret_line, expect, has_body ? type : NULL};
    size_t count = has_body ? HEADERS_MAX : HEADERS_MAX - 1;
    for (size_t i = 0; i < count; i++) {
        self->headers[i].data = lines[i];
        self->headers[i].next = i + 1 < count ? &self->headers[i + 1] : NULL;
    }
    curl_easy_setopt (self->easy, CURLOPT_HTTPHEADER, self->headers);
}

static CURLcode transfer_set_request (transfer_t *self, const rest_request_t *request)
{
    CURL *easy = self->easy;
    CURLcode result = curl_easy_setopt (easy, CURLOPT_URL, request->url);
    curl_easy_setopt (easy, CURLOPT_CUSTOMREQUEST, request->method == REST_DELETE ? "DELETE" : NULL);
    if (request->method == REST_POST) {
        curl_easy_setopt (easy, CURLOPT_POST, 1L);
        curl_easy_setopt (easy, CURLOPT_POSTFIELDSIZE, (long) request->body_size);
        curl_easy_setopt (easy, CURLOPT_POSTFIELDS, request->body); /*  not copied */
    } else {
        curl_easy_setopt (easy, CURLOPT_HTTPGET, 1L);
    }
    long timeout_ms = (long) (request->timeout_ns / NS_PER_MS);
    curl_easy_setopt (easy, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1L);
    transfer_set_headers (self, request->method == REST_POST);
    return result;
}

static void rest_wait (rest_t *self, transfer_t *transfer)
{
    transfer->next = NULL;
    *self->waiting_end = transfer;
    self->waiting_end = &transfer->next;
}

static void rest_wait_no_more (rest_t *self, const transfer_t *transfer)
{
    transfer_t **at = &self->waiting;
    while (*at && *at != transfer)
        at = &(*at)->next;
    if (*at)
        *at = transfer->next;
    if (!*at)
        self->waiting_end = at;
}

/*  To libcurl, or behind those that wait for their turn: rest_finish gives them. */
static bool rest_give (rest_t *self, transfer_t *transfer)
{
    if (self->unbegun >= UNBEGUN_MAX) {
        rest_wait (self, transfer);
        return true;
    }
    transfer->given = curl_multi_add_handle (self->multi, transfer->easy) == CURLM_OK;
    self->unbegun += transfer->given;
    return transfer->given;
}

int rest_send (rest_t *self, const rest_request_t *request, rest_reply_fn *on_reply, void *context)
{
    assert (self && request && request->url && request->keys && request->timeout_ns > 0 && on_reply);
    assert (request->method != REST_POST || (request->body && request->body_size > 0));
    if (self->pending == self->options.max_requests)
        return -ERR_FULL;
    transfer_t *transfer = rest_take (self);
    if (!transfer)
        return -ERR_MEMORY;
    transfer->on_reply = on_reply;
    transfer->context = context;
    transfer->keys = keys_hold (request->keys);
    transfer->limit = request->reply_max;
    transfer->size = 0;
    transfer->starts = 0;
    transfer->too_large = false;
    transfer->expired = transfer->late = false;
    transfer->not_after_ns = request->not_after_ns;
    transfer->error[0] = 0;
    transfer->deadline_ns = monotonic_now () + request->timeout_ns;
    if (transfer->deadline_ns < self->next_deadline_ns)
        self->next_deadline_ns = transfer->deadline_ns;
    transfer->sent_at_ns = self->options.utc_now ();
    if (transfer_set_request (transfer, request) != CURLE_OK || !rest_give (self, transfer)) {
        rest_give_back (self, transfer);
        return -ERR_MEMORY;
    }
    transfer->busy = true;
    self->pending++;
    self->counts.requests++;
    return 0;
}

static const char *transfer_reason (const transfer_t *self, CURLcode result)
{
    if (self->too_large)
        return "the answer is larger than this call's bound";
    if (self->expired)
        return "no connection became free in time";
    if (self->late)
        return "it was too late to begin it";
    if (self->starts > 1)
        return "the connection closed before an answer came";
    return self->error[0] ? self->error : curl_easy_strerror (result);
}

/*  From libcurl, or from those that wait. */
static void transfer_take_back (transfer_t *self)
{
    if (!self->given)
        rest_wait_no_more (self->owner, self);
    else
        (void) curl_multi_remove_handle (self->owner->multi, self->easy);
    if (self->given && self->starts == 0)
        self->owner->unbegun--;
    self->given = false;
}

static void transfer_finish (transfer_t *self, CURLcode result)
{
    rest_t *owner = self->owner;
    long status = 0;
    long connects = 0;
    if (self->given) { /*  else these are of the request before */
        curl_easy_getinfo (self->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo (self->easy, CURLINFO_NUM_CONNECTS, &connects);
    }
    owner->counts.connections += connects > 0 ? (uint64_t) connects : 0;
    rest_reply_t reply = {.started = self->starts > 0,
        .complete = result == CURLE_OK && self->starts == 1 && status >= 200,
        .status = (int) status,
        .body = self->body,
        .body_size = self->size,
        .sent_at_ns = self->starts > 0 ? self->sent_at_ns : 0,
        .answered_at_ns = owner->options.utc_now ()};
    reply.reason = reply.complete ? "" : transfer_reason (self, result);
    if (self->given)
        rest_head_read (self->easy, &reply);
    transfer_take_back (self);
    self->busy = false;
    owner->pending--;
    /*  the handle stays out of the pool until the callback is done with the body; it may send the next page */
    self->on_reply (self->context, &reply);
    rest_give_back (owner, self);
}

/*  libcurl's timeout does not reach a request that waits for a connection; its timer fires, though, and brings us here.
 *  The slack is that timer's rounding. */
static void rest_expire (rest_t *self)
{
    int64_t now_ns = monotonic_now () + 2 * NS_PER_MS;
    if (now_ns < self->next_deadline_ns)
        return;
    self->next_deadline_ns = INT64_MAX;
    size_t count = self->count; /*  a callback may add */
    for (size_t i = 0; i < count; i++) {
        transfer_t *transfer = self->all[i];
        if (!transfer->busy || transfer->starts > 0)
            continue;
        transfer->expired = now_ns >= transfer->deadline_ns;
        if (transfer->expired)
            transfer_finish (transfer, CURLE_OPERATION_TIMEDOUT);
        else if (transfer->deadline_ns < self->next_deadline_ns)
            self->next_deadline_ns = transfer->deadline_ns;
    }
}

void rest_finish (rest_t *self)
{
    assert (self);
    CURLMsg *message;
    int left = 0;
    while ((message = curl_multi_info_read (self->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        transfer_t *transfer = NULL;
        CURLcode result = message->data.result;
        curl_easy_getinfo (message->easy_handle, CURLINFO_PRIVATE, (char **) &transfer);
        transfer_finish (transfer, result);
    }
    rest_expire (self);
    while (self->waiting && self->unbegun < UNBEGUN_MAX) {
        transfer_t *transfer = self->waiting;
        rest_wait_no_more (self, transfer);
        if (!rest_give (self, transfer))
            transfer_finish (transfer, CURLE_OUT_OF_MEMORY);
    }
}

size_t rest_pending (const rest_t *self)
{
    assert (self);
    return self->pending;
}

void rest_counts (const rest_t *self, rest_counts_t *counts)
{
    assert (self && counts);
    *counts = self->counts;
}
