/*  alert_mail.c: why it exists: an alert as an e-mail that no receiver's filter or mail program trips over. */
#include "actors/host/alert_channel.h"

#include "actors/alert/page.h"
#include "actors/host/alert_address.h"
#include "messages/text.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SUBJECT_MAX 180 /*  bytes of the first line that become the subject */
#define WORD_MAX 42     /*  of them in one encoded word: 75 characters at most (RFC 2047) */

/*  ---- the message ---- */

/*  The size of the first `most` bytes or less, without half a character at the end. */
static size_t whole_characters (const char *text, size_t size, size_t most)
{
    if (size <= most)
        return size;
    while (most > 0 && ((unsigned char) text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

/*  Printable ASCII stands as it is, anything else as encoded words on lines of their own. */
static void put_subject (page_t *page, const char *text)
{
    size_t size = whole_characters (text, strcspn (text, "\r\n"), SUBJECT_MAX);
    bool plain = true;
    for (size_t i = 0; i < size; i++)
        plain = plain && text[i] >= ' ' && text[i] <= '~';
    page_put (page, "Subject: ");
    if (plain) {
        page_print (page, "%.*s\r\n", (int) size, text);
        return;
    }
    for (size_t done = 0; done < size;) {
        char word[sodium_base64_ENCODED_LEN (WORD_MAX, sodium_base64_VARIANT_ORIGINAL)];
        size_t count = whole_characters (text + done, size - done, WORD_MAX);
        count = count ? count : 1; /*  not UTF-8: anything but standing still */
        (void) sodium_bin2base64 (
            word, sizeof word, (const unsigned char *) text + done, count, sodium_base64_VARIANT_ORIGINAL);
        page_print (page, "%s=?UTF-8?B?%s?=\r\n", done ? " " : "", word);
        done += count;
    }
}

/*  Locale-independent, as RFC 5322 wants it. */
static void put_date (page_t *page)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time (NULL);
    struct tm tm;
    (void) gmtime_r (&now, &tm);
    page_print (page, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n", days + (size_t) tm.tm_wday * 3,
        tm.tm_mday, months + (size_t) tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/*  Every line ends with CRLF; libcurl doubles dots at their beginning. */
static void put_body (page_t *page, const char *text)
{
    for (; *text; text++) {
        char byte[2] = {*text, '\0'};
        if (*text == '\n')
            page_put (page, "\r\n");
        else
            page_put (page, *text == '\r' ? " " : byte);
    }
    page_put (page, "\r\n");
}

static int mail_prepare (alert_channel_t *self, uint64_t token, const char *text)
{
    page_t page;
    page_open (&page, self->body, sizeof self->body);
    put_date (&page);
    page_put (&page, self->from_header);
    page_put (&page, self->to_header);
    /*  the same at a second try: receivers see that it is no second message */
    page_print (&page, "Message-ID: <%016" PRIx64 ".%" PRIu64 "@%s>\r\n", self->life, token, self->target);
    put_subject (&page, text);
    page_put (&page, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: 8bit\r\nAuto-Submitted: auto-generated\r\n\r\n");
    put_body (&page, text);
    self->body_size = page.used;
    self->body_read = 0;
    return page.full ? -ERR_FULL : 0;
}

static size_t on_read (char *bytes, size_t size, size_t count, void *context)
{
    alert_channel_t *self = (alert_channel_t *) context;
    size_t rest = self->body_size - self->body_read;
    size_t now = size * count < rest ? size * count : rest;
    memcpy (bytes, self->body + self->body_read, now);
    self->body_read += now;
    return now;
}

/*  A 5xx for the text itself comes after all of it was sent; earlier ones are about us or the receivers. */
static alert_verdict_t mail_judge (const alert_channel_t *self, CURLcode result, long code)
{
    if (result == CURLE_OK)
        return ALERT_SENT;
    return self->body_read == self->body_size && code >= 550 && code <= 554 ? ALERT_REFUSED : ALERT_FAILED;
}

/*  ---- the server ---- */

static int set_server (alert_channel_t *self, const settings_t *settings)
{
    char url[320];
    const char *host = settings_text (settings, SETTING_SMTP_HOST);
    bool bare_v6 = strchr (host, ':') && *host != '[';
    int64_t port = settings_int (settings, SETTING_SMTP_PORT);
    bool tls = settings_bool (settings, SETTING_SMTP_USE_TLS);
    bool at_once = tls && (port == 465 || settings_bool (settings, SETTING_SMTP_IMPLICIT_TLS));
    (void) snprintf (url, sizeof url, "%s://%s%s%s:%" PRId64, at_once ? "smtps" : "smtp", bare_v6 ? "[" : "",
        host, bare_v6 ? "]" : "", port);
    curl_easy_setopt (self->easy, CURLOPT_PROTOCOLS_STR, at_once ? "smtps" : "smtp");
    curl_easy_setopt (self->easy, CURLOPT_USE_SSL, (long) (tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    return curl_easy_setopt (self->easy, CURLOPT_URL, url) == CURLE_OK ? 0 : -ERR_MEMORY;
}

static int set_login (alert_channel_t *self, const settings_t *settings)
{
    const char *user = settings_text (settings, SETTING_SMTP_USERNAME);
    if (!*user)
        return 0;
    if (curl_easy_setopt (self->easy, CURLOPT_USERNAME, user) != CURLE_OK)
        return -ERR_MEMORY;
    int rc = alert_channel_set_secret (self, CURLOPT_PASSWORD, settings, SETTING_SMTP_PASSWORD);
    return rc == -ERR_MISSING ? 0 : rc;
}

static int set_people (alert_channel_t *self, const settings_t *settings)
{
    alert_addresses_t to;
    page_t header;
    const char *from = settings_text (settings, SETTING_SMTP_FROM);
    from = *from ? from : settings_text (settings, SETTING_SMTP_USERNAME);
    int rc = alert_address_is_good (from) ? 0 : -ERR_SYNTAX;
    if (rc == 0)
        rc = alert_addresses_parse (&to, settings_text (settings, SETTING_ALERT_EMAIL_TO));
    if (rc != 0)
        return rc;
    page_open (&header, self->to_header, sizeof self->to_header);
    for (size_t n = 0; n < to.count; n++) {
        struct curl_slist *list = curl_slist_append (self->list, to.text[n]);
        if (!list)
            return -ERR_MEMORY;
        self->list = list;
        page_put (&header, n ? ",\r\n " : "To: ");
        page_put (&header, to.text[n]);
    }
    page_put (&header, "\r\n");
    (void) snprintf (self->from_header, sizeof self->from_header, "From: %s\r\n", from);
    TEXT_SET (self->target, strchr (from, '@') + 1);
    curl_easy_setopt (self->easy, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt (self->easy, CURLOPT_MAIL_RCPT, self->list);
    return header.full ? -ERR_FULL : 0;
}

alert_channel_t *alert_mail_new (const settings_t *settings, problem_t *problem)
{
    assert (settings);
    alert_channel_t *self = alert_channel_new ("email", settings, problem);
    if (!self)
        return NULL;
    self->prepare = mail_prepare;
    self->judge = mail_judge;
    curl_easy_setopt (self->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt (self->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt (self->easy, CURLOPT_READDATA, self);
    curl_easy_setopt (self->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /*  one bad receiver stops no other */
    int rc = set_server (self, settings);
    if (rc == 0)
        rc = set_login (self, settings);
    if (rc == 0)
        rc = set_people (self, settings);
    if (rc != 0) {
        (void) problem_set (problem, -rc, "SMTP_FROM, ALERT_EMAIL_TO", "expected e-mail addresses");
        alert_channel_destroy (&self);
    }
    return self;
}
