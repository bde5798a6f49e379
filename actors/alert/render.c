/*  render.c: why it exists: the same condition is read by people in three places and by a program in a fourth. */
#include "actors/alert/render.h"

#include "actors/alert/page.h"
#include "messages/trading.h"

#include <assert.h>
#include <inttypes.h>

#define DIGEST_ROWS_MAX 20
#define DIGEST_TAIL 160 /*  room kept for what follows the rows */

/*  ---- one alert ---- */

static void put_alert_json (page_t *page, const alert_raised_t *raised, const char *host)
{
    char at[TIME_TEXT_MAX];
    page_print (page,
        "{\"kind\":\"%s\",\"severity\":\"%s\",\"subject\":", alert_raised_kind_text (raised->kind),
        alert_raised_severity_text (raised->severity));
    page_json (page, raised->subject);
    page_put (page, ",\"text\":");
    page_json (page, raised->text);
    page_put (page, ",\"host\":");
    page_json (page, host);
    page_print (page, ",\"at\":\"%s\"}", time_format (raised->at_ns, at));
}

static void put_place (page_t *page, const char *host, int64_t at_ns)
{
    char at[TIME_TEXT_MAX];
    page_put (page, "\nhost ");
    page_clean (page, host);
    page_print (page, ", %.19sZ\n", time_format (at_ns, at));
}

void render_alert (channel_t channel, const alert_raised_t *raised, const char *host, char *text, size_t size)
{
    page_t page;
    assert (raised && host && text);
    page_open (&page, text, size);
    if (channel == CHANNEL_WEBHOOK) {
        put_alert_json (&page, raised, host);
        assert (!page.full); /*  bounded by the schema, six bytes for each of theirs */
        return;
    }
    page_print (&page, "[%s] %s: ", alert_raised_severity_text (raised->severity),
        alert_raised_kind_text (raised->kind));
    page_clean (&page, raised->subject);
    page_put (&page, ": ");
    page_clean (&page, raised->text);
    if (channel != CHANNEL_LOG)
        put_place (&page, host, raised->at_ns);
}

/*  ---- a digest ---- */

typedef struct {
    uint64_t alerts;
    alert_raised_severity_t worst;
} digest_sum_t;

static digest_sum_t sum_up (const topics_t *topics, alert_raised_severity_t least)
{
    digest_sum_t sum = {.alerts = topic_held (topics->forgotten, least), .worst = least};
    for (uint32_t i = 0; i < topics->limit; i++) {
        uint64_t held = topic_held (topics->list[i].held, least);
        sum.alerts += held;
        for (size_t severity = sum.worst + 1U; severity < ALERT_RAISED_SEVERITY_COUNT; severity++)
            if (topics->list[i].held[severity] > 0)
                sum.worst = (alert_raised_severity_t) severity;
    }
    return sum;
}

static void put_row (page_t *page, channel_t channel, const topic_t *topic, uint64_t held, bool first)
{
    char from[TIME_TEXT_MAX];
    char to[TIME_TEXT_MAX];
    (void) time_format (topic->first_at_ns, from);
    (void) time_format (topic->last_at_ns, to);
    if (channel == CHANNEL_WEBHOOK) {
        page_print (
            page, "%s{\"kind\":\"%s\",\"subject\":", first ? "" : ",", alert_raised_kind_text (topic->kind));
        page_json (page, topic->subject);
        page_print (page, ",\"count\":%" PRIu64 ",\"first_at\":\"%s\",\"last_at\":\"%s\"}", held, from, to);
        return;
    }
    page_put (page, channel != CHANNEL_LOG ? "\n- " : first ? ": " : "; ");
    page_print (page, "%s: ", alert_raised_kind_text (topic->kind));
    page_clean (page, topic->subject);
    if (held == 1)
        page_print (page, ": once, %.19sZ", to);
    else
        page_print (page, ": %" PRIu64 " times, first %.19sZ, last %.19sZ", held, from, to);
}

/*  As many rows as fit; returns how many alerts are in none of them. */
static uint64_t put_rows (
    page_t *page, channel_t channel, const topics_t *topics, alert_raised_severity_t least, uint64_t wanted)
{
    uint32_t rows = 0;
    for (uint32_t i = 0; i < topics->limit && rows < DIGEST_ROWS_MAX; i++) {
        uint64_t held = topic_held (topics->list[i].held, least);
        size_t used = page->used;
        if (held == 0)
            continue;
        put_row (page, channel, &topics->list[i], held, rows == 0);
        if (page->full) {
            page_back (page, used);
            break;
        }
        rows++;
        wanted -= held;
    }
    return wanted;
}

static void put_digest_json (page_t *page, const topics_t *topics, alert_raised_severity_t least,
    const digest_sum_t *sum, const char *host, int64_t utc_ns)
{
    char at[TIME_TEXT_MAX];
    page_print (page,
        "{\"kind\":\"digest\",\"severity\":\"%s\",\"subject\":", alert_raised_severity_text (sum->worst));
    page_json (page, host);
    page_print (page, ",\"text\":\"%" PRIu64 " alerts were held back\",\"host\":", sum->alerts);
    page_json (page, host);
    page_print (
        page, ",\"at\":\"%s\",\"count\":%" PRIu64 ",\"topics\":[", time_format (utc_ns, at), sum->alerts);
    page->size -= DIGEST_TAIL;
    uint64_t more = put_rows (page, CHANNEL_WEBHOOK, topics, least, sum->alerts);
    page->size += DIGEST_TAIL;
    page_print (page, "],\"more\":%" PRIu64 "}", more);
    assert (!page->full);
}

void render_digest (channel_t channel, const topics_t *topics, alert_raised_severity_t least,
    const char *host, int64_t utc_ns, char *text, size_t size)
{
    page_t page;
    assert (topics && host && text);
    digest_sum_t sum = sum_up (topics, least);
    page_open (&page, text, size);
    if (channel == CHANNEL_WEBHOOK) {
        put_digest_json (&page, topics, least, &sum, host, utc_ns);
        return;
    }
    page_print (&page, "[%s] digest: %" PRIu64 " %s held back", alert_raised_severity_text (sum.worst),
        sum.alerts, sum.alerts == 1 ? "alert was" : "alerts were");
    page.size -= DIGEST_TAIL;
    uint64_t more = put_rows (&page, channel, topics, least, sum.alerts);
    page.size += DIGEST_TAIL;
    if (more > 0)
        page_print (
            &page, "%s and %" PRIu64 " more of other subjects", channel == CHANNEL_LOG ? ";" : "\n-", more);
    if (channel != CHANNEL_LOG)
        put_place (&page, host, utc_ns);
}
