/*  alert_channel.c: why it exists: what must never differ between the channels. */
#include "actors/host/alert_channel.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static size_t on_body (char *bytes, size_t size, size_t count, void *context)
{
    (void) bytes;
    (void) context;
    return size * count; /*  what they answer besides a code is nobody's business */
}

static void set_options (CURL *easy, const char *ca_file)
{
    curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (easy, CURLOPT_NOPROXY, "*"); /*  whatever the environment says */
    curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt (easy, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT_MS, ALERT_TIMEOUT_MS);
    curl_easy_setopt (easy, CURLOPT_TIMEOUT_MS, ALERT_TIMEOUT_MS);
    curl_easy_setopt (
        easy, CURLOPT_FORBID_REUSE, 1L); /*  else a text may be posted twice by libcurl itself */
    curl_easy_setopt (easy, CURLOPT_USERAGENT, "trade-copier/1");
    /*  names are looked up in libcurl's own thread; without this, giving one up would wait for that thread */
    curl_easy_setopt (easy, CURLOPT_QUICK_EXIT, 1L);
    if (*ca_file)
        curl_easy_setopt (easy, CURLOPT_CAINFO, ca_file);
}

alert_channel_t *alert_channel_new (const char *name, const settings_t *settings, problem_t *problem)
{
    assert (name && settings);
    alert_channel_t *self = calloc (1, sizeof *self);
    if (self)
        self->easy = curl_easy_init ();
    if (!self || !self->easy) {
        free (self);
        (void) problem_set (problem, ERR_MEMORY, name, "no memory for this channel");
        return NULL;
    }
    self->name = name;
    randombytes_buf (&self->life, sizeof self->life);
    set_options (self->easy, settings_text (settings, SETTING_ALERT_CA_FILE));
    curl_easy_setopt (self->easy, CURLOPT_PRIVATE, self);
    return self;
}

int alert_channel_set_secret (
    alert_channel_t *self, CURLoption option, const settings_t *settings, setting_t setting)
{
    char secret[SETTING_TEXT_MAX];
    assert (self && settings);
    int rc = settings_secret (settings, setting, secret, sizeof secret);
    if (rc == 0 && curl_easy_setopt (self->easy, option, secret) != CURLE_OK)
        rc = -ERR_MEMORY;
    sodium_memzero (secret, sizeof secret);
    return rc;
}

void alert_channel_destroy (alert_channel_t **self_p)
{
    assert (self_p);
    alert_channel_t *self = *self_p;
    if (!self)
        return;
    assert (!self->busy);
    curl_easy_cleanup (self->easy);
    curl_slist_free_all (self->list);
    free (self);
    *self_p = NULL;
}
