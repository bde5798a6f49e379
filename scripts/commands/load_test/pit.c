/*  pit.c: one libcurl handle, one connection. */
#include "scripts/commands/load_test/pit.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_S 20L
#define BODY_MAX ((size_t) 1 << 30)

struct pit {
    CURL *curl;
    char url[128];
    char key_header[256];
    char secret_header[256];
    char *text;
    size_t size;
    size_t capacity;
};

static size_t on_bytes (char *bytes, size_t one, size_t count, void *context)
{
    pit_t *self = context;
    size_t size = one * count;
    if (self->size + size >= BODY_MAX)
        return 0;
    if (self->size + size + 1 > self->capacity) {
        size_t capacity = (self->size + size + 1) * 2;
        char *text = realloc (self->text, capacity);
        if (!text)
            return 0;
        self->text = text;
        self->capacity = capacity;
    }
    memcpy (self->text + self->size, bytes, size);
    self->size += size;
    self->text[self->size] = '\0';
    return size;
}

int pit_new (pit_t **self_p, const char *url, const char *ca_file, problem_t *problem)
{
    assert (self_p && url);
    pit_t *self = calloc (1, sizeof *self);
    *self_p = self;
    if (self)
        self->curl = curl_easy_init ();
    if (!self || !self->curl) {
        pit_destroy (self_p);
        return problem_set (problem, ERR_MEMORY, "load-test", "no memory");
    }
    (void) snprintf (self->url, sizeof self->url, "%s", url);
    curl_easy_setopt (self->curl, CURLOPT_TIMEOUT, TIMEOUT_S);
    curl_easy_setopt (self->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (self->curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt (self->curl, CURLOPT_WRITEDATA, self);
    curl_easy_setopt (self->curl, CURLOPT_PROXY, "");
    if (ca_file)
        curl_easy_setopt (self->curl, CURLOPT_CAINFO, ca_file);
    return 0;
}

void pit_destroy (pit_t **self_p)
{
    assert (self_p);
    if (!*self_p)
        return;
    curl_easy_cleanup ((*self_p)->curl);
    free ((*self_p)->text);
    explicit_bzero (*self_p, sizeof **self_p);
    free (*self_p);
    *self_p = NULL;
}

void pit_keys (pit_t *self, const char *key_id, const char *secret)
{
    assert (self && key_id && secret);
    (void) snprintf (self->key_header, sizeof self->key_header, "APCA-API-KEY-ID: %s", key_id);
    (void) snprintf (self->secret_header, sizeof self->secret_header, "APCA-API-SECRET-KEY: %s", secret);
}

static int perform (pit_t *self, const char *method, const char *path, const char *body, problem_t *problem)
{
    char url[512];
    long status = 0;
    struct curl_slist *headers = curl_slist_append (NULL, "Content-Type: application/json");
    if (self->key_header[0]) {
        headers = curl_slist_append (headers, self->key_header);
        headers = curl_slist_append (headers, self->secret_header);
    }
    (void) snprintf (url, sizeof url, "%s%s", self->url, path);
    self->size = 0;
    if (self->text)
        self->text[0] = '\0';
    curl_easy_setopt (self->curl, CURLOPT_URL, url);
    curl_easy_setopt (self->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt (self->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt (self->curl, CURLOPT_HTTPGET, body ? 0L : 1L);
    if (body)
        curl_easy_setopt (self->curl, CURLOPT_POST, 1L);
    curl_easy_setopt (self->curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode code = curl_easy_perform (self->curl);
    curl_easy_getinfo (self->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all (headers);
    if (code != CURLE_OK)
        return problem_set (
            problem, ERR_UNREACHABLE, self->url, "%s %s: %s", method, path, curl_easy_strerror (code));
    if (status < 200 || status > 299)
        return problem_set (problem, ERR_BROKER, self->url, "%s %s: HTTP %ld: %.160s", method, path, status,
            self->text ? self->text : "");
    return 0;
}

int pit_read (pit_t *self, const char *path, const char **text_p, problem_t *problem)
{
    assert (self && path && text_p);
    int rc = perform (self, "GET", path, NULL, problem);
    *text_p = rc == 0 && self->text ? self->text : "";
    return rc;
}

int pit_call (pit_t *self, const char *method, const char *path, const json_t *body, json_t **answer_p,
    problem_t *problem)
{
    assert (self && method && path);
    char *text = body ? json_dumps (body, JSON_COMPACT) : NULL;
    if (body && !text)
        return problem_set (problem, ERR_MEMORY, "load-test", "no memory");
    int rc = perform (self, method, path, text, problem);
    free (text);
    if (answer_p)
        *answer_p = NULL;
    if (rc || !answer_p || self->size == 0)
        return rc;
    *answer_p = json_loadb (self->text, self->size, 0, NULL);
    return *answer_p
               ? 0
               : problem_set (problem, ERR_SYNTAX, self->url, "%s %s: the answer is not JSON", method, path);
}
