/*  stream_url.c: why it exists: libwebsockets wants an address in parts. */
#include "broker/alpaca/stream_url.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int stream_url_port (stream_url_t *self, const char *text, size_t size)
{
    int own = self->is_tls ? 443 : 80;
    char digits[8] = "";
    self->port = own;
    if (size > 0) {
        if (text[0] != ':' || size > 6 || size < 2)
            return -ERR_SETTING;
        memcpy (digits, text + 1, size - 1);
        if (strspn (digits, "0123456789") != size - 1)
            return -ERR_SETTING;
        self->port = (int) strtol (digits, NULL, 10); /*  at most 5 digits */
    }
    if (self->port < 1 || self->port > 65535)
        return -ERR_SETTING;
    if (self->port == own)
        TEXT_SET (self->host_header, self->host);
    else
        (void) snprintf (self->host_header, sizeof self->host_header, "%s:%d", self->host, self->port);
    return 0;
}

static int stream_url_split (stream_url_t *self, const char *rest)
{
    size_t authority = strcspn (rest, "/");
    size_t host = strcspn (rest, ":/");
    const char *path = rest[authority] ? rest + authority : "/";
    if (host == 0 || host >= sizeof self->host || strlen (path) >= sizeof self->path ||
        strcspn (rest, "@ ") < strlen (rest))
        return -ERR_SETTING;
    memcpy (self->host, rest, host);
    self->host[host] = 0;
    TEXT_SET (self->path, path);
    return stream_url_port (self, rest + host, authority - host);
}

int stream_url_parse (stream_url_t *self, const char *url, problem_t *problem)
{
    assert (self && url);
    memset (self, 0, sizeof *self);
    const char *rest = NULL;
    if (strncmp (url, "wss://", 6) == 0) {
        self->is_tls = true;
        rest = url + 6;
    } else if (strncmp (url, "ws://", 5) == 0) {
        rest = url + 5;
    }
    if (!rest || stream_url_split (self, rest) != 0)
        return problem_set (problem, ERR_SETTING, "stream_url", "expected ws://host[:port]/path or wss://…");
    return 0;
}

int stream_url_derive (const char *base_url, char url[STREAM_URL_MAX], problem_t *problem)
{
    assert (base_url && url);
    const char *rest = NULL;
    const char *scheme = "wss";
    if (strncmp (base_url, "https://", 8) == 0) {
        rest = base_url + 8;
    } else if (strncmp (base_url, "http://", 7) == 0) {
        scheme = "ws";
        rest = base_url + 7;
    }
    int size = rest ? snprintf (url, STREAM_URL_MAX, "%s://%s/stream", scheme, rest) : -1;
    if (size < 0 || size >= STREAM_URL_MAX)
        return problem_set (problem, ERR_SETTING, "base_url", "expected http://host[:port] or https://…");
    return 0;
}
