/*  measure_wishes.c: see measure_wishes.h. */
#include "scripts/commands/load_test/measure_wishes.h"

#include "scripts/commands/number.h"

#include <assert.h>
#include <string.h>

#define ORDER_CONNECTIONS 500 /*  MAX_CONNECTIONS' default: a shard's, over HTTP/1.1 */
#define SHARDS_USUAL 2        /*  EXECUTOR_SHARDS' default */

void measure_wishes_options (measure_wishes_t *self, option_t *list)
{
    assert (self && list);
    const option_t own[MEASURE_OPTIONS + 1] = {
        {.name = "--broker-delay-ms",
            .value = "D",
            .help = "measure against a bare sender: the broker answers after D ms (docs/performance.md)",
            .text = &self->delay},
        {.name = "--http", .value = "1.1|2", .help = "measure: the broker's protocol", .text = &self->http},
        {.name = "--events",
            .value = "N",
            .help = "measure: fan-outs of each sender; default 15",
            .text = &self->events},
        {.name = "--slow",
            .value = "K",
            .help = "measure: K clients answered after 2 s, in turns with none",
            .text = &self->slow},
        {.name = "--failing",
            .value = "K",
            .help = "measure: K clients answered 503, in turns with none",
            .text = &self->failing},
        {.name = "--fills-per-second",
            .value = "R",
            .help = "measure: a steady rate of the master's fills instead",
            .text = &self->fills},
        {.name = "--connections",
            .value = "K",
            .help = "measure: MAX_CONNECTIONS of a shard; over HTTP/1.1 the bound; default 500",
            .text = &self->connections},
        {.name = "--seconds", .value = "S", .help = "measure: so long; default 60", .text = &self->seconds},
    };
    memcpy (list, own, sizeof own);
}

int measure_wishes_number (const options_t *options, const char *name, const char *text, uint64_t least,
    uint64_t most, uint64_t *value_p)
{
    if (!text || number_parse (text, least, most, value_p) == 0)
        return 0;
    return options_refuse (options, "%s: \"%.40s\" found, expected %llu to %llu", name, text,
        (unsigned long long) least, (unsigned long long) most);
}

int measure_wishes_read (const measure_wishes_t *self, const options_t *options, uint64_t clients,
    uint64_t shards, measure_plan_t *plan)
{
    uint64_t delay_ms = 0, events = 15, fills = 0, seconds = 60, slow = 0, failing = 0;
    uint64_t connections = ORDER_CONNECTIONS;
    assert (self && options && plan && clients > 0);
    const struct {
        const char *name;
        const char *text;
        uint64_t least;
        uint64_t most;
        uint64_t *value_p;
    } numbers[] = {{"--broker-delay-ms", self->delay, 0, 10000, &delay_ms},
        {"--events", self->events, 1, MEASURE_EVENTS_MAX, &events},
        {"--fills-per-second", self->fills, 1, 1000, &fills}, {"--seconds", self->seconds, 1, 3600, &seconds},
        {"--slow", self->slow, 1, clients - 1, &slow}, {"--failing", self->failing, 1, clients - 1, &failing},
        {"--connections", self->connections, 1, 4096, &connections}};
    *plan = (measure_plan_t){0};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int rc = measure_wishes_number (
            options, numbers[i].name, numbers[i].text, numbers[i].least, numbers[i].most, numbers[i].value_p);
        if (rc)
            return rc;
    }
    if (self->http && strcmp (self->http, "2") != 0 && strcmp (self->http, "1.1") != 0)
        return options_refuse (options, "--http: \"%.40s\" found, expected 1.1 or 2", self->http);
    if (!self->delay && !self->http && !fills && !slow && !failing)
        return 0;
    *plan = (measure_plan_t){.clients = clients,
        .delay_ms = (long) delay_ms,
        .two = !self->http || *self->http == '2',
        .events = events,
        .rate = fills,
        .seconds = seconds,
        .troubled = slow ? slow : failing,
        .trouble = slow      ? TROUBLE_SLOW
                   : failing ? TROUBLE_FAILING
                             : TROUBLE_NONE,
        .connections = connections,
        .senders = shards > 0 ? shards : SHARDS_USUAL};
    return 0;
}
