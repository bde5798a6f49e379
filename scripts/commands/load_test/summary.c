/*  summary.c: the numbers, then the first findings. */
#include "scripts/commands/load_test/summary.h"

#include "scripts/commands/print.h"

#include <assert.h>

#define FINDINGS_SHOWN 10

static double latency_ms (const check_result_t *check, unsigned percent)
{
    return (double) check_percentile (check->latency_ns, check->latency_count, percent) / 1e6;
}

static double first_ms (const check_result_t *check, unsigned percent)
{
    return (double) check_percentile (check->first_ns, check->first_count, percent) / 1e6;
}

bool summary_good (const summary_t *self)
{
    assert (self && self->check);
    const check_result_t *check = self->check;
    return check->counts[FINDING_LOST] == 0 && check->counts[FINDING_DOUBLED] == 0 &&
           check->counts[FINDING_WRONG] == 0 && check->open == 0 && check->trades > 0;
}

static size_t shown (const check_result_t *check)
{
    return check->findings_count < FINDINGS_SHOWN ? check->findings_count : FINDINGS_SHOWN;
}

void summary_print (const summary_t *self, FILE *out)
{
    assert (self && self->check && out);
    const check_result_t *check = self->check;
    fprintf (out, "\n%zu clients, topology %s%s, %s requests a minute and account\n", self->clients,
        self->topology, self->tls ? ", TLS" : "", self->rate_limit);
    fprintf (out, "  master     %zu orders, %zu executions, in %.1f s\n", check->trades, check->executions,
        self->trading_s);
    fprintf (out,
        "  copies     %zu due, %zu exactly right; %zu skipped for the right reason; %zu orders arrived\n",
        check->due, check->copied, check->skipped, check->orders);
    fprintf (out, "  lost       %zu\n  doubled    %zu\n  wrong      %zu\n", check->counts[FINDING_LOST],
        check->counts[FINDING_DOUBLED], check->counts[FINDING_WRONG]);
    fprintf (out, "  open       %zu replications; %zu requests refused by the broker; %zu alerts\n",
        check->open, self->refused, self->alerts);
    if (self->alerts)
        fprintf (out, "  last alert %s\n", self->last_alert);
    fprintf (out, "  latency    p50 %.1f ms   p95 %.1f   p99 %.1f   max %.1f\n", latency_ms (check, 50),
        latency_ms (check, 95), latency_ms (check, 99), latency_ms (check, 100));
    fprintf (out,
        "  first      p50 %.1f ms   p95 %.1f   p99 %.1f   max %.1f   (each client's first order of a "
        "trade)\n",
        first_ms (check, 50), first_ms (check, 95), first_ms (check, 99), first_ms (check, 100));
    fprintf (out, "             (the master's execution leaving the broker -> the copy arriving there, by "
                  "its clock)\n");
    for (size_t i = 0; i < shown (check); i++)
        fprintf (out, "  %s: %s\n", finding_kind_text (check->findings[i].kind), check->findings[i].text);
    fprintf (out, "%s\n",
        summary_good (self) ? "everything was copied, once, at the right size"
                            : "NOT everything was copied, once, at the right size");
}

void summary_json (const summary_t *self, FILE *out)
{
    assert (self && self->check && out);
    const check_result_t *check = self->check;
    fprintf (out, "{\"ok\":%s,\"clients\":%zu,\"seed\":%llu", summary_good (self) ? "true" : "false",
        self->clients, (unsigned long long) self->seed);
    print_json_member (out, "topology", self->topology);
    print_json_member (out, "rate_limit", self->rate_limit);
    fprintf (out, ",\"tls\":%s,\"trades\":%zu,\"executions\":%zu,\"trading_s\":%.3f",
        self->tls ? "true" : "false", check->trades, check->executions, self->trading_s);
    fprintf (out, ",\"due\":%zu,\"copied\":%zu,\"skipped\":%zu,\"orders\":%zu,\"refused\":%zu,\"alerts\":%zu",
        check->due, check->copied, check->skipped, check->orders, self->refused, self->alerts);
    fprintf (out, ",\"lost\":%zu,\"doubled\":%zu,\"wrong\":%zu,\"open\":%zu", check->counts[FINDING_LOST],
        check->counts[FINDING_DOUBLED], check->counts[FINDING_WRONG], check->open);
    fprintf (out, ",\"latency_ms\":{\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
        latency_ms (check, 50), latency_ms (check, 95), latency_ms (check, 99), latency_ms (check, 100));
    fprintf (out, ",\"first_ms\":{\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f},\"findings\":[",
        first_ms (check, 50), first_ms (check, 95), first_ms (check, 99), first_ms (check, 100));
    for (size_t i = 0; i < shown (check); i++) {
        fprintf (out, "%s{\"kind\":\"%s\"", i ? "," : "", finding_kind_text (check->findings[i].kind));
        print_json_member (out, "text", check->findings[i].text);
        fprintf (out, "}");
    }
    fprintf (out, "]}\n");
}
