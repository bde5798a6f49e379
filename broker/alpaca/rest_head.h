/*  rest_head.h: the header fields of a transfer that libcurl has finished. Private to rest.c. */
#ifndef REST_HEAD_H
#define REST_HEAD_H

#include "broker/alpaca/rest.h"

#include <curl/curl.h>

/*  Date, X-RateLimit-* and Retry-After into the reply, whose answered_at_ns is set. */
void rest_head_read (CURL *easy, rest_reply_t *reply);

#endif
