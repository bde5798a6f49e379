/*  http_buffer.h: bytes that grow at the end and leave at the front, and JSON text made in them.
 *
 *  A failed allocation or a buffer beyond its bound aborts: bounds are enforced by the callers before they add.
 */
#ifndef HTTP_BUFFER_H
#define HTTP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_BUFFER_MAX ((size_t) 256 << 20)

/*  Zero-initialised is empty. bytes[start .. size) are the content. */
typedef struct {
    char *bytes;
    size_t start;
    size_t size;
    size_t capacity;
} http_buffer_t;

size_t http_buffer_size (const http_buffer_t *self);
const char *http_buffer_bytes (const http_buffer_t *self);
void http_buffer_put (http_buffer_t *self, const void *bytes, size_t size);
void http_buffer_text (http_buffer_t *self, const char *text);
void http_buffer_printf (http_buffer_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));
/*  Takes `size` bytes (at most what is there) from the front. */
void http_buffer_take (http_buffer_t *self, size_t size);
void http_buffer_clear (http_buffer_t *self);
void http_buffer_free (http_buffer_t *self);
/*  Room for `size` more bytes at the end; then http_buffer_grew says how many came. */
char *http_buffer_room (http_buffer_t *self, size_t size);
void http_buffer_grew (http_buffer_t *self, size_t size);

/*  JSON: a quoted and escaped string (NULL = null). */
void http_buffer_json (http_buffer_t *self, const char *text);

#endif
