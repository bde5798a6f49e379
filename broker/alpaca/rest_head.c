/*  rest_head.c: what an answer's header fields say, as libcurl keeps them. */
#include "broker/alpaca/rest_head.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S INT64_C (1000000000)

/*  A header's text, NULL if absent. Borrowed from the handle. */
static const char *header_text (CURL *easy, const char *name)
{
    struct curl_header *header = NULL;
    if (curl_easy_header (easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}

/*  A whole number of at most 12 digits, else fallback: what comes from outside is not trusted to fit. */
static int64_t header_whole (CURL *easy, const char *name, int64_t fallback)
{
    const char *text = header_text (easy, name);
    size_t digits = text ? strspn (text, "0123456789") : 0;
    if (digits == 0 || digits > 12 || (text[digits] && text[digits] != '.'))
        return fallback;
    return strtoll (text, NULL, 10);
}

static int64_t date_of (const char *text)
{
    time_t seconds = text ? curl_getdate (text, NULL) : -1;
    return seconds > 0 && seconds < INT64_MAX / NS_PER_S ? (int64_t) seconds * NS_PER_S : 0;
}

/*  Epoch seconds up to the year 2262, which is where nanoseconds in 64 bits end. */
static int64_t seconds_to_ns (int64_t seconds)
{
    return seconds > 0 && seconds < INT64_MAX / NS_PER_S ? seconds * NS_PER_S : 0;
}

void rest_head_read (CURL *easy, rest_reply_t *reply)
{
    assert (easy && reply);
    reply->date_ns = date_of (header_text (easy, "Date"));
    reply->limit = header_whole (easy, "X-RateLimit-Limit", -1);
    reply->remaining = header_whole (easy, "X-RateLimit-Remaining", -1);
    reply->limit_reset_ns = seconds_to_ns (header_whole (easy, "X-RateLimit-Reset", 0));
    /*  Retry-After: seconds from now, or a date */
    int64_t wait_s = header_whole (easy, "Retry-After", -1);
    if (wait_s >= 0 && wait_s < 86400)
        reply->retry_after_ns = reply->answered_at_ns + wait_s * NS_PER_S;
    else
        reply->retry_after_ns = date_of (header_text (easy, "Retry-After"));
}
