/*  alert_http.c: why it exists: Slack's incoming webhook and anybody's own, both one POST of JSON. */
#include "actors/host/alert_channel.h"

#include "actors/alert/page.h"
#include "messages/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*  Slack reads & < > as its own marks: <!channel> in somebody's text would wake everybody. */
static void put_slack_text (page_t *page, const char *text)
{
    for (; *text; text++) {
        char byte[2] = {*text, '\0'};
        if (*text == '&')
            page_put (page, "&amp;");
        else if (*text == '<')
            page_put (page, "&lt;");
        else if (*text == '>')
            page_put (page, "&gt;");
        else
            page_put (page, byte);
    }
}

static int post (alert_channel_t *self, const page_t *page)
{
    if (page->full)
        return -ERR_FULL;
    self->body_size = page->used;
    curl_easy_setopt (self->easy, CURLOPT_POSTFIELDSIZE, (long) self->body_size);
    curl_easy_setopt (self->easy, CURLOPT_POSTFIELDS, self->body); /*  not copied */
    return 0;
}

static int slack_prepare (alert_channel_t *self, uint64_t token, const char *text)
{
    char marked[ALERT_BODY_MAX / 2];
    page_t inner;
    page_t page;
    (void) token;
    page_open (&inner, marked, sizeof marked);
    put_slack_text (&inner, text);
    page_open (&page, self->body, sizeof self->body);
    page_put (&page, "{\"text\":");
    page_json (&page, marked);
    page_put (&page, ",\"mrkdwn\":false");
    if (*self->target) {
        page_put (&page, ",\"channel\":");
        page_json (&page, self->target);
    }
    page_put (&page, "}");
    return inner.full ? -ERR_FULL : post (self, &page);
}

/*  The core's text is the object already. The id lets a receiver see that a second try is no second alert. */
static int webhook_prepare (alert_channel_t *self, uint64_t token, const char *text)
{
    char id[64];
    page_t page;
    struct curl_slist *list = curl_slist_append (NULL, "Content-Type: application/json");
    (void) snprintf (id, sizeof id, "Idempotency-Key: %016" PRIx64 "-%" PRIu64, self->life, token);
    if (!list || !curl_slist_append (list, id)) {
        curl_slist_free_all (list);
        return -ERR_MEMORY;
    }
    curl_easy_setopt (self->easy, CURLOPT_HTTPHEADER, list);
    curl_slist_free_all (self->list);
    self->list = list;
    page_open (&page, self->body, sizeof self->body);
    page_put (&page, text);
    return post (self, &page);
}

/*  These four say that the same body will never be taken; everything else may be better later. */
static alert_verdict_t http_judge (const alert_channel_t *self, CURLcode result, long code)
{
    (void) self;
    if (result != CURLE_OK)
        return ALERT_FAILED;
    if (code >= 200 && code < 300)
        return ALERT_SENT;
    return code == 400 || code == 413 || code == 415 || code == 422 ? ALERT_REFUSED : ALERT_FAILED;
}

static alert_channel_t *http_new (
    const char *name, const settings_t *settings, setting_t url, problem_t *problem)
{
    alert_channel_t *self = alert_channel_new (name, settings, problem);
    if (!self)
        return NULL;
    self->judge = http_judge;
    self->list = curl_slist_append (NULL, "Content-Type: application/json");
    curl_easy_setopt (self->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt (self->easy, CURLOPT_HTTPHEADER, self->list);
    curl_easy_setopt (self->easy, CURLOPT_POST, 1L);
    int rc = self->list ? alert_channel_set_secret (self, CURLOPT_URL, settings, url) : -ERR_MEMORY;
    if (rc != 0) {
        (void) problem_set (problem, -rc, setting_info (url)->name, "the channel %s needs it", name);
        alert_channel_destroy (&self);
    }
    return self;
}

alert_channel_t *alert_slack_new (const settings_t *settings, problem_t *problem)
{
    assert (settings);
    alert_channel_t *self = http_new ("slack", settings, SETTING_SLACK_WEBHOOK_URL, problem);
    if (!self)
        return NULL;
    self->prepare = slack_prepare;
    TEXT_SET (self->target, settings_text (settings, SETTING_SLACK_CHANNEL));
    return self;
}

alert_channel_t *alert_webhook_new (const settings_t *settings, problem_t *problem)
{
    assert (settings);
    alert_channel_t *self = http_new ("webhook", settings, SETTING_ALERT_WEBHOOK_URL, problem);
    if (self)
        self->prepare = webhook_prepare;
    return self;
}
