/*  alert_channel.h: a way out of the house: one libcurl transfer at a time, made ready and judged by what it is.
 *
 *  The port adds the transfer to its multi handle and takes it out; a channel only knows how its request looks and
 *  what an answer means. Secrets are libcurl's copies alone; no error text names an address or a key. Threads: one.
 */
#ifndef ALERT_CHANNEL_H
#define ALERT_CHANNEL_H

#include "actors/host/settings.h"

#include <curl/curl.h>

#define ALERT_BODY_MAX 24576    /*  a text of the core at its worst, escaped, with headers */
#define ALERT_TIMEOUT_MS 10000L /*  look-up, connection and answer together */

typedef enum { ALERT_SENT, ALERT_FAILED, ALERT_REFUSED } alert_verdict_t;

typedef struct alert_channel alert_channel_t;
struct alert_channel {
    const char *name; /*  static */
    /*  The request for this text, into body and easy. -ERR_FULL: it has no room (a bug in the bounds). */
    int (*prepare) (alert_channel_t *self, uint64_t token, const char *text);
    alert_verdict_t (*judge) (const alert_channel_t *self, CURLcode result, long code);
    CURL *easy;
    struct curl_slist *list; /*  HTTP: headers; SMTP: receivers */
    bool busy;
    uint64_t token;
    uint32_t failures; /*  in a row */
    uint64_t life;     /*  random: tells this process's tokens from another's */
    char body[ALERT_BODY_MAX];
    size_t body_size;
    size_t body_read;      /*  SMTP */
    char target[96];       /*  Slack: its channel; SMTP: "name@host" for Message-ID's right side */
    char to_header[1024];  /*  SMTP */
    char from_header[320]; /*  SMTP */
};

/*  NULL: not configured rightly, or no memory; problem says which. All settings are checked already. */
alert_channel_t *alert_slack_new (const settings_t *settings, problem_t *problem);
alert_channel_t *alert_webhook_new (const settings_t *settings, problem_t *problem);
alert_channel_t *alert_mail_new (const settings_t *settings, problem_t *problem);
/*  Only when not busy. */
void alert_channel_destroy (alert_channel_t **self_p);

/*  ---- for those that make channels ---- */

/*  An easy handle with what all channels share: no proxy, no redirect, TLS verified, timeouts, nothing reused. */
alert_channel_t *alert_channel_new (const char *name, const settings_t *settings, problem_t *problem);
/*  CURLOPT_* = this SECRET setting; -ERR_MISSING when it is not set. */
int alert_channel_set_secret (
    alert_channel_t *self, CURLoption option, const settings_t *settings, setting_t setting);

#endif
