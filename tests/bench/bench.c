/*  bench.c: orders to a minimal receiver: a fan-out of N orders in one turn, from the first call to the last arrival at
 *  the other side; docs/performance.md says how to read it.
 *
 *      bench [--clients 500,2000,10000] [--delay-ms 0,20] [--http 2,1] [--events 15] [--connections 500]
 *            [--senders bare,channel,port,libcurl] [--rate 50 --seconds 60]
 */
#include "scripts/commands/load_test/bare.h"
#include "tests/lib/heap.h"

#include "actors/host/curl_loop.h"
#include "broker/alpaca/alpaca.h"
#include "broker/alpaca/channel.h"

#include <uv.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIST_MAX 8
#define EVENTS_MAX 1000
#define WARM_UP 3
#define PATIENCE_S 60
#define BODY_MAX 192
#define KEY_SETS 64

typedef enum { BARE, CHANNEL, PORT, LIBCURL, SENDERS } sender_t;
static const char *const sender_names[SENDERS] = {"bare", "channel", "port", "libcurl"};

typedef struct {
    size_t clients[LIST_MAX];
    long delays_ms[LIST_MAX];
    long https[LIST_MAX];
    bool senders[SENDERS];
    size_t events;
    size_t connections;
    size_t rate; /*  fan-outs a second, for so long; 0 = one after the other */
    size_t seconds;
} plan_t;

/*  One fan-out's figures. */
typedef struct {
    double first_ms;
    double last_ms;
    double cpu_us;
    double receiver_us;
    double allocations;
} figures_t;

/*  What sends: one of the three is used. */
typedef struct {
    sender_t kind;
    size_t clients;
    uv_loop_t loop;
    uv_timer_t timer;
    bare_t *bare;
    channel_t *channel;
    keyring_t *keyring;
    keys_t *keys[KEY_SETS];
    char (*bodies)[BODY_MAX];
    curl_loop_t *curl;
    broker_t *broker;
    size_t answered;
    size_t wrong;
} bench_t;

static int64_t clock_now (clockid_t clock)
{
    struct timespec now;
    clock_gettime (clock, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t utc_now (void)
{
    return clock_now (CLOCK_REALTIME);
}

static void on_reply (void *context, const rest_reply_t *reply)
{
    bench_t *self = context;
    self->answered++;
    self->wrong += !reply->complete || reply->status != 200;
}

static void on_answer (void *context, const broker_answer_t *answer)
{
    bench_t *self = context;
    self->answered++;
    if (answer->kind != ANSWER_OK && self->wrong++ == 0)
        fprintf (stderr, "bench: %s %s\n", answer_kind_text (answer->kind), answer->message);
}

static void on_timer (uv_timer_t *timer)
{
    (void) timer;
}

static void turn (bench_t *self, uint64_t ms)
{
    uv_update_time (&self->loop);
    uv_timer_start (&self->timer, on_timer, ms, 0);
    uv_run (&self->loop, UV_RUN_ONCE);
}

static void rest_a_while (bench_t *self, int64_t ms)
{
    int64_t end_ns = clock_now (CLOCK_MONOTONIC) + ms * 1000000;
    while (clock_now (CLOCK_MONOTONIC) < end_ns)
        turn (self, 1);
}

static void open_keys (bench_t *self)
{
    problem_t problem = {0};
    self->keyring = keyring_new (KEY_SETS, &problem);
    self->bodies = calloc (self->clients, sizeof *self->bodies);
    assert (self->keyring && self->bodies);
    for (size_t i = 0; i < KEY_SETS; i++) {
        char id[32];
        (void) snprintf (id, sizeof id, "PKBENCH%013zu", i);
        int rc = keyring_add (self->keyring, id, "0123456789abcdefghijABCDEFGHIJ0123456789", &self->keys[i]);
        assert (rc == 0);
    }
    for (size_t i = 0; i < self->clients; i++)
        (void) snprintf (self->bodies[i], BODY_MAX,
            "{\"symbol\":\"AAPL\",\"qty\":\"10\",\"side\":\"buy\",\"type\":\"market\",\"time_in_force\":"
            "\"day\","
            "\"client_order_id\":\"tc1-abcdefghijklmno%05zu-o1\"}",
            i);
}

static void open_channel (bench_t *self, const char *url, const char *ca_file, size_t connections)
{
    problem_t problem = {0};
    const channel_options_t options = {.uv_loop = &self->loop,
        .url = url,
        .rest = {.max_connections = (uint32_t) connections,
            .max_requests = (uint32_t) self->clients,
            .connect_timeout_ns = INT64_C (10000000000),
            .ca_file = ca_file,
            .utc_now = utc_now}};
    open_keys (self);
    self->channel = channel_new (&options, &problem);
    assert (self->channel);
    channel_expect (self->channel, self->clients);
}

static void open_port (bench_t *self, const char *url, const char *ca_file, size_t connections)
{
    problem_t problem = {0};
    self->curl = curl_loop_new (&self->loop, &problem);
    assert (self->curl);
    const alpaca_options_t options = {.base_url = url,
        .ca_file = ca_file,
        .max_accounts = (uint32_t) self->clients,
        .max_connections = (uint32_t) connections,
        .max_calls = (uint32_t) self->clients,
        .timeout_ns = INT64_C (30000000000),
        .order_channel = self->kind == PORT,
        .curl_multi = curl_loop_multi (self->curl),
        .uv_loop = &self->loop,
        .answer = on_answer,
        .context = self,
        .utc_now = utc_now};
    self->broker = alpaca_new (&options, &problem);
    if (!self->broker) {
        fprintf (stderr, "bench: %s: %s\n", problem.where, problem.detail);
        exit (1);
    }
    curl_loop_set_ready (self->curl, alpaca_on_transfers, self->broker);
    const broker_keys_t keys = {"PKBENCH0000000000001", "0123456789abcdefghijABCDEFGHIJ0123456789"};
    for (size_t i = 0; i < self->clients; i++) {
        int rc = self->broker->ops->account_open (self->broker, (uint32_t) i, &keys);
        assert (rc == 0);
    }
}

/*  All connections that are wanted stand. */
static void until_warm (bench_t *self, size_t wanted)
{
    int64_t end_ns = clock_now (CLOCK_MONOTONIC) + PATIENCE_S * INT64_C (1000000000);
    uint64_t ready = 0;
    while (ready < wanted && clock_now (CLOCK_MONOTONIC) < end_ns) {
        channel_counts_t channel = {0};
        alpaca_counts_t port = {0};
        turn (self, 10);
        if (self->channel)
            channel_counts (self->channel, &channel);
        else
            alpaca_counts (self->broker, &port);
        ready = self->channel ? channel.ready : port.channel_ready;
    }
    if (ready < wanted) {
        fprintf (stderr, "bench: %lu of %zu connections stand\n", (unsigned long) ready, wanted);
        exit (1);
    }
}

static void send_channel (bench_t *self)
{
    for (size_t i = 0; i < self->clients; i++) {
        const rest_request_t request = {.method = REST_POST,
            .url = "",
            .body = self->bodies[i],
            .body_size = strlen (self->bodies[i]),
            .keys = self->keys[i % KEY_SETS],
            .timeout_ns = INT64_C (30000000000),
            .reply_max = 65536};
        int rc = channel_send (self->channel, &request, false, on_reply, self);
        assert (rc == 0);
    }
}

static void send_port (bench_t *self)
{
    broker_call_t call = {.kind = CALL_SUBMIT};
    (void) strcpy (call.request.symbol, "AAPL");
    (void) strcpy (call.request.client_order_id, "tc1-abcdefghijklmno00000-o1");
    call.request.qty_e9 = INT64_C (10000000000);
    for (size_t i = 0; i < self->clients; i++) {
        char *digits = call.request.client_order_id + 19;
        size_t number = i;
        for (int k = 4; k >= 0; k--, number /= 10)
            digits[k] = (char) ('0' + number % 10);
        call.account = (uint32_t) i;
        call.token = i;
        int rc = self->broker->ops->call (self->broker, &call);
        assert (rc == 0);
    }
}

static void fan_out (bench_t *self)
{
    if (self->kind == BARE) {
        bare_send (self->bare, self->clients);
        return;
    }
    self->answered = self->wrong = 0;
    if (self->channel)
        send_channel (self);
    else
        send_port (self);
    while (self->answered < self->clients)
        uv_run (&self->loop, UV_RUN_ONCE);
    if (self->wrong > 0) {
        fprintf (stderr, "bench: %zu of %zu answers are wrong\n", self->wrong, self->clients);
        exit (1);
    }
}

static figures_t one_event (bench_t *self, receiver_t *receiver, long delay_ms)
{
    receiver_reset (receiver, delay_ms * 1000000);
    rest_a_while (self, 5);
    int64_t cpu = clock_now (CLOCK_PROCESS_CPUTIME_ID);
    int64_t receiver_cpu = receiver_cpu_ns (receiver);
    uint64_t allocations = heap_allocations ();
    int64_t start = clock_now (CLOCK_MONOTONIC);
    fan_out (self);
    double orders = (double) self->clients;
    figures_t figures = {.cpu_us = (double) (clock_now (CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e3 / orders,
        .receiver_us = (double) (receiver_cpu_ns (receiver) - receiver_cpu) / 1e3 / orders,
        .allocations = (double) (heap_allocations () - allocations) / orders,
        .first_ms = (double) (atomic_load (&receiver->tally->first_ns) - start) / 1e6,
        .last_ms = (double) (atomic_load (&receiver->tally->last_ns) - start) / 1e6};
    if (atomic_load (&receiver->tally->arrived) != self->clients) {
        fprintf (stderr, "bench: %u orders arrived\n", atomic_load (&receiver->tally->arrived));
        exit (1);
    }
    return figures;
}

static int compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static double quantile (const figures_t *all, size_t count, size_t offset, double part)
{
    double values[EVENTS_MAX];
    for (size_t i = 0; i < count; i++)
        values[i] = *(const double *) ((const char *) &all[i] + offset);
    qsort (values, count, sizeof *values, compare);
    return values[(size_t) (part * (double) (count - 1) + 0.5)];
}

static size_t connections_of (const plan_t *plan, size_t clients, bool two)
{
    size_t wanted = two ? (clients + RECEIVER_STREAMS - 1) / RECEIVER_STREAMS : clients;
    return wanted < plan->connections ? wanted : plan->connections;
}

static bench_t *bench_open (const plan_t *plan, sender_t kind, const receiver_t *receiver, size_t clients)
{
    bench_t *self = calloc (1, sizeof *self);
    char url[64];
    size_t connections = connections_of (plan, clients, receiver->two);
    assert (self);
    self->kind = kind;
    self->clients = clients;
    uv_loop_init (&self->loop);
    uv_timer_init (&self->loop, &self->timer);
    (void) snprintf (url, sizeof url, "https://127.0.0.1:%d", receiver->port);
    switch (kind) {
    case BARE: self->bare = bare_new (receiver, connections); break;
    case CHANNEL: open_channel (self, url, receiver->ca_file, connections); break;
    default: open_port (self, url, receiver->ca_file, connections); break;
    }
    if (kind == CHANNEL || kind == PORT)
        until_warm (self, connections);
    return self;
}

static void bench_close (bench_t *self)
{
    if (self->bare)
        bare_destroy (&self->bare);
    channel_destroy (&self->channel);
    if (self->broker)
        self->broker->ops->destroy (&self->broker);
    if (self->curl)
        curl_loop_destroy (&self->curl);
    for (size_t i = 0; i < KEY_SETS && self->keyring; i++)
        keys_release (&self->keys[i]);
    keyring_destroy (&self->keyring);
    free (self->bodies);
    uv_close ((uv_handle_t *) &self->timer, NULL);
    while (uv_run (&self->loop, UV_RUN_NOWAIT) != 0)
        ;
    (void) uv_loop_close (&self->loop);
    free (self);
}

static long resident_kb (void)
{
    long pages = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    if (file && fscanf (file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        (void) fclose (file);
    return pages * (sysconf (_SC_PAGESIZE) / 1024);
}

/*  A fan-out every 1/rate seconds, later only when the one before is not answered by then. */
static void run_sustained (const plan_t *plan, sender_t kind, long http, size_t clients, long delay_ms)
{
    size_t count = plan->rate * plan->seconds;
    int64_t period_ns = 1000000000 / (int64_t) plan->rate;
    receiver_t receiver;
    receiver_start (&receiver, &(receiver_options_t){.two = http == 2});
    bench_t *bench = bench_open (plan, kind, &receiver, clients);
    double *answered_ms = calloc (count, sizeof *answered_ms);
    double worst_late_ms = 0;
    assert (answered_ms);
    for (size_t i = 0; i < WARM_UP; i++)
        (void) one_event (bench, &receiver, delay_ms);
    long before_kb = resident_kb ();
    int64_t start_ns = clock_now (CLOCK_MONOTONIC);
    for (size_t i = 0; i < count; i++) {
        int64_t due_ns = start_ns + (int64_t) i * period_ns;
        int64_t now_ns;
        while ((now_ns = clock_now (CLOCK_MONOTONIC)) < due_ns)
            turn (bench, 1);
        double late_ms = (double) (now_ns - due_ns) / 1e6;
        worst_late_ms = late_ms > worst_late_ms ? late_ms : worst_late_ms;
        fan_out (bench);
        answered_ms[i] = (double) (clock_now (CLOCK_MONOTONIC) - due_ns) / 1e6;
    }
    double took_s = (double) (clock_now (CLOCK_MONOTONIC) - start_ns) / 1e9;
    qsort (answered_ms, count, sizeof *answered_ms, compare);
    printf (
        "%s, HTTP/%s, %zu orders x %zu/s for %.1f s: %.0f orders/s; all answered after p50 %.2f, p99 %.2f, "
        "max %.2f ms; begun at most %.2f ms late; resident %ld -> %ld KiB\n",
        sender_names[kind], http == 2 ? "2" : "1.1", clients, plan->rate, took_s,
        (double) (clients * count) / took_s, answered_ms[count / 2], answered_ms[count * 99 / 100],
        answered_ms[count - 1], worst_late_ms, before_kb, resident_kb ());
    free (answered_ms);
    bench_close (bench);
    receiver_stop (&receiver);
}

/*  A sender and its receiver in a case: all stand at once and take turns, so that what else the machine does meets them
 *  alike. */
typedef struct {
    receiver_t receiver;
    bench_t *bench;
    figures_t figures[EVENTS_MAX];
} entrant_t;

#define AT(entrant, name, part) quantile ((entrant)->figures, plan->events, offsetof (figures_t, name), part)

static void print_entrant (
    const plan_t *plan, const entrant_t *entrant, long delay_ms, const entrant_t *limit)
{
    bool two = entrant->receiver.two;
    printf ("| %-7s | %4s | %6zu | %3ld | %5zu | %7.2f | %8.2f | %8.2f | %8.2f | ",
        sender_names[entrant->bench->kind], two ? "2" : "1.1", entrant->bench->clients, delay_ms,
        connections_of (plan, entrant->bench->clients, two), AT (entrant, first_ms, 0.5),
        AT (entrant, last_ms, 0), AT (entrant, last_ms, 0.5), AT (entrant, last_ms, 0.9));
    if (limit != entrant)
        printf ("%5.2f | %5.2f", AT (entrant, last_ms, 0) / AT (limit, last_ms, 0),
            AT (entrant, last_ms, 0.5) / AT (limit, last_ms, 0.5));
    else
        printf ("%5s | %5s", "", "");
    printf (" | %6.2f | %6.2f | %6.3f |\n", AT (entrant, cpu_us, 0.5), AT (entrant, receiver_us, 0.5),
        AT (entrant, allocations, 0.5));
    fflush (stdout);
}

static void run_entrants (const plan_t *plan, long http, long delay_ms, size_t clients)
{
    static entrant_t entrants[SENDERS];
    size_t count = 0;
    for (sender_t kind = BARE; kind < SENDERS; kind++) {
        if (!plan->senders[kind])
            continue;
        receiver_start (&entrants[count].receiver, &(receiver_options_t){.two = http == 2});
        entrants[count].bench = bench_open (plan, kind, &entrants[count].receiver, clients);
        count++;
    }
    for (size_t i = 0; i < WARM_UP + plan->events; i++) {
        for (size_t k = 0; k < count; k++) {
            figures_t figures = one_event (entrants[k].bench, &entrants[k].receiver, delay_ms);
            if (i >= WARM_UP)
                entrants[k].figures[i - WARM_UP] = figures;
        }
    }
    for (size_t k = 0; k < count; k++)
        print_entrant (plan, &entrants[k], delay_ms, &entrants[0]);
    for (size_t k = 0; k < count; k++) {
        bench_close (entrants[k].bench);
        receiver_stop (&entrants[k].receiver);
    }
}

static size_t list_of (const char *text, long values[LIST_MAX])
{
    size_t count = 0;
    char *end = NULL;
    for (; *text && count < LIST_MAX; text = *end ? end + 1 : end)
        values[count++] = strtol (text, &end, 10);
    return count;
}

static void usage (void)
{
    fprintf (stderr, "bench [--clients N,…] [--delay-ms D,…] [--http 2,1] [--events 15] [--connections 500]\n"
                     "      [--senders bare,channel,port,libcurl] [--rate 50 --seconds 60]\n");
    exit (2);
}

static void plan_read (plan_t *self, int count, char **words)
{
    long values[LIST_MAX];
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = words[i];
        const char *value = words[i + 1];
        size_t got = strcmp (name, "--senders") == 0 ? 0 : list_of (value, values);
        if (strcmp (name, "--clients") == 0) {
            for (size_t k = 0; k < LIST_MAX; k++)
                self->clients[k] = k < got ? (size_t) values[k] : 0;
        } else if (strcmp (name, "--delay-ms") == 0) {
            for (size_t k = 0; k < LIST_MAX; k++)
                self->delays_ms[k] = k < got ? values[k] : -1;
        } else if (strcmp (name, "--http") == 0) {
            for (size_t k = 0; k < LIST_MAX; k++)
                self->https[k] = k < got ? values[k] : 0;
        } else if (strcmp (name, "--events") == 0) {
            self->events = (size_t) values[0];
        } else if (strcmp (name, "--connections") == 0) {
            self->connections = (size_t) values[0];
        } else if (strcmp (name, "--rate") == 0) {
            self->rate = (size_t) values[0];
        } else if (strcmp (name, "--seconds") == 0) {
            self->seconds = (size_t) values[0];
        } else if (strcmp (name, "--senders") == 0) {
            for (size_t k = 0; k < SENDERS; k++)
                self->senders[k] = strstr (value, sender_names[k]) != NULL;
        } else {
            usage ();
        }
    }
    if (count % 2 == 0 || self->events == 0 || self->events > EVENTS_MAX || self->connections == 0 ||
        (self->rate > 0 && self->seconds == 0))
        usage ();
}

static void run_case (const plan_t *plan, long http, long delay_ms, size_t clients)
{
    if (plan->rate == 0) {
        run_entrants (plan, http, delay_ms, clients);
        return;
    }
    for (sender_t kind = BARE; kind < SENDERS; kind++)
        if (plan->senders[kind])
            run_sustained (plan, kind, http, clients, delay_ms);
}

int main (int count, char **words)
{
    plan_t plan = {.clients = {500, 2000, 10000},
        .delays_ms = {0, 20, -1},
        .https = {2, 1},
        .senders = {true, true, true, false},
        .events = 15,
        .connections = 500,
        .seconds = 60};
    plan_read (&plan, count, words);
    if (plan.rate == 0)
        printf ("| sender | HTTP | orders | D | conns | first | best | median | p90 | best/limit | "
                "median/limit | "
                "CPU us | recv us | allocs |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t h = 0; plan.https[h]; h++)
        for (size_t d = 0; d < LIST_MAX && plan.delays_ms[d] >= 0; d++)
            for (size_t c = 0; c < LIST_MAX && plan.clients[c]; c++)
                run_case (&plan, plan.https[h], plan.delays_ms[d], plan.clients[c]);
    return 0;
}
