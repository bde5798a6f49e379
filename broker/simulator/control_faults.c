/*  control_faults.c: reads the faults of docs/simulator.md into fault sets and the engine; wrong input changes
 *  nothing, so a copy is edited and put back. */
#include "broker/simulator/control.h"
#include "broker/simulator/server_faults.h"
#include "broker/simulator/stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_MAX 3600000
#define COUNT_MAX 1000000000
#define PPM 1000000
#define FILL_LATENCY_DEFAULT_MS 9

/*  What does not live in a fault set: applied to the engine or at once. -1 = not named. */
typedef struct {
    int64_t rate_limit;
    int64_t list_lag_ms;
    int64_t fill_latency_ms;
    int64_t partial_fill_ppm;
    bool cut;
} engine_faults_t;

static bool count_of (const json_t *body, const char *name, uint32_t *count, bool *wrong)
{
    int64_t value = 0;
    bool there = control_integer (body, name, COUNT_MAX, &value, wrong);
    if (there)
        *count = (uint32_t) value;
    return there;
}

static void method_of (const json_t *body, const char *name, http_method_t *method, bool *wrong)
{
    const char *text = http_body_text (body, name);
    if (text) {
        *method = *text ? http_method_parse (text, strlen (text)) : FAULT_METHOD_ANY;
        *wrong = *wrong || (*text && *method == HTTP_OTHER);
    }
}

static void text_of (const json_t *body, const char *name, char *text, size_t size, bool *wrong)
{
    const char *value = http_body_text (body, name);
    if (value && strlen (value) < size)
        (void) snprintf (text, size, "%s", value);
    else
        *wrong = *wrong || json_object_get (body, name) != NULL;
}

static void flag_of (const json_t *body, const char *name, bool *flag, bool *wrong)
{
    const json_t *value = json_object_get (body, name);
    if (json_is_boolean (value))
        *flag = json_is_true (value);
    else
        *wrong = *wrong || value != NULL;
}

static void ppm_of (const json_t *body, const char *name, int64_t *ppm, bool *wrong)
{
    int64_t value_e9 = 0;
    if (control_amount (body, name, &value_e9, wrong)) {
        *wrong = *wrong || value_e9 > FIXED_ONE;
        *ppm = value_e9 / (FIXED_ONE / PPM);
    }
}

static void read_latency (const json_t *body, fault_set_t *set, bool *wrong)
{
    int64_t ms = 0;
    if (control_integer (body, "latency_ms", MS_MAX, &ms, wrong)) {
        set->has_latency = true;
        set->latency_ns = ms * ENGINE_MS_NS;
    }
    if (control_integer (body, "jitter_ms", MS_MAX, &ms, wrong)) {
        set->has_latency = true;
        set->jitter_ns = ms * ENGINE_MS_NS;
    }
}

static void read_status (const json_t *body, fault_set_t *set, bool *wrong)
{
    int64_t status = 0;
    int64_t ppm = set->status_ppm;
    if (control_integer (body, "status", 599, &status, wrong)) {
        bool known = status == 0 || status == 429 || status == 500 || (status >= 502 && status <= 504);
        *wrong = *wrong || !known;
        set->status = (int) status;
        set->status_count = json_object_get (body, "status_probability") ? 0 : 1;
    }
    count_of (body, "status_count", &set->status_count, wrong);
    ppm_of (body, "status_probability", &ppm, wrong);
    set->status_ppm = (uint32_t) ppm;
    flag_of (body, "status_html", &set->status_html, wrong);
    text_of (body, "status_path", set->status_path, sizeof (set->status_path), wrong);
    method_of (body, "status_method", &set->status_method, wrong);
}

static void read_orders (const json_t *body, fault_set_t *set, bool *wrong)
{
    bool after = !set->lost_before;
    count_of (body, "answer_lost", &set->answer_lost, wrong);
    text_of (body, "answer_lost_path", set->lost_path, sizeof (set->lost_path), wrong);
    method_of (body, "answer_lost_method", &set->lost_method, wrong);
    flag_of (body, "answer_lost_after", &after, wrong);
    set->lost_before = !after;
    count_of (body, "reject", &set->reject, wrong);
    control_integer (body, "reject_code", 59999999, &set->reject_code, wrong);
    *wrong = *wrong || (set->reject_code && set->reject_code < 40000000);
    text_of (body, "reject_message", set->reject_message, sizeof (set->reject_message), wrong);
    if (set->reject && !set->reject_message[0])
        snprintf (set->reject_message, sizeof (set->reject_message), "rejected by the control API");
}

static void read_script (const json_t *body, fault_set_t *set, bool *wrong)
{
    const json_t *parts = json_object_get (body, "fill_script");
    if (parts) {
        *wrong = *wrong || !json_is_array (parts) || json_array_size (parts) > ENGINE_PARTS_MAX;
        set->script = (engine_script_t){.count = 0};
        for (size_t i = 0; !*wrong && i < json_array_size (parts); i++) {
            const json_t *part = json_array_get (parts, i);
            int64_t ms = 0;
            control_amount (part, "qty", &set->script.qty_e9[i], wrong);
            control_integer (part, "delay_ms", MS_MAX, &ms, wrong);
            set->script.delay_ns[i] = ms * ENGINE_MS_NS;
            set->script.count++;
        }
        set->script_count = 1;
    }
    count_of (body, "fill_script_count", &set->script_count, wrong);
}

static void read_streams (const json_t *body, fault_set_t *set, bool *wrong)
{
    int64_t seconds = 0;
    int64_t now_ns = server_utc_ns ();
    if (control_integer (body, "stream_mute_s", 86400, &seconds, wrong))
        set->mute_until_ns = now_ns + seconds * ENGINE_SECOND_NS;
    if (control_integer (body, "stream_refuse_s", 86400, &seconds, wrong))
        set->refuse_until_ns = now_ns + seconds * ENGINE_SECOND_NS;
    count_of (body, "events_doubled", &set->events_doubled, wrong);
    count_of (body, "events_dropped", &set->events_dropped, wrong);
}

static void read_engine (const json_t *body, engine_faults_t *faults, bool *wrong)
{
    control_integer (body, "rate_limit", 1000000, &faults->rate_limit, wrong);
    control_integer (body, "list_lag_ms", MS_MAX, &faults->list_lag_ms, wrong);
    control_integer (body, "fill_latency_ms", MS_MAX, &faults->fill_latency_ms, wrong);
    ppm_of (body, "partial_fill", &faults->partial_fill_ppm, wrong);
    flag_of (body, "stream_cut", &faults->cut, wrong);
}

/*  A misspelt fault must not look like a set one. */
static const char *unknown_field (json_t *body)
{
    static const char known[] =
        " account latency_ms jitter_ms status status_count status_probability status_html status_path "
        "status_method "
        "answer_lost answer_lost_path answer_lost_method answer_lost_after reject reject_code reject_message "
        "rate_limit "
        "list_lag_ms fill_script fill_script_count fill_latency_ms partial_fill stream_cut stream_mute_s "
        "stream_refuse_s events_doubled events_dropped ";
    const char *name;
    json_t *value;
    json_object_foreach (body, name, value)
    {
        char word[48];
        snprintf (word, sizeof (word), " %.40s ", name);
        if (!strstr (known, word))
            return name;
    }
    return NULL;
}

static void apply (simulator_t *server, uint32_t account, const engine_faults_t *faults)
{
    engine_t *engine = server->engine;
    uint32_t from = account == UINT32_MAX ? 0 : account;
    uint32_t end = account == UINT32_MAX ? (uint32_t) engine_accounts_count (engine) : account + 1;
    for (uint32_t i = from; i < end; i++) {
        if (faults->rate_limit >= 0)
            engine_rate_limit_set (engine, i, (uint32_t) faults->rate_limit);
        if (faults->partial_fill_ppm >= 0)
            engine_account_partial_fill (engine, i, (uint32_t) faults->partial_fill_ppm);
    }
    if (faults->rate_limit >= 0 && account == UINT32_MAX)
        server->rate_per_minute = (uint32_t) faults->rate_limit;
    if (faults->list_lag_ms >= 0)
        engine_fault_list_lag (
            engine, faults->list_lag_ms * ENGINE_MS_NS, faults->list_lag_ms * ENGINE_MS_NS);
    if (faults->fill_latency_ms >= 0)
        engine_fill_latency_set (engine, faults->fill_latency_ms * ENGINE_MS_NS);
    if (faults->cut)
        streams_cut (server, account);
}

/*  Which accounts: UINT32_MAX = all. false: answered 404. */
static bool which (exchange_t *exchange, const char *name, uint32_t *account_p)
{
    *account_p = UINT32_MAX;
    if (!name || control_account_find (exchange->connection->server, name, account_p) == 0)
        return true;
    answer_error (exchange, 404, 0, "account: no such account");
    return false;
}

static void put_set (http_buffer_t *out, const fault_set_t *set)
{
    encode_open (out);
    encode_integer (out, "latency_ms", set->latency_ns / ENGINE_MS_NS);
    encode_integer (out, "jitter_ms", set->jitter_ns / ENGINE_MS_NS);
    encode_integer (out, "status", set->status);
    encode_integer (out, "status_count", set->status_count);
    encode_number (out, "status_probability", set->status_ppm * (FIXED_ONE / PPM));
    encode_flag (out, "status_html", set->status_html);
    encode_integer (out, "answer_lost", set->answer_lost);
    encode_integer (out, "reject", set->reject);
    encode_integer (out, "fill_script_count", set->script_count);
    encode_integer (out, "events_doubled", set->events_doubled);
    encode_integer (out, "events_dropped", set->events_dropped);
    encode_close (out);
}

static void set_faults (exchange_t *exchange, json_t *body)
{
    simulator_t *server = exchange->connection->server;
    uint32_t account = UINT32_MAX;
    if (!which (exchange, http_body_text (body, "account"), &account))
        return;
    fault_set_t *set = faults_edit (server->faults, account);
    if (!set) {
        answer_error (exchange, 500, 0, "out of memory");
        return;
    }
    fault_set_t edited = *set;
    engine_faults_t engine_faults = {-1, -1, -1, -1, false};
    bool wrong = unknown_field (body) != NULL;
    read_latency (body, &edited, &wrong);
    read_status (body, &edited, &wrong);
    read_orders (body, &edited, &wrong);
    read_script (body, &edited, &wrong);
    read_streams (body, &edited, &wrong);
    read_engine (body, &engine_faults, &wrong);
    bool everywhere = engine_faults.list_lag_ms >= 0 || engine_faults.fill_latency_ms >= 0;
    if (wrong || (everywhere && account != UINT32_MAX)) {
        const char *name = unknown_field (body);
        char message[160];
        snprintf (message, sizeof (message), "%.60s: see docs/simulator.md for the faults and their ranges",
            name ? name : "a field is out of range or has the wrong type");
        answer_error (exchange, 422, 0, message);
        return;
    }
    *set = edited;
    put_set (answer_ok (exchange), set);
    apply (server, account, &engine_faults);
}

void control_faults_post (exchange_t *exchange, const char *argument)
{
    (void) argument;
    json_t *body = answer_needs_object (exchange);
    if (body)
        set_faults (exchange, body);
    json_decref (body);
}

void control_faults_delete (exchange_t *exchange, const char *argument)
{
    (void) argument;
    simulator_t *server = exchange->connection->server;
    char name[HTTP_VALUE_MAX];
    uint32_t account = UINT32_MAX;
    bool named = http_query (exchange->request.query, "account", name);
    if (!which (exchange, named ? name : NULL, &account))
        return;
    faults_clear (server->faults, account);
    engine_faults_t none = {0, 0, FILL_LATENCY_DEFAULT_MS, 0, false};
    if (account != UINT32_MAX)
        none.list_lag_ms = none.fill_latency_ms = -1;
    apply (server, account, &none);
    exchange->answer.status = 204;
}
